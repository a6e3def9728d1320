//! How are bytes packed? One block at a time for the formats that have blocks, as a stream for texts.
//!
//! Ref: Athena user guide, "Hive table compression support", engine version 3; Apache Hadoop, `BlockCompressorStream`.

use std::io::{self, Write};

use bzip2::write::BzEncoder;
use flate2::write::{DeflateEncoder, GzEncoder};

use super::format::Compression;
use crate::error::EngineError;

/// The block of Hadoop's block compressors. Ref: Apache Hadoop, `io.compression.codec.snappy.buffersize`.
const HADOOP_BLOCK_BYTES: usize = 256 << 10;

/// One block, packed by itself. GZIP and BZIP2 are whole members, DEFLATE and ZLIB bare deflate data.
pub(super) fn pack_block(compression: Compression, block: &[u8]) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(block.to_vec()),
        Compression::Deflate | Compression::Zlib => {
            let mut encoder = DeflateEncoder::new(Vec::with_capacity(block.len() / 2), flate2::Compression::default());
            encoder.write_all(block)?;
            encoder.finish()
        }
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::with_capacity(block.len() / 2), flate2::Compression::default());
            encoder.write_all(block)?;
            encoder.finish()
        }
        Compression::Bzip2 => {
            let mut encoder = BzEncoder::new(Vec::with_capacity(block.len() / 2), bzip2::Compression::best());
            encoder.write_all(block)?;
            encoder.finish()
        }
        Compression::Snappy => snap::raw::Encoder::new().compress_vec(block).map_err(io::Error::other),
        Compression::Lz4 => Ok(lz4_flex::block::compress(block)),
        Compression::Zstd { level } => zstd::bulk::compress(block, level),
    }
}

/// Packs a stream of bytes; what is packed can be taken away as it comes.
pub(super) enum Packer {
    Plain(Vec<u8>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Bzip2(Box<BzEncoder<Vec<u8>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, Vec<u8>>>),
    /// Snappy and LZ4 in Hadoop's blocks: the length of the bytes, the length of the packed bytes, both big-endian, the packed bytes.
    Blocks {
        compression: Compression,
        packed: Vec<u8>,
    },
}

impl Packer {
    /// Errors: a level that ZSTD does not have.
    pub(super) fn new(compression: Compression) -> Result<Packer, EngineError> {
        Ok(match compression {
            Compression::None => Packer::Plain(Vec::new()),
            Compression::Gzip => Packer::Gzip(Box::new(GzEncoder::new(Vec::new(), flate2::Compression::default()))),
            Compression::Bzip2 => Packer::Bzip2(Box::new(BzEncoder::new(Vec::new(), bzip2::Compression::best()))),
            Compression::Zstd { level } => {
                Packer::Zstd(Box::new(zstd::stream::write::Encoder::new(Vec::new(), level).map_err(|error| failed(&error))?))
            }
            Compression::Snappy | Compression::Lz4 | Compression::Deflate | Compression::Zlib => {
                Packer::Blocks { compression, packed: Vec::new() }
            }
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        let written = match self {
            Packer::Plain(packed) => {
                packed.extend_from_slice(bytes);
                Ok(())
            }
            Packer::Gzip(encoder) => encoder.write_all(bytes),
            Packer::Bzip2(encoder) => encoder.write_all(bytes),
            Packer::Zstd(encoder) => encoder.write_all(bytes),
            Packer::Blocks { compression, packed } => bytes.chunks(HADOOP_BLOCK_BYTES).try_for_each(|block| {
                let data = pack_block(*compression, block)?;
                for length in [block.len(), data.len()] {
                    packed.extend_from_slice(&u32::try_from(length).map_err(io::Error::other)?.to_be_bytes());
                }
                packed.extend_from_slice(&data);
                Ok(())
            }),
        };
        written.map_err(|error| failed(&error))
    }

    /// Packed bytes that are ready.
    pub(super) fn ready(&self) -> usize {
        match self {
            Packer::Plain(packed) | Packer::Blocks { packed, .. } => packed.len(),
            Packer::Gzip(encoder) => encoder.get_ref().len(),
            Packer::Bzip2(encoder) => encoder.get_ref().len(),
            Packer::Zstd(encoder) => encoder.get_ref().len(),
        }
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Packer::Plain(packed) | Packer::Blocks { packed, .. } => packed,
            Packer::Gzip(encoder) => encoder.get_mut(),
            Packer::Bzip2(encoder) => encoder.get_mut(),
            Packer::Zstd(encoder) => encoder.get_mut(),
        })
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, EngineError> {
        match self {
            Packer::Plain(packed) | Packer::Blocks { packed, .. } => Ok(packed),
            Packer::Gzip(encoder) => encoder.finish().map_err(|error| failed(&error)),
            Packer::Bzip2(encoder) => encoder.finish().map_err(|error| failed(&error)),
            Packer::Zstd(encoder) => encoder.finish().map_err(|error| failed(&error)),
        }
    }
}

pub(super) fn failed(error: &io::Error) -> EngineError {
    tracing::error!(%error, "written bytes cannot be packed");
    EngineError::engine("HIVE_WRITER_DATA_ERROR", "Failed to write data to Hive file")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn hadoop_blocks_say_both_lengths() {
        // Ref: Apache Hadoop, `BlockCompressorStream`: big-endian lengths before each block.
        let mut packer = Packer::new(Compression::Snappy).unwrap();
        packer.write(b"aaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
        packer.write(b"b").unwrap();
        let bytes = packer.finish().unwrap();
        let (mut rest, mut text) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            let length = |at: usize| u32::from_be_bytes(rest[at..at + 4].try_into().unwrap()) as usize;
            let (whole, packed) = (length(0), length(4));
            let block = snap::raw::Decoder::new().decompress_vec(&rest[8..8 + packed]).unwrap();
            assert_eq!(block.len(), whole);
            text.extend(block);
            rest = &rest[8 + packed..];
        }
        assert_eq!(text, b"aaaaaaaaaaaaaaaaaaaaaaaab");
    }

    #[test]
    fn streams_are_read_back_by_their_formats() {
        let text = b"line\n".repeat(1000);
        let packed = |compression| {
            let mut packer = Packer::new(compression).unwrap();
            text.chunks(77).for_each(|chunk| packer.write(chunk).unwrap());
            let mut bytes = packer.take();
            bytes.extend(packer.finish().unwrap());
            bytes
        };
        let mut read = Vec::new();
        bzip2::read::BzDecoder::new(packed(Compression::Bzip2).as_slice()).read_to_end(&mut read).unwrap();
        assert_eq!(read, text);
        assert_eq!(zstd::decode_all(packed(Compression::Zstd { level: 3 }).as_slice()).unwrap(), text);
        read.clear();
        flate2::read::GzDecoder::new(packed(Compression::Gzip).as_slice()).read_to_end(&mut read).unwrap();
        assert_eq!(read, text);
    }
}
