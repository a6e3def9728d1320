//! What is a column of a table, and a partition key? `Column`.
//!
//! Ref: AWS Glue API, `Column`.

use crate::error::Result;
use crate::hive_type::HiveType;
use crate::model::Parameters;

/// A column or a partition key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Column {
    /// The name; the catalog folds it to lower case when it is stored.
    pub name: String,
    /// The Hive type as text, kept as it was given: Glue stores any text. None when Glue was given none.
    pub type_text: Option<String>,
    /// A comment of a single line.
    pub comment: Option<String>,
    /// Free parameters, such as `iceberg.field.id`.
    pub parameters: Parameters,
}

impl Column {
    /// A column without comment and parameters.
    pub fn new(name: impl Into<String>, type_text: impl Into<String>) -> Self {
        Column { name: name.into(), type_text: Some(type_text.into()), comment: None, parameters: Parameters::new() }
    }

    /// The type, parsed. Errors: `InvalidInput` when the text is no Hive type owlake knows, or absent.
    pub fn hive_type(&self) -> Result<HiveType> {
        HiveType::parse(self.type_text.as_deref().unwrap_or_default())
    }
}
