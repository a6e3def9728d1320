//! What does the server say about itself? Paths under `/_owlake/`, unsigned.

use crate::app::App;
use axum::Router;
use std::sync::Arc;

/// The admin routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
}
