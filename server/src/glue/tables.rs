//! Which tables has a database? Ref: Glue API, GetTables.

use super::call::{catalog_id, database_name, on_catalog};
use super::{failure, page, shape};
use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_shapes::glue::{GetTablesRequest, GetTablesResponse, Table};
use regex::Regex;
use std::sync::Arc;

pub const GET_TABLES: Operation = Operation { name: "GetTables", handler: |app, context, input| call(get_tables, app, context, input) };

/// Tables by name, those whose whole name the expression matches.
async fn get_tables(app: Arc<App>, context: RequestContext, input: GetTablesRequest) -> Result<GetTablesResponse, ApiError> {
    let catalog_id = catalog_id(&context, input.catalog_id)?;
    failure::refuse_member("TransactionId", input.transaction_id.is_some())?;
    failure::refuse_member("QueryAsOfTime", input.query_as_of_time.is_some())?;
    let database = database_name(&input.database_name)?;
    let expression = input.expression.as_deref().filter(|expression| !expression.is_empty()).map(whole_name).transpose()?;
    let listing = format!("GetTables/{database}/{}", input.expression.as_deref().unwrap_or_default());
    let mut tables = on_catalog(&app, move |catalog| catalog.tables(&database).map_err(failure::of_catalog)).await?;
    if let Some(expression) = expression {
        tables.retain(|table| expression.is_match(table.name.as_str()));
    }
    let (token, length) = (input.next_token.as_deref().filter(|token| !token.is_empty()), page::length(input.max_results, page::ITEMS_MAX));
    let (tables, next_token) =
        page_token::page(&listing, &tables, |table| table.name.as_str(), token, length).map_err(|_| page::bad_token())?;
    let attributes = input.attributes_to_get.unwrap_or_default();
    let table_list = tables.iter().map(|table| only(&attributes, shape::table(table, &catalog_id))).collect();
    Ok(GetTablesResponse { table_list: Some(table_list), next_token })
}

/// The expression, folded like the names, matched on the whole name. One of name characters and stars is a glob:
/// awswrangler sends `sales*`, `*2024` and `*sales*` for names that begin with, end with and hold a text.
///
/// Deviation: Java's lookaround, backreferences and possessive quantifiers are refused; matching takes linear time.
fn whole_name(expression: &str) -> Result<Regex, ApiError> {
    let is_glob = expression.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '*'));
    let pattern = if is_glob { expression.replace('*', ".*") } else { expression.to_owned() };
    // Alone first, so that a stray bracket does not close the group it is put in.
    Regex::new(&pattern)
        .and_then(|_| Regex::new(&format!("^(?i:{pattern})$")))
        .map_err(|_| ApiError::new(ApiErrorKind::InvalidInput, format!("Invalid table expression '{expression}'")))
}

/// Ref: `AttributesToGet` of GetTables: NAME, TABLE_TYPE; none means all.
fn only(attributes: &[String], table: Table) -> Table {
    if attributes.is_empty() {
        return table;
    }
    let table_type = table.table_type.filter(|_| attributes.iter().any(|attribute| attribute == "TABLE_TYPE"));
    Table { name: table.name, database_name: table.database_name, catalog_id: table.catalog_id, table_type, ..Table::default() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_matches_the_whole_folded_name() {
        assert!(whole_name("sales.*").unwrap().is_match("sales_2024"));
        assert!(whole_name("Sales_\\d+").unwrap().is_match("sales_2024"));
        assert!(!whole_name("sales").unwrap().is_match("sales_2024"));
        assert!(!whole_name("a|b").unwrap().is_match("ab"));
        assert!(whole_name("(").is_err());
        assert!(whole_name("a)|(b").is_err());
    }

    #[test]
    fn stars_among_name_characters_are_globs() {
        for (glob, matching, other) in
            [("sales*", "sales_2024", "my_sales"), ("*2024", "sales_2024", "2024_sales"), ("*les*", "sales_2024", "lesser")]
        {
            assert!(whole_name(glob).unwrap().is_match(matching), "{glob}");
            assert_eq!(whole_name(glob).unwrap().is_match(other), glob == "*les*", "{glob}");
        }
    }
}
