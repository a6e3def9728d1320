//! Can an earlier result answer a query? The newest one of the same question in the same place, if it is young enough.
//!
//! The data may have changed since; the age is the client's to choose. Ref: Athena user guide, "Reuse query results";
//! measured Athena behaviour, "Result reuse".

use crate::app::App;
use crate::query::record::Submission;
use crate::query::state::QueryState;
use crate::query::store::Query;
use crate::results::location::ResultPlace;
use object_store::ObjectStoreExt;
use owlake_syntax::lexer::{Token, TokenKind, tokenize};
use std::sync::Arc;

const MS_PER_MINUTE: i64 = 60_000;

/// Functions and constants whose value another run may not repeat.
const NOT_REPEATABLE: &[&str] = &[
    "RAND",
    "RANDOM",
    "SHUFFLE",
    "UUID",
    "NOW",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "TABLESAMPLE",
];

/// The earlier query whose result answers this one, with its object's place; `None` when the query has to run.
pub async fn find(app: &App, query: &Query) -> Option<Arc<Query>> {
    let asked = &query.submission;
    let age_ms = asked.settings.reuse_max_age_minutes?.saturating_mul(MS_PER_MINUTE);
    if !may_be_reused(asked) {
        return None;
    }
    let youngest_ms = asked.submitted_at_ms.saturating_sub(age_ms);
    let earlier = app.queries.find_newest(|earlier| is_answered_by(asked, earlier, youngest_ms))?;
    let place = ResultPlace::at(&earlier.submission.settings.output_location, &earlier.submission.substatement_type)?;
    let store = app.result_store(&earlier.submission.settings, &place.bucket).ok()?;
    let written = earlier.outcome()?.statistics.bytes_written?;
    // The client may have removed or replaced the object.
    let is_there = store.head(&place.key).await.is_ok_and(|object| object.size == written);
    is_there.then_some(earlier)
}

/// Whether a query's result can be another's, and another's its own.
fn may_be_reused(submission: &Submission) -> bool {
    let mut texts = std::iter::once(&submission.text).chain(&submission.parameters);
    submission.substatement_type == "SELECT" && !submission.settings.is_managed && texts.all(|text| is_repeatable(text))
}

fn is_answered_by(asked: &Submission, earlier: &Query, youngest_ms: i64) -> bool {
    let before = &earlier.submission;
    let is_same = before.text == asked.text
        && before.workgroup == asked.workgroup
        && before.database == asked.database
        && before.catalog == asked.catalog
        && before.parameters == asked.parameters
        && before.settings.result == asked.settings.result
        && before.settings.is_managed == asked.settings.is_managed;
    is_same
        && earlier.outcome().is_some_and(|outcome| {
            outcome.state == QueryState::Succeeded && !outcome.statistics.is_reused && outcome.completed_at_ms >= youngest_ms
        })
}

/// Whether the text means the same each time it runs: no function of chance or time, nothing of the catalog itself, no LIMIT
/// without an ORDER BY beside it. A name that only looks like such a function makes the query run, which is never wrong.
fn is_repeatable(text: &str) -> bool {
    // Whether each open parenthesis has seen its ORDER BY.
    let mut has_order = vec![false];
    let mut before: Option<Token<'_>> = None;
    for token in tokenize(text) {
        if token.text.trim_matches('"').eq_ignore_ascii_case("information_schema") {
            return false;
        }
        let is_name = !matches!(token.kind, TokenKind::String | TokenKind::UnicodeString | TokenKind::QuotedIdentifier);
        if is_name && NOT_REPEATABLE.iter().any(|name| token.text.eq_ignore_ascii_case(name)) {
            return false;
        }
        match token.word {
            "(" => has_order.push(false),
            ")" if has_order.len() > 1 => {
                has_order.pop();
            }
            "BY" if before.is_some_and(|before| before.is("ORDER")) => {
                if let Some(last) = has_order.last_mut() {
                    *last = true;
                }
            }
            "LIMIT" | "FETCH" | "OFFSET" if has_order.last() == Some(&false) => return false,
            _ => {}
        }
        before = Some(token);
    }
    true
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    // basis: documented Athena user guide, "Reuse query results", queries that are not deterministic.
    #[test]
    fn chance_time_and_loose_limits_are_not_repeatable() {
        for text in [
            "SELECT a FROM t ORDER BY a LIMIT 3",
            "SELECT 'rand()', \"now\" FROM t",
            "SELECT * FROM (SELECT a FROM t ORDER BY a LIMIT 1) x WHERE a > 1",
            "SELECT sum(a) OVER (ORDER BY b) FROM t",
        ] {
            assert!(is_repeatable(text), "{text}");
        }
        for text in [
            "SELECT rand() FROM t",
            "SELECT a FROM t LIMIT 3",
            "SELECT a FROM (SELECT a FROM t ORDER BY a) LIMIT 3",
            "SELECT sum(a) OVER (ORDER BY b) FROM t FETCH FIRST 1 ROW ONLY",
            "SELECT Current_Date",
            "SELECT * FROM t TABLESAMPLE BERNOULLI (10)",
            "SELECT uuid()",
            "SELECT * FROM information_schema.tables",
            "SELECT * FROM \"awsdatacatalog\".\"information_schema\".\"tables\"",
        ] {
            assert!(!is_repeatable(text), "{text}");
        }
    }
}
