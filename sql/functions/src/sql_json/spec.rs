//! What do a SQL/JSON call's clauses say? Packed into a short text, so that they travel as a constant argument.

/// What a call gives instead of a result (`… ON EMPTY`, `… ON ERROR`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instead {
    Null,
    Error,
    /// The value of the `DEFAULT` argument.
    Default,
    EmptyArray,
    EmptyObject,
    True,
    False,
}

/// How JSON is written as a value: as text, or as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// Not JSON: an SQL value that goes in as it is.
    Plain,
    Text,
    Utf8,
    /// Little endian, as Trino reads and writes it.
    Utf16,
    /// Little endian.
    Utf32,
}

/// Array wrapper of `JSON_QUERY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wrapper {
    Without,
    Conditional,
    Unconditional,
}

/// The clauses of a call with a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathSpec {
    pub on_empty: Instead,
    pub on_error: Instead,
    pub wrapper: Wrapper,
    pub omits_quotes: bool,
    pub output: Form,
    pub input: Form,
    pub parameters: Vec<Form>,
}

/// The clauses of `JSON_OBJECT` and `JSON_ARRAY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstructSpec {
    pub keeps_nulls: bool,
    pub has_unique_keys: bool,
    pub output: Form,
    pub values: Vec<Form>,
}

impl PathSpec {
    /// The text [`PathSpec::decode`] reads.
    pub fn encode(&self) -> String {
        let wrapper = match self.wrapper {
            Wrapper::Without => '-',
            Wrapper::Conditional => 'c',
            Wrapper::Unconditional => 'u',
        };
        let head = [letter(self.on_empty), letter(self.on_error), wrapper, if self.omits_quotes { 'o' } else { 'k' }];
        let forms = [self.output, self.input];
        head.into_iter().chain(forms.iter().chain(&self.parameters).map(|form| form.letter())).collect()
    }

    /// None for a text that [`PathSpec::encode`] did not write.
    pub fn decode(text: &str) -> Option<PathSpec> {
        let mut letters = text.chars();
        let (on_empty, on_error) = (instead(letters.next()?)?, instead(letters.next()?)?);
        let wrapper = match letters.next()? {
            '-' => Wrapper::Without,
            'c' => Wrapper::Conditional,
            'u' => Wrapper::Unconditional,
            _ => return None,
        };
        let omits_quotes = letters.next()? == 'o';
        let (output, input) = (Form::of(letters.next()?)?, Form::of(letters.next()?)?);
        let parameters = letters.map(Form::of).collect::<Option<_>>()?;
        Some(PathSpec { on_empty, on_error, wrapper, omits_quotes, output, input, parameters })
    }
}

impl ConstructSpec {
    /// The text [`ConstructSpec::decode`] reads.
    pub fn encode(&self) -> String {
        let head = [if self.keeps_nulls { 'n' } else { 'a' }, if self.has_unique_keys { 'u' } else { '-' }, self.output.letter()];
        head.into_iter().chain(self.values.iter().map(|form| form.letter())).collect()
    }

    /// None for a text that [`ConstructSpec::encode`] did not write.
    pub fn decode(text: &str) -> Option<ConstructSpec> {
        let mut letters = text.chars();
        let (keeps_nulls, has_unique_keys) = (letters.next()? == 'n', letters.next()? == 'u');
        let output = Form::of(letters.next()?)?;
        Some(ConstructSpec { keeps_nulls, has_unique_keys, output, values: letters.map(Form::of).collect::<Option<_>>()? })
    }
}

impl Form {
    fn letter(self) -> char {
        match self {
            Form::Plain => 'v',
            Form::Text => 't',
            Form::Utf8 => '8',
            Form::Utf16 => '6',
            Form::Utf32 => '2',
        }
    }

    fn of(letter: char) -> Option<Form> {
        Some(match letter {
            'v' => Form::Plain,
            't' => Form::Text,
            '8' => Form::Utf8,
            '6' => Form::Utf16,
            '2' => Form::Utf32,
            _ => return None,
        })
    }
}

fn letter(instead: Instead) -> char {
    match instead {
        Instead::Null => 'n',
        Instead::Error => 'e',
        Instead::Default => 'd',
        Instead::EmptyArray => 'a',
        Instead::EmptyObject => 'o',
        Instead::True => 't',
        Instead::False => 'f',
    }
}

fn instead(letter: char) -> Option<Instead> {
    Some(match letter {
        'n' => Instead::Null,
        'e' => Instead::Error,
        'd' => Instead::Default,
        'a' => Instead::EmptyArray,
        'o' => Instead::EmptyObject,
        't' => Instead::True,
        'f' => Instead::False,
        _ => return None,
    })
}
