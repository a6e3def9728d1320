//! How does a query live? From submission through the queue and the engine to its terminal state, and after.
//!
//! | file | question |
//! |---|---|
//! | `state` | which states there are |
//! | `record` | what is known of a query: what was asked, how it ended |
//! | `settings` | which result location and limits apply: the request's or the workgroup's |
//! | `workgroups`, `named_queries`, `prepared_statements` | what users keep on the server |
//! | `registry` | how such named things are kept on disk |
//! | `store` | which queries there are, in which state; who waits is woken |
//! | `history` | how queries outlive the process |
//! | `queue` | when a query's turn comes |
//! | `executor` | what runs a statement: the engine, or a stand-in of a test |
//! | `literal_select` | whether a SELECT is of literals only |
//! | `submit` | how a statement becomes a queued query |
//! | `run` | the whole way of one query |
//! | `cancel` | how a query is stopped |
//! | `failure` | which Athena error a failure is |
//! | `metering`, `ledger` | what a query costs, what all have cost so far |
//! | `retention` | what is forgotten, and when |
//! | `reuse` | whether an earlier result answers a query |
//! | `data_catalogs`, `capacity_reservations` | what users register |

pub mod cancel;
pub mod capacity_reservations;
pub mod data_catalogs;
pub mod executor;
pub mod failure;
mod history;
pub mod ledger;
mod literal_select;
pub mod metering;
pub mod named_queries;
pub mod prepared_port;
pub mod prepared_statements;
pub mod queue;
pub mod record;
pub mod registry;
pub mod retention;
pub mod reuse;
pub mod run;
pub mod settings;
pub mod state;
pub mod store;
pub mod submit;
pub mod workgroups;

pub use state::QueryState;
pub use store::{Queries, Query};
