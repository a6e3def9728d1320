//! Which bucket and which key prefix does a location mean? Ref: Athena user guide "Specify a table location".

use object_store::path::Path;

use crate::error::EngineError;

/// A parsed `s3://bucket/prefix/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    pub bucket: String,
    /// Without leading and trailing slash; empty for a whole bucket.
    pub prefix: String,
}

impl Location {
    /// Parses `s3://bucket[/prefix[/]]`; `s3a` and `s3n` are taken for `s3`, as stored by Hadoop tools. Double slashes
    /// collapse. Errors: HIVE_METASTORE_ERROR for anything else.
    pub fn parse(text: &str) -> Result<Location, EngineError> {
        let rest = ["s3://", "s3a://", "s3n://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let Some(rest) = rest else {
            return Err(EngineError::engine("HIVE_METASTORE_ERROR", format!("Table location is not an S3 location: {text}")));
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(EngineError::engine("HIVE_METASTORE_ERROR", format!("Table location has no bucket: {text}")));
        }
        let segments: Vec<&str> = key.split('/').filter(|segment| !segment.is_empty()).collect();
        Ok(Location { bucket: bucket.to_owned(), prefix: segments.join("/") })
    }

    /// The prefix as the store takes it; `None` for a whole bucket.
    pub fn store_prefix(&self) -> Option<Path> {
        if self.prefix.is_empty() { None } else { Some(Path::parse(&self.prefix).unwrap_or_else(|_| Path::from(self.prefix.as_str()))) }
    }

    /// The location of a folder below this one.
    pub fn join(&self, folder: &str) -> Location {
        let prefix = if self.prefix.is_empty() { folder.to_owned() } else { format!("{}/{folder}", self.prefix) };
        Location { bucket: self.bucket.clone(), prefix }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_buckets_and_prefixes() {
        assert_eq!(Location::parse("s3://b/a/c/").unwrap(), Location { bucket: "b".into(), prefix: "a/c".into() });
        assert_eq!(Location::parse("s3://b").unwrap(), Location { bucket: "b".into(), prefix: String::new() });
        assert_eq!(Location::parse("s3://b//a//c").unwrap().prefix, "a/c");
        assert!(Location::parse("hdfs://b/a").is_err());
        assert!(Location::parse("s3:///a").is_err());
    }
}
