//! Which part of a file is read at once, and which lines are its own? Those that start in it, but for the first byte's line.
//!
//! Ref: Hadoop `LineRecordReader`: a split that does not start the file leaves out everything up to its first line end, and reads on
//! past its own end until the line under way ends. So every line belongs to one split, wherever the splits begin.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;

use super::chunks::{Chunks, plain_chunks, unpacked_chunks};
use super::compression::Codec;
use super::footer_lines::FooterLines;
use super::lines::{LINE_BYTES_MAX, LineCutter, Lines, after_terminator};
use crate::error::EngineError;
use crate::scan::counting_store::CountedFile;

/// Uncompressed files are split into parts of at least this size …
const SPLIT_BYTES_MIN: u64 = 4 * 1024 * 1024;
/// … and of at most this.
const SPLIT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How many splits a thread gets where there is enough to share.
const SPLITS_PER_THREAD: u64 = 4;
/// What is read at once past a split's end, to find the end of its last line.
const TAIL_BYTES: u64 = 64 * 1024;

/// Lines to leave out of every file. Ref: table properties `skip.header.line.count` and `skip.footer.line.count`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SkippedLines {
    pub header: usize,
    pub footer: usize,
}

/// A part of a file.
#[derive(Debug, Clone)]
pub struct Split {
    pub file: Arc<CountedFile>,
    pub range: Range<u64>,
    pub codec: Option<Codec>,
    pub skipped: SkippedLines,
}

impl Split {
    /// All of a file, as it is stored.
    pub fn whole(file: &Arc<CountedFile>) -> Split {
        Split { file: Arc::clone(file), range: 0..file.listed.meta.size, codec: None, skipped: SkippedLines::default() }
    }
}

/// How large splits of `total_bytes` should be so that `threads` threads share them evenly.
pub fn split_bytes(total_bytes: u64, threads: usize) -> u64 {
    (total_bytes / (threads.max(1) as u64 * SPLITS_PER_THREAD)).clamp(SPLIT_BYTES_MIN, SPLIT_BYTES_MAX)
}

/// The splits of a file: one when it is compressed, or when more than its first line is left out.
pub fn splits_of(file: &Arc<CountedFile>, skipped: SkippedLines, split_bytes: u64) -> Vec<Split> {
    let size = file.listed.meta.size;
    let codec = Codec::of_key(file.listed.meta.location.as_ref());
    let split = |range| Split { file: Arc::clone(file), range, codec, skipped };
    if codec.is_some() || skipped.header > 1 || skipped.footer > 0 {
        return vec![split(0..size)];
    }
    let count = size.div_ceil(split_bytes).max(1);
    let bytes = size.div_ceil(count);
    (0..count).map(|index| split(index * bytes..((index + 1) * bytes).min(size))).filter(|split| !split.range.is_empty()).collect()
}

/// A split that is being read.
pub struct OpenSplit {
    split: Split,
    chunks: Chunks,
    cutter: LineCutter,
    footer: Option<FooterLines>,
    stage: Stage,
}

enum Stage {
    /// Looking for the first line end; `after_return` when a carriage return was the last byte seen.
    Leading {
        after_return: bool,
    },
    Own,
    Tail,
    Done,
}

impl OpenSplit {
    pub fn new(split: Split) -> OpenSplit {
        let chunks = match split.codec {
            Some(codec) => unpacked_chunks(&split.file, codec),
            None => plain_chunks(&split.file, split.range.clone()),
        };
        let is_file_start = split.range.start == 0;
        let cutter = LineCutter::new(is_file_start, if is_file_start { split.skipped.header } else { 0 });
        let footer = (split.skipped.footer > 0).then(|| FooterLines::new(split.skipped.footer));
        let stage = if is_file_start { Stage::Own } else { Stage::Leading { after_return: false } };
        OpenSplit { split, chunks, cutter, footer, stage }
    }

    /// Up to `lines_max` lines; none when the split is read.
    pub async fn lines(&mut self, lines_max: usize) -> Result<Option<Lines>, EngineError> {
        loop {
            if let Some(lines) = self.cutter.cut(lines_max) {
                return Ok(Some(lines));
            }
            match &mut self.stage {
                Stage::Done => return Ok(None),
                Stage::Leading { after_return } => {
                    let was_return = *after_return;
                    let Some(chunk) = self.chunks.next().await.transpose()? else {
                        // Only a lone carriage return as the very last byte leaves a line that starts at the end.
                        self.stage = if was_return { Stage::Tail } else { Stage::Done };
                        continue;
                    };
                    if was_return {
                        self.stage = Stage::Own;
                        let start = usize::from(chunk.first() == Some(&b'\n'));
                        self.cutter.feed(chunk.slice(start..))?;
                    } else if let Some(start) = after_terminator(&chunk, 0, false) {
                        self.stage = Stage::Own;
                        self.cutter.feed(chunk.slice(start..))?;
                    } else if chunk.last() == Some(&b'\r') {
                        *after_return = true;
                    }
                }
                Stage::Own => match (self.chunks.next().await.transpose()?, &mut self.footer) {
                    (Some(chunk), None) => self.cutter.feed(chunk)?,
                    (Some(chunk), Some(footer)) => self.cutter.feed(footer.push(&chunk))?,
                    (None, Some(footer)) => {
                        self.cutter.feed(footer.finish())?;
                        self.end();
                    }
                    (None, None) if self.split.codec.is_none() && self.split.range.end < self.split.file.listed.meta.size => {
                        let tail = tail(Arc::clone(&self.split.file), self.split.range.end).await?;
                        self.cutter.feed(tail)?;
                        self.end();
                    }
                    (None, None) => self.end(),
                },
                Stage::Tail => {
                    let tail = tail(Arc::clone(&self.split.file), self.split.range.end).await?;
                    // The other half of a CRLF belongs to the line before.
                    if tail.first() != Some(&b'\n') {
                        self.cutter.feed(tail)?;
                    }
                    self.end();
                }
            }
        }
    }

    fn end(&mut self) {
        self.cutter.finish();
        self.stage = Stage::Done;
    }
}

/// From a split's end through the first line end; belongs to the next split's bytes, and is charged there.
async fn tail(file: Arc<CountedFile>, split_end: u64) -> Result<Bytes, EngineError> {
    let size = file.listed.meta.size;
    let mut text = Vec::new();
    let mut position = split_end;
    while position < size {
        let end = (position + TAIL_BYTES.max(text.len() as u64)).min(size);
        let searched = text.len().saturating_sub(1);
        text.extend_from_slice(&file.uncharged_chunk(position..end).await?);
        position = end;
        if let Some(end) = after_terminator(&text, searched, position == size) {
            text.truncate(end);
            break;
        }
        if text.len() > LINE_BYTES_MAX {
            return Err(EngineError::engine("HIVE_BAD_DATA", format!("Line too long in text file: more than {LINE_BYTES_MAX} bytes")));
        }
    }
    Ok(Bytes::from(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStore, ObjectStoreExt};

    use super::*;
    use crate::engine::Meter;
    use crate::scan::listing::ListedFile;

    async fn counted(text: &'static [u8], meter: &Arc<Meter>) -> Arc<CountedFile> {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let key = Path::from("t/a.csv");
        store.put(&key, Bytes::from_static(text).into()).await.unwrap();
        let meta = store.head(&key).await.unwrap();
        Arc::new(CountedFile::new(ListedFile { store, bucket: "b".into(), meta, location_index: 0 }, Arc::clone(meter)))
    }

    async fn lines_of(split: Split) -> Vec<String> {
        let mut open = OpenSplit::new(split);
        let mut lines = Vec::new();
        while let Some(some) = open.lines(2).await.unwrap() {
            lines.extend(some.iter().map(|line| String::from_utf8(line.to_vec()).unwrap()));
        }
        lines
    }

    #[tokio::test]
    async fn every_line_belongs_to_one_split_and_every_byte_is_charged_once() {
        let texts: [(&'static [u8], &[&str]); 3] = [
            (b"h\na\nbb\r\n\r\n\nccc\rd\r\re\n\rlast", &["a", "bb", "", "", "ccc", "d", "", "e", "", "last"]),
            (b"header\r\none\r\ntwo\r\nthree\r\n", &["one", "two", "three"]),
            (b"x\na rather long line\ny\n", &["a rather long line", "y"]),
        ];
        for (text, expected) in texts {
            for bytes in 1..=text.len() as u64 + 1 {
                let meter = Arc::new(Meter::default());
                let file = counted(text, &meter).await;
                let mut lines = Vec::new();
                for split in splits_of(&file, SkippedLines { header: 1, footer: 0 }, bytes) {
                    lines.extend(lines_of(split).await);
                }
                assert_eq!(lines, expected, "{} in splits of {bytes}", String::from_utf8_lossy(text));
                assert_eq!(meter.bytes_scanned(), text.len() as u64);
            }
        }
    }

    #[tokio::test]
    async fn files_with_long_headers_or_footers_are_one_split() {
        let file = counted(b"1\n2\n3\n4\n5\n", &Arc::default()).await;
        for skipped in [SkippedLines { header: 2, footer: 0 }, SkippedLines { header: 1, footer: 1 }] {
            let splits = splits_of(&file, skipped, 1);
            assert_eq!(splits.len(), 1);
            let expected: &[&str] = if skipped.header == 2 { &["3", "4", "5"] } else { &["2", "3", "4"] };
            assert_eq!(lines_of(splits[0].clone()).await, expected);
        }
        assert_eq!(splits_of(&file, SkippedLines::default(), 4).len(), 3);
    }
}
