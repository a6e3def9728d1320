//! What is a text in a Unicode normalization form? Ref: Trino 401 `normalize`; `normalize(text, NFD)` passes the form as text.

use arrow::array::ArrayRef;
use unicode_normalization::UnicodeNormalization;

use super::text_rows::{texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

pub const NORMALIZE: Function = Function {
    name: "normalize",
    overloads: &[Overload::scalar("(varchar(x), varchar(y)) -> varchar", normalize)],
    description: "Transforms the string to normalized form",
    examples: &[("normalize('㈱㌧㌦Ⅲ', NFKC)", "(株)トンドルIII")],
    ..Function::SCALAR
};

fn normalize(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (values, forms) = (texts(arguments, 0), texts(arguments, 1));
    write_texts(call.rows(), |row, buffer| {
        let text = values.value(row);
        match forms.value(row) {
            "NFC" => buffer.extend(text.nfc()),
            "NFD" => buffer.extend(text.nfd()),
            "NFKC" => buffer.extend(text.nfkc()),
            "NFKD" => buffer.extend(text.nfkd()),
            _ => return Err(FunctionError::argument("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")),
        }
        Ok(())
    })
}
