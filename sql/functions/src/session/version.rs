//! `version`: which engine answers? The version of Trino whose behaviour is kept. Ref: Trino 401 `VersionFunction`. Basis: inferred.

use std::sync::Arc;

use arrow::array::StringViewArray;

use crate::function::{Function, Overload};

const VERSION: &str = "401";

pub const FUNCTION: Function = Function {
    name: "version",
    description: "Version of the engine",
    overloads: &[Overload::scalar("() -> varchar", |call, _| {
        Ok(Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(VERSION, call.rows()))))
    })],
    examples: &[("version()", VERSION)],
    ..Function::SCALAR
};
