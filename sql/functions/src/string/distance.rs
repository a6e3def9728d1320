//! How far apart are two texts? Ref: Trino 401 `levenshtein_distance`, `hamming_distance`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::text_rows::texts;
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

/// Cells of the distance table Trino allows.
const CELLS_MAX: usize = 1_000_000;

pub const LEVENSHTEIN_DISTANCE: Function = Function {
    name: "levenshtein_distance",
    overloads: &[Overload::scalar("(varchar(x), varchar(y)) -> bigint", levenshtein)],
    description: "Computes Levenshtein distance between two strings",
    examples: &[("levenshtein_distance('helo word', 'hello world')", "2")],
    ..Function::SCALAR
};

pub const HAMMING_DISTANCE: Function = Function {
    name: "hamming_distance",
    overloads: &[Overload::scalar("(varchar(x), varchar(y)) -> bigint", hamming)],
    description: "Computes Hamming distance between two strings",
    examples: &[("hamming_distance('hello', 'world')", "4")],
    ..Function::SCALAR
};

fn levenshtein(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (texts(arguments, 0), texts(arguments, 1));
    let (mut long, mut short, mut distances) = (Vec::new(), Vec::new(), Vec::new());
    let distance = |row| {
        long.clear();
        short.clear();
        long.extend(left.value(row).chars());
        short.extend(right.value(row).chars());
        if long.len() < short.len() {
            std::mem::swap(&mut long, &mut short);
        }
        if short.is_empty() {
            return Ok(long.len() as i64);
        }
        if long.len() * (short.len() - 1) > CELLS_MAX {
            return Err(FunctionError::argument("The combined inputs for Levenshtein distance are too large"));
        }
        distances.clear();
        distances.extend(0..=short.len());
        for (i, a) in long.iter().enumerate() {
            let mut diagonal = std::mem::replace(&mut distances[0], i + 1);
            for (j, b) in short.iter().enumerate() {
                let substituted = diagonal + usize::from(a != b);
                diagonal = distances[j + 1];
                distances[j + 1] = substituted.min(diagonal + 1).min(distances[j] + 1);
            }
        }
        Ok(distances[short.len()] as i64)
    };
    Ok(Arc::new((0..call.rows()).map(distance).collect::<Result<Vec<i64>, _>>().map(Int64Array::from)?))
}

fn hamming(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let (left, right) = (texts(arguments, 0), texts(arguments, 1));
    let distance = |row| {
        let (mut a, mut b) = (left.value(row).chars(), right.value(row).chars());
        let mut differences = 0;
        loop {
            match (a.next(), b.next()) {
                (Some(x), Some(y)) => differences += i64::from(x != y),
                (None, None) => return Ok(differences),
                _ => return Err(FunctionError::argument("The input strings to hamming_distance function must have the same length")),
            }
        }
    };
    Ok(Arc::new((0..call.rows()).map(distance).collect::<Result<Vec<i64>, _>>().map(Int64Array::from)?))
}
