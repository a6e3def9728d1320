//! Which workgroups are there? `primary` always, and those users make.
//!
//! Ref: Athena user guide, "Workgroups"; measured Athena behaviour, "Workgroups".

use crate::error::{ApiError, ServerError};
use crate::query::registry::Registry;
use crate::query::settings::ResultSettings;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The workgroup that always exists.
pub const PRIMARY: &str = "primary";
/// Ref: Athena user guide, service quotas.
pub const WORKGROUPS_MAX: usize = 1000;

/// A workgroup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workgroup {
    /// `[a-zA-Z0-9._-]{1,128}`.
    pub name: String,
    /// Empty when none was given.
    #[serde(default)]
    pub description: String,
    /// Whether new queries are taken.
    pub is_enabled: bool,
    /// Whether the client's result settings are ignored.
    pub is_enforced: bool,
    /// Whether its queries show in the metrics named as CloudWatch names them.
    #[serde(default)]
    pub publishes_metrics: bool,
    /// Kept and echoed.
    #[serde(default)]
    pub requester_pays: bool,
    /// Queries that read more are cancelled.
    #[serde(default)]
    pub bytes_scanned_cutoff: Option<u64>,
    /// `AUTO` or `Athena engine version 3`.
    pub selected_engine_version: String,
    /// Where results go.
    #[serde(default)]
    pub result: ResultSettings,
    /// Set when the service keeps the results; a workgroup has these or a result location.
    #[serde(default)]
    pub managed: Option<ManagedResults>,
    /// Whether clients may choose no weaker encryption than the workgroup's.
    #[serde(default)]
    pub has_minimum_encryption: bool,
    /// The key of what users keep with the service; kept and echoed.
    #[serde(default)]
    pub content_kms_key: Option<String>,
    /// Milliseconds since the epoch.
    pub created_at_ms: i64,
    /// Key → value.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// How the service keeps results.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedResults {
    /// Kept and echoed; objects are stored plain.
    pub kms_key: Option<String>,
}

impl Workgroup {
    /// `primary` as a new account has it, with the configured result location.
    pub fn primary(created_at_ms: i64, output_location: Option<String>) -> Self {
        Workgroup {
            name: PRIMARY.to_owned(),
            description: String::new(),
            is_enabled: true,
            is_enforced: false,
            publishes_metrics: false,
            requester_pays: false,
            bytes_scanned_cutoff: None,
            selected_engine_version: "AUTO".to_owned(),
            result: ResultSettings { output_location, ..ResultSettings::default() },
            managed: None,
            has_minimum_encryption: false,
            content_kms_key: None,
            created_at_ms,
            tags: BTreeMap::new(),
        }
    }
}

/// The workgroups of the server.
pub struct Workgroups {
    registry: Registry<Workgroup>,
}

impl Workgroups {
    /// Opens `<folder>/workgroups.json`, making `primary` when it is not there. A configured result location is
    /// `primary`'s until someone sets another.
    pub fn open(folder: &Path, now_ms: i64, output_location: Option<String>) -> Result<Self, ServerError> {
        let registry: Registry<Workgroup> = Registry::open(&folder.join("workgroups.json"))?;
        registry.change(|workgroups| {
            let primary = workgroups.entry(PRIMARY.to_owned()).or_insert_with(|| Workgroup::primary(now_ms, output_location.clone()));
            if primary.result.output_location.is_none() && primary.managed.is_none() {
                primary.result.output_location = output_location;
            }
            Ok::<(), ServerError>(())
        })?;
        Ok(Workgroups { registry })
    }

    /// The workgroup of this name. Errors: there is none.
    pub fn workgroup(&self, name: &str) -> Result<Workgroup, ApiError> {
        self.registry.find(name).ok_or_else(not_found)
    }

    /// The workgroup of this name, if it takes queries.
    pub fn accepting(&self, name: &str) -> Result<Workgroup, ApiError> {
        let workgroup = self.workgroup(name)?;
        if workgroup.is_enabled { Ok(workgroup) } else { Err(ApiError::invalid_input(format!("WorkGroup {name} is disabled."))) }
    }

    /// All workgroups, sorted by name.
    pub fn list(&self) -> Vec<Workgroup> {
        self.registry.list()
    }

    /// Adds a workgroup. Errors: the name is taken, or there are too many.
    pub fn create(&self, workgroup: Workgroup) -> Result<(), ApiError> {
        self.registry.change(|workgroups| {
            if workgroups.contains_key(&workgroup.name) {
                return Err(ApiError::invalid_input("WorkGroup already exists"));
            }
            if workgroups.len() >= WORKGROUPS_MAX {
                return Err(ApiError::invalid_input(format!("the account has {WORKGROUPS_MAX} workgroups, the most allowed")));
            }
            workgroups.insert(workgroup.name.clone(), workgroup);
            Ok(())
        })
    }

    /// Changes a workgroup. Errors: there is none, or those of `change`.
    pub fn update(&self, name: &str, change: impl FnOnce(&mut Workgroup) -> Result<(), ApiError>) -> Result<(), ApiError> {
        self.registry.change(|workgroups| change(workgroups.get_mut(name).ok_or_else(not_found)?))
    }

    /// Removes a workgroup. Errors: there is none, or it is `primary`.
    pub fn delete(&self, name: &str) -> Result<(), ApiError> {
        if name == PRIMARY {
            return Err(ApiError::invalid_input("The primary workgroup cannot be deleted."));
        }
        self.registry.change(|workgroups| workgroups.remove(name).map(|_| ()).ok_or_else(not_found))
    }
}

fn not_found() -> ApiError {
    ApiError::invalid_input("WorkGroup is not found.")
}
