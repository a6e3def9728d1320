//! What does every request share? The composition root: settings, clock, ids, catalog, engine, storage, queries.

use crate::config::Config;
use owlake_catalog::{Catalog, Clock};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use std::sync::Arc;
use uuid::Uuid;

/// The parts of one running server. Requests hold it behind an `Arc`.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The time, for everything but durations.
    pub clock: Arc<dyn Clock>,
    /// Query, request and file ids.
    pub ids: Arc<dyn IdSource>,
    /// Databases, tables and partitions.
    pub catalog: Arc<dyn Catalog>,
}

/// Where ids come from.
pub trait IdSource: Send + Sync {
    /// A new version 4 uuid.
    fn uuid(&self) -> Uuid;
}

/// Random ids, or a repeatable sequence when seeded.
pub struct RandomIds {
    seeded: Option<Mutex<StdRng>>,
}

impl RandomIds {
    /// Ids from the system's randomness, or from `seed`.
    pub fn new(seed: Option<u64>) -> Self {
        RandomIds { seeded: seed.map(|seed| Mutex::new(StdRng::seed_from_u64(seed))) }
    }
}

impl IdSource for RandomIds {
    fn uuid(&self) -> Uuid {
        match &self.seeded {
            None => Uuid::new_v4(),
            Some(random) => {
                let mut bytes = [0; 16];
                random.lock().fill_bytes(&mut bytes);
                uuid::Builder::from_random_bytes(bytes).into_uuid()
            }
        }
    }
}

/// The system's time.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        chrono::Utc::now().timestamp_millis()
    }
}
