"""What CREATE TABLE AS, INSERT INTO and UNLOAD write, read by other people's readers: Apache's ORC (pyarrow), fastavro, the codecs of cramjam."""

# basis: Apache ORC specification v1; Apache Avro specification 1.11; Athena user guide, "Hive table compression support", "CTAS table
# properties"; Apache Hadoop's codecs; Trino 401 `HiveBucketingV1`

import bz2
import csv
import datetime
import gzip
import io
import json
import math
import struct
from decimal import Decimal

import cramjam
import fastavro
import pyarrow
import pyarrow.csv
import pyarrow.orc
import pyarrow.parquet
import pytest

ROWS = 2001
EPOCH = datetime.date(1970, 1, 1)
TIMESTAMP = datetime.datetime(1970, 1, 1, 0, 0, 0, 250_000)
# Each value of a row follows from its number `i`; what comes back is compared with `expected_row`.
EVERY_TYPE = f"""SELECT i, CAST(i % 128 AS tinyint) t, CAST(i * 30 % 32768 AS smallint) s, CAST(i AS bigint) * 4000000007 b, CAST(i AS real) / 4 r,
    CAST(i AS double) / 3 d, CAST(CAST(i AS decimal(30, 4)) / 8 AS decimal(30, 4)) p, 'text é ' || CAST(i AS varchar) v, CAST('c' AS varchar(3)) c, i % 2 = 0 o,
    date_add('day', i, DATE '1970-01-01') y, date_add('hour', i, TIMESTAMP '1970-01-01 00:00:00.250') m, to_utf8('é') x,
    IF(i % 3 = 0, NULL, ARRAY[i, NULL, i + 1]) a, IF(i % 5 = 0, NULL, MAP(ARRAY[CAST('k' AS varchar), 'l'], ARRAY[i, NULL])) k,
    IF(i % 4 = 0, NULL, CAST(ROW(i, IF(i % 6 = 0, NULL, 'r')) AS ROW(n integer, t varchar))) w, IF(i % 7 = 0, NULL, i) n,
    IF(i % 2 = 0, ARRAY[CAST(ROW(ARRAY[i]) AS ROW(z array(integer)))]) deep
    FROM (SELECT CAST(a * 100 + b - 1000 AS integer) i FROM UNNEST(sequence(0, 20)) u (a) CROSS JOIN UNNEST(sequence(0, 99)) w (b)) WHERE i <= 1000"""


def remainder(value, divisor):
    """As SQL's: of the sign of the value."""
    return int(math.fmod(value, divisor))


def expected_row(i):
    return {
        "i": i,
        "t": remainder(i, 128),
        "s": remainder(i * 30, 32768),
        "b": i * 4000000007,
        "r": i / 4,
        "d": i / 3,
        "p": Decimal(i) / 8,
        "v": f"text é {i}",
        "c": "c",
        "o": i % 2 == 0,
        "y": EPOCH + datetime.timedelta(days=i),
        "m": TIMESTAMP + datetime.timedelta(hours=i),
        "x": "é".encode(),
        "a": None if i % 3 == 0 else [i, None, i + 1],
        "k": None if i % 5 == 0 else {"k": i, "l": None},
        "w": None if i % 4 == 0 else {"n": i, "t": None if i % 6 == 0 else "r"},
        "n": None if i % 7 == 0 else i,
        "deep": [{"z": [i]}] if i % 2 == 0 else None,
    }


EXPECTED = [expected_row(i) for i in range(-1000, 1001)]


@pytest.fixture(scope="module")
def s3(server, athena):
    client = server.client("s3")
    client.create_bucket(Bucket="formats")
    succeeded(athena, "CREATE DATABASE f")
    return client


def succeeded(athena, sql):
    execution = athena.execute(sql)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def files(s3, prefix):
    """The files under a prefix, by name."""
    found = s3.list_objects_v2(Bucket="formats", Prefix=f"{prefix}/").get("Contents", [])
    return {item["Key"]: s3.get_object(Bucket="formats", Key=item["Key"])["Body"].read() for item in found}


def unloaded(athena, s3, prefix, query, properties):
    succeeded(athena, f"UNLOAD ({query}) TO 's3://formats/{prefix}/' WITH ({properties})")
    return files(s3, prefix)


def plain(value):
    """Maps and times as Python has them, without a zone."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, list) and value and all(isinstance(item, tuple) for item in value):
        return {key: plain(item) for key, item in value}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def same_rows(rows):
    found = sorted(({key: plain(value) for key, value in row.items()} for row in rows), key=lambda row: row["i"])
    assert len(found) == ROWS
    for row, expected in zip(found, EXPECTED):
        assert row == expected


@pytest.mark.parametrize("codec", ["ZLIB", "SNAPPY", "LZ4", "ZSTD", "NONE"])
def test_orc_files_are_read_by_apaches_reader(athena, s3, codec):
    written = unloaded(athena, s3, f"orc-{codec}", EVERY_TYPE, f"format = 'ORC', compression = '{codec}'")
    readers = [pyarrow.orc.ORCFile(io.BytesIO(data)) for data in written.values()]
    assert all(reader.compression == {"NONE": "UNCOMPRESSED"}.get(codec, codec) for reader in readers)
    assert sum(reader.nrows for reader in readers) == ROWS
    types = {field.name: field.type for field in readers[0].schema}
    assert types["t"] == pyarrow.int8() and types["p"] == pyarrow.decimal128(30, 4) and types["y"] == pyarrow.date32()
    assert types["r"] == pyarrow.float32() and types["x"] == pyarrow.binary() and types["n"] == pyarrow.int32()
    same_rows(row for reader in readers for row in reader.read().to_pylist())


@pytest.mark.parametrize("codec,name", [("DEFLATE", "deflate"), ("SNAPPY", "snappy"), ("ZSTD", "zstandard"), ("BZIP2", "bzip2"), ("NONE", "null")])
def test_avro_files_are_read_by_fastavro(athena, s3, codec, name):
    # Avro has no small integers. Ref: Trino 401 `HiveStorageFormat.validateAvroType`.
    query = EVERY_TYPE.replace("AS tinyint", "AS integer").replace("AS smallint", "AS integer")
    written = unloaded(athena, s3, f"avro-{codec}", query, f"format = 'AVRO', compression = '{codec}'")
    readers = [fastavro.reader(io.BytesIO(data)) for data in written.values()]
    assert all(reader.codec == name for reader in readers)
    fields = {field["name"]: field["type"][1] for field in readers[0].writer_schema["fields"]}
    assert (fields["i"], fields["b"], fields["r"], fields["v"], fields["x"]) == ("int", "long", "float", "string", "bytes")
    assert fields["p"]["logicalType"] == "decimal" and fields["p"]["precision"] == 30 and fields["p"]["scale"] == 4
    assert fields["y"]["logicalType"] == "date" and fields["m"]["logicalType"] == "timestamp-millis"
    same_rows(row for reader in readers for row in reader)


@pytest.mark.parametrize("codec", ["GZIP", "SNAPPY", "ZSTD", "NONE"])
def test_parquet_files_are_read_by_pyarrow(athena, s3, codec):
    written = unloaded(athena, s3, f"parquet-{codec}", EVERY_TYPE, f"format = 'PARQUET', compression = '{codec}'")
    tables = [pyarrow.parquet.ParquetFile(io.BytesIO(data)) for data in written.values()]
    used = {table.metadata.row_group(0).column(0).compression for table in tables}
    assert used == {{"NONE": "UNCOMPRESSED"}.get(codec, codec)}
    same_rows(row for table in tables for row in table.read().to_pylist())


# basis: Trino 401 and Hive read what others write: dictionaries, second-version runs, row indexes
@pytest.mark.parametrize("codec", ["uncompressed", "zlib", "snappy", "lz4", "zstd"])
def test_orc_files_of_others_are_read(athena, s3, codec):
    import random

    chance = random.Random(5)
    numbers = [chance.choice([7, 7, 7, chance.randrange(-(2**40), 2**40), position, 2**62]) for position in range(30_000)]
    table = pyarrow.table(
        {
            "i": pyarrow.array(range(30_000), pyarrow.int32()),
            "n": pyarrow.array(numbers, pyarrow.int64()),
            "sorted": pyarrow.array([position * position for position in range(30_000)], pyarrow.int64()),
            "few": pyarrow.array([chance.choice(["red", "grün", None, ""]) for _ in range(30_000)], pyarrow.string()),
            "many": pyarrow.array([f"{chance.random()}" for _ in range(30_000)], pyarrow.string()),
            "o": pyarrow.array([chance.choice([True, False, None]) for _ in range(30_000)], pyarrow.bool_()),
            "t": pyarrow.array([chance.randrange(-128, 128) for _ in range(30_000)], pyarrow.int8()),
            "d": pyarrow.array([chance.random() for _ in range(30_000)], pyarrow.float64()),
            "p": pyarrow.array([Decimal(chance.randrange(-(10**12), 10**12)) / 100 for _ in range(30_000)], pyarrow.decimal128(18, 2)),
            "m": pyarrow.array([TIMESTAMP + datetime.timedelta(minutes=position * 17) for position in range(30_000)], pyarrow.timestamp("ms")),
            "y": pyarrow.array([EPOCH + datetime.timedelta(days=chance.randrange(-30_000, 30_000)) for _ in range(30_000)], pyarrow.date32()),
            "a": pyarrow.array([None if position % 3 == 0 else list(range(position % 4)) for position in range(30_000)], pyarrow.list_(pyarrow.int32())),
            "w": pyarrow.array([None if position % 5 == 0 else {"f": position, "g": f"{position % 9}"} for position in range(30_000)], pyarrow.struct([("f", pyarrow.int32()), ("g", pyarrow.string())])),
        }
    )
    buffer = io.BytesIO()
    pyarrow.orc.write_table(table, buffer, compression=codec, stripe_size=256 << 10, dictionary_key_size_threshold=0.5)
    prefix = f"others-orc-{codec}"
    s3.put_object(Bucket="formats", Key=f"{prefix}/file.orc", Body=buffer.getvalue())
    columns = "i int, n bigint, sorted bigint, few string, many string, o boolean, t tinyint, d double, p decimal(18,2), m timestamp, y date, a array<int>, w struct<f:int,g:string>"
    name = f"f.others_orc_{codec}"
    succeeded(athena, f"CREATE EXTERNAL TABLE {name} ({columns}) STORED AS ORC LOCATION 's3://formats/{prefix}/'")
    back = unloaded(athena, s3, f"{prefix}-back", f"SELECT * FROM {name}", "format = 'PARQUET'")
    read = pyarrow.concat_tables(pyarrow.parquet.read_table(io.BytesIO(data)) for data in back.values()).sort_by("i")
    expected = table.to_pylist()
    assert read.num_rows == len(expected)
    for row, other in zip(read.to_pylist(), expected):
        assert {key: plain(value) for key, value in row.items()} == other
    # Only the streams of the touched column are charged.
    execution = succeeded(athena, f"SELECT sum(t) FROM {name}")
    assert 0 < execution["Statistics"]["DataScannedInBytes"] < len(buffer.getvalue()) / 4


# basis: Apache Avro specification: unions, enums, fixed, nested records, blocks of a negative count
@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard", "bzip2"])
def test_avro_files_of_others_are_read(athena, s3, codec):
    schema = fastavro.parse_schema(
        {
            "type": "record",
            "name": "Row",
            "namespace": "other.people",
            "fields": [
                {"name": "i", "type": "int"},
                {"name": "colour", "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "GREEN"]}},
                {"name": "again", "type": ["null", "Colour"]},
                {"name": "left_out", "type": {"type": "map", "values": ["null", "double", "Colour"]}},
                {"name": "price", "type": {"type": "fixed", "size": 6, "name": "Price", "logicalType": "decimal", "precision": 10, "scale": 2}},
                {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
                {"name": "tags", "type": {"type": "array", "items": {"type": "record", "name": "Tag", "fields": [{"name": "k", "type": "string"}, {"name": "v", "type": ["float", "null"]}]}}},
            ],
        }
    )
    rows = [
        {
            "i": i,
            "colour": "GREEN" if i % 2 else "RED",
            "again": None if i % 3 else "GREEN",
            "left_out": {"a": 1.5, "b": None, "c": "RED"},
            "price": Decimal(i - 500) / 4,
            "at": datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(milliseconds=i),
            "tags": [{"k": f"k{i}", "v": None if i % 2 else 0.5}] * (i % 4),
        }
        for i in range(2000)
    ]
    buffer = io.BytesIO()
    fastavro.writer(buffer, schema, rows, codec=codec, sync_interval=4000)
    s3.put_object(Bucket="formats", Key=f"others-avro-{codec}/file.avro", Body=buffer.getvalue())
    columns = "tags array<struct<v:double,k:string>>, again string, i bigint, colour string, price decimal(12,3), `at` timestamp"
    name = f"f.others_avro_{codec}"
    succeeded(athena, f"CREATE EXTERNAL TABLE {name} ({columns}) STORED AS AVRO LOCATION 's3://formats/others-avro-{codec}/'")
    back = unloaded(athena, s3, f"others-avro-{codec}-back", f"SELECT * FROM {name}", "format = 'PARQUET'")
    read = [row for data in back.values() for row in pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist()]
    read = sorted(({key: plain(value) for key, value in row.items()} for row in read), key=lambda row: row["i"])
    assert read == [{key: plain(row[key]) for key in ("tags", "again", "i", "colour", "price", "at")} for row in rows]


# basis: inferred; a damaged file fails the query that reads it with HIVE_BAD_DATA, or gives some rows, and nothing else
@pytest.mark.parametrize("kind", ["ORC", "AVRO"])
@pytest.mark.parametrize("codec", ["SNAPPY", "NONE"])
def test_damaged_files_fail_their_query_only(athena, s3, kind, codec):
    import random

    chance = random.Random(f"{kind} {codec}")
    query = EVERY_TYPE.replace("AS tinyint", "AS integer").replace("AS smallint", "AS integer")
    written = unloaded(athena, s3, f"whole-{kind}-{codec}", query, f"format = '{kind}', compression = '{codec}'")
    whole = max(written.values(), key=len)
    columns = (
        "i int, t int, s int, b bigint, r float, d double, p decimal(30,4), v string, c varchar(3), o boolean, y date, m timestamp, x binary,"
        " a array<int>, k map<string,int>, w struct<n:int,t:string>, n int, deep array<struct<z:array<int>>>"
    )
    name = f"f.damaged_{kind}_{codec}"
    prefix = f"damaged-{kind}-{codec}"
    succeeded(athena, f"CREATE EXTERNAL TABLE {name} ({columns}) STORED AS {kind} LOCATION 's3://formats/{prefix}/'")
    told = set()
    for _ in range(30):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            # The tail and the head say the most.
            at = chance.choice([chance.randrange(len(data)), len(data) - 1 - chance.randrange(400), chance.randrange(600)])
            data[at] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        s3.put_object(Bucket="formats", Key=f"{prefix}/file", Body=bytes(data))
        execution = athena.execute(f"SELECT count(v), max(p), sum(cardinality(a)), min(m), max(w.t), max(cardinality(k)) FROM {name}")
        reason = execution["Status"].get("StateChangeReason", "SUCCEEDED")
        assert reason == "SUCCEEDED" or reason.startswith("HIVE_BAD_DATA: Malformed "), reason
        told.add(reason.split(":")[0])
    assert told == {"SUCCEEDED", "HIVE_BAD_DATA"}
    s3.put_object(Bucket="formats", Key=f"{prefix}/file", Body=b"")
    rows, _ = athena.rows(f"SELECT count(*) FROM {name}")
    assert rows == [["0"]]


def hadoop_blocks(data, unpack):
    """The bytes of Hadoop's block format: the block's length, then chunks of a packed length and bytes."""
    plain, at = b"", 0
    while at < len(data):
        (whole,) = struct.unpack_from(">I", data, at)
        at += 4
        block = b""
        while len(block) < whole:
            (packed,) = struct.unpack_from(">I", data, at)
            block += bytes(unpack(data[at + 4 : at + 4 + packed], whole - len(block)))
            at += 4 + packed
        plain += block
    return plain


UNPACK = {
    "GZIP": ("gz", gzip.decompress),
    "BZIP2": ("bz2", bz2.decompress),
    "ZSTD": ("zst", lambda data: bytes(cramjam.zstd.decompress(data))),
    "SNAPPY": ("snappy", lambda data: hadoop_blocks(data, lambda packed, _: cramjam.snappy.decompress_raw(packed))),
    "LZ4": ("lz4", lambda data: hadoop_blocks(data, lambda packed, left: cramjam.lz4.decompress_block(packed, output_len=left))),
    "NONE": (None, bytes),
}


@pytest.mark.parametrize("codec", UNPACK)
@pytest.mark.parametrize("kind", ["TEXTFILE", "JSON"])
def test_lines_are_packed_as_asked(athena, s3, codec, kind):
    extension, unpack = UNPACK[codec]
    query = "SELECT i, 'row ' || CAST(i AS varchar) s FROM UNNEST(sequence(1, 5000)) t (i)"
    written = unloaded(athena, s3, f"{kind}-{codec}", query, f"format = '{kind}', compression = '{codec}'")
    assert written and all(key.endswith(f".{extension}") if extension else "." not in key.rsplit("/", 1)[1] for key in written)
    lines = [line for data in written.values() for line in unpack(data).decode().splitlines()]
    if kind == "JSON":
        found = sorted((row["i"], row["s"]) for row in map(json.loads, lines))
    else:
        found = sorted((int(i), s) for i, s in (line.split("\x01") for line in lines))
    assert found == [(i, f"row {i}") for i in range(1, 5001)]
    # The engine reads its own files, too.
    name = f"f.lines_{kind}_{codec}"
    succeeded(athena, f"CREATE TABLE {name} WITH (format = '{kind}', write_compression = '{codec}') AS {query}")
    succeeded(athena, f"INSERT INTO {name} SELECT 0, 'nought'")
    rows, _ = athena.rows(f"SELECT count(*), sum(i), count(DISTINCT s) FROM {name}")
    assert rows == [["5001", "12502500", "5001"]]


def test_a_delimiter_is_what_separates(athena, s3):
    written = unloaded(athena, s3, "delimited", "SELECT 1 a, 'x|y' b, CAST(NULL AS integer) c", "format = 'TEXTFILE', field_delimiter = ';', compression = 'NONE'")
    assert list(written.values()) == [b"1;x|y;\\N\n"]


# basis: Apache Hive `LazySimpleSerDe.serialize`, `LazyUtils.writeEscaped`, `getByte`; the files are read by Python's csv module, which
# knows separators and escapes too
DELIMITED = {
    "commas": {"field.delim": ",", "escape.delim": "\\"},
    "tabs": {"field.delim": "\t", "escape.delim": "\\", "serialization.null.format": "NULL"},
    "hive": {"escape.delim": "\\", "serialization.null.format": "--"},
    "numbered": {"field.delim": "59", "escape.delim": "94", "serialization.null.format": ""},
    "nested": {"field.delim": "|", "collection.delim": ";", "mapkey.delim": ":", "escape.delim": "\\", "serialization.null.format": "nil"},
    "old_spelling": {"field.delim": "|", "colelction.delim": ",", "mapkey.delim": "=", "escape.delim": "~", "serialization.null.format": "\\N"},
    "plain": {"field.delim": "\x06", "serialization.null.format": "<null>"},
    "formatted": {"serialization.format": ";", "escape.delim": "\\"},
}
TEXTS = ["plain", "a,b|c;d:e=f", 'say "so"', "tab\there", "back\\slash", "tilde~hat^", "NULL", "", "  blanks ", "über €", "--", "nil", "\\N", "<null>", "x\x01y\x02z\x06"]


def separator(properties, names, otherwise):
    text = next((properties[name] for name in names if name in properties), otherwise)
    return chr(int(text)) if text.isdigit() else text[:1]


@pytest.mark.parametrize("name", DELIMITED)
@pytest.mark.parametrize("codec", ["NONE", "GZIP"])
def test_text_tables_take_rows_in_their_own_notation(server, athena, s3, name, codec):
    properties = DELIMITED[name]
    field = separator(properties, ["field.delim", "serialization.format"], "\x01")
    items, keys = separator(properties, ["collection.delim", "colelction.delim"], "\x02"), separator(properties, ["mapkey.delim"], "\x03")
    escape = separator(properties, ["escape.delim"], "") or None
    null = properties.get("serialization.null.format", "\\N")
    # Without an escape no notation has a text with a separator in it; and the text of null is null.
    texts = [text for text in TEXTS if (escape or not any(mark in text for mark in (field, items, keys, "\x01", "\x02", "\x06"))) and text != null]
    prefix, table = f"own-{name}-{codec}", f"own_{name}_{codec}".lower()
    server.client("glue").create_table(
        DatabaseName="f",
        TableInput={
            "Name": table,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "write.compression": codec},
            "StorageDescriptor": {
                "Columns": [
                    {"Name": column, "Type": kind}
                    for column, kind in [("i", "int"), ("s", "string"), ("d", "double"), ("a", "array<string>"), ("m", "map<string,int>"), ("r", "struct<x:string,y:date>")]
                ],
                "Location": f"s3://formats/{prefix}/",
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": properties},
            },
        },
    )
    quoted = lambda text: "'" + text.replace("'", "''") + "'"  # noqa: E731
    rows = [
        f"({i}, {quoted(text)}, {i} / 4e0, ARRAY[{quoted(text)}, NULL, 'z'], MAP(ARRAY[{quoted(text)}, 'other'], ARRAY[{i}, NULL]), CAST(ROW({quoted(text)}, DATE '2024-02-29') AS ROW(x varchar, y date)))"
        for i, text in enumerate(texts)
    ]
    rows.append("(-1, NULL, NULL, NULL, NULL, NULL)")
    succeeded(athena, f"INSERT INTO f.{table} VALUES {', '.join(rows)}")
    # What was written is read back as it was.
    columns = "i, s, d, json_format(CAST(a AS json)), json_format(CAST(map_keys(m) AS json)), r.x, r.y"
    found, _ = athena.rows(f"SELECT {columns} FROM f.{table} ORDER BY i")
    assert found[0] == ["-1"] + [None] * 6
    for row, (i, text) in zip(found[1:], enumerate(texts), strict=True):
        assert (row[0], row[1], row[2], row[5], row[6]) == (str(i), text, str(i / 4), text, "2024-02-29")
        assert json.loads(row[3]) == [text, None, "z"]
        assert sorted(json.loads(row[4])) == sorted([text, "other"])
    # And by others: csv splits and unescapes the fields that are texts.
    (data,) = files(s3, prefix).values()
    lines = (gzip.decompress(data) if codec == "GZIP" else data).decode()
    assert lines.endswith("\n")
    read = list(csv.reader(lines.splitlines(), delimiter=field, quoting=csv.QUOTE_NONE, escapechar=escape, strict=True))
    assert [len(row) for row in read] == [6] * (len(texts) + 1)
    plain = {int(row[0]): row for row in read}
    unescaped_null = null if escape != "\\" else null.replace("\\", "")
    assert plain[-1][1:] == [unescaped_null] * 5
    assert [plain[i][1] for i in range(len(texts))] == texts
    assert [plain[i][2] for i in range(len(texts))] == [str(i / 4) for i in range(len(texts))]


def test_zstd_levels_change_the_size(athena, s3):
    words = "element_at(ARRAY['sugar', 'and', 'spice', 'all', 'things', 'nice'], CAST(i * {} % 6 AS integer) + 1)"
    text = " || ' ' || ".join(words.format(factor) for factor in (1, 7, 11, "i")) + " || CAST(i * i % 1009 AS varchar)"
    query = f"SELECT {text} s FROM UNNEST(sequence(1, 9000)) t (i)"

    def size(level, kind):
        properties = f"format = '{kind}', compression = 'ZSTD', compression_level = {level}"
        return sum(map(len, unloaded(athena, s3, f"level-{kind}-{level}", query, properties).values()))

    for kind in ("PARQUET", "ORC", "TEXTFILE", "AVRO"):
        assert size(19, kind) < size(1, kind), kind


def java_hash(text):
    """`String.hashCode` over the bytes, as Hive's first bucketing takes it."""
    value = 0
    for byte in text.encode():
        value = (31 * value + (byte - 256 if byte > 127 else byte)) & 0xFFFFFFFF
    return value


@pytest.mark.parametrize("kind", ["PARQUET", "ORC", "AVRO", "TEXTFILE"])
def test_buckets_are_hives(athena, s3, kind):
    # Ref: Trino 401 `HiveBucketingV1`: 31 times the first column's hash and the second's; an integer is its own, a text Java's.
    execution = succeeded(
        athena,
        f"CREATE TABLE f.buckets_{kind} WITH (format = '{kind}', bucketed_by = ARRAY['n', 's'], bucket_count = 8, write_compression = 'NONE',"
        f" external_location = 's3://formats/buckets-{kind}/') AS SELECT CAST(i AS integer) n, 'tü' || CAST(i AS varchar) s FROM UNNEST(sequence(-200, 200)) t (i)",
    )
    listed = s3.get_object(**bucket_and_key(execution["Statistics"]["DataManifestLocation"]))["Body"].read().decode().split()
    assert len(listed) == 8
    rows, _ = athena.rows(f"""SELECT n, s, regexp_extract("$path", 'bucket-(\\d+)', 1) FROM f.buckets_{kind}""")
    assert len(rows) == 401
    for n, s, bucket in rows:
        hashed = (31 * (int(n) & 0xFFFFFFFF) + java_hash(s)) & 0x7FFFFFFF
        assert hashed % 8 == int(bucket), (n, s, bucket)


def bucket_and_key(uri):
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return {"Bucket": bucket, "Key": key}


# basis: inferred; one statement's files are one object's worth to whoever lists
def test_a_listing_never_shows_a_part_of_a_statement(athena, s3):
    sql = "UNLOAD (SELECT i, i % 20 p FROM UNNEST(sequence(1, 10000)) a (i)) TO 's3://formats/together/' WITH (format = 'JSON', partitioned_by = ARRAY['p'])"
    started = athena.api.start_query_execution(QueryString=sql, ResultConfiguration={"OutputLocation": "s3://athena-results/out/"})
    query_id = started["QueryExecutionId"]
    counts = set()
    while athena.api.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"] in ("QUEUED", "RUNNING"):
        counts.add(s3.list_objects_v2(Bucket="formats", Prefix="together/")["KeyCount"])
    assert athena.wait(query_id)["Status"]["State"] == "SUCCEEDED"
    final = s3.list_objects_v2(Bucket="formats", Prefix="together/")["KeyCount"]
    assert counts <= {0, final} and final >= 20
