//! How do the bytes of a file become parts of an upload? Gathered in buffers of a part's size, so that nothing grows and moves.

use std::collections::VecDeque;
use std::io::{self, Write};

/// Bytes of a part. Ref: Amazon S3, parts of an upload are at least 5 MiB.
const PART_BYTES: usize = 8 << 20;

/// Takes a file's bytes; gives parts.
#[derive(Debug, Default)]
pub(super) struct PartSink {
    full: VecDeque<Vec<u8>>,
    open: Vec<u8>,
}

impl PartSink {
    /// A part that is full.
    pub(super) fn take_full(&mut self) -> Option<Vec<u8>> {
        self.full.pop_front()
    }

    /// What is left at the end of the file.
    pub(super) fn take_all(&mut self) -> Vec<u8> {
        let mut all = self.full.pop_front().unwrap_or_default();
        self.full.drain(..).for_each(|part| all.extend_from_slice(&part));
        if all.is_empty() {
            return std::mem::take(&mut self.open);
        }
        all.append(&mut self.open);
        all
    }

    /// Bytes of the parts that are full.
    pub(super) fn full_bytes(&self) -> usize {
        self.full.len() * PART_BYTES
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        self.full.iter().map(Vec::capacity).sum::<usize>() + self.open.capacity()
    }
}

impl Write for PartSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while self.open.len() + rest.len() >= PART_BYTES {
            let (fits, left) = rest.split_at(PART_BYTES - self.open.len());
            self.open.extend_from_slice(fits);
            self.full.push_back(std::mem::take(&mut self.open));
            rest = left;
        }
        if self.open.capacity() == 0 && !self.full.is_empty() {
            // A file that had one part has more.
            self.open.reserve_exact(PART_BYTES);
        }
        self.open.extend_from_slice(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
