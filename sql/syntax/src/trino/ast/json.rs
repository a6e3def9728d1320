//! How are the SQL/JSON functions written? `JSON_EXISTS`, `JSON_VALUE`, `JSON_QUERY`, `JSON_OBJECT`, `JSON_ARRAY`.
//!
//! Ref: Trino 401 grammar rules `jsonPathInvocation`, `jsonValueBehavior`, `jsonObjectMember` and their kin.

use super::data_type::DataType;
use super::expression::Expression;
use super::identifier::Identifier;
use crate::location::Location;

/// `input [FORMAT …], 'path' [PASSING …]`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPathInvocation {
    /// The document.
    pub input: Expression,
    /// Its format; JSON when not written.
    pub input_format: JsonFormat,
    /// The path text, still unparsed.
    pub path: String,
    /// Where the path literal stands.
    pub path_location: Location,
    /// Named parameters of the path.
    pub parameters: Vec<JsonPathParameter>,
    /// Where it begins.
    pub location: Location,
}

/// `value [FORMAT …] AS name`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPathParameter {
    /// The value.
    pub value: Expression,
    /// Its format, when written.
    pub format: Option<JsonFormat>,
    /// The name used in the path.
    pub name: Identifier,
    /// Where it begins.
    pub location: Location,
}

/// Representation of JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonFormat {
    /// `FORMAT JSON`.
    Json,
    /// `FORMAT JSON ENCODING UTF8`.
    Utf8,
    /// `FORMAT JSON ENCODING UTF16`.
    Utf16,
    /// `FORMAT JSON ENCODING UTF32`.
    Utf32,
}

/// `JSON_EXISTS(path [… ON ERROR])`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonExists {
    /// Document and path.
    pub path: JsonPathInvocation,
    /// `ON ERROR`; false when not written.
    pub on_error: JsonExistsErrorBehavior,
}

/// `ON ERROR` of `JSON_EXISTS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonExistsErrorBehavior {
    /// `TRUE ON ERROR`.
    True,
    /// `FALSE ON ERROR`, the default.
    False,
    /// `UNKNOWN ON ERROR`.
    Unknown,
    /// `ERROR ON ERROR`.
    Error,
}

/// `JSON_VALUE(path [RETURNING type] [… ON EMPTY] [… ON ERROR])`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonValue {
    /// Document and path.
    pub path: JsonPathInvocation,
    /// `RETURNING`; varchar when not written.
    pub returning: Option<DataType>,
    /// `ON EMPTY`; null when not written.
    pub on_empty: JsonValueBehavior,
    /// `ON ERROR`; `None` when not written, which means null.
    pub on_error: Option<JsonValueBehavior>,
}

/// What `JSON_VALUE` gives instead of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonValueBehavior {
    /// `ERROR`.
    Error,
    /// `NULL`.
    Null,
    /// `DEFAULT expression`.
    Default(Expression),
}

/// `JSON_QUERY(path [RETURNING type [FORMAT …]] [wrapper] [quotes] [… ON EMPTY] [… ON ERROR])`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonQuery {
    /// Document and path.
    pub path: JsonPathInvocation,
    /// `RETURNING`; varchar when not written.
    pub returning: Option<DataType>,
    /// Format of the result, when written.
    pub output_format: Option<JsonFormat>,
    /// Array wrapper; `WITHOUT` when not written.
    pub wrapper: JsonWrapper,
    /// `KEEP` or `OMIT QUOTES`, when written.
    pub quotes: Option<JsonQuotesBehavior>,
    /// `ON EMPTY`; null when not written.
    pub on_empty: EmptyOrErrorBehavior,
    /// `ON ERROR`; `None` when not written, which means null.
    pub on_error: Option<EmptyOrErrorBehavior>,
}

/// Array wrapper of `JSON_QUERY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonWrapper {
    /// `WITHOUT [ARRAY] WRAPPER`.
    Without,
    /// `WITH CONDITIONAL [ARRAY] WRAPPER`.
    Conditional,
    /// `WITH [UNCONDITIONAL] [ARRAY] WRAPPER`.
    Unconditional,
}

/// `KEEP|OMIT QUOTES [ON SCALAR STRING]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonQuotesBehavior {
    /// `KEEP`.
    Keep,
    /// `OMIT`.
    Omit,
}

/// What `JSON_QUERY` gives instead of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmptyOrErrorBehavior {
    /// `ERROR`.
    Error,
    /// `NULL`.
    Null,
    /// `EMPTY ARRAY`.
    EmptyArray,
    /// `EMPTY OBJECT`.
    EmptyObject,
}

/// `JSON_OBJECT(members [nulls] [keys] [RETURNING …])`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonObject {
    /// The members.
    pub members: Vec<JsonObjectMember>,
    /// `NULL ON NULL`, the default; false for `ABSENT ON NULL`.
    pub is_null_on_null: bool,
    /// `WITH UNIQUE KEYS`.
    pub has_unique_keys: bool,
    /// `RETURNING`.
    pub returning: Option<DataType>,
    /// Format of the result, when written.
    pub output_format: Option<JsonFormat>,
}

/// `[KEY] key VALUE value [FORMAT …]` or `key : value`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonObjectMember {
    /// The key.
    pub key: Expression,
    /// The value.
    pub value: Expression,
    /// Format of the value, when written.
    pub format: Option<JsonFormat>,
    /// Where it begins.
    pub location: Location,
}

/// `JSON_ARRAY(elements [nulls] [RETURNING …])`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonArray {
    /// The elements.
    pub elements: Vec<JsonArrayElement>,
    /// `NULL ON NULL`; false for `ABSENT ON NULL`, the default.
    pub is_null_on_null: bool,
    /// `RETURNING`.
    pub returning: Option<DataType>,
    /// Format of the result, when written.
    pub output_format: Option<JsonFormat>,
}

/// `value [FORMAT …]`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonArrayElement {
    /// The value.
    pub value: Expression,
    /// Its format, when written.
    pub format: Option<JsonFormat>,
    /// Where it begins.
    pub location: Location,
}
