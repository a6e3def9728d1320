//! Where are the wanted fields of delimited lines? One pass over the text, eight bytes at a time; no field is copied.

use super::lines::Lines;

/// Bytes looked at together.
const WORD: usize = 8;
/// A one in every byte.
const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const LINE_FEEDS: u64 = b'\n' as u64 * LOW_BITS;

/// A field's place in a block of text. [`Span::MISSING`] in lines that are too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub const MISSING: Span = Span { start: u32::MAX, end: u32::MAX };

    /// The field's bytes; none when it is missing.
    #[inline]
    pub fn of(self, text: &[u8]) -> Option<&[u8]> {
        text.get(self.start as usize..self.end as usize)
    }
}

/// Which fields of a line are wanted.
#[derive(Debug, Clone)]
pub struct WantedFields {
    /// For each field up to the last wanted one, which of the wanted columns it is.
    slots: Vec<Option<usize>>,
    count: usize,
}

impl WantedFields {
    /// `indices` are the fields, by position in the line, of the wanted columns.
    pub fn new(indices: &[usize]) -> Self {
        let mut slots = vec![None; indices.iter().max().map_or(0, |last| last + 1)];
        for (slot, index) in indices.iter().enumerate() {
            slots[*index] = Some(slot);
        }
        WantedFields { slots, count: indices.len() }
    }

    /// How many fields of a line matter: up to the last wanted one.
    pub fn fields(&self) -> usize {
        self.slots.len()
    }

    pub fn slot(&self, field: usize) -> Option<usize> {
        self.slots.get(field).copied().flatten()
    }

    /// The columns' spans before any line.
    pub fn columns(&self, lines: usize) -> Vec<Vec<Span>> {
        (0..self.count).map(|_| Vec::with_capacity(lines)).collect()
    }
}

/// The spans of the wanted fields of lines in which nothing but `delimiter` means anything: a column a wanted field, a span a line.
pub fn split_plain(lines: &Lines, delimiter: u8, wanted: &WantedFields) -> Vec<Vec<Span>> {
    let mut columns = wanted.columns(lines.len());
    if wanted.fields() == 0 {
        return columns;
    }
    let mut rows = RowSpans { columns: &mut columns, wanted, field: 0, start: 0 };
    if lines.ends_with_line_feeds && delimiter != b'\r' {
        split_block(lines, delimiter, &mut rows);
    } else {
        let text = lines.text();
        for (start, end) in &lines.spans {
            rows.start = *start;
            for at in memchr::memchr_iter(delimiter, &text[*start as usize..*end as usize]) {
                rows.delimiter(*start + at as u32);
            }
            rows.line_end(*end);
        }
    }
    columns
}

fn split_block(lines: &Lines, delimiter: u8, rows: &mut RowSpans<'_>) {
    let (Some((first, _)), Some((_, last))) = (lines.spans.first(), lines.spans.last()) else { return };
    let text = &lines.text()[*first as usize..*last as usize];
    let mut ends = lines.spans.iter().map(|(_, end)| *end);
    let delimiters = u64::from(delimiter) * LOW_BITS;
    rows.start = *first;
    let (words, rest) = text.as_chunks::<WORD>();
    let mut position = *first;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let line_feeds = zero_bytes(word ^ LINE_FEEDS);
        let mut hits = zero_bytes(word ^ delimiters) | line_feeds;
        while hits != 0 {
            let bit = hits.trailing_zeros();
            let at = position + bit / 8;
            if line_feeds >> bit & 1 == 0 {
                rows.delimiter(at);
            } else {
                rows.line_end(ends.next().unwrap_or(at));
                rows.start = at + 1;
            }
            hits &= hits - 1;
        }
        position += WORD as u32;
    }
    for (offset, byte) in rest.iter().enumerate() {
        let at = position + offset as u32;
        if *byte == b'\n' {
            rows.line_end(ends.next().unwrap_or(at));
            rows.start = at + 1;
        } else if *byte == delimiter {
            rows.delimiter(at);
        }
    }
    // The last line's end is the end of the text.
    if let Some(end) = ends.next() {
        rows.line_end(end);
    }
}

/// The highest bit of every byte that is zero, nothing else.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    let others = LOW_BITS * 0x7f;
    !(((word & others) + others) | word | others)
}

/// The spans of the line at hand go to their columns as they end.
struct RowSpans<'a> {
    columns: &'a mut [Vec<Span>],
    wanted: &'a WantedFields,
    field: usize,
    start: u32,
}

impl RowSpans<'_> {
    #[inline]
    fn delimiter(&mut self, at: u32) {
        if let Some(Some(slot)) = self.wanted.slots.get(self.field) {
            self.columns[*slot].push(Span { start: self.start, end: at });
        }
        self.field += 1;
        self.start = at + 1;
    }

    #[inline]
    fn line_end(&mut self, end: u32) {
        if let Some(rest) = self.wanted.slots.get(self.field..) {
            let mut span = Span { start: self.start, end };
            for slot in rest {
                if let Some(slot) = slot {
                    self.columns[*slot].push(span);
                }
                span = Span::MISSING;
            }
        }
        self.field = 0;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use bytes::Bytes;

    use super::super::lines::LineCutter;
    use super::*;

    fn split(text: &str, indices: &[usize]) -> Vec<Vec<Option<String>>> {
        let mut cutter = LineCutter::new(true, 0);
        cutter.feed(Bytes::copy_from_slice(text.as_bytes())).unwrap();
        cutter.finish();
        let mut columns = vec![Vec::new(); indices.len()];
        while let Some(lines) = cutter.cut(7) {
            let spans = split_plain(&lines, b',', &WantedFields::new(indices));
            for (column, spans) in columns.iter_mut().zip(spans) {
                assert_eq!(spans.len(), lines.len());
                column.extend(spans.iter().map(|span| span.of(lines.text()).map(|field| String::from_utf8(field.to_vec()).unwrap())));
            }
        }
        columns
    }

    #[test]
    fn fields_are_where_a_plain_split_finds_them() {
        for terminator in ["\n", "\r\n", "\r"] {
            let mut lines = Vec::new();
            for row in 0..200usize {
                lines.push((0..row % 5).map(|field| "x".repeat((row * 7 + field * 3) % 40)).collect::<Vec<_>>().join(","));
            }
            // An empty last line would not be one.
            lines.push("end,of,it".to_owned());
            for text in [lines.join(terminator), lines.join(terminator) + terminator] {
                for indices in [vec![0], vec![2], vec![3, 1], vec![0, 1, 2, 3, 4], vec![9], vec![]] {
                    let found = split(&text, &indices);
                    for (slot, index) in indices.iter().enumerate() {
                        let expected: Vec<_> = lines.iter().map(|line| line.split(',').nth(*index).map(str::to_owned)).collect();
                        assert_eq!(found[slot], expected, "{terminator:?} {indices:?}");
                    }
                }
            }
        }
    }
}
