//! Which text does a statement that cannot be read get?
//!
//! Ref: Trino 401 `ErrorHandler`: `mismatched input 'x'. Expecting: …`, labels sorted by character code.

use super::analysis::analyze;
use super::automaton::{AUTOMATON, Rule, State};
use super::candidates::candidates;
use super::failure::give_up;
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
    let found = start.rule(tokens).and_then(|rule| give_up(tokens, rule)).and_then(|given_up| {
        let (token, labels) = analyze(tokens, &given_up)?;
        Some((given_up.offending, token, labels.into_iter().collect::<Vec<_>>()))
    });
    match found {
        Some((offending, token, labels)) => mismatch(tokens, offending, token, &labels),
        None => explain_plainly(tokens, start, furthest),
    }
}

/// The syntax error of a text with a name that is refused at token `at`, when the engine's parser gives up before it
/// has read that name.
pub(in super::super) fn explain_before(tokens: &[Token<'_>], start: StartRule, at: usize) -> Option<SyntaxError> {
    let given_up = give_up(tokens, start.rule(tokens)?).filter(|given_up| given_up.start <= at)?;
    let (token, labels) = analyze(tokens, &given_up)?;
    Some(mismatch(tokens, given_up.offending, token, &labels.into_iter().collect::<Vec<_>>()))
}

/// The error of a text too long to follow the engine's parser through it.
fn explain_plainly(tokens: &[Token<'_>], start: StartRule, furthest: usize) -> SyntaxError {
    let stop = start.rule(tokens).and_then(|rule| walk(tokens, rule, usize::MAX).map(|stop| (rule, stop)));
    let Some((rule, stop)) = stop else {
        // The table takes what the parser does not: only the place is known.
        return mismatch(tokens, furthest, furthest, &[]);
    };
    if let Some(point) = unread_dereference(tokens, &stop)
        && let Some(before) = walk(tokens, rule, point)
    {
        let labels = candidates(&before);
        let labels: Vec<String> = labels.into_iter().filter(|label| label != "'.'" && label != "'['").collect();
        return mismatch(tokens, point, point, &labels);
    }
    let labels: Vec<String> = candidates(&stop).into_iter().collect();
    mismatch(tokens, stop.token, stop.token, &labels)
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

/// The place of one token and the text of another: the engine takes them from different steps.
fn mismatch(tokens: &[Token<'_>], place: usize, index: usize, labels: &[String]) -> SyntaxError {
    let location = tokens.get(place).or(tokens.last()).map_or(Location::START, |token| token.location);
    let text = tokens.get(index).or(tokens.last()).map_or("<EOF>", |token| token.text);
    let expecting = if labels.is_empty() { String::new() } else { format!(". Expecting: {}", labels.join(", ")) };
    SyntaxError::at(location, format!("mismatched input '{text}'{expecting}"))
}
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::lexer::tokenize;
    use crate::trino::parse_statement;

    /// The table explains what the parser refuses, so both must take the same texts: each statement below and
    /// everything it begins with.
    #[test]
    fn the_table_and_the_parser_take_the_same_texts() {
        for statement in [
            "WITH RECURSIVE a (x) AS (SELECT 1) SELECT DISTINCT a.*, b AS c FROM a AS t (p), LATERAL (VALUES 1) u JOIN v USING (k) WHERE NOT x BETWEEN 1 AND 2 GROUP BY ROLLUP (a), () HAVING true WINDOW w AS (PARTITION BY a) ORDER BY 1 DESC NULLS LAST OFFSET 1 ROW LIMIT 5",
            "SELECT count(DISTINCT a ORDER BY b) FILTER (WHERE c) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), x -> x + 1, CAST(a AS row(b bigint, array(c))), CASE WHEN a THEN b ELSE c END, a[1].b AT TIME ZONE 'UTC', INTERVAL '1' DAY, (a, b), (SELECT 1)",
            "SELECT trim(LEADING 'x' FROM y), extract(DAY FROM d), a IN (1, 2), a IN (SELECT 1), a LIKE 'x' ESCAPE 'y', a IS NOT DISTINCT FROM b, EXISTS (SELECT 1), a = ALL (SELECT 1) FROM (a CROSS JOIN b) TABLESAMPLE SYSTEM (1)",
            "SELECT json_value(j, 'lax $' PASSING 1 AS a RETURNING int NULL ON EMPTY ERROR ON ERROR), json_object(KEY 'a' VALUE 1 NULL ON NULL), json_array(1 ABSENT ON NULL)",
            "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY a MEASURES b AS c ONE ROW PER MATCH AFTER MATCH SKIP TO NEXT ROW PATTERN (A B+ (C | D)?) SUBSET U = (A, B) DEFINE A AS true) m",
            "CREATE TABLE IF NOT EXISTS t COMMENT 'c' WITH (a = 1, b = DEFAULT) AS SELECT 1 WITH NO DATA",
            "MERGE INTO t x USING s ON a = b WHEN MATCHED THEN UPDATE SET a = 1, b = 2 WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
            "UNLOAD (SELECT 1) TO 's3://b/' WITH (format = 'ORC')",
            "EXPLAIN (TYPE LOGICAL, FORMAT JSON) INSERT INTO t (a) SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3",
        ] {
            let tokens = tokenize(statement);
            for token in &tokens {
                let text = statement.get(..token.span.end).unwrap();
                let is_parsed = parse_statement(text).is_ok();
                assert_eq!(recognize(&tokenize(text), StartRule::Statement).is_ok(), is_parsed, "{text}");
            }
            assert!(parse_statement(statement).is_ok(), "{statement}");
        }
    }
}
