//! What does `U&'…'` say? Its escapes undone, with the engine's complaints.
//!
//! Ref: Trino 401 `AstBuilder.decodeUnicodeLiteral`.

/// Undoes `\XXXX`, `\+XXXXXX` and a doubled escape character; `escape` is the text after `UESCAPE`.
pub(super) fn decode_unicode_string(body: &str, escape: Option<&str>) -> Result<String, String> {
    let escape = escape_character(escape)?;
    let mut decoded = String::with_capacity(body.len());
    let mut rest = body.chars();
    while let Some(character) = rest.next() {
        if character != escape {
            decoded.push(character);
            continue;
        }
        let mut after = rest.clone();
        match after.next() {
            Some(next) if next == escape => {
                decoded.push(escape);
                rest = after;
            }
            Some('+') => {
                decoded.push(code_point(&mut after, 6)?);
                rest = after;
            }
            _ => decoded.push(code_point(&mut rest, 4)?),
        }
    }
    Ok(decoded)
}

fn escape_character(escape: Option<&str>) -> Result<char, String> {
    let Some(escape) = escape else {
        return Ok('\\');
    };
    let mut characters = escape.chars();
    let Some(character) = characters.next() else {
        return Err("Empty Unicode escape character".to_owned());
    };
    let is_valid = characters.next().is_none()
        && ('!'..='~').contains(&character)
        && !character.is_ascii_hexdigit()
        && !matches!(character, '+' | '"' | '\'');
    if is_valid { Ok(character) } else { Err(format!("Invalid Unicode escape character: {escape}")) }
}

/// Reads `length` hexadecimal digits as one character.
fn code_point(rest: &mut std::str::Chars<'_>, length: usize) -> Result<char, String> {
    let mut digits = String::with_capacity(length);
    for _ in 0..length {
        let Some(digit) = rest.next() else {
            return Err(format!("Incomplete escape sequence: {digits}"));
        };
        if !digit.is_ascii_hexdigit() {
            return Err(if digits.is_empty() && length == 4 {
                format!("Invalid hexadecimal digit: {digit}")
            } else {
                format!("Incomplete escape sequence: {digits}")
            });
        }
        digits.push(digit);
    }
    let value = u32::from_str_radix(&digits, 16).map_err(|_| format!("Invalid escaped character: {digits}"))?;
    if (0xD800..=0xDFFF).contains(&value) {
        return Err(format!("Invalid escaped character: {digits}. Escaped character is a surrogate. Use '\\+123456' instead."));
    }
    char::from_u32(value).ok_or_else(|| format!("Invalid escaped character: {digits}"))
}
