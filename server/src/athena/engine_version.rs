//! Which engine versions are there? The automatic choice and version 3; Spark is not served.
//!
//! Ref: Athena API reference, ListEngineVersions.

use crate::app::App;
use crate::athena::query_execution::{AUTO, ENGINE_VERSION, engine_version, malformed, page_size};
use crate::error::ApiError;
use crate::wire::{Operation, RequestContext, call, page_token};
use owlake_shapes::athena::{ListEngineVersionsInput, ListEngineVersionsOutput};
use std::sync::Arc;

/// Ref: service model, ListEngineVersions MaxResults.
const LIST_MAX: usize = 10;

pub const LIST_ENGINE_VERSIONS: Operation =
    Operation { name: "ListEngineVersions", handler: |app, context, input| call(list_engine_versions, app, context, input) };

async fn list_engine_versions(
    _app: Arc<App>,
    _context: RequestContext,
    input: ListEngineVersionsInput,
) -> Result<ListEngineVersionsOutput, ApiError> {
    let versions = [AUTO, ENGINE_VERSION].map(str::to_owned);
    let token = input.next_token.as_deref();
    let size = page_size(input.max_results, LIST_MAX);
    let (page, next_token) = page_token::page("ListEngineVersions", &versions, |version| version, token, size)
        .map_err(|_| malformed(token.unwrap_or_default()))?;
    Ok(ListEngineVersionsOutput { engine_versions: Some(page.iter().map(|version| engine_version(version)).collect()), next_token })
}
