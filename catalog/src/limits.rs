//! Which limits does the catalog keep? Each with its source.
//!
//! Ref: AWS Glue API constraints of the shapes named; AWS Glue service quotas.

/// Characters of a database, table or column name. Ref: Glue `NameString`.
pub const NAME_CHARS_MAX: usize = 255;
/// Characters of a column comment. Ref: Glue `CommentString`.
pub const COMMENT_CHARS_MAX: usize = 255;
/// Characters of a database or table description. Ref: Glue `DescriptionString`.
pub const DESCRIPTION_CHARS_MAX: usize = 2048;
/// Characters of a column type. Ref: Glue `ColumnTypeString`.
pub const COLUMN_TYPE_CHARS_MAX: usize = 131_072;
/// Characters of a parameter's key. Ref: Glue `KeyString`.
pub const PARAMETER_KEY_CHARS_MAX: usize = 255;
/// Characters of a parameter's value. Ref: Glue `ParametersMapValue`.
pub const PARAMETER_VALUE_CHARS_MAX: usize = 512_000;
/// Characters of a table's or partition's location. Ref: Glue `LocationString`.
pub const LOCATION_CHARS_MAX: usize = 2056;
/// Characters of one partition value. Ref: Glue `ValueString`.
pub const PARTITION_VALUE_CHARS_MAX: usize = 1024;
/// Characters of a partition expression. Ref: Glue `PredicateString`.
pub const PARTITION_EXPRESSION_CHARS_MAX: usize = 2048;
/// Depth to which a partition expression or a Hive type may nest. Basis: inferred, guards the stack.
pub const NESTING_DEPTH_MAX: usize = 100;
/// Databases of a catalog. Ref: Glue service quota.
pub const DATABASES_MAX: usize = 10_000;
/// Tables of a database. Ref: Glue service quota.
pub const TABLES_PER_DATABASE_MAX: usize = 200_000;
/// Partitions of a table. Ref: Glue service quota.
pub const PARTITIONS_PER_TABLE_MAX: usize = 10_000_000;
/// Archived versions of a table. Ref: Glue service quota.
pub const VERSIONS_PER_TABLE_MAX: usize = 100_000;
