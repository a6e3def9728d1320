//! `typeof`: the name of an expression's type. Ref: Trino 401 `TypeOfFunction`.

use std::sync::Arc;

use arrow::array::StringViewArray;

use crate::function::{Function, Nulls, Overload};

pub const FUNCTION: Function = Function {
    name: "typeof",
    description: "Name of the type of an expression",
    nulls: Nulls::Seen,
    overloads: &[Overload::scalar("<T>(T) -> varchar", |call, _| {
        let name = call.argument_type(0).display_name();
        Ok(Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(name, call.rows()))))
    })],
    examples: &[("typeof('cat')", "varchar(3)"), ("typeof(NULL)", "unknown")],
    ..Function::SCALAR
};
