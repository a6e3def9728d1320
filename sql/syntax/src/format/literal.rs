//! How are literals printed?

use super::printer::{DecimalLiterals, Printer};
use crate::trino::ast::{IntervalLiteral, Sign};

impl Printer {
    /// Prints a string literal; `U&'…'` where it holds more than printable ASCII.
    pub(super) fn string(&mut self, value: &str) {
        let is_plain = value.chars().all(|character| (' '..='~').contains(&character));
        if is_plain {
            self.out.push('\'');
            self.out.push_str(&value.replace('\'', "''"));
            self.out.push('\'');
            return;
        }
        self.text("U&'");
        for character in value.chars() {
            match character {
                '\'' => self.text("''"),
                '\\' => self.text("\\\\"),
                ' '..='~' => self.out.push(character),
                '\0'..='\u{FFFF}' => self.display(format_args!("\\{:04X}", u32::from(character))),
                _ => self.display(format_args!("\\+{:06X}", u32::from(character))),
            }
        }
        self.out.push('\'');
    }

    /// Prints a double with an exponent: `1.5E0`. One past the range keeps being past it.
    ///
    /// Deviation: the engine prints `∞`, which it cannot read.
    pub(super) fn double(&mut self, value: f64) {
        if value.is_infinite() {
            return self.text(if value > 0.0 { "1E309" } else { "-1E309" });
        }
        self.display(format_args!("{value:E}"));
    }

    /// Prints a decimal literal by the printer's reading of it.
    pub(super) fn decimal(&mut self, value: &str, is_typed: bool) {
        match (self.decimals, value.parse()) {
            (DecimalLiterals::Double, Ok(double)) if !is_typed => self.double(double),
            _ => {
                self.text("DECIMAL ");
                self.string(value);
            }
        }
    }

    /// Prints `X'00FF'`.
    pub(super) fn binary(&mut self, bytes: &[u8]) {
        self.text("X'");
        for byte in bytes {
            self.display(format_args!("{byte:02X}"));
        }
        self.text("'");
    }

    /// Prints an interval; the engine leaves two spaces where a sign could stand.
    pub(super) fn interval(&mut self, interval: &IntervalLiteral) {
        self.text("INTERVAL ");
        if interval.sign == Sign::Minus {
            self.text("- ");
        }
        self.text(" ");
        self.string(&interval.value);
        self.text(" ");
        self.text(interval.from.keyword());
        if let Some(to) = interval.to {
            self.text(" TO ");
            self.text(to.keyword());
        }
    }
}
