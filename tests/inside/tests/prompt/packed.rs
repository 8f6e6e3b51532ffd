//! Compressed bodies.

use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use tokio::io::{AsyncWrite, AsyncWriteExt};

pub(crate) const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

pub(crate) async fn packed(coding: &str, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder: Box<dyn AsyncWrite + Unpin + '_> = match coding {
        "gzip" => Box::new(GzipEncoder::new(&mut out)),
        "deflate" => Box::new(ZlibEncoder::new(&mut out)),
        "br" => Box::new(BrotliEncoder::new(&mut out)),
        "zstd" => Box::new(ZstdEncoder::new(&mut out)),
        other => panic!("{other}"),
    };
    encoder.write_all(plain).await.unwrap();
    encoder.shutdown().await.unwrap();
    drop(encoder);
    out
}

/// Headers and bodies that are refused, and the statuses that say so, if a body may be `most` bytes long.
pub(crate) async fn unreadable(most: usize) -> Vec<(&'static str, Vec<u8>, u16)> {
    let zeros = vec![b' '; most + 1];
    let mut bodies = Vec::new();
    for coding in CODINGS {
        let bomb = packed(coding, &zeros).await;
        assert!(bomb.len() < most);
        bodies.push((coding, bomb, 413));
        let whole = packed(coding, br#"{"a": "a text that is long enough"}"#).await;
        bodies.push((coding, whole[..whole.len() - 1].to_vec(), 415));
        bodies.push((coding, [&whole[..], b"correct horse battery"].concat(), 415));
        bodies.push((coding, b"correct horse battery".to_vec(), 415));
    }
    bodies.push(("compress", b"{}".to_vec(), 415));
    bodies.push(("gzip, br", b"{}".to_vec(), 415));
    bodies
}
