//! Which string functions exist? Ref: Trino 401 "String functions and operators".

mod case;
mod codepoint;
pub mod concat;
mod concat_ws;
mod distance;
pub(crate) mod finder;
mod length;
mod luhn_check;
mod normalize;
mod pad;
mod position;
mod replace;
mod reverse;
mod soundex;
mod split;
mod split_to_map;
mod substring;
pub(crate) mod text_rows;
mod translate;
mod trim;
mod utf8;
mod word_stem;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[
    &codepoint::CHR,
    &codepoint::CODEPOINT,
    &concat::CONCAT,
    &concat_ws::CONCAT_WS,
    &distance::HAMMING_DISTANCE,
    &length::LENGTH,
    &distance::LEVENSHTEIN_DISTANCE,
    &case::LOWER,
    &pad::LPAD,
    &trim::LTRIM,
    &luhn_check::LUHN_CHECK,
    &normalize::NORMALIZE,
    &replace::REPLACE,
    &reverse::REVERSE,
    &pad::RPAD,
    &trim::RTRIM,
    &soundex::SOUNDEX,
    &split::SPLIT,
    &split::SPLIT_PART,
    &split_to_map::SPLIT_TO_MAP,
    &split_to_map::SPLIT_TO_MULTIMAP,
    &position::STARTS_WITH,
    &position::STRPOS,
    &substring::SUBSTR,
    &substring::SUBSTRING,
    &translate::TRANSLATE,
    &trim::TRIM,
    &utf8::FROM_UTF8,
    &utf8::TO_UTF8,
    &case::UPPER,
    &word_stem::WORD_STEM,
];
