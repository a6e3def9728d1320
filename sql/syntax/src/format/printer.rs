//! Which trees can be printed, and under which reading of `1.5`?

use std::fmt::Write as _;

use crate::trino::ast::{CreateView, DataType, Expression, Identifier, QualifiedName, Query, RowPattern, ViewSecurity};

/// What an unquoted literal such as `1.5` is to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalLiterals {
    /// A double, printed `1.5E0`: Athena's setting.
    Double,
    /// A decimal, printed `DECIMAL '1.5'`: the setting of the engine's own tests.
    Decimal,
}

/// A printer and what it has printed.
#[derive(Debug)]
pub struct Printer {
    pub(super) out: String,
    pub(super) decimals: DecimalLiterals,
}

/// Prints an expression as Athena's messages do.
///
/// Ref: Trino 401 `ExpressionFormatter.formatExpression`.
#[must_use]
pub fn format_expression(expression: &Expression) -> String {
    let mut printer = Printer::new(DecimalLiterals::Double);
    printer.standalone(expression);
    printer.finish()
}

/// Prints a query over several lines, the last one ended.
///
/// Ref: Trino 401 `SqlFormatter.formatSql`.
#[must_use]
pub fn format_query(query: &Query) -> String {
    let mut printer = Printer::new(DecimalLiterals::Double);
    printer.query(query, 0);
    printer.finish()
}

/// Prints `CREATE VIEW … AS` and the query on the lines after it.
///
/// Ref: Trino 401 `SqlFormatter.visitCreateView`.
#[must_use]
pub fn format_create_view(view: &CreateView) -> String {
    let mut printer = Printer::new(DecimalLiterals::Double);
    printer.create_view(view);
    printer.finish()
}

/// Prints a type.
///
/// Ref: Trino 401 `ExpressionFormatter.visitGenericDataType` and its kin.
#[must_use]
pub fn format_type(data_type: &DataType) -> String {
    let mut printer = Printer::new(DecimalLiterals::Double);
    printer.data_type(data_type);
    printer.finish()
}

/// Prints a row pattern.
///
/// Ref: Trino 401 `RowPatternFormatter.formatPattern`.
#[must_use]
pub fn format_row_pattern(pattern: &RowPattern) -> String {
    let mut printer = Printer::new(DecimalLiterals::Double);
    printer.row_pattern(pattern);
    printer.finish()
}

impl Printer {
    /// A printer with nothing printed.
    #[must_use]
    pub const fn new(decimals: DecimalLiterals) -> Self {
        Self { out: String::new(), decimals }
    }

    /// What has been printed.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    /// Prints a view's statement.
    pub fn create_view(&mut self, view: &CreateView) {
        self.text("CREATE ");
        if view.is_replace {
            self.text("OR REPLACE ");
        }
        self.text("VIEW ");
        self.name(&view.name);
        if let Some(comment) = &view.comment {
            self.text(" COMMENT ");
            self.string(comment);
        }
        match view.security {
            Some(ViewSecurity::Definer) => self.text(" SECURITY DEFINER"),
            Some(ViewSecurity::Invoker) => self.text(" SECURITY INVOKER"),
            None => {}
        }
        self.text(" AS\n");
        self.query(&view.query, 0);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Prints a value with its own notation.
    pub(super) fn display(&mut self, value: impl std::fmt::Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{value}");
    }

    /// Prints a name: as written without quotes, or in quotes.
    pub(super) fn identifier(&mut self, identifier: &Identifier) {
        if identifier.is_delimited {
            self.out.push('"');
            self.out.push_str(&identifier.value.replace('"', "\"\""));
            self.out.push('"');
        } else {
            self.out.push_str(&identifier.value);
        }
    }

    /// Prints a dotted name.
    pub(super) fn name(&mut self, name: &QualifiedName) {
        self.separated(&name.parts, ".", Self::identifier);
    }

    /// Prints `(a, b)`.
    pub(super) fn column_names(&mut self, names: &[Identifier]) {
        self.text("(");
        self.separated(names, ", ", Self::identifier);
        self.text(")");
    }

    /// Prints items with a separator between them.
    pub(super) fn separated<T>(&mut self, items: &[T], separator: &str, mut print: impl FnMut(&mut Self, &T)) {
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.text(separator);
            }
            print(self, item);
        }
    }

    /// Prints expressions with commas between them.
    pub(super) fn expressions(&mut self, expressions: &[Expression]) {
        self.separated(expressions, ", ", Self::standalone);
    }
}
