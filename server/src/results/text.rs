//! How are lines written? Joined by newlines; EXPLAIN with its header and a final newline.
//!
//! Ref: measured Athena behaviour, "Result objects".

use crate::results::location::Form;

/// The body of a `.txt` object. `header` is the name of EXPLAIN's one column: `Query Plan`, or `Valid` of what is only validated.
pub fn body(form: Form, header: &str, lines: &[String]) -> String {
    let length = lines.iter().map(|line| line.len() + 1).sum::<usize>() + header.len() + 1;
    let mut out = String::with_capacity(length);
    if form == Form::Explain {
        out.push_str(header);
        out.push('\n');
    }
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        out.push_str(line);
    }
    if form == Form::Explain {
        out.push('\n');
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_plans_end_in_a_newline() {
        let lines = ["a\tb".to_owned(), "c".to_owned()];
        assert_eq!(body(Form::Text, "x", &lines), "a\tb\nc");
        assert_eq!(body(Form::Text, "x", &[]), "");
        assert_eq!(body(Form::Explain, "Query Plan", &lines), "Query Plan\na\tb\nc\n");
    }
}
