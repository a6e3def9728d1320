//! Which tags has a resource? None: they can't be set yet. Ref: Glue API, GetTags.

use crate::app::App;
use crate::error::ApiError;
use crate::wire::{Operation, RequestContext, call};
use owlake_shapes::glue::{GetTagsRequest, GetTagsResponse};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const GET_TAGS: Operation = Operation { name: "GetTags", handler: |app, context, input| call(get_tags, app, context, input) };

async fn get_tags(_app: Arc<App>, _context: RequestContext, _input: GetTagsRequest) -> Result<GetTagsResponse, ApiError> {
    Ok(GetTagsResponse { tags: Some(BTreeMap::new()) })
}
