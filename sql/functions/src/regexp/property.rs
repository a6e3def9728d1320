//! Which characters has a property class such as `\p{Alpha}`? Ref: Java `Pattern` "POSIX character classes", "java.lang.Character classes" and "Unicode scripts, blocks, categories"; Joni reads the POSIX names as Unicode ones.

/// The inside of a class of the property's members; none for an unknown name.
pub fn members(name: &str) -> Option<String> {
    if let Some(members) = posix(&name.to_ascii_lowercase()) {
        return Some(members.to_string());
    }
    if let Some(java) = name.strip_prefix("java") {
        return java_class(java).map(str::to_string);
    }
    if let Some(block) = name.strip_prefix("In") {
        return block_range(block).map(str::to_string);
    }
    let bare = name.strip_prefix("Is").unwrap_or(name);
    let (key, value) = bare.split_once('=').map_or((None, bare), |(key, value)| (Some(key.to_ascii_lowercase()), value));
    let candidate = match key.as_deref() {
        None | Some("general_category" | "gc") => value.to_string(),
        Some("script" | "sc") => format!("Script={value}"),
        Some("block" | "blk") => return block_range(value).map(str::to_string),
        Some(_) => return None,
    };
    let is_word =
        !candidate.is_empty() && candidate.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'=' | b'-' | b' '));
    let class = format!("\\p{{{candidate}}}");
    (is_word && regex::Regex::new(&class).is_ok()).then_some(class)
}

fn posix(name: &str) -> Option<&'static str> {
    Some(match name {
        "alpha" => "\\p{Alphabetic}",
        "lower" => "\\p{Lowercase}",
        "upper" => "\\p{Uppercase}",
        "ascii" => "\\x00-\\x7F",
        "digit" => "\\p{Nd}",
        "alnum" => "\\p{Alphabetic}\\p{Nd}",
        "punct" => "\\p{P}$+<=>\\^`|~",
        "graph" => "[[^\\s\\p{Cc}\\p{Cn}\\p{Cs}]&&[^\\x{0}]]",
        "print" => "[[^\\p{Cc}\\p{Cn}\\p{Cs}]&&[^\\x{0}]]",
        "blank" => "\\p{Zs}\\t",
        "cntrl" => "\\p{Cc}",
        "xdigit" => "0-9A-Fa-f",
        "space" | "white_space" => "\\s",
        "word" => "\\w",
        "l1" => "\\x00-\\x{FF}",
        "any" | "all" => "\\x{0}-\\x{10FFFF}",
        _ => return None,
    })
}

fn java_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "LowerCase" => "\\p{Lowercase}",
        "UpperCase" => "\\p{Uppercase}",
        "TitleCase" => "\\p{Lt}",
        "Alphabetic" => "\\p{Alphabetic}",
        "Ideographic" => "\\p{Ideographic}",
        "Letter" => "\\p{L}",
        "Digit" => "\\p{Nd}",
        "LetterOrDigit" => "\\p{L}\\p{Nd}",
        "Whitespace" => "[\\s&&[^\\x{85}\\x{A0}\\x{2007}\\x{202F}]]\\x{1C}-\\x{1F}",
        "SpaceChar" => "\\p{Z}",
        "ISOControl" => "\\x00-\\x1F\\x7F-\\x{9F}",
        "Defined" => "\\P{Cn}",
        _ => return None,
    })
}

/// The Unicode blocks in common use; names without blanks, hyphens and underscores.
fn block_range(name: &str) -> Option<&'static str> {
    let bare: String =
        name.chars().filter(|character| character.is_ascii_alphanumeric()).map(|character| character.to_ascii_lowercase()).collect();
    Some(match bare.as_str() {
        "basiclatin" => "\\x{0}-\\x{7F}",
        "latin1supplement" => "\\x{80}-\\x{FF}",
        "latinextendeda" => "\\x{100}-\\x{17F}",
        "latinextendedb" => "\\x{180}-\\x{24F}",
        "ipaextensions" => "\\x{250}-\\x{2AF}",
        "combiningdiacriticalmarks" => "\\x{300}-\\x{36F}",
        "greek" | "greekandcoptic" => "\\x{370}-\\x{3FF}",
        "cyrillic" => "\\x{400}-\\x{4FF}",
        "armenian" => "\\x{530}-\\x{58F}",
        "hebrew" => "\\x{590}-\\x{5FF}",
        "arabic" => "\\x{600}-\\x{6FF}",
        "devanagari" => "\\x{900}-\\x{97F}",
        "bengali" => "\\x{980}-\\x{9FF}",
        "tamil" => "\\x{B80}-\\x{BFF}",
        "thai" => "\\x{E00}-\\x{E7F}",
        "georgian" => "\\x{10A0}-\\x{10FF}",
        "hanguljamo" => "\\x{1100}-\\x{11FF}",
        "greekextended" => "\\x{1F00}-\\x{1FFF}",
        "generalpunctuation" => "\\x{2000}-\\x{206F}",
        "currencysymbols" => "\\x{20A0}-\\x{20CF}",
        "letterlikesymbols" => "\\x{2100}-\\x{214F}",
        "numberforms" => "\\x{2150}-\\x{218F}",
        "arrows" => "\\x{2190}-\\x{21FF}",
        "mathematicaloperators" => "\\x{2200}-\\x{22FF}",
        "boxdrawing" => "\\x{2500}-\\x{257F}",
        "geometricshapes" => "\\x{25A0}-\\x{25FF}",
        "miscellaneoussymbols" => "\\x{2600}-\\x{26FF}",
        "dingbats" => "\\x{2700}-\\x{27BF}",
        "cjksymbolsandpunctuation" => "\\x{3000}-\\x{303F}",
        "hiragana" => "\\x{3040}-\\x{309F}",
        "katakana" => "\\x{30A0}-\\x{30FF}",
        "bopomofo" => "\\x{3100}-\\x{312F}",
        "cjkunifiedideographs" => "\\x{4E00}-\\x{9FFF}",
        "hangulsyllables" => "\\x{AC00}-\\x{D7AF}",
        "privateusearea" => "\\x{E000}-\\x{F8FF}",
        "halfwidthandfullwidthforms" => "\\x{FF00}-\\x{FFEF}",
        "emoticons" => "\\x{1F600}-\\x{1F64F}",
        _ => return None,
    })
}
