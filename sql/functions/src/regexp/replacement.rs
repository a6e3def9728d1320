//! What does a replacement such as `$1-${name}` stand for? Ref: Trino 401 `JoniRegexpFunctions.appendReplacement`.

use super::java_regex::{JavaRegex, Spans};
use crate::error::FunctionError;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Group(usize),
}

/// A compiled replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    pieces: Vec<Piece>,
}

impl Replacement {
    /// `${name}` and `$12` (the longest number of an existing group) are groups, `\x` is `x`, the rest is itself.
    /// Errors: INVALID_FUNCTION_ARGUMENT for an unknown group or a lone `$` or `\`.
    pub fn compile(text: &str, regex: &JavaRegex) -> Result<Replacement, FunctionError> {
        let illegal = || FunctionError::argument(format!("Illegal replacement sequence: {text}"));
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' => literal.push(characters.next().ok_or_else(illegal)?),
                '$' => {
                    if !literal.is_empty() {
                        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    }
                    let group = if characters.next_if_eq(&'{').is_some() {
                        let name: String = std::iter::from_fn(|| characters.next_if(|next| *next != '}')).collect();
                        characters.next();
                        regex
                            .group_of_name(&name)
                            .ok_or_else(|| FunctionError::argument(format!("Illegal replacement sequence: unknown group {{ {name} }}")))?
                    } else {
                        let mut group = characters.next().and_then(|digit| digit.to_digit(10)).ok_or_else(illegal)? as usize;
                        if group > regex.groups() {
                            return Err(FunctionError::argument(format!("Illegal replacement sequence: unknown group {group}")));
                        }
                        while let Some(digit) = characters.peek().and_then(|digit| digit.to_digit(10)) {
                            if group * 10 + digit as usize > regex.groups() {
                                break;
                            }
                            group = group * 10 + digit as usize;
                            characters.next();
                        }
                        group
                    };
                    pieces.push(Piece::Group(group));
                }
                other => literal.push(other),
            }
        }
        if !literal.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Replacement { pieces })
    }

    /// The text, when it has no groups.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Appends the replacement of one match; a group that took no part is empty.
    pub fn push(&self, buffer: &mut String, text: &str, spans: &Spans) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => buffer.push_str(literal),
                Piece::Group(group) => {
                    if let Some(Some((begin, end))) = spans.get(*group) {
                        buffer.push_str(&text[*begin..*end]);
                    }
                }
            }
        }
    }
}
