//! What does a view give today? Its text, analysed anew under its own catalog and schema, and held against its columns.
//! Ref: Trino 401 `StatementAnalyzer.createScopeForView`, `checkViewStaleness`.

use owlake_functions::types::coercion::can_coerce;
use owlake_functions::types::{TrinoType, parse};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{Query, StatementKind};

use super::analyzer::Analyzer;
use super::failure::{Analysis, fail_at};
use super::query::Output;
use super::scope::{Field, Scope};
use super::tables::{QualifiedTableName, ViewDefinition};

impl Analyzer<'_> {
    pub(crate) fn view(&mut self, name: &QualifiedTableName, view: &ViewDefinition, at: Location) -> Analysis<Output> {
        if self.shared.replaced_view.as_ref() == Some(name) {
            return Err(fail_at(at, "VIEW_IS_RECURSIVE", "Statement would create a recursive view"));
        }
        if self.shared.views.contains(name) {
            return Err(fail_at(at, "VIEW_IS_RECURSIVE", "View is recursive"));
        }
        let query =
            parse_view(&view.sql).map_err(|text| fail_at(at, "INVALID_VIEW", format!("Failed parsing stored view '{name}': {text}")))?;
        self.shared.views.push(name.clone());
        let shared = std::mem::take(&mut self.shared);
        let mut inner = Analyzer::new(self.context);
        inner.shared = shared;
        if let Some(catalog) = &view.catalog {
            inner.catalog = catalog.to_lowercase();
        }
        inner.schema = view.schema.as_ref().map(|schema| schema.to_lowercase());
        let scope = Scope::root(inner.shared.depth);
        let result = inner.query(&query, &scope, true);
        self.shared = std::mem::take(&mut inner.shared);
        self.shared.views.pop();
        let mut output =
            result.map_err(|error| fail_at(at, "INVALID_VIEW", format!("Failed analyzing stored view '{name}': {}", error.message)))?;
        output.fields.retain(|field| !field.is_hidden);
        let types = stored_types(name, view, at)?;
        if let Some(reason) = staleness(view, &types, &output.fields) {
            return Err(fail_at(at, "VIEW_IS_STALE", format!("View '{name}' is stale or in invalid state: {reason}")));
        }
        let columns = self.coerce_columns(&mut output.relation, &output.fields, types.iter());
        let fields = output
            .fields
            .into_iter()
            .zip(columns)
            .zip(&view.columns)
            .map(|((field, column), stored)| Field {
                name: Some(stored.name.as_str().into()),
                symbol: column.symbol,
                data_type: column.data_type,
                ..field
            })
            .collect();
        Ok(Output { relation: output.relation, fields })
    }
}

fn parse_view(sql: &str) -> Result<Query, String> {
    match owlake_syntax::trino::parse_statement(sql) {
        Ok(statement) => match statement.kind {
            StatementKind::Query(query) => Ok(*query),
            _ => Err("the text is no query".to_owned()),
        },
        Err(error) => Err(error.message),
    }
}

fn stored_types(name: &QualifiedTableName, view: &ViewDefinition, at: Location) -> Analysis<Vec<TrinoType>> {
    view.columns
        .iter()
        .map(|column| {
            parse::parse(&column.type_text).map_err(|_| {
                let message = format!("Unknown type '{}' for column '{}' in view: {name}", column.type_text, column.name);
                fail_at(at, "INVALID_VIEW", message)
            })
        })
        .collect()
}

/// Why the view no longer gives what it promised.
fn staleness(view: &ViewDefinition, types: &[TrinoType], fields: &[Field]) -> Option<String> {
    if view.columns.len() != fields.len() {
        return Some(format!(
            "stored view column count ({}) does not match column count derived from the view query analysis ({})",
            view.columns.len(),
            fields.len()
        ));
    }
    for (position, ((column, data_type), field)) in view.columns.iter().zip(types).zip(fields).enumerate() {
        let Some(name) = &field.name else {
            return Some(format!("a column of type {} projected from query view at position {position} has no name", field.data_type));
        };
        let here = format!("column [{name}] of type {} projected from query view at position {position}", field.data_type);
        let there = format!("column [{}] of type {data_type} stored in view definition", column.name);
        if !super::scope::is_same_name(name, &column.name) {
            return Some(format!("{here} has a different name from {there}"));
        }
        if !can_coerce(&field.data_type, data_type) {
            return Some(format!("{here} cannot be coerced to {there}"));
        }
    }
    None
}
