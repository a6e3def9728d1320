//! What does a query cost? Bytes scanned, rounded up to megabytes with a floor, at the price of a terabyte.
//!
//! Ref: Amazon Athena pricing, "SQL queries"; Athena user guide.

use crate::query::record::{Outcome, Submission};
use crate::query::state::QueryState;

/// The unit of billing, 2^20 bytes.
pub const BYTES_PER_MB: u64 = 1 << 20;
/// The least a query is billed.
pub const BILLED_MB_MIN: u64 = 10;
/// The price of 2^40 bytes in most regions; the setting `usd_per_tb` changes it.
pub const USD_PER_TB_DEFAULT: f64 = 5.0;
const MB_PER_TB: f64 = 1_048_576.0;

/// The megabytes a finished query is billed: whole ones, at least ten, none for what is free.
///
/// DDL and partition management, utility statements, EXPLAIN (not EXPLAIN ANALYZE, which runs the query), failed queries
/// and reused results are free; a cancelled query pays for what it read. CTAS, INSERT and UNLOAD pay for what they read.
/// A query that read nothing is free. Basis of the last: inferred, the price is "per TB scanned".
pub fn billed_mb(submission: &Submission, outcome: &Outcome) -> u64 {
    let is_free = outcome.state == QueryState::Failed
        || outcome.statistics.is_reused
        || submission.is_plan_only
        || !super::queue::is_dml(&submission.statement_type, &submission.substatement_type);
    if is_free { 0 } else { billed_mb_of(outcome.statistics.bytes_scanned.unwrap_or(0)) }
}

/// The megabytes billed for bytes a query read.
pub fn billed_mb_of(bytes_scanned: u64) -> u64 {
    if bytes_scanned == 0 { 0 } else { bytes_scanned.div_ceil(BYTES_PER_MB).max(BILLED_MB_MIN) }
}

/// The price of billed megabytes, in US dollars.
pub fn usd(billed_mb: u64, usd_per_tb: f64) -> f64 {
    billed_mb as f64 * usd_per_tb / MB_PER_TB
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::query::record::Statistics;
    use crate::query::store::tests::submission;

    fn billed(substatement: &str, state: QueryState, bytes: u64) -> u64 {
        let statement = if substatement.starts_with("CREATE_TABLE") { "DDL" } else { "DML" };
        let is_plan_only = substatement == "EXPLAIN";
        let asked = Submission {
            substatement_type: substatement.to_owned(),
            statement_type: statement.to_owned(),
            is_plan_only,
            ..submission("x")
        };
        let statistics = Statistics { bytes_scanned: Some(bytes), ..Statistics::default() };
        let outcome = Outcome { state, reason: None, failure: None, completed_at_ms: 0, statistics, result: None };
        billed_mb(&asked, &outcome)
    }

    #[test]
    fn the_floor_the_rounding_and_what_is_free() {
        // Ref: pricing page: rounded up to the nearest megabyte, 10 MB minimum per query.
        assert_eq!(billed("SELECT", QueryState::Succeeded, 1), 10);
        assert_eq!(billed("SELECT", QueryState::Succeeded, 10 * BYTES_PER_MB), 10);
        assert_eq!(billed("SELECT", QueryState::Succeeded, 10 * BYTES_PER_MB + 1), 11);
        assert_eq!(billed("SELECT", QueryState::Succeeded, 0), 0);
        assert_eq!(billed("SELECT", QueryState::Cancelled, 20 * BYTES_PER_MB), 20);
        assert_eq!(billed("SELECT", QueryState::Failed, 20 * BYTES_PER_MB), 0);
        assert_eq!(billed("EXPLAIN", QueryState::Succeeded, 20 * BYTES_PER_MB), 0);
        assert_eq!(billed("CREATE_TABLE", QueryState::Succeeded, 20 * BYTES_PER_MB), 0);
        assert_eq!(billed("CREATE_TABLE_AS_SELECT", QueryState::Succeeded, 20 * BYTES_PER_MB), 20);
        assert_eq!(billed("UNLOAD", QueryState::Succeeded, 20 * BYTES_PER_MB), 20);
    }

    #[test]
    fn the_price_is_per_tebibyte() {
        assert!((usd(1 << 20, USD_PER_TB_DEFAULT) - 5.0).abs() < 1e-12);
        assert!((usd(10, USD_PER_TB_DEFAULT) - 0.000_047_683_715_820_312_5).abs() < 1e-15);
        assert!((usd(1 << 19, 6.75) - 3.375).abs() < 1e-12);
    }
}
