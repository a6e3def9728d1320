//! How are operators, predicates and conditionals printed? Every operator in parentheses.

use super::printer::Printer;
use crate::trino::ast::{
    Expression, ExpressionKind, ExtractField, Identifier, LogicalOperator, Operand, QualifiedName, Quantifier, Sign, TrimSpecification,
    WhenClause,
};

impl Printer {
    /// Prints an expression. Chains of left operands are printed in a loop, so their length does not matter.
    pub fn expression(&mut self, expression: &Expression) {
        let mut chain = Vec::new();
        let mut innermost = expression;
        while let Some((opening, left)) = chained(&innermost.kind) {
            self.text(opening);
            let is_wrapped = is_wrapped(&innermost.kind, &left.kind);
            if is_wrapped {
                self.text("(");
            }
            chain.push((&innermost.kind, is_wrapped));
            innermost = left;
        }
        match (&innermost.kind, chain.last()) {
            // An argument of `concat` now.
            (ExpressionKind::Lambda { arguments, body }, Some((ExpressionKind::Concat { .. }, _))) => self.lambda(arguments, body),
            (kind, _) => self.unchained(kind),
        }
        for (kind, is_wrapped) in chain.into_iter().rev() {
            if is_wrapped {
                self.text(")");
            }
            self.chain_rest(kind);
        }
    }

    /// Prints an expression with nothing before or after it that a lambda's body could run into: there it needs no
    /// parentheses.
    pub fn standalone(&mut self, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::Lambda { arguments, body } => self.lambda(arguments, body),
            _ => self.expression(expression),
        }
    }

    /// Prints what stands after the left operand.
    fn chain_rest(&mut self, kind: &ExpressionKind) {
        match kind {
            ExpressionKind::ArithmeticBinary { operator, right, .. } => {
                self.display(format_args!(" {} ", operator.symbol()));
                self.expression(right);
                self.text(")");
            }
            ExpressionKind::Concat { right, .. } => {
                self.text(", ");
                self.standalone(right);
                self.text(")");
            }
            ExpressionKind::AtTimeZone { zone, .. } => {
                self.text(" AT TIME ZONE ");
                self.expression(zone);
            }
            ExpressionKind::Dereference { field, .. } => {
                self.text(".");
                self.identifier(field);
            }
            ExpressionKind::Subscript { index, .. } => {
                self.text("[");
                self.expression(index);
                self.text("]");
            }
            _ => {}
        }
    }

    /// Prints an expression that is no link of a chain.
    fn unchained(&mut self, kind: &ExpressionKind) {
        match kind {
            ExpressionKind::NullLiteral => self.text("null"),
            ExpressionKind::BooleanLiteral(value) => self.display(value),
            ExpressionKind::StringLiteral(value) => self.string(value),
            ExpressionKind::BinaryLiteral(bytes) => self.binary(bytes),
            ExpressionKind::LongLiteral(value) => self.display(value),
            ExpressionKind::DecimalLiteral { value, is_typed } => self.decimal(value, *is_typed),
            ExpressionKind::DoubleLiteral(value) => self.double(*value),
            ExpressionKind::GenericLiteral { type_name, value } => self.typed_string(type_name, value),
            ExpressionKind::CharLiteral(value) => self.typed_string("CHAR", value),
            ExpressionKind::TimeLiteral(value) => self.typed_string("TIME", value),
            ExpressionKind::TimestampLiteral(value) => self.typed_string("TIMESTAMP", value),
            ExpressionKind::IntervalLiteral(interval) => self.interval(interval),
            ExpressionKind::Identifier(identifier) => self.identifier(identifier),
            ExpressionKind::FunctionCall(call) => self.function_call(call),
            ExpressionKind::WindowOperation { name, window } => {
                self.identifier(name);
                self.text(" OVER ");
                self.window(window);
            }
            ExpressionKind::Lambda { arguments, body } => {
                self.text("(");
                self.lambda(arguments, body);
                self.text(")");
            }
            ExpressionKind::ArithmeticUnary { sign: Sign::Minus, value } => self.wrapped("-(", value, ")"),
            ExpressionKind::ArithmeticUnary { sign: Sign::Plus, value } => self.wrapped("+", value, ""),
            ExpressionKind::Comparison { operator, left, right } => {
                self.infix(left, operator.symbol(), right);
            }
            ExpressionKind::QuantifiedComparison { operator, quantifier, value, subquery } => {
                self.text("(");
                self.expression(value);
                self.display(format_args!(" {} {} ", operator.symbol(), quantifier_word(*quantifier)));
                self.expression(subquery);
                self.text(")");
            }
            ExpressionKind::Between { value, min, max } => {
                self.wrapped("(", value, " BETWEEN ");
                self.wrapped("", min, " AND ");
                self.wrapped("", max, ")");
            }
            ExpressionKind::InList { value, items } => {
                self.wrapped("(", value, " IN (");
                self.expressions(items);
                self.text("))");
            }
            ExpressionKind::InSubquery { value, subquery } => self.infix(value, "IN", subquery),
            ExpressionKind::Like { value, pattern, escape } => {
                self.wrapped("(", value, " LIKE ");
                self.expression(pattern);
                if let Some(escape) = escape {
                    self.wrapped(" ESCAPE ", escape, "");
                }
                self.text(")");
            }
            ExpressionKind::IsNull(value) => self.wrapped("(", value, " IS NULL)"),
            ExpressionKind::IsNotNull(value) => self.wrapped("(", value, " IS NOT NULL)"),
            ExpressionKind::Logical { operator, terms } => {
                let separator = match operator {
                    LogicalOperator::And => " AND ",
                    LogicalOperator::Or => " OR ",
                };
                self.text("(");
                self.separated(terms, separator, Self::expression);
                self.text(")");
            }
            ExpressionKind::Not(value) => self.wrapped("(NOT ", value, ")"),
            ExpressionKind::SimpleCase { operand, when_clauses, default } => {
                self.case(Some(operand), when_clauses, default.as_deref());
            }
            ExpressionKind::SearchedCase { when_clauses, default } => self.case(None, when_clauses, default.as_deref()),
            ExpressionKind::Cast { value, data_type, is_safe } => {
                self.wrapped(if *is_safe { "TRY_CAST(" } else { "CAST(" }, value, " AS ");
                self.data_type(data_type);
                self.text(")");
            }
            ExpressionKind::Try(value) => self.wrapped("TRY(", value, ")"),
            ExpressionKind::If { condition, then, otherwise } => {
                self.wrapped("IF(", condition, ", ");
                self.expression(then);
                if let Some(otherwise) = otherwise {
                    self.wrapped(", ", otherwise, "");
                }
                self.text(")");
            }
            ExpressionKind::NullIf { first, second } => {
                self.wrapped("NULLIF(", first, ", ");
                self.wrapped("", second, ")");
            }
            ExpressionKind::Coalesce(items) => self.list("COALESCE(", items, ")"),
            ExpressionKind::Format(items) => self.list("format(", items, ")"),
            ExpressionKind::Row(items) => self.list("ROW (", items, ")"),
            ExpressionKind::Array(items) => {
                self.text("ARRAY[");
                self.separated(items, ",", Self::expression);
                self.text("]");
            }
            ExpressionKind::Extract { field, value } => self.extract(*field, value),
            ExpressionKind::CurrentTime { function, precision } => {
                self.text(function.keyword());
                if let Some(precision) = precision {
                    self.display(format_args!("({precision})"));
                }
            }
            ExpressionKind::CurrentUser => self.text("CURRENT_USER"),
            ExpressionKind::CurrentCatalog => self.text("CURRENT_CATALOG"),
            ExpressionKind::CurrentSchema => self.text("CURRENT_SCHEMA"),
            ExpressionKind::CurrentPath => self.text("CURRENT_PATH"),
            ExpressionKind::Trim { specification, source, characters } => {
                self.trim(*specification, source, characters.as_deref());
            }
            ExpressionKind::Subquery(query) => {
                self.text("(");
                self.query(query, 0);
                self.text(")");
            }
            ExpressionKind::Exists(subquery) => self.wrapped("(EXISTS ", subquery, ")"),
            ExpressionKind::Parameter(_) => self.text("?"),
            ExpressionKind::Grouping(columns) => self.grouping(columns),
            ExpressionKind::JsonExists(exists) => self.json_exists(exists),
            ExpressionKind::JsonValue(value) => self.json_value(value),
            ExpressionKind::JsonQuery(query) => self.json_query(query),
            ExpressionKind::JsonObject(object) => self.json_object(object),
            ExpressionKind::JsonArray(array) => self.json_array(array),
            ExpressionKind::ArithmeticBinary { .. }
            | ExpressionKind::Concat { .. }
            | ExpressionKind::AtTimeZone { .. }
            | ExpressionKind::Dereference { .. }
            | ExpressionKind::Subscript { .. } => {}
        }
    }

    fn wrapped(&mut self, before: &str, value: &Expression, after: &str) {
        self.text(before);
        self.expression(value);
        self.text(after);
    }

    fn list(&mut self, before: &str, items: &[Expression], after: &str) {
        self.text(before);
        self.expressions(items);
        self.text(after);
    }

    fn infix(&mut self, left: &Expression, operator: &str, right: &Expression) {
        self.wrapped("(", left, " ");
        self.text(operator);
        self.wrapped(" ", right, ")");
    }

    fn typed_string(&mut self, type_name: &str, value: &str) {
        self.text(type_name);
        self.text(" ");
        self.string(value);
    }

    fn lambda(&mut self, arguments: &[Identifier], body: &Expression) {
        self.column_names(arguments);
        self.text(" -> ");
        self.standalone(body);
    }

    fn case(&mut self, operand: Option<&Expression>, when_clauses: &[WhenClause], default: Option<&Expression>) {
        self.text("(CASE");
        if let Some(operand) = operand {
            self.wrapped(" ", operand, "");
        }
        for clause in when_clauses {
            self.wrapped(" WHEN ", &clause.operand, " THEN ");
            self.expression(&clause.result);
        }
        if let Some(default) = default {
            self.wrapped(" ELSE ", default, "");
        }
        self.text(" END)");
    }

    fn extract(&mut self, field: ExtractField, value: &Expression) {
        self.display(format_args!("EXTRACT({} FROM ", field.keyword()));
        self.wrapped("", value, ")");
    }

    fn trim(&mut self, specification: TrimSpecification, source: &Expression, characters: Option<&Expression>) {
        self.text(match specification {
            TrimSpecification::Both => "trim(BOTH ",
            TrimSpecification::Leading => "trim(LEADING ",
            TrimSpecification::Trailing => "trim(TRAILING ",
        });
        if let Some(characters) = characters {
            self.wrapped("", characters, " ");
        }
        self.wrapped("FROM ", source, ")");
    }

    fn grouping(&mut self, columns: &[QualifiedName]) {
        self.text("GROUPING (");
        self.separated(columns, ", ", Self::name);
        self.text(")");
    }
}

/// What opens a link of a chain, and its left operand.
fn chained(kind: &ExpressionKind) -> Option<(&'static str, &Operand)> {
    match kind {
        ExpressionKind::ArithmeticBinary { left, .. } => Some(("(", left)),
        ExpressionKind::Concat { left, .. } => Some(("concat(", left)),
        ExpressionKind::AtTimeZone { value: left, .. }
        | ExpressionKind::Dereference { base: left, .. }
        | ExpressionKind::Subscript { base: left, .. } => Some(("", left)),
        _ => None,
    }
}

/// Whether a left operand would read as something else without parentheses: `1.q` as a decimal and a name, `-(a)[1]` as
/// the negation of `(a)[1]`. The engine prints none here and cannot read its own text.
const fn is_wrapped(link: &ExpressionKind, operand: &ExpressionKind) -> bool {
    matches!(
        (link, operand),
        (
            ExpressionKind::Dereference { .. },
            ExpressionKind::LongLiteral(_) | ExpressionKind::DoubleLiteral(_) | ExpressionKind::DecimalLiteral { .. },
        ) | (
            ExpressionKind::Dereference { .. } | ExpressionKind::Subscript { .. } | ExpressionKind::AtTimeZone { .. },
            ExpressionKind::ArithmeticUnary { .. },
        ) | (ExpressionKind::Dereference { .. } | ExpressionKind::Subscript { .. }, ExpressionKind::AtTimeZone { .. })
    )
}

const fn quantifier_word(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::All => "ALL",
        Quantifier::Any => "ANY",
        Quantifier::Some => "SOME",
    }
}
