//! What can be completed at the cursor? Keywords, databases, and tables and columns of the database in use.

use std::collections::BTreeSet;

use reedline::{Completer, CompletionResult, Span, Suggestion};
use serde_json::{Value, json};

use super::super::client::Client;
use super::highlight::KEYWORDS;

/// Tables asked for at most: completion must stay quick in a large catalog.
const TABLES_MAX: u64 = 50;

/// Completes names; the catalog is asked anew with every completion, so what was just created is there.
pub(super) struct Names {
    client: Client,
    runtime: tokio::runtime::Handle,
    database: Option<String>,
}

impl Names {
    pub(super) fn new(client: Client, runtime: tokio::runtime::Handle, database: Option<String>) -> Self {
        Names { client, runtime, database }
    }

    fn names(&self) -> BTreeSet<String> {
        let catalog = "AwsDataCatalog";
        let database = self.database.as_deref().unwrap_or("default");
        let mut names = BTreeSet::new();
        self.runtime.block_on(async {
            if let Ok(answer) = self.client.athena("ListDatabases", json!({ "CatalogName": catalog })).await {
                names.extend(list(&answer, "DatabaseList"));
            }
            let request = json!({ "CatalogName": catalog, "DatabaseName": database, "MaxResults": TABLES_MAX });
            if let Ok(answer) = self.client.athena("ListTableMetadata", request).await {
                names.extend(list(&answer, "TableMetadataList"));
                let tables = answer.get("TableMetadataList").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                for table in tables {
                    names.extend(list(table, "Columns"));
                    names.extend(list(table, "PartitionKeys"));
                }
            }
        });
        names
    }
}

fn list(value: &Value, member: &str) -> Vec<String> {
    let items = value.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.get("Name").and_then(Value::as_str)).map(str::to_string).collect()
}

impl Completer for Names {
    fn complete(&mut self, line: &str, cursor: usize) -> CompletionResult {
        let before = line.get(..cursor).unwrap_or(line);
        let start = before
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let typed = &before[start..];
        if typed.is_empty() {
            return CompletionResult::Fresh { suggestions: Vec::new().into(), partial: None };
        }
        let folded = typed.to_lowercase();
        let keywords = KEYWORDS.iter().filter(|keyword| keyword.to_lowercase().starts_with(&folded)).map(|keyword| {
            // A keyword follows the case it was begun in.
            if typed.chars().all(char::is_lowercase) { keyword.to_lowercase() } else { (*keyword).to_string() }
        });
        let names: Vec<String> = self.names().into_iter().filter(|name| name.starts_with(&folded)).collect();
        let suggestion =
            |value: String| Suggestion { value, span: Span::new(start, cursor), append_whitespace: true, ..Suggestion::default() };
        let suggestions: Vec<Suggestion> = names.into_iter().chain(keywords).map(suggestion).collect();
        CompletionResult::Fresh { suggestions: suggestions.into(), partial: None }
    }
}
