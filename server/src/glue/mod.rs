//! Which operations of Glue are served? One file a noun; the table below lists them.

use crate::wire::Operation;

/// The operations served; every other name of the service is refused by name.
pub const OPERATIONS: &[Operation] = &[];
