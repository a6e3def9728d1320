//! Which settings apply to a query? The workgroup's where it enforces them, else the request's with gaps filled.
//!
//! Ref: Athena user guide, "Override client-side settings".

use crate::error::{ApiError, AthenaErrorCode};
use crate::query::workgroups::Workgroup;
use serde::{Deserialize, Serialize};

/// Where and how results are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultSettings {
    /// An `s3://bucket/prefix`, with or without a final slash.
    pub output_location: Option<String>,
    /// `SSE_S3`, `SSE_KMS` or `CSE_KMS`; kept and echoed, objects are stored plain.
    pub encryption_option: Option<String>,
    /// The key of the two KMS options.
    pub kms_key: Option<String>,
    /// The account the bucket must belong to.
    pub expected_bucket_owner: Option<String>,
    /// `BUCKET_OWNER_FULL_CONTROL`.
    pub s3_acl_option: Option<String>,
}

/// The settings in effect for one query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Where and how results are stored; the location is there and ends in a slash.
    pub result: ResultSettings,
    /// The final URI of the result object.
    pub output_location: String,
    /// The query is cancelled when it has read more.
    pub bytes_scanned_cutoff: Option<u64>,
    /// Whether an earlier result may be used, and up to which age.
    pub reuse_max_age_minutes: Option<i64>,
    /// As the workgroup chose; `None` in records of earlier versions, which were `AUTO`.
    #[serde(default)]
    pub selected_engine_version: Option<String>,
    /// Whether the service keeps the result, where no client sees the object.
    #[serde(default)]
    pub is_managed: bool,
    /// The key clients gave for managed results; kept and echoed.
    #[serde(default)]
    pub managed_kms_key: Option<String>,
}

/// The bucket of managed results. It is not among the buckets of the S3 endpoint.
pub const MANAGED_BUCKET: &str = "managed-query-results";

/// The result settings in effect. Errors: no location anywhere, one that is no S3 path, or an encryption below the
/// workgroup's minimum. A workgroup with managed results wants no location and ignores the client's.
///
/// Ref: measured Athena behaviour, "StartQueryExecution", steps 3 and 4; Athena user guide, "Managed query results",
/// "Configure minimum encryption for a workgroup". Basis of the last one's text: inferred.
pub fn effective(workgroup: &Workgroup, requested: ResultSettings) -> Result<ResultSettings, ApiError> {
    if workgroup.managed.is_some() {
        let output_location = Some(format!("s3://{MANAGED_BUCKET}/"));
        return Ok(ResultSettings { output_location, ..ResultSettings::default() });
    }
    let own = workgroup.result.clone();
    if workgroup.has_minimum_encryption
        && !workgroup.is_enforced
        && own.encryption_option.is_some()
        && strength(&requested) < strength(&own)
    {
        let least = own.encryption_option.unwrap_or_default();
        return Err(ApiError::invalid_input(format!("WorkGroup {} wants query results encrypted with {least} at least", workgroup.name)));
    }
    let mut effective = if workgroup.is_enforced {
        own
    } else {
        ResultSettings {
            output_location: requested.output_location.or(own.output_location),
            // A key belongs to its option, so the two come from one side.
            kms_key: if requested.encryption_option.is_some() { requested.kms_key } else { own.kms_key },
            encryption_option: requested.encryption_option.or(own.encryption_option),
            expected_bucket_owner: requested.expected_bucket_owner.or(own.expected_bucket_owner),
            s3_acl_option: requested.s3_acl_option.or(own.s3_acl_option),
        }
    };
    let location = effective.output_location.as_deref().filter(|location| !location.is_empty()).ok_or_else(|| {
        ApiError::invalid_input(
            "No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.",
        )
    })?;
    if !is_s3_path(location) {
        return Err(ApiError::invalid_request(AthenaErrorCode::InvalidInput, "outputLocation is not a valid S3 path."));
    }
    effective.output_location = Some(if location.ends_with('/') { location.to_owned() } else { format!("{location}/") });
    Ok(effective)
}

/// How strong a chosen encryption is; none chosen means the workgroup's.
fn strength(settings: &ResultSettings) -> u8 {
    match settings.encryption_option.as_deref() {
        Some("SSE_S3") => 1,
        Some("SSE_KMS") => 2,
        Some(_) => 3,
        None => u8::MAX,
    }
}

/// Whether a text is `s3://bucket` or `s3://bucket/prefix`.
pub fn is_s3_path(location: &str) -> bool {
    match location.strip_prefix("s3://") {
        Some(rest) => {
            let bucket = rest.split('/').next().unwrap_or_default();
            !bucket.is_empty() && !bucket.contains(char::is_whitespace)
        }
        None => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn at(location: &str) -> ResultSettings {
        ResultSettings { output_location: Some(location.to_owned()), ..ResultSettings::default() }
    }

    #[test]
    fn the_request_wins_unless_the_workgroup_enforces() {
        let mut workgroup = Workgroup::primary(0, Some("s3://group/a".to_owned()));
        let location = |workgroup: &Workgroup, requested| effective(workgroup, requested).unwrap().output_location.unwrap();
        assert_eq!(location(&workgroup, at("s3://mine/b")), "s3://mine/b/");
        assert_eq!(location(&workgroup, ResultSettings::default()), "s3://group/a/");
        workgroup.is_enforced = true;
        assert_eq!(location(&workgroup, at("s3://mine/b/")), "s3://group/a/");
    }

    #[test]
    fn a_missing_and_a_bad_location_are_told_apart() {
        let workgroup = Workgroup::primary(0, None);
        let text = |requested| effective(&workgroup, requested).unwrap_err().message.unwrap();
        assert!(text(ResultSettings::default()).starts_with("No output location provided."));
        for bad in ["bucket/x", "s3://", "s3:///x", "http://bucket"] {
            assert_eq!(text(at(bad)), "outputLocation is not a valid S3 path.", "{bad}");
        }
    }
}
