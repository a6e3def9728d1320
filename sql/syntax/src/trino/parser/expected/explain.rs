//! Which text does a statement that cannot be read get?
//!
//! Ref: Trino 401 `ErrorHandler`: `mismatched input 'x'. Expecting: …`, labels sorted by character code.

use super::automaton::{AUTOMATON, Rule, State};
use super::candidates::candidates;
use super::walk::{Stop, walk};
use crate::error::SyntaxError;
use crate::lexer::Token;
use crate::location::Location;

/// What a text was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum StartRule {
    Statement,
    Query,
    Expression,
    Type,
    RowPattern,
    Path,
}

impl StartRule {
    /// The rule of the table; statements of Athena's own are in none of the engine's expected sets.
    fn rule(self, tokens: &[Token<'_>]) -> Option<Rule> {
        let is_athena = tokens.first().is_some_and(|token| matches!(token.word, "OPTIMIZE" | "VACUUM" | "USING"));
        AUTOMATON.rule(match self {
            Self::Statement if is_athena => "single_athena_statement",
            Self::Statement => "single_statement",
            Self::Query => "single_query",
            Self::Expression => "single_expression",
            Self::Type => "single_type",
            Self::RowPattern => "single_row_pattern",
            Self::Path => "single_path",
        })
    }
}

/// Whether the grammar takes all the tokens; if not, the index of the first token no reading gets past.
pub(in super::super) fn recognize(tokens: &[Token<'_>], start: StartRule) -> Result<(), usize> {
    match start.rule(tokens).and_then(|rule| walk(tokens, rule, usize::MAX)) {
        Some(stop) => Err(stop.token),
        None => Ok(()),
    }
}

/// The error of a text that cannot be read; `furthest` is the token the parser itself stopped at.
pub(in super::super) fn explain(tokens: &[Token<'_>], start: StartRule, furthest: usize) -> SyntaxError {
    let stop = start.rule(tokens).and_then(|rule| walk(tokens, rule, usize::MAX).map(|stop| (rule, stop)));
    let Some((rule, stop)) = stop else {
        // The table takes what the parser does not: only the place is known.
        return mismatch(tokens, furthest, &[]);
    };
    if let Some(point) = unread_dereference(tokens, &stop)
        && let Some(before) = walk(tokens, rule, point)
    {
        let labels = candidates(&before);
        let labels: Vec<String> = labels.into_iter().filter(|label| label != "'.'" && label != "'['").collect();
        return mismatch(tokens, point, &labels);
    }
    let labels: Vec<String> = candidates(&stop).into_iter().collect();
    mismatch(tokens, stop.token, &labels)
}

/// The point after an expression that no field follows: the engine gives up the dereference before reading the
/// point and reports the point itself.
fn unread_dereference(tokens: &[Token<'_>], stop: &Stop) -> Option<usize> {
    let point = stop.token.checked_sub(1)?;
    let (primary, name) = (AUTOMATON.rule("primary_expression")?, AUTOMATON.rule("name")?);
    let rule_of = |state: State| AUTOMATON.rule_of.get(state as usize).copied();
    let in_expression = stop.places.iter().all(|place| {
        let is_function_name = rule_of(place.state) == Some(name)
            && stop.frames.get(place.frame).is_some_and(|frame| frame.returns.iter().all(|(state, _)| rule_of(*state) == Some(primary)));
        rule_of(place.state) == Some(primary) || is_function_name
    });
    let is_dereference = tokens.get(point)?.is(".") && in_expression && !candidates(stop).contains("'*'");
    is_dereference.then_some(point)
}

fn mismatch(tokens: &[Token<'_>], index: usize, labels: &[String]) -> SyntaxError {
    let token = tokens.get(index).or(tokens.last());
    let location = token.map_or(Location::START, |token| token.location);
    let text = token.map_or("<EOF>", |token| token.text);
    let expecting = if labels.is_empty() { String::new() } else { format!(". Expecting: {}", labels.join(", ")) };
    SyntaxError::at(location, format!("mismatched input '{text}'{expecting}"))
}
