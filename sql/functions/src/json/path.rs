//! Which value does a path of `json_extract` name? `$`, `.key`, `["key"]`, `[index]`. Ref: Trino 401 `JsonPathTokenizer`, `JsonExtract`.

use super::tree::Json;
use crate::error::FunctionError;

/// A compiled path: keys and indices from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<String>,
}

impl JsonPath {
    /// Errors: INVALID_FUNCTION_ARGUMENT `Invalid JSON path: '…'`.
    pub fn compile(path: &str) -> Result<JsonPath, FunctionError> {
        steps(path).map(|steps| JsonPath { steps }).ok_or_else(|| FunctionError::argument(format!("Invalid JSON path: '{path}'")))
    }

    /// The value at the path; none when there is none.
    pub fn find<'t, 'a>(&self, root: &'t Json<'a>) -> Option<&'t Json<'a>> {
        self.steps.iter().try_fold(root, |at, step| match at {
            Json::Object(members) => members.iter().find(|(key, _)| key == step).map(|(_, value)| value),
            Json::Array(elements) => step.parse::<usize>().ok().and_then(|index| elements.get(index)),
            _ => None,
        })
    }
}

fn steps(path: &str) -> Option<Vec<String>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = vec![];
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(|c: char| !is_key_character(c)).unwrap_or(after.len());
            if end == 0 {
                return None;
            }
            steps.push(after[..end].to_string());
            rest = &after[end..];
        } else {
            let (step, after) = subscript(rest.strip_prefix('[')?)?;
            steps.push(step);
            rest = after;
        }
    }
    Some(steps)
}

/// What stands in brackets, and what follows them.
fn subscript(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut key = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => return Some((key, quoted[at + 1..].strip_prefix(']')?)),
                '\\' => match characters.next()?.1 {
                    escaped @ ('"' | '\\') => key.push(escaped),
                    _ => return None,
                },
                _ => key.push(c),
            }
        }
        return None;
    }
    let end = text.find(|c: char| !(c == '-' || c == '_' || c.is_alphanumeric())).unwrap_or(text.len());
    if end == 0 {
        return None;
    }
    Some((text[..end].to_string(), text[end..].strip_prefix(']')?))
}

fn is_key_character(c: char) -> bool {
    matches!(c, ':' | '$' | '-' | '/' | '@' | '|' | '#' | '_') || c.is_alphanumeric()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::super::tree::parse;
    use super::*;

    #[test]
    fn paths_find_values() {
        let tree = parse("{\"a b\": [10, {\"c\": true}], \"x\": {\"y\": 1}}").unwrap();
        for (path, expected) in [
            ("$", true),
            ("$.x.y", true),
            ("$[\"a b\"][1].c", true),
            ("$.x[\"y\"]", true),
            ("$.nope", false),
            ("$.x.y.z", false),
            ("$[\"a b\"][9]", false),
        ] {
            assert_eq!(JsonPath::compile(path).unwrap().find(&tree).is_some(), expected, "{path}");
        }
        for wrong in ["", " ", ".", "null", "$.", "$[", "$[\"a]", "x.y", "$..a"] {
            assert_eq!(JsonPath::compile(wrong).unwrap_err().message, format!("Invalid JSON path: '{wrong}'"));
        }
    }
}
