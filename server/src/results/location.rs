//! Where do a statement's objects go? Key, form and side files by substatement type.
//!
//! Ref: measured Athena behaviour, "Result objects", "GetQueryResults".

use object_store::path::Path;

/// How the result object is written and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `<id>.csv`, a header line and rows.
    Csv,
    /// No body, only the side file; the result is a count.
    Count,
    /// `<id>.txt`, lines without header and final newline.
    Text,
    /// `<id>.txt`, a header line, lines, final newline.
    Explain,
}

/// The places of one query's objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultPlace {
    /// The bucket's name.
    pub bucket: String,
    /// The key of the result object.
    pub key: Path,
    /// `s3://bucket/key`, the query's OutputLocation.
    pub uri: String,
    /// How it is written.
    pub form: Form,
}

impl ResultPlace {
    /// The place of a query's result under `output`, an `s3://bucket/prefix/` with its final slash.
    /// `None` when that is no URI an object can have.
    pub fn of(output: &str, id: &str, substatement_type: &str) -> Option<Self> {
        let form = form(substatement_type);
        let name = match (form, substatement_type) {
            (Form::Csv, _) => format!("{id}.csv"),
            (Form::Text | Form::Explain, _) => format!("{id}.txt"),
            (Form::Count, "UPDATE" | "DELETE" | "MERGE") => format!("{id}.csv"),
            (Form::Count, "CREATE_TABLE_AS_SELECT") => format!("tables/{id}"),
            (Form::Count, _) => id.to_owned(),
        };
        ResultPlace::at(&format!("{output}{name}"), substatement_type)
    }

    /// The place of the result object at `uri`. `None` when that is no URI an object can have.
    pub fn at(uri: &str, substatement_type: &str) -> Option<Self> {
        let (bucket, key) = uri.strip_prefix("s3://")?.split_once('/')?;
        let form = form(substatement_type);
        Some(ResultPlace { bucket: bucket.to_owned(), key: Path::parse(key).ok()?, form, uri: uri.to_owned() })
    }

    /// The key of the side file that describes the columns.
    pub fn metadata_key(&self) -> Path {
        self.beside(".metadata")
    }

    /// The key of the list of written files.
    pub fn manifest_key(&self) -> Path {
        self.beside("-manifest.csv")
    }

    /// The URI of the list of written files.
    pub fn manifest_uri(&self) -> String {
        format!("{}-manifest.csv", self.uri)
    }

    fn beside(&self, suffix: &str) -> Path {
        // The key was valid, and no suffix has a slash.
        Path::parse(format!("{}{suffix}", self.key)).unwrap_or_else(|_| self.key.clone())
    }
}

/// The form of a substatement's result.
pub fn form(substatement_type: &str) -> Form {
    match substatement_type {
        "SELECT" | "EXECUTE" | "SHOW_FUNCTIONS" => Form::Csv,
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "UNLOAD" | "CREATE_TABLE_AS_SELECT" => Form::Count,
        "EXPLAIN" => Form::Explain,
        _ => Form::Text,
    }
}

/// `UpdateCount` of statements that do not count: 0 for those that answer rows of the engine, absent for Hive's own.
pub fn update_count(substatement_type: &str) -> Option<i64> {
    match substatement_type {
        "SELECT"
        | "EXECUTE"
        | "SHOW_FUNCTIONS"
        | "SHOW_TABLES"
        | "SHOW_DATABASES"
        | "SHOW_COLUMNS"
        | "SHOW_PARTITIONS"
        | "SHOW_TABLE_PROPERTIES"
        | "SHOW_VIEWS"
        | "SHOW_CREATE_VIEW"
        | "DESC_VIEW" => Some(0),
        _ => None,
    }
}

/// The update type in the side file; `None` for statements that change no rows.
pub fn update_type(substatement_type: &str) -> Option<&'static str> {
    match substatement_type {
        "INSERT" => Some("INSERT"),
        "UPDATE" => Some("UPDATE"),
        "DELETE" => Some("DELETE"),
        "MERGE" => Some("MERGE"),
        "CREATE_TABLE_AS_SELECT" => Some("CREATE TABLE"),
        _ => None,
    }
}

/// Whether the side file exists although the statement has no columns; it holds the id only.
pub fn has_bare_metadata(substatement_type: &str) -> bool {
    matches!(substatement_type, "MSCK_REPAIR" | "ALTER_TABLE_ADD_COLUMN" | "ALTER_TABLE_REPLACE_COLUMN")
}

/// The content type of the result object and its side file.
pub fn content_type(substatement_type: &str, has_columns: bool, is_literal: bool) -> &'static str {
    let is_show = substatement_type.starts_with("SHOW_") && substatement_type != "SHOW_CREATE_TABLE";
    if is_show || !has_columns || is_literal { BINARY } else { "application/octet-stream" }
}

/// The content type of SHOW results, SELECTs of literals only, statements without columns, and results uploaded in parts.
pub const BINARY: &str = "binary/octet-stream";

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn uri(substatement_type: &str) -> String {
        ResultPlace::of("s3://b/r/", "ID", substatement_type).unwrap().uri
    }

    #[test]
    fn each_class_has_its_place() {
        // Ref: measured Athena behaviour, table of OutputLocation.
        assert_eq!(uri("SELECT"), "s3://b/r/ID.csv");
        assert_eq!(uri("SHOW_FUNCTIONS"), "s3://b/r/ID.csv");
        assert_eq!(uri("DELETE"), "s3://b/r/ID.csv");
        assert_eq!(uri("INSERT"), "s3://b/r/ID");
        assert_eq!(uri("UNLOAD"), "s3://b/r/ID");
        assert_eq!(uri("CREATE_TABLE_AS_SELECT"), "s3://b/r/tables/ID");
        for text in ["CREATE_TABLE", "SHOW_TABLES", "DESCRIBE_TABLE", "EXPLAIN", "MSCK_REPAIR"] {
            assert_eq!(uri(text), "s3://b/r/ID.txt", "{text}");
        }
    }

    #[test]
    fn side_files_stand_beside() {
        let place = ResultPlace::of("s3://b/r/", "ID", "CREATE_TABLE_AS_SELECT").unwrap();
        assert_eq!(place.metadata_key().as_ref(), "r/tables/ID.metadata");
        assert_eq!(place.manifest_key().as_ref(), "r/tables/ID-manifest.csv");
        let place = ResultPlace::of("s3://b/", "ID", "SELECT").unwrap();
        assert_eq!((place.bucket.as_str(), place.metadata_key().as_ref()), ("b", "ID.csv.metadata"));
        assert_eq!(ResultPlace::of("s3://b/a//b/", "ID", "SELECT"), None);
    }
}
