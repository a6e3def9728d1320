//! What is the protocol, host, port, path, query, fragment or a parameter of a URL? Ref: Trino 401 "URL functions". Null where the text is no URL.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewBuilder};

use super::escape::decode_form;
use super::uri::{Uri, decode_escapes};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::string::text_rows::texts;

pub const URL_EXTRACT_PROTOCOL: Function = Function {
    name: "url_extract_protocol",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(x)", protocol)],
    description: "Extract protocol from url",
    examples: &[("url_extract_protocol('http://example.com/p?q=1')", "http")],
    ..Function::SCALAR
};

pub const URL_EXTRACT_HOST: Function = Function {
    name: "url_extract_host",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(x)", host)],
    description: "Extract host from url",
    examples: &[("url_extract_host('https://user@example.com:80/')", "example.com")],
    ..Function::SCALAR
};

pub const URL_EXTRACT_PORT: Function = Function {
    name: "url_extract_port",
    overloads: &[Overload::scalar("(varchar(x)) -> bigint", port)],
    description: "Extract port from url",
    examples: &[("url_extract_port('http://example.com:8080/')", "8080")],
    ..Function::SCALAR
};

pub const URL_EXTRACT_PATH: Function = Function {
    name: "url_extract_path",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(x)", path)],
    description: "Extract part from url",
    examples: &[("url_extract_path('http://example.com/a/b?c')", "/a/b")],
    ..Function::SCALAR
};

pub const URL_EXTRACT_QUERY: Function = Function {
    name: "url_extract_query",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(x)", query)],
    description: "Extract query from url",
    examples: &[("url_extract_query('http://example.com/a?k=v')", "k=v")],
    ..Function::SCALAR
};

pub const URL_EXTRACT_FRAGMENT: Function = Function {
    name: "url_extract_fragment",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(x)", fragment)],
    description: "Extract fragment from url",
    examples: &[("url_extract_fragment('http://example.com/a#f')", "f")],
    ..Function::SCALAR
};

pub const URL_EXTRACT_PARAMETER: Function = Function {
    name: "url_extract_parameter",
    overloads: &[Overload::scalar("(varchar(x), varchar(y)) -> varchar(x)", parameter)],
    description: "Extract query parameter from url",
    examples: &[("url_extract_parameter('http://example.com/?a=1&b=2', 'b')", "2")],
    ..Function::SCALAR
};

/// A part of each URL: null without a URL, empty without the part.
fn extract(call: &Call<'_>, arguments: &[ArrayRef], part: impl for<'a> Fn(&Uri<'a>) -> Option<&'a str>) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    for row in 0..call.rows() {
        builder.append_option(Uri::parse(values.value(row)).map(|uri| decode_escapes(part(&uri).unwrap_or(""))));
    }
    Ok(Arc::new(builder.finish()))
}

fn protocol(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    extract(call, arguments, |uri| uri.scheme)
}

fn host(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    extract(call, arguments, |uri| uri.host)
}

fn path(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    extract(call, arguments, |uri| uri.path)
}

fn query(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    extract(call, arguments, |uri| uri.query)
}

fn fragment(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    extract(call, arguments, |uri| uri.fragment)
}

fn port(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    Ok(Arc::new((0..call.rows()).map(|row| Uri::parse(values.value(row)).and_then(|uri| uri.port)).collect::<Int64Array>()))
}

/// The first parameter of the name; its name is compared as written, its value decoded.
fn parameter(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, names) = (texts(arguments, 0), texts(arguments, 1));
    let mut builder = StringViewBuilder::with_capacity(call.rows());
    for row in 0..call.rows() {
        let name = names.value(row);
        let query = Uri::parse(values.value(row)).and_then(|uri| uri.query);
        let found = query.and_then(|query| {
            query.split('&').map(|argument| argument.split_once('=').unwrap_or((argument, ""))).find(|(key, _)| *key == name)
        });
        let decoded: Option<Cow<'_, str>> = found.map(|(_, value)| decode_form(value)).transpose()?;
        builder.append_option(decoded);
    }
    Ok(Arc::new(builder.finish()))
}
