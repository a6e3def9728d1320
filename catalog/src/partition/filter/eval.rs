//! Does a partition meet an expression? Evaluated with three-valued logic; only what is true is selected.
//!
//! Ref: AWS Glue API, `GetPartitions`; a stored value that is not of its key's type is answered by `InvalidStateException`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::literal::{KeyType, Literal};
use super::{Comparison, PartitionFilter, Predicate};
use crate::error::{CatalogError, Result};
use crate::model::Partition;
use crate::partition::{HIVE_DEFAULT_PARTITION, PartitionSet, PartitionValues};

impl PartitionFilter {
    /// The partitions that meet the expression, sorted by values.
    /// Errors: `InvalidState` for a stored value that is not of its key's type.
    pub fn select(&self, partitions: &PartitionSet) -> Result<Vec<Arc<Partition>>> {
        let mut selected = Vec::new();
        for partition in partitions.iter() {
            if self.matches(partition.values())? {
                selected.push(Arc::clone(partition));
            }
        }
        Ok(selected)
    }

    /// Whether the partition of these values meets the expression.
    /// Errors: `InvalidState` for a stored value that is not of its key's type.
    pub fn matches(&self, values: &PartitionValues) -> Result<bool> {
        match &self.predicate {
            Some(predicate) => Ok(predicate.evaluate(values)? == Some(true)),
            None => Ok(true),
        }
    }
}

impl Predicate {
    /// None stands for unknown.
    fn evaluate(&self, values: &PartitionValues) -> Result<Option<bool>> {
        match self {
            Predicate::And(left, right) => match left.evaluate(values)? {
                Some(false) => Ok(Some(false)),
                left => Ok(match (left, right.evaluate(values)?) {
                    (_, Some(false)) => Some(false),
                    (Some(true), right) => right,
                    _ => None,
                }),
            },
            Predicate::Or(left, right) => match left.evaluate(values)? {
                Some(true) => Ok(Some(true)),
                left => Ok(match (left, right.evaluate(values)?) {
                    (_, Some(true)) => Some(true),
                    (Some(false), right) => right,
                    _ => None,
                }),
            },
            Predicate::Not(inner) => Ok(inner.evaluate(values)?.map(|holds| !holds)),
            Predicate::Compare { key_index, comparison, literal } => {
                Ok(compare(values, *key_index, literal)?.map(|ordering| comparison.holds(ordering)))
            }
            Predicate::In { key_index, literals } => {
                for literal in literals {
                    match compare(values, *key_index, literal)? {
                        Some(Ordering::Equal) => return Ok(Some(true)),
                        Some(_) => {}
                        None => return Ok(None),
                    }
                }
                Ok(Some(false))
            }
            Predicate::Between { key_index, low, high } => {
                let above = compare(values, *key_index, low)?.map(|ordering| ordering != Ordering::Less);
                let below = compare(values, *key_index, high)?.map(|ordering| ordering != Ordering::Greater);
                Ok(above.zip(below).map(|(above, below)| above && below))
            }
            Predicate::Like { key_index, pattern } => Ok(Some(is_like(raw(values, *key_index), pattern))),
            Predicate::IsNull { key_index } => Ok(Some(raw(values, *key_index) == HIVE_DEFAULT_PARTITION)),
        }
    }
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering == Ordering::Equal,
            Comparison::NotEqual => ordering != Ordering::Equal,
            Comparison::Less => ordering == Ordering::Less,
            Comparison::LessOrEqual => ordering != Ordering::Greater,
            Comparison::Greater => ordering == Ordering::Greater,
            Comparison::GreaterOrEqual => ordering != Ordering::Less,
        }
    }
}

fn raw(values: &PartitionValues, key_index: usize) -> &str {
    values.as_slice().get(key_index).map(|value| &**value).unwrap_or_default()
}

fn compare(values: &PartitionValues, key_index: usize, literal: &Literal) -> Result<Option<Ordering>> {
    let stored = raw(values, key_index);
    if stored == HIVE_DEFAULT_PARTITION && literal.key_type() != KeyType::Text {
        return Ok(None);
    }
    literal.compare_stored(stored).map(Some).map_err(|message| CatalogError::InvalidState { message })
}

/// `%` stands for any characters, `_` for one; everything else for itself.
fn is_like(text: &str, pattern: &[char]) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut in_pattern) = (0, 0);
    // Where to go on when what follows the last % does not match: the % takes one character more.
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some('%') => {
                retry = Some((at, in_pattern + 1));
                in_pattern += 1;
            }
            Some(c) if *c == '_' || *c == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => match &mut retry {
                Some((taken, after)) => {
                    *taken += 1;
                    (at, in_pattern) = (*taken, *after);
                }
                None => return false,
            },
        }
    }
    pattern[in_pattern..].iter().all(|c| *c == '%')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::model::{Column, PartitionDefinition};

    fn set(rows: &[&[&str]]) -> PartitionSet {
        let mut partitions: Vec<_> = rows
            .iter()
            .map(|row| {
                let definition = PartitionDefinition { values: row.iter().copied().collect(), ..PartitionDefinition::default() };
                Arc::new(Partition { definition, creation_time_ms: 0 })
            })
            .collect();
        partitions.sort_by(|a, b| a.values().cmp(b.values()));
        PartitionSet::from_sorted(partitions)
    }

    fn select(type_text: &str, stored: &[&str], expression: &str) -> Result<Vec<String>> {
        let rows: Vec<&[&str]> = stored.chunks(1).collect();
        let filter = PartitionFilter::parse(expression, &[Column::new("k", type_text)])?;
        Ok(filter.select(&set(&rows))?.iter().map(|partition| partition.values().as_slice()[0].to_string()).collect())
    }

    #[test]
    fn each_key_type_compares_in_its_own_way() {
        // Ref: Glue GetPartitions: numbers by value, dates and timestamps by instant, texts by text.
        for (type_text, stored, expression, expected) in [
            ("int", vec!["2", "10", "-3"], "k > 2", vec!["10"]),
            ("bigint", vec!["2", "10", "-3"], "k <= '2'", vec!["-3", "2"]),
            ("long", vec!["2", "10"], "K = 10", vec!["10"]),
            ("tinyint", vec!["2", "-3"], "k = -3", vec!["-3"]),
            ("string", vec!["2", "10"], "k > '2'", vec![]),
            ("string", vec!["2", "10"], "k < 2", vec!["10"]),
            ("varchar(9)", vec!["it's"], "k = 'it''s'", vec!["it's"]),
            ("decimal(10,2)", vec!["1.50", "15"], "k = 1.5", vec!["1.50"]),
            ("decimal(38,0)", vec!["30000000000", "5"], "k >= 3e10", vec!["30000000000"]),
            ("decimal(5,2)", vec!["-2.5", "-10", "0.0"], "k < -2.4", vec!["-10", "-2.5"]),
            ("decimal(5,2)", vec!["-0", "0.01", "0.1"], "k > '0'", vec!["0.01", "0.1"]),
            ("date", vec!["2021-01-01", "2020-12-31"], "k >= '2021-01-01'", vec!["2021-01-01"]),
            (
                "timestamp",
                vec!["2021-01-01 00:00:00.5", "2021-01-01 00:00:00"],
                "k = '2021-01-01 00:00:00.500'",
                vec!["2021-01-01 00:00:00.5"],
            ),
        ] {
            assert_eq!(select(type_text, &stored, expression).unwrap(), expected, "{type_text}: {expression}");
        }
    }

    #[test]
    fn operators_combine() {
        let stored = ["1", "2", "3", "4", "5"];
        for (expression, expected) in [
            ("", "1 2 3 4 5"),
            ("  \t ", "1 2 3 4 5"),
            ("k = 1 OR k = 3 AND k <> 3", "1"),
            ("(k = 1 OR k = 3) AND k != 3", "1"),
            ("NOT k = 1 AND k < 4", "2 3"),
            ("NOT (k = 1 OR k > 2)", "2"),
            ("k IN (1, '3', 9)", "1 3"),
            ("k NOT IN (1, 3)", "2 4 5"),
            ("k BETWEEN 2 AND 4", "2 3 4"),
            ("k not between '2' and 4 or k = 3", "1 3 5"),
            ("\"k\" = 1 or `K` = 2", "1 2"),
            ("k IS NULL", ""),
            ("k IS NOT NULL AND k > 4", "5"),
        ] {
            assert_eq!(select("int", &stored, expression).unwrap().join(" "), expected, "{expression}");
        }
    }

    #[test]
    fn like_takes_percent_and_underscore() {
        let stored = ["abc", "abd", "b", "a%c"];
        for (expression, expected) in [
            ("k LIKE 'ab_'", "abc abd"),
            ("k LIKE '%c'", "a%c abc"),
            ("k LIKE '%b%'", "abc abd b"),
            ("k LIKE '%'", "a%c abc abd b"),
            ("k NOT LIKE 'a%'", "b"),
            ("k LIKE 'a'", ""),
            ("k LIKE '%a%b%d%'", "abd"),
        ] {
            assert_eq!(select("string", &stored, expression).unwrap().join(" "), expected, "{expression}");
        }
    }

    #[test]
    fn null_is_neither_true_nor_false_but_for_texts() {
        let stored = ["1", HIVE_DEFAULT_PARTITION];
        assert_eq!(select("int", &stored, "k = 1 OR k <> 1").unwrap(), ["1"]);
        assert_eq!(select("int", &stored, "NOT k IN (2)").unwrap(), ["1"]);
        assert_eq!(select("int", &stored, "k IS NULL").unwrap(), [HIVE_DEFAULT_PARTITION]);
        assert_eq!(select("string", &stored, "k = '__HIVE_DEFAULT_PARTITION__'").unwrap(), [HIVE_DEFAULT_PARTITION]);
    }

    #[test]
    fn refusals_have_glues_texts() {
        for (type_text, expression, expected) in [
            ("int", "x = 1", "Invalid partition expression!"),
            ("int", "k = 'a'", "\"a\" is not an integer"),
            ("int", "k = 1.5", "\"1.5\" is not an integer"),
            ("decimal(3,1)", "k = 'a'", "\"a\" is not a decimal."),
            ("date", "k > 'today'", "\"today\" is not a date."),
            ("date", "k > 2021-01-01", "Unsupported expression '2021 - 01 - 01'"),
            ("timestamp", "k > '2021-01-01'", "\"2021-01-01\" is not a timestamp."),
            ("float", "k = 1", "Unknown type : 'float'"),
            ("int", "k LIKE '1%'", "Integral data type doesn't support operation 'LIKE'"),
            ("decimal", "k LIKE '1%'", "Decimal data type doesn't support operation 'LIKE'"),
            ("date", "k LIKE '1%'", "Date data type doesn't support operation 'LIKE'"),
            ("timestamp", "k LIKE '1%'", "Timestamp data type doesn't support operation 'LIKE'"),
            ("int", "k = ", "Unsupported expression 'k = '"),
            ("int", "k = 1 k", "Unsupported expression 'k = 1 k'"),
            ("int", "k + 1 = 2", "Unsupported expression 'k + 1'"),
            ("int", "k", "Unsupported expression 'k'"),
            ("string", "k = upper('a')", "Unsupported expression 'upper('a')'"),
        ] {
            let error = select(type_text, &["1"], expression).unwrap_err();
            assert_eq!(error, CatalogError::invalid_input(expected), "{expression}");
        }
        let deep = format!("{}k = 1{}", "(".repeat(1000), ")".repeat(1000));
        assert!(matches!(select("int", &[], &deep), Err(CatalogError::InvalidInput { .. })));
    }

    #[test]
    fn a_stored_value_of_another_type_is_an_invalid_state() {
        let error = select("int", &["1", "x"], "k = 1").unwrap_err();
        assert_eq!(error, CatalogError::InvalidState { message: "\"x\" is not an integer".to_owned() });
        assert_eq!(select("int", &["1", "x"], "").unwrap().len(), 2);
    }
}
