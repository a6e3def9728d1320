//! Where does a text stand within others? Made ready once for a text looked for in many.

use arrow::array::{Array, ArrayRef};
use memchr::memmem;

use crate::call::Call;
use crate::string::text_rows::texts;

/// A text to look for. `str::find` prepares itself anew for every text searched; this does it once.
pub struct Finder {
    prepared: Option<memmem::Finder<'static>>,
}

impl Finder {
    /// Of the constant text at `position` of a call; one that is not constant is looked for without preparation.
    pub fn of_constant(call: &Call<'_>, arguments: &[ArrayRef], position: usize) -> Finder {
        let is_constant = call.constant(position).is_some() && !arguments[position].is_empty();
        let part = is_constant.then(|| texts(arguments, position).value(0)).filter(|part| !part.is_empty());
        Finder { prepared: part.map(|part| memmem::Finder::new(part).into_owned()) }
    }

    /// Where `part`, the text this was made of, first stands in `text`.
    #[inline]
    pub fn find(&self, text: &str, part: &str) -> Option<usize> {
        match &self.prepared {
            Some(prepared) => prepared.find(text.as_bytes()),
            None => text.find(part),
        }
    }
}
