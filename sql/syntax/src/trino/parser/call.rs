//! How is a function called? Arguments, `FILTER`, null treatment and `OVER`, and the calls with a syntax check.
//!
//! Ref: Trino 401 grammar alternative `functionCall`; messages of `AstBuilder.visitFunctionCall`.

use super::cursor::{Parsed, Parser};
use crate::location::Location;
use crate::trino::ast::{Expression, ExpressionKind, FunctionCall, Identifier, NullTreatment, OrderBy, ProcessingMode, QualifiedName};

impl Parser<'_> {
    /// Whether a dotted name followed by a parenthesis begins `distance` tokens ahead.
    fn is_call_ahead(&self, mut distance: usize) -> bool {
        while self.ahead(distance).is_identifier() {
            match self.ahead(distance + 1).word {
                "(" => return true,
                "." => distance += 2,
                _ => return false,
            }
        }
        false
    }

    /// Whether a call begins here.
    pub fn is_call(&self) -> bool {
        self.is_call_ahead(0)
    }

    /// Whether `RUNNING` or `FINAL` here stands before a call.
    pub fn is_processing_mode(&self) -> bool {
        self.is_call_ahead(1)
    }

    /// Reads a call.
    pub fn function_call(&mut self) -> Parsed<Expression> {
        let (location, start) = (self.location(), self.start());
        let processing_mode = match self.token().word {
            "RUNNING" if self.is_processing_mode() => Some(ProcessingMode::Running),
            "FINAL" if self.is_processing_mode() => Some(ProcessingMode::Final),
            _ => None,
        };
        if processing_mode.is_some() {
            self.advance();
        }
        let mut call = FunctionCall {
            name: self.qualified_name()?,
            arguments: Vec::new(),
            is_star: false,
            star_label: None,
            is_distinct: false,
            order_by: None,
            filter: None,
            null_treatment: None,
            processing_mode,
            window: None,
        };
        self.expect("(")?;
        self.arguments(&mut call)?;
        self.expect(")")?;
        self.call_clauses(&mut call)?;
        let kind = self.special_call(call, location);
        Ok(self.finish(kind, location, start))
    }

    /// Reads what stands between the parentheses.
    fn arguments(&mut self, call: &mut FunctionCall) -> Parsed<()> {
        if self.is("*") {
            self.advance();
            call.is_star = true;
            return Ok(());
        }
        if self.token().is_identifier() && self.ahead(1).is(".") && self.ahead(2).is("*") {
            call.star_label = Some(self.identifier()?);
            self.expect_sequence(&[".", "*"])?;
            call.is_star = true;
            return Ok(());
        }
        if !self.is(")") && !self.is("ORDER") {
            call.is_distinct = self.set_quantifier_of_arguments();
            call.arguments = self.comma_separated(Self::expression)?;
        }
        call.order_by = self.order_by()?;
        Ok(())
    }

    /// Reads `DISTINCT` or `ALL` before arguments; true for the former. `ALL` can also be a column's name.
    pub fn set_quantifier_of_arguments(&mut self) -> bool {
        if self.accept("DISTINCT") {
            return true;
        }
        let next = self.ahead(1);
        let is_name = matches!(next.word, ")" | "," | "." | "(" | "->" | "[" | "=" | "/" | "%" | "||");
        if self.is("ALL") && !is_name {
            self.advance();
        }
        false
    }

    /// Reads `FILTER`, null treatment and `OVER` after a call.
    fn call_clauses(&mut self, call: &mut FunctionCall) -> Parsed<()> {
        if self.is_sequence(&["FILTER", "("]) {
            self.at += 2;
            self.expect("WHERE")?;
            call.filter = Some(self.expression()?);
            self.expect(")")?;
        }
        if !call.is_star {
            call.null_treatment = match self.token().word {
                "IGNORE" if self.ahead(1).is("NULLS") => Some(NullTreatment::Ignore),
                "RESPECT" if self.ahead(1).is("NULLS") => Some(NullTreatment::Respect),
                _ => None,
            };
            if call.null_treatment.is_some() {
                self.at += 2;
                if !self.is_over_at(self.at) {
                    return self.unexpected();
                }
            }
        }
        if self.is_over_at(self.at) {
            self.advance();
            call.window = Some(self.window()?);
        }
        Ok(())
    }

    /// Turns the calls with a node of their own into it and notes what is wrong with them.
    fn special_call(&mut self, call: FunctionCall, location: Location) -> ExpressionKind {
        let (name, count) = match call.name.parts.as_slice() {
            [part] => (part.canonical(), call.arguments.len()),
            _ => return ExpressionKind::FunctionCall(Box::new(call)),
        };
        let wrong_count = match name.as_str() {
            "if" if !matches!(count, 2 | 3) => "Invalid number of arguments for 'if' function",
            "nullif" if count != 2 => "Invalid number of arguments for 'nullif' function",
            "coalesce" if count < 2 => "The 'coalesce' function must have at least two arguments",
            "try" if count != 1 => "The 'try' function must have exactly one argument",
            "format" if count < 2 => "The 'format' function must have at least two arguments",
            "if" | "nullif" | "coalesce" | "try" | "format" => "",
            _ => return ExpressionKind::FunctionCall(Box::new(call)),
        };
        self.check(wrong_count.is_empty(), location, wrong_count);
        for (is_present, text) in [
            (call.window.is_some(), "OVER clause not valid for"),
            (call.is_distinct, "DISTINCT not valid for"),
            (call.null_treatment.is_some(), "Null treatment clause not valid for"),
            (call.processing_mode.is_some(), "Running or final semantics not valid for"),
            (call.filter.is_some(), "FILTER not valid for"),
        ] {
            self.check(!is_present, location, &format!("{text} '{name}' function"));
        }
        special_kind(&name, call.arguments)
    }
}

/// The node of a call with a node of its own. A missing argument was noted as an error already.
fn special_kind(name: &str, arguments: Vec<Expression>) -> ExpressionKind {
    match name {
        "coalesce" => return ExpressionKind::Coalesce(arguments),
        "format" => return ExpressionKind::Format(arguments),
        _ => {}
    }
    let mut boxed = arguments.into_iter().map(Box::new);
    match (name, boxed.next(), boxed.next()) {
        ("if", Some(condition), Some(then)) => ExpressionKind::If { condition, then, otherwise: boxed.next() },
        ("nullif", Some(first), Some(second)) => ExpressionKind::NullIf { first, second },
        ("try", Some(value), None) => ExpressionKind::Try(value),
        _ => ExpressionKind::NullLiteral,
    }
}

/// A call of a built-in function by its name.
pub(super) fn plain_call(name: &str, arguments: Vec<Expression>, location: Location) -> FunctionCall {
    FunctionCall {
        name: QualifiedName { parts: vec![Identifier { value: name.to_owned(), is_delimited: false, location }] },
        arguments,
        is_star: false,
        star_label: None,
        is_distinct: false,
        order_by: None::<OrderBy>,
        filter: None,
        null_treatment: None,
        processing_mode: None,
        window: None,
    }
}
