//! Which data catalogs are there? The Glue catalog always, and those users register.
//!
//! A registered catalog of type GLUE is another name for this account's catalog. Catalogs of the other types are kept,
//! shown and tagged, and queries of them fail, since their connectors are Lambda functions, which nothing here runs.
//!
//! Ref: Athena API reference, DataCatalog; Athena user guide, "Register a data catalog".

use crate::error::{ApiError, AthenaErrorCode, ServerError};
use crate::query::registry::Registry;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The catalog that always exists, and of a query that names none.
pub const DEFAULT_CATALOG: &str = "AwsDataCatalog";
/// Basis: inferred; bounds the file.
pub const DATA_CATALOGS_MAX: usize = 1000;

/// A registered catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataCatalog {
    /// As given; names fold case when compared.
    pub name: String,
    /// `LAMBDA`, `GLUE`, `HIVE` or `FEDERATED`.
    pub kind: String,
    /// `None` when none was given.
    pub description: Option<String>,
    /// As given, checked for the type.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Key → value.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl DataCatalog {
    /// The catalog that always exists.
    pub fn of_glue(account_id: &str) -> Self {
        DataCatalog {
            name: DEFAULT_CATALOG.to_owned(),
            kind: "GLUE".to_owned(),
            description: None,
            parameters: BTreeMap::from([("catalog-id".to_owned(), account_id.to_owned())]),
            tags: BTreeMap::new(),
        }
    }

    /// Whether its databases are those of this account's Glue catalog.
    pub fn is_glue(&self) -> bool {
        self.kind == "GLUE"
    }
}

/// The registered catalogs of the server, by lower-case name.
pub struct DataCatalogs {
    registry: Registry<DataCatalog>,
}

impl DataCatalogs {
    /// Opens `<folder>/data_catalogs.json`.
    pub fn open(folder: &Path) -> Result<Self, ServerError> {
        Ok(DataCatalogs { registry: Registry::open(&folder.join("data_catalogs.json"))? })
    }

    /// The registered catalog of this name, whatever its case.
    pub fn find(&self, name: &str) -> Option<DataCatalog> {
        self.registry.find(&name.to_lowercase())
    }

    /// The catalog of this name, `AwsDataCatalog` among them. Errors: there is none.
    pub fn data_catalog(&self, name: &str, account_id: &str) -> Result<DataCatalog, ApiError> {
        if is_default(name) { Ok(DataCatalog::of_glue(account_id)) } else { self.find(name).ok_or_else(|| not_found(name)) }
    }

    /// The names of the registered catalogs that are this account's Glue catalog.
    pub fn glue_aliases(&self) -> Arc<[String]> {
        self.registry.list().into_iter().filter(DataCatalog::is_glue).map(|catalog| catalog.name).collect()
    }

    /// All catalogs, sorted by lower-case name.
    pub fn list(&self, account_id: &str) -> Vec<DataCatalog> {
        let mut catalogs = self.registry.list();
        catalogs.push(DataCatalog::of_glue(account_id));
        catalogs.sort_by_cached_key(|catalog| catalog.name.to_lowercase());
        catalogs
    }

    /// Registers a catalog. Errors: the name is taken, or there are too many. Basis of the texts: inferred.
    pub fn create(&self, catalog: DataCatalog) -> Result<(), ApiError> {
        self.registry.change(|catalogs| {
            let key = catalog.name.to_lowercase();
            if is_default(&key) || catalogs.contains_key(&key) {
                return Err(ApiError::invalid_input(format!("DataCatalog {} has already been created", catalog.name)));
            }
            if catalogs.len() >= DATA_CATALOGS_MAX {
                return Err(ApiError::invalid_input(format!("the account has {DATA_CATALOGS_MAX} data catalogs, the most allowed")));
            }
            catalogs.insert(key, catalog);
            Ok(())
        })
    }

    /// Changes a catalog. Errors: there is none, or it is the one that always exists.
    pub fn update(&self, name: &str, change: impl FnOnce(&mut DataCatalog) -> Result<(), ApiError>) -> Result<(), ApiError> {
        refuse_default(name)?;
        self.registry.change(|catalogs| change(catalogs.get_mut(&name.to_lowercase()).ok_or_else(|| not_found(name))?))
    }

    /// Removes a catalog and returns it. Errors: as for `update`.
    pub fn delete(&self, name: &str) -> Result<DataCatalog, ApiError> {
        refuse_default(name)?;
        self.registry.change(|catalogs| catalogs.remove(&name.to_lowercase()).ok_or_else(|| not_found(name)))
    }
}

fn is_default(name: &str) -> bool {
    name.eq_ignore_ascii_case(DEFAULT_CATALOG)
}

fn refuse_default(name: &str) -> Result<(), ApiError> {
    if is_default(name) {
        return Err(ApiError::invalid_input(format!("the data catalog '{DEFAULT_CATALOG}' cannot be changed or deleted")));
    }
    Ok(())
}

/// Basis: inferred; Terraform's provider knows a deleted catalog by the words "was not found".
fn not_found(name: &str) -> ApiError {
    ApiError::invalid_request(AthenaErrorCode::DatacatalogNotFound, format!("DataCatalog {name} was not found"))
}

/// A database or table of a catalog there is not. Ref: measured Athena behaviour, DESCRIBE with an unknown catalog part;
/// the same text for the operations is inferred.
pub fn no_such_catalog(name: &str) -> ApiError {
    ApiError::invalid_request(AthenaErrorCode::DatacatalogNotFound, format!("Catalog '{name}' does not exist"))
}
