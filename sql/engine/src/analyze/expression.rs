//! What does an expression mean, and of which type is it? The one match over every form. Ref: Trino 401 `ExpressionAnalyzer`.

use datafusion::common::ScalarValue;
use owlake_functions::error::FunctionError;
use owlake_functions::registry::{Operator, resolve_operator};
use owlake_functions::types::castable::can_cast;
use owlake_functions::types::coercion::common_supertype;
use owlake_functions::types::{RowField, TrinoType};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    ArithmeticOperator, ComparisonOperator, Expression, ExpressionKind, Identifier, LogicalOperator, Sign, WhenClause,
};

use crate::error::EngineError;
use crate::ir::{Expr, ExprKind};

use super::analyzer::{Analyzer, Place};
use super::coercion::{coerce, coerced, single_type};
use super::expression_text::expression_text;
use super::failure::{Analysis, fail_at, mismatch, of_function, unsupported};
use super::literals;
use super::scope::{Ambiguous, Resolved, ScopeRole};
use super::type_names::resolve_type;

/// The most elements `ARRAY[…]` may be written with: as many as the reference's compiled constructor takes.
const ARRAY_ELEMENTS_WRITTEN_MAX: usize = 254;
/// The longest chain of operators; a longer one would be nested deeper than a stack is.
const CHAINED_OPERATORS_MAX: usize = 6_000;

impl<'a> Analyzer<'a> {
    /// The typed form of an expression, coercions written out.
    pub(crate) fn expression(&mut self, expression: &'a Expression, place: &Place<'a>) -> Analysis<Expr> {
        let at = expression.location;
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
            | ExpressionKind::IntervalLiteral(_) => literals::literal(expression, self.context.session),
            ExpressionKind::Identifier(name) => self.identifier(name, expression, place),
            ExpressionKind::Dereference { base, field } => self.dereference(expression, base, field, place),
            ExpressionKind::Subscript { base, index } => self.subscript(base, index, at, place),
            ExpressionKind::FunctionCall(call) => self.function_call(expression, call, place),
            ExpressionKind::WindowOperation { name, window } => self.window_measure(name, window, at, place),
            ExpressionKind::Lambda { .. } => Err(mismatch(at, "Lambda expression should always be used inside a function")),
            ExpressionKind::ArithmeticUnary { sign, value } => self.unary(*sign, value, at, place),
            ExpressionKind::ArithmeticBinary { .. } | ExpressionKind::Concat { .. } => self.binary_chain(expression, place),
            ExpressionKind::Comparison { operator, left, right } => {
                let left = self.expression(left, place)?;
                let right = self.expression(right, place)?;
                operator_call(comparison_operator(*operator), vec![left, right], at)
            }
            ExpressionKind::QuantifiedComparison { operator, quantifier, value, subquery } => {
                self.quantified(*operator, *quantifier, value, subquery, at, place)
            }
            ExpressionKind::Between { value, min, max } => self.between(value, min, max, at, place),
            ExpressionKind::InList { value, items } => self.in_list(value, items, place),
            ExpressionKind::InSubquery { value, subquery } => self.in_subquery(value, subquery, at, place),
            ExpressionKind::Like { value, pattern, escape } => self.like(value, pattern, escape.as_deref(), at, place),
            ExpressionKind::IsNull(value) => Ok(is_null(self.expression(value, place)?)),
            ExpressionKind::IsNotNull(value) => Ok(not(is_null(self.expression(value, place)?))),
            ExpressionKind::Logical { operator, terms } => {
                let terms = terms
                    .iter()
                    .map(|term| {
                        let typed = self.expression(term, place)?;
                        coerce(typed, &TrinoType::Boolean, term.location, "Logical expression term")
                    })
                    .collect::<Analysis<Vec<_>>>()?;
                Ok(boolean(match operator {
                    LogicalOperator::And => ExprKind::And(terms),
                    LogicalOperator::Or => ExprKind::Or(terms),
                }))
            }
            ExpressionKind::Not(value) => {
                let typed = self.expression(value, place)?;
                Ok(not(coerce(typed, &TrinoType::Boolean, value.location, "Value of logical NOT expression")?))
            }
            ExpressionKind::SimpleCase { operand, when_clauses, default } => {
                self.simple_case(operand, when_clauses, default.as_deref(), place)
            }
            ExpressionKind::SearchedCase { when_clauses, default } => self.searched_case(when_clauses, default.as_deref(), place),
            ExpressionKind::Cast { value, data_type, is_safe } => {
                let target = resolve_type(data_type, at)?;
                if target == TrinoType::Unknown {
                    return Err(mismatch(at, "UNKNOWN is not a valid type"));
                }
                let input = self.expression(value, place)?;
                if input.data_type != TrinoType::Unknown && !can_cast(&input.data_type, &target) {
                    return Err(mismatch(at, format!("Cannot cast {} to {target}", input.data_type)));
                }
                Ok(Expr { kind: ExprKind::Cast { input: Box::new(input), is_safe: *is_safe }, data_type: target })
            }
            ExpressionKind::Try(_) if place.labels.is_some() => {
                Err(unsupported(at, "TRY expression in pattern recognition context is not yet supported"))
            }
            ExpressionKind::Try(value) => {
                let typed = self.expression(value, place)?;
                let data_type = typed.data_type.clone();
                Ok(Expr { kind: ExprKind::Try(Box::new(typed)), data_type })
            }
            ExpressionKind::If { condition, then, otherwise } => self.if_expression(condition, then, otherwise.as_deref(), at, place),
            ExpressionKind::NullIf { first, second } => self.null_if(first, second, at, place),
            ExpressionKind::Coalesce(operands) => {
                let typed = self.expressions(operands, place)?;
                let data_type = common_type(&typed, operands, "All COALESCE operands")?;
                let operands = typed.into_iter().map(|operand| coerced(operand, &data_type)).collect();
                Ok(Expr { kind: ExprKind::Coalesce(operands), data_type })
            }
            ExpressionKind::Extract { field, value } => self.extract(*field, value, at, place),
            ExpressionKind::AtTimeZone { value, zone } => self.at_time_zone(value, zone, at, place),
            ExpressionKind::CurrentTime { function, precision } => literals::current_time(*function, *precision, self.context.session, at),
            ExpressionKind::CurrentUser => Ok(text_literal(&self.context.session.info.user)),
            ExpressionKind::CurrentCatalog => Ok(text_literal(&self.catalog)),
            ExpressionKind::CurrentSchema => match &self.schema {
                Some(schema) => Ok(text_literal(schema)),
                None => Ok(null(TrinoType::VARCHAR)),
            },
            ExpressionKind::CurrentPath => Ok(text_literal("")),
            ExpressionKind::Format(arguments) => self.format(arguments, at, place),
            ExpressionKind::Trim { specification, source, characters } => {
                self.trim(*specification, source, characters.as_deref(), at, place)
            }
            ExpressionKind::Row(items) => {
                let items = self.expressions(items, place)?;
                let fields: Vec<RowField> = items.iter().map(|item| RowField { name: None, data_type: item.data_type.clone() }).collect();
                Ok(Expr { kind: ExprKind::Row(items), data_type: TrinoType::Row(fields.into()) })
            }
            ExpressionKind::Array(values) => {
                if values.len() > ARRAY_ELEMENTS_WRITTEN_MAX {
                    return Err(fail_at(at, "TOO_MANY_ARGUMENTS", "Too many arguments for array constructor"));
                }
                let typed = self.expressions(values, place)?;
                let element = common_type(&typed, values, "All ARRAY elements")?;
                let values = typed.into_iter().map(|value| coerced(value, &element)).collect();
                Ok(Expr { kind: ExprKind::Array(values), data_type: TrinoType::array(element) })
            }
            ExpressionKind::Subquery(query) => self.scalar_subquery(query, at, place),
            ExpressionKind::Exists(subquery) => self.exists(subquery, place),
            ExpressionKind::Parameter(index) => self.parameter(*index, place),
            ExpressionKind::Grouping(names) => self.grouping(names, at, place),
            ExpressionKind::JsonExists(json) => self.json_exists(json, at, place),
            ExpressionKind::JsonValue(json) => self.json_value(json, at, place),
            ExpressionKind::JsonQuery(json) => self.json_query(json, at, place),
            ExpressionKind::JsonObject(json) => self.json_object(json, at, place),
            ExpressionKind::JsonArray(json) => self.json_array(json, at, place),
        }
    }

    pub(crate) fn expressions(&mut self, expressions: &'a [Expression], place: &Place<'a>) -> Analysis<Vec<Expr>> {
        expressions.iter().map(|expression| self.expression(expression, place)).collect()
    }

    fn identifier(&mut self, name: &'a Identifier, expression: &'a Expression, place: &Place<'a>) -> Analysis<Expr> {
        let parts = [name.value.as_str()];
        match place.scope.resolve(&parts) {
            Ok(Some(resolved)) => self.column(&resolved, expression, place),
            Ok(None) => Err(self.column_missing(expression.location, &name.canonical())),
            Err(Ambiguous) => Err(fail_at(expression.location, "AMBIGUOUS_NAME", format!("Column '{}' is ambiguous", name.canonical()))),
        }
    }

    fn dereference(
        &mut self,
        expression: &'a Expression,
        base: &'a Expression,
        field: &'a Identifier,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let at = expression.location;
        let name = dotted_name(expression);
        if let (Some(name), true) = (&name, place.labels.is_some())
            && let Some(column) = self.labeled_column(name, at, place)?
        {
            return Ok(column);
        }
        if let Some(name) = &name {
            let parts: Vec<&str> = name.iter().map(|part| part.value.as_str()).collect();
            match place.scope.resolve(&parts) {
                Ok(Some(resolved)) => return self.column(&resolved, expression, place),
                Ok(None) if !place.scope.is_column_reference(&parts) => return Err(self.column_missing(at, &dotted_text(name))),
                Ok(None) => {}
                Err(Ambiguous) => return Err(fail_at(at, "AMBIGUOUS_NAME", format!("Column '{}' is ambiguous", dotted_text(name)))),
            }
        }
        let input = self.expression(base, place)?;
        let TrinoType::Row(fields) = &input.data_type else {
            return Err(mismatch(base.location, format!("Expression {} is not of type ROW", expression_text(base))));
        };
        let mut matches = fields
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.name.as_ref().is_some_and(|name| super::scope::is_same_name(name, &field.value)));
        let Some((index, found)) = matches.next() else {
            // What is no chain of names has none. Ref: Trino 401 `DereferenceExpression.getQualifiedName`, which gives null.
            let text = name.as_ref().map_or_else(|| "null".to_owned(), |name| dotted_text(name));
            return Err(self.column_missing(at, &text));
        };
        if matches.next().is_some() {
            return Err(fail_at(field.location, "AMBIGUOUS_NAME", format!("Ambiguous row field reference: {}", field.value)));
        }
        let data_type = found.data_type.clone();
        Ok(field_of(input, index, data_type))
    }

    /// A column or lambda parameter that a name was resolved to.
    fn column(&mut self, resolved: &Resolved, expression: &'a Expression, place: &Place<'a>) -> Analysis<Expr> {
        let field = &resolved.field;
        if resolved.role == ScopeRole::Lambda {
            return Ok(Expr { kind: ExprKind::LambdaVariable(field.symbol), data_type: field.data_type.clone() });
        }
        if !resolved.is_local && !place.allows_outer {
            let text = expression_text(expression);
            return Err(unsupported(
                expression.location,
                format!("Reference to column '{text}' from outer scope not allowed in this context"),
            ));
        }
        if let Some((level, message)) = self.shared.refused_outputs
            && resolved.role == ScopeRole::Output
            && resolved.level == level
        {
            return Err(fail_at(expression.location, "COLUMN_NOT_FOUND", message));
        }
        self.shared.reads_outputs |= resolved.role == ScopeRole::Output;
        self.note_reference(resolved, expression.location, || expression_text(expression));
        if place.labels.is_some() && resolved.is_local {
            return Ok(self.matched_column(field, None));
        }
        Ok(Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() })
    }

    fn subscript(&mut self, base: &'a Expression, index: &'a Expression, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let input = self.expression(base, place)?;
        let TrinoType::Row(fields) = &input.data_type else {
            let index = self.expression(index, place)?;
            return operator_call(Operator::Subscript, vec![input, index], at);
        };
        let Some(number) = literals::long_literal(index) else {
            return Err(fail_at(index.location, "EXPRESSION_NOT_CONSTANT", "Subscript expression on ROW requires a constant index"));
        };
        let Ok(number) = i32::try_from(number) else {
            return Err(mismatch(index.location, "Subscript expression on ROW requires integer index, found bigint"));
        };
        if number <= 0 {
            let message = format!("Invalid subscript index: {number}. ROW indices start at 1");
            return Err(fail_at(index.location, "INVALID_FUNCTION_ARGUMENT", message));
        }
        let position = usize::try_from(number - 1).unwrap_or(usize::MAX);
        let Some(field) = fields.get(position) else {
            let message = format!("Subscript index out of bounds: {number}, max value is {}", fields.len());
            return Err(fail_at(index.location, "INVALID_FUNCTION_ARGUMENT", message));
        };
        let data_type = field.data_type.clone();
        Ok(field_of(input, position, data_type))
    }

    fn unary(&mut self, sign: Sign, value: &'a Expression, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        if let Some(literal) = literals::signed_number(sign, value, self.context.session)? {
            return Ok(literal);
        }
        let typed = self.expression(value, place)?;
        match sign {
            Sign::Plus if typed.data_type.is_numeric() => Ok(typed),
            Sign::Plus => Err(mismatch(at, format!("Unary '+' operator cannot by applied to {} type", typed.data_type))),
            Sign::Minus => operator_call(Operator::Negate, vec![typed], at),
        }
    }

    /// `a + b - c || …`: chains can be long, so the left spine is walked, not recursed into.
    fn binary_chain(&mut self, expression: &'a Expression, place: &Place<'a>) -> Analysis<Expr> {
        let mut spine = Vec::new();
        let mut innermost = expression;
        loop {
            innermost = match &innermost.kind {
                ExpressionKind::ArithmeticBinary { operator, left, right } => {
                    spine.push((Some(*operator), &**right, innermost.location));
                    left
                }
                ExpressionKind::Concat { left, right } => {
                    spine.push((None, &**right, innermost.location));
                    left
                }
                _ => break,
            };
        }
        if spine.len() > CHAINED_OPERATORS_MAX {
            return Err(EngineError::engine("STACK_OVERFLOW", "statement is too large (stack overflow during analysis)"));
        }
        let mut typed = self.expression(innermost, place)?;
        while let Some((operator, right, at)) = spine.pop() {
            let right = self.expression(right, place)?;
            typed = match operator {
                Some(operator) => operator_call(arithmetic_operator(operator), vec![typed, right], at)?,
                None => self.call_by_name("concat", vec![typed, right], at)?,
            };
        }
        Ok(typed)
    }

    fn between(
        &mut self,
        value: &'a Expression,
        min: &'a Expression,
        max: &'a Expression,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let value = self.expression(value, place)?;
        let min = self.expression(min, place)?;
        let max = self.expression(max, place)?;
        let refuse = || {
            let message = format!("Cannot check if {} is BETWEEN {} and {}", value.data_type, min.data_type, max.data_type);
            mismatch(at, message)
        };
        let common = common_supertype(&value.data_type, &min.data_type)
            .and_then(|common| common_supertype(&common, &max.data_type))
            .ok_or_else(refuse)?;
        if !common.is_orderable() {
            return Err(refuse());
        }
        let value = coerced(value, &common);
        let lower = operator_call(Operator::GreaterThanOrEqual, vec![value.clone(), coerced(min, &common)], at)?;
        let upper = operator_call(Operator::LessThanOrEqual, vec![value, coerced(max, &common)], at)?;
        Ok(boolean(ExprKind::And(vec![lower, upper])))
    }

    fn in_list(&mut self, value: &'a Expression, items: &'a [Expression], place: &Place<'a>) -> Analysis<Expr> {
        let typed_value = self.expression(value, place)?;
        let typed_items = self.expressions(items, place)?;
        let located: Vec<(&TrinoType, Location)> = std::iter::once((&typed_value.data_type, value.location))
            .chain(typed_items.iter().zip(items).map(|(typed, item)| (&typed.data_type, item.location)))
            .collect();
        let common = single_type(&located, "IN value and list items")?;
        Ok(boolean(ExprKind::InList {
            value: Box::new(coerced(typed_value, &common)),
            list: typed_items.into_iter().map(|item| coerced(item, &common)).collect(),
        }))
    }

    fn like(
        &mut self,
        value: &'a Expression,
        pattern: &'a Expression,
        escape: Option<&'a Expression>,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let mut arguments = Vec::with_capacity(3);
        let typed = self.expression(value, place)?;
        arguments.push(if typed.data_type.is_string() {
            typed
        } else {
            coerce(typed, &TrinoType::VARCHAR, value.location, "Left side of LIKE expression")?
        });
        for (part, subject) in [(Some(pattern), "Pattern for LIKE expression"), (escape, "Escape for LIKE expression")] {
            let Some(part) = part else { continue };
            let typed = self.expression(part, place)?;
            arguments.push(match &typed.data_type {
                TrinoType::Varchar(_) => typed,
                _ => coerce(typed, &TrinoType::VARCHAR, part.location, subject)?,
            });
        }
        self.call_by_name("$like", arguments, at)
    }

    fn simple_case(
        &mut self,
        operand: &'a Expression,
        when_clauses: &'a [WhenClause],
        default: Option<&'a Expression>,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let operand = self.expression(operand, place)?;
        let mut common = operand.data_type.clone();
        let mut labels = Vec::with_capacity(when_clauses.len());
        for clause in when_clauses {
            let label = self.expression(&clause.operand, place)?;
            common = common_supertype(&common, &label.data_type).ok_or_else(|| {
                let message =
                    format!("CASE operand type does not match WHEN clause operand type: {} vs {}", operand.data_type, label.data_type);
                mismatch(clause.operand.location, message)
            })?;
            labels.push(label);
        }
        let (results, otherwise, data_type) = self.case_results(when_clauses, default, place)?;
        let branches = labels.into_iter().map(|label| coerced(label, &common)).zip(results).collect();
        let operand = Box::new(coerced(operand, &common));
        Ok(Expr { kind: ExprKind::SimpleCase { operand, branches, otherwise }, data_type })
    }

    fn searched_case(&mut self, when_clauses: &'a [WhenClause], default: Option<&'a Expression>, place: &Place<'a>) -> Analysis<Expr> {
        let conditions = when_clauses
            .iter()
            .map(|clause| {
                let condition = self.expression(&clause.operand, place)?;
                coerce(condition, &TrinoType::Boolean, clause.operand.location, "CASE WHEN clause")
            })
            .collect::<Analysis<Vec<_>>>()?;
        let (results, otherwise, data_type) = self.case_results(when_clauses, default, place)?;
        Ok(Expr { kind: ExprKind::Case { branches: conditions.into_iter().zip(results).collect(), otherwise }, data_type })
    }

    fn case_results(
        &mut self,
        when_clauses: &'a [WhenClause],
        default: Option<&'a Expression>,
        place: &Place<'a>,
    ) -> Analysis<(Vec<Expr>, Option<Box<Expr>>, TrinoType)> {
        let written: Vec<&'a Expression> = when_clauses.iter().map(|clause| &clause.result).chain(default).collect();
        let typed = written.iter().map(|result| self.expression(result, place)).collect::<Analysis<Vec<_>>>()?;
        let located: Vec<(&TrinoType, Location)> =
            typed.iter().zip(&written).map(|(typed, written)| (&typed.data_type, written.location)).collect();
        let data_type = single_type(&located, "All CASE results")?;
        let mut results: Vec<Expr> = typed.into_iter().map(|result| coerced(result, &data_type)).collect();
        let otherwise = if default.is_some() { results.pop().map(Box::new) } else { None };
        Ok((results, otherwise, data_type))
    }

    fn if_expression(
        &mut self,
        condition: &'a Expression,
        then: &'a Expression,
        otherwise: Option<&'a Expression>,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let typed = self.expression(condition, place)?;
        let condition = coerce(typed, &TrinoType::Boolean, condition.location, "IF condition")?;
        let then = self.expression(then, place)?;
        let Some(otherwise) = otherwise else {
            let data_type = then.data_type.clone();
            return Ok(Expr { kind: ExprKind::Case { branches: vec![(condition, then)], otherwise: None }, data_type });
        };
        let otherwise = self.expression(otherwise, place)?;
        let data_type = common_supertype(&then.data_type, &otherwise.data_type)
            .ok_or_else(|| mismatch(at, format!("Result types for IF must be the same: {} vs {}", then.data_type, otherwise.data_type)))?;
        let branches = vec![(condition, coerced(then, &data_type))];
        let otherwise = Some(Box::new(coerced(otherwise, &data_type)));
        Ok(Expr { kind: ExprKind::Case { branches, otherwise }, data_type })
    }

    fn null_if(&mut self, first: &'a Expression, second: &'a Expression, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let first = self.expression(first, place)?;
        let second = self.expression(second, place)?;
        let Some(common) = common_supertype(&first.data_type, &second.data_type) else {
            let message = format!("Types are not comparable with NULLIF: {} vs {}", first.data_type, second.data_type);
            return Err(mismatch(at, message));
        };
        let data_type = first.data_type.clone();
        let equal = operator_call(Operator::Equal, vec![coerced(first.clone(), &common), coerced(second, &common)], at)?;
        Ok(Expr { kind: ExprKind::NullIf { first: Box::new(first), equal: Box::new(equal) }, data_type })
    }

    /// The error for a name that is no column, in the wording asked for.
    pub(crate) fn column_missing(&self, at: Location, name: &str) -> crate::error::EngineError {
        fail_at(at, "COLUMN_NOT_FOUND", self.column_missing_text(name))
    }

    pub(crate) fn column_missing_text(&self, name: &str) -> String {
        let suffix = match self.context.wording {
            super::Wording::Athena => " or requester is not authorized to access requested resources",
            super::Wording::Trino => "",
        };
        format!("Column '{name}' cannot be resolved{suffix}")
    }
}

fn common_type(typed: &[Expr], written: &[Expression], subject: &str) -> Analysis<TrinoType> {
    let located: Vec<(&TrinoType, Location)> =
        typed.iter().zip(written).map(|(typed, written)| (&typed.data_type, written.location)).collect();
    single_type(&located, subject)
}

/// An operator over typed operands, coerced to what it takes.
pub(crate) fn operator_call(operator: Operator, operands: Vec<Expr>, at: Location) -> Analysis<Expr> {
    let types: Vec<TrinoType> = operands.iter().map(|operand| operand.data_type.clone()).collect();
    let function = resolve_operator(operator, &types).map_err(|error| refused_operands(operator, &types, &error, at))?;
    let arguments = operands.into_iter().zip(&function.argument_types).map(|(operand, to)| coerced(operand, to)).collect();
    let data_type = function.return_type.clone();
    Ok(Expr { kind: ExprKind::Call { function: function.into(), arguments }, data_type })
}

/// `<>` is a negated `=`, and its texts say so.
fn refused_operands(operator: Operator, types: &[TrinoType], error: &FunctionError, at: Location) -> EngineError {
    // What is thrown while operators are looked up carries no place. Ref: Trino 401 `ExpressionAnalyzer.getOperator`.
    if matches!(error.name, "AMBIGUOUS_FUNCTION_CALL" | "INVALID_FUNCTION_ARGUMENT") {
        return EngineError::engine(error.name, &error.message);
    }
    match (operator, types) {
        (Operator::NotEqual, _) => match resolve_operator(Operator::Equal, types) {
            Err(error) => of_function(at, &error),
            Ok(_) => of_function(at, error),
        },
        (Operator::IsDistinctFrom, [left, right]) => mismatch(at, format!("Cannot check if {left} is distinct from {right}")),
        _ => of_function(at, error),
    }
}

pub(crate) fn comparison_operator(operator: ComparisonOperator) -> Operator {
    match operator {
        ComparisonOperator::Equal => Operator::Equal,
        ComparisonOperator::NotEqual => Operator::NotEqual,
        ComparisonOperator::LessThan => Operator::LessThan,
        ComparisonOperator::LessThanOrEqual => Operator::LessThanOrEqual,
        ComparisonOperator::GreaterThan => Operator::GreaterThan,
        ComparisonOperator::GreaterThanOrEqual => Operator::GreaterThanOrEqual,
        ComparisonOperator::IsDistinctFrom => Operator::IsDistinctFrom,
    }
}

fn arithmetic_operator(operator: ArithmeticOperator) -> Operator {
    match operator {
        ArithmeticOperator::Add => Operator::Add,
        ArithmeticOperator::Subtract => Operator::Subtract,
        ArithmeticOperator::Multiply => Operator::Multiply,
        ArithmeticOperator::Divide => Operator::Divide,
        ArithmeticOperator::Modulus => Operator::Modulus,
    }
}

/// `a.b.c` as its parts; `None` when the innermost base is no name.
pub(crate) fn dotted_name(expression: &Expression) -> Option<Vec<&Identifier>> {
    let mut parts = Vec::new();
    let mut current = expression;
    loop {
        match &current.kind {
            ExpressionKind::Dereference { base, field } => {
                parts.push(field);
                current = base;
            }
            ExpressionKind::Identifier(name) => {
                parts.push(name);
                parts.reverse();
                return Some(parts);
            }
            _ => return None,
        }
    }
}

/// A dotted name as error texts print it: lower case.
pub(crate) fn dotted_text(parts: &[&Identifier]) -> String {
    parts.iter().map(|part| part.canonical()).collect::<Vec<_>>().join(".")
}

pub(crate) fn boolean(kind: ExprKind) -> Expr {
    Expr { kind, data_type: TrinoType::Boolean }
}

pub(crate) fn not(value: Expr) -> Expr {
    boolean(ExprKind::Not(Box::new(value)))
}

fn is_null(value: Expr) -> Expr {
    boolean(ExprKind::IsNull(Box::new(value)))
}

pub(crate) fn null(data_type: TrinoType) -> Expr {
    coerced(Expr { kind: ExprKind::Literal(ScalarValue::Boolean(None)), data_type: TrinoType::Unknown }, &data_type)
}

fn text_literal(text: &str) -> Expr {
    Expr { kind: ExprKind::Literal(ScalarValue::Utf8View(Some(text.to_owned()))), data_type: TrinoType::VARCHAR }
}

pub(crate) fn field_of(input: Expr, index: usize, data_type: TrinoType) -> Expr {
    Expr { kind: ExprKind::Field { input: Box::new(input), index }, data_type }
}
