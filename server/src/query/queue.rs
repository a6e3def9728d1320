//! When does a query's turn come? Two lanes, DML and DDL, each first in, first out, each with two bounds.
//!
//! Ref: Athena user guide, service quotas: active DML and DDL queries.

use crate::config::Limits;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The lanes of the server.
pub struct Queue {
    dml: Lane,
    ddl: Lane,
}

struct Lane {
    active: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

/// A place among the active queries, kept to the query's end.
pub struct Place {
    /// In the lane's line since the admission.
    waiting: BoxFuture<'static, Option<OwnedSemaphorePermit>>,
    _active: OwnedSemaphorePermit,
}

/// A turn of the engine; it ends when dropped.
pub struct Turn {
    _running: OwnedSemaphorePermit,
    _active: OwnedSemaphorePermit,
}

impl Queue {
    /// Lanes with the configured bounds.
    pub fn new(limits: &Limits) -> Self {
        let lane = |running: usize, active: usize| Lane {
            active: Arc::new(Semaphore::new(active.min(Semaphore::MAX_PERMITS))),
            running: Arc::new(Semaphore::new(running.min(Semaphore::MAX_PERMITS))),
        };
        Queue { dml: lane(limits.dml_running_max, limits.dml_active_max), ddl: lane(limits.ddl_running_max, limits.ddl_active_max) }
    }

    /// A place in the lane of a statement; `None` when the quota of active queries is used up.
    pub fn admit(&self, statement_type: &str, substatement_type: &str) -> Option<Place> {
        let lane = if is_dml(statement_type, substatement_type) { &self.dml } else { &self.ddl };
        let active = lane.active.clone().try_acquire_owned().ok()?;
        let running = lane.running.clone();
        let mut waiting: BoxFuture<'static, _> = Box::pin(tokio::task::unconstrained(async move { running.acquire_owned().await.ok() }));
        // The first look takes the place in the line, so that turns follow admissions and not when each task first runs.
        let waiting = match waiting.as_mut().now_or_never() {
            Some(turn) => Box::pin(std::future::ready(turn)),
            None => waiting,
        };
        Some(Place { waiting, _active: active })
    }
}

impl Place {
    /// Waits for the turn; places are served in the order they were given. `None` never happens while the server lives.
    pub async fn turn(self) -> Option<Turn> {
        let Place { waiting, _active } = self;
        Some(Turn { _running: waiting.await?, _active })
    }
}

/// CTAS is classified DDL and counted as DML, because it runs a query.
pub fn is_dml(statement_type: &str, substatement_type: &str) -> bool {
    statement_type == "DML" || substatement_type == "CREATE_TABLE_AS_SELECT"
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_bounded_and_first_in_first_out() {
        let limits = Limits { dml_running_max: 1, dml_active_max: 3, ..crate::config::Config::default().limits };
        let queue = Queue::new(&limits);
        let [first, second, third] = [0; 3].map(|_| queue.admit("DML", "SELECT").unwrap());
        assert!(queue.admit("DML", "SELECT").is_none());
        assert!(queue.admit("DDL", "CREATE_TABLE_AS_SELECT").is_none());
        assert!(queue.admit("DDL", "CREATE_TABLE").is_some());
        let turn = first.turn().now_or_never().flatten().unwrap();
        let mut second = Box::pin(second.turn());
        let mut third = Box::pin(third.turn());
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        drop(turn);
        assert!(third.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().flatten().is_some());
        assert!(queue.admit("DML", "SELECT").is_some());
    }

    #[test]
    fn turns_follow_admissions_whoever_asks_first() {
        let queue = Queue::new(&Limits { dml_running_max: 1, ..crate::config::Config::default().limits });
        let [first, second, third] = [0; 3].map(|_| queue.admit("DML", "SELECT").unwrap());
        let mut third = Box::pin(third.turn());
        assert!(third.as_mut().now_or_never().is_none());
        let mut second = Box::pin(second.turn());
        drop(first);
        assert!(third.as_mut().now_or_never().is_none());
        let turn = second.as_mut().now_or_never().flatten().unwrap();
        drop(turn);
        assert!(third.as_mut().now_or_never().flatten().is_some());
    }
}
