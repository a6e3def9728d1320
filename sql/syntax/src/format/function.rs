//! How are calls printed?

use super::printer::Printer;
use crate::trino::ast::{Expression, ExpressionKind, FunctionCall, NullTreatment, ProcessingMode};

impl Printer {
    pub(super) fn function_call(&mut self, call: &FunctionCall) {
        let name = call.name.to_string();
        if name == "listagg"
            && let [value, separator, is_error, filler, has_count] = call.arguments.as_slice()
        {
            return self.listagg(call, [value, separator, is_error, filler, has_count]);
        }
        if name == "normalize"
            && let [text, form] = call.arguments.as_slice()
            && let ExpressionKind::StringLiteral(form) = &form.kind
        {
            return self.normalize(text, form);
        }
        match call.processing_mode {
            Some(ProcessingMode::Running) => self.text("RUNNING "),
            Some(ProcessingMode::Final) => self.text("FINAL "),
            None => {}
        }
        self.name(&call.name);
        self.text("(");
        if call.is_distinct {
            self.text("DISTINCT ");
        }
        if let Some(label) = &call.star_label {
            self.identifier(label);
            self.text(".*");
        } else if call.arguments.is_empty() && call.null_treatment.is_none() && call.name.suffix() == "count" {
            self.text("*");
        } else {
            self.expressions(&call.arguments);
        }
        if let Some(order_by) = &call.order_by {
            self.text(" ");
            self.order_by(order_by);
        }
        self.text(")");
        self.call_clauses(call);
    }

    /// Prints null treatment, filter and window. They stand in the order the parser reads them.
    ///
    /// Deviation: the engine prints the null treatment before the filter, which it cannot read back.
    fn call_clauses(&mut self, call: &FunctionCall) {
        if let Some(filter) = &call.filter {
            self.text(" FILTER (WHERE ");
            self.expression(filter);
            self.text(")");
        }
        match call.null_treatment {
            Some(NullTreatment::Ignore) => self.text(" IGNORE NULLS"),
            Some(NullTreatment::Respect) => self.text(" RESPECT NULLS"),
            None => {}
        }
        if let Some(window) = &call.window {
            self.text(" OVER ");
            self.window(window);
        }
    }

    /// Prints `normalize(text, NFC)`.
    ///
    /// Deviation: the engine prints the form as a string, which it cannot read back.
    fn normalize(&mut self, text: &Expression, form: &str) {
        self.text("normalize(");
        self.expression(text);
        self.text(", ");
        self.text(form);
        self.text(")");
    }

    fn listagg(&mut self, call: &FunctionCall, arguments: [&Expression; 5]) {
        let [value, separator, is_error, filler, has_count] = arguments;
        let is_true = |expression: &Expression| expression.kind == ExpressionKind::BooleanLiteral(true);
        self.text("LISTAGG(");
        if call.is_distinct {
            self.text("DISTINCT ");
        }
        self.expression(value);
        self.text(", ");
        self.expression(separator);
        self.text(" ON OVERFLOW ");
        if is_true(is_error) {
            self.text(" ERROR");
        } else {
            self.text(" TRUNCATE ");
            self.expression(filler);
            self.text(if is_true(has_count) { " WITH COUNT" } else { " WITHOUT COUNT" });
        }
        self.text(")");
        if let Some(order_by) = &call.order_by {
            self.text(" WITHIN GROUP (");
            self.order_by(order_by);
            self.text(")");
        }
    }
}
