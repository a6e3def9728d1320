//! Where do the bytes of `s3://bucket/key` live? The one resolver the S3 endpoint, the engine and the result writers share.
//!
//! | file | question |
//! |---|---|
//! | `error` | which closed kinds of failure storage has |
//! | `bucket_name` | which names are bucket names |
//! | `key_path` | which keys may be file paths as they are |
//! | `resolver` | which root or remote store a bucket name stands for |
//! | `file_bucket` | how a key becomes an open file |
//! | `odd_keys` | where keys go that are no safe path |
//! | `sidecar` | what is remembered about an object beside its bytes |
//! | `attributes` | which headers and tags an object carries |
//! | `checksum`, `crc_combine` | how the S3 checksums are computed and joined |
//! | `put` | how an object appears atomically, under a condition |
//! | `publication` | how the files of one statement become objects together |
//! | `journal` | what a crash leaves of them |
//! | `visibility` | which files are objects already, and for whom |
//! | `remove` | how an object disappears |
//! | `copy` | how an object is duplicated |
//! | `listing` | how keys are listed in byte order |
//! | `multipart` | how parts become one object |
//! | `upload` | how an async body reaches the blocking writer |
//! | `object_store`, `port` | how the engine sees a bucket |
//!
//! On disk a bucket is a folder; every safe key is the file of that name in it, so files dropped there are objects at once.
//! Everything else (metadata, odd keys, uploads, temporary files) is in its hidden side folder `.owlake`.

pub mod attributes;
pub mod bucket_name;
pub mod checksum;
pub mod copy;
mod crc_combine;
pub mod error;
pub mod file_bucket;
mod journal;
pub mod key_path;
pub mod listing;
pub mod multipart;
pub mod object_store;
mod odd_keys;
mod port;
mod publication;
pub mod put;
mod remove;
pub mod resolver;
mod sidecar;
pub mod upload;
mod visibility;

pub use attributes::Attributes;
pub use error::{StorageError, StorageErrorKind};
pub use file_bucket::{FileBucket, ObjectInfo};
pub use resolver::{BucketTarget, RemoteBucket, Storage, StorageOptions};
