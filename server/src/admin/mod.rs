//! What does the server say about itself? Paths under `/_owlake/`, and `/metrics`, unsigned.

use crate::app::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

mod health;
mod metrics;
mod usage;

pub use metrics::{is_scrape, metrics};

/// The admin routes; `/metrics` is told apart from the bucket of that name by `is_scrape`.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/_owlake/health", get(health::health))
        .route("/_owlake/usage", get(usage::usage))
        .route("/_owlake/metrics", get(metrics::metrics))
}
