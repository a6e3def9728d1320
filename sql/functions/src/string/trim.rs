//! What is left of a text without blanks, or given characters, at its ends? Ref: Trino 401 `trim`, `ltrim`, `rtrim`.

use arrow::array::ArrayRef;

use super::text_rows::{padded_texts, pick_texts, texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};
use crate::types::TrinoType;

pub const TRIM: Function = Function {
    name: "trim",
    overloads: &[
        Overload::scalar("(varchar(x)) -> varchar(x)", trim_both::<true, true>),
        Overload::scalar("(char(x)) -> varchar(x)", trim_both::<true, true>),
        Overload::scalar("(varchar(x), varchar(y)) -> varchar(x)", trim_characters::<true, true>),
        Overload::scalar("(varchar(x), char(y)) -> varchar(x)", trim_characters::<true, true>),
        Overload::scalar("(char(x), varchar(y)) -> varchar(x)", trim_characters::<true, true>),
        Overload::scalar("(char(x), char(y)) -> varchar(x)", trim_characters::<true, true>),
    ],
    description: "Removes whitespace, or the given characters, from the beginning and end of a string",
    examples: &[("trim('  hello ')", "hello"), ("trim(BOTH 'x' FROM 'xxax')", "a")],
    ..Function::SCALAR
};

pub const LTRIM: Function = Function {
    name: "ltrim",
    overloads: &[
        Overload::scalar("(varchar(x)) -> varchar(x)", trim_both::<true, false>),
        Overload::scalar("(char(x)) -> varchar(x)", trim_both::<true, false>),
        Overload::scalar("(varchar(x), varchar(y)) -> varchar(x)", trim_characters::<true, false>),
        Overload::scalar("(varchar(x), char(y)) -> varchar(x)", trim_characters::<true, false>),
        Overload::scalar("(char(x), varchar(y)) -> varchar(x)", trim_characters::<true, false>),
        Overload::scalar("(char(x), char(y)) -> varchar(x)", trim_characters::<true, false>),
    ],
    description: "Removes whitespace, or the given characters, from the beginning of a string",
    examples: &[("ltrim('  hello')", "hello")],
    ..Function::SCALAR
};

pub const RTRIM: Function = Function {
    name: "rtrim",
    overloads: &[
        Overload::scalar("(varchar(x)) -> varchar(x)", trim_both::<false, true>),
        Overload::scalar("(char(x)) -> varchar(x)", trim_both::<false, true>),
        Overload::scalar("(varchar(x), varchar(y)) -> varchar(x)", trim_characters::<false, true>),
        Overload::scalar("(varchar(x), char(y)) -> varchar(x)", trim_characters::<false, true>),
        Overload::scalar("(char(x), varchar(y)) -> varchar(x)", trim_characters::<false, true>),
        Overload::scalar("(char(x), char(y)) -> varchar(x)", trim_characters::<false, true>),
    ],
    description: "Removes whitespace, or the given characters, from the end of a string",
    examples: &[("rtrim('test  ')", "test")],
    ..Function::SCALAR
};

fn trim_both<const START: bool, const END: bool>(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    pick_texts(call.rows(), |row| {
        let text = values.value(row);
        let text = if START { text.trim_start_matches(is_whitespace) } else { text };
        Ok(Some(if END { text.trim_end_matches(is_whitespace) } else { text }))
    })
}

fn trim_characters<const START: bool, const END: bool>(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, characters) = (texts(arguments, 0), padded_texts(call, arguments, 1));
    let is_char = matches!(call.argument_type(0), TrinoType::Char(_));
    let mut set: Vec<char> = Vec::new();
    pick_texts(call.rows(), |row| {
        set.clear();
        set.extend(characters.value(row).chars());
        let text = values.value(row);
        let text = if START { text.trim_start_matches(set.as_slice()) } else { text };
        let text = if END { text.trim_end_matches(set.as_slice()) } else { text };
        // A char value loses the blanks at its end whatever the characters are.
        Ok(Some(if is_char { text.trim_end_matches(' ') } else { text }))
    })
}

/// Java's `Character.isWhitespace`: no-break spaces are none.
fn is_whitespace(character: char) -> bool {
    matches!(character, '\t'..='\r' | '\u{1C}'..='\u{20}' | '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200A}'
        | '\u{2028}' | '\u{2029}' | '\u{205F}' | '\u{3000}')
}
