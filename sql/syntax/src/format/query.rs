//! How are queries printed? One clause a line, indented by three spaces a level.

use super::printer::Printer;
use crate::trino::ast::{
    Expression, GroupBy, GroupingElement, Limit, Query, QueryBody, QueryBodyKind, QuerySpecification, RowCount, SelectItem, SetQuantifier,
    With,
};

/// One level of indentation.
const INDENT: &str = "   ";

impl Printer {
    /// Prints a query at a level of indentation.
    pub fn query(&mut self, query: &Query, level: usize) {
        if let Some(with) = &query.with {
            self.with(with, level);
        }
        self.query_body(&query.body, level);
        if let Some(order_by) = &query.order_by {
            self.indent(level);
            self.order_by(order_by);
            self.text("\n");
        }
        if let Some(offset) = &query.offset {
            self.indented(level, "OFFSET ");
            self.row_count(&offset.rows);
            self.text(" ROWS\n");
        }
        if let Some(limit) = &query.limit {
            self.indent(level);
            self.limit(limit);
            self.text("\n");
        }
    }

    pub(super) fn indent(&mut self, level: usize) {
        for _ in 0..level {
            self.text(INDENT);
        }
    }

    pub(super) fn indented(&mut self, level: usize, text: &str) {
        self.indent(level);
        self.text(text);
    }

    fn with(&mut self, with: &With, level: usize) {
        self.indented(level, if with.is_recursive { "WITH RECURSIVE" } else { "WITH" });
        self.text("\n  ");
        self.separated(&with.queries, ", ", |printer, named| {
            printer.indent(level);
            printer.identifier(&named.name);
            if let Some(names) = &named.column_names {
                printer.text(" ");
                printer.column_names(names);
            }
            printer.text(" AS ");
            printer.subquery(&named.query, level);
            printer.text("\n");
        });
    }

    /// Prints `(query) ` with the query on lines of its own.
    pub(super) fn subquery(&mut self, query: &Query, level: usize) {
        self.text("(\n");
        self.query(query, level + 1);
        self.indented(level, ") ");
    }

    fn query_body(&mut self, body: &QueryBody, level: usize) {
        match &body.kind {
            QueryBodyKind::Select(specification) => self.query_specification(specification, level),
            QueryBodyKind::Table(name) => {
                self.text("TABLE ");
                self.name(name);
                self.text("\n");
            }
            QueryBodyKind::Values(rows) => {
                self.text(" VALUES ");
                for (position, row) in rows.iter().enumerate() {
                    self.text("\n");
                    self.indented(level, if position == 0 { "  " } else { ", " });
                    self.expression(row);
                }
                self.text("\n");
            }
            QueryBodyKind::SetOperation { operator, quantifier, inputs, .. } => {
                for (position, input) in inputs.iter().enumerate() {
                    if position > 0 {
                        self.text(operator.keyword());
                        self.text(if *quantifier == SetQuantifier::All { " ALL " } else { " " });
                    }
                    self.query_body(input, level);
                }
            }
            QueryBodyKind::Subquery(query) => self.subquery(query, level),
        }
    }

    fn query_specification(&mut self, specification: &QuerySpecification, level: usize) {
        self.indented(level, if specification.is_distinct { "SELECT DISTINCT" } else { "SELECT" });
        if let [item] = specification.select_items.as_slice() {
            self.text(" ");
            self.select_item(item);
        } else {
            for (position, item) in specification.select_items.iter().enumerate() {
                self.text("\n");
                self.indented(level, if position == 0 { "  " } else { ", " });
                self.select_item(item);
            }
        }
        self.text("\n");
        if let Some(from) = &specification.from {
            self.indented(level, "FROM\n");
            self.indented(level, "  ");
            self.relation(from, level);
        }
        self.text("\n");
        if let Some(condition) = &specification.where_clause {
            self.indented(level, "WHERE ");
            self.expression(condition);
            self.text("\n");
        }
        if let Some(group_by) = &specification.group_by {
            self.indent(level);
            self.group_by(group_by);
        }
        if let Some(condition) = &specification.having {
            self.indented(level, "HAVING ");
            self.expression(condition);
            self.text("\n");
        }
        if !specification.windows.is_empty() {
            self.indented(level, "WINDOW");
            self.definitions(&specification.windows, level + 1, |printer, definition| {
                printer.identifier(&definition.name);
                printer.text(" AS ");
                printer.window_specification(&definition.window);
            });
        }
    }

    /// Prints definitions: one on the same line, or each on a line of its own.
    pub(super) fn definitions<T>(&mut self, items: &[T], level: usize, mut print: impl FnMut(&mut Self, &T)) {
        if let [item] = items {
            self.text(" ");
            print(self, item);
            self.text("\n");
            return;
        }
        self.text("\n");
        for (position, item) in items.iter().enumerate() {
            self.indent(level);
            print(self, item);
            self.text(if position + 1 < items.len() { ",\n" } else { "\n" });
        }
    }

    fn select_item(&mut self, item: &SelectItem) {
        match item {
            SelectItem::Expression { expression, alias, .. } => {
                self.expression(expression);
                if let Some(alias) = alias {
                    self.text(" ");
                    self.identifier(alias);
                }
            }
            SelectItem::All { target, aliases, .. } => {
                if let Some(target) = target {
                    self.expression(target);
                    self.text(".");
                }
                self.text("*");
                if !aliases.is_empty() {
                    self.text(" AS ");
                    self.column_names(aliases);
                }
            }
        }
    }

    fn group_by(&mut self, group_by: &GroupBy) {
        self.text("GROUP BY ");
        if group_by.quantifier == SetQuantifier::Distinct {
            self.text(" DISTINCT ");
        }
        self.separated(&group_by.elements, ", ", |printer, element| match element {
            GroupingElement::Simple { expressions, .. } => match expressions.as_slice() {
                [expression] => printer.expression(expression),
                several => {
                    printer.text("(");
                    printer.expressions(several);
                    printer.text(")");
                }
            },
            GroupingElement::Rollup { sets, .. } => printer.grouping_sets("ROLLUP (", sets, GroupingParentheses::WhereNeeded),
            GroupingElement::Cube { sets, .. } => printer.grouping_sets("CUBE (", sets, GroupingParentheses::WhereNeeded),
            GroupingElement::GroupingSets { sets, .. } => {
                printer.grouping_sets("GROUPING SETS (", sets, GroupingParentheses::Always);
            }
        });
        self.text("\n");
    }

    fn grouping_sets(&mut self, before: &str, sets: &[Vec<Expression>], parentheses: GroupingParentheses) {
        self.text(before);
        self.separated(sets, ", ", |printer, set| {
            if set.len() == 1 && parentheses == GroupingParentheses::WhereNeeded {
                printer.expressions(set);
            } else {
                printer.text("(");
                printer.expressions(set);
                printer.text(")");
            }
        });
        self.text(")");
    }

    fn limit(&mut self, limit: &Limit) {
        match limit {
            Limit::Rows { rows, .. } => {
                self.text("LIMIT ");
                self.row_count(rows);
            }
            Limit::All { .. } => self.text("LIMIT ALL"),
            Limit::Fetch { rows, with_ties, .. } => {
                self.text("FETCH FIRST ");
                match rows {
                    Some(rows) => {
                        self.row_count(rows);
                        self.text(" ROWS ");
                    }
                    None => self.text("ROW "),
                }
                self.text(if *with_ties { "WITH TIES" } else { "ONLY" });
            }
        }
    }

    fn row_count(&mut self, rows: &RowCount) {
        match rows {
            RowCount::Number(digits, _) => self.text(digits),
            RowCount::Parameter(..) => self.text("?"),
        }
    }
}

/// Whether a grouping set of one expression is printed in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GroupingParentheses {
    Always,
    WhereNeeded,
}
