//! When does a query's turn come? Two lanes, DML and DDL, each with two bounds; workgroups take turns, their queries in order.
//!
//! Ref: Athena user guide, service quotas: active DML and DDL queries. Basis of the rotation: inferred; a workgroup that
//! submits a hundred queries at once must not keep another's single one waiting behind all of them.

use crate::config::Limits;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;

/// The lanes of the server.
pub struct Queue {
    dml: Arc<Lane>,
    ddl: Arc<Lane>,
}

struct Lane {
    running_max: usize,
    active_max: usize,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    running: usize,
    active: usize,
    /// Workgroup → who waits, in order. None is empty.
    waiting: HashMap<String, VecDeque<oneshot::Sender<Running>>>,
    /// The workgroups that wait; the first is served next.
    rotation: VecDeque<String>,
}

/// A place among the active queries, kept to the query's end.
pub struct Place {
    waiting: oneshot::Receiver<Running>,
    active: Active,
}

/// A turn of the engine; it ends when dropped.
pub struct Turn {
    _running: Running,
    _active: Active,
}

/// One of the lane's active queries, until dropped.
struct Active(Arc<Lane>);

/// One of the lane's running queries, until dropped; the next one starts then. Empty when nobody took it.
struct Running(Option<Arc<Lane>>);

impl Queue {
    /// Lanes with the configured bounds.
    pub fn new(limits: &Limits) -> Self {
        let lane = |running_max, active_max| Arc::new(Lane { running_max, active_max, line: Mutex::default() });
        Queue { dml: lane(limits.dml_running_max, limits.dml_active_max), ddl: lane(limits.ddl_running_max, limits.ddl_active_max) }
    }

    /// A place in the lane of a statement; `None` when the quota of active queries is used up.
    ///
    /// The place in the line is taken here, so turns follow admissions and not when each task first runs.
    pub fn admit(&self, workgroup: &str, statement_type: &str, substatement_type: &str) -> Option<Place> {
        let lane = if is_dml(statement_type, substatement_type) { &self.dml } else { &self.ddl };
        let (turn, waiting) = oneshot::channel();
        let mut line = lane.line.lock();
        if line.active >= lane.active_max {
            return None;
        }
        line.active += 1;
        if line.running < lane.running_max {
            line.running += 1;
            // The receiver is in our hands, so this cannot fail.
            let _sent = turn.send(Running(Some(lane.clone())));
        } else if let Some(others) = line.waiting.get_mut(workgroup) {
            others.push_back(turn);
        } else {
            line.rotation.push_back(workgroup.to_owned());
            line.waiting.insert(workgroup.to_owned(), VecDeque::from([turn]));
        }
        Some(Place { waiting, active: Active(lane.clone()) })
    }
}

impl Queue {
    /// How many queries have a place.
    pub fn active(&self) -> usize {
        [&self.dml, &self.ddl].map(|lane| lane.line.lock().active).iter().sum()
    }
}

impl Place {
    /// Waits for the turn. `None` never happens while the server lives.
    pub async fn turn(self) -> Option<Turn> {
        let Place { waiting, active } = self;
        Some(Turn { _running: waiting.await.ok()?, _active: active })
    }
}

impl Line {
    /// Whoever waits longest in the workgroup whose turn it is; the workgroup goes to the end of the rotation.
    fn next(&mut self) -> Option<oneshot::Sender<Running>> {
        let workgroup = self.rotation.pop_front()?;
        let others = self.waiting.get_mut(&workgroup)?;
        let next = others.pop_front();
        if others.is_empty() {
            self.waiting.remove(&workgroup);
        } else {
            self.rotation.push_back(workgroup);
        }
        next
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.line.lock().active -= 1;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(lane) = self.0.take() else { return };
        let mut line = lane.line.lock();
        while let Some(next) = line.next() {
            match next.send(Running(Some(lane.clone()))) {
                Ok(()) => return,
                // Cancelled while it waited. Emptied, so that its own end does not serve the next one again.
                Err(mut unwanted) => unwanted.0 = None,
            }
        }
        line.running -= 1;
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
    use futures::FutureExt;

    #[test]
    fn lanes_are_bounded_and_first_in_first_out() {
        let limits = Limits { dml_running_max: 1, dml_active_max: 3, ..crate::config::Config::default().limits };
        let queue = Queue::new(&limits);
        let [first, second, third] = [0; 3].map(|_| queue.admit("w", "DML", "SELECT").unwrap());
        assert!(queue.admit("w", "DML", "SELECT").is_none());
        assert!(queue.admit("w", "DDL", "CREATE_TABLE_AS_SELECT").is_none());
        assert!(queue.admit("w", "DDL", "CREATE_TABLE").is_some());
        let turn = first.turn().now_or_never().flatten().unwrap();
        let mut second = Box::pin(second.turn());
        let mut third = Box::pin(third.turn());
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        drop(turn);
        assert!(third.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().flatten().is_some());
        assert!(queue.admit("w", "DML", "SELECT").is_some());
    }

    // basis: documented, service quotas of us-east-1.
    #[test]
    fn two_hundred_queries_and_twenty_catalog_statements_are_active_unless_set() {
        let queue = Queue::new(&crate::config::Config::default().limits);
        let admitted = |statement: &str, substatement: &str| -> Vec<Place> {
            std::iter::from_fn(|| queue.admit("w", statement, substatement)).take(1000).collect()
        };
        let queries = admitted("DML", "SELECT");
        let statements = admitted("DDL", "CREATE_TABLE");
        assert_eq!((queries.len(), statements.len(), queue.active()), (200, 20, 220));
        drop(statements);
        assert_eq!(admitted("UTILITY", "SHOW_TABLES").len(), 20);
    }

    #[test]
    fn turns_follow_admissions_whoever_asks_first() {
        let queue = Queue::new(&Limits { dml_running_max: 1, ..crate::config::Config::default().limits });
        let [first, second, third] = [0; 3].map(|_| queue.admit("w", "DML", "SELECT").unwrap());
        let mut third = Box::pin(third.turn());
        assert!(third.as_mut().now_or_never().is_none());
        let mut second = Box::pin(second.turn());
        drop(first);
        assert!(third.as_mut().now_or_never().is_none());
        let turn = second.as_mut().now_or_never().flatten().unwrap();
        drop(turn);
        assert!(third.as_mut().now_or_never().flatten().is_some());
    }

    #[test]
    fn workgroups_take_turns_and_the_cancelled_are_skipped() {
        let queue = Queue::new(&Limits { dml_running_max: 1, ..crate::config::Config::default().limits });
        let running = queue.admit("busy", "DML", "SELECT").unwrap().turn().now_or_never().flatten().unwrap();
        let busy: Vec<Place> = (0..3).map(|_| queue.admit("busy", "DML", "SELECT").unwrap()).collect();
        let small = queue.admit("small", "DML", "SELECT").unwrap();
        let [first, second, third] = <[Place; 3]>::try_from(busy).ok().unwrap();
        drop(running);
        let turn = first.turn().now_or_never().flatten().unwrap();
        drop(second);
        drop(turn);
        let turn = small.turn().now_or_never().flatten().unwrap();
        let mut third = Box::pin(third.turn());
        assert!(third.as_mut().now_or_never().is_none());
        drop(turn);
        assert!(third.now_or_never().flatten().is_some());
        assert!(queue.admit("busy", "DML", "SELECT").unwrap().turn().now_or_never().flatten().is_some());
    }
}
