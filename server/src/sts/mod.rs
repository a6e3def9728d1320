//! How is STS spoken? Four actions with canned answers, so that clients which ask who they are or take a role go on.
//!
//! Ref: AWS Security Token Service API reference 2011-06-15; the query protocol: a form in, XML out.

mod action;
mod xml;

pub use action::{StsContext, handle};
pub use xml::error;
