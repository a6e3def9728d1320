//! How is a name written? Identifiers and dotted names.

use std::fmt;

use crate::location::Location;

/// One name. Trino compares names without regard to case, even delimited ones; `value` keeps the spelling.
#[derive(Debug, Clone, PartialEq)]
pub struct Identifier {
    /// The name itself, quotes removed and doubled quotes undone.
    pub value: String,
    /// Whether it was written in double quotes.
    pub is_delimited: bool,
    /// Where it begins.
    pub location: Location,
}

impl Identifier {
    /// Whether both are the same name to the engine, which folds case.
    #[must_use]
    pub fn is_same_name(&self, other: &str) -> bool {
        self.value.to_lowercase() == other.to_lowercase()
    }

    /// The name as the engine resolves it: lower case.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.value.to_lowercase()
    }
}

/// A dotted name, at least one part.
#[derive(Debug, Clone, PartialEq)]
pub struct QualifiedName {
    /// The parts, outermost first.
    pub parts: Vec<Identifier>,
}

impl QualifiedName {
    /// Where the name begins.
    #[must_use]
    pub fn location(&self) -> Location {
        self.parts.first().map_or(Location::START, |part| part.location)
    }

    /// The last part in lower case; empty only for a name without parts, which the parser never makes.
    #[must_use]
    pub fn suffix(&self) -> String {
        self.parts.last().map(Identifier::canonical).unwrap_or_default()
    }
}

impl fmt::Display for QualifiedName {
    /// Prints the canonical parts joined by dots, as Trino's `QualifiedName.toString` does.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.parts.iter().enumerate() {
            if position > 0 {
                formatter.write_str(".")?;
            }
            formatter.write_str(&part.canonical())?;
        }
        Ok(())
    }
}
