//! Which kernel call does a well formed SQL/JSON call become? Clauses travel as constant arguments of `$json_value` and its kin.
//! Ref: Trino 401 `ExpressionAnalyzer.visitJsonValue` and its neighbours; `owlake_functions::sql_json` computes the calls.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use owlake_functions::sql_json::path::{PathError, check, compile};
use owlake_functions::sql_json::spec::{ConstructSpec, Form, Instead, PathSpec, Wrapper};
use owlake_functions::sql_json::{JsonFunction, bind};
use owlake_functions::types::TrinoType;
use owlake_syntax::trino::ast::{
    EmptyOrErrorBehavior, Expression, ExpressionKind, JsonExistsErrorBehavior, JsonFormat, JsonPathInvocation, JsonValueBehavior,
    JsonWrapper,
};

use crate::error::EngineError;
use crate::ir::{Expr, ExprKind};

use super::coercion::coerced;
use super::failure::{Analysis, fail_at, of_function, unsupported};

/// Input and parameters of a path, checked.
pub(crate) struct PathParts {
    pub(crate) input: Expr,
    pub(crate) input_form: Form,
    /// As the path writes them.
    pub(crate) names: Vec<String>,
    pub(crate) parameters: Vec<Expr>,
    pub(crate) forms: Vec<Form>,
}

/// What stands in when a path gives nothing or an error.
pub(crate) struct Behaviors {
    pub(crate) on_empty: Instead,
    pub(crate) on_error: Instead,
    pub(crate) wrapper: Wrapper,
    pub(crate) omits_quotes: bool,
    pub(crate) output: Form,
}

/// Reads the path and checks what is known of its types. Errors: a syntax error in the path's place, INVALID_PATH, NOT_SUPPORTED.
pub(crate) fn check_path(path: &JsonPathInvocation, names: &[String]) -> Analysis<()> {
    let at = path.path_location;
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    match compile(&path.path, &known) {
        Ok(compiled) => check(&compiled.root).map_err(|error| of_function(at, &error)),
        Err(PathError::Syntax { line, character, message }) => {
            // Counted from the quote that opens the path.
            let column = if line == 1 { at.column + 1 + character } else { character + 1 };
            Err(EngineError::engine("SYNTAX_ERROR", format!("line {}:{column}: {message}", at.line + line - 1)))
        }
        Err(PathError::NoValue(name)) => {
            let mut message = format!("no value passed for parameter {name}");
            if names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                message.push_str(&format!(". Try quoting \"{name}\" in the PASSING clause to match case"));
            }
            Err(fail_at(at, "INVALID_PATH", message))
        }
        Err(PathError::NotSupported(message)) => Err(unsupported(at, message)),
    }
}

/// The call of a path function that gives `kernel_type`; `defaults` are JSON_VALUE's.
pub(crate) fn path_call(
    which: JsonFunction,
    path: &str,
    parts: PathParts,
    behaviors: &Behaviors,
    defaults: Vec<Expr>,
    kernel_type: TrinoType,
) -> Expr {
    let spec = PathSpec {
        on_empty: behaviors.on_empty,
        on_error: behaviors.on_error,
        wrapper: behaviors.wrapper,
        omits_quotes: behaviors.omits_quotes,
        output: behaviors.output,
        input: parts.input_form,
        parameters: parts.forms,
    };
    // A name with a comma is none a path can write.
    let names: Vec<&str> = parts.names.iter().map(|name| if name.contains(',') { "" } else { name.as_str() }).collect();
    let mut arguments = vec![parts.input, text(path), text(&spec.encode()), text(&names.join(","))];
    arguments.extend(parts.parameters);
    arguments.extend(defaults);
    call(which, arguments, kernel_type)
}

/// The call of a constructor that gives `kernel_type`.
pub(crate) fn construct_call(which: JsonFunction, spec: &ConstructSpec, values: Vec<Expr>, kernel_type: TrinoType) -> Expr {
    let mut arguments = vec![text(&spec.encode())];
    arguments.extend(values);
    call(which, arguments, kernel_type)
}

fn call(which: JsonFunction, arguments: Vec<Expr>, kernel_type: TrinoType) -> Expr {
    let types = arguments.iter().map(|argument| argument.data_type.clone()).collect();
    let function = Arc::new(bind(which, types, kernel_type.clone()));
    Expr { kind: ExprKind::Call { function, arguments }, data_type: kernel_type }
}

fn text(text: &str) -> Expr {
    Expr { kind: ExprKind::Literal(ScalarValue::Utf8View(Some(text.to_owned()))), data_type: TrinoType::VARCHAR }
}

/// JSON text or bytes of any length: what the kernels give before a cast to the declared type.
pub(crate) fn kernel_type(returned: &TrinoType) -> TrinoType {
    if *returned == TrinoType::Varbinary { TrinoType::Varbinary } else { TrinoType::VARCHAR }
}

/// A document as an argument.
pub(crate) fn document(expr: Expr) -> Expr {
    if expr.data_type == TrinoType::Unknown { coerced(expr, &TrinoType::VARCHAR) } else { expr }
}

/// A value that goes in as it is; `keeps_times` where dates and times have a meaning of their own, else they are texts.
pub(crate) fn plain(expr: Expr, keeps_times: bool) -> Expr {
    let is_kept = match &expr.data_type {
        TrinoType::Boolean => true,
        TrinoType::Date
        | TrinoType::Time(_)
        | TrinoType::TimeWithTimeZone(_)
        | TrinoType::Timestamp(_)
        | TrinoType::TimestampWithTimeZone(_) => keeps_times,
        other => other.is_numeric() || other.is_string(),
    };
    if is_kept { expr } else { coerced(expr, &TrinoType::VARCHAR) }
}

/// The format of a value: what is written, or JSON for what another SQL/JSON call gives.
pub(crate) fn implied_format(value: &Expression, written: Option<JsonFormat>) -> Option<JsonFormat> {
    let is_json = matches!(value.kind, ExpressionKind::JsonQuery(_) | ExpressionKind::JsonObject(_) | ExpressionKind::JsonArray(_));
    written.or(is_json.then_some(JsonFormat::Json))
}

/// How a format reads and writes values.
pub(crate) fn form(format: Option<JsonFormat>) -> Form {
    match format {
        None => Form::Plain,
        Some(JsonFormat::Json) => Form::Text,
        Some(JsonFormat::Utf8) => Form::Utf8,
        Some(JsonFormat::Utf16) => Form::Utf16,
        Some(JsonFormat::Utf32) => Form::Utf32,
    }
}

pub(crate) fn of_exists(behavior: JsonExistsErrorBehavior) -> Instead {
    match behavior {
        JsonExistsErrorBehavior::True => Instead::True,
        JsonExistsErrorBehavior::False => Instead::False,
        JsonExistsErrorBehavior::Unknown => Instead::Null,
        JsonExistsErrorBehavior::Error => Instead::Error,
    }
}

pub(crate) fn of_value(behavior: Option<&JsonValueBehavior>) -> Instead {
    match behavior {
        None | Some(JsonValueBehavior::Null) => Instead::Null,
        Some(JsonValueBehavior::Error) => Instead::Error,
        Some(JsonValueBehavior::Default(_)) => Instead::Default,
    }
}

pub(crate) fn of_query(behavior: Option<EmptyOrErrorBehavior>) -> Instead {
    match behavior {
        None | Some(EmptyOrErrorBehavior::Null) => Instead::Null,
        Some(EmptyOrErrorBehavior::Error) => Instead::Error,
        Some(EmptyOrErrorBehavior::EmptyArray) => Instead::EmptyArray,
        Some(EmptyOrErrorBehavior::EmptyObject) => Instead::EmptyObject,
    }
}

pub(crate) fn of_wrapper(wrapper: JsonWrapper) -> Wrapper {
    match wrapper {
        JsonWrapper::Without => Wrapper::Without,
        JsonWrapper::Conditional => Wrapper::Conditional,
        JsonWrapper::Unconditional => Wrapper::Unconditional,
    }
}

/// Behaviors of a function that gives no JSON.
pub(crate) fn scalar_behaviors(on_empty: Instead, on_error: Instead) -> Behaviors {
    Behaviors { on_empty, on_error, wrapper: Wrapper::Without, omits_quotes: false, output: Form::Plain }
}

/// A null of a type, where JSON_VALUE has no default.
pub(crate) fn no_default(returned: &TrinoType) -> Expr {
    let null = Expr { kind: ExprKind::Literal(ScalarValue::Boolean(None)), data_type: TrinoType::Unknown };
    coerced(null, returned)
}
