//! How is capacity reserved? Create, get, list, update, cancel and delete reservations, and assign workgroups to them.
//!
//! Ref: Athena API reference, CapacityReservation operations.

use crate::app::App;
use crate::athena::query_execution::{malformed, page_size};
use crate::athena::tag;
use crate::athena::timestamp::seconds;
use crate::error::ApiError;
use crate::query::capacity_reservations::{CapacityReservation as Kept, cancelled};
use crate::wire::{Operation, RequestContext, blocking, call, page_token};
use owlake_shapes::athena::{
    CancelCapacityReservationInput, CancelCapacityReservationOutput, CapacityAllocation, CapacityAssignment,
    CapacityAssignmentConfiguration, CapacityReservation, CreateCapacityReservationInput, CreateCapacityReservationOutput,
    DeleteCapacityReservationInput, DeleteCapacityReservationOutput, GetCapacityAssignmentConfigurationInput,
    GetCapacityAssignmentConfigurationOutput, GetCapacityReservationInput, GetCapacityReservationOutput, ListCapacityReservationsInput,
    ListCapacityReservationsOutput, PutCapacityAssignmentConfigurationInput, PutCapacityAssignmentConfigurationOutput,
    UpdateCapacityReservationInput, UpdateCapacityReservationOutput,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Ref: service model, ListCapacityReservations MaxResults.
const LIST_MAX: usize = 50;

pub const CREATE_CAPACITY_RESERVATION: Operation =
    Operation { name: "CreateCapacityReservation", handler: |app, context, input| call(create_capacity_reservation, app, context, input) };
pub const GET_CAPACITY_RESERVATION: Operation =
    Operation { name: "GetCapacityReservation", handler: |app, context, input| call(get_capacity_reservation, app, context, input) };
pub const LIST_CAPACITY_RESERVATIONS: Operation =
    Operation { name: "ListCapacityReservations", handler: |app, context, input| call(list_capacity_reservations, app, context, input) };
pub const UPDATE_CAPACITY_RESERVATION: Operation =
    Operation { name: "UpdateCapacityReservation", handler: |app, context, input| call(update_capacity_reservation, app, context, input) };
pub const CANCEL_CAPACITY_RESERVATION: Operation =
    Operation { name: "CancelCapacityReservation", handler: |app, context, input| call(cancel_capacity_reservation, app, context, input) };
pub const DELETE_CAPACITY_RESERVATION: Operation =
    Operation { name: "DeleteCapacityReservation", handler: |app, context, input| call(delete_capacity_reservation, app, context, input) };
pub const PUT_CAPACITY_ASSIGNMENT_CONFIGURATION: Operation = Operation {
    name: "PutCapacityAssignmentConfiguration",
    handler: |app, context, input| call(put_capacity_assignment_configuration, app, context, input),
};
pub const GET_CAPACITY_ASSIGNMENT_CONFIGURATION: Operation = Operation {
    name: "GetCapacityAssignmentConfiguration",
    handler: |app, context, input| call(get_capacity_assignment_configuration, app, context, input),
};

async fn create_capacity_reservation(
    app: Arc<App>,
    _context: RequestContext,
    input: CreateCapacityReservationInput,
) -> Result<CreateCapacityReservationOutput, ApiError> {
    let now_ms = app.clock.now_ms();
    let reservation = Kept {
        name: input.name,
        target_dpus: whole_steps(input.target_dpus)?,
        is_cancelled: false,
        created_at_ms: now_ms,
        allocated_at_ms: now_ms,
        assignments: Vec::new(),
        tags: tag::tags(input.tags)?,
    };
    blocking(move || app.capacity_reservations.create(reservation)).await?;
    Ok(CreateCapacityReservationOutput::default())
}

async fn get_capacity_reservation(
    app: Arc<App>,
    _context: RequestContext,
    input: GetCapacityReservationInput,
) -> Result<GetCapacityReservationOutput, ApiError> {
    Ok(GetCapacityReservationOutput { capacity_reservation: shown(&app.capacity_reservations.reservation(&input.name)?) })
}

async fn list_capacity_reservations(
    app: Arc<App>,
    _context: RequestContext,
    input: ListCapacityReservationsInput,
) -> Result<ListCapacityReservationsOutput, ApiError> {
    let reservations = app.capacity_reservations.list();
    let token = input.next_token.as_deref();
    let size = page_size(input.max_results, LIST_MAX);
    let (page, next_token) = page_token::page("ListCapacityReservations", &reservations, |reservation| &reservation.name, token, size)
        .map_err(|_| malformed(token.unwrap_or_default()))?;
    Ok(ListCapacityReservationsOutput { capacity_reservations: page.iter().map(shown).collect(), next_token })
}

async fn update_capacity_reservation(
    app: Arc<App>,
    _context: RequestContext,
    input: UpdateCapacityReservationInput,
) -> Result<UpdateCapacityReservationOutput, ApiError> {
    let target_dpus = whole_steps(input.target_dpus)?;
    blocking(move || {
        let now_ms = app.clock.now_ms();
        app.capacity_reservations.update(&input.name, |reservation| {
            if reservation.is_cancelled {
                return Err(cancelled(&input.name));
            }
            reservation.target_dpus = target_dpus;
            reservation.allocated_at_ms = now_ms;
            Ok(())
        })
    })
    .await?;
    Ok(UpdateCapacityReservationOutput::default())
}

async fn cancel_capacity_reservation(
    app: Arc<App>,
    _context: RequestContext,
    input: CancelCapacityReservationInput,
) -> Result<CancelCapacityReservationOutput, ApiError> {
    blocking(move || {
        app.capacity_reservations.update(&input.name, |reservation| {
            reservation.is_cancelled = true;
            reservation.assignments.clear();
            Ok(())
        })
    })
    .await?;
    Ok(CancelCapacityReservationOutput::default())
}

async fn delete_capacity_reservation(
    app: Arc<App>,
    _context: RequestContext,
    input: DeleteCapacityReservationInput,
) -> Result<DeleteCapacityReservationOutput, ApiError> {
    blocking(move || app.capacity_reservations.delete(&input.name)).await?;
    Ok(DeleteCapacityReservationOutput::default())
}

async fn put_capacity_assignment_configuration(
    app: Arc<App>,
    _context: RequestContext,
    input: PutCapacityAssignmentConfigurationInput,
) -> Result<PutCapacityAssignmentConfigurationOutput, ApiError> {
    let assignments: Vec<Vec<String>> =
        input.capacity_assignments.into_iter().map(|assignment| assignment.work_group_names.unwrap_or_default()).collect();
    for workgroup in assignments.iter().flatten() {
        app.workgroups.workgroup(workgroup)?;
    }
    blocking(move || app.capacity_reservations.assign(&input.capacity_reservation_name, assignments)).await?;
    Ok(PutCapacityAssignmentConfigurationOutput::default())
}

async fn get_capacity_assignment_configuration(
    app: Arc<App>,
    _context: RequestContext,
    input: GetCapacityAssignmentConfigurationInput,
) -> Result<GetCapacityAssignmentConfigurationOutput, ApiError> {
    let reservation = app.capacity_reservations.reservation(&input.capacity_reservation_name)?;
    let assignments =
        reservation.assignments.into_iter().map(|workgroups| CapacityAssignment { work_group_names: Some(workgroups) }).collect();
    Ok(GetCapacityAssignmentConfigurationOutput {
        capacity_assignment_configuration: CapacityAssignmentConfiguration {
            capacity_reservation_name: Some(reservation.name),
            capacity_assignments: Some(assignments),
        },
    })
}

fn shown(reservation: &Kept) -> CapacityReservation {
    let allocated_at = seconds(reservation.allocated_at_ms);
    CapacityReservation {
        name: reservation.name.clone(),
        status: if reservation.is_cancelled { "CANCELLED" } else { "ACTIVE" }.to_owned(),
        target_dpus: reservation.target_dpus,
        allocated_dpus: if reservation.is_cancelled { 0 } else { reservation.target_dpus },
        last_allocation: Some(CapacityAllocation {
            status: "SUCCEEDED".to_owned(),
            status_message: None,
            request_time: allocated_at,
            request_completion_time: Some(allocated_at),
        }),
        last_successful_allocation_time: Some(allocated_at),
        creation_time: seconds(reservation.created_at_ms),
    }
}

/// Units come in fours. Ref: Athena user guide, "Create capacity reservations". Basis of the text: inferred.
fn whole_steps(target_dpus: i64) -> Result<i64, ApiError> {
    const STEP: i64 = 4;
    if target_dpus % STEP == 0 { Ok(target_dpus) } else { Err(ApiError::invalid_input(format!("TargetDpus must be a multiple of {STEP}"))) }
}

/// Changes the tags of a reservation.
pub fn change_tags(
    app: &App,
    name: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    app.capacity_reservations.update(name, |reservation| change(&mut reservation.tags))
}
