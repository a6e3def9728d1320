//! Which prepared statements are there? Statements with `?`, by workgroup and name.
//!
//! Ref: Athena user guide, "Use prepared statements"; measured Athena behaviour, "Prepared statements".

use crate::error::{ApiError, ApiErrorKind, ServerError};
use crate::query::registry::Registry;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Ref: Athena user guide, service quotas.
pub const PREPARED_STATEMENTS_PER_WORKGROUP_MAX: usize = 1000;

/// A prepared statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedStatement {
    /// `[a-zA-Z_][a-zA-Z0-9_@:]{1,256}`.
    pub name: String,
    /// The SQL text.
    pub text: String,
    /// The workgroup's name.
    pub workgroup: String,
    /// `None` when none was given.
    pub description: Option<String>,
    /// Milliseconds since the epoch.
    pub modified_at_ms: i64,
}

/// The prepared statements of the server.
pub struct PreparedStatements {
    registry: Registry<PreparedStatement>,
}

impl PreparedStatements {
    /// Opens `<folder>/prepared_statements.json`.
    pub fn open(folder: &Path) -> Result<Self, ServerError> {
        Ok(PreparedStatements { registry: Registry::open(&folder.join("prepared_statements.json"))? })
    }

    /// One statement.
    pub fn find(&self, workgroup: &str, name: &str) -> Option<PreparedStatement> {
        self.registry.find(&key(workgroup, name))
    }

    /// One statement. Errors: there is none.
    pub fn prepared_statement(&self, workgroup: &str, name: &str) -> Result<PreparedStatement, ApiError> {
        self.find(workgroup, name).ok_or_else(|| {
            let text = format!("No Prepared Statement with statement name {name} exists in WorkGroup {workgroup}");
            ApiError::new(ApiErrorKind::ResourceNotFound, text)
        })
    }

    /// A workgroup's statements, sorted by name.
    pub fn list(&self, workgroup: &str) -> Vec<PreparedStatement> {
        self.registry.list().into_iter().filter(|statement| statement.workgroup == workgroup).collect()
    }

    /// Adds a statement. Errors: the name is taken (basis of the text: inferred), or there are too many.
    pub fn create(&self, statement: PreparedStatement) -> Result<(), ApiError> {
        self.registry.change(|statements| {
            let PreparedStatement { name, workgroup, .. } = &statement;
            if statements.contains_key(&key(workgroup, name)) {
                return Err(ApiError::invalid_input(format!("Prepared statement {name} already exists in WorkGroup {workgroup}")));
            }
            let count = statements.values().filter(|other| other.workgroup == *workgroup).count();
            if count >= PREPARED_STATEMENTS_PER_WORKGROUP_MAX {
                return Err(ApiError::invalid_input(format!(
                    "Cannot create prepared statement {name}. The number of prepared statements in this workgroup exceeds the limit of {PREPARED_STATEMENTS_PER_WORKGROUP_MAX}."
                )));
            }
            statements.insert(key(workgroup, name), statement);
            Ok(())
        })
    }

    /// Changes a statement. Errors: there is none.
    pub fn update(&self, workgroup: &str, name: &str, change: impl FnOnce(&mut PreparedStatement)) -> Result<(), ApiError> {
        self.registry.change(|statements| {
            change(statements.get_mut(&key(workgroup, name)).ok_or_else(|| not_found(workgroup, name))?);
            Ok(())
        })
    }

    /// Removes a statement. Errors: there is none.
    pub fn delete(&self, workgroup: &str, name: &str) -> Result<(), ApiError> {
        self.registry.change(|statements| statements.remove(&key(workgroup, name)).map(|_| ()).ok_or_else(|| not_found(workgroup, name)))
    }

    /// Removes all statements of a workgroup.
    pub fn delete_all(&self, workgroup: &str) -> Result<(), ApiError> {
        self.registry.change(|statements| {
            statements.retain(|_, statement| statement.workgroup != workgroup);
            Ok(())
        })
    }
}

/// Neither part can hold a slash.
fn key(workgroup: &str, name: &str) -> String {
    format!("{workgroup}/{name}")
}

fn not_found(workgroup: &str, name: &str) -> ApiError {
    ApiError::new(ApiErrorKind::ResourceNotFound, format!("PreparedStatement {name} was not found in WorkGroup {workgroup}"))
}
