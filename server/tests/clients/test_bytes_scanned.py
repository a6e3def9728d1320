"""Are bytes scanned what the files' own metadata say? Ten query shapes, each expectation computed from the Parquet footers.

A query is charged the footer of each file it opens (the metadata, its length and the magic: what stands behind the last
chunk) once per scan, and the stored bytes of the column chunks it touches in the row groups it cannot skip. The files
have one page a chunk and no page index, so that nothing smaller than a chunk can be skipped.

Ref: Athena user guide, "Use columnar storage formats"; Amazon Athena pricing.
"""

import datetime

import pyarrow
import pyarrow.parquet
import pytest

ROW_GROUP_ROWS = 1000
DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"]


def rows_of(day):
    """Three row groups with `id` ascending over the whole table, so that statistics can prune."""
    first = DAYS.index(day) * 3 * ROW_GROUP_ROWS
    ids = list(range(first, first + 3 * ROW_GROUP_ROWS))
    return pyarrow.table(
        {
            "id": pyarrow.array(ids, pyarrow.int64()),
            "fare": pyarrow.array([(i * 7919 % 10007) / 7 for i in ids], pyarrow.float64()),
            "note": pyarrow.array([f"note {i * 31 % 997} of trip {i}" for i in ids]),
            "picked_up": pyarrow.array([datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=i) for i in ids], pyarrow.timestamp("ms")),
        }
    )


class Files:
    """The files of the table and what their footers say."""

    def __init__(self, folder):
        self.metadata, self.sizes = {}, {}
        for day in DAYS:
            path = folder / f"day={day}" / "part-0.parquet"
            path.parent.mkdir(parents=True)
            pyarrow.parquet.write_table(
                rows_of(day), path, row_group_size=ROW_GROUP_ROWS, compression="snappy", write_page_index=False, data_page_size=1 << 30
            )
            self.metadata[day] = pyarrow.parquet.ParquetFile(path).metadata
            self.sizes[day] = path.stat().st_size

    def footers(self, days=DAYS):
        """The metadata and its eight-byte tail of each file."""
        return sum(self.metadata[day].serialized_size + 8 for day in days)

    def chunks(self, columns, days=DAYS, groups=(0, 1, 2)):
        total = 0
        for day in days:
            for group in groups:
                row_group = self.metadata[day].row_group(group)
                for index in range(row_group.num_columns):
                    chunk = row_group.column(index)
                    if chunk.path_in_schema in columns:
                        total += chunk.total_compressed_size
        return total


@pytest.fixture(scope="module")
def files(server, athena):
    server.client("s3").create_bucket(Bucket="metered")
    files = Files(server.data_dir / "buckets" / "metered" / "trips")
    athena.rows(
        """CREATE EXTERNAL TABLE trips (id bigint, fare double, note string, picked_up timestamp)
           PARTITIONED BY (day string) STORED AS PARQUET LOCATION 's3://metered/trips/'"""
    )
    athena.rows("MSCK REPAIR TABLE trips")
    return files


ALL = {"id", "fare", "note", "picked_up"}
SHAPES = {
    "every column": ("SELECT * FROM trips", lambda f: f.footers() + f.chunks(ALL)),
    "one column": ("SELECT sum(fare) FROM trips", lambda f: f.footers() + f.chunks({"fare"})),
    "two columns": ("SELECT id, max(fare) FROM trips GROUP BY id", lambda f: f.footers() + f.chunks({"id", "fare"})),
    "one partition": ("SELECT sum(fare) FROM trips WHERE day = '2024-01-02'", lambda f: f.footers(DAYS[1:2]) + f.chunks({"fare"}, DAYS[1:2])),
    "no partition": ("SELECT sum(fare) FROM trips WHERE day = '1999-01-01'", lambda f: 0),
    "one row group of all": (
        "SELECT fare FROM trips WHERE id = 4500",
        # The predicate's column is a touched one; two of three files have no row group that can match.
        lambda f: f.footers() + f.chunks({"id", "fare"}, DAYS[1:2], [1]),
    ),
    "no row group": ("SELECT fare FROM trips WHERE id < 0", lambda f: f.footers()),
    "partition and row group": (
        "SELECT fare FROM trips WHERE day = '2024-01-03' AND id >= 8000",
        lambda f: f.footers(DAYS[2:]) + f.chunks({"id", "fare"}, DAYS[2:], [2]),
    ),
    "partition keys only": ("SELECT DISTINCT day FROM trips", lambda f: f.footers()),
    "count of rows": ("SELECT count(*) FROM trips", lambda f: f.footers()),
    "the table twice": (
        "SELECT count(*) FROM trips a JOIN trips b ON a.id = b.id WHERE a.day = '2024-01-01' AND b.day = '2024-01-01'",
        lambda f: 2 * (f.footers(DAYS[:1]) + f.chunks({"id"}, DAYS[:1])),
    ),
    "a predicate without statistics": (
        "SELECT id FROM trips WHERE length(note) > 1000",
        lambda f: f.footers() + f.chunks({"note", "id"}),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_bytes_scanned_are_the_touched_chunks_and_footers(athena, files, shape):
    sql, expected = SHAPES[shape]
    for _ in range(2):
        # The second run is answered from caches and charged all the same.
        execution = athena.execute(sql, "default")
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        assert execution["Statistics"]["DataScannedInBytes"] == expected(files)


def test_pruning_shows_in_the_number(files):
    """The expectations above differ: what is pruned is not in them."""
    scanned = {shape: expected(files) for shape, (_, expected) in SHAPES.items()}
    assert scanned["every column"] > scanned["two columns"] > scanned["one column"] > scanned["one partition"] > 0
    assert scanned["one row group of all"] < scanned["two columns"] / 5
    assert scanned["no partition"] == 0
    assert sum(files.sizes.values()) >= scanned["every column"] > 0.99 * sum(files.sizes.values()) - 100
