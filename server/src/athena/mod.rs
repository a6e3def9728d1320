//! Which operations of Athena are served? One file a noun; the table below lists them.

use crate::wire::Operation;

mod capacity_reservation;
mod data_catalog;
mod database;
mod engine_version;
mod named_query;
pub mod not_served;
mod prepared_statement;
mod query_execution;
mod query_results;
mod start_query_execution;
mod table_metadata;
mod tag;
mod timestamp;
mod work_group;

/// The operations served; every other name of the service is in `not_served` and refused by name.
pub const OPERATIONS: &[Operation] = &[
    capacity_reservation::CANCEL_CAPACITY_RESERVATION,
    capacity_reservation::CREATE_CAPACITY_RESERVATION,
    capacity_reservation::DELETE_CAPACITY_RESERVATION,
    capacity_reservation::GET_CAPACITY_ASSIGNMENT_CONFIGURATION,
    capacity_reservation::GET_CAPACITY_RESERVATION,
    capacity_reservation::LIST_CAPACITY_RESERVATIONS,
    capacity_reservation::PUT_CAPACITY_ASSIGNMENT_CONFIGURATION,
    capacity_reservation::UPDATE_CAPACITY_RESERVATION,
    data_catalog::CREATE_DATA_CATALOG,
    data_catalog::DELETE_DATA_CATALOG,
    data_catalog::GET_DATA_CATALOG,
    data_catalog::LIST_DATA_CATALOGS,
    data_catalog::UPDATE_DATA_CATALOG,
    database::GET_DATABASE,
    database::LIST_DATABASES,
    engine_version::LIST_ENGINE_VERSIONS,
    named_query::BATCH_GET_NAMED_QUERY,
    named_query::CREATE_NAMED_QUERY,
    named_query::DELETE_NAMED_QUERY,
    named_query::GET_NAMED_QUERY,
    named_query::LIST_NAMED_QUERIES,
    named_query::UPDATE_NAMED_QUERY,
    prepared_statement::BATCH_GET_PREPARED_STATEMENT,
    prepared_statement::CREATE_PREPARED_STATEMENT,
    prepared_statement::DELETE_PREPARED_STATEMENT,
    prepared_statement::GET_PREPARED_STATEMENT,
    prepared_statement::LIST_PREPARED_STATEMENTS,
    prepared_statement::UPDATE_PREPARED_STATEMENT,
    query_execution::BATCH_GET_QUERY_EXECUTION,
    query_execution::GET_QUERY_EXECUTION,
    query_execution::GET_QUERY_RUNTIME_STATISTICS,
    query_execution::LIST_QUERY_EXECUTIONS,
    query_execution::STOP_QUERY_EXECUTION,
    query_results::GET_QUERY_RESULTS,
    start_query_execution::START_QUERY_EXECUTION,
    table_metadata::GET_TABLE_METADATA,
    table_metadata::LIST_TABLE_METADATA,
    tag::LIST_TAGS_FOR_RESOURCE,
    tag::TAG_RESOURCE,
    tag::UNTAG_RESOURCE,
    work_group::CREATE_WORK_GROUP,
    work_group::DELETE_WORK_GROUP,
    work_group::GET_WORK_GROUP,
    work_group::LIST_WORK_GROUPS,
    work_group::UPDATE_WORK_GROUP,
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_model_has_a_row() {
        let served = OPERATIONS.iter().map(|operation| operation.name);
        let mut rows: Vec<&str> = served.chain(not_served::NOT_SERVED.iter().copied()).collect();
        rows.sort_unstable();
        assert_eq!(rows, owlake_shapes::athena::OPERATION_NAMES);
    }
}
