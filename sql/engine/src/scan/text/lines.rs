//! Where do lines begin and end in a piece of text? At LF, CR or CRLF, as Hadoop's `LineRecordReader` has it.

use std::collections::VecDeque;

use arrow::buffer::Buffer;
use bytes::Bytes;

use crate::error::EngineError;

/// A longer line is refused. Ref: Trino 401, `hive.text.max-line-length`.
pub const LINE_BYTES_MAX: usize = 100 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Some whole lines of a block of text, in order and next to each other.
#[derive(Debug, Default)]
pub struct Lines {
    pub block: Buffer,
    /// Start and end of each line in the block, without its terminator.
    pub spans: Vec<(u32, u32)>,
    /// Whether every line but perhaps the last ends with a line feed, a carriage return before it or not.
    pub ends_with_line_feeds: bool,
}

impl Lines {
    pub fn text(&self) -> &[u8] {
        self.block.as_slice()
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The lines, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let text = self.text();
        self.spans.iter().map(move |(start, end)| &text[*start as usize..*end as usize])
    }
}

/// Cuts chunks of a file into blocks of whole lines, and those into lines.
#[derive(Debug)]
pub struct LineCutter {
    /// The block at hand and how far it is cut.
    block: Buffer,
    position: usize,
    /// What comes after the block: the rest of its chunk, and what is left at the end.
    next_blocks: VecDeque<Bytes>,
    /// The beginning of a line whose end is in a later chunk.
    carried: Vec<u8>,
    has_lone_returns: bool,
    /// Lines still to be left out at the start.
    lines_to_skip: usize,
    is_file_start: bool,
}

impl LineCutter {
    /// `lines_to_skip` lines are left out first; a byte order mark is when this is a file's start.
    pub fn new(is_file_start: bool, lines_to_skip: usize) -> Self {
        LineCutter {
            block: Buffer::default(),
            position: 0,
            next_blocks: VecDeque::new(),
            carried: Vec::new(),
            has_lone_returns: false,
            lines_to_skip,
            is_file_start,
        }
    }

    /// Takes the next chunk. Errors: HIVE_BAD_DATA for an endless line.
    pub fn feed(&mut self, chunk: Bytes) -> Result<(), EngineError> {
        let mut chunk = chunk;
        if self.is_file_start && self.carried.is_empty() && chunk.starts_with(BYTE_ORDER_MARK) {
            chunk = chunk.slice(BYTE_ORDER_MARK.len()..);
        }
        self.is_file_start = false;
        // A carriage return at the very end may be half of a CRLF, so it does not end a line yet.
        let whole = memchr::memrchr(b'\n', &chunk)
            .or_else(|| memchr::memrchr(b'\r', chunk.get(..chunk.len().saturating_sub(1)).unwrap_or_default()))
            .map_or(0, |last| last + 1);
        if whole == 0 {
            self.carried.extend_from_slice(&chunk);
            if self.carried.len() > LINE_BYTES_MAX {
                return Err(EngineError::engine("HIVE_BAD_DATA", format!("Line too long in text file: more than {LINE_BYTES_MAX} bytes")));
            }
            return Ok(());
        }
        let rest = chunk.slice(whole..);
        let chunk = chunk.slice(..whole);
        if self.carried.is_empty() {
            self.next_blocks.push_back(chunk);
        } else {
            let first = after_terminator(&chunk, 0, true).unwrap_or(whole);
            let mut joined = std::mem::take(&mut self.carried);
            joined.extend_from_slice(&chunk[..first]);
            self.next_blocks.push_back(Bytes::from(joined));
            self.next_blocks.push_back(chunk.slice(first..));
        }
        self.carried.extend_from_slice(&rest);
        Ok(())
    }

    /// No more chunks come: what is left is the last line.
    pub fn finish(&mut self) {
        self.next_blocks.push_back(Bytes::from(std::mem::take(&mut self.carried)));
    }

    /// Up to `lines_max` lines; none when another chunk is needed.
    pub fn cut(&mut self, lines_max: usize) -> Option<Lines> {
        loop {
            while self.position >= self.block.len() {
                let next = self.next_blocks.pop_front()?;
                self.set_block(Buffer::from(next));
            }
            let wanted = if self.lines_to_skip > 0 { self.lines_to_skip } else { lines_max };
            let spans = self.spans(wanted);
            if self.lines_to_skip > 0 {
                self.lines_to_skip -= spans.len();
                continue;
            }
            return Some(Lines { block: self.block.clone(), spans, ends_with_line_feeds: !self.has_lone_returns });
        }
    }

    fn set_block(&mut self, block: Buffer) {
        self.has_lone_returns = memchr::memchr_iter(b'\r', &block).any(|at| block.get(at + 1) != Some(&b'\n'));
        self.block = block;
        self.position = 0;
    }

    fn spans(&mut self, lines_max: usize) -> Vec<(u32, u32)> {
        let text = self.block.as_slice();
        let mut spans = Vec::with_capacity(lines_max.min(text.len() - self.position));
        while spans.len() < lines_max && self.position < text.len() {
            let start = self.position;
            let rest = &text[start..];
            let found = if self.has_lone_returns { memchr::memchr2(b'\n', b'\r', rest) } else { memchr::memchr(b'\n', rest) };
            let end = start + found.unwrap_or(rest.len());
            self.position = match text.get(end) {
                Some(b'\r') if text.get(end + 1) == Some(&b'\n') => end + 2,
                _ => end + 1,
            };
            let end = if text.get(end) == Some(&b'\n') && end > start && text[end - 1] == b'\r' { end - 1 } else { end };
            spans.push((start as u32, end as u32));
        }
        spans
    }
}

/// The position after the first line terminator at or after `from`; none when there is none, or when more text could lengthen it.
pub fn after_terminator(text: &[u8], from: usize, is_end: bool) -> Option<usize> {
    let at = from + memchr::memchr2(b'\n', b'\r', text.get(from..)?)?;
    match (text[at], text.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(at + 2),
        (b'\r', None) if !is_end => None,
        _ => Some(at + 1),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn cut_all(chunks: &[&[u8]], lines_to_skip: usize, lines_max: usize) -> Vec<String> {
        let mut cutter = LineCutter::new(true, lines_to_skip);
        let mut lines = Vec::new();
        let mut take = |cutter: &mut LineCutter| {
            while let Some(cut) = cutter.cut(lines_max) {
                lines.extend(cut.iter().map(|line| String::from_utf8(line.to_vec()).unwrap()));
            }
        };
        for chunk in chunks {
            cutter.feed(Bytes::copy_from_slice(chunk)).unwrap();
            take(&mut cutter);
        }
        cutter.finish();
        take(&mut cutter);
        lines
    }

    #[test]
    fn every_terminator_ends_a_line_wherever_the_chunks_end() {
        let text = b"a\nbb\r\n\r\n\nccc\rd\r\re\n\rlast";
        let expected = ["a", "bb", "", "", "ccc", "d", "", "e", "", "last"];
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let chunks = [&text[..first], &text[first..second], &text[second..]];
                for lines_max in [1, 3, 100] {
                    assert_eq!(cut_all(&chunks, 0, lines_max), expected, "{first} {second} {lines_max}");
                }
            }
        }
    }

    #[test]
    fn a_final_terminator_starts_no_line() {
        assert_eq!(cut_all(&[b"a\nb\n"], 0, 10), ["a", "b"]);
        assert_eq!(cut_all(&[b"a\nb\r\n"], 0, 10), ["a", "b"]);
        assert_eq!(cut_all(&[b"a\r"], 0, 10), ["a"]);
        assert_eq!(cut_all(&[b""], 0, 10), [""; 0]);
        assert_eq!(cut_all(&[b"\n"], 0, 10), [""]);
    }

    #[test]
    fn headers_and_a_byte_order_mark_are_left_out() {
        assert_eq!(cut_all(&[b"\xEF\xBB\xBFh1\nh2\na\nb"], 2, 10), ["a", "b"]);
        assert_eq!(cut_all(&[b"h1\nh", b"2\na\nb"], 2, 10), ["a", "b"]);
        assert_eq!(cut_all(&[b"only"], 2, 10), [""; 0]);
        assert_eq!(cut_all(&[b"\xEF\xBB\xBFa,b"], 0, 10), ["a,b"]);
    }
}
