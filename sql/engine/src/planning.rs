//! Where does planning run? On a big stack of its own, as trees may be deep; a panic there is an error here.
//!
//! The stack is changed, not the thread: a fresh thread costs 50 µs on an idle machine and whole time slices on a busy one.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt;

use crate::error::EngineError;
use crate::error::from_datafusion::from_panic;

/// Reserved address space; only what is touched takes memory.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Runs `work` on a big stack, on the thread that polls it.
pub async fn on_big_stack<T: Send + 'static>(
    work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
) -> Result<T, EngineError> {
    let outcome = BigStack { work: Some(Box::pin(AssertUnwindSafe(work).catch_unwind())) }.await;
    outcome.unwrap_or_else(|panic| Err(from_panic(panic.as_ref())))
}

/// Work that is polled, and dropped when it is given up, on a big stack: dropping a deep tree recurses as well.
struct BigStack<F> {
    /// `None` once it is dropped.
    work: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for BigStack<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let held = &mut self.work;
        with_room(|| {
            let polled = held.as_mut().map_or(Poll::Pending, |work| work.as_mut().poll(context));
            if polled.is_ready() {
                // Here, as the stack is big already.
                *held = None;
            }
            polled
        })
    }
}

impl<F> Drop for BigStack<F> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            with_room(|| drop(work));
        }
    }
}

/// Calls on a fresh stack, or on this one when it is big already.
fn with_room<R>(call: impl FnOnce() -> R) -> R {
    if stacker::remaining_stack().is_some_and(|bytes| bytes > STACK_BYTES / 2) { call() } else { stacker::grow(STACK_BYTES, call) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn depth(levels: u32) -> u64 {
        let padding = std::hint::black_box([0u8; 512]);
        if levels == 0 { 0 } else { 1 + depth(levels - 1) + u64::from(padding[511]) }
    }

    #[tokio::test]
    async fn deep_work_has_room_and_panics_are_errors() {
        // Some 50 MB in debug builds: far more than any thread here has.
        assert_eq!(on_big_stack(async { Ok(depth(50_000)) }).await.unwrap(), 50_000);
        let nested = on_big_stack(async { on_big_stack(async { Ok(depth(1_000)) }).await }).await;
        assert_eq!(nested.unwrap(), 1_000);
        let failed: Result<(), _> = on_big_stack(async { panic!("a bug") }).await;
        assert!(failed.is_err());
    }
}
