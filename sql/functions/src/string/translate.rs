//! What does a text become when characters are mapped to others? Ref: Trino 401 `translate`.

use std::collections::HashMap;

use arrow::array::ArrayRef;

use super::text_rows::{texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const TRANSLATE: Function = Function {
    name: "translate",
    overloads: &[Overload::scalar("(varchar(x), varchar(y), varchar(z)) -> varchar", translate)],
    description: "Translate characters from the source string based on original and translations strings",
    examples: &[("translate('abcd', 'aac', 'zq')", "zbd")],
    ..Function::SCALAR
};

fn translate(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, froms, tos) = (texts(arguments, 0), texts(arguments, 1), texts(arguments, 2));
    let is_constant = call.constant(1).is_some() && call.constant(2).is_some();
    let mut mapping = HashMap::new();
    write_texts(call.rows(), |row, buffer| {
        if row == 0 || !is_constant {
            mapping.clear();
            let mut targets = tos.value(row).chars();
            for character in froms.value(row).chars() {
                // The first mapping of a character holds, the target moves on all the same.
                let target = targets.next();
                mapping.entry(character).or_insert(target);
            }
        }
        buffer.extend(values.value(row).chars().filter_map(|character| match mapping.get(&character) {
            Some(target) => *target,
            None => Some(character),
        }));
        Ok(())
    })
}
