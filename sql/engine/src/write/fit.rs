//! Does a text fit the column it is inserted into? Only spaces may be cut off. Ref: Trino 401 `LogicalPlanner.noTruncationCast`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use owlake_functions::types::TrinoType;

use crate::error::EngineError;

/// A limit that the values of one column must keep.
#[derive(Debug, Clone)]
pub(crate) struct Fit {
    pub characters_max: usize,
    pub from: TrinoType,
    pub to: TrinoType,
}

impl Fit {
    /// The check for texts of `from` that go into `to`; `None` where every value fits.
    pub(crate) fn of(from: &TrinoType, to: &TrinoType) -> Option<Fit> {
        let length = |data_type: &TrinoType| match data_type {
            TrinoType::Varchar(length) => *length,
            TrinoType::Char(length) => Some(*length),
            TrinoType::Unknown => Some(0),
            _ => None,
        };
        let limit = length(to)?;
        if length(from).is_some_and(|from| from <= limit) {
            return None;
        }
        Some(Fit { characters_max: usize::try_from(limit).unwrap_or(usize::MAX), from: from.clone(), to: to.clone() })
    }

    /// The array with surplus spaces cut off. Errors: INVALID_CAST_ARGUMENT when anything else would be.
    pub(super) fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, EngineError> {
        let texts = array.as_string_view();
        // Bytes bound characters from above, and the lengths are at hand.
        if texts.lengths().all(|bytes| bytes as usize <= self.characters_max) {
            return Ok(Arc::clone(array));
        }
        let mut fitted = StringViewBuilder::with_capacity(texts.len());
        for text in texts {
            match text {
                None => fitted.append_null(),
                Some(text) => fitted.append_value(self.fitted(text)?),
            }
        }
        Ok(Arc::new(fitted.finish()))
    }

    fn fitted<'a>(&self, text: &'a str) -> Result<&'a str, EngineError> {
        let Some((end, _)) = text.char_indices().nth(self.characters_max) else { return Ok(text) };
        let (kept, rest) = text.split_at(end);
        if rest.bytes().all(|byte| byte == b' ') {
            return Ok(kept);
        }
        let message = format!(
            "Cannot truncate non-space characters when casting from {} to {} on INSERT",
            self.from.display_name(),
            self.to.display_name()
        );
        Err(EngineError::engine("INVALID_CAST_ARGUMENT", message))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use arrow::array::StringViewArray;

    use super::*;

    #[test]
    fn only_spaces_are_cut_off() {
        // Ref: Trino 401 `AbstractTestQueries.testInsertWithCoercion`: varchar(3) takes 'ab ' and refuses 'abcd'.
        let fit = Fit::of(&TrinoType::VARCHAR, &TrinoType::Varchar(Some(3))).unwrap();
        let array = |texts: &[&str]| Arc::new(StringViewArray::from_iter_values(texts)) as ArrayRef;
        let cut = fit.apply(&array(&["ab   ", "äöü", "x"])).unwrap();
        assert_eq!(cut.as_string_view().iter().flatten().collect::<Vec<_>>(), ["ab ", "äöü", "x"]);
        let error = fit.apply(&array(&["abcd"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "INVALID_CAST_ARGUMENT: Cannot truncate non-space characters when casting from varchar to varchar(3) on INSERT"
        );
        assert!(Fit::of(&TrinoType::Varchar(Some(2)), &TrinoType::Varchar(Some(3))).is_none());
        assert!(Fit::of(&TrinoType::Integer, &TrinoType::Bigint).is_none());
    }
}
