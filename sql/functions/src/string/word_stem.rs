//! What is the stem of a word? Ref: Trino 401 `word_stem`; English by the Snowball "English (Porter2) stemming algorithm".
//!
//! Deviation: the other languages Trino stems are refused by name.

use arrow::array::ArrayRef;

use super::text_rows::{texts, write_texts};
use crate::call::Call;
use crate::error::FunctionError;
use crate::function::{Function, Overload};

/// Languages of Trino 401 that are not stemmed here yet.
const OTHER_LANGUAGES: [&str; 18] =
    ["ca", "da", "de", "es", "eu", "fi", "fr", "hu", "hy", "ir", "it", "lt", "nl", "no", "pt", "ro", "ru", "sv"];

pub const WORD_STEM: Function = Function {
    name: "word_stem",
    overloads: &[
        Overload::scalar("(varchar(x)) -> varchar(x)", word_stem),
        Overload::scalar("(varchar(x), char(2)) -> varchar(x)", word_stem),
    ],
    description: "Returns the stem of a word in the given language",
    examples: &[("word_stem('running')", "run"), ("word_stem('faithfulness', 'en')", "faith")],
    ..Function::SCALAR
};

fn word_stem(call: &Call<'_>, arguments: &[ArrayRef]) -> Result<ArrayRef, FunctionError> {
    let values = texts(arguments, 0);
    let languages = arguments.get(1).map(|_| texts(arguments, 1));
    write_texts(call.rows(), |row, buffer| {
        match languages.map_or("en", |languages| languages.value(row)) {
            "en" => buffer.push_str(&stem_english(values.value(row))),
            other if OTHER_LANGUAGES.contains(&other) => {
                return Err(FunctionError::not_supported(format!("word_stem in language '{other}'")));
            }
            other => return Err(FunctionError::argument(format!("Unknown stemmer language: {other}"))),
        }
        Ok(())
    })
}

/// Words that are stemmed by hand.
const EXCEPTIONS: [(&str, &str); 18] = [
    ("skis", "ski"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("idly", "idl"),
    ("gently", "gentl"),
    ("ugly", "ugli"),
    ("early", "earli"),
    ("only", "onli"),
    ("singly", "singl"),
    ("sky", "sky"),
    ("news", "news"),
    ("howe", "howe"),
    ("atlas", "atlas"),
    ("cosmos", "cosmos"),
    ("bias", "bias"),
    ("andes", "andes"),
];

/// Words left alone after the first step.
const INVARIANTS: [&str; 8] = ["inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed"];

fn stem_english(text: &str) -> String {
    // The algorithm is over letters a–z; other words are left as they are.
    if text.len() <= 2 || !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'\'') {
        return text.to_string();
    }
    if let Some((_, stem)) = EXCEPTIONS.iter().find(|(word, _)| *word == text) {
        return (*stem).to_string();
    }
    let mut word = Word::new(text);
    word.step_0();
    word.step_1a();
    if INVARIANTS.iter().any(|invariant| word.is(invariant)) {
        return word.finish();
    }
    word.step_1b();
    word.step_1c();
    word.step_2();
    word.step_3();
    word.step_4();
    word.step_5();
    word.finish()
}

/// A word in the making; a `Y` is a y that counts as a consonant.
struct Word {
    letters: Vec<u8>,
    /// Where the regions after the first, and the second, vowel-consonant pair start.
    r1: usize,
    r2: usize,
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

impl Word {
    fn new(text: &str) -> Word {
        let mut letters = text.strip_prefix('\'').unwrap_or(text).as_bytes().to_vec();
        for index in 0..letters.len() {
            if letters[index] == b'y' && (index == 0 || is_vowel(letters[index - 1])) {
                letters[index] = b'Y';
            }
        }
        let region_after = |from: usize| {
            let pair = (from + 1..letters.len()).find(|index| !is_vowel(letters[*index]) && is_vowel(letters[index - 1]));
            pair.map_or(letters.len(), |index| index + 1)
        };
        let r1 = [&b"gener"[..], b"commun", b"arsen"]
            .iter()
            .find(|prefix| letters.starts_with(prefix))
            .map_or_else(|| region_after(0), |prefix| prefix.len());
        let r2 = region_after(r1);
        Word { letters, r1, r2 }
    }

    fn finish(self) -> String {
        self.letters.iter().map(|letter| letter.to_ascii_lowercase() as char).collect()
    }

    fn is(&self, text: &str) -> bool {
        self.letters == text.as_bytes()
    }

    fn ends_with(&self, suffix: &str) -> bool {
        self.letters.ends_with(suffix.as_bytes())
    }

    /// The longest of some suffixes the word ends with.
    fn longest(&self, suffixes: &[&'static str]) -> Option<&'static str> {
        suffixes.iter().filter(|suffix| self.ends_with(suffix)).max_by_key(|suffix| suffix.len()).copied()
    }

    fn start_of(&self, suffix: &str) -> usize {
        self.letters.len() - suffix.len()
    }

    fn replace(&mut self, suffix: &str, with: &str) {
        let start = self.start_of(suffix);
        self.letters.truncate(start);
        self.letters.extend_from_slice(with.as_bytes());
    }

    fn has_vowel_before(&self, end: usize) -> bool {
        self.letters[..end].iter().any(|letter| is_vowel(*letter))
    }

    /// A vowel between consonants whose last is not w, x or y; or a vowel at the start before a consonant.
    fn ends_in_short_syllable(&self, end: usize) -> bool {
        match &self.letters[..end] {
            [.., first, vowel, last] => !is_vowel(*first) && is_vowel(*vowel) && !is_vowel(*last) && !matches!(last, b'w' | b'x' | b'Y'),
            [vowel, last] => is_vowel(*vowel) && !is_vowel(*last),
            _ => false,
        }
    }

    fn is_short(&self) -> bool {
        self.r1 >= self.letters.len() && self.ends_in_short_syllable(self.letters.len())
    }

    fn step_0(&mut self) {
        if let Some(suffix) = self.longest(&["'", "'s", "'s'"]) {
            self.replace(suffix, "");
        }
    }

    fn step_1a(&mut self) {
        match self.longest(&["sses", "ied", "ies", "s", "us", "ss"]) {
            Some("sses") => self.replace("sses", "ss"),
            Some(suffix @ ("ied" | "ies")) => {
                let with = if self.letters.len() > 4 { "i" } else { "ie" };
                self.replace(suffix, with);
            }
            // A vowel anywhere but right before the s.
            Some("s") if self.letters.len() > 2 && self.has_vowel_before(self.letters.len() - 2) => self.replace("s", ""),
            _ => {}
        }
    }

    fn step_1b(&mut self) {
        match self.longest(&["eed", "eedly", "ed", "edly", "ing", "ingly"]) {
            Some(suffix @ ("eed" | "eedly")) if self.start_of(suffix) >= self.r1 => self.replace(suffix, "ee"),
            Some("eed" | "eedly") => {}
            Some(suffix) if self.has_vowel_before(self.start_of(suffix)) => {
                self.replace(suffix, "");
                if self.longest(&["at", "bl", "iz"]).is_some() {
                    self.letters.push(b'e');
                } else if self.longest(&["bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"]).is_some() {
                    self.letters.pop();
                } else if self.is_short() {
                    self.letters.push(b'e');
                }
            }
            _ => {}
        }
    }

    fn step_1c(&mut self) {
        if let [_, .., before, last @ (b'y' | b'Y')] = self.letters.as_mut_slice()
            && !is_vowel(*before)
        {
            *last = b'i';
        }
    }

    fn step_2(&mut self) {
        const SUFFIXES: [(&str, &str); 24] = [
            ("tional", "tion"),
            ("enci", "ence"),
            ("anci", "ance"),
            ("abli", "able"),
            ("entli", "ent"),
            ("izer", "ize"),
            ("ization", "ize"),
            ("ational", "ate"),
            ("ation", "ate"),
            ("ator", "ate"),
            ("alism", "al"),
            ("aliti", "al"),
            ("alli", "al"),
            ("fulness", "ful"),
            ("ousli", "ous"),
            ("ousness", "ous"),
            ("iveness", "ive"),
            ("iviti", "ive"),
            ("biliti", "ble"),
            ("bli", "ble"),
            ("ogi", "og"),
            ("fulli", "ful"),
            ("lessli", "less"),
            ("li", ""),
        ];
        let Some((suffix, with)) = SUFFIXES.iter().filter(|(suffix, _)| self.ends_with(suffix)).max_by_key(|(suffix, _)| suffix.len())
        else {
            return;
        };
        let start = self.start_of(suffix);
        let before = start.checked_sub(1).map(|index| self.letters[index]);
        let applies = match *suffix {
            "ogi" => before == Some(b'l'),
            "li" => before.is_some_and(|letter| b"cdeghkmnrt".contains(&letter)),
            _ => true,
        };
        if start >= self.r1 && applies {
            self.replace(suffix, with);
        }
    }

    fn step_3(&mut self) {
        const SUFFIXES: [(&str, &str); 9] = [
            ("tional", "tion"),
            ("ational", "ate"),
            ("alize", "al"),
            ("icate", "ic"),
            ("iciti", "ic"),
            ("ical", "ic"),
            ("ful", ""),
            ("ness", ""),
            ("ative", ""),
        ];
        let Some((suffix, with)) = SUFFIXES.iter().filter(|(suffix, _)| self.ends_with(suffix)).max_by_key(|(suffix, _)| suffix.len())
        else {
            return;
        };
        let start = self.start_of(suffix);
        if start >= self.r1 && (*suffix != "ative" || start >= self.r2) {
            self.replace(suffix, with);
        }
    }

    fn step_4(&mut self) {
        let suffixes = [
            "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ism", "ate", "iti", "ous", "ive", "ize",
            "ion",
        ];
        let Some(suffix) = self.longest(&suffixes) else { return };
        let start = self.start_of(suffix);
        let follows = start.checked_sub(1).map(|index| self.letters[index]);
        if start >= self.r2 && (suffix != "ion" || matches!(follows, Some(b's' | b't'))) {
            self.replace(suffix, "");
        }
    }

    fn step_5(&mut self) {
        let start = self.letters.len().saturating_sub(1);
        match self.letters.last() {
            Some(b'e') if start >= self.r2 || (start >= self.r1 && !self.ends_in_short_syllable(start)) => {
                self.letters.pop();
            }
            Some(b'l') if start >= self.r2 && self.ends_with("ll") => {
                self.letters.pop();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::stem_english;

    // Sample vocabulary of the Snowball page "The English (Porter2) stemming algorithm".
    #[test]
    fn stems_the_published_vocabulary() {
        for (word, stem) in [
            ("consign", "consign"),
            ("consigned", "consign"),
            ("consistency", "consist"),
            ("consolatory", "consolatori"),
            ("conspicuously", "conspicu"),
            ("conspiracies", "conspiraci"),
            ("knackeries", "knackeri"),
            ("knightly", "knight"),
            ("knocked", "knock"),
            ("knots", "knot"),
            ("generously", "generous"),
            ("hopping", "hop"),
            ("hoping", "hope"),
            ("ties", "tie"),
            ("cries", "cri"),
            ("gas", "gas"),
            ("kiwis", "kiwi"),
            ("say", "say"),
            ("happy", "happi"),
            ("running", "run"),
            ("skies", "sky"),
        ] {
            assert_eq!(stem_english(word), stem, "{word}");
        }
    }
}
