//! Which SerDes are there? One file each, one line each in [`SERDES`]; those that are known but cannot be read stand there too.
//!
//! A SerDe of lines gives a [`LineDecoder`], which turns whole lines into columns. Files, splits, compression and line ends are
//! [`super::text`]'s affair. To add one: a file with a `const` [`SerDe`], a line below, `testdata/slt/serde/<serde>.slt`.
//! Ref: Athena user guide, "SerDe reference".

mod descriptor;
mod grok;
mod hive_json;
mod json_text;
mod json_value;
mod lazy_simple;
mod open_csv;
mod openx_json;
mod parquet;
mod regex;

pub use descriptor::{LineDecoder, LineFormat, LineTable, Reading, SerDe, WantedColumn};

/// Every SerDe Athena names.
pub const SERDES: &[SerDe] = &[
    parquet::PARQUET,
    lazy_simple::LAZY_SIMPLE,
    open_csv::OPEN_CSV,
    openx_json::OPENX_JSON,
    hive_json::HIVE_JSON,
    hive_json::HIVE_JSON_SERDE2,
    regex::REGEX,
    regex::REGEX_CONTRIB,
    grok::GROK,
    SerDe::unsupported("org.apache.hadoop.hive.ql.io.orc.OrcSerde"),
    SerDe::unsupported("org.apache.hadoop.hive.serde2.avro.AvroSerDe"),
    SerDe::unsupported("com.amazon.ionhiveserde.IonHiveSerDe"),
    SerDe::unsupported("com.amazon.emr.hive.serde.CloudTrailSerde"),
    SerDe::unsupported("org.apache.hive.hcatalog.data.CloudTrailSerde"),
    SerDe::unsupported("org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe"),
    SerDe::unsupported("org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe"),
];
