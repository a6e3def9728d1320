//! How do bytes of the network become requests? Connections are accepted, bounded, timed, and spoken to in TLS where that is set.
//!
//! | file | question |
//! |---|---|
//! | `accept` | how a connection is accepted, served and ended |
//! | `stall` | what is done with a peer that stops sending or reading |
//! | `tls` | which certificate the server shows |

pub mod accept;
pub mod stall;
pub mod tls;

pub use accept::{Listening, serve};
pub use stall::{Stalled, WholeBody};
