//! What is written inside an expression? Its parts, and the aggregates, windows and grouping calls among them.
//! Ref: Trino 401 `ExpressionTreeUtils`, `Analyzer.verifyNoAggregateWindowOrGroupingFunctions`.

use owlake_functions::registry::{FunctionKind, find_kind};
use owlake_syntax::trino::ast::{Expression, ExpressionKind, FrameBound, FunctionCall, JsonValueBehavior, Window, WindowSpecification};

use super::expression_text::expression_text;
use super::failure::{Analysis, fail_at};

/// The direct parts of an expression, in the order written. Queries inside are not parts.
pub(crate) fn parts(expression: &Expression) -> Vec<&Expression> {
    let mut parts: Vec<&Expression> = Vec::new();
    match &expression.kind {
        ExpressionKind::NullLiteral
        | ExpressionKind::BooleanLiteral(_)
        | ExpressionKind::StringLiteral(_)
        | ExpressionKind::BinaryLiteral(_)
        | ExpressionKind::LongLiteral(_)
        | ExpressionKind::DecimalLiteral { .. }
        | ExpressionKind::DoubleLiteral(_)
        | ExpressionKind::GenericLiteral { .. }
        | ExpressionKind::CharLiteral(_)
        | ExpressionKind::TimeLiteral(_)
        | ExpressionKind::TimestampLiteral(_)
        | ExpressionKind::IntervalLiteral(_)
        | ExpressionKind::Identifier(_)
        | ExpressionKind::CurrentTime { .. }
        | ExpressionKind::CurrentUser
        | ExpressionKind::CurrentCatalog
        | ExpressionKind::CurrentSchema
        | ExpressionKind::CurrentPath
        | ExpressionKind::Subquery(_)
        | ExpressionKind::Exists(_)
        | ExpressionKind::Parameter(_)
        | ExpressionKind::Grouping(_) => {}
        ExpressionKind::Dereference { base, .. } => parts.push(base),
        ExpressionKind::Subscript { base, index } => parts.extend([&**base, &**index]),
        ExpressionKind::FunctionCall(call) => {
            parts.extend(&call.arguments);
            parts.extend(call.order_by.iter().flat_map(|order_by| &order_by.items).map(|item| &item.expression));
            parts.extend(call.filter.iter());
            if let Some(Window::Specification(window)) = &call.window {
                parts.extend(window_parts(window));
            }
        }
        ExpressionKind::WindowOperation { window, .. } => {
            if let Window::Specification(window) = &**window {
                parts.extend(window_parts(window));
            }
        }
        ExpressionKind::Lambda { body: value, .. }
        | ExpressionKind::ArithmeticUnary { value, .. }
        | ExpressionKind::IsNull(value)
        | ExpressionKind::IsNotNull(value)
        | ExpressionKind::Not(value)
        | ExpressionKind::Cast { value, .. }
        | ExpressionKind::Try(value)
        | ExpressionKind::Extract { value, .. } => parts.push(value),
        ExpressionKind::ArithmeticBinary { left, right, .. } | ExpressionKind::Concat { left, right } => {
            parts.extend([&**left, &**right]);
        }
        ExpressionKind::Comparison { left, right, .. } => parts.extend([&**left, &**right]),
        ExpressionKind::QuantifiedComparison { value, .. } | ExpressionKind::InSubquery { value, .. } => parts.push(value),
        ExpressionKind::Between { value, min, max } => parts.extend([&**value, &**min, &**max]),
        ExpressionKind::InList { value, items } => {
            parts.push(value);
            parts.extend(items);
        }
        ExpressionKind::Like { value, pattern, escape } => {
            parts.extend([&**value, &**pattern]);
            parts.extend(escape.as_deref());
        }
        ExpressionKind::Logical { terms, .. } => parts.extend(terms),
        ExpressionKind::SimpleCase { operand, when_clauses, default } => {
            parts.push(operand);
            parts.extend(when_clauses.iter().flat_map(|clause| [&clause.operand, &clause.result]));
            parts.extend(default.as_deref());
        }
        ExpressionKind::SearchedCase { when_clauses, default } => {
            parts.extend(when_clauses.iter().flat_map(|clause| [&clause.operand, &clause.result]));
            parts.extend(default.as_deref());
        }
        ExpressionKind::If { condition, then, otherwise } => {
            parts.extend([&**condition, &**then]);
            parts.extend(otherwise.as_deref());
        }
        ExpressionKind::NullIf { first, second } => parts.extend([&**first, &**second]),
        ExpressionKind::Coalesce(items) | ExpressionKind::Format(items) | ExpressionKind::Row(items) | ExpressionKind::Array(items) => {
            parts.extend(items);
        }
        ExpressionKind::AtTimeZone { value, zone } => parts.extend([&**value, &**zone]),
        ExpressionKind::Trim { source, characters, .. } => {
            parts.push(source);
            parts.extend(characters.as_deref());
        }
        ExpressionKind::JsonExists(json) => parts.extend(json_path_parts(&json.path)),
        ExpressionKind::JsonValue(json) => {
            parts.extend(json_path_parts(&json.path));
            for behavior in std::iter::once(&json.on_empty).chain(&json.on_error) {
                if let JsonValueBehavior::Default(value) = behavior {
                    parts.push(value);
                }
            }
        }
        ExpressionKind::JsonQuery(json) => parts.extend(json_path_parts(&json.path)),
        ExpressionKind::JsonObject(json) => parts.extend(json.members.iter().flat_map(|member| [&member.key, &member.value])),
        ExpressionKind::JsonArray(json) => parts.extend(json.elements.iter().map(|element| &element.value)),
    }
    parts
}

fn json_path_parts(path: &owlake_syntax::trino::ast::JsonPathInvocation) -> impl Iterator<Item = &Expression> {
    std::iter::once(&path.input).chain(path.parameters.iter().map(|parameter| &parameter.value))
}

/// The expressions of a window specification.
pub(crate) fn window_parts(window: &WindowSpecification) -> Vec<&Expression> {
    let mut parts: Vec<&Expression> = window.partition_by.iter().collect();
    parts.extend(window.order_by.iter().flat_map(|order_by| &order_by.items).map(|item| &item.expression));
    if let Some(frame) = &window.frame {
        for bound in std::iter::once(&frame.start).chain(&frame.end) {
            if let FrameBound::Preceding(value, _) | FrameBound::Following(value, _) = bound {
                parts.push(value);
            }
        }
        parts.extend(frame.measures.iter().map(|measure| &measure.expression));
        parts.extend(frame.definitions.iter().map(|definition| &definition.condition));
    }
    parts
}

/// Every part that `is_wanted`, in the order written, what is inside another before it. Ref: Trino 401 `ExpressionTreeUtils.linearizeNodes`. Chains can be long, so the walk keeps its own stack.
pub(crate) fn find<'e>(expression: &'e Expression, is_wanted: &dyn Fn(&Expression) -> bool) -> Vec<&'e Expression> {
    let mut found = Vec::new();
    // Each expression comes twice: to have its parts looked at, then itself.
    let mut pending = vec![(expression, false)];
    while let Some((current, is_entered)) = pending.pop() {
        if is_entered {
            found.push(current);
            continue;
        }
        if is_wanted(current) {
            pending.push((current, true));
        }
        pending.extend(parts(current).into_iter().rev().map(|part| (part, false)));
    }
    found
}

fn is_aggregate_name(call: &FunctionCall) -> bool {
    find_kind(&call.name.suffix()) == Some(FunctionKind::Aggregate)
}

/// A call that is an aggregate, or is written as one only could be.
pub(crate) fn is_aggregate(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::FunctionCall(call) => {
            ((is_aggregate_name(call) || call.filter.is_some()) && call.window.is_none())
                || (call.order_by.is_some() && call.window.is_none())
        }
        _ => false,
    }
}

/// A window function or row-pattern measure.
pub(crate) fn is_window(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::FunctionCall(call) => call.window.is_some(),
        ExpressionKind::WindowOperation { .. } => true,
        _ => false,
    }
}

fn is_grouping(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Grouping(_))
}

/// Errors: EXPRESSION_NOT_SCALAR `<clause> cannot contain aggregations, window functions or grouping operations: […]`.
pub(crate) fn check_scalar(expression: &Expression, clause: &str) -> Analysis<()> {
    let mut found = find(expression, &is_aggregate);
    found.extend(find(expression, &is_window));
    found.extend(find(expression, &is_grouping));
    if found.is_empty() {
        return Ok(());
    }
    let message = format!("{clause} cannot contain aggregations, window functions or grouping operations: [{}]", texts(&found));
    Err(fail_at(expression.location, "EXPRESSION_NOT_SCALAR", message))
}

/// Expressions as an error text lists them.
pub(crate) fn texts(expressions: &[&Expression]) -> String {
    expressions.iter().map(|expression| expression_text(expression)).collect::<Vec<_>>().join(", ")
}
