//! What do all queries of the process run on? One memory pool, one spill folder, one template of DataFusion's session.
//!
//! DataFusion's analyzer rules are left out: names and types are settled by our own analyzer, so its type coercion could only change
//! a meaning. Its optimizer rules stay; constants that fail to fold stay as they are and fail at run time, if ever.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::execution::SessionState;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use object_store::memory::InMemory;

use crate::engine::EngineConfig;
use crate::error::EngineError;
use crate::plan::conjunction::Conjunctions;
use crate::plan::cooperative::CooperativeJoins;
use crate::plan::forget_dependencies;
use crate::plan::join_order::JoinOrder;
use crate::plan::lazy_errors::LazyProjections;
use crate::plan::match_recognize::node::Planner;
use crate::plan::sieve::{self, Sieves};
use crate::plan::small_batches::SmallBatches;
use crate::scan::hive_table::STORE_URL;

/// Rows a batch.
const BATCH_ROWS: usize = 8192;
/// How many of the largest consumers a memory failure names in the log.
const LOGGED_CONSUMERS: usize = 5;
/// Build sides up to this size are collected once and shared, not repartitioned: 1.09 times faster over TPC-H on two cores.
const COLLECTED_BUILD_BYTES_MAX: usize = 1_000_000_000;
const COLLECTED_BUILD_ROWS_MAX: usize = 1_000_000_000;

/// The process's share of DataFusion.
#[derive(Debug)]
pub struct Runtime {
    template: SessionState,
}

impl Runtime {
    /// Errors: the spill folder can't be made.
    pub fn new(config: &EngineConfig) -> Result<Self, EngineError> {
        let pool = TrackConsumersPool::new(
            FairSpillPool::new(config.memory_bytes_max),
            NonZeroUsize::new(LOGGED_CONSUMERS).unwrap_or(NonZeroUsize::MIN),
        );
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![config.spill_dir.clone()]));
        let env = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).with_disk_manager_builder(disk).build_arc()?;
        // Looked up by DataFusion's scans and never read: each file is read through its own counter.
        env.register_object_store(ObjectStoreUrl::parse(STORE_URL)?.as_ref(), Arc::new(InMemory::new()));
        Ok(Runtime { template: template(config, env) })
    }

    /// A session for one query; cheap.
    pub fn session(&self) -> SessionState {
        self.template.clone()
    }
}

fn template(config: &EngineConfig, env: Arc<RuntimeEnv>) -> SessionState {
    let mut session = SessionConfig::new()
        .with_target_partitions(config.target_partitions.max(1))
        .with_batch_size(BATCH_ROWS)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(false);
    let options = session.options_mut();
    options.optimizer.hash_join_single_partition_threshold = COLLECTED_BUILD_BYTES_MAX;
    options.optimizer.hash_join_single_partition_threshold_rows = COLLECTED_BUILD_ROWS_MAX;
    options.execution.parquet.schema_force_view_types = true;
    options.execution.parquet.pushdown_filters = false;
    options.sql_parser.default_null_ordering = "nulls_last".to_owned();
    let mut rules: Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> = vec![Arc::new(JoinOrder), Arc::new(LazyProjections)];
    for rule in PhysicalOptimizer::new().rules {
        if rule.name() == sieve::BEFORE {
            rules.push(Arc::new(Sieves));
        }
        rules.push(rule);
    }
    rules.push(Arc::new(Conjunctions));
    rules.push(Arc::new(SmallBatches));
    rules.push(Arc::new(CooperativeJoins));
    SessionStateBuilder::new()
        .with_session_id(String::new())
        .with_config(session)
        .with_runtime_env(env)
        .with_analyzer_rules(Vec::new())
        .with_optimizer_rules(forget_dependencies::rules())
        .with_physical_optimizer_rules(rules)
        .with_query_planner(Arc::new(Planner))
        .build()
}

/// The optimised physical plan of a logical one.
pub async fn physical_plan(session: &SessionState, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>, EngineError> {
    let optimized = session.optimize(plan)?;
    Ok(session.query_planner().create_physical_plan(&optimized, session).await?)
}
