//! A hash of what is written on its way.

use std::io::{self, Write};

use sha2::{Digest, Sha256};
use talon_store::ChainHash;

/// Passes on what is written and keeps its SHA-256.
pub struct Hashing<W> {
    out: W,
    sum: Sha256,
}

impl<W: Write> Hashing<W> {
    /// Passes on to `out`.
    pub fn new(out: W) -> Self {
        Self { out, sum: Sha256::new() }
    }

    /// The writer, and the hash of all that it was given.
    pub fn finish(self) -> (W, ChainHash) {
        (self.out, ChainHash(self.sum.finalize().into()))
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.sum.update(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
