//! How are prepared statements kept? Create, get, list, update and delete.
//!
//! Ref: Athena API reference, PreparedStatement operations; measured Athena behaviour, "Prepared statements".

use crate::app::App;
use crate::athena::query_execution::{malformed, page_size};
use crate::athena::timestamp::seconds;
use crate::error::ApiError;
use crate::query::prepared_statements::PreparedStatement as Kept;
use crate::wire::{Operation, RequestContext, blocking, call, page_token};
use owlake_shapes::athena::{
    BatchGetPreparedStatementInput, BatchGetPreparedStatementOutput, CreatePreparedStatementInput, CreatePreparedStatementOutput,
    DeletePreparedStatementInput, DeletePreparedStatementOutput, GetPreparedStatementInput, GetPreparedStatementOutput,
    ListPreparedStatementsInput, ListPreparedStatementsOutput, PreparedStatement, PreparedStatementSummary,
    UnprocessedPreparedStatementName, UpdatePreparedStatementInput, UpdatePreparedStatementOutput,
};
use std::sync::Arc;

/// Ref: service model, ListPreparedStatements MaxResults.
const LIST_MAX: usize = 50;

pub const CREATE_PREPARED_STATEMENT: Operation =
    Operation { name: "CreatePreparedStatement", handler: |app, context, input| call(create_prepared_statement, app, context, input) };
pub const GET_PREPARED_STATEMENT: Operation =
    Operation { name: "GetPreparedStatement", handler: |app, context, input| call(get_prepared_statement, app, context, input) };
pub const BATCH_GET_PREPARED_STATEMENT: Operation =
    Operation { name: "BatchGetPreparedStatement", handler: |app, context, input| call(batch_get_prepared_statement, app, context, input) };
pub const LIST_PREPARED_STATEMENTS: Operation =
    Operation { name: "ListPreparedStatements", handler: |app, context, input| call(list_prepared_statements, app, context, input) };
pub const UPDATE_PREPARED_STATEMENT: Operation =
    Operation { name: "UpdatePreparedStatement", handler: |app, context, input| call(update_prepared_statement, app, context, input) };
pub const DELETE_PREPARED_STATEMENT: Operation =
    Operation { name: "DeletePreparedStatement", handler: |app, context, input| call(delete_prepared_statement, app, context, input) };

async fn create_prepared_statement(
    app: Arc<App>,
    _context: RequestContext,
    input: CreatePreparedStatementInput,
) -> Result<CreatePreparedStatementOutput, ApiError> {
    let statement = Kept {
        name: input.statement_name,
        text: input.query_statement,
        workgroup: app.workgroups.workgroup(&input.work_group)?.name,
        description: input.description,
        modified_at_ms: app.clock.now_ms(),
    };
    blocking(move || app.prepared_statements.create(statement)).await?;
    Ok(CreatePreparedStatementOutput::default())
}

async fn get_prepared_statement(
    app: Arc<App>,
    _context: RequestContext,
    input: GetPreparedStatementInput,
) -> Result<GetPreparedStatementOutput, ApiError> {
    let workgroup = app.workgroups.workgroup(&input.work_group)?.name;
    let statement = app.prepared_statements.prepared_statement(&workgroup, &input.statement_name)?;
    Ok(GetPreparedStatementOutput { prepared_statement: Some(shown(statement)) })
}

async fn batch_get_prepared_statement(
    app: Arc<App>,
    _context: RequestContext,
    input: BatchGetPreparedStatementInput,
) -> Result<BatchGetPreparedStatementOutput, ApiError> {
    let workgroup = app.workgroups.workgroup(&input.work_group)?.name;
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for name in input.prepared_statement_names {
        match app.prepared_statements.prepared_statement(&workgroup, &name) {
            Ok(statement) => found.push(shown(statement)),
            Err(error) => missing.push(UnprocessedPreparedStatementName {
                statement_name: Some(name),
                error_code: Some("STATEMENT_NOT_FOUND".to_owned()),
                error_message: error.message,
            }),
        }
    }
    Ok(BatchGetPreparedStatementOutput { prepared_statements: Some(found), unprocessed_prepared_statement_names: Some(missing) })
}

async fn list_prepared_statements(
    app: Arc<App>,
    _context: RequestContext,
    input: ListPreparedStatementsInput,
) -> Result<ListPreparedStatementsOutput, ApiError> {
    let workgroup = app.workgroups.workgroup(&input.work_group)?.name;
    let statements = app.prepared_statements.list(&workgroup);
    let token = input.next_token.as_deref();
    let size = page_size(input.max_results, LIST_MAX);
    let listing = format!("ListPreparedStatements/{workgroup}");
    let (page, next_token) = page_token::page(&listing, &statements, |statement| &statement.name, token, size)
        .map_err(|_| malformed(token.unwrap_or_default()))?;
    let page = page
        .iter()
        .map(|statement| PreparedStatementSummary {
            statement_name: Some(statement.name.clone()),
            last_modified_time: Some(seconds(statement.modified_at_ms)),
        })
        .collect();
    Ok(ListPreparedStatementsOutput { prepared_statements: Some(page), next_token })
}

async fn update_prepared_statement(
    app: Arc<App>,
    _context: RequestContext,
    input: UpdatePreparedStatementInput,
) -> Result<UpdatePreparedStatementOutput, ApiError> {
    let workgroup = app.workgroups.workgroup(&input.work_group)?.name;
    blocking(move || {
        let now_ms = app.clock.now_ms();
        app.prepared_statements.update(&workgroup, &input.statement_name, |statement| {
            statement.text = input.query_statement;
            statement.modified_at_ms = now_ms;
            if input.description.is_some() {
                statement.description = input.description;
            }
        })
    })
    .await?;
    Ok(UpdatePreparedStatementOutput::default())
}

async fn delete_prepared_statement(
    app: Arc<App>,
    _context: RequestContext,
    input: DeletePreparedStatementInput,
) -> Result<DeletePreparedStatementOutput, ApiError> {
    let workgroup = app.workgroups.workgroup(&input.work_group)?.name;
    blocking(move || app.prepared_statements.delete(&workgroup, &input.statement_name)).await?;
    Ok(DeletePreparedStatementOutput::default())
}

fn shown(statement: Kept) -> PreparedStatement {
    PreparedStatement {
        statement_name: Some(statement.name),
        query_statement: Some(statement.text),
        work_group_name: Some(statement.workgroup),
        description: statement.description,
        last_modified_time: Some(seconds(statement.modified_at_ms)),
    }
}
