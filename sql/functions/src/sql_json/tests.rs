//! Do paths read and give what the documentation says? Basis: Trino 401 "JSON functions and operators", its examples.

use super::evaluate::Evaluator;
use super::input::read;
use super::output::push_item;
use super::path::{PathError, compile};
use crate::registry::SessionInfo;

fn run(document: &str, path: &str) -> String {
    let session = SessionInfo { zone: "UTC".into(), start_micros: 0, user: "u".into(), catalog: "c".into(), schema: None };
    let tree = read(document).unwrap();
    let path = compile(path, &[]).unwrap();
    let mut text = String::new();
    match Evaluator::new(&path, &tree, &[], &session).run() {
        Err(error) => text.push_str(&error.message),
        Ok(items) => {
            for item in &items {
                if !text.is_empty() {
                    text.push(' ');
                }
                push_item(&mut text, item).unwrap();
            }
        }
    }
    text
}

#[test]
fn accessors_as_documented() {
    let object = r#"{"key1" : true, "key2" : [1, 2, 3]}"#;
    assert_eq!(run(object, "lax $.key1"), "true");
    assert_eq!(run(object, "lax $.*"), "true [1,2,3]");
    assert_eq!(run(object, "strict $.key3"), "path evaluation failed: structural error: missing member 'key3' in JSON object");
    assert_eq!(run(object, "lax $.key3"), "");
    let array = r#"["a", "b", "c", "d", "e"]"#;
    assert_eq!(run(array, "lax $[0, 2 to last]"), r#""a" "c" "d" "e""#);
    assert_eq!(run(array, "lax $[3 to 100]"), r#""d" "e""#);
    assert_eq!(run(array, "lax $[last - 1]"), r#""d""#);
    assert_eq!(
        run(array, "strict $[3 to 1]"),
        "path evaluation failed: structural error: invalid array subscript: [3, 1] for array of size 5"
    );
    assert_eq!(run(r#"{"id":1,"l":[{"id":2},{"x":{"id":3}}]}"#, "lax $..id"), "1 2 3");
}

#[test]
fn filters_as_documented() {
    let comics = r#"[{"a":1,"n":"x"},{"a":5,"n":"yz"},{"b":9},{"a":null}]"#;
    assert_eq!(run(comics, "lax $?(@.a > 1).n"), r#""yz""#);
    assert_eq!(run(comics, "lax $?(exists(@.b)).b"), "9");
    assert_eq!(run(comics, r#"lax $?(@.n starts with "y").a"#), "5");
    assert_eq!(run(comics, "lax $?(!(exists(@.n)) && (@.a == null || @.b > 3))"), r#"{"b":9} {"a":null}"#);
    assert_eq!(run(r#"[1,"x",3]"#, "lax $?((@ > 1) is unknown)"), r#""x""#);
    assert_eq!(run("[1, 2.5, 3]", "lax $?((@ + 1) * 2 >= 7e0)"), "2.5 3");
}

#[test]
fn methods_and_arithmetic_as_documented() {
    assert_eq!(run("[-1, -1.5]", "lax $.abs()"), "1 1.5");
    assert_eq!(run("[1.2, -3]", "lax $.ceiling()"), "2.0 -3");
    assert_eq!(run("[1.2, -3]", "lax -$.floor()"), "-1.0 3");
    assert_eq!(run(r#"["1.5", 2]"#, "lax $.double()"), "1.5 2.0");
    assert_eq!(run("[1, [2, 3], null]", "lax $.size()"), "3");
    assert_eq!(run(r#"[1, "a", [], {}, null, true]"#, "strict $[*].type()"), r#""number" "string" "array" "object" "null" "boolean""#);
    assert_eq!(
        run(r#"[{"key1" : 1, "key2" : true}, {"key3" : null}]"#, "lax $.keyvalue()"),
        r#"{"name":"key1","value":1,"id":0} {"name":"key2","value":true,"id":0} {"name":"key3","value":null,"id":1}"#
    );
    assert_eq!(run("5", "lax 2 + $ * 3 - -1"), "18");
    assert_eq!(run("5", "lax 1.5 + $"), "6.5");
    assert_eq!(run("5", "lax 1 / 0"), "path evaluation failed: ");
    assert_eq!(run("[1, 2]", "lax 1 + $"), "path evaluation failed: arithmetic binary expression requires singleton operands");
    assert_eq!(run("\"x\"", "strict $.abs()"), "path evaluation failed: invalid item type. Expected: NUMBER, actual: STRING");
}

#[test]
fn broken_paths_are_refused() {
    let message = "mismatched input 'certainly' expecting {'lax', 'strict'}".to_owned();
    assert_eq!(compile("certainly not", &[]), Err(PathError::Syntax { line: 1, character: 0, message }));
    assert_eq!(compile("lax $x", &["X"]), Err(PathError::NoValue("x".to_owned())));
    assert!(matches!(compile("lax $?(@ like_regex \"a\")", &[]), Err(PathError::NotSupported(_))));
    for wrong in ["lax", "lax $.", "lax $[", "lax $ $", "lax $?(@)", "lax \"open", "LAX $", "lax $.a()"] {
        assert!(matches!(compile(wrong, &[]), Err(PathError::Syntax { .. })), "{wrong}");
    }
    for deep in ["(".repeat(5000), "-".repeat(5000), "$?(".repeat(5000), "$?((".repeat(3000)] {
        assert!(matches!(compile(&format!("lax {deep}"), &[]), Err(PathError::Syntax { .. })));
    }
    assert!(matches!(compile(&format!("lax 1{}", "+1".repeat(5000)), &[]), Err(PathError::Syntax { .. })));
}

#[test]
fn equal_keys_leave_one_member() {
    assert_eq!(run(r#"{"a":1,"b":2,"a":3} trailing"#, "lax $"), r#"{"a":3,"b":2}"#);
}
