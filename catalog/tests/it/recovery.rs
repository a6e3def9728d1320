//! What becomes of a catalog whose files were cut, damaged, or left half-done? Nothing acknowledged is lost, nothing
//! damaged is trusted, and what is damaged is named.

use std::fs;
use std::path::Path;

use owlake_catalog::*;

use crate::lake::*;

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy_folder(&entry.path(), &target) } else { fs::copy(entry.path(), target).map(|_| ()).unwrap() }
    }
}

fn is_corrupt<T: std::fmt::Debug>(result: Result<T>, file_name: &str) {
    match result {
        Err(CatalogError::Corrupt { file, .. }) => assert_eq!(file.file_name().unwrap().to_str().unwrap(), file_name),
        other => panic!("expected '{file_name}' to be corrupt, got {other:?}"),
    }
}

#[test]
fn a_log_cut_at_any_byte_keeps_every_whole_write_and_takes_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    {
        let catalog = open(folder.path());
        let (d, t) = with_table(&catalog, &["dt"]);
        for dt in ["1", "2", "3"] {
            catalog.create_partition(&d, &t, PartitionDefinition { values: values(&[dt]), ..PartitionDefinition::default() }).unwrap();
        }
    }
    let log = folder.path().join("d/t.partitions.log");
    let whole = fs::read(&log).unwrap();
    let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').map(|i| i + 1).collect();
    assert_eq!(ends.len(), 4);
    let (d, t) = (database("d"), table("t"));
    for cut in 0..=whole.len() {
        fs::write(&log, &whole[..cut]).unwrap();
        let catalog = open(folder.path());
        if cut < ends[0] {
            is_corrupt(catalog.load_table(&d, &t), "t.partitions.log");
            is_corrupt(catalog.create_partition(&d, &t, partition(&["9"])), "t.partitions.log");
            assert_eq!(fs::read(&log).unwrap(), &whole[..cut]);
            continue;
        }
        let kept = ends[1..].iter().filter(|end| **end <= cut).count();
        assert_eq!(catalog.load_table(&d, &t).unwrap().partitions.len(), kept, "cut at {cut}");
        if cut % 5 == 0 {
            catalog.create_partition(&d, &t, partition(&["new"])).unwrap();
            drop(catalog);
            let reopened = open(folder.path()).load_table(&d, &t).unwrap();
            assert_eq!(reopened.partitions.len(), kept + 1, "cut at {cut}");
            assert!(reopened.partitions.find(&values(&["new"])).is_some());
        }
    }
}

#[test]
fn a_corrupt_file_is_named_and_leaves_the_others_usable() {
    let folder = tempfile::tempdir().unwrap();
    {
        let catalog = open(folder.path());
        let (d, t) = with_table(&catalog, &["dt"]);
        let large = |i: usize| partition(&[&format!("{i:04}{}", "x".repeat(900))]);
        catalog.create_partitions(&d, &t, (0..100).map(large).collect()).unwrap();
        catalog.create_partition(&d, &t, partition(&["after"])).unwrap();
        catalog.create_partition(&d, &t, partition(&["later"])).unwrap();
        catalog.create_table(&d, &table("good"), definition(&["dt"])).unwrap();
        catalog.create_database(&database("good"), DatabaseDefinition::default()).unwrap();
    }
    let (d, t) = (database("d"), table("t"));
    for (file, damage) in [
        ("t.json", "cut"),
        ("t.json", "flip"),
        ("t.json", "empty"),
        ("t.json", "gone"),
        ("t.json", "unknown"),
        ("t.json", "newer"),
        ("t.partitions.ndjson", "cut"),
        ("t.partitions.ndjson", "empty"),
        ("t.partitions.ndjson", "line"),
        ("t.partitions.ndjson", "unknown"),
        ("t.partitions.log", "empty"),
        ("t.partitions.log", "middle"),
    ] {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), copy.path());
        let path = copy.path().join("d").join(file);
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let damaged = match damage {
            "cut" => bytes[..bytes.len() / 2].to_vec(),
            "flip" => text.replacen(':', ";", 1).into_bytes(),
            "line" => text.lines().take(50).map(|line| format!("{line}\n")).collect::<String>().into_bytes(),
            "unknown" => text.replacen('{', "{\"surprise\":1,", 1).into_bytes(),
            "newer" => text.replace("\"format_version\": 1", "\"format_version\": 2").into_bytes(),
            "middle" => text.replacen("after", "afteR", 1).into_bytes(),
            _ => Vec::new(),
        };
        assert_ne!(damaged, bytes, "{file} {damage}");
        if damage == "gone" {
            fs::remove_file(&path).unwrap()
        } else {
            fs::write(&path, &damaged).unwrap()
        }

        let catalog = open(copy.path());
        match catalog.load_table(&d, &t) {
            Err(CatalogError::Io { .. }) if damage == "gone" => {}
            other => is_corrupt(other, file),
        }
        assert!(catalog.create_partition(&d, &t, partition(&["9"])).is_err(), "{file} {damage}");
        assert_eq!(catalog.table_names(&d).unwrap(), [table("good"), t.clone()]);
        catalog.create_partition(&d, &table("good"), partition(&["1"])).unwrap();
        catalog.create_table(&d, &table("new"), definition(&[])).unwrap();
        if damage != "gone" {
            assert_eq!(fs::read(&path).unwrap(), damaged, "{file} {damage}: the file is left as it is");
        }
        catalog.delete_table(&d, &t).unwrap();
        catalog.create_table(&d, &t, definition(&["dt"])).unwrap();
        assert!(catalog.load_table(&d, &t).unwrap().partitions.is_empty());
    }
    fs::write(folder.path().join("d/_database.json"), "{").unwrap();
    let catalog = open(folder.path());
    is_corrupt(catalog.database(&d), "_database.json");
    is_corrupt(catalog.tables(&d), "_database.json");
    assert!(catalog.database(&database("good")).is_ok());
}

#[test]
fn a_lost_snapshot_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    {
        let catalog = open(folder.path());
        let (d, t) = with_table(&catalog, &["dt"]);
        catalog.create_partitions(&d, &t, (0..100).map(|i| partition(&[&format!("{i}{}", "x".repeat(900))])).collect()).unwrap();
        catalog.create_partition(&d, &t, partition(&["after"])).unwrap();
    }
    fs::remove_file(folder.path().join("d/t.partitions.ndjson")).unwrap();
    is_corrupt(open(folder.path()).load_table(&database("d"), &table("t")), "t.partitions.log");
}

#[test]
fn what_a_kill_interrupted_is_finished_or_undone() {
    let folder = tempfile::tempdir().unwrap();
    let in_database = |name: &str| folder.path().join("d").join(name);
    let before = {
        let catalog = open(folder.path());
        let (d, t) = with_table(&catalog, &["dt"]);
        catalog.create_partition(&d, &t, partition(&["1"])).unwrap();
        catalog
            .update_table(&d, &t, TableUpdate { definition: definition(&["dt"]), expected_version_id: None, archive: Archive::Keep })
            .unwrap();
        catalog.create_table(&d, &table("gone"), definition(&["dt"])).unwrap();
        catalog.create_partition(&d, &table("gone"), partition(&["1"])).unwrap();
        catalog.delete_table(&d, &table("gone")).unwrap();
        dump(&catalog)
    };
    // Killed while writing a whole file, a new database, an archived version, and while removing a table and a database.
    fs::write(in_database("t.json.tmp"), "{\"form").unwrap();
    fs::create_dir(folder.path().join("new.tmp")).unwrap();
    // Not ours at all.
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::create_dir(folder.path().join("lost+found")).unwrap();
    fs::write(folder.path().join("README.md"), "a catalog").unwrap();
    fs::copy(in_database("t.json"), in_database("t.versions/1.json")).unwrap();
    fs::copy(in_database("t.json"), in_database("gone.deleted")).unwrap();
    fs::copy(in_database("t.partitions.log"), in_database("gone.partitions.log")).unwrap();
    copy_folder(&folder.path().join("d"), &folder.path().join("e.deleted"));
    // Killed between writing a snapshot and removing the log it has taken in.
    let log = fs::read(in_database("t.partitions.log")).unwrap();

    let catalog = open(folder.path());
    assert_eq!(dump(&catalog), before);
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["README.md", "empty", "lost+found", ".lock"].contains(&name.as_str()))
        .collect();
    assert_eq!(left, ["d"]);
    assert!(!in_database("gone.partitions.log").exists() && !in_database("gone.deleted").exists() && !in_database("t.json.tmp").exists());
    let (d, t) = (database("d"), table("t"));
    catalog.create_partitions(&d, &t, (0..100).map(|i| partition(&[&format!("{i}{}", "x".repeat(900))])).collect()).unwrap();
    assert!(!in_database("t.partitions.log").exists(), "the log was compacted");
    catalog.delete_partition(&d, &t, values(&["1"])).unwrap();
    let compacted = dump(&catalog);
    drop(catalog);
    let newer_log = fs::read(in_database("t.partitions.log")).unwrap();
    assert_eq!(dump(&open(folder.path())), compacted);
    fs::write(in_database("t.partitions.log"), log).unwrap();
    assert_eq!(open(folder.path()).load_table(&d, &t).unwrap().partitions.len(), 101, "a log of an older generation is ignored");
    fs::write(in_database("t.partitions.log"), newer_log).unwrap();
    assert_eq!(dump(&open(folder.path())), compacted);
}

#[test]
fn a_folder_is_open_in_one_server_only() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let second = FileCatalog::open(folder.path(), clock_at(0));
    assert!(matches!(second, Err(CatalogError::Locked { .. })));
    drop(first);
    open(folder.path());
}

#[test]
fn files_are_pretty_sorted_and_fit_for_version_control() {
    let folder = tempfile::tempdir().unwrap();
    let (d, t) = with_table(&open(folder.path()), &["dt"]);
    let text = fs::read_to_string(folder.path().join("d/t.json")).unwrap();
    let keys: Vec<&str> = text.lines().filter(|line| line.starts_with("  \"")).map(|line| line.trim().split('"').nth(1).unwrap()).collect();
    assert_eq!(keys, ["create_time_ms", "definition", "format_version", "name", "update_time_ms", "version_id"]);
    assert!(text.contains("\n      \"location\": \"s3://lake/t/\"\n"));
    assert_eq!(open(folder.path()).table(&d, &t).unwrap().definition, definition(&["dt"]));
}
