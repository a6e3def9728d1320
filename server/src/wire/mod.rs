//! How do bytes on the socket become calls of operations, and results become bytes? Framing, validation, dispatch.
//!
//! How to add an operation (say `GetDatabase` of Glue):
//!
//! 1. Its shapes exist in `owlake_shapes::{athena,glue}` if `xtask/src/codegen/selection.rs` names it; else add it
//!    there, run `vendor-model` and `codegen`.
//! 2. In its noun's file (`server/src/glue/database.rs`) write an async function and a descriptor:
//!    ```ignore
//!    pub const GET_DATABASE: Operation = Operation {
//!        name: "GetDatabase",
//!        handler: |app, context, input| call(get_database, app, context, input),
//!    };
//!
//!    async fn get_database(
//!        app: Arc<App>,
//!        context: RequestContext,
//!        input: GetDatabaseRequest,
//!    ) -> Result<GetDatabaseResponse, ApiError> { … }
//!    ```
//!    (`use crate::wire::{Operation, RequestContext, blocking, call};`). An operation without output returns the generated
//!    empty response, or `Empty`. Input has passed JSON syntax, type check and every constraint of the model, nulls
//!    are gone; only checks of the operation's own remain. Blocking work (files, big loops) goes to
//!    `blocking`.
//! 3. List the constant in the service's table: `pub const OPERATIONS: &[Operation]` in `server/src/<service>/mod.rs`.
//!
//! Names the model has and the table has not are refused by name. A panic in a handler is a 500, never a crash.

pub mod auth;
pub mod aws_json;
pub mod aws_query;
pub mod dispatch;
pub mod operation;
pub mod page_token;
pub mod request_id;
pub mod service;
pub mod signature_v4;
pub mod sigv4;
pub mod validate;

pub use operation::{Empty, Operation, RequestContext, blocking, call};
