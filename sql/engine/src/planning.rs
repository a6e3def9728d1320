//! Where does planning run? On a thread with a big stack of its own, as trees may be deep; a panic there is an error here.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tokio::runtime::Handle;

use crate::error::EngineError;
use crate::error::from_datafusion::from_panic;

/// Reserved address space; only what is touched takes memory.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Runs `work` on a thread with a big stack, I/O included, and waits without blocking. A fresh thread costs about 50 µs.
pub async fn on_big_stack<T: Send + 'static>(
    work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
) -> Result<T, EngineError> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let handle = Handle::current();
    let spawned = std::thread::Builder::new().name("planning".to_owned()).stack_size(STACK_BYTES).spawn(move || {
        let outcome = handle.block_on(AssertUnwindSafe(work).catch_unwind());
        // Nobody waits any more when the query was given up; there is nothing to tell then.
        let _ = sender.send(outcome.unwrap_or_else(|panic| Err(from_panic(panic.as_ref()))));
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "a planning thread could not be started");
        return Err(EngineError::internal("The query could not be planned"));
    }
    receiver.await.unwrap_or_else(|_| Err(EngineError::internal("The query could not be planned")))
}
