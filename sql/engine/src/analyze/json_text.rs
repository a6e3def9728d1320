//! How do error texts repeat a SQL/JSON call? Ref: Trino 401 `ExpressionFormatter.visitJsonValue` and its neighbours.

use owlake_syntax::trino::ast::{
    DataType, EmptyOrErrorBehavior, JsonArray, JsonExists, JsonExistsErrorBehavior, JsonFormat, JsonObject, JsonPathInvocation, JsonQuery,
    JsonQuotesBehavior, JsonValue, JsonValueBehavior, JsonWrapper,
};

use super::expression_text::{expression_text, name_text};
use super::json::format_text;
use super::type_names::type_text;

pub(crate) fn exists_text(json: &JsonExists) -> String {
    let on_error = match json.on_error {
        JsonExistsErrorBehavior::True => "TRUE",
        JsonExistsErrorBehavior::False => "FALSE",
        JsonExistsErrorBehavior::Unknown => "UNKNOWN",
        JsonExistsErrorBehavior::Error => "ERROR",
    };
    format!("JSON_EXISTS({} {on_error} ON ERROR)", path_text(&json.path))
}

pub(crate) fn value_text(json: &JsonValue) -> String {
    let on_empty = behavior_text(&json.on_empty);
    let on_error = json.on_error.as_ref().map_or_else(|| "NULL".to_owned(), behavior_text);
    let returning = returning_text(json.returning.as_ref(), None);
    format!("JSON_VALUE({}{returning} {on_empty} ON EMPTY {on_error} ON ERROR)", path_text(&json.path))
}

pub(crate) fn query_text(json: &JsonQuery) -> String {
    let wrapper = match json.wrapper {
        JsonWrapper::Without => "WITHOUT ARRAY WRAPPER",
        JsonWrapper::Conditional => "WITH CONDITIONAL ARRAY WRAPPER",
        JsonWrapper::Unconditional => "WITH UNCONDITIONAL ARRAY WRAPPER",
    };
    let quotes = match json.quotes {
        None => "",
        Some(JsonQuotesBehavior::Keep) => " KEEP QUOTES ON SCALAR STRING",
        Some(JsonQuotesBehavior::Omit) => " OMIT QUOTES ON SCALAR STRING",
    };
    let returning = returning_text(json.returning.as_ref(), json.output_format);
    let on_error = json.on_error.unwrap_or(EmptyOrErrorBehavior::Null);
    format!(
        "JSON_QUERY({}{returning} {wrapper}{quotes} {} ON EMPTY {} ON ERROR)",
        path_text(&json.path),
        empty_or_error_text(json.on_empty),
        empty_or_error_text(on_error)
    )
}

pub(crate) fn object_text(json: &JsonObject) -> String {
    let members: Vec<String> = json
        .members
        .iter()
        .map(|member| {
            let format = member.format.map(|format| format!(" FORMAT {}", format_text(format))).unwrap_or_default();
            format!("KEY {} VALUE {}{format}", expression_text(&member.key), expression_text(&member.value))
        })
        .collect();
    let mut text = members.join(", ");
    if !text.is_empty() {
        text.push_str(if json.is_null_on_null { " NULL ON NULL" } else { " ABSENT ON NULL" });
        text.push_str(if json.has_unique_keys { " WITH UNIQUE KEYS" } else { " WITHOUT UNIQUE KEYS" });
    }
    text.push_str(&returning_text(json.returning.as_ref(), json.output_format));
    format!("JSON_OBJECT({})", text.trim_start())
}

pub(crate) fn array_text(json: &JsonArray) -> String {
    let elements: Vec<String> = json
        .elements
        .iter()
        .map(|element| {
            let format = element.format.map(|format| format!(" FORMAT {}", format_text(format))).unwrap_or_default();
            format!("{}{format}", expression_text(&element.value))
        })
        .collect();
    let mut text = elements.join(", ");
    if !text.is_empty() {
        text.push_str(if json.is_null_on_null { " NULL ON NULL" } else { " ABSENT ON NULL" });
    }
    text.push_str(&returning_text(json.returning.as_ref(), json.output_format));
    format!("JSON_ARRAY({})", text.trim_start())
}

fn path_text(path: &JsonPathInvocation) -> String {
    let mut text =
        format!("{} FORMAT {}, '{}'", expression_text(&path.input), format_text(path.input_format), path.path.replace('\'', "''"));
    let parameters: Vec<String> = path
        .parameters
        .iter()
        .map(|parameter| {
            let format = parameter.format.map(|format| format!(" FORMAT {}", format_text(format))).unwrap_or_default();
            format!("{}{format} AS {}", expression_text(&parameter.value), name_text(&parameter.name))
        })
        .collect();
    if !parameters.is_empty() {
        text.push_str(" PASSING ");
        text.push_str(&parameters.join(", "));
    }
    text
}

fn returning_text(data_type: Option<&DataType>, format: Option<JsonFormat>) -> String {
    let Some(data_type) = data_type else { return String::new() };
    let format = format.map(|format| format!(" FORMAT {}", format_text(format))).unwrap_or_default();
    format!(" RETURNING {}{format}", type_text(data_type))
}

fn behavior_text(behavior: &JsonValueBehavior) -> String {
    match behavior {
        JsonValueBehavior::Error => "ERROR".to_owned(),
        JsonValueBehavior::Null => "NULL".to_owned(),
        JsonValueBehavior::Default(value) => format!("DEFAULT {}", expression_text(value)),
    }
}

fn empty_or_error_text(behavior: EmptyOrErrorBehavior) -> &'static str {
    match behavior {
        EmptyOrErrorBehavior::Error => "ERROR",
        EmptyOrErrorBehavior::Null => "NULL",
        EmptyOrErrorBehavior::EmptyArray => "EMPTY ARRAY",
        EmptyOrErrorBehavior::EmptyObject => "EMPTY OBJECT",
    }
}
