//! In which folder do a partition's files go? Where the partition is registered, else `k=v/…` below the table, else the template.

use std::sync::Arc;

use owlake_catalog::partition::path::encode_path;
use owlake_catalog::{Column, PartitionValues, TableSnapshot};

use crate::error::EngineError;
use crate::scan::location::Location;

/// The folders of one table, or of an UNLOAD's target.
#[derive(Debug)]
pub(crate) struct Folders {
    pub base: Location,
    pub keys: Vec<Column>,
    /// The table inserted into: its partitions keep their locations.
    pub existing: Option<Arc<TableSnapshot>>,
    /// `storage.location.template` of a projected table.
    pub template: Option<String>,
}

/// Where a partition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    pub location: Location,
    /// Whether the catalog does not know it yet.
    pub is_new: bool,
}

impl Folders {
    /// Errors: a registered location that is none.
    pub(super) fn folder(&self, values: &PartitionValues) -> Result<Folder, EngineError> {
        if self.keys.is_empty() {
            return Ok(Folder { location: self.base.clone(), is_new: false });
        }
        if let Some(template) = &self.template {
            let mut text = template.clone();
            for (key, value) in self.keys.iter().zip(values.as_slice()) {
                text = text.replace(&format!("${{{}}}", key.name), value);
            }
            return Ok(Folder { location: Location::parse(&text)?, is_new: false });
        }
        let registered = self.existing.as_ref().and_then(|table| table.partitions.find(values).cloned());
        let is_new = registered.is_none();
        let location = match registered.as_ref().and_then(|partition| partition.location()) {
            Some(location) => Location::parse(location)?,
            None => self.base.join(&encode_path(&self.keys, values)),
        };
        Ok(Folder { location, is_new })
    }
}
