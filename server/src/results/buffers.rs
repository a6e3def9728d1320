//! Where do written buffers go when they are no longer needed? Back to the writers, so that their pages stay warm.
//!
//! A fresh buffer of a megabyte costs a page fault every four kilobytes; a long result writes thousands of them.

use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::Arc;

/// Buffers kept for later. Basis: inferred, what is under way at once is bounded by the publisher and the sink.
const KEPT_MAX: usize = 64;

/// The buffers of one result.
#[derive(Clone, Default)]
pub struct Buffers {
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A filled buffer on its way to the store.
struct Filled {
    bytes: Vec<u8>,
    length: usize,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Buffers {
    /// A buffer with whatever content its last use left; empty when none is free.
    pub fn take(&self) -> Vec<u8> {
        self.kept.lock().pop().unwrap_or_default()
    }

    /// The first `length` bytes of a buffer, which comes back here when the last reader drops them.
    pub fn filled(&self, bytes: Vec<u8>, length: usize) -> Bytes {
        Bytes::from_owner(Filled { bytes, length, kept: self.kept.clone() })
    }
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        let mut kept = self.kept.lock();
        if kept.len() < KEPT_MAX {
            kept.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_when_its_last_reader_is_gone() {
        let buffers = Buffers::default();
        let bytes = buffers.filled(b"abcd".to_vec(), 3);
        let half = bytes.slice(1..);
        assert_eq!(bytes, "abc");
        drop(bytes);
        assert!(buffers.take().is_empty());
        assert_eq!(half, "bc");
        drop(half);
        assert_eq!(buffers.take(), b"abcd");
    }
}
