//! Which rows of a page are null? One bit a row, kept only from the first null on.
//!
//! Ref: Apache Parquet format, "Nulls", "Data Pages": a column that may be null has definition levels 0 and 1.

use std::ops::Range;

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::NullBuffer;

use super::hybrid;

/// The rows of a batch that are written, in this order.
#[derive(Debug, Clone)]
pub(in crate::write) enum Rows<'a> {
    Range(Range<usize>),
    Picked(&'a [u32]),
}

impl Rows<'_> {
    pub(in crate::write) fn len(&self) -> usize {
        match self {
            Rows::Range(range) => range.len(),
            Rows::Picked(rows) => rows.len(),
        }
    }

    /// The rows from the `from`th to before the `to`th of these.
    pub(super) fn part(&self, from: usize, to: usize) -> Self {
        match self {
            Rows::Range(range) => Rows::Range(range.start + from..range.start + to),
            Rows::Picked(rows) => Rows::Picked(&rows[from..to]),
        }
    }
}

/// The rows of the page that is open.
#[derive(Debug)]
pub(super) struct Levels {
    pub rows: usize,
    pub nulls: usize,
    /// Empty as long as there is no null.
    valid: BooleanBufferBuilder,
}

impl Levels {
    pub(super) fn new() -> Levels {
        Levels { rows: 0, nulls: 0, valid: BooleanBufferBuilder::new(0) }
    }

    /// Adds rows; their values are those for which `nulls` says so.
    pub(super) fn add(&mut self, nulls: Option<&NullBuffer>, rows: &Rows<'_>) {
        let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) else {
            if self.nulls > 0 {
                self.valid.append_n(rows.len(), true);
            }
            self.rows += rows.len();
            return;
        };
        if self.nulls == 0 {
            self.valid.truncate(0);
            self.valid.append_n(self.rows, true);
        }
        match rows {
            Rows::Range(range) => {
                let part = nulls.inner().slice(range.start, range.len());
                self.nulls += part.len() - part.count_set_bits();
                self.valid.append_buffer(&part);
            }
            Rows::Picked(rows) => {
                for row in *rows {
                    let is_valid = nulls.is_valid(*row as usize);
                    self.nulls += usize::from(!is_valid);
                    self.valid.append(is_valid);
                }
            }
        }
        self.rows += rows.len();
    }

    /// Appends the definition levels, their length before them, and starts the next page.
    pub(super) fn end_page(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        if self.nulls == 0 || self.nulls == self.rows {
            hybrid::run(u32::from(self.nulls == 0), self.rows, 1, out);
        } else {
            hybrid::bits(self.valid.as_slice(), out);
        }
        let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        (self.rows, self.nulls) = (0, 0);
    }
}
