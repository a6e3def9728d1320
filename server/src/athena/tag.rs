//! Which tags has a resource? Workgroups, registered data catalogs and capacity reservations have them.
//!
//! Ref: Athena API reference, TagResource, UntagResource, ListTagsForResource.

use crate::app::App;
use crate::athena::capacity_reservation::change_tags;
use crate::athena::query_execution::{malformed, page_size, resource_not_found};
use crate::error::ApiError;
use crate::query::data_catalogs::DEFAULT_CATALOG;
use crate::wire::{Operation, RequestContext, blocking, call, page_token};
use owlake_shapes::athena::{
    ListTagsForResourceInput, ListTagsForResourceOutput, Tag, TagResourceInput, TagResourceOutput, UntagResourceInput, UntagResourceOutput,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Ref: service model: MaxResults is at least 75, and Athena user guide: at most 50 tags a resource.
const LIST_MAX: usize = 75;
const TAGS_MAX: usize = 50;

pub const TAG_RESOURCE: Operation =
    Operation { name: "TagResource", handler: |app, context, input| call(tag_resource, app, context, input) };
pub const UNTAG_RESOURCE: Operation =
    Operation { name: "UntagResource", handler: |app, context, input| call(untag_resource, app, context, input) };
pub const LIST_TAGS_FOR_RESOURCE: Operation =
    Operation { name: "ListTagsForResource", handler: |app, context, input| call(list_tags_for_resource, app, context, input) };

async fn tag_resource(app: Arc<App>, _context: RequestContext, input: TagResourceInput) -> Result<TagResourceOutput, ApiError> {
    let resource = resource(&app, &input.resource_arn)?;
    let added = tags(Some(input.tags))?;
    blocking(move || {
        change(&app, &resource, |tags| {
            tags.extend(added);
            check_count(tags)
        })
    })
    .await?;
    Ok(TagResourceOutput::default())
}

async fn untag_resource(app: Arc<App>, _context: RequestContext, input: UntagResourceInput) -> Result<UntagResourceOutput, ApiError> {
    let resource = resource(&app, &input.resource_arn)?;
    blocking(move || {
        change(&app, &resource, |tags| {
            tags.retain(|key, _| !input.tag_keys.contains(key));
            Ok(())
        })
    })
    .await?;
    Ok(UntagResourceOutput::default())
}

async fn list_tags_for_resource(
    app: Arc<App>,
    _context: RequestContext,
    input: ListTagsForResourceInput,
) -> Result<ListTagsForResourceOutput, ApiError> {
    let tags = match resource(&app, &input.resource_arn)? {
        Resource::Workgroup(name) => app.workgroups.workgroup(&name)?.tags,
        Resource::DataCatalog(name) => app.data_catalogs.find(&name).map(|catalog| catalog.tags).unwrap_or_default(),
        Resource::CapacityReservation(name) => app.capacity_reservations.reservation(&name)?.tags,
    };
    let tags: Vec<(String, String)> = tags.into_iter().collect();
    let token = input.next_token.as_deref();
    let size = page_size(input.max_results, LIST_MAX);
    let (page, next_token) = page_token::page(&format!("ListTagsForResource/{}", input.resource_arn), &tags, |tag| &tag.0, token, size)
        .map_err(|_| malformed(token.unwrap_or_default()))?;
    let tags = page.iter().map(|(key, value)| Tag { key: Some(key.clone()), value: Some(value.clone()) }).collect();
    Ok(ListTagsForResourceOutput { tags: Some(tags), next_token })
}

enum Resource {
    Workgroup(String),
    DataCatalog(String),
    CapacityReservation(String),
}

/// The resource an ARN names: `arn:aws:athena:<region>:<account>:workgroup/<name>`, `…:datacatalog/<name>` or
/// `…:capacity-reservation/<name>`.
fn resource(app: &App, arn: &str) -> Result<Resource, ApiError> {
    let named = arn.splitn(6, ':').nth(5).and_then(|resource| resource.split_once('/'));
    let found = match named {
        Some(("workgroup", name)) if app.workgroups.workgroup(name).is_ok() => Some(Resource::Workgroup(name.to_owned())),
        Some(("datacatalog", name)) if name.eq_ignore_ascii_case(DEFAULT_CATALOG) || app.data_catalogs.find(name).is_some() => {
            Some(Resource::DataCatalog(name.to_owned()))
        }
        Some(("capacity-reservation", name)) if app.capacity_reservations.reservation(name).is_ok() => {
            Some(Resource::CapacityReservation(name.to_owned()))
        }
        _ => None,
    };
    found.ok_or_else(|| resource_not_found(format!("Resource {arn} was not found"), arn))
}

/// Changes the tags of a resource. Errors: it is the catalog that always exists, or those of `change`.
fn change(
    app: &App,
    resource: &Resource,
    change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    match resource {
        Resource::Workgroup(name) => app.workgroups.update(name, |workgroup| change(&mut workgroup.tags)),
        Resource::DataCatalog(name) => app.data_catalogs.update(name, |catalog| change(&mut catalog.tags)),
        Resource::CapacityReservation(name) => change_tags(app, name, change),
    }
}

/// Tags by key. Errors: a reserved key, or too many.
pub fn tags(tags: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, ApiError> {
    let given = tags.unwrap_or_default();
    let count = given.len();
    let tags: BTreeMap<String, String> =
        given.into_iter().map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())).collect();
    if tags.len() < count {
        return Err(ApiError::invalid_input("a tag key is given twice"));
    }
    if let Some(key) = tags.keys().find(|key| key.is_empty() || key.starts_with("aws:")) {
        return Err(ApiError::invalid_input(format!("the tag key '{key}' is not allowed")));
    }
    check_count(&tags)?;
    Ok(tags)
}

fn check_count(tags: &BTreeMap<String, String>) -> Result<(), ApiError> {
    if tags.len() > TAGS_MAX { Err(ApiError::invalid_input(format!("a resource has at most {TAGS_MAX} tags"))) } else { Ok(()) }
}
