//! How long do large tables and many writers take? Printed, not asserted, but for what must hold of the result.

use std::time::Instant;

use owlake_catalog::Catalog;

use crate::lake::{open, partition, values, with_table};

#[test]
fn a_hundred_thousand_partitions_load() {
    let folder = tempfile::tempdir().unwrap();
    let (d, t) = {
        let catalog = open(folder.path());
        let (d, t) = with_table(&catalog, &["dt", "h"]);
        let start = Instant::now();
        for chunk in 0..10 {
            let batch = (0..10_000).map(|i| partition(&[&format!("2024-{:05}", chunk * 10_000 + i), "00"])).collect();
            assert!(catalog.create_partitions(&d, &t, batch).unwrap().is_empty());
        }
        println!("written in {:?}", start.elapsed());
        (d, t)
    };
    let start = Instant::now();
    let catalog = open(folder.path());
    println!("opened in {:?}", start.elapsed());
    let snapshot = catalog.load_table(&d, &t).unwrap();
    println!("100,000 partitions loaded in {:?}", start.elapsed());
    assert_eq!(snapshot.partitions.len(), 100_000);
    let start = Instant::now();
    assert_eq!(catalog.filter_partitions(&d, &t, "dt >= '2024-50000' AND h = '00'").unwrap().len(), 50_000);
    println!("filtered in {:?}", start.elapsed());
    let start = Instant::now();
    catalog.delete_partition(&d, &t, values(&["2024-00000", "00"])).unwrap();
    println!("one durable write in {:?}", start.elapsed());
}

#[test]
fn writes_of_one_table_are_grouped() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = open(folder.path());
    let (d, t) = with_table(&catalog, &["n"]);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let (catalog, d, t) = (&catalog, &d, &t);
            scope.spawn(move || {
                for number in 0..10 {
                    catalog.create_partition(d, t, partition(&[&format!("{thread}-{number}")])).unwrap();
                }
            });
        }
    });
    let lines = std::fs::read_to_string(folder.path().join("d/t.partitions.log")).unwrap().lines().count() - 1;
    println!("160 durable writes of 16 writers in {:?}, with {lines} syncs", start.elapsed());
    assert_eq!(catalog.load_table(&d, &t).unwrap().partitions.len(), 160);
    assert!(lines < 160, "no two writes shared a sync");
}
