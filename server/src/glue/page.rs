//! How long is a page, and which one is asked for? Limits of the listings, and what a bad token gets.

use crate::error::{ApiError, ApiErrorKind};
use crate::wire::page_token;

/// Items a page when the request names none, of databases, tables, versions. Ref: Glue `CatalogGetterPageSize`.
pub const ITEMS_MAX: usize = 100;
/// Partitions a page when the request names none. Ref: Glue `PageSize` of GetPartitions.
pub const PARTITIONS_MAX: usize = 1000;

/// The number of items asked for; the model has checked its bounds.
pub fn length(max_results: Option<i64>, items_max: usize) -> usize {
    max_results.and_then(|length| usize::try_from(length).ok()).map_or(items_max, |length| length.clamp(1, items_max))
}

/// The position in a token. Errors: `InvalidInputException` for a token of another listing. Basis: inferred, the text.
pub fn position<T: serde::de::DeserializeOwned>(listing: &str, token: Option<&str>) -> Result<Option<T>, ApiError> {
    match token.filter(|token| !token.is_empty()) {
        None => Ok(None),
        Some(token) => page_token::decode(listing, token).map(Some).ok_or_else(bad_token),
    }
}

/// The reply to a token of another listing.
pub fn bad_token() -> ApiError {
    ApiError::new(ApiErrorKind::InvalidInput, "Invalid NextToken")
}
