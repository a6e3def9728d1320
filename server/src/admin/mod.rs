//! What does the server say about itself? Paths under `/_owlake/`, and `/metrics`; never signed as AWS requests are.

use crate::app::App;
use crate::wire::auth::operator;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use std::sync::Arc;

mod health;
mod metrics;
pub mod traces;
mod usage;

pub use metrics::{is_scrape, metrics};

/// The admin routes; `/metrics` is told apart from the bucket of that name by `is_scrape`. All but the health are for those who name a
/// key, where requests have to be signed.
pub fn routes(app: Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/_owlake/usage", get(usage::usage))
        .route("/_owlake/metrics", get(metrics::metrics))
        .route_layer(from_fn_with_state(app, operator::guard))
        .route("/_owlake/health", get(health::health))
}
