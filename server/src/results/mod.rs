//! How do rows become objects, and objects become pages? Streaming out to the result location, reading back by offset.
//!
//! | file | question |
//! |---|---|
//! | `location` | where a statement's objects go and what each statement class leaves |
//! | `columns` | how a column is described |
//! | `csv` | how rows are written as CSV |
//! | `text` | how lines are written |
//! | `metadata` | what the `.metadata` object holds |
//! | `manifest` | what the list of written files holds |
//! | `sink` | how bytes stream into one object that appears at once |
//! | `publish` | the way from the engine's output to complete objects |
//! | `page` | how a page is read back |

pub mod columns;
pub mod csv;
pub mod location;
pub mod manifest;
pub mod metadata;
pub mod page;
pub mod publish;
pub mod sink;
pub mod text;
