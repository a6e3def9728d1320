//! Which rows does a window function see? Named windows, specifications and frames. Ref: Trino 401 `StatementAnalyzer.resolveWindowSpecification`, `ExpressionAnalyzer.analyzeWindow`.

use std::rc::Rc;

use owlake_functions::registry::{FunctionKind, Operator, resolve_operator};
use owlake_functions::types::TrinoType;
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    Expression, FrameBound as WrittenBound, FrameUnit as WrittenUnit, FunctionCall, Identifier, NullTreatment, OrderBy, Window,
    WindowFrame, WindowSpecification,
};

use crate::error::EngineError;
use crate::ir::{Expr, ExprKind, Frame, FrameBound, FrameUnit, Ordering, WindowCall};

use super::analyzer::{Analyzer, Clause, PendingWindow, Place};
use super::calls::ordering;
use super::coercion::coerced;
use super::failure::{Analysis, fail_at, mismatch, unsupported};
use super::pattern_windows::{FramePattern, reads_frame};
use super::structure::{are_same, are_same_optional, are_same_orderings, is_same_bound, is_same_function};
use super::visit::{find, is_window, window_parts};

/// A window with what it takes over from the named ones.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedWindow<'a> {
    pub partition_by: &'a [Expression],
    pub order_by: Option<&'a OrderBy>,
    pub frame: Option<&'a WindowFrame>,
    /// Where the specification or the reference to it stands.
    pub location: Location,
    /// What was written in the WINDOW clause, where names mean columns of the source wherever the window is used.
    pub inherited: Inherited,
}

impl ResolvedWindow<'_> {
    /// Where the offset of a frame's start or end stands; the window itself without one.
    pub(crate) fn offset_location(&self, is_start: bool) -> Location {
        let bound = self.frame.and_then(|frame| if is_start { Some(&frame.start) } else { frame.end.as_ref() });
        match bound {
            Some(WrittenBound::Preceding(value, _) | WrittenBound::Following(value, _)) => value.location,
            _ => self.location,
        }
    }
}

/// Parts of a window that a named one brings.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Inherited {
    pub partition_by: bool,
    pub order_by: bool,
    pub frame: bool,
}

/// A window's parts.
#[derive(Debug)]
pub(crate) struct TypedWindow {
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<Ordering>,
    pub frame: Frame,
    pub pattern: Option<FramePattern>,
}

/// Names of windows are folded unless quoted; the comparison is exact then.
pub(crate) fn window_key(name: &Identifier) -> String {
    if name.is_delimited { name.value.clone() } else { name.value.to_uppercase() }
}

impl<'a> Analyzer<'a> {
    /// Reads a WINDOW clause's definition: resolves it and finds what is wrong with it even when nobody uses it.
    pub(crate) fn window_definition(
        &mut self,
        name: &'a Identifier,
        specification: &'a WindowSpecification,
        at: Location,
        place: &Place<'a>,
    ) -> Analysis<()> {
        let key = window_key(name);
        let window = {
            let Some(select) = self.selects.last() else { return Err(EngineError::internal("a WINDOW clause outside of a SELECT")) };
            if select.windows.contains_key(&key) {
                return Err(fail_at(at, "DUPLICATE_WINDOW_NAME", format!("WINDOW name '{}' specified more than once", name.value)));
            }
            resolve_specification(&select.windows, specification)?
        };
        self.typed_window(&window, Some(specification), place)?;
        if let Some(select) = self.selects.last_mut() {
            select.windows.insert(key, window);
        }
        Ok(())
    }

    pub(crate) fn window_call(
        &mut self,
        expression: &'a Expression,
        call: &'a FunctionCall,
        window: &'a Window,
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let at = expression.location;
        if !matches!(place.clause, Clause::Select | Clause::OrderBy) || self.selects.is_empty() {
            return Err(fail_at(at, "EXPRESSION_NOT_SCALAR", "window functions are not allowed here"));
        }
        let (resolved, own) = self.resolve_window(window)?;
        let parts = self.typed_window(&resolved, own, place)?;
        if let Some(filter) = &call.filter {
            self.expression(filter, place)?;
        }
        let nested: Vec<&Expression> = call.arguments.iter().flat_map(|argument| find(argument, &is_window)).collect();
        if let Some(first) = nested.first() {
            let message = "Cannot nest window functions or row pattern measures inside window function arguments";
            return Err(fail_at(first.location, "NESTED_WINDOW", message));
        }
        let (function, arguments) = self.resolve_call(call, at, place)?;
        if call.is_distinct
            && let Some(refused) = function.argument_types.iter().find(|data_type| !data_type.is_comparable())
        {
            return Err(mismatch(at, format!("DISTINCT can only be applied to comparable types (actual: {refused})")));
        }
        if let Err(refusal) = self.check_window_call(expression, call, function.kind, &resolved, parts.order_by.is_empty())
            && let Some(select) = self.selects.last_mut()
        {
            select.window_refusal.get_or_insert(refusal);
        }
        let ignore_nulls = call.null_treatment == Some(NullTreatment::Ignore);
        let has_pattern = parts.pattern.is_some();
        if has_pattern && reads_frame(&function) {
            return self.pattern_window_call(function, arguments, ignore_nulls, &resolved, parts, place.clause);
        }
        let TypedWindow { partition_by, order_by, frame, .. } = parts;
        let frame = if has_pattern { Frame::default() } else { frame };
        let data_type = function.return_type.clone();
        let typed = WindowCall {
            output: self.fresh_column(&data_type),
            function,
            arguments,
            ignore_nulls,
            partition_by,
            order_by,
            frame,
            filter: None,
            is_distinct: false,
        };
        let Some(select) = self.selects.last_mut() else { return Err(EngineError::internal("a window outside of a SELECT")) };
        let existing = select.window_calls.iter().find(|pending| is_same_window(&pending.call, &typed));
        let symbol = match existing {
            Some(existing) => existing.call.output.symbol,
            None => {
                let symbol = typed.output.symbol;
                let pending = PendingWindow { call: typed, window: resolved };
                match place.clause {
                    Clause::OrderBy => select.order_by_window_calls.push(pending),
                    _ => select.window_calls.push(pending),
                }
                symbol
            }
        };
        Ok(Expr { kind: ExprKind::Column(symbol), data_type })
    }

    /// What a call may not have over its window. These are found once all expressions and groups of the SELECT are sound.
    /// Ref: Trino 401 `StatementAnalyzer.analyzeWindowFunctions`.
    fn check_window_call(
        &self,
        expression: &Expression,
        call: &FunctionCall,
        kind: FunctionKind,
        window: &ResolvedWindow<'a>,
        is_unordered: bool,
    ) -> Analysis<()> {
        let at = expression.location;
        let name = call.name.suffix();
        let select_location = self.selects.last().map_or(at, |select| select.location);
        if call.filter.is_some() {
            return Err(unsupported(select_location, "FILTER is not yet supported for window functions"));
        }
        if call.order_by.is_some() {
            return Err(unsupported(at, "Window function with ORDER BY is not supported"));
        }
        if call.is_distinct {
            let text = super::expression_text::expression_text(expression);
            return Err(unsupported(select_location, format!("DISTINCT in window function parameters not yet supported: {text}")));
        }
        if matches!(name.as_str(), "lag" | "lead") {
            if is_unordered {
                let message = format!("{name} function requires an ORDER BY window clause");
                return Err(fail_at(window.location, "MISSING_ORDER_BY", message));
            }
            if let Some(frame) = window.frame {
                return Err(fail_at(frame.location, "INVALID_WINDOW_FRAME", format!("Cannot specify window frame for {name} function")));
            }
        }
        let is_value_function = matches!(name.as_str(), "first_value" | "last_value" | "nth_value" | "lag" | "lead");
        if call.null_treatment.is_some() && !is_value_function {
            return Err(fail_at(at, "NULL_TREATMENT_NOT_ALLOWED", format!("Cannot specify null treatment clause for {name} function")));
        }
        if kind == FunctionKind::Scalar {
            return Err(fail_at(select_location, "FUNCTION_NOT_WINDOW", format!("Not a window function: {name}")));
        }
        Ok(())
    }

    /// What a window means, and the specification when one is written here.
    pub(crate) fn resolve_window(&self, window: &'a Window) -> Analysis<(ResolvedWindow<'a>, Option<&'a WindowSpecification>)> {
        match window {
            Window::Reference(name) => Ok((self.named_window(name)?, None)),
            Window::Specification(specification) => {
                let windows = self.selects.last().map(|select| &select.windows);
                let Some(windows) = windows else { return Err(EngineError::internal("a window outside of a SELECT")) };
                Ok((resolve_specification(windows, specification)?, Some(&**specification)))
            }
        }
    }

    fn named_window(&self, name: &Identifier) -> Analysis<ResolvedWindow<'a>> {
        let found = self.selects.last().and_then(|select| select.windows.get(&window_key(name)));
        let mut window = found.cloned().ok_or_else(|| unresolved(name))?;
        window.location = name.location;
        window.inherited = Inherited { partition_by: true, order_by: true, frame: true };
        Ok(window)
    }

    /// The typed parts of a window. `own` is what is written here: only that is searched for nested windows.
    pub(crate) fn typed_window(
        &mut self,
        window: &ResolvedWindow<'a>,
        own: Option<&'a WindowSpecification>,
        place: &Place<'a>,
    ) -> Analysis<TypedWindow> {
        if let Some(own) = own {
            let nested: Vec<&Expression> = window_parts(own).into_iter().flat_map(|part| find(part, &is_window)).collect();
            if let Some(first) = nested.first() {
                let message = "Cannot nest window functions or row pattern measures inside window specification";
                return Err(fail_at(first.location, "NESTED_WINDOW", message));
            }
        }
        let source = self.selects.last().map(|select| Rc::clone(&select.source));
        let defined = source.map_or_else(|| place.clone(), |scope| Place { scope, ..place.clone() });
        let place_of = |is_inherited: bool| if is_inherited { &defined } else { place };
        let mut partition_by = Vec::with_capacity(window.partition_by.len());
        for expression in window.partition_by {
            let typed = self.expression(expression, place_of(window.inherited.partition_by))?;
            if !typed.data_type.is_comparable() {
                let message =
                    format!("{} is not comparable, and therefore cannot be used in window function PARTITION BY", typed.data_type);
                return Err(mismatch(expression.location, message));
            }
            partition_by.push(typed);
        }
        let mut orderings = Vec::new();
        for item in window.order_by.iter().flat_map(|order_by| &order_by.items) {
            let typed = self.expression(&item.expression, place_of(window.inherited.order_by))?;
            if !typed.data_type.is_orderable() {
                let message = format!("{} is not orderable, and therefore cannot be used in window function ORDER BY", typed.data_type);
                return Err(mismatch(item.location, message));
            }
            orderings.push(ordering(typed, item.is_descending, item.nulls));
        }
        let (frame, pattern) = match window.frame {
            Some(frame) => {
                let place = place_of(window.inherited.frame);
                let pattern = self.pattern_frame(frame, place)?;
                (self.frame(frame, window, &orderings, place)?, pattern)
            }
            None => (Frame::default(), None),
        };
        Ok(TypedWindow { partition_by, order_by: orderings, frame, pattern })
    }

    fn frame(&mut self, frame: &'a WindowFrame, window: &ResolvedWindow<'a>, orderings: &[Ordering], place: &Place<'a>) -> Analysis<Frame> {
        check_bounds(frame)?;
        let start = self.bound(&frame.start, "start", frame, window, orderings, place)?;
        let end = match &frame.end {
            Some(end) => self.bound(end, "end", frame, window, orderings, place)?,
            None => FrameBound::CurrentRow,
        };
        let unit = match frame.unit {
            WrittenUnit::Rows => FrameUnit::Rows,
            WrittenUnit::Range => FrameUnit::Range,
            WrittenUnit::Groups => FrameUnit::Groups,
        };
        Ok(Frame { unit, start, end })
    }

    fn bound(
        &mut self,
        bound: &'a WrittenBound,
        side: &str,
        frame: &'a WindowFrame,
        window: &ResolvedWindow<'a>,
        orderings: &[Ordering],
        place: &Place<'a>,
    ) -> Analysis<FrameBound> {
        let (value, is_preceding) = match bound {
            WrittenBound::UnboundedPreceding(_) => return Ok(FrameBound::UnboundedPreceding),
            WrittenBound::UnboundedFollowing(_) => return Ok(FrameBound::UnboundedFollowing),
            WrittenBound::CurrentRow(_) => return Ok(FrameBound::CurrentRow),
            WrittenBound::Preceding(value, _) => (&**value, true),
            WrittenBound::Following(value, _) => (&**value, false),
        };
        let offset = match frame.unit {
            WrittenUnit::Range => self.range_offset(value, is_preceding, window, orderings, place)?,
            WrittenUnit::Rows | WrittenUnit::Groups => {
                let unit = if frame.unit == WrittenUnit::Rows { "ROWS" } else { "GROUPS" };
                if frame.unit == WrittenUnit::Groups && orderings.is_empty() {
                    let message = "Window frame of type GROUPS PRECEDING or FOLLOWING requires ORDER BY";
                    return Err(fail_at(window.location, "MISSING_ORDER_BY", message));
                }
                let typed = self.expression(value, place)?;
                let is_whole = typed.data_type.is_integral() || matches!(typed.data_type, TrinoType::Decimal { scale: 0, .. });
                if !is_whole {
                    let message = format!(
                        "Window frame {unit} {side} value type must be exact numeric type with scale 0 (actual {})",
                        typed.data_type
                    );
                    return Err(mismatch(value.location, message));
                }
                typed
            }
        };
        Ok(if is_preceding { FrameBound::Preceding(offset) } else { FrameBound::Following(offset) })
    }

    fn range_offset(
        &mut self,
        value: &'a Expression,
        is_preceding: bool,
        window: &ResolvedWindow<'a>,
        orderings: &[Ordering],
        place: &Place<'a>,
    ) -> Analysis<Expr> {
        let Some(order_by) = window.order_by else {
            let message = "Window frame of type RANGE PRECEDING or FOLLOWING requires ORDER BY";
            return Err(fail_at(window.location, "MISSING_ORDER_BY", message));
        };
        let ([key], [item]) = (orderings, order_by.items.as_slice()) else {
            let message = format!(
                "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY (actual: {})",
                order_by.items.len()
            );
            return Err(fail_at(order_by.location, "INVALID_ORDER_BY", message));
        };
        let key_type = &key.expr.data_type;
        if !key_type.is_numeric() && !is_datetime(key_type) {
            let message = format!(
                "Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be numeric, datetime or interval (actual: {key_type})"
            );
            return Err(mismatch(item.expression.location, message));
        }
        let offset = self.expression(value, place)?;
        let refuse = |offset_type: &TrinoType| {
            let message = format!("Window frame RANGE value type ({offset_type}) not compatible with sort item type ({key_type})");
            mismatch(value.location, message)
        };
        let fits = if key_type.is_numeric() {
            offset.data_type.is_numeric()
        } else {
            matches!(offset.data_type, TrinoType::IntervalDayToSecond | TrinoType::IntervalYearToMonth)
        };
        if !fits {
            return Err(refuse(&offset.data_type));
        }
        let operator = if is_preceding != key.is_descending { Operator::Subtract } else { Operator::Add };
        let function = resolve_operator(operator, &[key_type.clone(), offset.data_type.clone()]).map_err(|_| refuse(&offset.data_type))?;
        let to = function.argument_types.get(1).cloned().unwrap_or_else(|| offset.data_type.clone());
        Ok(coerced(offset, &to))
    }
}

fn is_datetime(data_type: &TrinoType) -> bool {
    matches!(
        data_type,
        TrinoType::Date
            | TrinoType::Time(_)
            | TrinoType::TimeWithTimeZone(_)
            | TrinoType::Timestamp(_)
            | TrinoType::TimestampWithTimeZone(_)
            | TrinoType::IntervalDayToSecond
            | TrinoType::IntervalYearToMonth
    )
}

fn unresolved(name: &Identifier) -> EngineError {
    fail_at(name.location, "INVALID_WINDOW_REFERENCE", format!("Cannot resolve WINDOW name {}", name.value))
}

fn resolve_specification<'a>(
    windows: &std::collections::HashMap<String, ResolvedWindow<'a>>,
    specification: &'a WindowSpecification,
) -> Analysis<ResolvedWindow<'a>> {
    let own = ResolvedWindow {
        partition_by: &specification.partition_by,
        order_by: specification.order_by.as_ref(),
        frame: specification.frame.as_ref(),
        location: specification.location,
        inherited: Inherited::default(),
    };
    let Some(name) = &specification.existing_window_name else { return Ok(own) };
    let base = windows.get(&window_key(name)).ok_or_else(|| unresolved(name))?;
    if let Some(first) = own.partition_by.first() {
        let message = "WINDOW specification with named WINDOW reference cannot specify PARTITION BY";
        return Err(fail_at(first.location, "INVALID_PARTITION_BY", message));
    }
    if let (Some(order_by), Some(_)) = (own.order_by, base.order_by) {
        let message = "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY";
        return Err(fail_at(order_by.location, "INVALID_ORDER_BY", message));
    }
    if base.frame.is_some() {
        let message = "Cannot reference named WINDOW containing frame specification";
        return Err(fail_at(name.location, "INVALID_WINDOW_REFERENCE", message));
    }
    let inherited = Inherited { partition_by: true, order_by: own.order_by.is_none(), frame: false };
    Ok(ResolvedWindow { partition_by: base.partition_by, order_by: own.order_by.or(base.order_by), inherited, ..own })
}

fn check_bounds(frame: &WindowFrame) -> Analysis<()> {
    let message = match (&frame.start, &frame.end) {
        (WrittenBound::UnboundedFollowing(_), _) => "Window frame start cannot be UNBOUNDED FOLLOWING",
        (_, Some(WrittenBound::UnboundedPreceding(_))) => "Window frame end cannot be UNBOUNDED PRECEDING",
        (WrittenBound::CurrentRow(_), Some(WrittenBound::Preceding(..))) => {
            "Window frame starting from CURRENT ROW cannot end with PRECEDING"
        }
        (WrittenBound::Following(..), Some(WrittenBound::Preceding(..))) => {
            "Window frame starting from FOLLOWING cannot end with PRECEDING"
        }
        (WrittenBound::Following(..), None | Some(WrittenBound::CurrentRow(_))) => {
            "Window frame starting from FOLLOWING cannot end with CURRENT ROW"
        }
        _ => return Ok(()),
    };
    Err(fail_at(frame.location, "INVALID_WINDOW_FRAME", message))
}

fn is_same_window(left: &WindowCall, right: &WindowCall) -> bool {
    left.function.is_deterministic
        && is_same_function(&left.function, &right.function)
        && left.ignore_nulls == right.ignore_nulls
        && are_same(&left.arguments, &right.arguments)
        && are_same(&left.partition_by, &right.partition_by)
        && are_same_orderings(&left.order_by, &right.order_by)
        && left.frame.unit == right.frame.unit
        && is_same_bound(&left.frame.start, &right.frame.start)
        && is_same_bound(&left.frame.end, &right.frame.end)
        && are_same_optional(left.filter.as_ref(), right.filter.as_ref())
}
