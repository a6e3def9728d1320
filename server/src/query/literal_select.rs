//! Is a statement a SELECT of literals only? Athena answers those without its engine, which shows in two places.
//!
//! Such a result has the content type `binary/octet-stream` and no planning time.
//!
//! Ref: measured Athena behaviour, "Result objects", content types: a list of numbers (with a minus at most), strings and
//! booleans, in parentheses or named at will, and nothing else: no FROM, no CAST, no NULL, no operator.

use owlake_syntax::lexer::{Token, TokenKind, tokenize};

/// Whether the text is such a SELECT.
pub fn is_literal_select(text: &str) -> bool {
    let tokens: Vec<Token<'_>> = tokenize(text);
    let Some((first, rest)) = tokens.split_first() else { return false };
    first.is("SELECT") && items(rest).is_some()
}

/// `item (, item)*` to the end of the text or its last semicolon.
fn items(mut rest: &[Token<'_>]) -> Option<()> {
    loop {
        rest = name(value(rest)?);
        match rest {
            [comma, after @ ..] if comma.is(",") => rest = after,
            [end] | [_, end]
                if end.kind == TokenKind::End && rest.iter().all(|token| token.text == ";" || token.kind == TokenKind::End) =>
            {
                return Some(());
            }
            _ => return None,
        }
    }
}

/// What follows a literal; none when there is something else.
fn value<'a, 'b>(rest: &'a [Token<'b>]) -> Option<&'a [Token<'b>]> {
    let (first, after) = rest.split_first()?;
    if first.is("(") {
        let (last, after) = value(after)?.split_first()?;
        return last.is(")").then_some(after);
    }
    if first.is("-") {
        let (number, after) = after.split_first()?;
        return is_number(number).then_some(after);
    }
    let is_literal = is_number(first) || first.kind == TokenKind::String || first.is("TRUE") || first.is("FALSE");
    is_literal.then_some(after)
}

/// What follows an alias, if there is one.
fn name<'a, 'b>(rest: &'a [Token<'b>]) -> &'a [Token<'b>] {
    match rest {
        [named, alias, after @ ..] if named.is("AS") && alias.is_identifier() => after,
        [alias, after @ ..] if alias.is_identifier() => after,
        _ => rest,
    }
}

fn is_number(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Integer | TokenKind::Decimal | TokenKind::Double)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    // basis: measured Athena behaviour, "Result objects", what counts as literal-only.
    #[test]
    fn lists_of_literals_are_told_from_the_rest() {
        for text in [
            "SELECT 1",
            "SELECT 1;",
            "SELECT -1.5 AS a",
            "SELECT 'x' b",
            "SELECT (true)",
            "SELECT ((2e0))",
            "SELECT 2 as \"C\";",
            "select -1.5 AS a, 'x' b, (true), ((2e0)) as \"C\";",
            "/* */ SELECT false -- end",
        ] {
            assert!(is_literal_select(text), "{text}");
        }
        for text in [
            "SELECT",
            "SELECT 1 + 1",
            "SELECT NULL",
            "SELECT DATE '2024-01-01'",
            "SELECT CAST(1 AS bigint)",
            "SELECT 1 FROM t",
            "SELECT 1 WHERE true",
            "SELECT 1,",
            "SELECT (1",
            "SELECT - - 1",
            "VALUES 1",
            "SELECT 1; ;",
            "SELECT 1 a b",
        ] {
            assert!(!is_literal_select(text), "{text}");
        }
    }
}
