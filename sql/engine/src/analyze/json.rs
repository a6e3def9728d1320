//! Is a SQL/JSON call well formed? JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT and JSON_ARRAY: formats, parameters, results.
//! Ref: Trino 401 `ExpressionAnalyzer.visitJsonExists` and its neighbours.
//!
//! What a call without fault becomes is the neighbour `sql_json`'s.

use owlake_functions::sql_json::JsonFunction;
use owlake_functions::sql_json::spec::ConstructSpec;
use owlake_functions::types::TrinoType;
use owlake_functions::types::castable::can_cast;
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    DataType, Expression, Identifier, JsonArray, JsonExists, JsonFormat, JsonObject, JsonPathInvocation, JsonQuery, JsonQuotesBehavior,
    JsonValue, JsonValueBehavior, JsonWrapper,
};

use crate::ir::Expr;

use super::analyzer::{Analyzer, Place};
use super::coercion::{coerce, coerced};
use super::failure::{Analysis, fail_at, mismatch, unsupported};
use super::sql_json::{
    Behaviors, PathParts, check_path, construct_call, document, form, implied_format, kernel_type, no_default, of_exists, of_query,
    of_value, of_wrapper, path_call, plain, scalar_behaviors,
};
use super::type_names::resolve_type;

impl<'a> Analyzer<'a> {
    pub(crate) fn json_exists(&mut self, json: &'a JsonExists, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let parts = self.json_path(&json.path, at, place)?;
        let behaviors = scalar_behaviors(of_exists(json.on_error), of_exists(json.on_error));
        Ok(path_call(JsonFunction::Exists, &json.path.path, parts, &behaviors, vec![], TrinoType::Boolean))
    }

    pub(crate) fn json_value(&mut self, json: &'a JsonValue, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let parts = self.json_path(&json.path, at, place)?;
        let returned = match &json.returning {
            Some(data_type) => resolve_type(data_type, at)?,
            None => TrinoType::VARCHAR,
        };
        if !can_cast(&TrinoType::VARCHAR, &returned) || returned == TrinoType::Json {
            return Err(mismatch(at, format!("Invalid return type of function JSON_VALUE: {returned}")));
        }
        let mut defaults = Vec::with_capacity(2);
        for (behavior, clause) in [(Some(&json.on_empty), "ON EMPTY"), (json.on_error.as_ref(), "ON ERROR")] {
            defaults.push(match behavior {
                Some(JsonValueBehavior::Default(default)) => {
                    let typed = self.expression(default, place)?;
                    let subject = format!("Function JSON_VALUE default {clause} result");
                    coerce(typed, &returned, default.location, &subject)?
                }
                _ => no_default(&returned),
            });
        }
        let behaviors = scalar_behaviors(of_value(Some(&json.on_empty)), of_value(json.on_error.as_ref()));
        Ok(path_call(JsonFunction::Value, &json.path.path, parts, &behaviors, defaults, returned))
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
        let behaviors = Behaviors {
            on_empty: of_query(Some(json.on_empty)),
            on_error: of_query(json.on_error),
            wrapper: of_wrapper(json.wrapper),
            omits_quotes: json.quotes == Some(JsonQuotesBehavior::Omit),
            output: form(Some(json.output_format.unwrap_or(JsonFormat::Json))),
        };
        let kernel = kernel_type(&returned);
        Ok(coerced(path_call(JsonFunction::Query, &json.path.path, parts, &behaviors, vec![], kernel), &returned))
    }

    pub(crate) fn json_object(&mut self, json: &'a JsonObject, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let mut parts = Vec::with_capacity(json.members.len() * 2);
        let mut forms = Vec::with_capacity(json.members.len());
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
            let format = implied_format(&member.value, member.format);
            parts.push(self.json_item(&member.value, format, "JSON_OBJECT", at, place)?);
            forms.push(form(format));
        }
        let returned = json_output(json.returning.as_ref(), json.output_format, at)?;
        let spec = ConstructSpec {
            keeps_nulls: json.is_null_on_null,
            has_unique_keys: json.has_unique_keys,
            output: form(Some(json.output_format.unwrap_or(JsonFormat::Json))),
            values: forms,
        };
        Ok(coerced(construct_call(JsonFunction::Object, &spec, parts, kernel_type(&returned)), &returned))
    }

    pub(crate) fn json_array(&mut self, json: &'a JsonArray, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let mut parts = Vec::with_capacity(json.elements.len());
        let mut forms = Vec::with_capacity(json.elements.len());
        for element in &json.elements {
            let format = implied_format(&element.value, element.format);
            parts.push(self.json_item(&element.value, format, "JSON_ARRAY", at, place)?);
            forms.push(form(format));
        }
        let returned = json_output(json.returning.as_ref(), json.output_format, at)?;
        let spec = ConstructSpec {
            keeps_nulls: json.is_null_on_null,
            has_unique_keys: false,
            output: form(Some(json.output_format.unwrap_or(JsonFormat::Json))),
            values: forms,
        };
        Ok(coerced(construct_call(JsonFunction::Array, &spec, parts, kernel_type(&returned)), &returned))
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
            Some(format) => {
                check_input(&typed.data_type, format, value.location)?;
                Ok(document(typed))
            }
            None if is_item_type(&typed.data_type) => Ok(plain(typed, false)),
            None => {
                let message = format!("Unsupported type of value passed to {function} function: {}", typed.data_type);
                Err(unsupported(at, message))
            }
        }
    }

    /// Input, parameters and the names the path uses.
    fn json_path(&mut self, path: &'a JsonPathInvocation, at: Location, place: &Place<'a>) -> Analysis<PathParts> {
        let input = self.expression(&path.input, place)?;
        check_input(&input.data_type, path.input_format, path.input.location)?;
        let input_form = form(Some(path.input_format));
        let mut parts = PathParts { input: document(input), input_form, names: vec![], parameters: vec![], forms: vec![] };
        for parameter in &path.parameters {
            let name = parameter_name(&parameter.name);
            if parts.names.contains(&name) {
                let message = format!("{name} JSON path parameter is specified more than once");
                return Err(fail_at(parameter.name.location, "DUPLICATE_PARAMETER_NAME", message));
            }
            let typed = self.expression(&parameter.value, place)?;
            let format = implied_format(&parameter.value, parameter.format);
            let value = match format {
                Some(format) => {
                    check_input(&typed.data_type, format, parameter.value.location)?;
                    document(typed)
                }
                None if is_item_type(&typed.data_type) => plain(typed, true),
                None => return Err(unsupported(at, format!("Unsupported type of JSON path parameter: {}", typed.data_type))),
            };
            parts.names.push(name);
            parts.parameters.push(value);
            parts.forms.push(form(format));
        }
        check_path(path, &parts.names)?;
        Ok(parts)
    }
}

fn parameter_name(name: &Identifier) -> String {
    if name.is_delimited { name.value.clone() } else { name.value.to_uppercase() }
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
