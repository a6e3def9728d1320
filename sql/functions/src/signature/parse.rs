//! How is the text of a signature read? See the notation in [`super`].

use crate::types::TrinoType;

use super::{Calculus, Pattern, Signature, Variable};

/// Parses a signature. The error says where a descriptor of ours is wrong; a test parses every one.
pub fn parse(text: &str) -> Result<Signature, String> {
    let mut parser = Parser { text, rest: text, variables: vec![], literals: vec![] };
    parser.signature().map_err(|message| format!("signature '{text}': {message}"))
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    variables: Vec<Variable>,
    literals: Vec<String>,
}

impl<'a> Parser<'a> {
    fn signature(&mut self) -> Result<Signature, String> {
        if self.eats("<") {
            loop {
                self.variable()?;
                if !self.eats(",") {
                    break;
                }
            }
            self.expect(">")?;
        }
        self.expect("(")?;
        let mut arguments = vec![];
        let mut printed_arguments = vec![];
        let mut is_variadic = false;
        while !self.eats(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            let before = self.rest;
            arguments.push(self.pattern()?);
            printed_arguments.push(self.printed(&before[..before.len() - self.rest.len()]));
            is_variadic = self.eats("...");
        }
        self.expect("->")?;
        let result = self.pattern()?;
        if !self.rest.trim().is_empty() {
            return Err(format!("unexpected '{}'", self.rest.trim()));
        }
        let constraints: Vec<String> = self.variables.iter().map(Variable::printed).collect();
        let printed = format!("({}) {}", printed_arguments.join(", "), constraints.join(", ")).trim_end().to_string();
        Ok(Signature {
            variables: std::mem::take(&mut self.variables),
            literals: std::mem::take(&mut self.literals),
            arguments,
            is_variadic,
            result,
            printed,
        })
    }

    fn variable(&mut self) -> Result<(), String> {
        let mut variable = Variable { name: self.word()?.to_string(), ..Variable::default() };
        variable.is_printed_as_written = self.eats("!");
        while self.eats(":") || self.eats("+") {
            match self.word()? {
                "comparable" => variable.is_comparable = true,
                "orderable" => variable.is_orderable = true,
                "row" => variable.is_row = true,
                "castable" => variable.castable_to = Some(self.castable()?),
                "castable_from" => variable.castable_from = Some(self.castable()?),
                other => return Err(format!("unknown constraint '{other}'")),
            }
        }
        self.variables.push(variable);
        Ok(())
    }

    fn castable(&mut self) -> Result<TrinoType, String> {
        self.expect("(")?;
        let pattern = self.pattern()?;
        self.expect(")")?;
        match pattern {
            Pattern::Exact(data_type) => Ok(data_type),
            _ => Err("a plain type is due in castable".to_string()),
        }
    }

    fn pattern(&mut self) -> Result<Pattern, String> {
        let word = self.word()?;
        if let Some(index) = self.variables.iter().position(|variable| variable.name == word) {
            return Ok(Pattern::Variable(index));
        }
        let exact = |data_type| Ok(Pattern::Exact(data_type));
        match word.to_ascii_lowercase().as_str() {
            "any" => Ok(Pattern::Any),
            "unknown" => exact(TrinoType::Unknown),
            "boolean" => exact(TrinoType::Boolean),
            "tinyint" => exact(TrinoType::Tinyint),
            "smallint" => exact(TrinoType::Smallint),
            "integer" => exact(TrinoType::Integer),
            "bigint" => exact(TrinoType::Bigint),
            "real" => exact(TrinoType::Real),
            "double" => exact(TrinoType::Double),
            "varbinary" => exact(TrinoType::Varbinary),
            "date" => exact(TrinoType::Date),
            "json" => exact(TrinoType::Json),
            "uuid" => exact(TrinoType::Uuid),
            "ipaddress" => exact(TrinoType::IpAddress),
            "hyperloglog" => exact(TrinoType::HyperLogLog),
            "p4hyperloglog" => exact(TrinoType::P4HyperLogLog),
            "tdigest" => exact(TrinoType::Tdigest),
            "setdigest" => exact(TrinoType::SetDigest),
            "color" => exact(TrinoType::Color),
            "geometry" => exact(TrinoType::Geometry),
            "sphericalgeography" => exact(TrinoType::SphericalGeography),
            "bingtile" => exact(TrinoType::BingTile),
            "jsonpath" => exact(TrinoType::JsonPath),
            "json2016" => exact(TrinoType::Json2016),
            "interval" => {
                if self.eats("day to second") {
                    exact(TrinoType::IntervalDayToSecond)
                } else if self.eats("year to month") {
                    exact(TrinoType::IntervalYearToMonth)
                } else {
                    Err("an interval needs its fields".to_string())
                }
            }
            "varchar" => match self.literal()? {
                None => exact(TrinoType::VARCHAR),
                Some(length) => Ok(Pattern::Varchar(length)),
            },
            "char" => self.due_literal().map(Pattern::Char),
            "time" => {
                let precision = self.due_literal()?;
                Ok(if self.eats("with time zone") { Pattern::TimeWithTimeZone(precision) } else { Pattern::Time(precision) })
            }
            "timestamp" => {
                let precision = self.due_literal()?;
                Ok(if self.eats("with time zone") { Pattern::TimestampWithTimeZone(precision) } else { Pattern::Timestamp(precision) })
            }
            "decimal" => {
                self.expect("(")?;
                let precision = self.sum()?;
                self.expect(",")?;
                let scale = self.sum()?;
                self.expect(")")?;
                Ok(Pattern::Decimal(precision, scale))
            }
            "array" => Ok(Pattern::Array(Box::new(self.nested(1)?.remove(0)))),
            "qdigest" => Ok(Pattern::Qdigest(Box::new(self.nested(1)?.remove(0)))),
            "map" => {
                let mut nested = self.nested(2)?;
                let value = nested.remove(1);
                Ok(Pattern::Map(Box::new(nested.remove(0)), Box::new(value)))
            }
            "row" => Ok(Pattern::Row(self.nested(0)?)),
            "function" => {
                let mut nested = self.nested(0)?;
                let result = nested.pop().ok_or("a function needs a result")?;
                Ok(Pattern::Function(nested, Box::new(result)))
            }
            other => Err(format!("unknown type '{other}'")),
        }
    }

    /// Patterns in parentheses: exactly `count`, or any number of them when that is 0.
    fn nested(&mut self, count: usize) -> Result<Vec<Pattern>, String> {
        self.expect("(")?;
        let mut patterns = vec![self.pattern()?];
        while self.eats(",") {
            patterns.push(self.pattern()?);
        }
        self.expect(")")?;
        if count > 0 && patterns.len() != count { Err(format!("{count} type parameters are due")) } else { Ok(patterns) }
    }

    fn due_literal(&mut self) -> Result<Calculus, String> {
        self.literal()?.ok_or_else(|| "a literal parameter is due".to_string())
    }

    fn literal(&mut self) -> Result<Option<Calculus>, String> {
        if !self.eats("(") {
            return Ok(None);
        }
        let calculus = self.sum()?;
        self.expect(")")?;
        Ok(Some(calculus))
    }

    fn sum(&mut self) -> Result<Calculus, String> {
        let mut left = self.product()?;
        loop {
            if self.eats("+") {
                left = Calculus::Add(Box::new(left), Box::new(self.product()?));
            } else if self.eats("-") {
                left = Calculus::Subtract(Box::new(left), Box::new(self.product()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Calculus, String> {
        let mut left = self.atom()?;
        loop {
            if self.eats("*") {
                left = Calculus::Multiply(Box::new(left), Box::new(self.atom()?));
            } else if self.eats("/") {
                left = Calculus::Divide(Box::new(left), Box::new(self.atom()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn atom(&mut self) -> Result<Calculus, String> {
        if self.eats("(") {
            let inner = self.sum()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let word = self.word()?;
        if let Ok(number) = word.parse::<i64>() {
            return Ok(Calculus::Number(number));
        }
        if word == "min" || word == "max" {
            self.expect("(")?;
            let left = Box::new(self.sum()?);
            self.expect(",")?;
            let right = Box::new(self.sum()?);
            self.expect(")")?;
            return Ok(if word == "min" { Calculus::Min(left, right) } else { Calculus::Max(left, right) });
        }
        let index = self.literals.iter().position(|literal| literal == word).unwrap_or_else(|| {
            self.literals.push(word.to_string());
            self.literals.len() - 1
        });
        Ok(Calculus::Literal(index))
    }

    fn word(&mut self) -> Result<&'a str, String> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        if end == 0 {
            return Err(format!("a name is due at byte {}", self.text.len() - self.rest.len()));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word)
    }

    fn eats(&mut self, token: &str) -> bool {
        let trimmed = self.rest.trim_start();
        match trimmed.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eats(token) { Ok(()) } else { Err(format!("'{token}' is due at byte {}", self.text.len() - self.rest.len())) }
    }

    /// An argument as an error text prints it: type variables in lower case unless marked, no spaces after commas.
    fn printed(&self, argument: &str) -> String {
        let mut printed = String::new();
        let mut word = String::new();
        for c in argument.trim().chars().chain(std::iter::once(' ')) {
            if c.is_ascii_alphanumeric() || c == '_' {
                word.push(c);
                continue;
            }
            let is_lowered = self.variables.iter().any(|variable| variable.name == word && !variable.is_printed_as_written);
            printed.push_str(&if is_lowered { word.to_lowercase() } else { word.clone() });
            word.clear();
            printed.push(c);
        }
        printed.pop();
        printed.replace(", ", ",")
    }
}

impl Variable {
    fn printed(&self) -> String {
        let mut printed = self.name.clone();
        if self.is_comparable {
            printed.push_str(":comparable");
        }
        if self.is_orderable {
            printed.push_str(":orderable");
        }
        if self.is_row {
            printed.push_str(":row<*>");
        }
        if let Some(target) = &self.castable_to {
            printed.push_str(&format!(":castableTo({target})"));
        }
        if let Some(source) = &self.castable_from {
            printed.push_str(&format!(":castableFrom({source})"));
        }
        printed
    }
}
