//! Do plans read as Trino documents them? Ref: Trino 401 "EXPLAIN", "EXPLAIN ANALYZE"; measured Athena outputs.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;

use crate::testing::Lake;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, values)| (name, values, true))).unwrap()
}

async fn lake() -> Lake {
    let lake = Lake::new();
    lake.create_table("nation", &[("nationkey", "bigint"), ("name", "string"), ("regionkey", "bigint")], &[]);
    let keys: Vec<i64> = (0..25).collect();
    let names: Vec<String> = keys.iter().map(|key| format!("nation {key}")).collect();
    let regions: Vec<i64> = keys.iter().map(|key| key % 5).collect();
    for part in ["a", "b"] {
        let columns = vec![
            ("nationkey", Arc::new(Int64Array::from(keys.clone())) as ArrayRef),
            ("name", Arc::new(StringArray::from(names.clone()))),
            ("regionkey", Arc::new(Int64Array::from(regions.clone()))),
        ];
        lake.put_parquet(&format!("nation/{part}"), &batch(columns)).await;
    }
    lake.create_table("visits", &[("n", "bigint")], &[("year", "string"), ("month", "int")]);
    for (year, month) in [("2021", "1"), ("2022", "1"), ("2022", "2"), ("2023", "1")] {
        lake.add_partition("visits", &[year, month], None);
        let rows = vec![("n", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef)];
        lake.put_parquet(&format!("visits/year={year}/month={month}/f"), &batch(rows)).await;
    }
    lake
}

async fn explained(lake: &Lake, sql: &str) -> String {
    let (lines, _) = lake.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    lines.into_iter().map(|row| row.concat()).collect::<Vec<_>>().join("\n")
}

async fn error_of(lake: &Lake, sql: &str) -> String {
    lake.sql(sql).await.map(|_| ()).unwrap_err().to_string()
}

/// The whole answer, as Athena writes it: 393 bytes with the header `Query Plan` and the last line's end. Ref: measured.
#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_a_constant_is_athenas_to_the_byte() {
    let plan = explained(&lake().await, "EXPLAIN SELECT 1").await;
    let expected = "Fragment 0 [SINGLE]\n    Output layout: [expr]\n    Output partitioning: SINGLE []\n    \
        Output[columnNames = [_col0]]\n    │   Layout: [expr:integer]\n    \
        │   Estimates: {rows: 1 (5B), cpu: 0, memory: 0B, network: 0B}\n    │   _col0 := expr\n    └─ Values[]\n           \
        Layout: [expr:integer]\n           Estimates: {rows: 1 (5B), cpu: 0, memory: 0B, network: 0B}\n           (1)\n\n";
    assert_eq!(plan, expected);
    assert_eq!("Query Plan\n".len() + plan.len() + "\n".len(), 393);
}

/// Ref: Trino 401 "EXPLAIN", the example of each type: fragments, names, layouts and the two steps of the aggregation.
#[tokio::test(flavor = "multi_thread")]
async fn a_grouping_has_three_fragments() {
    let lake = lake().await;
    let plan = explained(&lake, "EXPLAIN SELECT regionkey, count(*) FROM db.nation GROUP BY 1").await;
    for part in [
        "    Output[columnNames = [regionkey, _col1]]\n    │   Layout: [regionkey:bigint, count:bigint]\n",
        "    │   _col1 := count\n",
        "Aggregate[type = FINAL, keys = [regionkey]]\n",
        "count := count(\"count_0\")\n",
        "RemoteSource[sourceFragmentIds = [1]]\n",
        "Fragment 1 [SOURCE]\n    Output layout: [regionkey, count_0]\n    Output partitioning: HASH [regionkey]\n",
        "    Aggregate[type = PARTIAL, keys = [regionkey]]\n",
        "    │   count_0 := count(*)\n",
        "TableScan[table = awsdatacatalog:db:nation]\n           Layout: [regionkey:bigint]\n           \
         Estimates: {rows: 50 (450B), cpu: 450, memory: 0B, network: 0B}\n           regionkey := regionkey:bigint:REGULAR\n",
    ] {
        assert!(plan.contains(part), "{part}\nis not in\n{plan}");
    }
    assert!(plan.starts_with("Fragment 0 [HASH]\n"), "{plan}");
    let logical = explained(&lake, "EXPLAIN (TYPE LOGICAL) SELECT regionkey, count(*) FROM db.nation GROUP BY 1").await;
    assert!(logical.starts_with("Output[columnNames = [regionkey, _col1]]\n│   Layout: [regionkey:bigint, count:bigint]\n"), "{logical}");
    assert!(logical.contains("RemoteExchange[type = REPARTITION]\n"), "{logical}");
    assert!(!logical.contains("Fragment"), "{logical}");
}

/// Ref: measured Athena output for a partitioned table: the keys the query has conditions on, and the values that are left.
#[tokio::test(flavor = "multi_thread")]
async fn partitions_left_are_told() {
    let plan = explained(&lake().await, "EXPLAIN SELECT n FROM db.visits WHERE year = '2022' AND n > 1").await;
    assert!(plan.contains("ScanFilter[table = awsdatacatalog:db:visits, filterPredicate = (\"n\" > BIGINT '1')]"), "{plan}");
    assert!(plan.contains("n := n:bigint:REGULAR\n"), "{plan}");
    assert!(plan.contains("year:string:PARTITION_KEY\n") && plan.contains("    :: [[2022]]\n"), "{plan}");
}

/// The probe side stands first, as Trino's left one; the build side is the smaller table.
#[tokio::test(flavor = "multi_thread")]
async fn a_join_shows_criteria_and_distribution() {
    let sql = "EXPLAIN SELECT a.name FROM db.nation a JOIN db.visits v ON a.nationkey = v.n WHERE v.month = 1";
    let plan = explained(&lake().await, sql).await;
    assert!(plan.contains("InnerJoin[criteria = (\"nationkey\" = \"n\"), distribution = REPLICATED]"), "{plan}");
}

/// Ref: Trino 401 "EXPLAIN", TYPE IO and FORMAT JSON; the field names are Trino's, the layout Jackson's.
#[tokio::test(flavor = "multi_thread")]
async fn json_has_trinos_fields() {
    let lake = lake().await;
    let text = explained(&lake, "EXPLAIN (FORMAT JSON) SELECT regionkey, count(*) FROM db.nation GROUP BY 1").await;
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let root = &plan["0"];
    assert_eq!(root["name"], "Output");
    assert_eq!(root["descriptor"]["columnNames"], "[regionkey, _col1]");
    assert_eq!(root["outputs"][0], serde_json::json!({ "symbol": "regionkey", "type": "bigint" }));
    assert_eq!(root["details"][0], "_col1 := count");
    assert_eq!(plan["1"]["name"], "Aggregate");
    assert_eq!(plan["1"]["children"][0]["estimates"][0]["outputRowCount"], 50.0);
    assert!(text.starts_with("{\n  \"0\" : {\n    \"id\" : \"0\",\n"), "{text}");
    let text = explained(&lake, "EXPLAIN (TYPE IO) SELECT n FROM db.visits WHERE year = '2022' AND n > 1 AND n <= 3").await;
    let io: serde_json::Value = serde_json::from_str(&text).unwrap();
    let input = &io["inputTableColumnInfos"][0];
    assert_eq!(input["table"], serde_json::json!({ "catalog": "awsdatacatalog", "schemaTable": { "schema": "db", "table": "visits" } }));
    let constraints = input["constraint"]["columnConstraints"].as_array().unwrap();
    let year = constraints.iter().find(|constraint| constraint["columnName"] == "year").unwrap();
    assert_eq!(year["domain"]["ranges"][0]["low"], serde_json::json!({ "value": "2022", "bound": "EXACTLY" }));
    let n = constraints.iter().find(|constraint| constraint["columnName"] == "n").unwrap();
    assert_eq!(n["domain"]["ranges"][0]["low"], serde_json::json!({ "value": "1", "bound": "ABOVE" }));
    assert_eq!(n["domain"]["ranges"][0]["high"], serde_json::json!({ "value": "3", "bound": "EXACTLY" }));
    assert_eq!(io["estimate"]["cpuCost"], "NaN");
}

/// Ref: measured Athena output of FORMAT GRAPHVIZ.
#[tokio::test(flavor = "multi_thread")]
async fn graphviz_has_clusters_and_edges() {
    let plan = explained(&lake().await, "EXPLAIN (FORMAT GRAPHVIZ) SELECT n FROM db.visits WHERE year = '2022'").await;
    let start = "digraph distributed_plan {\nsubgraph cluster_0 {\nlabel = \"SOURCE\"\n\
        plannode_1[label=\"{Output[n]}\", style=\"rounded, filled\", shape=record, fillcolor=white];\n\
        plannode_2[label=\"{TableScan[awsdatacatalog:db:visits]}\", style=\"rounded, filled\", shape=record, fillcolor=deepskyblue];\n}\n\
        plannode_1 -> plannode_2;\n}\n";
    assert_eq!(plan, start);
}

/// Ref: Trino 401 "EXPLAIN", TYPE VALIDATE; measured: one value and two empty rows, the second of which is the file's last line end.
#[tokio::test(flavor = "multi_thread")]
async fn validation_analyses_and_plans() {
    let lake = lake().await;
    assert_eq!(explained(&lake, "EXPLAIN (TYPE VALIDATE) SELECT 1").await, "true\n");
    assert!(error_of(&lake, "EXPLAIN (TYPE VALIDATE) SELECT x").await.contains("line 1:32: Column 'x' cannot be resolved"));
    assert!(error_of(&lake, "EXPLAIN (TYPE IO, FORMAT GRAPHVIZ) SELECT 1").await.contains("Unhandled plan type: IO"));
    assert!(error_of(&lake, "EXPLAIN CREATE VIEW db.v AS SELECT 1 AS one").await.contains("NOT_SUPPORTED"));
}

/// Ref: Trino 401 "EXPLAIN ANALYZE": rows and bytes of each operator; what was pruned stands beside what was read.
#[tokio::test(flavor = "multi_thread")]
async fn analyze_runs_the_query_and_is_metered() {
    let lake = lake().await;
    let (lines, meter) = lake.sql("EXPLAIN ANALYZE SELECT n FROM db.visits WHERE year = '2022' AND n > 1").await.unwrap();
    let plan = lines.into_iter().map(|row| row.concat()).collect::<Vec<_>>().join("\n");
    assert!(plan.contains("Output: 4 rows ("), "{plan}");
    assert!(plan.contains("Input: 6 rows ("), "{plan}");
    assert!(plan.contains("Filtered: 33.33%"), "{plan}");
    assert!(plan.contains("Pruned: partitions: 2 of 4"), "{plan}");
    let bytes = meter.bytes_scanned();
    assert!(bytes > 0);
    let physical = super::quantity::data_size(bytes as f64);
    assert!(plan.contains(&format!("Physical Input: {physical}")), "{physical}\n{plan}");
    let (_, free) = lake.sql("EXPLAIN SELECT n FROM db.visits").await.unwrap();
    assert_eq!(free.bytes_scanned(), 0);
}
