//! How is S3 spoken? The protocol (routing, XML, headers) is `s3s`; what an operation does is here, over [`crate::storage`].
//!
//! | file | question |
//! |---|---|
//! | `endpoint` | how a request reaches the service, and what every answer carries |
//! | `signature` | what is done with a request's credentials and signature |
//! | `aws_chunked` | how an `aws-chunked` body is decoded |
//! | `addressing` | which bucket a host name stands for |
//! | `external` | how a request for a bucket in an external store is passed on |
//! | `external_copy` | how an object is copied into or out of an external store |
//! | `backend` | which operations exist (the table) |
//! | `bucket` | buckets: create, head, list, delete, location |
//! | `bucket_settings` | tags, and the answers for settings no bucket here has |
//! | `object_read` | GetObject, HeadObject, GetObjectAttributes |
//! | `object_write` | PutObject, CopyObject, DeleteObject(s) |
//! | `object_tagging` | tags of objects |
//! | `listing` | ListObjects, ListObjectsV2, ListObjectVersions |
//! | `multipart` | multipart uploads |
//! | `fields` | how stored metadata becomes protocol fields and back |
//! | `received_body` | how a body is received and its digests checked |
//! | `subresources` | which subresources a method has |
//! | `read_headers` | which headers of a read are rewritten or dropped |
//! | `write_headers` | which headers of a write are refused |
//! | `error` | which S3 error a storage failure is |
//! | `error_document` | what an error's document says besides its code |
//!
//! Ref: Amazon S3 API reference. Buckets are never versioned: every object has the one version `null`.

mod addressing;
mod aws_chunked;
mod backend;
mod bucket;
mod bucket_settings;
mod endpoint;
mod error;
mod error_document;
mod external;
mod external_copy;
mod fields;
mod listing;
mod multipart;
mod object_read;
mod object_tagging;
mod object_write;
mod read_headers;
mod received_body;
mod signature;
mod subresources;
mod write_headers;

pub use addressing::Addressing;
pub use endpoint::{Endpoint, EndpointOptions, has_document};
