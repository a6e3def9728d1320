//! How do error texts repeat an expression? Ref: Trino 401 `ExpressionFormatter`.

use owlake_syntax::format::{format_query, format_row_pattern};
use owlake_syntax::trino::ast::{
    AfterMatchSkip, Expression, ExpressionKind, FrameBound, FrameUnit, FunctionCall, Identifier, LogicalOperator, NullOrdering,
    NullTreatment, OrderBy, PatternSearchMode, Quantifier, Sign, TrimSpecification, WhenClause, Window, WindowFrame, WindowSpecification,
};

use super::json_text;
use super::type_names::type_text;

/// The expression in the engine's own spelling: operators parenthesised, keywords in capitals.
pub(crate) fn expression_text(expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::NullLiteral => "null".to_owned(),
        ExpressionKind::BooleanLiteral(value) => value.to_string(),
        ExpressionKind::StringLiteral(text) => quoted(text),
        ExpressionKind::BinaryLiteral(bytes) => format!("X'{}'", bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>()),
        ExpressionKind::LongLiteral(value) => value.to_string(),
        ExpressionKind::DecimalLiteral { value, .. } => format!("DECIMAL '{value}'"),
        ExpressionKind::DoubleLiteral(value) => format!("{value:E}"),
        ExpressionKind::GenericLiteral { type_name, value } => format!("{type_name} {}", quoted(value)),
        ExpressionKind::CharLiteral(text) => format!("CHAR {}", quoted(text)),
        ExpressionKind::TimeLiteral(text) => format!("TIME '{text}'"),
        ExpressionKind::TimestampLiteral(text) => format!("TIMESTAMP '{text}'"),
        ExpressionKind::IntervalLiteral(interval) => {
            let sign = if interval.sign == Sign::Minus { "- " } else { "" };
            let to = interval.to.map(|to| format!(" TO {}", to.keyword())).unwrap_or_default();
            format!("INTERVAL {sign} '{}' {}{to}", interval.value, interval.from.keyword())
        }
        ExpressionKind::Identifier(name) => name_text(name),
        ExpressionKind::Dereference { base, field } => format!("{}.{}", expression_text(base), name_text(field)),
        ExpressionKind::Subscript { base, index } => format!("{}[{}]", expression_text(base), expression_text(index)),
        ExpressionKind::FunctionCall(call) => call_text(call),
        ExpressionKind::WindowOperation { name, window } => format!("{} OVER {}", name_text(name), window_text(window)),
        ExpressionKind::Lambda { arguments, body } => {
            let arguments: Vec<String> = arguments.iter().map(name_text).collect();
            format!("({}) -> {}", arguments.join(", "), expression_text(body))
        }
        ExpressionKind::ArithmeticUnary { sign: Sign::Plus, value } => format!("+{}", expression_text(value)),
        ExpressionKind::ArithmeticUnary { sign: Sign::Minus, value } => {
            let value = expression_text(value);
            let separator = if value.starts_with('-') { " " } else { "" };
            format!("-{separator}{value}")
        }
        ExpressionKind::ArithmeticBinary { operator, left, right } => infix(left, operator.symbol(), right),
        ExpressionKind::Concat { left, right } => format!("concat({}, {})", expression_text(left), expression_text(right)),
        ExpressionKind::Comparison { operator, left, right } => infix(left, operator.symbol(), right),
        ExpressionKind::QuantifiedComparison { operator, quantifier, value, subquery } => {
            let quantifier = match quantifier {
                Quantifier::All => "ALL",
                Quantifier::Any => "ANY",
                Quantifier::Some => "SOME",
            };
            format!("({} {} {quantifier} {})", expression_text(value), operator.symbol(), expression_text(subquery))
        }
        ExpressionKind::Between { value, min, max } => {
            format!("({} BETWEEN {} AND {})", expression_text(value), expression_text(min), expression_text(max))
        }
        ExpressionKind::InList { value, items } => format!("({} IN ({}))", expression_text(value), list(items)),
        ExpressionKind::InSubquery { value, subquery } => format!("({} IN {})", expression_text(value), expression_text(subquery)),
        ExpressionKind::Like { value, pattern, escape } => {
            let escape = escape.as_ref().map(|escape| format!(" ESCAPE {}", expression_text(escape))).unwrap_or_default();
            format!("({} LIKE {}{escape})", expression_text(value), expression_text(pattern))
        }
        ExpressionKind::IsNull(value) => format!("({} IS NULL)", expression_text(value)),
        ExpressionKind::IsNotNull(value) => format!("({} IS NOT NULL)", expression_text(value)),
        ExpressionKind::Logical { operator, terms } => {
            let keyword = match operator {
                LogicalOperator::And => " AND ",
                LogicalOperator::Or => " OR ",
            };
            format!("({})", terms.iter().map(expression_text).collect::<Vec<_>>().join(keyword))
        }
        ExpressionKind::Not(value) => format!("(NOT {})", expression_text(value)),
        ExpressionKind::SimpleCase { operand, when_clauses, default } => {
            format!("(CASE {} {}END)", expression_text(operand), branches(when_clauses, default.as_deref()))
        }
        ExpressionKind::SearchedCase { when_clauses, default } => format!("(CASE {}END)", branches(when_clauses, default.as_deref())),
        ExpressionKind::Cast { value, data_type, is_safe } => {
            let name = if *is_safe { "TRY_CAST" } else { "CAST" };
            format!("{name}({} AS {})", expression_text(value), type_text(data_type))
        }
        ExpressionKind::Try(value) => format!("TRY({})", expression_text(value)),
        ExpressionKind::If { condition, then, otherwise } => {
            let otherwise = otherwise.as_ref().map(|otherwise| format!(", {}", expression_text(otherwise))).unwrap_or_default();
            format!("IF({}, {}{otherwise})", expression_text(condition), expression_text(then))
        }
        ExpressionKind::NullIf { first, second } => format!("NULLIF({}, {})", expression_text(first), expression_text(second)),
        ExpressionKind::Coalesce(operands) => format!("COALESCE({})", list(operands)),
        ExpressionKind::Extract { field, value } => format!("EXTRACT({} FROM {})", field.keyword(), expression_text(value)),
        ExpressionKind::AtTimeZone { value, zone } => format!("{} AT TIME ZONE {}", expression_text(value), expression_text(zone)),
        ExpressionKind::CurrentTime { function, precision } => {
            let precision = precision.map(|precision| format!("({precision})")).unwrap_or_default();
            format!("{}{precision}", function.keyword())
        }
        ExpressionKind::CurrentUser => "CURRENT_USER".to_owned(),
        ExpressionKind::CurrentCatalog => "CURRENT_CATALOG".to_owned(),
        ExpressionKind::CurrentSchema => "CURRENT_SCHEMA".to_owned(),
        ExpressionKind::CurrentPath => "CURRENT_PATH".to_owned(),
        ExpressionKind::Format(arguments) => format!("format({})", list(arguments)),
        ExpressionKind::Trim { specification, source, characters } => {
            let side = match specification {
                TrimSpecification::Both => "BOTH",
                TrimSpecification::Leading => "LEADING",
                TrimSpecification::Trailing => "TRAILING",
            };
            let characters = characters.as_ref().map(|characters| format!("{} ", expression_text(characters))).unwrap_or_default();
            format!("trim({side} {characters}FROM {})", expression_text(source))
        }
        ExpressionKind::Row(items) => format!("ROW ({})", list(items)),
        ExpressionKind::Array(values) => format!("ARRAY[{}]", values.iter().map(expression_text).collect::<Vec<_>>().join(",")),
        ExpressionKind::Subquery(query) => format!("({})", format_query(query)),
        ExpressionKind::Exists(subquery) => format!("(EXISTS {})", expression_text(subquery)),
        ExpressionKind::Parameter(_) => "?".to_owned(),
        ExpressionKind::Grouping(names) => {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            format!("GROUPING ({})", names.join(", "))
        }
        ExpressionKind::JsonExists(json) => json_text::exists_text(json),
        ExpressionKind::JsonValue(json) => json_text::value_text(json),
        ExpressionKind::JsonQuery(json) => json_text::query_text(json),
        ExpressionKind::JsonObject(json) => json_text::object_text(json),
        ExpressionKind::JsonArray(json) => json_text::array_text(json),
    }
}

pub(crate) fn name_text(name: &Identifier) -> String {
    if name.is_delimited { format!("\"{}\"", name.value.replace('"', "\"\"")) } else { name.value.clone() }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn list(expressions: &[Expression]) -> String {
    expressions.iter().map(expression_text).collect::<Vec<_>>().join(", ")
}

fn infix(left: &Expression, operator: &str, right: &Expression) -> String {
    format!("({} {operator} {})", expression_text(left), expression_text(right))
}

fn branches(when_clauses: &[WhenClause], default: Option<&Expression>) -> String {
    let mut text = String::new();
    for clause in when_clauses {
        text.push_str(&format!("WHEN {} THEN {} ", expression_text(&clause.operand), expression_text(&clause.result)));
    }
    if let Some(default) = default {
        text.push_str(&format!("ELSE {} ", expression_text(default)));
    }
    text
}

fn call_text(call: &FunctionCall) -> String {
    let name = call.name.parts.iter().map(name_text).collect::<Vec<_>>().join(".");
    let mut text = name;
    text.push('(');
    if call.is_distinct {
        text.push_str("DISTINCT ");
    }
    if call.arguments.is_empty() && call.name.suffix() == "count" {
        text.push('*');
    }
    text.push_str(&list(&call.arguments));
    if let Some(order_by) = &call.order_by {
        text.push(' ');
        text.push_str(&order_by_text(order_by));
    }
    text.push(')');
    match call.null_treatment {
        Some(NullTreatment::Ignore) => text.push_str(" IGNORE NULLS"),
        Some(NullTreatment::Respect) => text.push_str(" RESPECT NULLS"),
        None => {}
    }
    if let Some(filter) = &call.filter {
        text.push_str(&format!(" FILTER (WHERE {})", expression_text(filter)));
    }
    if let Some(window) = &call.window {
        text.push_str(&format!(" OVER {}", window_text(window)));
    }
    text
}

fn order_by_text(order_by: &OrderBy) -> String {
    let items: Vec<String> = order_by
        .items
        .iter()
        .map(|item| {
            let direction = if item.is_descending { "DESC" } else { "ASC" };
            let nulls = match item.nulls {
                NullOrdering::Undefined => "",
                NullOrdering::First => " NULLS FIRST",
                NullOrdering::Last => " NULLS LAST",
            };
            format!("{} {direction}{nulls}", expression_text(&item.expression))
        })
        .collect();
    format!("ORDER BY {}", items.join(", "))
}

fn window_text(window: &Window) -> String {
    match window {
        Window::Reference(name) => name_text(name),
        Window::Specification(specification) => specification_text(specification),
    }
}

fn specification_text(specification: &WindowSpecification) -> String {
    let mut parts = Vec::new();
    parts.extend(specification.existing_window_name.as_ref().map(name_text));
    if !specification.partition_by.is_empty() {
        parts.push(format!("PARTITION BY {}", list(&specification.partition_by)));
    }
    parts.extend(specification.order_by.as_ref().map(order_by_text));
    parts.extend(specification.frame.as_ref().map(frame_text));
    format!("({})", parts.join(" "))
}

fn frame_text(frame: &WindowFrame) -> String {
    let unit = match frame.unit {
        FrameUnit::Rows => "ROWS",
        FrameUnit::Range => "RANGE",
        FrameUnit::Groups => "GROUPS",
    };
    let extent = match &frame.end {
        Some(end) => format!("{unit} BETWEEN {} AND {}", bound_text(&frame.start), bound_text(end)),
        None => format!("{unit} {}", bound_text(&frame.start)),
    };
    let joined = |parts: Vec<String>| parts.join(", ");
    let mut parts = Vec::new();
    if !frame.measures.is_empty() {
        let measures =
            frame.measures.iter().map(|measure| format!("{} AS {}", expression_text(&measure.expression), name_text(&measure.name)));
        parts.push(format!("MEASURES {}", joined(measures.collect())));
    }
    parts.push(extent);
    parts.extend(frame.after_match_skip.as_ref().map(skip_text));
    parts.extend(frame.search_mode.as_ref().map(|mode| match mode {
        PatternSearchMode::Initial(_) => "INITIAL".to_owned(),
        PatternSearchMode::Seek(_) => "SEEK".to_owned(),
    }));
    parts.extend(frame.pattern.as_ref().map(|pattern| format!("PATTERN({})", format_row_pattern(pattern))));
    if !frame.subsets.is_empty() {
        let subsets = frame
            .subsets
            .iter()
            .map(|subset| format!("{} = ({})", name_text(&subset.name), joined(subset.variables.iter().map(name_text).collect())));
        parts.push(format!("SUBSET {}", joined(subsets.collect())));
    }
    if !frame.definitions.is_empty() {
        let definitions = frame
            .definitions
            .iter()
            .map(|definition| format!("{} AS {}", name_text(&definition.name), expression_text(&definition.condition)));
        parts.push(format!("DEFINE {}", joined(definitions.collect())));
    }
    parts.join(" ")
}

fn skip_text(skip: &AfterMatchSkip) -> String {
    match skip {
        AfterMatchSkip::ToNextRow(_) => "AFTER MATCH SKIP TO NEXT ROW".to_owned(),
        AfterMatchSkip::PastLastRow(_) => "AFTER MATCH SKIP PAST LAST ROW".to_owned(),
        AfterMatchSkip::ToFirst(name, _) => format!("AFTER MATCH SKIP TO FIRST {}", name_text(name)),
        AfterMatchSkip::ToLast(name, _) => format!("AFTER MATCH SKIP TO LAST {}", name_text(name)),
    }
}

fn bound_text(bound: &FrameBound) -> String {
    match bound {
        FrameBound::UnboundedPreceding(_) => "UNBOUNDED PRECEDING".to_owned(),
        FrameBound::Preceding(value, _) => format!("{} PRECEDING", expression_text(value)),
        FrameBound::CurrentRow(_) => "CURRENT ROW".to_owned(),
        FrameBound::Following(value, _) => format!("{} FOLLOWING", expression_text(value)),
        FrameBound::UnboundedFollowing(_) => "UNBOUNDED FOLLOWING".to_owned(),
    }
}
