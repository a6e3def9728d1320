//! Which value does a path of `json_extract` name? `$`, `.key`, `["key"]`, `[index]`. Ref: Trino 401 `JsonPathTokenizer`, `JsonExtract`.

use crate::error::FunctionError;

/// A compiled path: keys and indices from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// One step: a key of an object, which may also be an index of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub key: String,
    pub index: Option<usize>,
}

impl JsonPath {
    /// Errors: INVALID_FUNCTION_ARGUMENT `Invalid JSON path: '…'`.
    pub fn compile(path: &str) -> Result<JsonPath, FunctionError> {
        let step = |key: String| Step { index: key.parse().ok(), key };
        steps(path)
            .map(|steps| JsonPath { steps: steps.into_iter().map(step).collect() })
            .ok_or_else(|| FunctionError::argument(format!("Invalid JSON path: '{path}'")))
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.steps
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
    // No array has a negative index.
    if text[..end].parse::<i64>().is_ok_and(|index| index < 0) {
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
    use super::super::tree::parse_at;
    use super::*;

    #[test]
    fn paths_find_values() {
        let text = "{\"a b\": [10, {\"c\": true}], \"x\": {\"y\": 1}} and more";
        for (path, expected) in [
            ("$", true),
            ("$.x.y", true),
            ("$[\"a b\"][1].c", true),
            ("$.x[\"y\"]", true),
            ("$.nope", false),
            ("$.x.y.z", false),
            ("$[\"a b\"][9]", false),
        ] {
            assert_eq!(parse_at(text, JsonPath::compile(path).unwrap().steps()).is_some(), expected, "{path}");
        }
        for wrong in ["", " ", ".", "null", "$.", "$[", "$[\"a]", "x.y", "$..a"] {
            assert_eq!(JsonPath::compile(wrong).unwrap_err().message, format!("Invalid JSON path: '{wrong}'"));
        }
    }
}
