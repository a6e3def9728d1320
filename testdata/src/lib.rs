//! Which data do tests, demo and benchmarks run on? Deterministic generators: no clock, fixed seeds.

pub mod lake;
pub mod parquet_file;
pub mod taxi;
pub mod tpch;
