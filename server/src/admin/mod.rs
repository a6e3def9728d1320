//! What does the server say about itself? Paths under `/_owlake/`, unsigned.

use crate::app::App;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

mod health;
mod usage;

/// The admin routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/_owlake/health", get(health::health)).route("/_owlake/usage", get(usage::usage))
}
