//! What is a text in lower case, in upper case? Ref: Trino 401 `lower`, `upper`: Unicode simple case mapping, a character at a time.

use arrow::array::ArrayRef;

use super::text_rows::{texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const LOWER: Function = Function {
    name: "lower",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(x)", lower), Overload::scalar("(char(x)) -> char(x)", lower)],
    description: "Converts the string to lower case",
    examples: &[("lower('ÖSTERREICH')", "österreich")],
    ..Function::SCALAR
};

pub const UPPER: Function = Function {
    name: "upper",
    overloads: &[Overload::scalar("(varchar(x)) -> varchar(x)", upper), Overload::scalar("(char(x)) -> char(x)", upper)],
    description: "Converts the string to upper case",
    examples: &[("upper('straße')", "STRAßE")],
    ..Function::SCALAR
};

fn lower(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    write_texts(call.rows(), |row, buffer| {
        let text = values.value(row);
        if text.is_ascii() {
            buffer.push_str(text);
            buffer.make_ascii_lowercase();
        } else {
            buffer.extend(text.chars().map(lower_of));
        }
        Ok(())
    })
}

fn upper(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    write_texts(call.rows(), |row, buffer| {
        let text = values.value(row);
        if text.is_ascii() {
            buffer.push_str(text);
            buffer.make_ascii_uppercase();
        } else {
            buffer.extend(text.chars().map(upper_of));
        }
        Ok(())
    })
}

/// The simple mapping: one character stays one character.
fn lower_of(character: char) -> char {
    // The only character whose full and simple lower case differ.
    if character == 'İ' {
        return 'i';
    }
    let mut mapped = character.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

fn upper_of(character: char) -> char {
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => simple_upper_of(character),
    }
}

/// Greek letters with iota subscript: their full upper case is two letters, their simple one the title case letter.
fn simple_upper_of(character: char) -> char {
    let shift = match character {
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => 8,
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => 9,
        _ => 0,
    };
    char::from_u32(character as u32 + shift).unwrap_or(character)
}
