//! Which functions has a database registered? None: they can't be created yet. Ref: Glue API, GetUserDefinedFunction,
//! GetUserDefinedFunctions.

use super::call::{catalog_id, database_name, on_catalog};
use super::failure;
use crate::app::App;
use crate::error::{ApiError, ApiErrorKind};
use crate::wire::{Operation, RequestContext, call};
use owlake_shapes::glue::{
    GetUserDefinedFunctionRequest, GetUserDefinedFunctionResponse, GetUserDefinedFunctionsRequest, GetUserDefinedFunctionsResponse,
};
use std::sync::Arc;

pub const GET_USER_DEFINED_FUNCTION: Operation =
    Operation { name: "GetUserDefinedFunction", handler: |app, context, input| call(get_user_defined_function, app, context, input) };

pub const GET_USER_DEFINED_FUNCTIONS: Operation =
    Operation { name: "GetUserDefinedFunctions", handler: |app, context, input| call(get_user_defined_functions, app, context, input) };

/// Basis: inferred, the text of a missing function.
async fn get_user_defined_function(
    app: Arc<App>,
    context: RequestContext,
    input: GetUserDefinedFunctionRequest,
) -> Result<GetUserDefinedFunctionResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    let database = database_name(&input.database_name)?;
    on_catalog(&app, move |catalog| catalog.database(&database).map_err(failure::of_catalog)).await?;
    Err(ApiError::new(ApiErrorKind::EntityNotFound, format!("Function {} not found.", input.function_name)))
}

async fn get_user_defined_functions(
    app: Arc<App>,
    context: RequestContext,
    input: GetUserDefinedFunctionsRequest,
) -> Result<GetUserDefinedFunctionsResponse, ApiError> {
    catalog_id(&context, input.catalog_id)?;
    if let Some(name) = input.database_name {
        let database = database_name(&name)?;
        on_catalog(&app, move |catalog| catalog.database(&database).map_err(failure::of_catalog)).await?;
    }
    Ok(GetUserDefinedFunctionsResponse { user_defined_functions: Some(Vec::new()), next_token: None })
}
