//! Which Soundex code has a name? Ref: Trino 401 `soundex` (Apache Commons Codec `Soundex.US_ENGLISH`).

use arrow::array::ArrayRef;

use super::text_rows::{texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

/// Codes of A–Z; 0 is a vowel, H and W are transparent.
const CODES: [u8; 26] = *b"01230120022455012623010202";

pub const SOUNDEX: Function = Function {
    name: "soundex",
    overloads: &[Overload::scalar("(varchar) -> varchar(4)", soundex)],
    description: "Encodes a string into a Soundex value",
    examples: &[("soundex('jim')", "J500")],
    ..Function::SCALAR
};

fn soundex(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    write_texts(call.rows(), |row, buffer| push_soundex(buffer, values.value(row)))
}

fn push_soundex(buffer: &mut String, text: &str) -> Result<(), FunctionError> {
    // Letters only, in upper case; other characters are dropped first.
    let mut last = None;
    for letter in text.chars().filter(|character| character.is_alphabetic()).flat_map(char::to_uppercase) {
        let code = code_of(letter)?;
        if buffer.is_empty() {
            buffer.push(letter);
            last = Some(code);
            continue;
        }
        if buffer.len() == 4 {
            break;
        }
        if letter == 'H' || letter == 'W' {
            continue;
        }
        if code != '0' && last != Some(code) {
            buffer.push(code);
        }
        last = Some(code);
    }
    if !buffer.is_empty() {
        while buffer.len() < 4 {
            buffer.push('0');
        }
    }
    Ok(())
}

fn code_of(letter: char) -> Result<char, FunctionError> {
    let index = (letter as u32).wrapping_sub('A' as u32);
    match CODES.get(index as usize) {
        Some(code) => Ok(char::from(*code)),
        // Java prints the index after narrowing it to a signed 32-bit integer.
        None => Err(FunctionError::argument(format!("The character is not mapped: {letter} (index={})", index as i32))),
    }
}
