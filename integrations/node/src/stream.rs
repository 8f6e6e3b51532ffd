//! Streams, which go over to new sets of secrets while they run.

use keepmum::Discard;
use keepmum::store::{Follower, FreshStream, SecretStore};
use keepmum::structured::{JsonStream, Malformed};
use napi::JsString;
use napi::bindgen_prelude::{Buffer, BufferSlice, Utf16String};
use napi_derive::napi;

use crate::entry::caught;
use crate::error::{self, Kind, Result, failure};
use crate::redactor::Redactor;
use crate::text::{Cut, Decoder, Encoder};

/// A stream of bytes, or of lines of JSON. However the input is cut, the output is the same.
#[napi]
pub struct ByteStream {
    running: Running,
}

#[napi]
impl ByteStream {
    #[napi(constructor)]
    pub fn new(redactor: &Redactor, json: bool) -> Result<Self> {
        Ok(Self { running: Running::new(&redactor.store, json)? })
    }

    /// Takes the next bytes; gives what is decided.
    #[napi]
    pub fn push(&mut self, chunk: BufferSlice<'_>) -> Result<Buffer> {
        self.running.push(&chunk).map(Buffer::from)
    }

    /// Says that the input pauses; gives what is decided then.
    #[napi]
    pub fn release(&mut self) -> Result<Buffer> {
        self.running.release().map(Buffer::from)
    }

    /// Says that the input is over; gives the rest.
    #[napi]
    pub fn finish(&mut self) -> Result<Buffer> {
        self.running.finish().map(Buffer::from)
    }

    /// Ends it; what it holds is dropped.
    #[napi]
    pub fn abandon(&mut self) {
        self.running = Running(None);
    }
}

/// The same for text. A pair of surrogates may be cut in two.
#[napi]
pub struct TextStream {
    running: Running,
    encoder: Encoder,
    decoder: Decoder,
}

#[napi]
impl TextStream {
    #[napi(constructor)]
    pub fn new(redactor: &Redactor, json: bool) -> Result<Self> {
        let running = Running::new(&redactor.store, json)?;
        Ok(Self { running, encoder: Encoder::default(), decoder: Decoder::default() })
    }

    /// Takes the next text; gives what is decided.
    #[napi]
    pub fn push(&mut self, chunk: JsString<'_>) -> Result<Utf16String> {
        let decided = self.running.push(&self.encoder.encode(chunk)?)?;
        Ok(self.decoder.decode(&decided, Cut::More).into())
    }

    /// Says that the input pauses; gives what is decided then.
    #[napi]
    pub fn release(&mut self) -> Result<Utf16String> {
        let decided = self.running.release()?;
        Ok(self.decoder.decode(&decided, Cut::More).into())
    }

    /// Says that the input is over; gives the rest.
    #[napi]
    pub fn finish(&mut self) -> Result<Utf16String> {
        let mut decided = self.running.push(&self.encoder.finish())?;
        decided.extend(self.running.finish()?);
        Ok(self.decoder.decode(&decided, Cut::End).into())
    }

    /// Ends it; what it holds is dropped.
    #[napi]
    pub fn abandon(&mut self) {
        self.running = Running(None);
    }
}

/// What is running. None once it is finished or has failed: nothing of what it held is let out.
struct Running(Option<Passing>);

impl Running {
    fn new(store: &SecretStore, json: bool) -> Result<Self> {
        caught(|| Self(Some(if json { Passing::json(store) } else { Passing::bytes(store) })))
    }

    fn push(&mut self, chunk: &[u8]) -> Result<Vec<u8>> {
        self.act(|passing| passing.push(chunk))
    }

    fn release(&mut self) -> Result<Vec<u8>> {
        self.act(|passing| {
            passing.release();
            Ok(())
        })
    }

    fn finish(&mut self) -> Result<Vec<u8>> {
        let passing = self.taken()?;
        caught(|| passing.finish())?.map_err(error::limit)
    }

    /// Does something with it, and takes what is decided. If that fails, the stream is over.
    fn act(
        &mut self,
        act: impl FnOnce(&mut Passing) -> std::result::Result<(), Malformed>,
    ) -> Result<Vec<u8>> {
        let mut passing = self.taken()?;
        caught(|| act(&mut passing))?.map_err(error::limit)?;
        let decided = std::mem::take(passing.decided());
        self.0 = Some(passing);
        Ok(decided)
    }

    fn taken(&mut self) -> Result<Passing> {
        let over = || failure(Kind::Type, "the stream is finished, or has failed");
        self.0.take().ok_or_else(over)
    }
}

/// The stream inside.
enum Passing {
    Bytes(Box<FreshStream<Vec<u8>>>),
    Json(Box<JsonStream<Vec<u8>>>, Follower),
}

impl Passing {
    fn bytes(store: &SecretStore) -> Self {
        Passing::Bytes(Box::new(store.stream(Vec::new())))
    }

    fn json(store: &SecretStore) -> Self {
        // Followed first: a set that comes between is gone over to.
        let (follower, _) = store.follow(Discard);
        Passing::Json(Box::new(JsonStream::lines(store.redactor(), Vec::new())), follower)
    }

    fn push(&mut self, chunk: &[u8]) -> std::result::Result<(), Malformed> {
        match self {
            Passing::Bytes(stream) => stream.push(chunk),
            Passing::Json(stream, follower) => {
                follow(stream, follower);
                stream.push(chunk)?;
            }
        }
        Ok(())
    }

    fn release(&mut self) {
        match self {
            Passing::Bytes(stream) => stream.release(),
            // Who prompts does not do so in JSON.
            Passing::Json(..) => {}
        }
    }

    fn decided(&mut self) -> &mut Vec<u8> {
        match self {
            Passing::Bytes(stream) => stream.sink(),
            Passing::Json(stream, _) => stream.sink(),
        }
    }

    fn finish(self) -> std::result::Result<Vec<u8>, Malformed> {
        match self {
            Passing::Bytes(stream) => Ok(stream.finish()),
            Passing::Json(mut stream, mut follower) => {
                follow(&mut stream, &mut follower);
                stream.finish()
            }
        }
    }
}

/// Goes over to the set in force.
fn follow(stream: &mut JsonStream<Vec<u8>>, follower: &mut Follower) {
    if let Some(redactor) = follower.newer() {
        stream.adopt(&redactor).expect("all sets of a store are made from one redactor");
    }
}
