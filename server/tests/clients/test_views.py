"""Views that other tools keep in the Glue catalog, read by queries and shown by Athena's statements."""

# basis: measured Athena behaviour, "Databases and tables" (the text of a view in Glue), "Notable v3 wording"; Trino 401
# `StatementAnalyzer.createScopeForView`; Athena user guide, CREATE VIEW, SHOW CREATE VIEW, DROP VIEW

import base64
import json

import pytest


@pytest.fixture(scope="module")
def glue(server, athena):
    client = server.client("glue")
    assert athena.execute("CREATE DATABASE v")["Status"]["State"] == "SUCCEEDED"
    succeeded(athena, "CREATE TABLE v.people AS SELECT * FROM (VALUES (1, 'Ada', DECIMAL '1.50'), (2, 'Bob', NULL)) t (id, name, paid)")
    return client


def succeeded(athena, sql):
    execution = athena.execute(sql)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]


def reason(athena, sql):
    execution = athena.execute(sql)
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def table_input(name, sql, columns, **more):
    """A view as awswrangler and dbt write it: Hive's types beside, Trino's in the text."""
    hive = {"integer": "int", "varchar": "string", "double": "double", "bigint": "bigint", "decimal(10,2)": "decimal(10,2)"}
    definition = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": "v",
        "columns": [{"name": name, "type": kind} for name, kind in columns],
    } | more
    definition = {key: value for key, value in definition.items() if value is not None}
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "StorageDescriptor": {"Columns": [{"Name": name, "Type": hive.get(kind, kind)} for name, kind in columns], "Location": "", "SerdeInfo": {}},
        "ViewOriginalText": f"/* Presto View: {base64.b64encode(json.dumps(definition).encode()).decode()} */",
        "ViewExpandedText": "/* Presto View */",
    }


def create(glue, name, sql, columns, **more):
    glue.create_table(DatabaseName="v", TableInput=table_input(name, sql, columns, **more))


def test_a_view_of_another_tool_is_read_and_shown(athena, glue):
    create(glue, "other", 'SELECT id, upper(name) AS "shout" FROM people', [("id", "integer"), ("shout", "varchar")])
    rows, _ = athena.rows("SELECT * FROM v.other ORDER BY id")
    assert rows == [["1", "ADA"], ["2", "BOB"]]
    rows, _ = athena.rows("SHOW CREATE VIEW v.other")
    assert rows == [["CREATE VIEW v.other AS"], ['SELECT id, upper(name) AS "shout" FROM people']]
    rows, _ = athena.rows("DESCRIBE v.other")
    assert rows == [["id\tinteger"], ["shout\tvarchar"]]
    rows, _ = athena.rows("SHOW VIEWS IN v")
    assert ["other"] in rows


def test_names_in_a_view_are_meant_where_it_was_made(athena, glue):
    # The schema inside the text counts, whatever the query's own is.
    succeeded(athena, "CREATE DATABASE elsewhere")
    rows, _ = athena.rows("SELECT count(*) FROM v.other", database="elsewhere")
    assert rows == [["2"]]
    create(glue, "nowhere", "SELECT id FROM people", [("id", "integer")], schema=None, catalog=None)
    assert reason(athena, "SELECT * FROM v.nowhere").startswith("INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.v.nowhere': line 1:16: ")


def test_a_view_over_a_view_of_another_tool(athena, glue):
    succeeded(athena, "CREATE VIEW v.over AS SELECT shout || '!' AS s FROM v.other WHERE id = 1")
    rows, _ = athena.rows("SELECT s FROM v.over")
    assert rows == [["ADA!"]]
    text = glue.get_table(DatabaseName="v", Name="over")["Table"]
    assert text["TableType"] == "VIRTUAL_VIEW" and text["Parameters"]["presto_view"] == "true"
    assert text["ViewExpandedText"] == "/* Presto View */"
    definition = json.loads(base64.b64decode(text["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")))
    assert definition["columns"] == [{"name": "s", "type": "varchar"}]
    assert definition["catalog"] == "awsdatacatalog" and definition["runAsInvoker"] is False
    assert [(column["Name"], column["Type"]) for column in text["StorageDescriptor"]["Columns"]] == [("s", "string")]


def test_circles_are_told(athena, glue):
    create(glue, "one", "SELECT id FROM two", [("id", "integer")])
    create(glue, "two", "SELECT id FROM one", [("id", "integer")])
    told = reason(athena, "SELECT * FROM v.one")
    assert told.startswith("INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.v.one': ") and told.endswith("View is recursive")
    create(glue, "itself", "SELECT id FROM itself", [("id", "integer")])
    assert "View is recursive" in reason(athena, "SELECT * FROM v.itself")


def test_columns_that_went_stale_are_told(athena, glue):
    create(glue, "fewer", "SELECT id, name FROM people", [("id", "integer")])
    assert reason(athena, "SELECT * FROM v.fewer") == (
        "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.v.fewer' is stale or in invalid state: stored view column count (1) does not match"
        " column count derived from the view query analysis (2)"
    )
    create(glue, "renamed", "SELECT name FROM people", [("title", "varchar")])
    assert reason(athena, "SELECT * FROM v.renamed") == (
        "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.v.renamed' is stale or in invalid state: column [name] of type varchar(3) projected from"
        " query view at position 0 has a different name from column [title] of type varchar stored in view definition"
    )
    create(glue, "narrower", "SELECT name FROM people", [("name", "bigint")])
    assert "cannot be coerced to column [name] of type bigint stored in view definition" in reason(athena, "SELECT * FROM v.narrower")
    # What can widen does.
    create(glue, "wider", "SELECT id, paid FROM people", [("id", "bigint"), ("paid", "double")])
    rows, _ = athena.rows("SELECT typeof(id), typeof(paid) FROM v.wider WHERE id = 1")
    assert rows == [["bigint", "double"]]


@pytest.mark.parametrize("text", ["SELECT 1 a", "/* Presto View: no base64! */", "/* Presto View: e30= */", "", "/* Presto View: AAAA */"])
def test_a_text_that_is_no_view_is_told(athena, glue, text):
    name = f"broken_{abs(hash(text))}"
    glue.create_table(DatabaseName="v", TableInput=table_input(name, "SELECT 1 a", [("a", "integer")]) | {"ViewOriginalText": text})
    assert reason(athena, f"SELECT * FROM v.{name}").startswith("INVALID_VIEW")
    assert reason(athena, f"SHOW CREATE VIEW v.{name}").endswith(f"View not found or not a valid presto view: v.{name}")
    succeeded(athena, f"DROP VIEW v.{name}")


def test_a_view_that_does_not_parse_is_told(athena, glue):
    create(glue, "unparsed", "SELEC 1", [("a", "integer")])
    assert reason(athena, "SELECT * FROM v.unparsed").startswith("INVALID_VIEW: line 1:15: Failed parsing stored view 'awsdatacatalog.v.unparsed': ")


def test_tables_and_views_keep_apart(athena, glue):
    assert reason(athena, "CREATE VIEW v.people AS SELECT 1 a") == "TABLE_ALREADY_EXISTS: line 1:1: Table already exists: 'awsdatacatalog.v.people'"
    assert reason(athena, "CREATE OR REPLACE VIEW v.people AS SELECT 1 a").startswith("TABLE_ALREADY_EXISTS")
    assert reason(athena, "DROP VIEW v.people").startswith("TABLE_NOT_FOUND: line 1:1: View 'awsdatacatalog.v.people' does not exist, but a table")
    assert reason(athena, "SHOW CREATE VIEW v.people").endswith("View not found or not a valid presto view: v.people")
    assert reason(athena, "INSERT INTO v.other VALUES (1, 'x')").startswith("NOT_SUPPORTED: line 1:1: Inserting into views is not supported")
    assert reason(athena, "CREATE VIEW nowhere.x AS SELECT 1 a").startswith("SCHEMA_NOT_FOUND")
    assert reason(athena, "CREATE VIEW v.zone AS SELECT TIMESTAMP '2020-01-01 00:00:00.000 UTC' a").startswith("NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone")


def test_a_replaced_view_keeps_its_versions(athena, glue):
    succeeded(athena, "CREATE OR REPLACE VIEW v.changing AS SELECT 1 a")
    succeeded(athena, "CREATE OR REPLACE VIEW v.changing AS SELECT 'x' b")
    rows, _ = athena.rows("SELECT b FROM v.changing")
    assert rows == [["x"]]
    assert len(glue.get_table_versions(DatabaseName="v", TableName="changing")["TableVersions"]) == 2
    assert reason(athena, "CREATE OR REPLACE VIEW v.changing AS SELECT b FROM v.changing").startswith("VIEW_IS_RECURSIVE")
    assert reason(athena, "CREATE OR REPLACE VIEW v.nulls AS SELECT NULL a") == "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown: a"
