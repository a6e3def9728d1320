//! Which headers and tags does an object carry besides its bytes? Stored in the sidecar, returned on HEAD and GET.
//!
//! Ref: Amazon S3 user guide, "Working with object metadata".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// System and user metadata of one object. Absent fields are headers that were not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// MIME type; absent means `binary/octet-stream`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Content coding, without `aws-chunked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// Content language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// Content disposition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// Cache control.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// `Expires` as milliseconds since 1970-01-01 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    /// Storage class; absent means STANDARD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// Website redirect location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website_redirect: Option<String>,
    /// User metadata, names in lower case without the header prefix.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub user: BTreeMap<String, String>,
}

/// Tags of an object or bucket, sorted by key.
pub type Tags = BTreeMap<String, String>;
