//! What is a compiled date-time pattern made of? Ref: Joda-Time 2 `DateTimeFormatterBuilder`, which both of Trino 401's pattern languages compile to.

/// A calendar field a pattern prints or reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternField {
    Era,
    CenturyOfEra,
    YearOfEra,
    Year,
    WeekYear,
    WeekOfWeekYear,
    DayOfWeek,
    DayOfYear,
    MonthOfYear,
    DayOfMonth,
    HalfdayOfDay,
    HourOfHalfday,
    ClockhourOfHalfday,
    ClockhourOfDay,
    HourOfDay,
    MinuteOfHour,
    SecondOfMinute,
    MillisOfSecond,
}

/// One piece of a pattern, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    Literal(String),
    /// A number, zero-padded to `digits_min` when printed, of at most `digits_max` digits when read.
    Number {
        field: PatternField,
        digits_min: usize,
        digits_max: usize,
        is_signed: bool,
    },
    /// The last two digits of a year; read around a pivot: `pivot - 50` to `pivot + 49`.
    TwoDigitYear {
        field: PatternField,
        pivot: i64,
        is_lenient: bool,
    },
    /// A name: `Tue` or `Tuesday`, `Jan` or `January`, `AM`, `AD`.
    Text {
        field: PatternField,
        is_short: bool,
    },
    /// The fraction of the second.
    Fraction {
        digits_min: usize,
        digits_max: usize,
    },
    /// `+0545` or `+05:45`; `Z` is read as zero.
    ZoneOffset {
        with_colon: bool,
    },
    /// `America/Los_Angeles` or `+05:45`.
    ZoneId,
    /// `PST`, or `Pacific Standard Time`.
    ZoneName {
        is_short: bool,
    },
}

/// A compiled pattern; empty when the pattern text was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    pub elements: Vec<Element>,
    /// Is there an element of the zone?
    pub names_zone: bool,
}

impl Pattern {
    pub fn push_literal(&mut self, character: char) {
        if let Some(Element::Literal(text)) = self.elements.last_mut() {
            text.push(character);
        } else {
            self.elements.push(Element::Literal(character.to_string()));
        }
    }

    pub fn push_number(&mut self, field: PatternField, digits_min: usize, digits_max: usize) {
        self.elements.push(Element::Number { field, digits_min, digits_max: digits_max.max(digits_min), is_signed: false });
    }

    pub fn push_signed(&mut self, field: PatternField, digits_min: usize, digits_max: usize) {
        self.elements.push(Element::Number { field, digits_min, digits_max: digits_max.max(digits_min), is_signed: true });
    }

    pub fn push_text(&mut self, field: PatternField, is_short: bool) {
        self.elements.push(Element::Text { field, is_short });
    }

    /// Long time zone names can be printed but not read.
    pub fn can_parse(&self) -> bool {
        !self.elements.iter().any(|element| matches!(element, Element::ZoneName { is_short: false }))
    }
}

pub const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
pub const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub const HALFDAYS: [&str; 2] = ["AM", "PM"];
pub const ERAS: [&str; 2] = ["BC", "AD"];
