//! Which engine versions are there? The automatic choice and version 3; Spark is not served.
//!
//! Ref: Athena API reference, ListEngineVersions.

use crate::app::App;
use crate::athena::query_execution::{AUTO, ENGINE_VERSION, engine_version};
use crate::error::ApiError;
use crate::wire::{Operation, RequestContext, call};
use owlake_shapes::athena::{ListEngineVersionsInput, ListEngineVersionsOutput};
use std::sync::Arc;

pub const LIST_ENGINE_VERSIONS: Operation =
    Operation { name: "ListEngineVersions", handler: |app, context, input| call(list_engine_versions, app, context, input) };

async fn list_engine_versions(
    _app: Arc<App>,
    _context: RequestContext,
    _input: ListEngineVersionsInput,
) -> Result<ListEngineVersionsOutput, ApiError> {
    let versions = vec![engine_version(AUTO), engine_version(ENGINE_VERSION)];
    Ok(ListEngineVersionsOutput { engine_versions: Some(versions), next_token: None })
}
