//! What does `%tA` make of a date or time? Ref: Java `java.util.Formatter`, "Date/Time Conversions", in English.

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What a `toString` says of the calendar and of the clock.
struct Moment {
    date: Option<(i64, u32, u32)>,
    /// Hour, minute, second, nanosecond.
    clock: Option<(u32, u32, u32, u32)>,
}

/// The conversion `%t` with `suffix` of a date or time written as Java's `toString`. The error is Java's exception.
pub fn formatted(text: &str, suffix: char) -> Result<String, String> {
    let moment = Moment::read(text);
    let date = || moment.date.ok_or_else(|| "UnsupportedTemporalType: Unsupported field: YearOfEra".to_string());
    let clock = || moment.clock.ok_or_else(|| "UnsupportedTemporalType: Unsupported field: HourOfDay".to_string());
    let half = |hour: u32| if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    let half_name = |hour: u32| if hour < 12 { "am" } else { "pm" };
    Ok(match suffix {
        'Y' => format!("{:04}", date()?.0),
        'y' => format!("{:02}", date()?.0.rem_euclid(100)),
        'C' => format!("{:02}", date()?.0.div_euclid(100)),
        'm' => format!("{:02}", date()?.1),
        'd' => format!("{:02}", date()?.2),
        'e' => date()?.2.to_string(),
        'j' => format!("{:03}", day_number(date()?) - day_number((date()?.0, 1, 1)) + 1),
        'B' => month(date()?).to_string(),
        'b' | 'h' => month(date()?)[..3].to_string(),
        'A' => weekday(date()?).to_string(),
        'a' => weekday(date()?)[..3].to_string(),
        'F' => format!("{}-{}-{}", formatted(text, 'Y')?, formatted(text, 'm')?, formatted(text, 'd')?),
        'D' => format!("{}/{}/{}", formatted(text, 'm')?, formatted(text, 'd')?, formatted(text, 'y')?),
        'H' => format!("{:02}", clock()?.0),
        'k' => clock()?.0.to_string(),
        'I' => format!("{:02}", half(clock()?.0)),
        'l' => half(clock()?.0).to_string(),
        'M' => format!("{:02}", clock()?.1),
        'S' => format!("{:02}", clock()?.2),
        'L' => format!("{:03}", clock()?.3 / 1_000_000),
        'N' => format!("{:09}", clock()?.3),
        'p' => half_name(clock()?.0).to_string(),
        'R' => format!("{}:{}", formatted(text, 'H')?, formatted(text, 'M')?),
        'T' => format!("{}:{}:{}", formatted(text, 'H')?, formatted(text, 'M')?, formatted(text, 'S')?),
        'r' => {
            let name = half_name(clock()?.0).to_uppercase();
            format!("{}:{}:{} {name}", formatted(text, 'I')?, formatted(text, 'M')?, formatted(text, 'S')?)
        }
        other => return Err(format!("UnknownFormatConversion: Conversion = 't{other}'")),
    })
}

fn month((_, month, _): (i64, u32, u32)) -> &'static str {
    MONTHS.get(month as usize - 1).copied().unwrap_or_default()
}

fn weekday(date: (i64, u32, u32)) -> &'static str {
    // 1970-01-01 was a Thursday.
    WEEKDAYS[(day_number(date) + 3).rem_euclid(7) as usize]
}

fn day_number((year, month, day): (i64, u32, u32)) -> i64 {
    crate::types::civil::days_from_civil(year, month, day)
}

impl Moment {
    fn read(text: &str) -> Moment {
        let (date, clock) = match text.split_once('T') {
            Some((date, clock)) => (Some(date), Some(clock)),
            None if text.contains(':') => (None, Some(text)),
            None => (Some(text), None),
        };
        Moment { date: date.and_then(read_date), clock: clock.and_then(read_clock) }
    }
}

fn read_date(text: &str) -> Option<(i64, u32, u32)> {
    let (head, day) = text.rsplit_once('-')?;
    let (year, month) = head.rsplit_once('-')?;
    let month: u32 = month.parse().ok()?;
    (1..=12).contains(&month).then_some(())?;
    Some((year.parse().ok()?, month, day.parse().ok()?))
}

/// `10:11[:12[.123]]`, before the zone.
fn read_clock(text: &str) -> Option<(u32, u32, u32, u32)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (whole, fraction) = text[..end].split_once('.').unwrap_or((&text[..end], ""));
    let mut parts = whole.split(':').map(|part| part.parse::<u32>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0));
    Some((hour, minute, second, format!("{fraction:0<9}").get(..9)?.parse().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::formatted;

    // The manual of Trino 401, "Conversion functions"; Java 17.
    #[test]
    fn dates_and_times_are_named_as_java_names_them() {
        for (text, suffix, expected) in [
            ("2006-07-04", 'A', "Tuesday"),
            ("2006-07-04", 'B', "July"),
            ("2006-07-04", 'e', "4"),
            ("2006-07-04", 'j', "185"),
            ("1969-12-31", 'a', "Wed"),
            ("2020-02-29T13:04:05.678", 'T', "13:04:05"),
            ("2020-02-29T13:04:05.678", 'r', "01:04:05 PM"),
            ("2020-02-29T13:04:05.678", 'L', "678"),
            ("2020-02-29T13:04-05:00[America/New_York]", 'S', "00"),
            ("00:30", 'l', "12"),
            ("2020-02-29T13:04", 'D', "02/29/20"),
        ] {
            assert_eq!(formatted(text, suffix).unwrap(), expected, "{text} {suffix}");
        }
        assert!(formatted("2006-07-04", 'H').is_err());
        assert!(formatted("10:00", 'Y').is_err());
    }
}
