//! How do rows become objects, and objects become pages? Streaming out to the result location, reading back by offset.
//!
//! | file | question |
//! |---|---|
//! | `location` | where a statement's objects go and what each statement class leaves |
//! | `columns` | how a column is described |
//! | `csv` | how rows are written as CSV |
//! | `csv_value` | how the text of a value is put into a buffer without detours |
//! | `buffers` | where written buffers go when they are no longer needed |
//! | `text` | how lines are written |
//! | `metadata` | what the `.metadata` object holds |
//! | `manifest` | what the list of written files holds |
//! | `sink` | how bytes stream into one object that appears at once |
//! | `publish` | the way from the engine's output to complete objects |
//! | `page` | how a page is read back |

pub mod buffers;
pub mod columns;
pub mod csv;
mod csv_value;
pub mod location;
pub mod manifest;
pub mod metadata;
pub mod page;
pub mod publish;
pub mod sink;
pub mod text;
