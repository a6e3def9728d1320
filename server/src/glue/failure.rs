//! How does Glue word a failure of the catalog? One exception and text a kind.
//!
//! Ref: measured Glue behaviour, "Messages"; the texts are Glue's letter for letter where they are known.

use crate::error::{ApiError, ApiErrorKind};
use owlake_catalog::{CatalogError, EntityKind};
use owlake_shapes::glue::ErrorDetail;

/// The reply to a failed catalog operation.
pub fn of_catalog(error: CatalogError) -> ApiError {
    let (kind, message) = match error {
        CatalogError::DatabaseNotFound { database } => (ApiErrorKind::EntityNotFound, format!("Database {database} not found.")),
        CatalogError::TableNotFound { table, .. } => (ApiErrorKind::EntityNotFound, format!("Table {table} not found.")),
        CatalogError::PartitionNotFound { .. } => (ApiErrorKind::EntityNotFound, "Cannot find partition.".to_owned()),
        CatalogError::VersionNotFound { .. } => (ApiErrorKind::EntityNotFound, "Version not found.".to_owned()),
        CatalogError::AlreadyExists { kind, .. } => {
            let noun = match kind {
                EntityKind::Database => "Database",
                EntityKind::Table => "Table",
                EntityKind::Partition => "Partition",
            };
            (ApiErrorKind::AlreadyExists, format!("{noun} already exists."))
        }
        CatalogError::DatabaseNotEmpty { database } => (ApiErrorKind::InvalidInput, format!("Database {database} is not empty.")),
        CatalogError::ConcurrentModification { .. } => {
            (ApiErrorKind::ConcurrentModification, "Update table failed due to concurrent modifications.".to_owned())
        }
        CatalogError::InvalidInput { message } => (ApiErrorKind::InvalidInput, message),
        CatalogError::InvalidState { message } => (ApiErrorKind::InvalidState, message),
        CatalogError::LimitExceeded { limit, max } => {
            (ApiErrorKind::ResourceNumberLimitExceeded, format!("The {limit} is limited to {max}."))
        }
        // The fault lies with our own files: the text names the file, so that whoever runs the server can mend it.
        error @ (CatalogError::Corrupt { .. } | CatalogError::Locked { .. } | CatalogError::Io { .. }) => {
            tracing::error!(%error, "the catalog's files cannot be used");
            (ApiErrorKind::InternalService, error.to_string())
        }
    };
    ApiError::new(kind, message)
}

/// The same, as the error of one item of a batch.
pub fn detail(error: ApiError) -> ErrorDetail {
    ErrorDetail { error_code: Some(error.kind.name().to_owned()), error_message: error.message }
}

/// Refuses a request that asks for something this server does not do, by the member's name.
pub fn refuse_member(member: &str, is_given: bool) -> Result<(), ApiError> {
    if is_given {
        return Err(ApiError::new(ApiErrorKind::InvalidInput, format!("{member} is not implemented by this emulator")));
    }
    Ok(())
}
