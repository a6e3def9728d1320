//! How is the catalog kept? `FileCatalog` on files, and `MemoryCatalog` for tests, both behind the same contract.
//!
//! Below the catalog's folder:
//!
//! | file | holds |
//! |---|---|
//! | `.lock` | nothing; locked by the one server that has the folder open |
//! | `<database>/_database.json` | the database |
//! | `<database>/<table>.json` | the current version of the table; the table exists while this file does |
//! | `<database>/<table>.versions/<version>.json` | an archived version |
//! | `<database>/<table>.partitions.ndjson` | the partitions, sorted by values, as of the last compaction |
//! | `<database>/<table>.partitions.log` | the changes since, one checksummed line a durable write |
//! | `<database>/<table>.deleted` | a removed table whose files are still to be removed |
//! | `<database>.deleted/` | a removed database, still to be removed |
//! | `*.tmp` | a file that was never finished |
//!
//! All writes pass `durable`. Every operation has one instant at which it takes effect: the rename of a whole file or
//! folder, or the last byte of a line in the log. What comes before is invisible, what comes after is repeated when the
//! catalog is opened.

mod addition;
mod database_store;
mod durable;
mod file_catalog;
mod layout;
mod memory;
mod partition_files;
mod partition_log;
mod partition_plan;
mod stored;
mod stored_partition;
mod stored_shape;
mod table_store;

pub use addition::Addition;
pub use file_catalog::FileCatalog;
pub use memory::MemoryCatalog;
