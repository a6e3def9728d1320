//! What is forgotten, and when? Old queries and old managed results, looked for once an hour.
//!
//! Ref: Athena user guide, "View recent queries" (45 days), "Managed query results" (24 hours).

use crate::app::App;
use crate::query::settings::MANAGED_BUCKET;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use std::sync::{Arc, Weak};
use std::time::Duration;

const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);
const MS_PER_HOUR: i64 = 3_600_000;

/// Sweeps until the server is gone.
pub async fn keep_sweeping(app: Weak<App>) {
    while let Some(app) = app.upgrade() {
        sweep(&app).await;
        drop(app);
        tokio::time::sleep(SWEEP_INTERVAL).await;
    }
}

/// Forgets what is too old by now.
pub async fn sweep(app: &Arc<App>) {
    app.queries.forget_old(app.clock.now_ms());
    if let Err(error) = remove_managed(app).await {
        tracing::warn!(%error, "old managed results cannot be removed");
    }
}

async fn remove_managed(app: &Arc<App>) -> Result<(), object_store::Error> {
    let oldest_ms = oldest_managed_ms(app);
    let store = match app.managed_store() {
        Ok(store) => store,
        Err(error) => {
            tracing::warn!(%error, bucket = MANAGED_BUCKET, "no managed results");
            return Ok(());
        }
    };
    let objects: Vec<_> = store.list(None).try_collect().await?;
    for object in objects.into_iter().filter(|object| object.last_modified.timestamp_millis() < oldest_ms) {
        store.delete(&object.location).await?;
    }
    Ok(())
}

/// Managed results of queries that ended before this time are gone.
pub fn oldest_managed_ms(app: &App) -> i64 {
    let hours = i64::try_from(app.config.limits.managed_results_hours_max).unwrap_or(i64::MAX);
    app.clock.now_ms().saturating_sub(hours.saturating_mul(MS_PER_HOUR))
}
