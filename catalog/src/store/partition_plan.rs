//! What do changes of partitions come to, before they are written? Each is judged by what is stored and by those before it.
//!
//! Ref: AWS Glue API, BatchCreatePartition, BatchUpdatePartition, BatchDeletePartition: the items of a batch succeed and
//! fail each for itself.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::{PartitionFailure, PartitionUpdate};
use crate::error::{CatalogError, EntityKind, Result};
use crate::limits::PARTITIONS_PER_TABLE_MAX;
use crate::model::{Column, Partition, PartitionDefinition};
use crate::partition::PartitionValues;
use crate::rules;
use crate::store::partition_files::LoadedPartitions;

/// Changes of partitions, as they are asked for.
pub(super) enum PartitionChange {
    Create(Vec<PartitionDefinition>),
    Update(Vec<PartitionUpdate>),
    Delete(Vec<PartitionValues>),
}

/// What a batch of changes comes to, before it is written.
pub(super) struct Plan<'a> {
    keys: &'a [Column],
    loaded: &'a mut LoadedPartitions,
    /// What becomes of each partition touched; None stands for removed.
    pub(super) pending: HashMap<PartitionValues, Option<Arc<Partition>>>,
    now_ms: i64,
    added: usize,
}

impl<'a> Plan<'a> {
    pub(super) fn new(keys: &'a [Column], loaded: &'a mut LoadedPartitions, now_ms: i64) -> Self {
        Plan { keys, loaded, pending: HashMap::new(), now_ms, added: 0 }
    }

    /// Takes in a change; what of it can't be done is told, the rest becomes pending.
    pub(super) fn change(&mut self, change: PartitionChange) -> Vec<PartitionFailure> {
        let mut failures = Vec::new();
        let mut note = |values: PartitionValues, result: Result<()>| {
            if let Err(error) = result {
                failures.push(PartitionFailure { values, error });
            }
        };
        match change {
            PartitionChange::Create(definitions) => {
                definitions.into_iter().for_each(|definition| note(definition.values.clone(), self.create(definition)));
            }
            PartitionChange::Update(updates) => {
                updates.into_iter().for_each(|update| note(update.values.clone(), self.update(update)));
            }
            PartitionChange::Delete(values) => values.into_iter().for_each(|values| note(values.clone(), self.delete(values))),
        }
        failures
    }

    fn create(&mut self, definition: PartitionDefinition) -> Result<()> {
        let definition = self.admit(definition)?;
        self.must_be_free(&definition.values)?;
        if self.loaded.map.len() + self.added >= PARTITIONS_PER_TABLE_MAX {
            return Err(CatalogError::LimitExceeded { limit: "number of partitions of a table", max: PARTITIONS_PER_TABLE_MAX as u64 });
        }
        self.added += 1;
        self.put(Partition { definition, creation_time_ms: self.now_ms });
        Ok(())
    }

    fn update(&mut self, update: PartitionUpdate) -> Result<()> {
        let Some(old) = self.find(&update.values) else {
            return Err(CatalogError::PartitionNotFound { values: update.values });
        };
        let definition = self.admit(update.definition)?;
        if definition.values != update.values {
            self.must_be_free(&definition.values)?;
            self.pending.insert(update.values, None);
        }
        self.put(Partition { definition, creation_time_ms: old.creation_time_ms });
        Ok(())
    }

    fn delete(&mut self, values: PartitionValues) -> Result<()> {
        if self.find(&values).is_none() {
            return Err(CatalogError::PartitionNotFound { values });
        }
        self.pending.insert(values, None);
        Ok(())
    }

    fn admit(&mut self, definition: PartitionDefinition) -> Result<PartitionDefinition> {
        let mut definition = rules::admit_partition(definition, self.keys)?;
        if let Some(storage) = &mut definition.storage {
            storage.format = self.loaded.pool.share(Arc::clone(&storage.format));
        }
        Ok(definition)
    }

    fn must_be_free(&self, values: &PartitionValues) -> Result<()> {
        match self.find(values) {
            Some(_) => Err(CatalogError::AlreadyExists { kind: EntityKind::Partition, name: values.to_string() }),
            None => Ok(()),
        }
    }

    fn find(&self, values: &PartitionValues) -> Option<Arc<Partition>> {
        match self.pending.get(values) {
            Some(pending) => pending.clone(),
            None => self.loaded.map.get(values).cloned(),
        }
    }

    fn put(&mut self, partition: Partition) {
        self.pending.insert(partition.values().clone(), Some(Arc::new(partition)));
    }
}
