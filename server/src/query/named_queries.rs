//! Which named queries are there? Query texts users keep, by generated id.
//!
//! Ref: Athena API reference, NamedQuery.

use crate::error::{ApiError, AthenaErrorCode, ServerError};
use crate::query::registry::Registry;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A kept query text. Names need not be unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedQuery {
    /// A uuid.
    pub id: String,
    /// At most 128 characters.
    pub name: String,
    /// At most 1024 characters; `None` when none was given.
    pub description: Option<String>,
    /// The database to run it in.
    pub database: String,
    /// The SQL text.
    pub text: String,
    /// The workgroup's name.
    pub workgroup: String,
    /// The token it was created with, so that a repeated call makes no second one.
    pub token: Option<String>,
}

/// The named queries of the server.
pub struct NamedQueries {
    registry: Registry<NamedQuery>,
}

impl NamedQueries {
    /// Opens `<folder>/named_queries.json`.
    pub fn open(folder: &Path) -> Result<Self, ServerError> {
        Ok(NamedQueries { registry: Registry::open(&folder.join("named_queries.json"))? })
    }

    /// The query of this id. Errors: there is none. Basis: inferred text.
    pub fn named_query(&self, id: &str) -> Result<NamedQuery, ApiError> {
        self.registry.find(id).ok_or_else(|| not_found(id))
    }

    /// The ids of a workgroup's queries, sorted.
    pub fn ids(&self, workgroup: &str) -> Vec<String> {
        self.registry.list().into_iter().filter(|query| query.workgroup == workgroup).map(|query| query.id).collect()
    }

    /// Adds a query and returns its id: the earlier one's where the token was used before. Errors: it was used for another.
    pub fn create(&self, query: NamedQuery) -> Result<String, ApiError> {
        self.registry.change(|queries| {
            let earlier = query.token.as_ref().and_then(|token| queries.values().find(|earlier| earlier.token.as_ref() == Some(token)));
            if let Some(earlier) = earlier {
                let is_same = NamedQuery { id: earlier.id.clone(), ..query.clone() } == *earlier;
                return if is_same { Ok(earlier.id.clone()) } else { Err(mismatch()) };
            }
            let id = query.id.clone();
            queries.insert(id.clone(), query);
            Ok(id)
        })
    }

    /// Changes a query. Errors: there is none.
    pub fn update(&self, id: &str, change: impl FnOnce(&mut NamedQuery)) -> Result<(), ApiError> {
        self.registry.change(|queries| {
            change(queries.get_mut(id).ok_or_else(|| not_found(id))?);
            Ok(())
        })
    }

    /// Removes a query. Errors: there is none.
    pub fn delete(&self, id: &str) -> Result<(), ApiError> {
        self.registry.change(|queries| queries.remove(id).map(|_| ()).ok_or_else(|| not_found(id)))
    }

    /// Removes all queries of a workgroup.
    pub fn delete_all(&self, workgroup: &str) -> Result<(), ApiError> {
        self.registry.change(|queries| {
            queries.retain(|_, query| query.workgroup != workgroup);
            Ok(())
        })
    }
}

/// Ref: measured Athena behaviour, "Idempotency", of StartQueryExecution; here inferred.
fn mismatch() -> ApiError {
    ApiError::invalid_request(AthenaErrorCode::IdempotentParameterMismatch, "Idempotent parameters do not match")
}

fn not_found(id: &str) -> ApiError {
    ApiError::invalid_input(format!("NamedQuery {id} was not found"))
}
