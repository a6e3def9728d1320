//! How are the numbers of a summary read out of its bytes? Little-endian, one after the other, never past the end.

use crate::error::FunctionError;

/// What is left to read.
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// `what` names the summary in errors.
    pub fn new(bytes: &'a [u8], what: &'static str) -> Reader<'a> {
        Reader { rest: bytes, what }
    }

    pub fn invalid(&self) -> FunctionError {
        FunctionError::argument(format!("Cannot deserialize {}", self.what))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], FunctionError> {
        match self.rest.split_first_chunk::<N>() {
            Some((found, rest)) => {
                self.rest = rest;
                Ok(*found)
            }
            None => Err(self.invalid()),
        }
    }

    pub fn u8(&mut self) -> Result<u8, FunctionError> {
        Ok(self.take::<1>()?[0])
    }

    pub fn u16(&mut self) -> Result<u16, FunctionError> {
        Ok(u16::from_le_bytes(self.take()?))
    }

    pub fn u32(&mut self) -> Result<u32, FunctionError> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    pub fn u64(&mut self) -> Result<u64, FunctionError> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    pub fn i64(&mut self) -> Result<i64, FunctionError> {
        Ok(i64::from_le_bytes(self.take()?))
    }

    pub fn f64(&mut self) -> Result<f64, FunctionError> {
        Ok(f64::from_le_bytes(self.take()?))
    }

    /// A count of things of at least `bytes_each` bytes, checked against what is left.
    pub fn count(&mut self, bytes_each: usize) -> Result<usize, FunctionError> {
        let count = self.u32()? as usize;
        if count.saturating_mul(bytes_each) > self.rest.len() { Err(self.invalid()) } else { Ok(count) }
    }

    pub fn slice(&mut self, length: usize) -> Result<&'a [u8], FunctionError> {
        match self.rest.split_at_checked(length) {
            Some((found, rest)) => {
                self.rest = rest;
                Ok(found)
            }
            None => Err(self.invalid()),
        }
    }

    /// Everything left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}
