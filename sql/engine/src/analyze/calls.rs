//! Which function does a call mean, and is it a value, an aggregate or a window function? Ref: Trino 401 `ExpressionAnalyzer.visitFunctionCall`, `AggregationAnalyzer`.

use std::sync::Arc;

use owlake_functions::error::FunctionError;
use owlake_functions::registry::{Argument, BoundFunction, FunctionKind, find_kind, resolve_function};
use owlake_functions::types::TrinoType;
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    Expression, ExpressionKind, ExtractField, FunctionCall, Identifier, NullOrdering, OrderBy, ProcessingMode, QualifiedName,
    TrimSpecification,
};

use crate::error::EngineError;
use crate::ir::{AggregateCall, Column, Expr, ExprKind, Ordering};

use super::analyzer::{Analyzer, Clause, PendingGrouping, Place};
use super::coercion::coerced;
use super::expression_text::expression_text;
use super::failure::{Analysis, fail_at, mismatch, of_function, unsupported};
use super::grouping::GroupingCall;
use super::scope::{Field, Link, Scope, ScopeRole};
use super::structure::{are_same, are_same_optional, are_same_orderings, is_same_function};
use super::visit::{check_scalar, find, is_aggregate, is_window, texts};

const CALL_ARGUMENTS_MAX: usize = 127;
const GROUPING_ARGUMENTS_MAX: usize = 63;
/// With more arguments `grouping` gives bigint.
const GROUPING_ARGUMENTS_INTEGER_MAX: usize = 31;
/// No function of the library takes more lambdas, nor a lambda of more parameters.
const LAMBDAS_TRIED_MAX: usize = 3;
const LAMBDA_PARAMETERS_MAX: usize = 3;
/// How a lambda typer tells the registry that the analyzer itself failed; never seen by a client.
const LAMBDA_FAILED: &str = "LAMBDA_FAILED";

/// An argument on its way into a call.
enum Passed<'a> {
    Value(Expr),
    Lambda { parameters: &'a [Identifier], body: &'a Expression, location: Location },
}

impl<'a> Analyzer<'a> {
    pub(crate) fn function_call(&mut self, expression: &'a Expression, call: &'a FunctionCall, place: &Place<'a>) -> Analysis<Expr> {
        let at = expression.location;
        if let Some(typed) = self.pattern_call(expression, call, place)? {
            return Ok(typed);
        }
        self.check_call_clauses(call, at)?;
        if call.name.parts.len() > 1 {
            return Err(self.qualified_call(call, at, place));
        }
        let name = call.name.suffix();
        let kind = find_kind(&name);
        if let Some(window) = &call.window {
            return self.window_call(expression, call, window, place);
        }
        if kind == Some(FunctionKind::Window) {
            return Err(fail_at(at, "MISSING_OVER", format!("Window function {name} requires an OVER clause")));
        }
        if kind == Some(FunctionKind::Aggregate) {
            return self.aggregate_call(call, at, place);
        }
        if call.is_distinct {
            return Err(fail_at(at, "FUNCTION_NOT_AGGREGATE", "DISTINCT is not supported for non-aggregation functions"));
        }
        let (function, arguments) = self.resolve_call(call, at, place)?;
        if call.filter.is_some() {
            return Err(fail_at(at, "FUNCTION_NOT_AGGREGATE", "Filter is only valid for aggregation functions"));
        }
        if call.order_by.is_some() {
            return Err(fail_at(at, "FUNCTION_NOT_AGGREGATE", "ORDER BY is only valid for aggregation functions"));
        }
        if call.null_treatment.is_some() {
            return Err(fail_at(at, "NULL_TREATMENT_NOT_ALLOWED", format!("Cannot specify null treatment clause for {name} function")));
        }
        let data_type = function.return_type.clone();
        Ok(Expr { kind: ExprKind::Call { function, arguments }, data_type })
    }

    /// No function has a name of several parts; what is wrong with the arguments is found first.
    fn qualified_call(&mut self, call: &'a FunctionCall, at: Location, place: &Place<'a>) -> EngineError {
        let values = call.arguments.iter().filter(|argument| !matches!(argument.kind, ExpressionKind::Lambda { .. }));
        for argument in values {
            if let Err(failure) = self.expression(argument, place) {
                return failure;
            }
        }
        fail_at(at, "FUNCTION_NOT_FOUND", format!("Function '{}' not registered", call.name))
    }

    fn check_call_clauses(&self, call: &FunctionCall, at: Location) -> Analysis<()> {
        if let Some(label) = &call.star_label {
            let message = "label.* syntax is only supported as the only argument of row pattern count function";
            return Err(fail_at(label.location, "INVALID_FUNCTION_ARGUMENT", message));
        }
        if let Some(mode) = call.processing_mode {
            let mode = match mode {
                ProcessingMode::Running => "RUNNING",
                ProcessingMode::Final => "FINAL",
            };
            let message = format!("{mode} semantics is not supported out of pattern recognition context");
            return Err(fail_at(at, "INVALID_PROCESSING_MODE", message));
        }
        Ok(())
    }

    /// The function a call means and its arguments as the function takes them.
    pub(crate) fn resolve_call(
        &mut self,
        call: &'a FunctionCall,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<(Arc<BoundFunction>, Vec<Expr>)> {
        let passed = call
            .arguments
            .iter()
            .map(|argument| match &argument.kind {
                ExpressionKind::Lambda { .. } if place.labels.is_some() => {
                    Err(unsupported(argument.location, "Lambda expression in pattern recognition context is not yet supported"))
                }
                ExpressionKind::Lambda { arguments, body } => {
                    Ok(Passed::Lambda { parameters: arguments, body, location: argument.location })
                }
                _ => Ok(Passed::Value(self.expression(argument, place)?)),
            })
            .collect::<Analysis<Vec<_>>>()?;
        let name = call.name.suffix();
        if name == "listagg"
            && let Some(Passed::Value(value)) = passed.first()
            && !matches!(value.data_type, TrinoType::Varchar(_))
        {
            let text = call.arguments.first().map(expression_text).unwrap_or_default();
            return Err(mismatch(at, format!("Expected expression of varchar, but '{text}' has {} type", value.data_type)));
        }
        let function = self.resolve_passed(&name, &passed, at, place)?;
        if passed.len() > CALL_ARGUMENTS_MAX {
            return Err(fail_at(at, "TOO_MANY_ARGUMENTS", format!("Too many arguments for function call {name}()")));
        }
        let argument_types = function.argument_types.clone();
        let mut arguments = Vec::with_capacity(passed.len());
        for (passed, to) in passed.into_iter().zip(&argument_types) {
            arguments.push(match passed {
                Passed::Value(value) => coerced(value, to),
                Passed::Lambda { parameters, body, location } => {
                    let TrinoType::Function(parameter_types, result) = to else {
                        return Err(mismatch(location, "Lambda expression should always be used inside a function"));
                    };
                    let lambda = self.lambda(parameters, body, location, parameter_types, place)?;
                    coerce_lambda(lambda, result, to)
                }
            });
        }
        Ok((Arc::new(function), arguments))
    }

    fn resolve_passed(&mut self, name: &str, passed: &[Passed<'a>], at: Location, place: &Place<'a>) -> Analysis<BoundFunction> {
        let arguments: Vec<Argument> = passed
            .iter()
            .map(|passed| match passed {
                Passed::Value(value) => Argument::Value(value.data_type.clone()),
                Passed::Lambda { parameters, .. } => Argument::Lambda { parameters: parameters.len() },
            })
            .collect();
        let failure = match self.resolve_arguments(name, &arguments, passed, at, place) {
            Ok(function) => return Ok(function),
            Err(failure) => failure,
        };
        // A lambda with the wrong number of parameters is told so, rather than that the function takes no such lambda.
        if failure.name == "FUNCTION_NOT_FOUND" {
            for counts in other_parameter_counts(&arguments) {
                if let Err(other) = self.resolve_arguments(name, &counts, passed, at, place)
                    && other.name == "INVALID_PARAMETER_USAGE"
                {
                    return Err(other);
                }
            }
        }
        Err(failure)
    }

    fn resolve_arguments(
        &mut self,
        name: &str,
        arguments: &[Argument],
        passed: &[Passed<'a>],
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<BoundFunction> {
        let mut failure: Option<EngineError> = None;
        let mut type_lambda = |position: usize, types: &[TrinoType]| -> Result<TrinoType, FunctionError> {
            let Some(Passed::Lambda { parameters, body, location }) = passed.get(position) else {
                return Err(FunctionError::internal("a value stands where a lambda should"));
            };
            match self.lambda(parameters, body, *location, types, place) {
                Ok(lambda) => match lambda.data_type {
                    TrinoType::Function(_, result) => Ok(result.as_ref().clone()),
                    other => Ok(other),
                },
                Err(error) => {
                    failure = Some(error);
                    Err(FunctionError::new(LAMBDA_FAILED, ""))
                }
            }
        };
        resolve_function(name, arguments, &mut type_lambda).map_err(|error| match failure.take() {
            Some(failure) if error.name == LAMBDA_FAILED => failure,
            _ => of_function(at, &error),
        })
    }

    /// A lambda over parameters of known types.
    fn lambda(
        &mut self,
        parameters: &'a [Identifier],
        body: &'a Expression,
        at: Location,
        types: &[TrinoType],
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        check_scalar(body, "Lambda expression")?;
        if parameters.len() != types.len() {
            let message = format!("Expected a lambda that takes {} argument(s) but got {}", types.len(), parameters.len());
            return Err(fail_at(at, "INVALID_PARAMETER_USAGE", message));
        }
        let columns: Vec<Column> = types.iter().map(|data_type| self.fresh_column(data_type)).collect();
        let fields = parameters.iter().zip(&columns).map(|(name, column)| Field {
            relation_alias: None,
            name: Some(name.value.as_str().into()),
            symbol: column.symbol,
            data_type: column.data_type.clone(),
            is_hidden: false,
        });
        let scope = std::rc::Rc::new(Scope {
            fields: fields.collect(),
            parent: Some((std::rc::Rc::clone(&place.scope), Link::Local)),
            level: place.scope.level,
            role: ScopeRole::Lambda,
            named_queries: std::collections::HashMap::new(),
        });
        let inner = Place { scope, is_in_lambda: true, ..place.clone() };
        let body = self.expression(body, &inner)?;
        let data_type = TrinoType::Function(types.to_vec().into(), Arc::new(body.data_type.clone()));
        Ok(Expr { kind: ExprKind::Lambda { parameters: columns, body: Box::new(body) }, data_type })
    }

    /// A call of a function the analyzer itself names, over typed arguments.
    pub(crate) fn call_by_name(&mut self, name: &str, arguments: Vec<Expr>, at: Location) -> Analysis<Expr> {
        let types: Vec<Argument> = arguments.iter().map(|argument| Argument::Value(argument.data_type.clone())).collect();
        let mut no_lambda = |_: usize, _: &[TrinoType]| Err(FunctionError::internal("no lambda was passed"));
        let function = resolve_function(name, &types, &mut no_lambda).map_err(|error| of_function(at, &error))?;
        let arguments = arguments.into_iter().zip(&function.argument_types).map(|(argument, to)| coerced(argument, to)).collect();
        let data_type = function.return_type.clone();
        Ok(Expr { kind: ExprKind::Call { function: Arc::new(function), arguments }, data_type })
    }

    /// An aggregate: noted with the SELECT it belongs to; its value is a column of what follows.
    fn aggregate_call(&mut self, call: &'a FunctionCall, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let name = call.name.suffix();
        let collects = matches!(place.clause, Clause::Select | Clause::Having | Clause::OrderBy) && !self.selects.is_empty();
        if !collects {
            if let Some(call) = self.nested_failure(call, at)? {
                return Err(call);
            }
            let text = format!("{name}(…)");
            return Err(fail_at(at, "EXPRESSION_NOT_SCALAR", format!("aggregation is not allowed here: {text}")));
        }
        if let Some(failure) = self.nested_failure(call, at)? {
            return Err(failure);
        }
        let refuses = |message| (place.clause == Clause::OrderBy).then_some((place.scope.level, message));
        let inner = place.with_clause(Clause::Plain);
        let outer_refusal = self.shared.refused_outputs;
        self.shared.refused_outputs =
            refuses("Invalid reference to output projection attribute from ORDER BY aggregation").or(outer_refusal);
        let filter = match &call.filter {
            Some(filter) => {
                let typed = self.expression(filter, &inner)?;
                if typed.data_type != TrinoType::Boolean && typed.data_type != TrinoType::Unknown {
                    return Err(mismatch(
                        filter.location,
                        format!("FILTER clause must evaluate to a boolean: actual type {}", typed.data_type),
                    ));
                }
                Some(coerced(typed, &TrinoType::Boolean))
            }
            None => None,
        };
        let (function, arguments) = self.resolve_call(call, at, &inner)?;
        self.shared.refused_outputs =
            refuses("ORDER BY clause in aggregation function must not reference query output columns").or(outer_refusal);
        let order_by = match &call.order_by {
            Some(order_by) => self.aggregate_order_by(order_by, at, &inner)?,
            None => Vec::new(),
        };
        self.shared.refused_outputs = outer_refusal;
        if call.null_treatment.is_some() {
            return Err(fail_at(at, "NULL_TREATMENT_NOT_ALLOWED", format!("Cannot specify null treatment clause for {name} function")));
        }
        if call.is_distinct {
            if let Some(refused) = function.argument_types.iter().find(|data_type| !data_type.is_comparable()) {
                return Err(mismatch(at, format!("DISTINCT can only be applied to comparable types (actual: {refused})")));
            }
            for (ordering, item) in order_by.iter().zip(call.order_by.iter().flat_map(|order_by| &order_by.items)) {
                let is_argument = arguments.iter().any(|argument| super::structure::is_same(uncast(argument), &ordering.expr));
                if !is_argument {
                    let message = "For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments";
                    return Err(fail_at(item.expression.location, "EXPRESSION_NOT_IN_DISTINCT", message));
                }
            }
        }
        let data_type = function.return_type.clone();
        let output = self.fresh_column(&data_type);
        let aggregate = AggregateCall { output, function, arguments, is_distinct: call.is_distinct, filter, order_by };
        let Some(select) = self.selects.last_mut() else {
            return Err(EngineError::internal("an aggregate outside of a SELECT"));
        };
        let existing = select.aggregates.iter().find(|existing| is_same_aggregate(existing, &aggregate));
        let symbol = match existing {
            Some(existing) => existing.output.symbol,
            None => {
                let symbol = aggregate.output.symbol;
                select.aggregates.push(aggregate);
                symbol
            }
        };
        Ok(Expr { kind: ExprKind::Column(symbol), data_type })
    }

    /// NESTED_AGGREGATION and NESTED_WINDOW.
    fn nested_failure(&self, call: &'a FunctionCall, at: Location) -> Analysis<Option<EngineError>> {
        let name = &call.name;
        let aggregates: Vec<&Expression> = call.arguments.iter().flat_map(|argument| find(argument, &is_aggregate)).collect();
        if !aggregates.is_empty() {
            let message = format!("Cannot nest aggregations inside aggregation '{name}': [{}]", texts(&aggregates));
            return Ok(Some(fail_at(at, "NESTED_AGGREGATION", message)));
        }
        let windows: Vec<&Expression> = call.arguments.iter().flat_map(|argument| find(argument, &is_window)).collect();
        if !windows.is_empty() {
            let message =
                format!("Cannot nest window functions or row pattern measures inside aggregation '{name}': [{}]", texts(&windows));
            return Ok(Some(fail_at(at, "NESTED_WINDOW", message)));
        }
        Ok(None)
    }

    fn aggregate_order_by(&mut self, order_by: &'a OrderBy, at: Location, place: &Place<'a>) -> Analysis<Vec<Ordering>> {
        let mut orderings = Vec::with_capacity(order_by.items.len());
        for item in &order_by.items {
            let expr = self.expression(&item.expression, place)?;
            if !expr.data_type.is_orderable() {
                return Err(mismatch(at, format!("ORDER BY can only be applied to orderable types (actual: {})", expr.data_type)));
            }
            orderings.push(ordering(expr, item.is_descending, item.nulls));
        }
        Ok(orderings)
    }

    /// `GROUPING(a, b)`: a placeholder until the grouping sets are known.
    pub(crate) fn grouping(&mut self, names: &'a [QualifiedName], at: Location, place: &Place<'a>) -> Analysis<Expr> {
        if names.len() > GROUPING_ARGUMENTS_MAX {
            let message = format!("GROUPING supports up to {GROUPING_ARGUMENTS_MAX} column arguments");
            return Err(fail_at(at, "TOO_MANY_ARGUMENTS", message));
        }
        let mut arguments = Vec::with_capacity(names.len());
        let mut reads_output = false;
        for name in names {
            let parts: Vec<&str> = name.parts.iter().map(|part| part.value.as_str()).collect();
            let text = name.to_string();
            // A row's field is no column: it resolves by its base and is then found to be no grouping column.
            let resolved = (1..=parts.len()).rev().find_map(|length| match place.scope.resolve(&parts[..length]) {
                Ok(found) => found.map(Ok),
                Err(ambiguous) => Some(Err(ambiguous)),
            });
            match resolved {
                Some(Ok(resolved)) => {
                    reads_output |= resolved.role == ScopeRole::Output;
                    self.note_reference(&resolved, name.location(), || text.clone());
                    let column = Expr { kind: ExprKind::Column(resolved.field.symbol), data_type: resolved.field.data_type.clone() };
                    let is_whole = resolved.field.is_named(&parts);
                    arguments.push(if is_whole { column } else { super::expression::not(column) });
                }
                Some(Err(_)) => return Err(fail_at(name.location(), "AMBIGUOUS_NAME", format!("Column '{text}' is ambiguous"))),
                // Trino resolves these names without a place. Ref: measured on Trino 401.
                None => return Err(EngineError::engine("COLUMN_NOT_FOUND", self.column_missing_text(&text))),
            }
        }
        let data_type = if names.len() <= GROUPING_ARGUMENTS_INTEGER_MAX { TrinoType::Integer } else { TrinoType::Bigint };
        let placeholder = self.fresh_column(&data_type);
        let expr = Expr { kind: ExprKind::Column(placeholder.symbol), data_type };
        let Some(select) = self.selects.last_mut() else {
            return Err(unsupported(at, "GROUPING is not allowed here"));
        };
        select.grouping_calls.push(PendingGrouping {
            call: GroupingCall { placeholder, arguments },
            argument_texts: names.iter().map(ToString::to_string).collect(),
            location: at,
            reads_output,
        });
        Ok(expr)
    }

    pub(crate) fn extract(&mut self, field: ExtractField, value: &'a Expression, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let typed = self.expression(value, place)?;
        let refuse = |data_type: &TrinoType| mismatch(value.location, format!("Cannot extract {} from {data_type}", field.keyword()));
        let is_temporal = matches!(
            typed.data_type,
            TrinoType::Date
                | TrinoType::Time(_)
                | TrinoType::TimeWithTimeZone(_)
                | TrinoType::Timestamp(_)
                | TrinoType::TimestampWithTimeZone(_)
                | TrinoType::IntervalDayToSecond
                | TrinoType::IntervalYearToMonth
        );
        if !is_temporal {
            return Err(refuse(&typed.data_type));
        }
        let data_type = typed.data_type.clone();
        let call = self.call_by_name(extract_function(field), vec![typed], at).map_err(|_| refuse(&data_type))?;
        // Nothing is coerced to have the field: a date has no hour. Ref: Trino 401 `ExpressionAnalyzer.visitExtract`.
        match &call.kind {
            ExprKind::Call { function, .. } if function.argument_types.first() != Some(&data_type) => Err(refuse(&data_type)),
            _ => Ok(call),
        }
    }

    pub(crate) fn at_time_zone(&mut self, value: &'a Expression, zone: &'a Expression, at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let typed = self.expression(value, place)?;
        let with_zone = match &typed.data_type {
            TrinoType::Time(precision) => TrinoType::TimeWithTimeZone(*precision),
            TrinoType::Timestamp(precision) => TrinoType::TimestampWithTimeZone(*precision),
            TrinoType::TimeWithTimeZone(_) | TrinoType::TimestampWithTimeZone(_) => typed.data_type.clone(),
            other => {
                let message = format!("Type of value must be a time or timestamp with or without time zone (actual {other})");
                return Err(mismatch(value.location, message));
            }
        };
        let zone = self.expression(zone, place)?;
        self.call_by_name("$at_timezone", vec![coerced(typed, &with_zone), zone], at)
    }

    pub(crate) fn format(&mut self, arguments: &'a [Expression], at: Location, place: &Place<'a>) -> Analysis<Expr> {
        let typed = self.expressions(arguments, place)?;
        if let (Some(first), Some(written)) = (typed.first(), arguments.first())
            && !matches!(first.data_type, TrinoType::Varchar(_))
        {
            return Err(mismatch(
                written.location,
                format!("Type of first argument to format() must be VARCHAR (actual: {})", first.data_type),
            ));
        }
        check_formatted(arguments, &typed)?;
        self.call_by_name("format", typed, at)
    }

    pub(crate) fn trim(
        &mut self,
        specification: TrimSpecification,
        source: &'a Expression,
        characters: Option<&'a Expression>,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let mut arguments = vec![self.expression(source, place)?];
        if let Some(characters) = characters {
            arguments.push(self.expression(characters, place)?);
        }
        let name = match specification {
            TrimSpecification::Both => "trim",
            TrimSpecification::Leading => "ltrim",
            TrimSpecification::Trailing => "rtrim",
        };
        self.call_by_name(name, arguments, at)
    }
}

/// Errors: NOT_SUPPORTED at the first value that `format` has no text for. Ref: Trino 401 `FormatFunction.validateType`.
fn check_formatted(written: &[Expression], typed: &[Expr]) -> Analysis<()> {
    for (argument, value) in written.iter().zip(typed).skip(1) {
        let has_text = match &value.data_type {
            TrinoType::Array(_) | TrinoType::Map(..) | TrinoType::Row(_) | TrinoType::Function(..) | TrinoType::Varbinary => false,
            TrinoType::HyperLogLog
            | TrinoType::P4HyperLogLog
            | TrinoType::Qdigest(_)
            | TrinoType::Tdigest
            | TrinoType::SetDigest
            | TrinoType::Color
            | TrinoType::Geometry
            | TrinoType::SphericalGeography
            | TrinoType::BingTile
            | TrinoType::JsonPath
            | TrinoType::Json2016 => false,
            TrinoType::Unknown
            | TrinoType::Boolean
            | TrinoType::Tinyint
            | TrinoType::Smallint
            | TrinoType::Integer
            | TrinoType::Bigint
            | TrinoType::Real
            | TrinoType::Double
            | TrinoType::Decimal { .. }
            | TrinoType::Varchar(_)
            | TrinoType::Char(_)
            | TrinoType::Date
            | TrinoType::Time(_)
            | TrinoType::TimeWithTimeZone(_)
            | TrinoType::Timestamp(_)
            | TrinoType::TimestampWithTimeZone(_)
            | TrinoType::IntervalYearToMonth
            | TrinoType::IntervalDayToSecond
            | TrinoType::Json
            | TrinoType::Uuid
            | TrinoType::IpAddress => true,
        };
        if !has_text {
            return Err(unsupported(argument.location, format!("Type not supported for formatting: {}", value.data_type)));
        }
    }
    Ok(())
}

/// The arguments again, with other numbers of lambda parameters; nothing when there is no lambda.
fn other_parameter_counts(arguments: &[Argument]) -> Vec<Vec<Argument>> {
    let is_lambda = |argument: &&Argument| matches!(argument, Argument::Lambda { .. });
    let lambdas = arguments.iter().filter(is_lambda).count();
    if lambdas == 0 || lambdas > LAMBDAS_TRIED_MAX {
        return Vec::new();
    }
    let mut variants: Vec<Vec<Argument>> = vec![Vec::new()];
    for argument in arguments {
        let choices: Vec<Argument> = match argument {
            Argument::Value(_) => vec![argument.clone()],
            Argument::Lambda { .. } => (0..=LAMBDA_PARAMETERS_MAX).map(|parameters| Argument::Lambda { parameters }).collect(),
        };
        variants = variants
            .into_iter()
            .flat_map(|variant| choices.iter().map(move |choice| variant.iter().cloned().chain([choice.clone()]).collect()))
            .collect();
    }
    variants
}

/// A lambda whose body gives exactly what the function wants.
fn coerce_lambda(lambda: Expr, result: &TrinoType, function_type: &TrinoType) -> Expr {
    match lambda.kind {
        ExprKind::Lambda { parameters, body } => {
            Expr { kind: ExprKind::Lambda { parameters, body: Box::new(coerced(*body, result)) }, data_type: function_type.clone() }
        }
        kind => Expr { kind, data_type: lambda.data_type },
    }
}

fn uncast(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast { input, is_safe: false } => input,
        _ => expr,
    }
}

pub(crate) fn ordering(expr: Expr, is_descending: bool, nulls: NullOrdering) -> Ordering {
    Ordering { expr, is_descending, nulls_first: nulls == NullOrdering::First }
}

fn is_same_aggregate(left: &AggregateCall, right: &AggregateCall) -> bool {
    left.function.is_deterministic
        && is_same_function(&left.function, &right.function)
        && left.is_distinct == right.is_distinct
        && are_same(&left.arguments, &right.arguments)
        && are_same_optional(left.filter.as_ref(), right.filter.as_ref())
        && are_same_orderings(&left.order_by, &right.order_by)
}

fn extract_function(field: ExtractField) -> &'static str {
    match field {
        ExtractField::Year => "year",
        ExtractField::Quarter => "quarter",
        ExtractField::Month => "month",
        ExtractField::Week => "week",
        ExtractField::Day | ExtractField::DayOfMonth => "day",
        ExtractField::DayOfWeek | ExtractField::Dow => "day_of_week",
        ExtractField::DayOfYear | ExtractField::Doy => "day_of_year",
        ExtractField::YearOfWeek | ExtractField::Yow => "year_of_week",
        ExtractField::Hour => "hour",
        ExtractField::Minute => "minute",
        ExtractField::Second => "second",
        ExtractField::TimezoneMinute => "timezone_minute",
        ExtractField::TimezoneHour => "timezone_hour",
    }
}
