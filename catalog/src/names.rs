//! What is a valid name of a database or table? The types `DatabaseName` and `TableName`, folded and checked once.
//!
//! Ref: AWS Glue API, `NameString`: 1 to 255 characters, single line; "for Hive compatibility, this is folded to
//! lowercase when it is stored".

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::error::{CatalogError, Result};
use crate::limits::NAME_CHARS_MAX;

macro_rules! name_type {
    ($type:ident, $noun:literal, $doc:literal) => {
        #[doc = $doc]
        ///
        /// Lower case, 1 to 255 characters, no control characters but tab. Cheap to clone.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Folds the text to lower case and checks it. Errors: `InvalidInput`.
            pub fn parse(text: &str) -> Result<Self> {
                fold_name(text, $noun).map($type)
            }

            /// The folded name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name_type!(DatabaseName, "database", "The name of a database.");
name_type!(TableName, "table", "The name of a table within its database.");

/// Whether Glue's single-line pattern `[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*` admits the character.
pub(crate) fn is_single_line_char(c: char) -> bool {
    c == '\t' || (c >= '\u{20}' && c != '\u{FFFE}' && c != '\u{FFFF}')
}

fn fold_name(text: &str, noun: &str) -> Result<Arc<str>> {
    let folded = text.to_lowercase();
    let chars = folded.chars().count();
    if chars == 0 {
        return Err(CatalogError::invalid_input(format!("{noun} name is empty")));
    }
    if chars > NAME_CHARS_MAX {
        return Err(CatalogError::invalid_input(format!("{noun} name has {chars} characters, at most {NAME_CHARS_MAX} are allowed")));
    }
    if let Some(c) = folded.chars().find(|c| !is_single_line_char(*c)) {
        return Err(CatalogError::invalid_input(format!("{noun} name contains the character {}", c.escape_unicode())));
    }
    Ok(folded.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_to_lower_case() {
        assert_eq!(TableName::parse("Sales_2024").unwrap().as_str(), "sales_2024");
        assert_eq!(DatabaseName::parse("ÄÖ").unwrap().as_str(), "äö");
    }

    #[test]
    fn names_keep_glues_bounds() {
        assert!(TableName::parse("").is_err());
        assert!(TableName::parse(&"a".repeat(255)).is_ok());
        assert!(TableName::parse(&"a".repeat(256)).is_err());
        assert!(TableName::parse("a\nb").is_err());
        assert!(TableName::parse("a\tb/..").is_ok());
        assert!(TableName::parse("a\0").is_err());
    }
}
