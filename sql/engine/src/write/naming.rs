//! What are written files called? `<engine query id>_<uuid>`, of buckets `<engine query id>_bucket-<number>`, and `.gz` for gzipped text.
//!
//! Ref: measured Athena behaviour, "File names". The uuid follows from the query's id and the file's number, so that nothing here
//! is random.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// The names of one statement's files.
#[derive(Debug)]
pub(crate) struct FileNames {
    engine_query_id: String,
    query_id: String,
    next: AtomicU64,
}

impl FileNames {
    pub(crate) fn new(engine_query_id: &str, query_id: &str) -> FileNames {
        FileNames { engine_query_id: engine_query_id.to_owned(), query_id: query_id.to_owned(), next: AtomicU64::new(0) }
    }

    /// The name of the one file of a bucket in its folder.
    pub(super) fn of_bucket(&self, bucket: i32, extension: &str) -> String {
        format!("{}_bucket-{bucket:05}{extension}", self.engine_query_id)
    }

    /// A name no other file of the statement has.
    pub(super) fn next(&self, extension: &str) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let half = |side: u8| {
            let mut hasher = DefaultHasher::new();
            (&self.query_id, &self.engine_query_id, number, side).hash(&mut hasher);
            hasher.finish().to_be_bytes()
        };
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&half(0));
        bytes[8..].copy_from_slice(&half(1));
        let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
        format!("{}_{uuid}{extension}", self.engine_query_id)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_engine_id_and_a_uuid() {
        // Ref: Athena user guide, "Identify query output files": 20200122_181132_00003_nja5r_fd9906b7-….
        let names = FileNames::new("20200122_181132_00003_nja5r", "q");
        let (first, second) = (names.next(""), names.next(".gz"));
        let uuid = first.strip_prefix("20200122_181132_00003_nja5r_").unwrap();
        assert_eq!(uuid::Uuid::parse_str(uuid).unwrap().get_version_num(), 4);
        assert!(second.ends_with(".gz") && !second.contains(uuid));
    }
}
