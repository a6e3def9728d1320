//! Which partitions does a Glue partition expression select? Parsed and bound to the partition keys once, then evaluated.
//!
//! Ref: AWS Glue API, `GetPartitions`, `Expression`: a WHERE clause over partition keys with AND, OR, NOT, comparisons, IN,
//! BETWEEN, LIKE and IS NULL; the key types and their texts of refusal.

mod eval;
mod literal;
mod parse;

/// A partition expression, bound to the partition keys of a table.
///
/// Values of string keys are compared as texts as they are stored, `__HIVE_DEFAULT_PARTITION__` too; for keys of other
/// types that value is NULL, and a comparison with it is neither true nor false. Basis: inferred.
#[derive(Debug, Clone)]
pub struct PartitionFilter {
    /// None selects everything.
    predicate: Option<Predicate>,
}

/// What must hold of a partition's values; `key_index` counts the partition keys.
#[derive(Debug, Clone)]
enum Predicate {
    And(Box<Predicate>, Box<Predicate>),
    Or(Box<Predicate>, Box<Predicate>),
    Not(Box<Predicate>),
    Compare { key_index: usize, comparison: Comparison, literal: literal::Literal },
    In { key_index: usize, literals: Vec<literal::Literal> },
    Between { key_index: usize, low: literal::Literal, high: literal::Literal },
    Like { key_index: usize, pattern: Vec<char> },
    IsNull { key_index: usize },
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
