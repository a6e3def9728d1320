//! Which JSON services are there? For each its target prefix, its model, its operations, how it words a violation.

use crate::error::{ApiError, ApiErrorKind};
use crate::wire::operation::Operation;
use crate::wire::validate::Violation;
use owlake_shapes::constraint::{OperationModel, find_operation};

/// One service of the AWS JSON protocol.
pub struct Service {
    /// What precedes the operation in `X-Amz-Target`, without the dot.
    pub target_prefix: &'static str,
    /// Every operation name of the service, sorted.
    pub operation_names: &'static [&'static str],
    /// The models of those with shapes, sorted by name.
    pub models: &'static [OperationModel],
    /// The operations served.
    pub operations: &'static [Operation],
    /// The reply to violated constraints.
    pub refuse: fn(&[Violation]) -> ApiError,
    /// The kind of a fault of ours.
    pub internal: ApiErrorKind,
}

/// The services in the order they are tried.
pub const SERVICES: &[Service] = &[
    Service {
        target_prefix: owlake_shapes::athena::TARGET_PREFIX,
        operation_names: owlake_shapes::athena::OPERATION_NAMES,
        models: owlake_shapes::athena::OPERATION_MODELS,
        operations: crate::athena::OPERATIONS,
        refuse: refuse_as_athena,
        internal: ApiErrorKind::InternalServer,
    },
    Service {
        target_prefix: owlake_shapes::glue::TARGET_PREFIX,
        operation_names: owlake_shapes::glue::OPERATION_NAMES,
        models: owlake_shapes::glue::OPERATION_MODELS,
        operations: crate::glue::OPERATIONS,
        refuse: refuse_as_glue,
        internal: ApiErrorKind::InternalService,
    },
];

/// The service and operation of a target header's value.
///
/// Errors: `UnknownOperationException`, without a text for a name no service has, with one for a name we know and do
/// not serve. Ref: measured Athena behaviour, "Dispatch failures"; prefix and name are case-sensitive.
pub fn resolve(target: &str) -> Result<(&'static Service, &'static Operation, &'static OperationModel), ApiError> {
    let unknown = || ApiError::bare(ApiErrorKind::UnknownOperation);
    let (prefix, name) = target.split_once('.').ok_or_else(unknown)?;
    let service = SERVICES.iter().find(|service| service.target_prefix == prefix).ok_or_else(unknown)?;
    let operation = service.operations.iter().find(|operation| operation.name == name);
    match (operation, find_operation(service.models, name)) {
        (Some(operation), Some(model)) => Ok((service, operation, model)),
        _ if service.operation_names.binary_search(&name).is_ok() => {
            Err(ApiError::new(ApiErrorKind::UnknownOperation, format!("{name} is not implemented by this emulator")))
        }
        _ => Err(unknown()),
    }
}

/// Athena leaves the offending value out. Ref: measured Athena behaviour, "Body parsing order and texts".
fn refuse_as_athena(violations: &[Violation]) -> ApiError {
    ApiError::invalid_input(sentence(violations, |violation| match violation.value {
        None => format!("Value null at '{}'", violation.path),
        Some(_) => format!("Value at '{}'", violation.path),
    }))
}

/// Glue quotes the offending value. Basis: inferred, the generic form of AWS JSON services.
fn refuse_as_glue(violations: &[Violation]) -> ApiError {
    let text = sentence(violations, |violation| match &violation.value {
        None => format!("Value null at '{}'", violation.path),
        Some(value) => format!("Value '{value}' at '{}'", violation.path),
    });
    ApiError::new(ApiErrorKind::Validation, text)
}

fn sentence(violations: &[Violation], subject: impl Fn(&Violation) -> String) -> String {
    let count = violations.len();
    let noun = if count == 1 { "error" } else { "errors" };
    let parts: Vec<String> = violations
        .iter()
        .map(|violation| format!("{} failed to satisfy constraint: {}", subject(violation), violation.constraint))
        .collect();
    format!("{count} validation {noun} detected: {}", parts.join("; "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_served_operation_is_in_its_model_once() {
        for service in SERVICES {
            for (at, operation) in service.operations.iter().enumerate() {
                assert!(find_operation(service.models, operation.name).is_some(), "{}", operation.name);
                assert!(service.operations[..at].iter().all(|other| other.name != operation.name), "{} is listed twice", operation.name);
            }
        }
    }

    #[test]
    fn names_are_refused_by_name_or_not_known_at_all() {
        let refused = resolve("AmazonAthena.StartSession").err().unwrap();
        assert_eq!(
            refused.body().to_string(),
            r#"{"__type":"UnknownOperationException","Message":"StartSession is not implemented by this emulator"}"#
        );
        for target in ["AmazonAthena.Nothing", "amazonathena.GetWorkGroup", "GetWorkGroup", "", "AmazonAthena.getWorkGroup"] {
            let unknown = resolve(target).err().unwrap();
            assert_eq!(unknown.body().to_string(), r#"{"__type":"UnknownOperationException"}"#, "{target}");
        }
    }
}
