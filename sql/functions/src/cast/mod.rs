//! What does CAST make of a value? Every cast Trino has, strict or as TRY_CAST. Ref: Trino 401 "Conversion functions" and the cast operators of each type.
//!
//! | file | casts |
//! |---|---|
//! | [`number`] | between booleans, integers, floats and decimals |
//! | [`to_text`], [`from_text`] | to and from varchar and char |
//! | [`temporal`], [`temporal_parse`] | dates, times, timestamps; their text |
//! | [`nested`] | arrays, maps and rows, element by element |
//! | [`json`] | to and from json |

mod dispatch;
pub mod errors;
pub mod from_text;
pub mod json;
pub mod nested;
pub mod number;
pub mod temporal;
pub mod temporal_parse;
pub mod to_text;

pub use crate::types::castable::can_cast;
pub use dispatch::{cast_array, cast_udf, cast_values, is_native, is_no_op};
