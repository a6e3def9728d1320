//! `element_at` of a map: null where the subscript operator fails. Ref: Trino 401 `MapElementAtFunction`.

use crate::function::{Function, Overload};
use crate::operator::subscript::{map_places, take_places};

pub const ELEMENT_AT: Function = Function {
    name: "element_at",
    description: "Value under a key; null when there is none",
    overloads: &[Overload::scalar("<K!, V!>(map(K, V), K) -> V", |call, arguments| {
        take_places(&arguments[0], &map_places(call.argument_type(1), &arguments[0], &arguments[1]))
    })],
    examples: &[("element_at(map(ARRAY['a'], ARRAY[1]), 'a')", "1"), ("element_at(map(ARRAY['a'], ARRAY[1]), 'b')", "NULL")],
    ..Function::SCALAR
};
