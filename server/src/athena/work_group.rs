//! How are workgroups kept? Create, get, list, update and delete.
//!
//! Ref: Athena API reference, WorkGroup operations; measured Athena behaviour, "Workgroups".

use crate::app::App;
use crate::athena::query_execution::{AUTO, ENGINE_VERSION, engine_version, malformed, managed, page_size, result_configuration};
use crate::athena::start_query_execution::result_settings;
use crate::athena::tag;
use crate::athena::timestamp::seconds;
use crate::error::ApiError;
use crate::query::settings::{ResultSettings, is_s3_path};
use crate::query::workgroups::{ManagedResults, PRIMARY, Workgroup};
use crate::wire::{Operation, RequestContext, blocking, call, page_token};
use owlake_shapes::athena::{
    CreateWorkGroupInput, CreateWorkGroupOutput, CustomerContentEncryptionConfiguration, DeleteWorkGroupInput, DeleteWorkGroupOutput,
    EngineVersion, GetWorkGroupInput, GetWorkGroupOutput, ListWorkGroupsInput, ListWorkGroupsOutput,
    ManagedQueryResultsConfigurationUpdates, ResultConfigurationUpdates, UpdateWorkGroupInput, UpdateWorkGroupOutput, WorkGroup,
    WorkGroupConfiguration, WorkGroupConfigurationUpdates, WorkGroupSummary,
};
use std::sync::Arc;

/// Ref: service model, ListWorkGroups MaxResults.
const LIST_MAX: usize = 50;

pub const CREATE_WORK_GROUP: Operation =
    Operation { name: "CreateWorkGroup", handler: |app, context, input| call(create_work_group, app, context, input) };
pub const GET_WORK_GROUP: Operation =
    Operation { name: "GetWorkGroup", handler: |app, context, input| call(get_work_group, app, context, input) };
pub const LIST_WORK_GROUPS: Operation =
    Operation { name: "ListWorkGroups", handler: |app, context, input| call(list_work_groups, app, context, input) };
pub const UPDATE_WORK_GROUP: Operation =
    Operation { name: "UpdateWorkGroup", handler: |app, context, input| call(update_work_group, app, context, input) };
pub const DELETE_WORK_GROUP: Operation =
    Operation { name: "DeleteWorkGroup", handler: |app, context, input| call(delete_work_group, app, context, input) };

async fn create_work_group(
    app: Arc<App>,
    _context: RequestContext,
    input: CreateWorkGroupInput,
) -> Result<CreateWorkGroupOutput, ApiError> {
    let configuration = input.configuration.unwrap_or_default();
    check_served(&configuration)?;
    let result = result_settings(configuration.result_configuration);
    check_location(&result)?;
    let kept = configuration.managed_query_results_configuration.filter(|managed| managed.enabled);
    let kept = kept.map(|kept| ManagedResults { kms_key: kept.encryption_configuration.map(|encryption| encryption.kms_key) });
    check_exclusive(&kept, &result)?;
    let workgroup = Workgroup {
        name: input.name,
        description: input.description.unwrap_or_default(),
        is_enabled: true,
        is_enforced: configuration.enforce_work_group_configuration.unwrap_or(true),
        publishes_metrics: configuration.publish_cloud_watch_metrics_enabled.unwrap_or(true),
        requester_pays: configuration.requester_pays_enabled.unwrap_or(false),
        bytes_scanned_cutoff: cutoff(configuration.bytes_scanned_cutoff_per_query),
        selected_engine_version: selected_engine(configuration.engine_version)?,
        result,
        managed: kept,
        has_minimum_encryption: configuration.enable_minimum_encryption_configuration.unwrap_or(false),
        content_kms_key: configuration.customer_content_encryption_configuration.map(|encryption| encryption.kms_key),
        created_at_ms: app.clock.now_ms(),
        tags: tag::tags(input.tags)?,
    };
    blocking(move || app.workgroups.create(workgroup)).await?;
    Ok(CreateWorkGroupOutput::default())
}

async fn get_work_group(app: Arc<App>, _context: RequestContext, input: GetWorkGroupInput) -> Result<GetWorkGroupOutput, ApiError> {
    Ok(GetWorkGroupOutput { work_group: Some(shown(&app.workgroups.workgroup(&input.work_group)?)) })
}

async fn list_work_groups(app: Arc<App>, _context: RequestContext, input: ListWorkGroupsInput) -> Result<ListWorkGroupsOutput, ApiError> {
    let workgroups = app.workgroups.list();
    let token = input.next_token.as_deref();
    let size = page_size(input.max_results, LIST_MAX);
    let (page, next_token) = page_token::page("ListWorkGroups", &workgroups, |workgroup| &workgroup.name, token, size)
        .map_err(|_| malformed(token.unwrap_or_default()))?;
    let page = page
        .iter()
        .map(|workgroup| WorkGroupSummary {
            name: Some(workgroup.name.clone()),
            state: Some(state(workgroup).to_owned()),
            description: Some(workgroup.description.clone()),
            creation_time: Some(seconds(workgroup.created_at_ms)),
            engine_version: Some(engine_version(&workgroup.selected_engine_version)),
            identity_center_application_arn: None,
        })
        .collect();
    Ok(ListWorkGroupsOutput { work_groups: Some(page), next_token })
}

async fn update_work_group(
    app: Arc<App>,
    _context: RequestContext,
    input: UpdateWorkGroupInput,
) -> Result<UpdateWorkGroupOutput, ApiError> {
    let updates = input.configuration_updates.unwrap_or_default();
    check_updates_served(&updates)?;
    if input.work_group == PRIMARY && input.state.as_deref() == Some("DISABLED") {
        return Err(ApiError::invalid_input("The primary workgroup cannot be disabled."));
    }
    blocking(move || {
        app.workgroups.update(&input.work_group, |workgroup| {
            if let Some(description) = input.description {
                workgroup.description = description;
            }
            if let Some(state) = input.state {
                workgroup.is_enabled = state == "ENABLED";
            }
            apply(workgroup, updates)
        })
    })
    .await?;
    Ok(UpdateWorkGroupOutput::default())
}

async fn delete_work_group(
    app: Arc<App>,
    _context: RequestContext,
    input: DeleteWorkGroupInput,
) -> Result<DeleteWorkGroupOutput, ApiError> {
    let name = app.workgroups.workgroup(&input.work_group)?.name;
    if name != PRIMARY && app.queries.has_active(&name) {
        return Err(ApiError::invalid_input(format!("WorkGroup {name} has queries that are running or queued")));
    }
    let is_empty = app.named_queries.ids(&name).is_empty()
        && app.prepared_statements.list(&name).is_empty()
        && app.queries.list(&name, None, 1).0.is_empty();
    if name != PRIMARY && !is_empty && input.recursive_delete_option != Some(true) {
        return Err(ApiError::invalid_input(format!("WorkGroup {name} is not empty")));
    }
    blocking(move || {
        app.workgroups.delete(&name)?;
        app.named_queries.delete_all(&name)?;
        app.prepared_statements.delete_all(&name)
    })
    .await?;
    Ok(DeleteWorkGroupOutput::default())
}

/// A workgroup as the API shows it.
fn shown(workgroup: &Workgroup) -> WorkGroup {
    WorkGroup {
        name: workgroup.name.clone(),
        state: Some(state(workgroup).to_owned()),
        configuration: Some(WorkGroupConfiguration {
            result_configuration: Some(result_configuration(&workgroup.result)),
            enforce_work_group_configuration: Some(workgroup.is_enforced),
            publish_cloud_watch_metrics_enabled: Some(workgroup.publishes_metrics),
            bytes_scanned_cutoff_per_query: workgroup.bytes_scanned_cutoff.and_then(|bytes| i64::try_from(bytes).ok()),
            requester_pays_enabled: Some(workgroup.requester_pays),
            engine_version: Some(engine_version(&workgroup.selected_engine_version)),
            enable_minimum_encryption_configuration: Some(workgroup.has_minimum_encryption),
            managed_query_results_configuration: workgroup.managed.as_ref().map(|kept| managed(&kept.kms_key)),
            customer_content_encryption_configuration: workgroup
                .content_kms_key
                .clone()
                .map(|kms_key| CustomerContentEncryptionConfiguration { kms_key }),
            ..WorkGroupConfiguration::default()
        }),
        description: Some(workgroup.description.clone()).filter(|description| !description.is_empty()),
        creation_time: Some(seconds(workgroup.created_at_ms)),
        ..WorkGroup::default()
    }
}

fn state(workgroup: &Workgroup) -> &'static str {
    if workgroup.is_enabled { "ENABLED" } else { "DISABLED" }
}

fn apply(workgroup: &mut Workgroup, updates: WorkGroupConfigurationUpdates) -> Result<(), ApiError> {
    if let Some(is_enforced) = updates.enforce_work_group_configuration {
        workgroup.is_enforced = is_enforced;
    }
    if let Some(publishes_metrics) = updates.publish_cloud_watch_metrics_enabled {
        workgroup.publishes_metrics = publishes_metrics;
    }
    if let Some(requester_pays) = updates.requester_pays_enabled {
        workgroup.requester_pays = requester_pays;
    }
    if updates.remove_bytes_scanned_cutoff_per_query == Some(true) {
        workgroup.bytes_scanned_cutoff = None;
    }
    if let Some(bytes) = cutoff(updates.bytes_scanned_cutoff_per_query) {
        workgroup.bytes_scanned_cutoff = Some(bytes);
    }
    if updates.engine_version.is_some() {
        workgroup.selected_engine_version = selected_engine(updates.engine_version)?;
    }
    if let Some(updates) = updates.result_configuration_updates {
        apply_result(&mut workgroup.result, updates);
        check_location(&workgroup.result)?;
    }
    if let Some(updates) = updates.managed_query_results_configuration_updates {
        apply_managed(&mut workgroup.managed, updates);
    }
    check_exclusive(&workgroup.managed, &workgroup.result)?;
    if let Some(has_minimum) = updates.enable_minimum_encryption_configuration {
        workgroup.has_minimum_encryption = has_minimum;
    }
    if updates.remove_customer_content_encryption_configuration == Some(true) {
        workgroup.content_kms_key = None;
    }
    if let Some(encryption) = updates.customer_content_encryption_configuration {
        workgroup.content_kms_key = Some(encryption.kms_key);
    }
    Ok(())
}

fn apply_managed(managed: &mut Option<ManagedResults>, updates: ManagedQueryResultsConfigurationUpdates) {
    match updates.enabled {
        Some(true) => *managed = Some(managed.take().unwrap_or_default()),
        Some(false) => *managed = None,
        None => {}
    }
    let Some(managed) = managed else { return };
    if updates.remove_encryption_configuration == Some(true) {
        managed.kms_key = None;
    }
    if let Some(encryption) = updates.encryption_configuration {
        managed.kms_key = Some(encryption.kms_key);
    }
}

/// Ref: API reference, WorkGroupConfiguration: managed results and a result location exclude each other. Basis of the
/// text: inferred.
fn check_exclusive(managed: &Option<ManagedResults>, result: &ResultSettings) -> Result<(), ApiError> {
    if managed.is_some() && *result != ResultSettings::default() {
        return Err(ApiError::invalid_input("ManagedQueryResultsConfiguration and ResultConfiguration exclude each other"));
    }
    Ok(())
}

fn apply_result(result: &mut ResultSettings, updates: ResultConfigurationUpdates) {
    if updates.remove_output_location == Some(true) {
        result.output_location = None;
    }
    if updates.remove_encryption_configuration == Some(true) {
        (result.encryption_option, result.kms_key) = (None, None);
    }
    if updates.remove_expected_bucket_owner == Some(true) {
        result.expected_bucket_owner = None;
    }
    if updates.remove_acl_configuration == Some(true) {
        result.s3_acl_option = None;
    }
    if updates.output_location.is_some() {
        result.output_location = updates.output_location;
    }
    if let Some(encryption) = updates.encryption_configuration {
        (result.encryption_option, result.kms_key) = (Some(encryption.encryption_option), encryption.kms_key);
    }
    if updates.expected_bucket_owner.is_some() {
        result.expected_bucket_owner = updates.expected_bucket_owner;
    }
    if let Some(acl) = updates.acl_configuration {
        result.s3_acl_option = Some(acl.s3_acl_option);
    }
}

fn cutoff(bytes: Option<i64>) -> Option<u64> {
    bytes.and_then(|bytes| u64::try_from(bytes).ok())
}

fn selected_engine(version: Option<EngineVersion>) -> Result<String, ApiError> {
    match version.and_then(|version| version.selected_engine_version) {
        None => Ok(AUTO.to_owned()),
        Some(selected) if selected == AUTO || selected == ENGINE_VERSION => Ok(selected),
        Some(selected) => Err(ApiError::invalid_input(format!("the engine version '{selected}' is not served"))),
    }
}

fn check_location(result: &ResultSettings) -> Result<(), ApiError> {
    match &result.output_location {
        Some(location) if !location.is_empty() && !is_s3_path(location) => {
            Err(ApiError::invalid_input("outputLocation is not a valid S3 path."))
        }
        _ => Ok(()),
    }
}

/// Refuses by name what would have no effect.
fn check_served(configuration: &WorkGroupConfiguration) -> Result<(), ApiError> {
    refuse(&[
        ("AdditionalConfiguration", configuration.additional_configuration.is_some()),
        ("ExecutionRole", configuration.execution_role.is_some()),
        ("MonitoringConfiguration", configuration.monitoring_configuration.is_some()),
        ("EngineConfiguration", configuration.engine_configuration.is_some()),
        ("IdentityCenterConfiguration", configuration.identity_center_configuration.is_some()),
        ("QueryResultsS3AccessGrantsConfiguration", configuration.query_results_s3_access_grants_configuration.is_some()),
    ])
}

fn check_updates_served(updates: &WorkGroupConfigurationUpdates) -> Result<(), ApiError> {
    refuse(&[
        ("AdditionalConfiguration", updates.additional_configuration.is_some()),
        ("ExecutionRole", updates.execution_role.is_some()),
        ("MonitoringConfiguration", updates.monitoring_configuration.is_some()),
        ("EngineConfiguration", updates.engine_configuration.is_some()),
        ("QueryResultsS3AccessGrantsConfiguration", updates.query_results_s3_access_grants_configuration.is_some()),
    ])
}

fn refuse(members: &[(&str, bool)]) -> Result<(), ApiError> {
    match members.iter().find(|(_, is_set)| *is_set) {
        Some((member, _)) => Err(ApiError::invalid_input(format!("{member} is not served"))),
        None => Ok(()),
    }
}
