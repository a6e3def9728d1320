//! Does the manual's page of functions say what the library has? `docs/functions.md` is generated from the descriptors.
//!
//! `OWLAKE_WRITE_DOCS=1` rewrites the page instead of comparing it.

use std::fmt::Write;
use std::path::PathBuf;

use owlake_functions::function::{Function, Kernel};
use owlake_functions::registry::{FunctionKind, SECTIONS};

use crate::inventory;

const HEAD: &str = "# Functions

Generated from the function library and its inventory; change those, not this page, and run
`OWLAKE_WRITE_DOCS=1 cargo test -p owlake-engine --test it manual`.

Signatures are in Trino's notation. Every example is run by a test, in the time zone UTC.
";

fn page() -> String {
    let mut page = HEAD.to_string();
    for (section, functions) in SECTIONS {
        let mut shown: Vec<&Function> = functions.iter().copied().filter(|function| !function.name.starts_with('$')).collect();
        if shown.is_empty() {
            continue;
        }
        shown.sort_by_key(|function| function.name);
        write!(page, "\n## {section}\n").unwrap();
        for function in shown {
            entry(&mut page, function);
        }
    }
    let inventory = inventory::load();
    page.push_str("\n## Forms with a syntax of their own\n\n| form | for example |\n|---|---|\n");
    for (name, statement) in &inventory.forms {
        writeln!(page, "| `{name}` | `{}` |", statement.replace('|', "\\|")).unwrap();
    }
    page.push_str("\n## Functions of Athena that are lacking\n");
    for gap in &inventory.gaps {
        let names: Vec<String> = gap.names.iter().map(|name| format!("`{name}`")).collect();
        write!(page, "\n{}: {}.\n", gap.reason, names.join(", ")).unwrap();
    }
    page
}

fn entry(page: &mut String, function: &Function) {
    let kind = match function.kind {
        FunctionKind::Scalar => "",
        FunctionKind::Aggregate => " (aggregate)",
        FunctionKind::Window => " (window)",
    };
    write!(page, "\n### {}{kind}\n\n", function.name).unwrap();
    if !function.description.is_empty() {
        write!(page, "{}.", function.description.trim_end_matches('.')).unwrap();
        if !function.aliases.is_empty() {
            write!(page, " Also called `{}`.", function.aliases.join("`, `")).unwrap();
        }
        page.push_str("\n\n");
    }
    page.push_str("```\n");
    for overload in function.overloads {
        let note = if matches!(overload.kernel, Kernel::Unsupported) { "   -- refused: not supported yet" } else { "" };
        writeln!(page, "{}{}{note}", function.name, overload.signature).unwrap();
    }
    page.push_str("```\n");
    for (expression, printed) in function.examples {
        write!(page, "\n`{expression}` → `{printed}`\n").unwrap();
    }
}

#[test]
fn page_of_functions_is_what_the_library_generates() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/functions.md");
    let page = page();
    if std::env::var("OWLAKE_WRITE_DOCS").is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, page).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = committed.lines().zip(page.lines()).position(|(committed, generated)| committed != generated);
    assert!(
        committed == page,
        "docs/functions.md is out of date from line {:?}; OWLAKE_WRITE_DOCS=1 rewrites it",
        difference.map(|line| line + 1)
    );
}
