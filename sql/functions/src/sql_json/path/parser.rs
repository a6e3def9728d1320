//! How is a path read? Ref: Trino 401 grammar `JsonPath.g4`, `PathTreeBuilder`. Key words are written in lower case.

use super::super::item::SqlValue;
use super::lexer::{Kind, Token, words};
use super::tree::{Arithmetic, Comparison, Method, Node, Path, Predicate, Step};

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathError {
    /// Broken at this line (from 1) and character of the line (from 0).
    Syntax { line: u32, character: u32, message: String },
    /// A variable without a parameter of its name.
    NoValue(String),
    /// A part of the language that Trino 401 knows and refuses.
    NotSupported(String),
}

/// Expressions nested deeper, or chained longer, are refused.
const DEPTH_MAX: usize = 200;
/// Work after which a path is refused: it bounds how often a parenthesis is read again.
const STEPS_MAX: usize = 200_000;

/// Reads a path. `names` are the parameters', as the path writes them.
pub fn compile(text: &str, names: &[&str]) -> Result<Path, PathError> {
    let mut parser = Parser { text, tokens: words(text), at: 0, names, depth: 0, steps: 0 };
    let is_lax = if parser.eats_word("lax") {
        true
    } else if parser.eats_word("strict") {
        false
    } else {
        return Err(parser.mismatch("{'lax', 'strict'}"));
    };
    let root = parser.expression()?;
    if parser.token().kind != Kind::End {
        return Err(parser.extraneous());
    }
    Ok(Path { is_lax, root })
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    names: &'a [&'a str],
    depth: usize,
    steps: usize,
}

type Read<T> = Result<T, PathError>;

impl<'a> Parser<'a> {
    fn token(&self) -> Token<'a> {
        self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn after(&self) -> Token<'a> {
        self.tokens[(self.at + 1).min(self.tokens.len() - 1)]
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        self.token().kind == Kind::Symbol && self.token().text == symbol
    }

    fn eats(&mut self, symbol: &str) -> bool {
        let fits = self.is_symbol(symbol);
        self.at += usize::from(fits);
        fits
    }

    fn eats_word(&mut self, word: &str) -> bool {
        let fits = self.token().kind == Kind::Word && self.token().text == word;
        self.at += usize::from(fits);
        fits
    }

    fn expect(&mut self, symbol: &str) -> Read<()> {
        if self.eats(symbol) { Ok(()) } else { Err(self.mismatch(&format!("'{symbol}'"))) }
    }

    fn expect_word(&mut self, word: &str) -> Read<()> {
        if self.eats_word(word) { Ok(()) } else { Err(self.mismatch(&format!("'{word}'"))) }
    }

    fn failure(&self, message: String) -> PathError {
        let before = &self.text[..self.token().at.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() as u32 + 1;
        PathError::Syntax { line, character: before[line_start..].chars().count() as u32, message }
    }

    fn mismatch(&self, expected: &str) -> PathError {
        self.failure(format!("mismatched input '{}' expecting {expected}", self.token().text))
    }

    fn extraneous(&self) -> PathError {
        self.failure(format!("extraneous input '{}' expecting <EOF>", self.token().text))
    }

    fn no_alternative(&self) -> PathError {
        self.failure(format!("no viable alternative at input '{}'", self.token().text))
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        self.steps += 1;
        if self.depth > DEPTH_MAX || self.steps > STEPS_MAX {
            return Err(self.failure("stack overflow while parsing JSON path".to_owned()));
        }
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn expression(&mut self) -> Read<Node> {
        self.nested(Self::sum)
    }

    fn sum(&mut self) -> Read<Node> {
        let mut left = self.product()?;
        let mut length = 0;
        loop {
            let operator = match self.token() {
                Token { kind: Kind::Symbol, text: "+", .. } => Arithmetic::Add,
                Token { kind: Kind::Symbol, text: "-", .. } => Arithmetic::Subtract,
                _ => return Ok(left),
            };
            length = self.chained(length)?;
            left = Node::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Read<Node> {
        let mut left = self.signed()?;
        let mut length = 0;
        loop {
            let operator = match self.token() {
                Token { kind: Kind::Symbol, text: "*", .. } => Arithmetic::Multiply,
                Token { kind: Kind::Symbol, text: "/", .. } => Arithmetic::Divide,
                Token { kind: Kind::Symbol, text: "%", .. } => Arithmetic::Modulus,
                _ => return Ok(left),
            };
            length = self.chained(length)?;
            left = Node::Binary(operator, Box::new(left), Box::new(self.signed()?));
        }
    }

    /// Steps over an operator; a tree as deep as a long chain would be is refused.
    fn chained(&mut self, length: usize) -> Read<usize> {
        if self.depth + length > DEPTH_MAX {
            return Err(self.failure("stack overflow while parsing JSON path".to_owned()));
        }
        self.at += 1;
        Ok(length + 1)
    }

    fn signed(&mut self) -> Read<Node> {
        let is_minus = self.is_symbol("-");
        let is_literal = is_minus && matches!(self.after().kind, Kind::Integer | Kind::Decimal | Kind::Double);
        if is_literal || !(is_minus || self.is_symbol("+")) {
            return self.accessors();
        }
        self.at += 1;
        let base = self.nested(Self::signed)?;
        Ok(Node::Sign { is_minus, base: Box::new(base) })
    }

    fn accessors(&mut self) -> Read<Node> {
        let base = self.primary()?;
        let mut steps = vec![];
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        Ok(if steps.is_empty() { base } else { Node::Steps(Box::new(base), steps) })
    }

    fn step(&mut self) -> Read<Option<Step>> {
        if self.eats("..") {
            return self.key().map(|key| Some(Step::Descendants(key)));
        }
        if self.eats(".") {
            if self.eats("*") {
                return Ok(Some(Step::Member(None)));
            }
            if self.token().kind == Kind::Word && self.after().kind == Kind::Symbol && self.after().text == "(" {
                return self.method().map(Some);
            }
            return self.key().map(|key| Some(Step::Member(Some(key))));
        }
        if self.eats("[") {
            return self.elements().map(Some);
        }
        if self.eats("?") {
            self.expect("(")?;
            let predicate = self.predicate()?;
            self.expect(")")?;
            return Ok(Some(Step::Filter(Box::new(predicate))));
        }
        Ok(None)
    }

    fn key(&mut self) -> Read<String> {
        let token = self.token();
        match token.kind {
            Kind::Word => {
                self.at += 1;
                Ok(token.text.to_owned())
            }
            Kind::Text => {
                self.at += 1;
                Ok(unquoted(token.text))
            }
            _ => Err(self.no_alternative()),
        }
    }

    fn method(&mut self) -> Read<Step> {
        let method = match self.token().text {
            "abs" => Method::Abs,
            "ceiling" => Method::Ceiling,
            "double" => Method::Double,
            "floor" => Method::Floor,
            "keyvalue" => Method::KeyValue,
            "size" => Method::Size,
            "type" => Method::Type,
            "datetime" => return Err(PathError::NotSupported("datetime method in JSON path is not yet supported".to_owned())),
            _ => {
                self.at += 1;
                return Err(self.extraneous());
            }
        };
        self.at += 1;
        self.expect("(")?;
        self.expect(")")?;
        Ok(Step::Method(method))
    }

    fn elements(&mut self) -> Read<Step> {
        let mut subscripts = vec![];
        if !self.eats("*") {
            loop {
                let from = self.expression()?;
                let to = if self.eats_word("to") { Some(self.expression()?) } else { None };
                subscripts.push((from, to));
                if !self.eats(",") {
                    break;
                }
            }
        }
        self.expect("]")?;
        Ok(Step::Elements(subscripts))
    }

    fn primary(&mut self) -> Read<Node> {
        let token = self.token();
        let node = match (token.kind, token.text) {
            (Kind::Symbol, "$") => Node::Context,
            (Kind::Symbol, "@") => Node::Current,
            (Kind::Symbol, "(") => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(inner);
            }
            (Kind::Symbol, "-") | (Kind::Integer | Kind::Decimal | Kind::Double, _) => return self.number(),
            (Kind::Variable, name) => self.variable(&name[1..])?,
            (Kind::Text, text) => Node::Literal(SqlValue::Varchar(unquoted(text).into())),
            (Kind::Word, "last") => Node::Last,
            (Kind::Word, "null") => Node::Null,
            (Kind::Word, "true") => Node::Literal(SqlValue::Boolean(true)),
            (Kind::Word, "false") => Node::Literal(SqlValue::Boolean(false)),
            _ => return Err(self.no_alternative()),
        };
        self.at += 1;
        Ok(node)
    }

    fn variable(&self, name: &str) -> Read<Node> {
        let place = self.names.iter().position(|known| *known == name);
        place.map(Node::Variable).ok_or_else(|| PathError::NoValue(name.to_owned()))
    }

    fn number(&mut self) -> Read<Node> {
        let is_minus = self.eats("-");
        let token = self.token();
        let text = if is_minus { format!("-{}", token.text) } else { token.text.to_owned() };
        let value = match token.kind {
            Kind::Integer => text.parse::<i64>().ok().map(SqlValue::of_integer),
            Kind::Decimal => decimal(&text),
            Kind::Double => text.parse().ok().map(SqlValue::Double),
            _ => return Err(self.no_alternative()),
        };
        let value = value.ok_or_else(|| self.failure(format!("Invalid numeric literal: {text}")))?;
        self.at += 1;
        Ok(Node::Literal(value))
    }

    fn predicate(&mut self) -> Read<Predicate> {
        self.nested(|parser| {
            let mut left = parser.conjunction()?;
            let mut length = 0;
            while parser.is_symbol("||") {
                length = parser.chained(length)?;
                left = Predicate::Or(Box::new(left), Box::new(parser.conjunction()?));
            }
            Ok(left)
        })
    }

    fn conjunction(&mut self) -> Read<Predicate> {
        let mut left = self.condition()?;
        let mut length = 0;
        while self.is_symbol("&&") {
            length = self.chained(length)?;
            left = Predicate::And(Box::new(left), Box::new(self.condition()?));
        }
        Ok(left)
    }

    fn condition(&mut self) -> Read<Predicate> {
        if self.eats("!") {
            if self.token().text != "exists" && !self.is_symbol("(") {
                return Err(self.mismatch("{'(', 'exists'}"));
            }
            return Ok(Predicate::Not(Box::new(self.delimited()?)));
        }
        if self.token().kind == Kind::Word && self.token().text == "exists" {
            return self.delimited();
        }
        if !self.is_symbol("(") {
            return self.comparison();
        }
        // What stands in the parenthesis is a condition or a path; what follows it tells.
        let (start, depth) = (self.at, self.depth);
        let as_condition = self.delimited().and_then(|inner| {
            if self.eats_word("is") {
                self.expect_word("unknown")?;
                return Ok(Predicate::IsUnknown(Box::new(inner)));
            }
            let is_end = matches!(self.token().text, ")" | "&&" | "||");
            if is_end { Ok(inner) } else { Err(self.no_alternative()) }
        });
        let error = match as_condition {
            Ok(predicate) => return Ok(predicate),
            Err(error) => error,
        };
        let reached = self.at;
        (self.at, self.depth) = (start, depth);
        self.comparison().map_err(|as_path| if reached > self.at || !matches!(as_path, PathError::Syntax { .. }) { error } else { as_path })
    }

    fn delimited(&mut self) -> Read<Predicate> {
        if self.eats_word("exists") {
            self.expect("(")?;
            let node = self.expression()?;
            self.expect(")")?;
            return Ok(Predicate::Exists(node));
        }
        self.expect("(")?;
        let inner = self.predicate()?;
        self.expect(")")?;
        Ok(inner)
    }

    fn comparison(&mut self) -> Read<Predicate> {
        let left = self.expression()?;
        let token = self.token();
        if token.kind == Kind::Word && token.text == "starts" {
            self.at += 1;
            self.expect_word("with")?;
            return Ok(Predicate::StartsWith(left, self.prefix()?));
        }
        if token.kind == Kind::Word && token.text == "like_regex" {
            return Err(PathError::NotSupported("like_regex predicate in JSON path is not yet supported".to_owned()));
        }
        let comparison = match (token.kind, token.text) {
            (Kind::Symbol, "==") => Comparison::Equal,
            (Kind::Symbol, "<>" | "!=") => Comparison::NotEqual,
            (Kind::Symbol, "<") => Comparison::Less,
            (Kind::Symbol, ">") => Comparison::Greater,
            (Kind::Symbol, "<=") => Comparison::LessOrEqual,
            (Kind::Symbol, ">=") => Comparison::GreaterOrEqual,
            _ => return Err(self.no_alternative()),
        };
        self.at += 1;
        Ok(Predicate::Compare(comparison, left, self.expression()?))
    }

    fn prefix(&mut self) -> Read<Node> {
        let token = self.token();
        let node = match token.kind {
            Kind::Text => Node::Literal(SqlValue::Varchar(unquoted(token.text).into())),
            Kind::Variable => self.variable(&token.text[1..])?,
            _ => return Err(self.mismatch("{STRING, NAMED_VARIABLE}")),
        };
        self.at += 1;
        Ok(node)
    }
}

fn unquoted(text: &str) -> String {
    text[1..text.len() - 1].replace("\"\"", "\"")
}

/// A decimal literal: `1.50` is decimal(3,2). None past 38 digits.
fn decimal(text: &str) -> Option<SqlValue<'static>> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = whole.trim_start_matches('-').trim_start_matches('0');
    let scale = fraction.len();
    let precision = (digits.len() + scale).max(1);
    if precision > 38 {
        return None;
    }
    let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some(SqlValue::Decimal { unscaled, precision: precision as u8, scale: scale as u8 })
}
