//! Which tables of all databases meet a search? Ref: Glue API, SearchTables.
//!
//! A search text in double quotes must occur as it stands, one without word by word; it is looked for in names, columns,
//! comments, descriptions and parameters, whatever the case. Filters on texts compare whole words of the text, split at
//! punctuation; on times they compare by the comparator. Basis: inferred where the service describes it as fuzzy.

use super::call::{catalog_id, on_catalog};
use super::{failure, page, shape};
use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_catalog::Table;
use owlake_shapes::glue::{PropertyPredicate, SearchTablesRequest, SearchTablesResponse, SortCriterion};
use std::cmp::Ordering;
use std::sync::Arc;

pub const SEARCH_TABLES: Operation =
    Operation { name: "SearchTables", handler: |app, context, input| call(search_tables, app, context, input) };

async fn search_tables(app: Arc<App>, context: RequestContext, input: SearchTablesRequest) -> Result<SearchTablesResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    let text = input.search_text.unwrap_or_default().to_lowercase();
    let filters = input.filters.unwrap_or_default().into_iter().map(Filter::read).collect::<Result<Vec<_>, _>>()?;
    let order = input.sort_criteria.unwrap_or_default().into_iter().map(SortKey::read).collect::<Result<Vec<_>, _>>()?;
    let offset: usize = page::position("SearchTables", input.next_token.as_deref())?.unwrap_or(0);
    let length = page::length(input.max_results, page::PARTITIONS_MAX);
    let is_foreign = input.resource_share_type.as_deref() == Some("FOREIGN");
    on_catalog(&app, move |catalog| {
        let mut found = Vec::new();
        for database in catalog.databases().map_err(failure::of_catalog)? {
            let tables = catalog.tables(&database.name).map_err(failure::of_catalog)?;
            found
                .extend(tables.into_iter().filter(|table| !is_foreign && contains(table, &text) && filters.iter().all(|f| f.meets(table))));
        }
        found.sort_by(|a, b| order.iter().fold(Ordering::Equal, |known, key| known.then_with(|| key.compare(a, b))));
        let next_token = if offset + length < found.len() { page_token::encode("SearchTables", &(offset + length)) } else { None };
        let table_list = found.iter().skip(offset).take(length).map(|table| shape::table(table, &catalog_id)).collect();
        Ok(SearchTablesResponse { next_token, table_list: Some(table_list) })
    })
    .await
}

fn contains(table: &Table, text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let definition = &table.definition;
    let columns = table.columns().iter().chain(table.partition_keys());
    let mut all = format!("{}\n{}\n{}", table.database, table.name, definition.description.as_deref().unwrap_or_default());
    for column in columns {
        all.push_str(&format!("\n{}\n{}", column.name, column.comment.as_deref().unwrap_or_default()));
    }
    for (key, value) in &definition.parameters {
        all.push_str(&format!("\n{key}\n{value}"));
    }
    let all = all.to_lowercase();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(exact) => all.contains(exact),
        None => text.split_whitespace().all(|word| all.contains(word)),
    }
}

/// A condition on one property.
enum Filter {
    Text { key: String, value: String },
    Time { is_update_time: bool, value_ms: i64, is_met: fn(Ordering) -> bool },
}

impl Filter {
    fn read(predicate: PropertyPredicate) -> Result<Filter, ApiError> {
        let (key, value) = (predicate.key.unwrap_or_default(), predicate.value.unwrap_or_default());
        if key != "CreateTime" && key != "UpdateTime" {
            return Ok(Filter::Text { key, value: value.to_lowercase() });
        }
        let seconds: f64 = value.parse().map_err(|_| invalid(format!("'{value}' is not a time in seconds")))?;
        let is_met: fn(Ordering) -> bool = match predicate.comparator.as_deref() {
            None | Some("EQUALS") => Ordering::is_eq,
            Some("GREATER_THAN") => Ordering::is_gt,
            Some("LESS_THAN") => Ordering::is_lt,
            Some("GREATER_THAN_EQUALS") => Ordering::is_ge,
            Some("LESS_THAN_EQUALS") => Ordering::is_le,
            Some(other) => return Err(invalid(format!("'{other}' is not a comparator"))),
        };
        Ok(Filter::Time { is_update_time: key == "UpdateTime", value_ms: (seconds * 1000.0) as i64, is_met })
    }

    fn meets(&self, table: &Table) -> bool {
        match self {
            Filter::Text { key, value } => text_of(table, key).is_some_and(|text| has_words(&text.to_lowercase(), value)),
            Filter::Time { is_update_time, value_ms, is_met } => {
                is_met(if *is_update_time { table.update_time_ms } else { table.create_time_ms }.cmp(value_ms))
            }
        }
    }
}

/// Whether the text is the value, or has it as one of its parts between punctuation.
fn has_words(text: &str, value: &str) -> bool {
    text == value || text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == value)
}

/// The table's own properties by name, any other name a parameter.
fn text_of<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    match key {
        "Name" => Some(table.name.as_str()),
        "DatabaseName" => Some(table.database.as_str()),
        "Description" => table.definition.description.as_deref(),
        "Owner" => table.definition.owner.as_deref(),
        "TableType" => table.definition.table_type.as_deref(),
        other => table.definition.parameters.get(other).map(String::as_str),
    }
}

/// One property to sort by.
struct SortKey {
    field: String,
    is_descending: bool,
}

impl SortKey {
    fn read(criterion: SortCriterion) -> Result<SortKey, ApiError> {
        let field = criterion.field_name.unwrap_or_default();
        if !["Name", "DatabaseName", "CreateTime", "UpdateTime", "Description", "Owner", "TableType"].contains(&field.as_str()) {
            return Err(invalid(format!("Cannot sort by '{field}'")));
        }
        Ok(SortKey { field, is_descending: criterion.sort.as_deref() == Some("DESC") })
    }

    fn compare(&self, a: &Arc<Table>, b: &Arc<Table>) -> Ordering {
        let ordering = match self.field.as_str() {
            "CreateTime" => a.create_time_ms.cmp(&b.create_time_ms),
            "UpdateTime" => a.update_time_ms.cmp(&b.update_time_ms),
            field => text_of(a, field).cmp(&text_of(b, field)),
        };
        if self.is_descending { ordering.reverse() } else { ordering }
    }
}

fn invalid(text: String) -> ApiError {
    ApiError::new(ApiErrorKind::InvalidInput, text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_text_filter_compares_whole_parts() {
        // Ref: Glue API, SearchTables: Name=link finds customer-link and xx-link-yy, not xxlinkyy.
        assert!(has_words("customer-link", "link"));
        assert!(has_words("xx-link-yy", "link"));
        assert!(!has_words("xxlinkyy", "link"));
    }
}
