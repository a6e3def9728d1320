//! How are relations printed? Joins in parentheses, aliases after them.

use super::printer::Printer;
use crate::trino::ast::{
    Join, JoinCriteria, JoinKind, PatternRecognition, QueryPeriodKind, Relation, RelationKind, RowsPerMatch, SampleKind,
};

impl Printer {
    pub(super) fn relation(&mut self, relation: &Relation, level: usize) {
        match &relation.kind {
            RelationKind::Table { name, period } => {
                self.name(name);
                if let Some(period) = period {
                    self.text(match period.kind {
                        QueryPeriodKind::Timestamp => " FOR TIMESTAMP AS OF ",
                        QueryPeriodKind::Version => " FOR VERSION AS OF ",
                    });
                    self.expression(&period.end);
                }
            }
            RelationKind::Subquery(query) => self.subquery(query, level),
            RelationKind::Lateral(query) => {
                self.text("LATERAL (");
                self.query(query, level + 1);
                self.indented(level, ")");
            }
            RelationKind::Unnest(unnest) => {
                self.text("UNNEST(");
                self.expressions(&unnest.expressions);
                self.text(if unnest.with_ordinality { ") WITH ORDINALITY" } else { ")" });
            }
            RelationKind::TableFunction(name) => {
                self.text("TABLE(");
                self.name(name);
                self.text("())");
            }
            RelationKind::Sampled(sampled) => {
                self.suffixed(&sampled.relation, level);
                self.text(match sampled.kind {
                    SampleKind::Bernoulli => " TABLESAMPLE BERNOULLI (",
                    SampleKind::System => " TABLESAMPLE SYSTEM (",
                });
                self.expression(&sampled.percentage);
                self.text(")");
            }
            RelationKind::Aliased(aliased) => {
                self.suffixed(&aliased.relation, level);
                self.text(" ");
                self.identifier(&aliased.alias);
                if let Some(names) = &aliased.column_names {
                    self.text(" ");
                    self.column_names(names);
                }
            }
            RelationKind::Join(join) => self.join(join, level),
            RelationKind::PatternRecognition(recognition) => self.pattern_recognition(recognition, level),
        }
    }

    /// Prints a relation something follows; one that ends in a suffix of its own goes in parentheses.
    fn suffixed(&mut self, relation: &Relation, level: usize) {
        let has_suffix = matches!(relation.kind, RelationKind::Aliased(_) | RelationKind::Sampled(_) | RelationKind::PatternRecognition(_));
        if has_suffix {
            self.text("( ");
            self.relation(relation, level + 1);
            self.indented(level, ")");
        } else {
            self.relation(relation, level);
        }
    }

    fn join(&mut self, join: &Join, level: usize) {
        let is_natural = matches!(join.criteria, Some(JoinCriteria::Natural));
        let words = match join.kind {
            JoinKind::Cross => "CROSS JOIN ",
            JoinKind::Inner => "INNER JOIN ",
            JoinKind::Left => "LEFT JOIN ",
            JoinKind::Right => "RIGHT JOIN ",
            JoinKind::Full => "FULL JOIN ",
            JoinKind::Implicit => {
                self.relation(&join.left, level);
                self.text("\n");
                self.indented(level, ", ");
                return self.relation(&join.right, level);
            }
        };
        self.text("(");
        self.relation(&join.left, level);
        self.text("\n");
        self.indented(level, if is_natural { "NATURAL " } else { "" });
        self.text(words);
        self.relation(&join.right, level);
        match &join.criteria {
            Some(JoinCriteria::On(condition)) => {
                self.text(" ON ");
                self.expression(condition);
            }
            Some(JoinCriteria::Using(columns)) => {
                self.text(" USING ");
                self.column_names(columns);
            }
            Some(JoinCriteria::Natural) | None => {}
        }
        self.text(")");
    }

    fn pattern_recognition(&mut self, recognition: &PatternRecognition, level: usize) {
        self.suffixed(&recognition.input, level);
        self.text(" MATCH_RECOGNIZE (\n");
        if !recognition.partition_by.is_empty() {
            self.indented(level + 1, "PARTITION BY ");
            self.expressions(&recognition.partition_by);
            self.text("\n");
        }
        if let Some(order_by) = &recognition.order_by {
            self.indent(level + 1);
            self.order_by(order_by);
            self.text("\n");
        }
        if !recognition.measures.is_empty() {
            self.indented(level + 1, "MEASURES");
            self.definitions(&recognition.measures, level + 2, Self::measure);
        }
        if let Some(rows) = recognition.rows_per_match {
            self.indented(level + 1, rows_per_match(rows));
        }
        if let Some(skip) = &recognition.after_match_skip {
            self.indent(level + 1);
            self.after_match_skip(skip);
            self.text("\n");
        }
        if let Some(mode) = recognition.search_mode {
            self.indent(level + 1);
            self.search_mode(mode);
            self.text("\n");
        }
        self.indented(level + 1, "PATTERN (");
        self.row_pattern(&recognition.pattern);
        self.text(")\n");
        if !recognition.subsets.is_empty() {
            self.indented(level + 1, "SUBSET");
            self.definitions(&recognition.subsets, level + 2, Self::subset);
        }
        self.indented(level + 1, "DEFINE");
        self.definitions(&recognition.definitions, level + 2, Self::variable_definition);
        self.text(")");
    }
}

const fn rows_per_match(rows: RowsPerMatch) -> &'static str {
    match rows {
        RowsPerMatch::One => "ONE ROW PER MATCH\n",
        RowsPerMatch::AllShowEmpty => "ALL ROWS PER MATCH SHOW EMPTY MATCHES\n",
        RowsPerMatch::AllOmitEmpty => "ALL ROWS PER MATCH OMIT EMPTY MATCHES\n",
        RowsPerMatch::AllWithUnmatched => "ALL ROWS PER MATCH WITH UNMATCHED ROWS\n",
    }
}
