//! Which capacity is reserved, and for which workgroups? Kept and shown; queries run as they would without.
//!
//! Deviation: there is nothing to allocate, so a reservation is ACTIVE, or CANCELLED, at once and never pending.
//!
//! Ref: Athena user guide, "Manage query processing capacity"; API reference, CapacityReservation.

use crate::error::{ApiError, ServerError};
use crate::query::registry::Registry;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Ref: Athena user guide, quotas of capacity reservations.
pub const RESERVATIONS_MAX: usize = 100;

/// A reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityReservation {
    /// `[a-zA-Z0-9._-]{1,128}`.
    pub name: String,
    /// Data processing units asked for.
    pub target_dpus: i64,
    /// Whether it was cancelled; it stays until it is deleted.
    pub is_cancelled: bool,
    /// Milliseconds since the epoch.
    pub created_at_ms: i64,
    /// When units were asked for last, milliseconds since the epoch.
    pub allocated_at_ms: i64,
    /// The workgroups of each assignment.
    #[serde(default)]
    pub assignments: Vec<Vec<String>>,
    /// Key → value.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// The reservations of the server.
pub struct CapacityReservations {
    registry: Registry<CapacityReservation>,
}

impl CapacityReservations {
    /// Opens `<folder>/capacity_reservations.json`.
    pub fn open(folder: &Path) -> Result<Self, ServerError> {
        Ok(CapacityReservations { registry: Registry::open(&folder.join("capacity_reservations.json"))? })
    }

    /// The reservation of this name. Errors: there is none. Basis of the text: inferred.
    pub fn reservation(&self, name: &str) -> Result<CapacityReservation, ApiError> {
        self.registry.find(name).ok_or_else(|| not_found(name))
    }

    /// All reservations, sorted by name.
    pub fn list(&self) -> Vec<CapacityReservation> {
        self.registry.list()
    }

    /// Adds a reservation. Errors: the name is taken, or there are too many.
    pub fn create(&self, reservation: CapacityReservation) -> Result<(), ApiError> {
        self.registry.change(|reservations| {
            let name = &reservation.name;
            if reservations.contains_key(name) {
                return Err(ApiError::invalid_input(format!("Capacity Reservation {name} already exists")));
            }
            if reservations.len() >= RESERVATIONS_MAX {
                return Err(ApiError::invalid_input(format!("the account has {RESERVATIONS_MAX} capacity reservations, the most allowed")));
            }
            reservations.insert(name.clone(), reservation);
            Ok(())
        })
    }

    /// Changes a reservation. Errors: there is none, or those of `change`.
    pub fn update(&self, name: &str, change: impl FnOnce(&mut CapacityReservation) -> Result<(), ApiError>) -> Result<(), ApiError> {
        self.registry.change(|reservations| change(reservations.get_mut(name).ok_or_else(|| not_found(name))?))
    }

    /// Assigns workgroups; each belongs to one reservation. Errors: there is no such reservation, it is cancelled, or a
    /// workgroup is assigned to another.
    pub fn assign(&self, name: &str, assignments: Vec<Vec<String>>) -> Result<(), ApiError> {
        self.registry.change(|reservations| {
            let taken = reservations.values().filter(|other| other.name != name && !other.is_cancelled).find_map(|other| {
                let workgroup =
                    other.assignments.iter().flatten().find(|workgroup| assignments.iter().flatten().any(|new| new == *workgroup))?;
                Some((workgroup.clone(), other.name.clone()))
            });
            let reservation = reservations.get_mut(name).ok_or_else(|| not_found(name))?;
            if reservation.is_cancelled {
                return Err(cancelled(name));
            }
            if let Some((workgroup, other)) = taken {
                return Err(ApiError::invalid_input(format!("WorkGroup {workgroup} is assigned to Capacity Reservation {other}")));
            }
            reservation.assignments = assignments;
            Ok(())
        })
    }

    /// Removes a cancelled reservation. Errors: there is none, or it is active.
    pub fn delete(&self, name: &str) -> Result<(), ApiError> {
        self.registry.change(|reservations| {
            let reservation = reservations.get(name).ok_or_else(|| not_found(name))?;
            if !reservation.is_cancelled {
                return Err(ApiError::invalid_input(format!("Capacity Reservation {name} must be cancelled before it is deleted")));
            }
            reservations.remove(name);
            Ok(())
        })
    }
}

/// A reservation that was cancelled takes no changes.
pub fn cancelled(name: &str) -> ApiError {
    ApiError::invalid_input(format!("Capacity Reservation {name} is cancelled"))
}

fn not_found(name: &str) -> ApiError {
    ApiError::invalid_input(format!("Capacity Reservation {name} was not found"))
}
