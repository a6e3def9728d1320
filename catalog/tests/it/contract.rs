//! Does every store keep the contract of `Catalog`? Ref: AWS Glue API, databases, tables, versions and partitions.

use std::sync::Arc;

use owlake_catalog::model::{
    DatabaseTarget, FederatedDatabase, PrincipalPermissions, SchemaReference, SkewedInfo, SortColumn, TableTarget, ViewDefinition,
    ViewRepresentation,
};
use owlake_catalog::*;

use crate::lake::*;

fn failures(failures: Vec<PartitionFailure>) -> Vec<(String, CatalogError)> {
    failures.into_iter().map(|failure| (failure.values.to_string(), failure.error)).collect()
}

fn exists(kind: EntityKind, name: &str) -> CatalogError {
    CatalogError::AlreadyExists { kind, name: name.to_owned() }
}

#[test]
fn databases_are_created_replaced_listed_and_removed() {
    on_each_store(|catalog| {
        let full = DatabaseDefinition {
            description: Some("line\nline".to_owned()),
            location_uri: Some("s3://lake/d/".to_owned()),
            parameters: parameters(&[("K", "v")]),
            create_table_default_permissions: vec![PrincipalPermissions {
                principal: Some("IAM".to_owned()),
                permissions: vec!["ALL".to_owned()],
            }],
            target_database: Some(DatabaseTarget { database_name: Some("x".to_owned()), ..DatabaseTarget::default() }),
            federated_database: Some(FederatedDatabase { connection_type: Some("y".to_owned()), ..FederatedDatabase::default() }),
        };
        catalog.create_database(&database("B"), full.clone()).unwrap();
        catalog.create_database(&database("a"), DatabaseDefinition::default()).unwrap();
        assert_eq!(catalog.create_database(&database("b"), DatabaseDefinition::default()), Err(exists(EntityKind::Database, "b")));
        let stored = catalog.database(&database("b")).unwrap();
        assert_eq!((&stored.definition, stored.create_time_ms), (&full, 1_000));
        let names: Vec<_> = catalog.databases().unwrap().iter().map(|d| d.name.to_string()).collect();
        assert_eq!(names, ["a", "b"]);

        catalog.update_database(&database("b"), DatabaseDefinition::default()).unwrap();
        assert_eq!(catalog.database(&database("b")).unwrap().definition, DatabaseDefinition::default());
        let missing = CatalogError::DatabaseNotFound { database: "x".to_owned() };
        assert_eq!(catalog.update_database(&database("x"), full), Err(missing.clone()));
        assert_eq!(catalog.delete_database(&database("x"), DropMode::Cascade), Err(missing.clone()));
        assert_eq!(catalog.tables(&database("x")), Err(missing.clone()));
        assert_eq!(catalog.create_table(&database("x"), &table("t"), definition(&[])), Err(missing));

        catalog.create_table(&database("b"), &table("t"), definition(&[])).unwrap();
        assert_eq!(
            catalog.delete_database(&database("b"), DropMode::Restrict),
            Err(CatalogError::DatabaseNotEmpty { database: "b".to_owned() })
        );
        catalog.delete_database(&database("b"), DropMode::Cascade).unwrap();
        catalog.delete_database(&database("a"), DropMode::Restrict).unwrap();
        assert!(catalog.databases().unwrap().is_empty());
        catalog.create_database(&database("b"), DatabaseDefinition::default()).unwrap();
        assert!(catalog.tables(&database("b")).unwrap().is_empty());
    });
}

#[test]
fn a_table_keeps_all_that_was_said_of_it() {
    on_each_store(|catalog| {
        let d = database("d");
        catalog.create_database(&d, DatabaseDefinition::default()).unwrap();
        let mut full = definition(&["dt"]);
        full.description = Some("two\nlines".to_owned());
        full.owner = Some("me".to_owned());
        full.last_access_time_ms = Some(1);
        full.last_analyzed_time_ms = Some(2);
        full.retention = Some(3);
        full.view_original_text = Some("/* Presto View: e30= */".to_owned());
        full.view_expanded_text = Some("/* Presto View */".to_owned());
        full.target_table = Some(TableTarget { name: Some("x".to_owned()), ..TableTarget::default() });
        full.view_definition = Some(ViewDefinition {
            is_protected: Some(false),
            definer: Some("arn".to_owned()),
            view_version_id: Some(-1),
            view_version_token: Some("token".to_owned()),
            refresh_seconds: Some(60),
            last_refresh_type: Some("FULL".to_owned()),
            sub_objects: vec!["arn".to_owned()],
            sub_object_version_ids: vec![3],
            representations: vec![ViewRepresentation { dialect: Some("ATHENA".to_owned()), ..ViewRepresentation::default() }],
        });
        let storage = full.storage.as_mut().unwrap();
        let format = Arc::make_mut(&mut storage.format);
        format.columns[0].parameters = parameters(&[("iceberg.field.id", "1")]);
        format.columns.push(Column { name: "untyped".to_owned(), ..Column::default() });
        format.additional_locations = vec!["s3://more/".to_owned()];
        format.compressed = Some(true);
        format.number_of_buckets = Some(-1);
        format.bucket_columns = vec!["id".to_owned()];
        format.sort_columns = vec![SortColumn { column: "id".to_owned(), sort_order: 1 }];
        format.skewed_info = Some(SkewedInfo {
            column_names: vec!["id".to_owned()],
            column_values: vec!["1".to_owned()],
            column_value_location_maps: parameters(&[("1", "s3://x")]),
        });
        format.stored_as_sub_directories = Some(false);
        format.schema_reference = Some(SchemaReference { schema_version_number: Some(4), ..SchemaReference::default() });
        let created = catalog.create_table(&d, &table("T"), full.clone()).unwrap();
        let stored = catalog.table(&d, &table("t")).unwrap();
        assert_eq!(created, stored);
        assert_eq!(stored.definition, full);
        assert_eq!((stored.version_id, stored.create_time_ms, stored.update_time_ms, stored.name.as_str()), (0, 1_000, 1_000, "t"));
        assert_eq!(catalog.create_table(&d, &table("t"), definition(&[])), Err(exists(EntityKind::Table, "t")));
    });
}

#[test]
fn column_names_fold_to_lower_case() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &["DT"]);
        let mut mixed = definition(&["Dt"]);
        Arc::make_mut(&mut mixed.storage.as_mut().unwrap().format).columns[0].name = "MixedCase".to_owned();
        let update = TableUpdate { definition: mixed, expected_version_id: None, archive: Archive::Skip };
        let stored = catalog.update_table(&d, &t, update).unwrap();
        assert_eq!(stored.columns()[0].name, "mixedcase");
        assert_eq!(stored.partition_keys()[0].name, "dt");
    });
}

#[test]
fn updates_raise_the_version_and_compare_before_they_swap() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &[]);
        let changed = |owner: &str| TableDefinition { owner: Some(owner.to_owned()), ..definition(&[]) };
        let update = |owner: &str, expected_version_id, archive| {
            catalog.update_table(&d, &t, TableUpdate { definition: changed(owner), expected_version_id, archive })
        };
        assert_eq!(update("one", None, Archive::Keep).unwrap().version_id, 1);
        assert_eq!(update("two", Some(1), Archive::Skip).unwrap().version_id, 2);
        let stale = CatalogError::ConcurrentModification { table: "t".to_owned(), expected_version_id: 1, actual_version_id: 2 };
        assert_eq!(update("three", Some(1), Archive::Keep), Err(stale));
        assert_eq!(catalog.table(&d, &t).unwrap().definition.owner.as_deref(), Some("two"));
        assert_eq!(update("four", Some(2), Archive::Keep).unwrap().version_id, 3);

        let versions: Vec<_> =
            catalog.table_versions(&d, &t).unwrap().iter().map(|v| (v.version_id, v.table.definition.owner.clone())).collect();
        assert_eq!(versions, [(3, Some("four".to_owned())), (2, Some("two".to_owned())), (0, None)]);
        assert_eq!(catalog.table_version(&d, &t, 0).unwrap().table.version_id, 0);
        assert_eq!(catalog.table_version(&d, &t, 1), Err(CatalogError::VersionNotFound { version_id: 1 }));
        assert_eq!(catalog.table_version(&d, &t, 9), Err(CatalogError::VersionNotFound { version_id: 9 }));
        assert!(matches!(catalog.delete_table_version(&d, &t, 3), Err(CatalogError::InvalidInput { .. })));
        catalog.delete_table_version(&d, &t, 0).unwrap();
        assert_eq!(catalog.delete_table_version(&d, &t, 0), Err(CatalogError::VersionNotFound { version_id: 0 }));
        assert_eq!(catalog.table_versions(&d, &t).unwrap().len(), 2);
    });
}

#[test]
fn of_concurrent_updates_of_one_version_one_succeeds() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &[]);
        let succeeded = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let expected_version_id = Some(catalog.table(&d, &t).unwrap().version_id);
                        let update = TableUpdate { definition: definition(&[]), expected_version_id, archive: Archive::Skip };
                        match catalog.update_table(&d, &t, update) {
                            Ok(_) => _ = succeeded.fetch_add(1, std::sync::atomic::Ordering::SeqCst),
                            Err(CatalogError::ConcurrentModification { .. }) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
        });
        assert_eq!(catalog.table(&d, &t).unwrap().version_id, succeeded.into_inner());
    });
}

#[test]
fn a_table_dropped_while_others_write_is_gone_for_them_too() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &["n"]);
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (d, t) = (&d, &t);
                scope.spawn(move || {
                    for number in 0..60 {
                        match catalog.create_partition(d, t, partition(&[&format!("{thread}-{number}")])) {
                            Ok(()) | Err(CatalogError::TableNotFound { .. } | CatalogError::DatabaseNotFound { .. }) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
            for round in 0..10 {
                if round % 2 == 0 {
                    catalog.delete_table(&d, &t).unwrap();
                } else {
                    catalog.delete_database(&d, DropMode::Cascade).unwrap();
                    catalog.create_database(&d, DatabaseDefinition::default()).unwrap();
                }
                assert!(catalog.tables(&d).unwrap().is_empty());
                catalog.create_table(&d, &t, definition(&["n"])).unwrap();
            }
        });
        catalog.delete_table(&d, &t).unwrap();
        catalog.create_table(&d, &t, definition(&["n"])).unwrap();
        assert!(catalog.load_table(&d, &t).unwrap().partitions.is_empty());
    });
}

#[test]
fn a_removed_table_takes_its_partitions_and_versions_along() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &["dt"]);
        catalog.create_partition(&d, &t, partition(&["1"])).unwrap();
        catalog
            .update_table(&d, &t, TableUpdate { definition: definition(&["dt"]), expected_version_id: None, archive: Archive::Keep })
            .unwrap();
        catalog.delete_table(&d, &t).unwrap();
        let missing = CatalogError::TableNotFound { database: "d".to_owned(), table: "t".to_owned() };
        assert_eq!(catalog.table(&d, &t), Err(missing.clone()));
        assert_eq!(catalog.delete_table(&d, &t), Err(missing.clone()));
        assert_eq!(catalog.create_partition(&d, &t, partition(&["1"])), Err(missing));
        catalog.create_table(&d, &t, definition(&["dt"])).unwrap();
        assert!(catalog.load_table(&d, &t).unwrap().partitions.is_empty());
        assert_eq!(catalog.table_versions(&d, &t).unwrap().len(), 1);
    });
}

#[test]
fn partitions_of_a_batch_succeed_and_fail_each_for_itself() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &["y", "m"]);
        let batch = vec![
            partition(&["2024", "2"]),
            partition(&["2024", "1"]),
            partition(&["2024", "2"]),
            partition(&["2024"]),
            partition(&["2023", ""]),
        ];
        let result = failures(catalog.create_partitions(&d, &t, batch).unwrap());
        assert_eq!(result[0], ("[2024, 2]".to_owned(), exists(EntityKind::Partition, "[2024, 2]")));
        let count = "The number of partition keys do not match the number of partition values";
        assert_eq!(result[1], ("[2024]".to_owned(), CatalogError::invalid_input(count)));
        assert_eq!((result.len(), result[2].0.as_str()), (3, "[2023, ]"));

        let snapshot = catalog.load_table(&d, &t).unwrap();
        let stored: Vec<_> = snapshot.partitions.iter().map(|p| p.values().to_string()).collect();
        assert_eq!(stored, ["[2024, 1]", "[2024, 2]"]);
        assert_eq!(snapshot.partitions.values(1).collect::<Vec<_>>(), [Some("1"), Some("2")]);
        assert_eq!(catalog.partition(&d, &t, &values(&["2024", "1"])).unwrap().definition, partition(&["2024", "1"]));
        assert_eq!(snapshot.partitions.find(&values(&["2024", "2"])).unwrap().location(), Some("s3://lake/t/2024/2/"));

        let result = failures(catalog.delete_partitions(&d, &t, vec![values(&["2024", "1"]), values(&["9", "9"])]).unwrap());
        assert_eq!(result, [("[9, 9]".to_owned(), CatalogError::PartitionNotFound { values: values(&["9", "9"]) })]);
        assert_eq!(catalog.load_table(&d, &t).unwrap().partitions.len(), 1);
        assert_eq!(
            catalog.delete_partition(&d, &t, values(&["2024", "1"])),
            Err(CatalogError::PartitionNotFound { values: values(&["2024", "1"]) })
        );
        assert_eq!(catalog.create_partition(&d, &t, partition(&["2024", "2"])), Err(exists(EntityKind::Partition, "[2024, 2]")));
    });
}

#[test]
fn a_partition_can_be_replaced_and_renamed() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &["dt"]);
        for dt in ["1", "2"] {
            catalog.create_partition(&d, &t, partition(&[dt])).unwrap();
        }
        let replaced = PartitionDefinition { parameters: parameters(&[("numRows", "7")]), storage: None, ..partition(&["1"]) };
        catalog.update_partition(&d, &t, PartitionUpdate { values: values(&["1"]), definition: replaced.clone() }).unwrap();
        assert_eq!(catalog.partition(&d, &t, &values(&["1"])).unwrap().definition, replaced);
        catalog.update_partition(&d, &t, PartitionUpdate { values: values(&["1"]), definition: partition(&["3"]) }).unwrap();
        assert!(catalog.partition(&d, &t, &values(&["1"])).is_err());
        let taken = catalog.update_partition(&d, &t, PartitionUpdate { values: values(&["3"]), definition: partition(&["2"]) });
        assert_eq!(taken, Err(exists(EntityKind::Partition, "[2]")));
        let missing = catalog.update_partition(&d, &t, PartitionUpdate { values: values(&["9"]), definition: partition(&["9"]) });
        assert_eq!(missing, Err(CatalogError::PartitionNotFound { values: values(&["9"]) }));
        assert_eq!(catalog.filter_partitions(&d, &t, "dt > '2'").unwrap().len(), 1);
    });
}

#[test]
fn a_snapshot_stands_still_and_its_version_is_a_cache_key() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &["dt"]);
        let before = catalog.load_table(&d, &t).unwrap();
        assert!(Arc::ptr_eq(&before, &catalog.load_table(&d, &t).unwrap()));
        catalog.create_partition(&d, &t, partition(&["1"])).unwrap();
        let after = catalog.load_table(&d, &t).unwrap();
        assert!(before.partitions.is_empty() && after.partitions.len() == 1);
        assert!(after.version > before.version);
        catalog.delete_table(&d, &t).unwrap();
        catalog.create_table(&d, &t, definition(&["dt"])).unwrap();
        assert!(catalog.load_table(&d, &t).unwrap().version > after.version);
    });
}

#[test]
fn partition_keys_may_change_in_number_only_without_partitions() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &["dt"]);
        catalog.create_partition(&d, &t, partition(&["1"])).unwrap();
        let update = || TableUpdate { definition: definition(&["dt", "h"]), expected_version_id: None, archive: Archive::Skip };
        assert!(matches!(catalog.update_table(&d, &t, update()), Err(CatalogError::InvalidInput { .. })));
        catalog.delete_partition(&d, &t, values(&["1"])).unwrap();
        catalog.update_table(&d, &t, update()).unwrap();
        catalog.create_partition(&d, &t, partition(&["1", "2"])).unwrap();
    });
}

#[test]
fn an_unpartitioned_table_takes_no_partitions() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &[]);
        assert!(matches!(catalog.create_partition(&d, &t, partition(&[])), Err(CatalogError::InvalidInput { .. })));
        assert!(matches!(catalog.create_partition(&d, &t, partition(&["1"])), Err(CatalogError::InvalidInput { .. })));
    });
}

#[test]
fn odd_names_are_as_good_as_others() {
    on_each_store(|catalog| {
        let long = "ä".repeat(255);
        let names =
            ["../../etc/passwd", "_database", "a.json", "a", "a.partitions", "con", "with space", ".", "..", "%41", "é", long.as_str()];
        for name in names {
            let d = database(name);
            catalog.create_database(&d, DatabaseDefinition::default()).unwrap();
            for name in names {
                let definition = TableDefinition { owner: Some(name.to_owned()), ..definition(&["dt"]) };
                catalog.create_table(&d, &table(name), definition).unwrap();
                catalog.create_partition(&d, &table(name), partition(&["x"])).unwrap();
            }
        }
        for name in names {
            assert_eq!(catalog.tables(&database(name)).unwrap().len(), names.len());
            for table_name in names {
                assert_eq!(catalog.table(&database(name), &table(table_name)).unwrap().definition.owner.as_deref(), Some(table_name));
            }
        }
    });
}

#[test]
fn what_breaks_a_limit_is_refused() {
    on_each_store(|catalog| {
        let (d, t) = with_table(catalog, &["dt"]);
        let comment = |text: String| TableDefinition {
            partition_keys: vec![Column { comment: Some(text), ..Column::new("k", "int") }],
            ..definition(&[])
        };
        catalog.create_table(&d, &table("at_limit"), comment("ä".repeat(255))).unwrap();
        assert!(matches!(catalog.create_table(&d, &table("over"), comment("ä".repeat(256))), Err(CatalogError::InvalidInput { .. })));
        assert!(matches!(catalog.create_table(&d, &table("over"), comment("a\nb".to_owned())), Err(CatalogError::InvalidInput { .. })));
        catalog.create_partition(&d, &t, partition(&[&"v".repeat(1024)])).unwrap();
        assert!(matches!(catalog.create_partition(&d, &t, partition(&[&"v".repeat(1025)])), Err(CatalogError::InvalidInput { .. })));
        assert_eq!(catalog.tables(&d).unwrap().len(), 2);
    });
}
