//! What does `WITH (…)` say? Names and constant values, each asked for once; what nobody asked for is refused by name.
//!
//! Ref: Trino 401 `TablePropertyManager`, `PropertyUtil.evaluateProperties`; Athena user guide, CREATE TABLE AS, UNLOAD.

use owlake_syntax::trino::ast::{Expression, ExpressionKind, Property};

use crate::analyze::failure::fail_at;
use crate::analyze::visit::find;
use crate::error::EngineError;

/// Whose properties these are, as error texts name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Table,
    Unload,
}

impl Subject {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Subject::Table => "Catalog 'awsdatacatalog' table property",
            Subject::Unload => "UNLOAD property",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Texts(Vec<String>),
}

/// The properties of one statement.
#[derive(Debug)]
pub(crate) struct Properties {
    pub(super) subject: Subject,
    left: Vec<(String, Value)>,
}

/// What is checked before the statement's query: each property stands once, and no value names a column.
/// Errors: DUPLICATE_PROPERTY, COLUMN_NOT_FOUND. Ref: Trino 401 `StatementAnalyzer.validateProperties`, `visitProperty`.
pub(crate) fn check_names(written: &[Property]) -> Result<(), EngineError> {
    for (position, property) in written.iter().enumerate() {
        let name = &property.name.value;
        if written[..position].iter().any(|other| other.name.value.eq_ignore_ascii_case(name)) {
            let text = format!("line {}: Duplicate property: {}", property.location, name.to_lowercase());
            return Err(EngineError::engine("DUPLICATE_PROPERTY", text));
        }
    }
    let is_name = |part: &Expression| matches!(part.kind, ExpressionKind::Identifier(_) | ExpressionKind::Dereference { .. });
    for value in written.iter().filter_map(|property| property.value.as_ref()) {
        if let Some(named) = find(value, &is_name).first() {
            let text =
                format!("Column '{}' cannot be resolved or requester is not authorized to access requested resources", column_text(named));
            return Err(fail_at(named.location, "COLUMN_NOT_FOUND", text));
        }
    }
    Ok(())
}

fn column_text(expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::Identifier(name) => name.value.clone(),
        ExpressionKind::Dereference { base, field } => format!("{}.{}", column_text(base), field.value),
        _ => String::new(),
    }
}

impl Properties {
    /// Reads the constants. `DEFAULT` is as if the property was not there.
    /// Errors: INVALID_TABLE_PROPERTY for a value that is no constant; DUPLICATE_PROPERTY.
    pub(crate) fn read(subject: Subject, written: &[Property]) -> Result<Properties, EngineError> {
        let mut left: Vec<(String, Value)> = Vec::with_capacity(written.len());
        for property in written {
            let name = property.name.value.to_lowercase();
            if left.iter().any(|(other, _)| *other == name) {
                return Err(EngineError::engine("DUPLICATE_PROPERTY", format!("line {}: Duplicate property: {name}", property.location)));
            }
            let Some(expression) = &property.value else { continue };
            let value = constant(expression)
                .ok_or_else(|| invalid(subject, &name, "the value is not a constant of a type that properties have"))?;
            left.push((name, value));
        }
        Ok(Properties { subject, left })
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let position = self.left.iter().position(|(other, _)| other == name)?;
        Some(self.left.swap_remove(position).1)
    }

    /// A text. Errors: INVALID_TABLE_PROPERTY.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, EngineError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(self.subject, name, "a varchar is expected")),
        }
    }

    /// A whole number; in quotes too, as clients send it. Errors: INVALID_TABLE_PROPERTY.
    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, EngineError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Integer(number)) => Ok(Some(number)),
            Some(Value::Text(text)) => text.trim().parse().map(Some).map_err(|_| invalid(self.subject, name, "an integer is expected")),
            Some(_) => Err(invalid(self.subject, name, "an integer is expected")),
        }
    }

    /// A boolean. Errors: INVALID_TABLE_PROPERTY.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, EngineError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(flag)),
            Some(_) => Err(invalid(self.subject, name, "a boolean is expected")),
        }
    }

    /// A list of column names, in lower case. Errors: INVALID_TABLE_PROPERTY.
    pub(crate) fn names(&mut self, name: &str) -> Result<Vec<String>, EngineError> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Texts(texts)) => Ok(texts.into_iter().map(|text| text.to_lowercase()).collect()),
            Some(_) => Err(invalid(self.subject, name, "an array(varchar) is expected")),
        }
    }

    /// Refuses what nobody asked for. Errors: INVALID_TABLE_PROPERTY.
    pub(crate) fn finish(self) -> Result<(), EngineError> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => {
                Err(EngineError::engine("INVALID_TABLE_PROPERTY", format!("{} '{name}' does not exist", self.subject.noun())))
            }
        }
    }
}

pub(super) fn invalid(subject: Subject, name: &str, reason: &str) -> EngineError {
    EngineError::engine("INVALID_TABLE_PROPERTY", format!("Invalid value for {} '{name}': {reason}", lower_first(subject.noun())))
}

fn lower_first(text: &str) -> String {
    text.strip_prefix('C').map_or_else(|| text.to_owned(), |rest| format!("c{rest}"))
}

fn constant(expression: &Expression) -> Option<Value> {
    Some(match &expression.kind {
        ExpressionKind::StringLiteral(text) => Value::Text(text.clone()),
        ExpressionKind::LongLiteral(number) => Value::Integer(*number),
        ExpressionKind::BooleanLiteral(flag) => Value::Boolean(*flag),
        ExpressionKind::Array(items) => {
            let texts = items.iter().map(|item| match &item.kind {
                ExpressionKind::StringLiteral(text) => Some(text.clone()),
                _ => None,
            });
            Value::Texts(texts.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
