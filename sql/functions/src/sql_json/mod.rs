//! How are JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT and JSON_ARRAY computed? Ref: Trino 401 "JSON functions and operators".
//!
//! Reading order: [`spec`] (what a call's clauses say), [`path`] (the path language), [`item`] (what a path gives),
//! `evaluate`/`predicate`/`operate` (how it gives that), `input`/`output` (JSON text in and out), then the functions:
//! `exists`, `value`, `query`, `construct`. The analyzer builds the calls with [`bind`]; no user can write their names.

mod column;
mod construct;
mod evaluate;
mod exists;
mod input;
mod invocation;
pub mod item;
mod operate;
mod output;
pub mod path;
mod predicate;
mod query;
pub mod spec;
mod value;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

use crate::function::{Constants, Function, Kernel, Nulls};
use crate::registry::{BoundFunction, FunctionKind};
use crate::types::TrinoType;

/// Which of the five a call is.
///
/// Arguments, in order. Paths: input, path text, [`spec::PathSpec`] text, names of the parameters (with commas), the
/// parameters; `Value` then has what stands in for nothing and for an error. Constructors: [`spec::ConstructSpec`] text,
/// then the values, for `Object` each after its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonFunction {
    Exists,
    Value,
    Query,
    Object,
    Array,
}

const BASE: Function = Function { nulls: Nulls::Seen, constants: Constants::Single, ..Function::SCALAR };
static EXISTS: Function = Function { name: "$json_exists", description: "Does a JSON path find anything?", ..BASE };
static VALUE: Function = Function { name: "$json_value", description: "SQL scalar at a JSON path", ..BASE };
static QUERY: Function = Function { name: "$json_query", description: "JSON value at a JSON path", ..BASE };
static OBJECT: Function = Function { name: "$json_object", description: "JSON object of keys and values", ..BASE };
static ARRAY: Function = Function { name: "$json_array", description: "JSON array of values", ..BASE };

/// The call of `which` over arguments of these types.
pub fn bind(which: JsonFunction, argument_types: Vec<TrinoType>, return_type: TrinoType) -> BoundFunction {
    let (function, kernel) = match which {
        JsonFunction::Exists => (&EXISTS, Kernel::Scalar(exists::json_exists)),
        JsonFunction::Value => (&VALUE, Kernel::Scalar(value::json_value)),
        JsonFunction::Query => (&QUERY, Kernel::Scalar(query::json_query)),
        JsonFunction::Object => (&OBJECT, Kernel::Scalar(construct::json_object)),
        JsonFunction::Array => (&ARRAY, Kernel::Scalar(construct::json_array)),
    };
    BoundFunction { name: function.name, kind: FunctionKind::Scalar, argument_types, return_type, is_deterministic: true, function, kernel }
}
