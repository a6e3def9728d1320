//! Which compiled pattern has each row of a call? Compiled once when it is constant.

use arrow::array::{Array, ArrayRef, StringViewArray};

use super::calendar::{self, MILLIS_PER_DAY};
use super::pattern::Pattern;
use super::{joda_pattern, mysql_pattern};
use crate::call::Call;
use crate::error::FunctionError;
use crate::string::text_rows::texts;

/// The two pattern languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternLanguage {
    MySql,
    Joda,
}

/// The patterns of a text argument.
pub struct RowPatterns<'a> {
    texts: &'a StringViewArray,
    language: PatternLanguage,
    current_year: i64,
    is_constant: bool,
    last: Option<(usize, Pattern)>,
}

impl<'a> RowPatterns<'a> {
    pub fn new(call: &Call<'_>, arguments: &'a [ArrayRef], position: usize, language: PatternLanguage) -> RowPatterns<'a> {
        let texts = texts(arguments, position);
        let start_day = call.session().start_micros.div_euclid(MILLIS_PER_DAY * 1000);
        RowPatterns {
            texts,
            language,
            current_year: calendar::civil_from_days(start_day).year,
            is_constant: call.constant(position).is_some() || texts.len() == 1,
            last: None,
        }
    }

    pub fn row(&mut self, row: usize) -> Result<&Pattern, FunctionError> {
        let is_same = matches!(&self.last, Some((last, _)) if self.is_constant || self.texts.value(*last) == self.texts.value(row));
        let entry = match self.last.take() {
            Some(last) if is_same => last,
            _ => {
                let text = self.texts.value(row);
                let pattern = match self.language {
                    PatternLanguage::MySql => mysql_pattern::compile(text)?,
                    PatternLanguage::Joda => joda_pattern::compile(text, self.current_year)?,
                };
                (row, pattern)
            }
        };
        Ok(&self.last.insert(entry).1)
    }
}
