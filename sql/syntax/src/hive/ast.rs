//! What is a Hive-style statement? The tree of the DDL, SHOW and DESCRIBE grammar. Ref: Athena user guide, "DDL statements".
//!
//! Names are folded to lower case, as the metastore has them; types keep their text as written.

/// A database-qualified name. `catalog` is set for three parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub catalog: Option<String>,
    pub database: Option<String>,
    pub table: String,
}

/// A column of a table definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefinition {
    pub name: String,
    /// The Hive type as written, without spaces around its punctuation, in lower case.
    pub type_text: String,
    pub comment: Option<String>,
}

/// `PARTITION (k = 'v', …)`: keys folded, values as raw text.
pub type PartitionSpec = Vec<(String, String)>;

/// Key and value texts, in the order written.
pub type Properties = Vec<(String, String)>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    CreateDatabase {
        name: String,
        if_not_exists: bool,
        comment: Option<String>,
        location: Option<String>,
        properties: Properties,
    },
    DropDatabase {
        name: String,
        if_exists: bool,
        is_cascade: bool,
    },
    AlterDatabaseProperties {
        name: String,
        properties: Properties,
    },
    CreateTable(Box<CreateTable>),
    DropTable {
        name: Name,
        if_exists: bool,
    },
    AlterTable {
        name: Name,
        action: AlterAction,
    },
    RepairTable {
        name: Name,
    },
    /// The pattern is the quoted text, in whatever matching language the statement has.
    ShowDatabases {
        pattern: Option<String>,
    },
    ShowTables {
        database: Option<String>,
        pattern: Option<String>,
    },
    ShowViews {
        database: Option<String>,
        pattern: Option<String>,
    },
    ShowColumns {
        name: Name,
    },
    ShowPartitions {
        name: Name,
        partition: Option<PartitionSpec>,
    },
    ShowTableProperties {
        name: Name,
        property: Option<String>,
    },
    ShowCreateTable {
        name: Name,
    },
    Describe {
        name: Name,
        style: DescribeStyle,
        partition: Option<PartitionSpec>,
        column: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescribeStyle {
    Plain,
    Extended,
    Formatted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    pub name: Name,
    pub is_external: bool,
    pub if_not_exists: bool,
    pub columns: Vec<ColumnDefinition>,
    pub comment: Option<String>,
    pub partitioned_by: Vec<PartitionField>,
    pub bucketed_by: Option<Buckets>,
    pub row_format: Option<RowFormat>,
    pub stored_as: Option<StoredAs>,
    pub location: Option<String>,
    pub properties: Properties,
}

/// One element of PARTITIONED BY: a key with its type, a bare column (Iceberg), or an Iceberg transform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionField {
    Key(ColumnDefinition),
    Column(String),
    Transform { function: String, argument: Option<u32>, column: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    pub columns: Vec<String>,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFormat {
    /// Each text as written between its quotes, with escapes resolved.
    Delimited {
        field: Option<String>,
        escape: Option<String>,
        collection_item: Option<String>,
        map_key: Option<String>,
        line: Option<String>,
        null: Option<String>,
    },
    SerDe {
        class: String,
        properties: Properties,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredAs {
    /// `PARQUET`, `TEXTFILE`, …: upper case.
    Format(String),
    Classes {
        input_format: String,
        output_format: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterAction {
    AddPartitions { if_not_exists: bool, partitions: Vec<(PartitionSpec, Option<String>)> },
    DropPartitions { if_exists: bool, partitions: Vec<PartitionSpec> },
    RenamePartition { from: PartitionSpec, to: PartitionSpec },
    AddColumns { partition: Option<PartitionSpec>, columns: Vec<ColumnDefinition> },
    ReplaceColumns { partition: Option<PartitionSpec>, columns: Vec<ColumnDefinition> },
    ChangeColumn { from: String, to: ColumnDefinition, position: Option<ColumnPosition> },
    DropColumn { column: String },
    SetLocation { partition: Option<PartitionSpec>, location: String },
    SetProperties(Properties),
    UnsetProperties { if_exists: bool, keys: Vec<String> },
    Rename { to: Name },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnPosition {
    First,
    After(String),
}
