"""Tables of the Glue catalog that are more than files of a folder, or say so: each is refused by what it is, none is misread.

A folder of plain Parquet with three rows lies under every table here, so a plain reading would succeed.
"""

# basis: AWS Glue Developer Guide, "Using data lake frameworks with AWS Glue ETL jobs" (the properties such tables have), "Resource links";
# Apache Hive `storage_handler`, `transactional`, SerDe and input format classes. Athena reads some of these: Deviation.

import io
import json

import pyarrow
import pyarrow.parquet
import pytest

PARQUET_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
PARQUET_OUTPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
NOT_YET = "are not supported by owlake yet: foreign."

# name: how the table differs from plain Parquet, and what every statement about it says.
FORMATS = {
    "iceberg": ({"Parameters": {"table_type": "ICEBERG", "metadata_location": "s3://foreign/t/metadata/00000.metadata.json"}}, f"Iceberg tables {NOT_YET}"),
    "iceberg_lower": ({"Parameters": {"table_type": "iceberg"}}, f"Iceberg tables {NOT_YET}"),
    "iceberg_pointer": ({"Parameters": {"metadata_location": "s3://foreign/t/metadata/00000.metadata.json"}}, f"Iceberg tables {NOT_YET}"),
    "iceberg_of_spark": ({"Parameters": {"spark.sql.sources.provider": "iceberg"}}, f"Iceberg tables {NOT_YET}"),
    "iceberg_of_hive": ({"serde": "org.apache.iceberg.mr.hive.HiveIcebergSerDe", "input": "org.apache.iceberg.mr.hive.HiveIcebergInputFormat"}, f"Iceberg tables {NOT_YET}"),
    "delta": ({"Parameters": {"table_type": "DELTA"}}, f"Delta Lake tables {NOT_YET}"),
    "delta_of_spark": ({"Parameters": {"spark.sql.sources.provider": "delta"}}, f"Delta Lake tables {NOT_YET}"),
    "delta_of_a_crawler": ({"Parameters": {"classification": "delta", "spark.sql.sources.provider": "delta"}}, f"Delta Lake tables {NOT_YET}"),
    "hudi": ({"input": "org.apache.hudi.hadoop.HoodieParquetInputFormat"}, f"Hudi tables {NOT_YET}"),
    "hudi_merge_on_read": ({"input": "org.apache.hudi.hadoop.realtime.HoodieParquetRealtimeInputFormat"}, f"Hudi tables {NOT_YET}"),
    "hudi_of_spark": ({"Parameters": {"spark.sql.sources.provider": "hudi"}}, f"Hudi tables {NOT_YET}"),
    "transactional": ({"Parameters": {"transactional": "true"}}, f"Transactional Hive tables {NOT_YET}"),
    "handled": (
        {"Parameters": {"storage_handler": "org.apache.hadoop.hive.dynamodb.DynamoDBStorageHandler"}},
        f"Tables of the storage handler org.apache.hadoop.hive.dynamodb.DynamoDBStorageHandler {NOT_YET}",
    ),
    "governed": ({"TableType": "GOVERNED"}, f"Governed tables {NOT_YET}"),
    "materialized": ({"TableType": "MATERIALIZED_VIEW"}, f"Tables of the type MATERIALIZED_VIEW {NOT_YET}"),
    "link": ({"TargetTable": {"CatalogId": "123456789012", "DatabaseName": "foreign", "Name": "plain"}}, f"Resource links {NOT_YET}"),
}

# Read by nothing here, but their statements are Hive's.
FILES = {
    "symlinks": ({"input": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"}, "HIVE_UNSUPPORTED_FORMAT: Table foreign.symlinks is stored in a format that is not supported: org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"),
    "sequence": ({"serde": LAZY_SIMPLE, "input": "org.apache.hadoop.mapred.SequenceFileInputFormat"}, "HIVE_UNSUPPORTED_FORMAT: Table foreign.sequence is stored in a format that is not supported: org.apache.hadoop.mapred.SequenceFileInputFormat"),
    "sequence_of_parquet": ({"input": "org.apache.hadoop.mapred.SequenceFileInputFormat"}, "HIVE_UNSUPPORTED_FORMAT: Table foreign.sequence_of_parquet is stored in a format that is not supported: org.apache.hadoop.mapred.SequenceFileInputFormat"),
    "odd_serde": ({"serde": "com.example.OddSerDe"}, "HIVE_UNSUPPORTED_FORMAT: Table foreign.odd_serde is stored in a format that is not supported: com.example.OddSerDe"),
    "multi_delimited": (
        {"serde": "org.apache.hadoop.hive.contrib.serde2.MultiDelimitSerDe", "input": TEXT_INPUT},
        "HIVE_UNSUPPORTED_FORMAT: Table foreign.multi_delimited is stored in a format that is not supported: org.apache.hadoop.hive.contrib.serde2.MultiDelimitSerDe",
    ),
    "ion": ({"serde": "com.amazon.ionhiveserde.IonHiveSerDe", "input": "com.amazon.ionhiveserde.formats.IonInputFormat"}, "HIVE_UNSUPPORTED_FORMAT: Table foreign.ion is stored in a format that is not supported: com.amazon.ionhiveserde.IonHiveSerDe"),
    "by_position": ({"Parameters": {"parquet.column.index.access": "true"}}, "NOT_SUPPORTED: The property 'parquet.column.index.access' = 'true' of table foreign.by_position is not supported by owlake yet"),
    "latin": ({"serde": LAZY_SIMPLE, "input": TEXT_INPUT, "properties": {"serialization.encoding": "ISO-8859-1"}}, "NOT_SUPPORTED: The property 'serialization.encoding' = 'ISO-8859-1' of table foreign.latin is not supported by owlake yet"),
    "records": ({"serde": LAZY_SIMPLE, "input": TEXT_INPUT, "Parameters": {"textinputformat.record.delimiter": "|"}}, "NOT_SUPPORTED: The property 'textinputformat.record.delimiter' = '|' of table foreign.records is not supported by owlake yet"),
}


def table_input(name, difference):
    difference = dict(difference)
    serde = {"SerializationLibrary": difference.pop("serde", PARQUET_SERDE), "Parameters": difference.pop("properties", {"serialization.format": "1"})}
    storage = {
        "Columns": [{"Name": "a", "Type": "bigint"}],
        "Location": "s3://foreign/t/",
        "InputFormat": difference.pop("input", PARQUET_INPUT),
        "OutputFormat": PARQUET_OUTPUT,
        "SerdeInfo": serde,
    }
    parameters = {"EXTERNAL": "TRUE"} | difference.pop("Parameters", {})
    return {"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": parameters, "StorageDescriptor": storage} | difference


@pytest.fixture(scope="module")
def glue(server, athena):
    s3, client = server.client("s3"), server.client("glue")
    s3.create_bucket(Bucket="foreign")
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"a": [1, 2, 3]}), buffer)
    s3.put_object(Bucket="foreign", Key="t/part-0.parquet", Body=buffer.getvalue())
    client.create_database(DatabaseInput={"Name": "foreign"})
    for name, (difference, _) in (FORMATS | FILES | {"plain": ({}, "")}).items():
        client.create_table(DatabaseName="foreign", TableInput=table_input(name, difference))
    assert athena.rows("SELECT sum(a) FROM foreign.plain")[0] == [["6"]], "the files are readable"
    return client


def reason(athena, sql):
    execution = athena.execute(sql)
    assert execution["Status"]["State"] == "FAILED", (sql, execution["Status"])
    assert execution["Status"]["AthenaError"]["ErrorCategory"] == 2
    return execution["Status"]["StateChangeReason"]


@pytest.mark.parametrize("name", FORMATS)
def test_tables_of_a_table_format_are_refused(athena, glue, name):
    told = f"NOT_SUPPORTED: {FORMATS[name][1]}{name}"
    for sql in (
        f"SELECT * FROM foreign.{name}",
        f"SELECT count(*) FROM foreign.{name}",
        f"WITH w AS (SELECT a FROM foreign.{name}) SELECT p.a FROM foreign.plain p JOIN w ON p.a = w.a",
        f"EXPLAIN SELECT * FROM foreign.{name}",
        f"CREATE TABLE foreign.made AS SELECT * FROM foreign.{name}",
        f"INSERT INTO foreign.{name} VALUES 4",
        f"DELETE FROM foreign.{name} WHERE a = 1",
        f"UPDATE foreign.{name} SET a = 2",
        f"ALTER TABLE foreign.{name} ADD COLUMNS (b int)",
        f"ALTER TABLE foreign.{name} SET TBLPROPERTIES ('k' = 'v')",
        f"MSCK REPAIR TABLE foreign.{name}",
        f"SHOW CREATE TABLE foreign.{name}",
        f"SHOW PARTITIONS foreign.{name}",
        f"DESCRIBE foreign.{name}",
    ):
        assert reason(athena, sql).startswith(told), sql
    # It is still listed, as it is in Glue.
    rows, _ = athena.rows("SHOW TABLES IN foreign")
    assert [name] in rows


@pytest.mark.parametrize("name", FILES)
def test_files_that_would_be_misread_are_refused(athena, glue, name):
    told = FILES[name][1]
    for sql in (f"SELECT a FROM foreign.{name}", f"SELECT count(*) FROM foreign.{name}", f"CREATE TABLE foreign.made AS SELECT * FROM foreign.{name}"):
        assert reason(athena, sql).startswith(told), sql


def test_a_view_over_such_a_table_is_refused_when_it_is_read(athena, glue):
    athena.execute("CREATE VIEW foreign.over AS SELECT a FROM foreign.iceberg")
    assert "Iceberg tables are not supported by owlake yet: foreign.iceberg" in reason(athena, "SELECT * FROM foreign.over")


def test_dropping_keeps_what_an_iceberg_table_would_lose(athena, glue):
    # Ref: Athena user guide, DROP TABLE: an Iceberg table's data goes with it; that of the others stays.
    assert reason(athena, "DROP TABLE foreign.iceberg").startswith("NOT_SUPPORTED: Iceberg tables")
    assert glue.get_table(DatabaseName="foreign", Name="iceberg")["Table"]["Parameters"]["table_type"] == "ICEBERG"
    glue.create_table(DatabaseName="foreign", TableInput=table_input("dropped", FORMATS["hudi"][0]))
    assert athena.execute("DROP TABLE foreign.dropped")["Status"]["State"] == "SUCCEEDED"


@pytest.mark.parametrize(("property_", "value", "kind"), [("table_type", "delta", "Delta Lake"), ("spark.sql.sources.provider", "hudi", "Hudi")])
def test_none_is_created_by_sql(athena, glue, property_, value, kind):
    sql = f"CREATE EXTERNAL TABLE foreign.created (a int) STORED AS PARQUET LOCATION 's3://foreign/t/' TBLPROPERTIES ('{property_}' = '{value}')"
    assert reason(athena, sql) == f"NOT_SUPPORTED: {kind} tables {NOT_YET}created"


def test_no_iceberg_table_is_created_by_sql(athena, glue):
    sql = "CREATE TABLE foreign.created (a int) LOCATION 's3://foreign/created/' TBLPROPERTIES ('table_type' = 'ICEBERG')"
    assert reason(athena, sql) == f"NOT_SUPPORTED: Iceberg tables {NOT_YET}created"


def test_a_table_without_storage_is_told(athena, glue):
    # Basis: inferred; a table without a storage has no columns either.
    glue.create_table(DatabaseName="foreign", TableInput={"Name": "nowhere", "TableType": "EXTERNAL_TABLE"})
    assert reason(athena, "SELECT count(*) FROM foreign.nowhere") == "TABLE_HAS_NO_COLUMNS: line 1:22: Table 'awsdatacatalog.foreign.nowhere' has no columns"


def test_views_of_other_engines_are_told(athena, glue):
    hive = {"Name": "hive_view", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "SELECT 1 AS a", "ViewExpandedText": "SELECT 1 AS a", "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}]}}
    glue.create_table(DatabaseName="foreign", TableInput=hive)
    assert reason(athena, "SELECT * FROM foreign.hive_view").startswith("INVALID_VIEW")
    glue.create_table(DatabaseName="foreign", TableInput={**hive, "Name": "textless", "ViewOriginalText": ""})
    assert reason(athena, "SELECT * FROM foreign.textless").startswith("INVALID_VIEW")


def test_a_partition_of_another_kind_is_refused_too(athena, glue, server):
    keyed = table_input("keyed", {}) | {"PartitionKeys": [{"Name": "p", "Type": "string"}]}
    glue.create_table(DatabaseName="foreign", TableInput=keyed)
    storage = table_input("x", {"input": "org.apache.hudi.hadoop.HoodieParquetInputFormat"})["StorageDescriptor"]
    glue.create_partition(DatabaseName="foreign", TableName="keyed", PartitionInput={"Values": ["x"], "StorageDescriptor": storage})
    assert reason(athena, "SELECT * FROM foreign.keyed").startswith(
        "HIVE_UNSUPPORTED_FORMAT: Table foreign.keyed is stored in a format that is not supported: org.apache.hudi.hadoop.HoodieParquetInputFormat"
    )
    text = table_input("y", {"serde": LAZY_SIMPLE, "input": TEXT_INPUT})["StorageDescriptor"] | {"Location": "s3://foreign/keyed/p=y/"}
    glue.create_partition(DatabaseName="foreign", TableName="keyed", PartitionInput={"Values": ["y"], "StorageDescriptor": text})
    assert reason(athena, "INSERT INTO foreign.keyed VALUES (1, 'y')").startswith(
        "NOT_SUPPORTED: Inserting into partition p=y of table foreign.keyed, whose format is not the table's, is not supported by owlake yet"
    )


def test_header_lines_mean_nothing_to_parquet(athena, glue):
    # Ref: Apache Hive, `skip.header.line.count` is a text format's; awswrangler and crawlers leave it behind.
    glue.create_table(DatabaseName="foreign", TableInput=table_input("headed", {"Parameters": {"skip.header.line.count": "1", "classification": "parquet"}}))
    assert athena.rows("SELECT sum(a), count(*) FROM foreign.headed")[0] == [["6", "3"]]


def test_spark_s_own_parquet_tables_are_plain(athena, glue):
    # Spark marks the tables it makes with its provider and its schema; those of Parquet are plain files.
    spark = {"spark.sql.sources.provider": "parquet", "spark.sql.sources.schema": json.dumps({"type": "struct", "fields": []})}
    glue.create_table(DatabaseName="foreign", TableInput=table_input("sparked", {"Parameters": spark}))
    assert athena.rows("SELECT sum(a) FROM foreign.sparked")[0] == [["6"]]


def test_packed_texts_that_cannot_be_unpacked_are_refused(athena, glue, server):
    # Ref: Athena user guide, "Use compression in Athena"; the bytes of a packed file are no lines.
    s3 = server.client("s3")
    for extension in ("lzo", "zip", "tar", "xz"):
        s3.put_object(Bucket="foreign", Key=f"packed-{extension}/file.csv.{extension}", Body=b"PK\n1\n")
        storage = table_input("x", {"serde": LAZY_SIMPLE, "input": TEXT_INPUT})["StorageDescriptor"] | {"Location": f"s3://foreign/packed-{extension}/"}
        glue.create_table(DatabaseName="foreign", TableInput={"Name": f"packed_{extension}", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage})
        told = f"NOT_SUPPORTED: Files of this compression are not supported by owlake: s3://foreign/packed-{extension}/file.csv.{extension}"
        assert reason(athena, f"SELECT * FROM foreign.packed_{extension}") == told
