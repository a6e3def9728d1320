//! `uuid`: a random UUID a row. Ref: Trino 401 `UuidFunctions`.

use std::sync::Arc;

use arrow::array::FixedSizeBinaryBuilder;

use crate::function::{Function, Overload};

pub const FUNCTION: Function = Function {
    name: "uuid",
    description: "Random UUID",
    is_deterministic: false,
    overloads: &[Overload::scalar("() -> uuid", |call, _| {
        let mut builder = FixedSizeBinaryBuilder::with_capacity(call.rows(), 16);
        for _ in 0..call.rows() {
            builder.append_value(uuid::Uuid::new_v4().as_bytes())?;
        }
        Ok(Arc::new(builder.finish()))
    })],
    ..Function::SCALAR
};
