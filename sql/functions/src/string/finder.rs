//! Where does a text stand within others? Made ready once for a text looked for in many. Basis: the `regex` crate's search for a
//! literal, which reads many bytes at a time where `str::find` prepares itself anew for every text.

use regex::Regex;

use crate::call::Call;
use crate::string::text_rows::texts;
use arrow::array::ArrayRef;

/// A text to look for.
pub struct Finder {
    literal: Option<Regex>,
}

impl Finder {
    /// Of the constant text at `position` of a call; looks for nothing special when it is not constant, or empty.
    pub fn of_constant(call: &Call<'_>, arguments: &[ArrayRef], position: usize) -> Finder {
        let is_constant = call.constant(position).is_some() && !arguments[position].is_empty();
        Finder { literal: is_constant.then(|| texts(arguments, position).value(0)).and_then(literal) }
    }

    /// Where `part`, the text this was made of, first stands in `text`.
    #[inline]
    pub fn find(&self, text: &str, part: &str) -> Option<usize> {
        match &self.literal {
            Some(literal) => literal.find(text).map(|found| found.start()),
            None => text.find(part),
        }
    }
}

/// One byte, or none, is found faster without.
fn literal(part: &str) -> Option<Regex> {
    if part.len() > 1 { Regex::new(&regex::escape(part)).ok() } else { None }
}
