//! Is a SQL/JSON call well formed? JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT and JSON_ARRAY: formats, parameters, results.
//! Ref: Trino 401 `ExpressionAnalyzer.visitJsonExists` and its neighbours.
//!
//! A call without fault is refused by name: the function library has no kernels for them yet.

use std::collections::HashSet;

use owlake_functions::types::TrinoType;
use owlake_functions::types::castable::can_cast;
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    DataType, Expression, Identifier, JsonArray, JsonExists, JsonFormat, JsonObject, JsonPathInvocation, JsonQuery, JsonQuotesBehavior,
    JsonValue, JsonValueBehavior, JsonWrapper,
};

use crate::ir::{Expr, ExprKind};

use super::analyzer::{Analyzer, Place};
use super::coercion::coerce;
use super::failure::{Analysis, fail_at, mismatch, unsupported};
use super::type_names::resolve_type;

impl<'a> Analyzer<'a> {
    pub(crate) fn json_exists(&mut self, json: &'a JsonExists, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let parts = self.json_path(&json.path, at, place)?;
        Ok(self.json_refused("JSON_EXISTS", parts, TrinoType::Boolean, at))
    }

    pub(crate) fn json_value(&mut self, json: &'a JsonValue, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let mut parts = self.json_path(&json.path, at, place)?;
        let returned = match &json.returning {
            Some(data_type) => resolve_type(data_type, at)?,
            None => TrinoType::VARCHAR,
        };
        if !can_cast(&TrinoType::VARCHAR, &returned) || returned == TrinoType::Json {
            return Err(mismatch(at, format!("Invalid return type of function JSON_VALUE: {returned}")));
        }
        for (behavior, clause) in [(Some(&json.on_empty), "ON EMPTY"), (json.on_error.as_ref(), "ON ERROR")] {
            if let Some(JsonValueBehavior::Default(default)) = behavior {
                let typed = self.expression(default, place)?;
                let subject = format!("Function JSON_VALUE default {clause} result");
                parts.push(coerce(typed, &returned, default.location, &subject)?);
            }
        }
        Ok(self.json_refused("JSON_VALUE", parts, returned, at))
    }

    pub(crate) fn json_query(&mut self, json: &'a JsonQuery, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let parts = self.json_path(&json.path, at, place)?;
        if let Some(quotes) = json.quotes {
            let wrapper = match json.wrapper {
                JsonWrapper::Without => None,
                JsonWrapper::Conditional => Some("CONDITIONAL"),
                JsonWrapper::Unconditional => Some("UNCONDITIONAL"),
            };
            let quotes = match quotes {
                JsonQuotesBehavior::Keep => "KEEP",
                JsonQuotesBehavior::Omit => "OMIT",
            };
            if let Some(wrapper) = wrapper {
                let message = format!("{quotes} QUOTES behavior specified with WITH {wrapper} ARRAY WRAPPER behavior");
                return Err(fail_at(at, "INVALID_FUNCTION_ARGUMENT", message));
            }
        }
        let returned = json_output(json.returning.as_ref(), json.output_format, at)?;
        Ok(self.json_refused("JSON_QUERY", parts, returned, at))
    }

    pub(crate) fn json_object(&mut self, json: &'a JsonObject, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let mut parts = Vec::with_capacity(json.members.len() * 2);
        for member in &json.members {
            let key = self.expression(&member.key, place)?;
            if !key.data_type.is_string() {
                let message = format!("Invalid type of JSON object key: {}", key.data_type);
                return Err(fail_at(member.key.location, "INVALID_FUNCTION_ARGUMENT", message));
            }
            parts.push(key);
            if member.format.is_some() && json.has_unique_keys {
                let message = "WITH UNIQUE KEYS behavior is not supported for JSON_OBJECT function when input expression has FORMAT";
                return Err(unsupported(at, message));
            }
            parts.push(self.json_item(&member.value, member.format, "JSON_OBJECT", at, place)?);
        }
        let returned = json_output(json.returning.as_ref(), json.output_format, at)?;
        Ok(self.json_refused("JSON_OBJECT", parts, returned, at))
    }

    pub(crate) fn json_array(&mut self, json: &'a JsonArray, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let mut parts = Vec::with_capacity(json.elements.len());
        for element in &json.elements {
            parts.push(self.json_item(&element.value, element.format, "JSON_ARRAY", at, place)?);
        }
        let returned = json_output(json.returning.as_ref(), json.output_format, at)?;
        Ok(self.json_refused("JSON_ARRAY", parts, returned, at))
    }

    /// A value of an object or array.
    fn json_item(
        &mut self,
        value: &'a Expression,
        format: Option<JsonFormat>,
        function: &str,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let typed = self.expression(value, place)?;
        match format {
            Some(format) => check_input(&typed.data_type, format, value.location)?,
            None if is_item_type(&typed.data_type) => {}
            None => {
                let message = format!("Unsupported type of value passed to {function} function: {}", typed.data_type);
                return Err(unsupported(at, message));
            }
        }
        Ok(typed)
    }

    /// Input, parameters and the names the path uses.
    fn json_path(&mut self, path: &'a JsonPathInvocation, at: Location, place: &Place<'a>) -> Analysis<Vec<Expr>> {
        let input = self.expression(&path.input, place)?;
        check_input(&input.data_type, path.input_format, path.input.location)?;
        let mut parts = vec![input];
        let mut names: HashSet<String> = HashSet::new();
        for parameter in &path.parameters {
            let name = parameter_name(&parameter.name);
            if !names.insert(name.clone()) {
                let message = format!("{name} JSON path parameter is specified more than once");
                return Err(fail_at(parameter.name.location, "DUPLICATE_PARAMETER_NAME", message));
            }
            let typed = self.expression(&parameter.value, place)?;
            match parameter.format {
                Some(format) => check_input(&typed.data_type, format, parameter.value.location)?,
                None if is_item_type(&typed.data_type) => {}
                None => return Err(unsupported(at, format!("Unsupported type of JSON path parameter: {}", typed.data_type))),
            }
            parts.push(typed);
        }
        for used in path_variables(&path.path) {
            if names.contains(used) {
                continue;
            }
            let mut message = format!("no value passed for parameter {used}");
            if names.iter().any(|name| name.eq_ignore_ascii_case(used)) {
                message.push_str(&format!(". Try quoting \"{used}\" in the PASSING clause to match case"));
            }
            return Err(fail_at(path.path_location, "INVALID_PATH", message));
        }
        Ok(parts)
    }

    fn json_refused(&mut self, function: &str, parts: Vec<Expr>, data_type: TrinoType, at: Location) -> Expr {
        self.shared.refusal.get_or_insert(unsupported(at, format!("{function} is not supported yet")));
        Expr { kind: ExprKind::Row(parts), data_type }
    }
}

fn parameter_name(name: &Identifier) -> String {
    if name.is_delimited { name.value.clone() } else { name.value.to_uppercase() }
}

/// The `$name`s of a path; texts in quotes are passed over.
fn path_variables(path: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_text = false;
    for (index, character) in path.char_indices() {
        if character == '"' {
            in_text = !in_text;
        }
        if character != '$' || in_text {
            continue;
        }
        let name = &path[index + 1..];
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
        if end > 0 && !name.starts_with(|c: char| c.is_ascii_digit()) {
            found.push(&name[..end]);
        }
    }
    found
}

/// Values that go into JSON as they are: what has a form of its own, and what can be a text.
fn is_item_type(data_type: &TrinoType) -> bool {
    matches!(data_type, TrinoType::Unknown | TrinoType::Boolean | TrinoType::Json | TrinoType::Json2016)
        || data_type.is_numeric()
        || data_type.is_string()
        || can_cast(data_type, &TrinoType::VARCHAR)
}

pub(crate) fn format_text(format: JsonFormat) -> &'static str {
    match format {
        JsonFormat::Json => "JSON",
        JsonFormat::Utf8 => "JSON ENCODING UTF8",
        JsonFormat::Utf16 => "JSON ENCODING UTF16",
        JsonFormat::Utf32 => "JSON ENCODING UTF32",
    }
}

fn fits_format(data_type: &TrinoType, format: JsonFormat) -> bool {
    match data_type {
        TrinoType::Varbinary => true,
        TrinoType::Unknown | TrinoType::Varchar(_) | TrinoType::Char(_) => format == JsonFormat::Json,
        _ => false,
    }
}

fn check_input(data_type: &TrinoType, format: JsonFormat, at: Location) -> Analysis<()> {
    if fits_format(data_type, format) || *data_type == TrinoType::Json2016 {
        return Ok(());
    }
    let message = format!("Cannot read input of type {data_type} as JSON using formatting {}", format_text(format));
    Err(mismatch(at, message))
}

fn json_output(returning: Option<&DataType>, format: Option<JsonFormat>, at: Location) -> Analysis<TrinoType> {
    let returned = match returning {
        Some(data_type) => resolve_type(data_type, at)?,
        None => TrinoType::VARCHAR,
    };
    let format = format.unwrap_or(JsonFormat::Json);
    if returned == TrinoType::Unknown || !fits_format(&returned, format) {
        let message = format!("Cannot output JSON value as {returned} using formatting {}", format_text(format));
        return Err(mismatch(at, message));
    }
    Ok(returned)
}
