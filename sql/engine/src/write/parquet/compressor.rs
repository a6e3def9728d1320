//! How is a page compressed? With one compressor and one buffer for all pages of a file.
//!
//! Ref: Apache Parquet format, "Compression codecs".

use std::io::Write;

use flate2::write::GzEncoder;
use parquet::basic::Compression;

/// A compressor; its memory serves page after page.
pub(super) struct Compressor {
    method: Method,
    packed: Vec<u8>,
    /// The page that is being put together, before it is compressed.
    pub page: Vec<u8>,
}

enum Method {
    None,
    Snappy(Box<snap::raw::Encoder>),
    Gzip(flate2::Compression),
    Zstd(Box<zstd::bulk::Compressor<'static>>),
}

impl Compressor {
    /// Errors: a codec that Parquet files are not written with here.
    pub(super) fn new(codec: Compression) -> std::io::Result<Compressor> {
        let method = match codec {
            Compression::UNCOMPRESSED => Method::None,
            Compression::SNAPPY => Method::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::GZIP(level) => Method::Gzip(flate2::Compression::new(level.compression_level())),
            Compression::ZSTD(level) => Method::Zstd(Box::new(zstd::bulk::Compressor::new(level.compression_level())?)),
            other => return Err(std::io::Error::other(format!("pages are not written with {other}"))),
        };
        Ok(Compressor { method, packed: Vec::new(), page: Vec::new() })
    }

    /// `page` compressed, until the next one.
    pub(super) fn compress(&mut self) -> std::io::Result<&[u8]> {
        let page = self.page.as_slice();
        match &mut self.method {
            Method::None => Ok(page),
            Method::Snappy(encoder) => {
                let length = encoder.compress(page, room(&mut self.packed, snap::raw::max_compress_len(page.len())))?;
                Ok(&self.packed[..length])
            }
            Method::Zstd(compressor) => {
                let length = compressor.compress_to_buffer(page, room(&mut self.packed, zstd::zstd_safe::compress_bound(page.len())))?;
                Ok(&self.packed[..length])
            }
            Method::Gzip(level) => {
                self.packed.clear();
                let mut encoder = GzEncoder::new(&mut self.packed, *level);
                encoder.write_all(page)?;
                encoder.finish()?;
                Ok(&self.packed)
            }
        }
    }

    /// Bytes held.
    pub(super) fn held(&self) -> usize {
        self.packed.capacity() + self.page.capacity()
    }
}

/// At least `length` bytes to be written over; they are cleared only once.
fn room(buffer: &mut Vec<u8>, length: usize) -> &mut [u8] {
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    buffer.as_mut_slice()
}
