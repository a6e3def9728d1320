//! How is a compressed text file unpacked? By the codec its name's extension means, on a thread of its own.
//!
//! Ref: measured Athena behaviour, "Objects under a location"; Hadoop's block format of Snappy and LZ4 (`BlockDecompressorStream`).

use std::io::{self, BufReader, Read};

use bytes::Bytes;
use tokio::sync::mpsc;

/// What one message to and from the unpacking thread holds.
const CHUNK_BYTES: usize = 1024 * 1024;
/// A Hadoop block that claims to be longer is damaged.
const HADOOP_BLOCK_BYTES_MAX: usize = 256 * 1024 * 1024;
const SNAPPY_FRAME_MAGIC: &[u8] = b"\xff\x06\x00\x00sNaPpY";
const LZ4_FRAME_MAGIC: &[u8] = b"\x04\x22\x4d\x18";

/// A codec of whole files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Gzip,
    /// Hadoop's `DefaultCodec`: a zlib stream.
    Deflate,
    Bzip2,
    Zstd,
    /// Hadoop blocks, or the framed format.
    Snappy,
    /// Hadoop blocks, or the frame format.
    Lz4,
}

impl Codec {
    /// The codec of an object; the extension counts in lower case only.
    pub fn of_key(key: &str) -> Option<Codec> {
        let name = key.rsplit('/').next().unwrap_or(key);
        match name.rsplit_once('.')?.1 {
            "gz" => Some(Codec::Gzip),
            "deflate" => Some(Codec::Deflate),
            "bz2" => Some(Codec::Bzip2),
            "zst" => Some(Codec::Zstd),
            "snappy" => Some(Codec::Snappy),
            "lz4" => Some(Codec::Lz4),
            _ => None,
        }
    }

    /// Unpacks what arrives on `packed` and sends it on; ends when either side is gone. Blocks.
    pub fn unpack(self, packed: mpsc::Receiver<io::Result<Bytes>>, plain: &mpsc::Sender<io::Result<Bytes>>) {
        let source = Received { chunks: packed, current: Bytes::new() };
        let outcome = self.reader(source).and_then(|mut reader| {
            loop {
                let mut chunk = Vec::with_capacity(CHUNK_BYTES);
                reader.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
                let is_end = chunk.is_empty();
                if is_end || plain.blocking_send(Ok(Bytes::from(chunk))).is_err() {
                    return Ok(());
                }
            }
        });
        if let Err(error) = outcome {
            // Nobody listens any more when this fails, too.
            let _ = plain.blocking_send(Err(error));
        }
    }

    fn reader(self, source: Received) -> io::Result<Box<dyn Read>> {
        let source = BufReader::with_capacity(CHUNK_BYTES, source);
        Ok(match self {
            Codec::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
            Codec::Deflate => Box::new(flate2::bufread::ZlibDecoder::new(source)),
            Codec::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(source)),
            Codec::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(source)?),
            Codec::Snappy => {
                framed_or_blocks(source, SNAPPY_FRAME_MAGIC, |source| Box::new(snap::read::FrameDecoder::new(source)), unsnap)?
            }
            Codec::Lz4 => framed_or_blocks(source, LZ4_FRAME_MAGIC, |source| Box::new(lz4_flex::frame::FrameDecoder::new(source)), unlz4)?,
        })
    }
}

type Replayed = io::Chain<io::Cursor<Vec<u8>>, BufReader<Received>>;

fn framed_or_blocks(
    mut source: BufReader<Received>,
    magic: &[u8],
    frames: impl Fn(Replayed) -> Box<dyn Read>,
    unpack: Unpack,
) -> io::Result<Box<dyn Read>> {
    let mut start = Vec::with_capacity(magic.len());
    source.by_ref().take(magic.len() as u64).read_to_end(&mut start)?;
    let is_framed = start == magic;
    let replayed = io::Cursor::new(start).chain(source);
    Ok(if is_framed {
        frames(replayed)
    } else {
        Box::new(HadoopBlocks { source: replayed, unpack, left: 0, plain: Vec::new(), position: 0 })
    })
}

/// Unpacks a chunk of at most the given number of plain bytes.
type Unpack = fn(&[u8], usize) -> io::Result<Vec<u8>>;

fn unsnap(packed: &[u8], _plain_bytes_max: usize) -> io::Result<Vec<u8>> {
    let declared = snap::raw::decompress_len(packed).map_err(io::Error::from)?;
    if declared > HADOOP_BLOCK_BYTES_MAX {
        return Err(damaged());
    }
    snap::raw::Decoder::new().decompress_vec(packed).map_err(io::Error::from)
}

fn unlz4(packed: &[u8], plain_bytes_max: usize) -> io::Result<Vec<u8>> {
    lz4_flex::block::decompress(packed, plain_bytes_max).map_err(|_| damaged())
}

/// Hadoop's format: a block is its plain length, then chunks of a packed length and bytes until that much is unpacked; lengths are
/// four bytes, the highest first.
struct HadoopBlocks {
    source: Replayed,
    unpack: Unpack,
    /// Plain bytes of the block that are not unpacked yet.
    left: usize,
    plain: Vec<u8>,
    position: usize,
}

impl Read for HadoopBlocks {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.position >= self.plain.len() {
            if self.left == 0 {
                let Some(length) = self.length()? else { return Ok(0) };
                self.left = length;
                continue;
            }
            let packed_bytes = self.length()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let mut packed = Vec::new();
            self.source.by_ref().take(packed_bytes as u64).read_to_end(&mut packed)?;
            if packed.len() < packed_bytes {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.plain = (self.unpack)(&packed, self.left)?;
            self.position = 0;
            self.left = self.left.checked_sub(self.plain.len()).ok_or_else(damaged)?;
        }
        let copied = out.len().min(self.plain.len() - self.position);
        out[..copied].copy_from_slice(&self.plain[self.position..self.position + copied]);
        self.position += copied;
        Ok(copied)
    }
}

impl HadoopBlocks {
    /// The next length; none at the end of the file.
    fn length(&mut self) -> io::Result<Option<usize>> {
        let mut bytes = Vec::with_capacity(4);
        self.source.by_ref().take(4).read_to_end(&mut bytes)?;
        match <[u8; 4]>::try_from(bytes.as_slice()) {
            Ok(bytes) => {
                let length = u32::from_be_bytes(bytes) as usize;
                if length > HADOOP_BLOCK_BYTES_MAX { Err(damaged()) } else { Ok(Some(length)) }
            }
            Err(_) if bytes.is_empty() => Ok(None),
            Err(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "damaged block")
}

/// The packed bytes as they arrive.
struct Received {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Read for Received {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                None => return Ok(0),
                Some(chunk) => self.current = chunk?,
            }
        }
        let copied = out.len().min(self.current.len());
        out[..copied].copy_from_slice(&self.current.split_to(copied));
        Ok(copied)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::io::Write;

    use super::*;

    fn unpacked(codec: Codec, packed: &[u8]) -> io::Result<Vec<u8>> {
        let (send, receive) = mpsc::channel(1_000);
        for piece in packed.chunks(7) {
            send.blocking_send(Ok(Bytes::copy_from_slice(piece))).unwrap();
        }
        drop(send);
        let (plain, mut result) = mpsc::channel(1_000);
        codec.unpack(receive, &plain);
        drop(plain);
        let mut all = Vec::new();
        while let Some(chunk) = result.blocking_recv() {
            all.extend_from_slice(&chunk?);
        }
        Ok(all)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn block(plain: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
        let mut out = (plain.len() as u32).to_be_bytes().to_vec();
        for chunk in chunks {
            out.extend((chunk.len() as u32).to_be_bytes());
            out.extend(chunk);
        }
        out
    }

    #[test]
    fn the_extension_names_the_codec() {
        assert_eq!(Codec::of_key("a.b/c.csv.gz"), Some(Codec::Gzip));
        assert_eq!(Codec::of_key("c.GZ"), None);
        assert_eq!(Codec::of_key("a.gz/c"), None);
        assert_eq!(Codec::of_key("gz"), None);
    }

    #[test]
    fn concatenated_streams_are_one_file() {
        let packed = [gzip(b"one\n"), gzip(b"two\n")].concat();
        assert_eq!(unpacked(Codec::Gzip, &packed).unwrap(), b"one\ntwo\n");
        let bzip2 = |text: &[u8]| {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(unpacked(Codec::Bzip2, &[bzip2(b"one\n"), bzip2(b"two\n")].concat()).unwrap(), b"one\ntwo\n");
        let zstd = |text: &[u8]| zstd::stream::encode_all(text, 3).unwrap();
        assert_eq!(unpacked(Codec::Zstd, &[zstd(b"one\n"), zstd(b"two\n")].concat()).unwrap(), b"one\ntwo\n");
        let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(b"one\n").unwrap();
        assert_eq!(unpacked(Codec::Deflate, &deflate.finish().unwrap()).unwrap(), b"one\n");
    }

    #[test]
    fn snappy_and_lz4_come_in_hadoop_blocks_or_frames() {
        let snap = |text: &[u8]| snap::raw::Encoder::new().compress_vec(text).unwrap();
        let blocks = [block(b"one\ntwo\n", &[snap(b"one\n"), snap(b"two\n")]), block(b"three\n", &[snap(b"three\n")])].concat();
        assert_eq!(unpacked(Codec::Snappy, &blocks).unwrap(), b"one\ntwo\nthree\n");
        let mut frame = snap::write::FrameEncoder::new(Vec::new());
        frame.write_all(b"framed\n").unwrap();
        assert_eq!(unpacked(Codec::Snappy, &frame.into_inner().unwrap()).unwrap(), b"framed\n");
        let blocks = block(b"one\n", &[lz4_flex::block::compress(b"one\n")]);
        assert_eq!(unpacked(Codec::Lz4, &blocks).unwrap(), b"one\n");
    }

    #[test]
    fn damaged_files_are_errors() {
        let whole = gzip(&b"some text\n".repeat(100));
        assert_eq!(unpacked(Codec::Gzip, &whole[..whole.len() / 2]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(unpacked(Codec::Gzip, b"not gzip at all").is_err());
        assert!(unpacked(Codec::Snappy, b"\xff\xff\xff\xff\x00\x00\x00\x01a").is_err());
        assert!(unpacked(Codec::Snappy, b"\x00\x00\x00\x05\x00\x00\x00\x01a").is_err());
        assert!(unpacked(Codec::Lz4, b"\x00\x00\x00\x05\x00\x00\x00\x09ab").is_err());
    }
}
