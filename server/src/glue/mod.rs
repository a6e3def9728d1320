//! Which operations of Glue are served? One file a noun; the table below lists them.
//!
//! | file | holds |
//! |---|---|
//! | `database.rs` `table.rs` `tables.rs` `table_version.rs` | databases, tables, their listings and versions |
//! | `partition.rs` `partition_batch.rs` `partitions.rs` `partition_index.rs` | partitions one by one, in batches, listed; their indexes |
//! | `search_tables.rs` `catalog.rs` `tag.rs` `user_defined_function.rs` | what clients ask for around them |
//! | `shape/` | the model of the catalog to and from the shapes on the wire |
//! | `call.rs` `failure.rs` `page.rs` | how a handler reaches the catalog, words its failures, and pages |

mod call;
mod catalog;
mod database;
mod failure;
mod page;
mod partition;
mod partition_batch;
mod partition_index;
mod partitions;
mod search_tables;
mod shape;
mod table;
mod table_version;
mod tables;
mod tag;
mod user_defined_function;

use crate::wire::Operation;

/// The operations served; every other name of the service is refused by name.
pub const OPERATIONS: &[Operation] = &[
    database::CREATE_DATABASE,
    database::GET_DATABASE,
    database::GET_DATABASES,
    database::UPDATE_DATABASE,
    database::DELETE_DATABASE,
    table::CREATE_TABLE,
    table::GET_TABLE,
    table::UPDATE_TABLE,
    table::DELETE_TABLE,
    table::BATCH_DELETE_TABLE,
    tables::GET_TABLES,
    search_tables::SEARCH_TABLES,
    table_version::GET_TABLE_VERSION,
    table_version::GET_TABLE_VERSIONS,
    table_version::DELETE_TABLE_VERSION,
    table_version::BATCH_DELETE_TABLE_VERSION,
    partition::CREATE_PARTITION,
    partition::GET_PARTITION,
    partition::UPDATE_PARTITION,
    partition::DELETE_PARTITION,
    partition_batch::BATCH_CREATE_PARTITION,
    partition_batch::BATCH_GET_PARTITION,
    partition_batch::BATCH_UPDATE_PARTITION,
    partition_batch::BATCH_DELETE_PARTITION,
    partitions::GET_PARTITIONS,
    partition_index::GET_PARTITION_INDEXES,
    user_defined_function::GET_USER_DEFINED_FUNCTION,
    user_defined_function::GET_USER_DEFINED_FUNCTIONS,
    tag::GET_TAGS,
    catalog::GET_CATALOG,
    catalog::GET_CATALOGS,
    catalog::GET_CATALOG_IMPORT_STATUS,
];
