//! How are orderings, windows and frames printed?

use super::printer::Printer;
use crate::trino::ast::{
    FrameBound, FrameUnit, MeasureDefinition, NullOrdering, OrderBy, PatternSearchMode, SortItem, SubsetDefinition, VariableDefinition,
    Window, WindowFrame, WindowSpecification,
};

impl Printer {
    /// Prints `ORDER BY …`; the direction is always printed.
    pub(super) fn order_by(&mut self, order_by: &OrderBy) {
        self.text("ORDER BY ");
        self.separated(&order_by.items, ", ", Self::sort_item);
    }

    fn sort_item(&mut self, item: &SortItem) {
        self.expression(&item.expression);
        self.text(if item.is_descending { " DESC" } else { " ASC" });
        match item.nulls {
            NullOrdering::First => self.text(" NULLS FIRST"),
            NullOrdering::Last => self.text(" NULLS LAST"),
            NullOrdering::Undefined => {}
        }
    }

    pub(super) fn window(&mut self, window: &Window) {
        match window {
            Window::Reference(name) => self.identifier(name),
            Window::Specification(specification) => self.window_specification(specification),
        }
    }

    pub(super) fn window_specification(&mut self, window: &WindowSpecification) {
        self.text("(");
        let mut separator = "";
        if let Some(name) = &window.existing_window_name {
            self.identifier(name);
            separator = " ";
        }
        if !window.partition_by.is_empty() {
            self.text(separator);
            self.text("PARTITION BY ");
            self.expressions(&window.partition_by);
            separator = " ";
        }
        if let Some(order_by) = &window.order_by {
            self.text(separator);
            self.order_by(order_by);
            separator = " ";
        }
        if let Some(frame) = &window.frame {
            self.text(separator);
            self.frame(frame);
        }
        self.text(")");
    }

    fn frame(&mut self, frame: &WindowFrame) {
        if !frame.measures.is_empty() {
            self.text("MEASURES ");
            self.separated(&frame.measures, ", ", Self::measure);
            self.text(" ");
        }
        self.text(match frame.unit {
            FrameUnit::Rows => "ROWS ",
            FrameUnit::Range => "RANGE ",
            FrameUnit::Groups => "GROUPS ",
        });
        if let Some(end) = &frame.end {
            self.text("BETWEEN ");
            self.frame_bound(&frame.start);
            self.text(" AND ");
            self.frame_bound(end);
        } else {
            self.frame_bound(&frame.start);
        }
        if let Some(skip) = &frame.after_match_skip {
            self.text(" ");
            self.after_match_skip(skip);
        }
        if let Some(mode) = frame.search_mode {
            self.text(" ");
            self.search_mode(mode);
        }
        if let Some(pattern) = &frame.pattern {
            self.text(" PATTERN(");
            self.row_pattern(pattern);
            self.text(")");
        }
        if !frame.subsets.is_empty() {
            self.text(" SUBSET ");
            self.separated(&frame.subsets, ", ", Self::subset);
        }
        if !frame.definitions.is_empty() {
            self.text(" DEFINE ");
            self.separated(&frame.definitions, ", ", Self::variable_definition);
        }
    }

    fn frame_bound(&mut self, bound: &FrameBound) {
        match bound {
            FrameBound::UnboundedPreceding(_) => self.text("UNBOUNDED PRECEDING"),
            FrameBound::Preceding(value, _) => {
                self.expression(value);
                self.text(" PRECEDING");
            }
            FrameBound::CurrentRow(_) => self.text("CURRENT ROW"),
            FrameBound::Following(value, _) => {
                self.expression(value);
                self.text(" FOLLOWING");
            }
            FrameBound::UnboundedFollowing(_) => self.text("UNBOUNDED FOLLOWING"),
        }
    }

    pub(super) fn search_mode(&mut self, mode: PatternSearchMode) {
        self.text(match mode {
            PatternSearchMode::Initial(_) => "INITIAL",
            PatternSearchMode::Seek(_) => "SEEK",
        });
    }

    pub(super) fn measure(&mut self, measure: &MeasureDefinition) {
        self.expression(&measure.expression);
        self.text(" AS ");
        self.identifier(&measure.name);
    }

    pub(super) fn subset(&mut self, subset: &SubsetDefinition) {
        self.identifier(&subset.name);
        self.text(" = ");
        self.column_names(&subset.variables);
    }

    pub(super) fn variable_definition(&mut self, definition: &VariableDefinition) {
        self.identifier(&definition.name);
        self.text(" AS ");
        self.expression(&definition.condition);
    }
}
