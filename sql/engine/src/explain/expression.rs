//! How does an expression of the plan read in Trino's SQL? Over the symbols of its input. Ref: Trino 401 `ExpressionFormatter`.

use std::sync::Arc;

use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, CastExpr, Column, DynamicFilterPhysicalExpr, InListExpr, IsNotNullExpr, IsNullExpr, LambdaExpr, LambdaVariable,
    LikeExpr, Literal, NegativeExpr, NotExpr, TryCastExpr,
};
use datafusion::physical_expr::{HigherOrderFunctionExpr, PhysicalExpr, ScalarFunctionExpr};

use super::names::type_name;
use super::node::PlanSymbol;
use crate::plan::lazy_errors::{Opened, opened};

/// Infix operators of the function library, as they are written.
const INFIX: &[(&str, &str)] = &[
    ("$add", "+"),
    ("$subtract", "-"),
    ("$multiply", "*"),
    ("$divide", "/"),
    ("$modulus", "%"),
    ("$equal", "="),
    ("$not_equal", "<>"),
    ("$less_than", "<"),
    ("$less_than_or_equal", "<="),
    ("$greater_than", ">"),
    ("$greater_than_or_equal", ">="),
    ("$is_distinct_from", "IS DISTINCT FROM"),
    ("$like", "LIKE"),
    ("$at_timezone", "AT TIME ZONE"),
];

/// The expression's text.
pub(crate) fn text(expr: &Arc<dyn PhysicalExpr>, inputs: &[PlanSymbol]) -> String {
    if let Some(opened) = opened(expr) {
        return match opened {
            Opened::Chain(chain) => binary(chain, inputs),
            Opened::Plain(plain) => text(plain, inputs),
            Opened::Over { columns, body, is_try } => {
                let symbols: Vec<PlanSymbol> = columns.iter().map(|column| column_of(column, inputs)).collect();
                let body = text(body, &symbols);
                if is_try { format!("TRY({body})") } else { body }
            }
        };
    }
    if let Some(found) = symbol(expr, inputs) {
        return quoted(&found.name);
    }
    if let Some(literal) = expr.downcast_ref::<Literal>() {
        return constant(literal.value());
    }
    if let Some(expr) = expr.downcast_ref::<BinaryExpr>() {
        return binary(expr, inputs);
    }
    if let Some(call) = expr.downcast_ref::<ScalarFunctionExpr>() {
        return function(call, inputs);
    }
    if let Some(expr) = expr.downcast_ref::<NotExpr>() {
        return format!("(NOT {})", text(expr.arg(), inputs));
    }
    if let Some(expr) = expr.downcast_ref::<IsNullExpr>() {
        return format!("({} IS NULL)", text(expr.arg(), inputs));
    }
    if let Some(expr) = expr.downcast_ref::<IsNotNullExpr>() {
        return format!("({} IS NOT NULL)", text(expr.arg(), inputs));
    }
    if let Some(expr) = expr.downcast_ref::<NegativeExpr>() {
        return format!("-({})", text(expr.arg(), inputs));
    }
    if let Some(cast) = expr.downcast_ref::<CastExpr>() {
        return format!("CAST({} AS {})", text(cast.expr(), inputs), type_name(cast.cast_type()));
    }
    if let Some(cast) = expr.downcast_ref::<TryCastExpr>() {
        return format!("TRY_CAST({} AS {})", text(cast.expr(), inputs), type_name(cast.cast_type()));
    }
    if let Some(list) = expr.downcast_ref::<InListExpr>() {
        let found = format!("({} IN ({}))", text(list.expr(), inputs), all(list.list(), inputs));
        return if list.negated() { format!("(NOT {found})") } else { found };
    }
    if let Some(like) = expr.downcast_ref::<LikeExpr>() {
        let found = format!("({} LIKE {})", text(like.expr(), inputs), text(like.pattern(), inputs));
        return if like.negated() { format!("(NOT {found})") } else { found };
    }
    if let Some(case) = expr.downcast_ref::<CaseExpr>() {
        return case_text(case, inputs);
    }
    if let Some(call) = expr.downcast_ref::<HigherOrderFunctionExpr>() {
        return format!("{}({})", call.name(), all(call.args(), inputs));
    }
    if let Some(lambda) = expr.downcast_ref::<LambdaExpr>() {
        return format!("({}) -> {}", lambda.params().join(", "), text(lambda.body(), inputs));
    }
    if let Some(variable) = expr.downcast_ref::<LambdaVariable>() {
        return quoted(variable.name());
    }
    match expr.children().as_slice() {
        [inner] => text(inner, inputs),
        _ => expr.to_string(),
    }
}

/// The column an expression is.
pub(crate) fn symbol(expr: &Arc<dyn PhysicalExpr>, inputs: &[PlanSymbol]) -> Option<PlanSymbol> {
    inputs.get(expr.downcast_ref::<Column>()?.index()).cloned()
}

/// What a closed expression reads: a column, or a variable of a lambda around it.
fn column_of(expr: &Arc<dyn PhysicalExpr>, inputs: &[PlanSymbol]) -> PlanSymbol {
    symbol(expr, inputs).unwrap_or_else(|| {
        let name = expr.downcast_ref::<LambdaVariable>().map_or_else(|| expr.to_string(), |variable| variable.name().to_owned());
        PlanSymbol { name, data_type: String::new() }
    })
}

/// Does the expression hold a filter that a join or a TopN fills in while it runs?
pub(crate) fn is_dynamic(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.is::<DynamicFilterPhysicalExpr>() || expr.children().into_iter().any(is_dynamic)
}

/// A name as an identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn all(exprs: &[Arc<dyn PhysicalExpr>], inputs: &[PlanSymbol]) -> String {
    exprs.iter().map(|expr| text(expr, inputs)).collect::<Vec<_>>().join(", ")
}

fn binary(expr: &BinaryExpr, inputs: &[PlanSymbol]) -> String {
    let operator = match expr.op() {
        Operator::And | Operator::Or => {
            let mut terms = Vec::new();
            terms_of(expr, &mut terms, inputs);
            let word = if *expr.op() == Operator::And { " AND " } else { " OR " };
            return format!("({})", terms.join(word));
        }
        Operator::IsNotDistinctFrom => {
            return format!("(NOT ({} IS DISTINCT FROM {}))", text(expr.left(), inputs), text(expr.right(), inputs));
        }
        Operator::NotEq => "<>".to_owned(),
        other => other.to_string(),
    };
    format!("({} {operator} {})", text(expr.left(), inputs), text(expr.right(), inputs))
}

/// The terms of one chain of AND or OR, in order.
fn terms_of(chain: &BinaryExpr, terms: &mut Vec<String>, inputs: &[PlanSymbol]) {
    for side in [chain.left(), chain.right()] {
        let inner = match opened(side) {
            Some(Opened::Chain(inner)) => Some(inner),
            Some(Opened::Plain(plain)) => plain.downcast_ref::<BinaryExpr>(),
            _ => side.downcast_ref::<BinaryExpr>(),
        };
        match inner.filter(|inner| inner.op() == chain.op()) {
            Some(inner) => terms_of(inner, terms, inputs),
            None => terms.push(text(side, inputs)),
        }
    }
}

fn function(call: &ScalarFunctionExpr, inputs: &[PlanSymbol]) -> String {
    let (name, arguments) = (call.fun().name(), call.args());
    if let ([left, right, ..], Some((_, operator))) = (arguments, INFIX.iter().find(|(known, _)| *known == name)) {
        return format!("({} {operator} {})", text(left, inputs), text(right, inputs));
    }
    match (name, arguments) {
        ("$cast", [input, ..]) => format!("CAST({} AS {})", text(input, inputs), type_name(call.return_type())),
        ("$try_cast", [input, ..]) => format!("TRY_CAST({} AS {})", text(input, inputs), type_name(call.return_type())),
        ("$negate", [input]) => format!("-({})", text(input, inputs)),
        ("$try", [input]) => format!("TRY({})", text(input, inputs)),
        ("$subscript", [base, index, ..]) => format!("{}[{}]", text(base, inputs), text(index, inputs)),
        ("get_field", [base, field]) => {
            let index =
                field.downcast_ref::<Literal>().and_then(|field| field.value().to_string().trim_start_matches('c').parse::<u32>().ok());
            format!("{}[{}]", text(base, inputs), index.map_or_else(|| text(field, inputs), |index| (index + 1).to_string()))
        }
        ("make_array", elements) => format!("ARRAY[{}]", all(elements, inputs)),
        ("coalesce", terms) => format!("COALESCE({})", all(terms, inputs)),
        ("named_struct", pairs) => {
            let values: Vec<String> = pairs.iter().skip(1).step_by(2).map(|value| text(value, inputs)).collect();
            format!("ROW ({})", values.join(", "))
        }
        _ => format!("{}({})", name.trim_start_matches('$'), all(arguments, inputs)),
    }
}

fn case_text(case: &CaseExpr, inputs: &[PlanSymbol]) -> String {
    let mut out = "(CASE".to_owned();
    if let Some(operand) = case.expr() {
        out.push_str(&format!(" {}", text(operand, inputs)));
    }
    for (when, then) in case.when_then_expr() {
        out.push_str(&format!(" WHEN {} THEN {}", text(when, inputs), text(then, inputs)));
    }
    if let Some(otherwise) = case.else_expr() {
        out.push_str(&format!(" ELSE {}", text(otherwise, inputs)));
    }
    out.push_str(" END)");
    out
}

/// A constant as a literal of its type. Ref: Trino 401 `LiteralEncoder`.
pub(crate) fn constant(value: &ScalarValue) -> String {
    if value.is_null() {
        return "null".to_owned();
    }
    let shown = plain_value(value);
    match value.data_type() {
        DataType::Boolean | DataType::Int32 => shown,
        DataType::Int8 => format!("TINYINT '{shown}'"),
        DataType::Int16 => format!("SMALLINT '{shown}'"),
        DataType::Int64 => format!("BIGINT '{shown}'"),
        DataType::Float32 => format!("REAL '{shown}'"),
        DataType::Float64 => format!("DOUBLE '{shown}'"),
        DataType::Decimal128(..) | DataType::Decimal256(..) => format!("DECIMAL '{shown}'"),
        DataType::Date32 => format!("DATE '{shown}'"),
        DataType::Timestamp(..) => format!("TIMESTAMP '{}'", shown.replace('T', " ")),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => format!("VARCHAR '{}'", shown.replace('\'', "''")),
        _ => shown,
    }
}

/// A constant's value alone.
pub(crate) fn plain_value(value: &ScalarValue) -> String {
    let array = value.to_array_of_size(1).ok();
    array.and_then(|array| array_value_to_string(&array, 0).ok()).unwrap_or_else(|| value.to_string())
}
