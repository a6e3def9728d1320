//! Which id does a request get? A uuid from the process's id source, sent as `x-amzn-RequestId`.

use crate::app::IdSource;

/// The header that carries the id of Athena and Glue replies.
pub const REQUEST_ID_HEADER: &str = "x-amzn-requestid";

/// The next request id, a lower-case uuid.
pub fn request_id(ids: &dyn IdSource) -> String {
    ids.uuid().to_string()
}
