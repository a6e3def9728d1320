//! How are named queries kept? Create, get, list, update and delete.
//!
//! Ref: Athena API reference, NamedQuery operations.

use crate::app::App;
use crate::athena::query_execution::{malformed, page_size};
use crate::error::ApiError;
use crate::query::named_queries::NamedQuery as Kept;
use crate::query::workgroups::PRIMARY;
use crate::wire::{Operation, RequestContext, blocking, call, page_token};
use owlake_shapes::athena::{
    BatchGetNamedQueryInput, BatchGetNamedQueryOutput, CreateNamedQueryInput, CreateNamedQueryOutput, DeleteNamedQueryInput,
    DeleteNamedQueryOutput, GetNamedQueryInput, GetNamedQueryOutput, ListNamedQueriesInput, ListNamedQueriesOutput, NamedQuery,
    UnprocessedNamedQueryId, UpdateNamedQueryInput, UpdateNamedQueryOutput,
};
use std::sync::Arc;

/// Ref: service model, ListNamedQueries MaxResults.
const LIST_MAX: usize = 50;

pub const CREATE_NAMED_QUERY: Operation =
    Operation { name: "CreateNamedQuery", handler: |app, context, input| call(create_named_query, app, context, input) };
pub const GET_NAMED_QUERY: Operation =
    Operation { name: "GetNamedQuery", handler: |app, context, input| call(get_named_query, app, context, input) };
pub const BATCH_GET_NAMED_QUERY: Operation =
    Operation { name: "BatchGetNamedQuery", handler: |app, context, input| call(batch_get_named_query, app, context, input) };
pub const LIST_NAMED_QUERIES: Operation =
    Operation { name: "ListNamedQueries", handler: |app, context, input| call(list_named_queries, app, context, input) };
pub const UPDATE_NAMED_QUERY: Operation =
    Operation { name: "UpdateNamedQuery", handler: |app, context, input| call(update_named_query, app, context, input) };
pub const DELETE_NAMED_QUERY: Operation =
    Operation { name: "DeleteNamedQuery", handler: |app, context, input| call(delete_named_query, app, context, input) };

async fn create_named_query(
    app: Arc<App>,
    _context: RequestContext,
    input: CreateNamedQueryInput,
) -> Result<CreateNamedQueryOutput, ApiError> {
    let workgroup = app.workgroups.workgroup(input.work_group.as_deref().unwrap_or(PRIMARY))?.name;
    let query = Kept {
        id: app.ids.uuid().to_string(),
        name: input.name,
        description: input.description,
        database: input.database,
        text: input.query_string,
        workgroup,
        token: input.client_request_token,
    };
    let id = blocking(move || app.named_queries.create(query)).await?;
    Ok(CreateNamedQueryOutput { named_query_id: Some(id) })
}

async fn get_named_query(app: Arc<App>, _context: RequestContext, input: GetNamedQueryInput) -> Result<GetNamedQueryOutput, ApiError> {
    Ok(GetNamedQueryOutput { named_query: Some(shown(app.named_queries.named_query(&input.named_query_id)?)) })
}

async fn batch_get_named_query(
    app: Arc<App>,
    _context: RequestContext,
    input: BatchGetNamedQueryInput,
) -> Result<BatchGetNamedQueryOutput, ApiError> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for id in input.named_query_ids {
        match app.named_queries.named_query(&id) {
            Ok(query) => found.push(shown(query)),
            Err(error) => missing.push(UnprocessedNamedQueryId {
                named_query_id: Some(id),
                error_code: Some("INVALID_INPUT".to_owned()),
                error_message: error.message,
            }),
        }
    }
    Ok(BatchGetNamedQueryOutput { named_queries: Some(found), unprocessed_named_query_ids: Some(missing) })
}

async fn list_named_queries(
    app: Arc<App>,
    _context: RequestContext,
    input: ListNamedQueriesInput,
) -> Result<ListNamedQueriesOutput, ApiError> {
    let workgroup = app.workgroups.workgroup(input.work_group.as_deref().unwrap_or(PRIMARY))?.name;
    let ids = app.named_queries.ids(&workgroup);
    let token = input.next_token.as_deref();
    let size = page_size(input.max_results, LIST_MAX);
    let (page, next_token) = page_token::page(&format!("ListNamedQueries/{workgroup}"), &ids, |id| id, token, size)
        .map_err(|_| malformed(token.unwrap_or_default()))?;
    Ok(ListNamedQueriesOutput { named_query_ids: Some(page.to_vec()), next_token })
}

async fn update_named_query(
    app: Arc<App>,
    _context: RequestContext,
    input: UpdateNamedQueryInput,
) -> Result<UpdateNamedQueryOutput, ApiError> {
    blocking(move || {
        app.named_queries.update(&input.named_query_id, |query| {
            query.name = input.name;
            query.text = input.query_string;
            if input.description.is_some() {
                query.description = input.description;
            }
        })
    })
    .await?;
    Ok(UpdateNamedQueryOutput::default())
}

async fn delete_named_query(
    app: Arc<App>,
    _context: RequestContext,
    input: DeleteNamedQueryInput,
) -> Result<DeleteNamedQueryOutput, ApiError> {
    blocking(move || app.named_queries.delete(&input.named_query_id)).await?;
    Ok(DeleteNamedQueryOutput::default())
}

fn shown(query: Kept) -> NamedQuery {
    NamedQuery {
        name: query.name,
        description: query.description,
        database: query.database,
        query_string: query.text,
        named_query_id: Some(query.id),
        work_group: Some(query.workgroup),
    }
}
