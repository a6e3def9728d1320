//! How is a page read back? From a byte offset of the stored object, so that a page costs a page.
//!
//! Ref: measured Athena behaviour, "GetQueryResults": a page holds at most the rows asked for, header included; one
//! that is exactly full has a successor even when nothing is left.

use crate::results::location::Form;
use object_store::ObjectStore;
use object_store::path::Path;
use std::sync::Arc;

/// Bytes read at first; more when the rows do not fit.
const CHUNK_BYTES: u64 = 256 << 10;

/// A row: the text of each value, `None` for null.
pub type Row = Vec<Option<String>>;

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The rows, the header first where the form has one.
    pub rows: Vec<Row>,
    /// The byte offset of the next page; `None` after the last.
    pub next_offset: Option<u64>,
}

/// Reads up to `rows_max` rows from byte `offset` of an object that is `size` bytes long.
/// Errors: the object is gone or unreadable.
pub async fn read(
    store: &Arc<dyn ObjectStore>,
    key: &Path,
    form: Form,
    size: u64,
    offset: u64,
    rows_max: usize,
) -> Result<Page, object_store::Error> {
    let mut rows = Vec::new();
    let mut at = offset.min(size);
    let mut chunk_bytes = CHUNK_BYTES;
    while at < size && rows.len() < rows_max {
        let end = size.min(at.saturating_add(chunk_bytes));
        // Not `get_range`: it opens the object and hands the read to another thread, which takes longer than the read.
        let Some(bytes) = store.get_ranges(key, std::slice::from_ref(&(at..end))).await?.pop() else { break };
        let is_last = end == size;
        let taken = match form {
            Form::Csv => take_csv(&bytes, is_last, rows_max, &mut rows),
            Form::Text | Form::Explain => take_lines(&bytes, is_last, rows_max, &mut rows),
            Form::Count => break,
        };
        at += taken as u64;
        if taken == 0 {
            if is_last {
                break;
            }
            // One row is longer than the chunk.
            chunk_bytes = chunk_bytes.saturating_mul(4);
        }
    }
    let next_offset = (rows.len() == rows_max).then_some(at);
    Ok(Page { rows, next_offset })
}

/// Takes whole CSV rows; returns the bytes used.
fn take_csv(bytes: &[u8], is_last: bool, rows_max: usize, rows: &mut Vec<Row>) -> usize {
    let mut taken = 0;
    while rows.len() < rows_max && taken < bytes.len() {
        match csv_row(&bytes[taken..], is_last) {
            Some((row, length)) => {
                rows.push(row);
                taken += length;
            }
            None => break,
        }
    }
    taken
}

/// One row and its length; `None` when its end is not here yet.
fn csv_row(bytes: &[u8], is_last: bool) -> Option<(Row, usize)> {
    let mut row = Vec::new();
    let mut at = 0;
    loop {
        let value = if bytes.get(at) == Some(&b'"') {
            let (value, after) = quoted(bytes, at + 1)?;
            at = after;
            Some(value)
        } else {
            at += bytes[at..].iter().take_while(|byte| !matches!(byte, b',' | b'\n')).count();
            None
        };
        row.push(value);
        match bytes.get(at) {
            Some(b'\n') => return Some((row, at + 1)),
            Some(_) => at += 1,
            None => return is_last.then_some((row, at)),
        }
    }
}

/// The value of a quoted field that starts at `start`, and where it ends; `None` when its end is not here yet.
fn quoted(bytes: &[u8], start: usize) -> Option<(String, usize)> {
    let mut value = Vec::new();
    let mut from = start;
    loop {
        let length = bytes[from..].iter().position(|byte| *byte == b'"')?;
        value.extend_from_slice(&bytes[from..from + length]);
        let after = from + length + 1;
        if bytes.get(after) == Some(&b'"') {
            value.push(b'"');
            from = after + 1;
        } else {
            let value = String::from_utf8(value).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
            return Some((value, after));
        }
    }
}

/// Takes whole lines, one value each; returns the bytes used.
fn take_lines(bytes: &[u8], is_last: bool, rows_max: usize, rows: &mut Vec<Row>) -> usize {
    let mut taken = 0;
    while rows.len() < rows_max && taken < bytes.len() {
        let rest = &bytes[taken..];
        let (line, length) = match rest.iter().position(|byte| *byte == b'\n') {
            Some(length) => (&rest[..length], length + 1),
            None if is_last => (rest, rest.len()),
            None => break,
        };
        rows.push(vec![Some(String::from_utf8_lossy(line).into_owned())]);
        taken += length;
    }
    taken
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    fn pages(form: Form, body: &str, rows_max: usize) -> Vec<Vec<Row>> {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let key = Path::from("r");
        futures::executor::block_on(async {
            store.put(&key, body.to_owned().into()).await.unwrap();
            let mut found = Vec::new();
            let mut offset = Some(0);
            while let Some(from) = offset {
                let page = read(&store, &key, form, body.len() as u64, from, rows_max).await.unwrap();
                found.push(page.rows);
                offset = page.next_offset;
            }
            found
        })
    }

    fn row(values: &[Option<&str>]) -> Row {
        values.iter().map(|value| value.map(str::to_owned)).collect()
    }

    #[test]
    fn csv_reads_back_nulls_empties_and_quotes() {
        let body = "\"a\",\"b\"\n\"1\",\n\"\",\"x,\"\"y\"\"\nz\"\n";
        let expected = vec![row(&[Some("a"), Some("b")]), row(&[Some("1"), None]), row(&[Some(""), Some("x,\"y\"\nz")])];
        assert_eq!(pages(Form::Csv, body, 10), [expected]);
    }

    #[test]
    fn an_exactly_full_page_has_an_empty_successor() {
        let body = "\"a\"\n\"1\"\n\"2\"\n\"3\"\n";
        let sizes = |rows_max| pages(Form::Csv, body, rows_max).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(2), [2, 2, 0]);
        assert_eq!(sizes(3), [3, 1]);
        assert_eq!(sizes(1000), [4]);
    }

    #[test]
    fn one_null_column_is_a_row() {
        assert_eq!(pages(Form::Csv, "\"a\"\n\n\n", 10), [vec![row(&[Some("a")]), row(&[None]), row(&[None])]]);
    }

    #[test]
    fn rows_longer_than_a_chunk_are_read() {
        let long = "x\"\"".repeat(300_000);
        let body = format!("\"a\"\n\"{long}\"\n\"b\"\n");
        let found = pages(Form::Csv, &body, 10);
        assert_eq!(found[0].len(), 3);
        assert_eq!(found[0][1][0].as_ref().unwrap().len(), 600_000);
    }

    #[test]
    fn lines_are_rows() {
        assert_eq!(pages(Form::Text, "a\tb\nc", 10), [vec![row(&[Some("a\tb")]), row(&[Some("c")])]]);
        assert_eq!(pages(Form::Text, "", 10), [Vec::<Row>::new()]);
        assert_eq!(pages(Form::Explain, "Query Plan\n- x\n", 10), [vec![row(&[Some("Query Plan")]), row(&[Some("- x")])]]);
    }
}
