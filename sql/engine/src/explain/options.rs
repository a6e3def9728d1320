//! Which plan, in which form, does an EXPLAIN ask for? Ref: Trino 401 `ExplainRewrite`, `QueryExplainer`.

use owlake_syntax::trino::ast::{Explain, ExplainOption};

use crate::error::EngineError;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlanType {
    /// One tree, exchanges in it.
    Logical,
    /// The tree cut into fragments; the default.
    Distributed,
    /// Whether the statement is valid.
    Validate,
    /// The tables read and written.
    Io,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlanFormat {
    Text,
    Json,
    Graphviz,
}

/// The first TYPE and the first FORMAT decide; JSON is what TYPE IO is written in. Errors: a combination Trino has no printer for.
pub(crate) fn plan_options(explain: &Explain) -> Result<(PlanType, PlanFormat), EngineError> {
    let plan_type = explain.options.iter().find_map(|option| match option {
        ExplainOption::Type(word, _) => Some(match *word {
            "LOGICAL" => PlanType::Logical,
            "VALIDATE" => PlanType::Validate,
            "IO" => PlanType::Io,
            _ => PlanType::Distributed,
        }),
        ExplainOption::Format(..) => None,
    });
    let plan_type = plan_type.unwrap_or(PlanType::Distributed);
    let format = explain.options.iter().find_map(|option| match option {
        ExplainOption::Format(word, _) => Some(match *word {
            "JSON" => PlanFormat::Json,
            "GRAPHVIZ" => PlanFormat::Graphviz,
            _ => PlanFormat::Text,
        }),
        ExplainOption::Type(..) => None,
    });
    let default = if plan_type == PlanType::Io { PlanFormat::Json } else { PlanFormat::Text };
    let format = format.unwrap_or(default);
    if plan_type == PlanType::Io && format == PlanFormat::Graphviz {
        // Trino fails here with an IllegalArgumentException of these words.
        return Err(EngineError::engine("GENERIC_INTERNAL_ERROR", "Unhandled plan type: IO"));
    }
    if explain.is_analyze && format == PlanFormat::Graphviz {
        return Err(EngineError::engine("NOT_SUPPORTED", "EXPLAIN ANALYZE only supports TEXT and JSON format"));
    }
    Ok((plan_type, format))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use owlake_syntax::trino::ast::StatementKind;

    fn options(sql: &str) -> Result<(PlanType, PlanFormat), EngineError> {
        let owlake_syntax::Statement::Trino(statement) = owlake_syntax::parse(sql).unwrap().statement else { panic!("{sql}") };
        let StatementKind::Explain(explain) = statement.kind else { panic!("{sql}") };
        plan_options(&explain)
    }

    /// Ref: Trino 401 "EXPLAIN": the default is DISTRIBUTED as TEXT, JSON for IO; `ExplainRewrite` takes the first of each.
    #[test]
    fn the_first_of_each_kind_decides() {
        assert_eq!(options("EXPLAIN SELECT 1").unwrap(), (PlanType::Distributed, PlanFormat::Text));
        assert_eq!(options("EXPLAIN (TYPE IO) SELECT 1").unwrap(), (PlanType::Io, PlanFormat::Json));
        assert_eq!(options("EXPLAIN (FORMAT GRAPHVIZ, TYPE LOGICAL) SELECT 1").unwrap(), (PlanType::Logical, PlanFormat::Graphviz));
        assert_eq!(options("EXPLAIN (TYPE LOGICAL, TYPE IO) SELECT 1").unwrap(), (PlanType::Logical, PlanFormat::Text));
        assert_eq!(options("EXPLAIN (TYPE IO, FORMAT GRAPHVIZ) SELECT 1").unwrap_err().message, "Unhandled plan type: IO");
    }
}
