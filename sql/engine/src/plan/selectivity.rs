//! How much of its rows does a filter leave? An estimate from what is known of the columns, for the order of joins.
//!
//! Terms are taken to be independent, values to be spread evenly: `x = c` leaves one of as many parts as `x` has values, a range its share of
//! the bounds. Ref: Selinger, "Access path selection in a relational database management system", 1979, table 1.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CastExpr, Column, InListExpr, IsNotNullExpr, IsNullExpr, LikeExpr, Literal, NotExpr,
};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr, split_conjunction};

use super::join_estimate::{ColumnEstimate, whole};
use super::lazy_errors::{Opened, opened};

/// Where nothing tells: of an equality, a range, a pattern, nulls, and of anything else.
const EQUALITY: f64 = 0.1;
const RANGE: f64 = 1.0 / 3.0;
const PATTERN: f64 = 0.1;
const NULLS: f64 = 0.05;
const ANYTHING: f64 = 0.25;

/// Between 0 and 1. `columns` are the filter's input.
pub fn selectivity(predicate: &Arc<dyn PhysicalExpr>, columns: &[ColumnEstimate]) -> f64 {
    // The two ends of a range on one column are not independent.
    let mut ranges: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let mut share = 1.0;
    for term in split_conjunction(predicate) {
        match range(term, columns) {
            Some((column, is_below, part)) => {
                let (below, above) = ranges.entry(column).or_insert((1.0, 1.0));
                let end = if is_below { below } else { above };
                *end = end.min(part);
            }
            None => share *= of_term(term, columns),
        }
    }
    for (column, (below, above)) in ranges {
        let least = columns.get(column).and_then(|column| column.distinct).map_or(0.0, |distinct| 1.0 / distinct.max(1.0));
        share *= (below + above - 1.0).max(least);
    }
    share.clamp(0.0, 1.0)
}

fn of_term(term: &Arc<dyn PhysicalExpr>, columns: &[ColumnEstimate]) -> f64 {
    if let Some(opened) = opened(term) {
        return match opened {
            Opened::Plain(plain) => selectivity(plain, columns),
            Opened::Chain(chain) => of_binary(chain, columns),
            Opened::Over { .. } => ANYTHING,
        };
    }
    if let Some(binary) = term.downcast_ref::<BinaryExpr>() {
        return of_binary(binary, columns);
    }
    if let Some(list) = term.downcast_ref::<InListExpr>() {
        let found = (equality(list.expr(), columns) * list.list().len() as f64).min(1.0);
        return if list.negated() { 1.0 - found } else { found };
    }
    if let Some(like) = term.downcast_ref::<LikeExpr>() {
        return if like.negated() { 1.0 - PATTERN } else { PATTERN };
    }
    if let Some(not) = term.downcast_ref::<NotExpr>() {
        return 1.0 - selectivity(not.arg(), columns);
    }
    if let Some(is_null) = term.downcast_ref::<IsNullExpr>() {
        return nulls(is_null.arg(), columns);
    }
    if let Some(is_not_null) = term.downcast_ref::<IsNotNullExpr>() {
        return 1.0 - nulls(is_not_null.arg(), columns);
    }
    if let Some(literal) = term.downcast_ref::<Literal>() {
        return if *literal.value() == ScalarValue::Boolean(Some(true)) { 1.0 } else { 0.0 };
    }
    if term.downcast_ref::<ScalarFunctionExpr>().is_some_and(|call| call.name() == "$like") {
        return PATTERN;
    }
    ANYTHING
}

fn of_binary(binary: &BinaryExpr, columns: &[ColumnEstimate]) -> f64 {
    let (left, right) = (binary.left(), binary.right());
    match binary.op() {
        Operator::And => selectivity(left, columns) * selectivity(right, columns),
        Operator::Or => {
            let (left, right) = (selectivity(left, columns), selectivity(right, columns));
            left + right - left * right
        }
        Operator::Eq | Operator::IsNotDistinctFrom => equality(left, columns).min(equality(right, columns)),
        Operator::NotEq | Operator::IsDistinctFrom => 1.0 - equality(left, columns).min(equality(right, columns)),
        Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => RANGE,
        _ => ANYTHING,
    }
}

/// One value of those the expression has; all for a constant.
fn equality(side: &Arc<dyn PhysicalExpr>, columns: &[ColumnEstimate]) -> f64 {
    if side.is::<Literal>() {
        return 1.0;
    }
    known(side, columns).and_then(|(_, column)| column.distinct).map_or(EQUALITY, |distinct| 1.0 / distinct.max(1.0))
}

fn nulls(of: &Arc<dyn PhysicalExpr>, columns: &[ColumnEstimate]) -> f64 {
    known(of, columns).and_then(|(_, column)| column.nulls).unwrap_or(NULLS).clamp(0.0, 1.0)
}

/// A column's place and estimate, through casts.
fn known<'a>(expr: &Arc<dyn PhysicalExpr>, columns: &'a [ColumnEstimate]) -> Option<(usize, &'a ColumnEstimate)> {
    if let Some(cast) = expr.downcast_ref::<CastExpr>() {
        return known(cast.expr(), columns);
    }
    let place = expr.downcast_ref::<Column>()?.index();
    Some((place, columns.get(place)?))
}

/// Of a comparison of a bounded column with a constant: the column, whether its values lie below, and the share of them that do.
fn range(term: &Arc<dyn PhysicalExpr>, columns: &[ColumnEstimate]) -> Option<(usize, bool, f64)> {
    let compared = term.downcast_ref::<BinaryExpr>()?;
    let is_less = match compared.op() {
        Operator::Lt | Operator::LtEq => true,
        Operator::Gt | Operator::GtEq => false,
        _ => return None,
    };
    let (side, constant, is_below) = match (compared.left().downcast_ref::<Literal>(), compared.right().downcast_ref::<Literal>()) {
        (None, Some(constant)) => (compared.left(), constant, is_less),
        (Some(constant), None) => (compared.right(), constant, !is_less),
        _ => return None,
    };
    let (place, column) = known(side, columns)?;
    let (min, max) = column.bounds?;
    let at = whole(constant.value())? as f64;
    let below = ((at - min) / (max - min).max(1.0)).clamp(0.0, 1.0);
    Some((place, is_below, if is_below { below } else { 1.0 - below }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::physical_expr::expressions::{binary, col, in_list, lit};

    use super::*;
    use arrow::datatypes::{DataType, Field, Schema};

    /// `n` from 0 to 100, `name` with 4 values, `x` of which nothing is known.
    fn left(predicate: impl Fn(&Schema) -> Arc<dyn PhysicalExpr>) -> f64 {
        let schema = Schema::new(vec![
            Field::new("n", DataType::Int32, true),
            Field::new("name", DataType::Utf8View, true),
            Field::new("x", DataType::Float64, true),
        ]);
        let columns = [
            ColumnEstimate { distinct: Some(101.0), bounds: Some((0.0, 100.0)), nulls: Some(0.2) },
            ColumnEstimate { distinct: Some(4.0), ..ColumnEstimate::default() },
            ColumnEstimate::default(),
        ];
        selectivity(&predicate(&schema), &columns)
    }

    fn compared(schema: &Schema, name: &str, op: Operator, value: ScalarValue) -> Arc<dyn PhysicalExpr> {
        binary(col(name, schema).unwrap(), op, lit(value), schema).unwrap()
    }

    fn text(value: &str) -> ScalarValue {
        ScalarValue::Utf8View(Some(value.to_owned()))
    }

    #[test]
    fn an_equality_leaves_one_value_of_all() {
        assert_eq!(left(|schema| compared(schema, "name", Operator::Eq, text("a"))), 0.25);
        assert_eq!(left(|schema| compared(schema, "name", Operator::NotEq, text("a"))), 0.75);
        assert_eq!(
            left(|schema| in_list(col("name", schema).unwrap(), vec![lit(text("a")), lit(text("b"))], &false, schema).unwrap()),
            0.5
        );
    }

    #[test]
    fn both_ends_of_a_range_count_together() {
        let between = |low, high| {
            left(|schema| {
                let low = compared(schema, "n", Operator::GtEq, ScalarValue::Int32(Some(low)));
                let high = compared(schema, "n", Operator::Lt, ScalarValue::Int32(Some(high)));
                binary(low, Operator::And, high, schema).unwrap()
            })
        };
        assert!((between(40, 60) - 0.2).abs() < 1e-9, "a fifth lies between, not 0.6 × 0.6");
        assert!((between(60, 40) - 1.0 / 101.0).abs() < 1e-9, "never less than one value");
        assert_eq!(between(-5, 500), 1.0);
    }

    #[test]
    fn either_of_two_is_not_counted_twice() {
        let either = left(|schema| {
            let (a, b) = (compared(schema, "name", Operator::Eq, text("a")), compared(schema, "name", Operator::Eq, text("b")));
            binary(a, Operator::Or, b, schema).unwrap()
        });
        assert_eq!(either, 0.25 + 0.25 - 0.0625);
    }

    #[test]
    fn what_nothing_is_known_of_leaves_a_part() {
        let unknown = left(|schema| compared(schema, "x", Operator::Lt, ScalarValue::Float64(Some(1.0))));
        assert!(unknown > 0.0 && unknown < 1.0);
    }
}
