//! Is there any function of Athena's that owlake neither has nor says it lacks? The list is `testdata/functions_inventory.toml`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use owlake_functions::function::{Function, Kernel};
use owlake_functions::registry::SECTIONS;

use crate::examples::bare_engine;
use crate::lake;

/// How many functions Athena engine version 3 documents.
const FUNCTIONS_OF_ATHENA: usize = 416;

/// The inventory: every function of Athena's by how owlake stands to it.
pub struct Inventory {
    pub implemented: Vec<String>,
    /// Forms with a syntax of their own, each with a statement that uses it.
    pub forms: Vec<(String, String)>,
    pub gaps: Vec<Gap>,
    /// Functions of owlake's beyond the list, and why they are there.
    pub beyond: Vec<String>,
}

/// Functions that are lacking for one reason.
pub struct Gap {
    pub reason: String,
    pub names: Vec<String>,
}

/// Reads the committed list.
pub fn load() -> Inventory {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/functions_inventory.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let names = |value: &toml::Value| value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()).collect::<Vec<_>>();
    let forms = table["form"].as_table().unwrap();
    let gaps = table["gap"].as_table().unwrap();
    Inventory {
        implemented: names(&table["implemented"]["names"]),
        forms: forms.iter().map(|(name, statement)| (name.clone(), statement.as_str().unwrap().to_string())).collect(),
        gaps: gaps.values().map(|gap| Gap { reason: gap["reason"].as_str().unwrap().to_string(), names: names(&gap["names"]) }).collect(),
        beyond: names(&table["beyond"]["names"]),
    }
}

/// The descriptors of a name that compute something.
fn descriptors(name: &str) -> impl Iterator<Item = &'static Function> {
    let is_computed = |function: &Function| function.overloads.iter().any(|overload| !matches!(overload.kernel, Kernel::Unsupported));
    SECTIONS
        .iter()
        .flat_map(|(_, functions)| functions.iter().copied())
        .filter(move |function| (function.name == name || function.aliases.contains(&name)) && is_computed(function))
}

#[test]
fn every_function_of_athena_is_implemented_or_a_listed_gap() {
    let inventory = load();
    let all: Vec<&String> = inventory
        .implemented
        .iter()
        .chain(inventory.forms.iter().map(|(name, _)| name))
        .chain(inventory.gaps.iter().flat_map(|gap| &gap.names))
        .collect();
    let unique: BTreeSet<&String> = all.iter().copied().collect();
    assert_eq!(unique.len(), all.len(), "a name is listed twice");
    assert_eq!(unique.len(), FUNCTIONS_OF_ATHENA);
    let absent: Vec<&String> = inventory.implemented.iter().filter(|name| descriptors(name).next().is_none()).collect();
    assert!(absent.is_empty(), "listed as implemented and absent: {absent:?}");
    let present: Vec<&String> =
        inventory.gaps.iter().flat_map(|gap| &gap.names).filter(|name| descriptors(name).next().is_some()).collect();
    assert!(present.is_empty(), "listed as gaps and present: {present:?}");
}

#[test]
fn every_registered_function_is_in_the_inventory() {
    let inventory = load();
    let known: BTreeSet<&str> = inventory
        .implemented
        .iter()
        .chain(&inventory.beyond)
        .map(String::as_str)
        .chain(inventory.forms.iter().map(|(name, _)| name.as_str()))
        .collect();
    let names = SECTIONS
        .iter()
        .flat_map(|(_, functions)| functions.iter())
        .flat_map(|function| std::iter::once(function.name).chain(function.aliases.iter().copied()));
    let unlisted: BTreeSet<&str> =
        names.filter(|name| !name.starts_with('$') && !known.contains(name) && descriptors(name).next().is_some()).collect();
    assert!(unlisted.is_empty(), "registered and not in the inventory: {unlisted:?}");
}

#[test]
fn every_form_with_a_syntax_of_its_own_runs() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(16 << 20).build().unwrap();
    let engine = bare_engine();
    for (name, statement) in load().forms {
        let answer = runtime.block_on(lake::run(&engine, lake::session("default", "UTC", true), &statement));
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {statement}: {error}"));
        assert!(answer.batches.iter().any(|batch| batch.num_rows() > 0), "{name}: {statement} gives no row");
    }
}
