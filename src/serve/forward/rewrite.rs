//! A message without secrets.

use std::borrow::Cow;

use super::head::{Head, Kind};
use super::message::{Compressed, Message, NOT_FORWARD, Options, Packed};
use crate::net::coding::{Coding, Undecoded};
use crate::serve::fault::Fault;

/// Looks through values of MessagePack that stand one after the other.
pub(super) trait Look {
    /// The same values without secrets; borrowed if there were none.
    fn look<'a>(&mut self, values: &'a [u8]) -> Result<Cow<'a, [u8]>, Fault>;
}

/// `message` without secrets; borrowed if there were none. What is compressed may be as long as `longest` when it is not.
pub(super) fn rewritten<'a>(
    message: &'a [u8],
    longest: usize,
    look: &mut impl Look,
) -> Result<Cow<'a, [u8]>, Fault> {
    let event = match Message::read(message)? {
        Message::Heartbeat => return Ok(Cow::Borrowed(message)),
        Message::Ping => return Err(NOT_FORWARD),
        Message::Event(event) => event,
    };
    let said = look.look(event.said)?;
    let packed = match event.packed {
        Some(packed) => entries(packed, event.options.compressed, longest, look)?,
        None => Cow::Borrowed(&[][..]),
    };
    let options = options(&event.options, look)?;
    let parts = [&said, &packed, &options];
    if parts.iter().all(|part| matches!(part, Cow::Borrowed(_))) {
        return Ok(Cow::Borrowed(message));
    }
    Ok(Cow::Owned([event.head, &said, &packed, &options].concat()))
}

/// Entries in a string, with its head.
fn entries<'a>(
    packed: Packed<'a>,
    compressed: Option<Compressed>,
    longest: usize,
    look: &mut impl Look,
) -> Result<Cow<'a, [u8]>, Fault> {
    let coding = compressed.map(|how| match how {
        Compressed::Gzip => Coding::Gzip,
        Compressed::Zstd => Coding::Zstd,
    });
    let plain = match coding {
        None => Cow::Borrowed(packed.entries()),
        Some(coding) => Cow::Owned(decoded(coding, packed.entries(), longest)?),
    };
    // A receiver may know compressed data by how it begins, whatever the options say.
    match Head::read(&plain)?.map(|head| head.kind) {
        None | Some(Kind::Array | Kind::Map) => {}
        Some(_) => return Err(Fault::Malformed("entries that are none")),
    }
    let Cow::Owned(changed) = look.look(&plain)? else { return Ok(Cow::Borrowed(packed.whole)) };
    let changed = match coding {
        None => changed,
        Some(coding) => coding.encoded(&changed).ok_or(Fault::Internal)?,
    };
    let mut out = Vec::with_capacity(changed.len() + 5);
    packed.head.put(changed.len(), &mut out)?;
    out.extend_from_slice(&changed);
    Ok(Cow::Owned(out))
}

fn decoded(coding: Coding, entries: &[u8], longest: usize) -> Result<Vec<u8>, Fault> {
    coding.decoded(entries, longest).map_err(|why| match why {
        Undecoded::TooLong => Fault::TooLong,
        Undecoded::Damaged => Fault::Malformed("compressed entries that are damaged"),
    })
}

/// The options, of which those that the protocol needs are not looked through.
fn options<'a>(options: &Options<'a>, look: &mut impl Look) -> Result<Cow<'a, [u8]>, Fault> {
    if options.others.is_empty() {
        return Ok(Cow::Borrowed(options.whole));
    }
    let mut map = vec![0xDF];
    map.extend((options.others.len() as u32).to_be_bytes());
    let head = map.len();
    options.others.iter().for_each(|pair| map.extend_from_slice(pair));
    Ok(match look.look(&map)? {
        Cow::Borrowed(_) => Cow::Borrowed(options.whole),
        Cow::Owned(new) => {
            let pairs = new.strip_prefix(&map[..head]).ok_or(Fault::Internal)?;
            Cow::Owned([options.head, &options.kept.concat(), pairs].concat())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands for a secret is longer, so that lengths change.
    struct Fake;

    impl Look for Fake {
        fn look<'a>(&mut self, values: &'a [u8]) -> Result<Cow<'a, [u8]>, Fault> {
            let Some(at) = memchr::memmem::find(values, b"\xa6hUnt2r") else {
                return Ok(Cow::Borrowed(values));
            };
            let rest = self.look(&values[at + 7..])?;
            Ok(Cow::Owned([&values[..at], b"\xd9\x28", &[b'*'; 40], &rest].concat()))
        }
    }

    const CLEAN: &[u8] = b"\x92\x01\x81\xa1m\xa6hUnt3r";
    const DIRTY: &[u8] = b"\x92\x01\x81\xa1m\xa6hUnt2r";

    fn hidden() -> Vec<u8> {
        [b"\x92\x01\x81\xa1m\xd9\x28", &[b'*'; 40][..]].concat()
    }

    #[track_caller]
    fn becomes(message: &[u8], expected: &[u8]) {
        let out = rewritten(message, 1000, &mut Fake).expect("a message");
        assert_eq!(out, expected);
        assert_eq!(matches!(out, Cow::Borrowed(_)), message == expected);
    }

    fn is_refused(message: &[u8]) -> Fault {
        rewritten(message, 1000, &mut Fake).expect_err("no message")
    }

    /// `entries` in binary data, with the options of a chunk.
    fn packed(entries: &[u8], options: &[u8]) -> Vec<u8> {
        [b"\x93\xa3tag\xc5", &(entries.len() as u16).to_be_bytes()[..], entries, options].concat()
    }

    #[test]
    fn each_way_to_send_records_is_looked_through() {
        for (before, behind) in [
            // With the time as a number, as Fluentd's, as a float.
            (&b"\x93\xa3tag\x01\x81\xa1m"[..], &b""[..]),
            (b"\x94\xa3tag\xd7\x00\0\0\0\x01\0\0\0\x02\x81\xa1m", b"\x81\xa5chunk\xa1c"),
            (b"\x94\xa3tag\xcb12345678\x81\xa1m", b"\xc0"),
            // In an array of entries.
            (b"\x92\xa3tag\x91\x92\x01\x81\xa1m", b""),
            (b"\x93\xa3tag\x91\x92\x92\x01\x80\x81\xa1m", b"\x82\xa4size\x01\xa5chunk\xa1c"),
        ] {
            let around = |said: &[u8]| [before, said, behind].concat();
            becomes(&around(b"\xa6hUnt3r"), &around(b"\xa6hUnt3r"));
            becomes(&around(b"\xa6hUnt2r"), &around(&hidden()[5..]));
        }
        becomes(b"\xc0", b"\xc0");
        becomes(b"\x93\xa6hUnt2r\x01\x80", &[b"\x93", &hidden()[5..], b"\x01\x80"].concat());
    }

    #[test]
    fn packed_entries_get_their_new_length() {
        for options in [&b""[..], b"\x81\xaacompressed\xa4text", b"\x81\xadfluent_signal\x00"] {
            let count = if options.is_empty() { b'\x92' } else { b'\x93' };
            let message = |entries: &[u8]| {
                let mut message = packed(entries, options);
                message[0] = count;
                message
            };
            becomes(&message(CLEAN), &message(CLEAN));
            let both = [CLEAN, DIRTY].concat();
            becomes(&message(&both), &message(&[CLEAN, &hidden()].concat()));
        }
        // In the narrowest string: a wider one.
        let short = [b"\x92\xa3tag\xac", DIRTY].concat();
        becomes(&short, &[b"\x92\xa3tag\xd9\x2f", &*hidden()].concat());
        becomes(b"\x92\xa3tag\xa0", b"\x92\xa3tag\xa0");
    }

    #[test]
    fn compressed_entries_are_compressed_again_where_they_changed() {
        for (coding, name) in [(Coding::Gzip, b"\xa4gzip"), (Coding::Zstd, b"\xa4zstd")] {
            let options = [b"\x82\xaacompressed", &name[..], b"\xa5chunk\xa1c"].concat();
            let encoded = |plain: &[u8]| coding.encoded(plain).expect("in memory");
            // Several members are one.
            let clean = [encoded(CLEAN), encoded(CLEAN)].concat();
            becomes(&packed(&clean, &options), &packed(&clean, &options));
            let dirty = [encoded(CLEAN), encoded(DIRTY)].concat();
            let message = packed(&dirty, &options);
            let out = rewritten(&message, 1000, &mut Fake).expect("a message");
            let len = out.len() - options.len();
            assert_eq!(out[len..], options);
            let plain = coding.decoded(&out[8..len], 1000).expect("compressed");
            assert_eq!(plain, [CLEAN, &hidden()].concat());
            // Longer than may be, damaged, with something behind it, in another coding than it says, in none.
            let long = encoded(&[CLEAN; 100].concat());
            assert_eq!(is_refused(&packed(&long, &options)), Fault::TooLong);
            is_refused(&packed(&clean[..clean.len() - 1], &options));
            is_refused(&packed(&[&clean, &b"x"[..]].concat(), &options));
            is_refused(&packed(CLEAN, &options));
            is_refused(&packed(&clean, b"\x81\xa5chunk\xa1c"));
            is_refused(&packed(&encoded(&clean), &options));
        }
    }

    #[test]
    fn options_are_looked_through_but_for_those_that_have_to_stay() {
        let kept = b"\xa4size\x01\xa5chunk\xa6hUnt2r";
        let message = |pairs: &[u8]| [b"\x94\xa3tag\x01\x80\x84", pairs].concat();
        let others = b"\xa8metadata\x81\xa1m\xa6hUnt2r\xa1x\x02";
        let new = [b"\xa8metadata\x81\xa1m", &hidden()[5..], b"\xa1x\x02"].concat();
        let clean = b"\xa8metadata\x81\xa1m\xa6hUnt3r\xa1x\x02";
        becomes(&message(&[&others[..], kept].concat()), &message(&[&kept[..], &new].concat()));
        let clean = message(&[&clean[..], kept].concat());
        becomes(&clean, &clean);
    }

    #[test]
    fn whatever_is_none_of_these_is_refused() {
        for message in [
            &b"\x7b"[..],
            b"\x01",
            b"\xa3tag",
            b"\x80",
            b"\x90",
            b"\x91\xa3tag",
            b"\x92\x01\x90",
            b"\x92\xc4\x03tag\x90",
            b"\x92\xa3tag\x01",
            b"\x92\xa3tag\xc0",
            b"\x92\xa3tag\x80",
            b"\x93\xa3tag\x01\xa1x",
            b"\x93\xa3tag\x90\x01",
            b"\x94\xa3tag\x90\x80\x80",
            b"\x95\xa3tag\x01\x80\x80\x80",
            b"\x94\xa3tag\x01\x80\x90",
            // Options that are not what they say, or stand twice.
            b"\x93\xa3tag\x90\x81\xa5chunk\x80",
            b"\x93\xa3tag\x90\x81\xa4size\xa1x",
            b"\x93\xa3tag\x90\x81\xaacompressed\xa6snappy",
            b"\x93\xa3tag\x90\x82\xaacompressed\xa4text\xaacompressed\xa4gzip",
            b"\x93\xa3tag\x90\x82\xaacompressed\xa4text\xc4\x0acompressed\xa4gzip",
            // Entries that are none.
            b"\x92\xa3tag\xa1x",
            b"\x92\xa3tag\xa2\x1f\x8b",
            b"\x92\xa3tag\xa4\x28\xb5\x2f\xfd",
            // An answer to a greeting, in the middle.
            b"\x96\xa4PING\xa0\xa0\xa0\xa0\xa0",
        ] {
            let fault = is_refused(message);
            assert!(matches!(fault, Fault::Malformed(_) | Fault::Incomplete), "{message:?}");
        }
        let long = [b"\x93\xa3tag\x90\x81\xa5chunk\xda\x01\x01", &[b'c'; 257][..]].concat();
        is_refused(&long);
    }

    #[test]
    fn no_byte_in_another_place_is_a_panic() {
        let gzip = Coding::Gzip.encoded(DIRTY).expect("in memory");
        let compressed = packed(&gzip, b"\x82\xaacompressed\xa4gzip\xa5chunk\xa1c");
        for message in [
            compressed,
            packed(DIRTY, b"\x82\xa4size\x01\xa1x\x02"),
            [b"\x93\xa3tag\x91", DIRTY, b"\x80"].concat(),
            b"\x96\xa4PING\xa1h\xc4\x02\xff\0\xa1d\xa0\xa0".to_vec(),
        ] {
            for at in 0..message.len() {
                let mut mangled = message.clone();
                for byte in 0..=255 {
                    mangled[at] = byte;
                    let _ = rewritten(&mangled, 1000, &mut Fake);
                }
                let _ = rewritten(&message[..at], 1000, &mut Fake);
            }
        }
    }

    #[test]
    fn an_answer_to_a_greeting_has_six_strings() {
        let read = |message: &[u8]| matches!(Message::read(message), Ok(Message::Ping));
        assert!(read(b"\x96\xa4PING\xa1h\xc4\x02\xff\0\xa1d\xa0\xa0"));
        assert!(!read(b"\x96\xa4PING\xa1h\xa1s\xa1d\xa0\x80"));
        assert!(!read(b"\x96\xa4PONG\xa0\xa0\xa0\xa0\xa0"));
        let long = [b"\x96\xa4PING\xda\x20\0", &[b'h'; 8192][..], b"\xa0\xa0\xa0\xa0"].concat();
        assert!(!read(&long));
    }
}
