//! How are dates, times, timestamps and intervals spelled? Ref: Trino 401 `DateTimes`, `IntervalDayTime`, `IntervalYearMonth`.

use super::civil::{PICOS_PER_DAY, PICOS_PER_SECOND, civil_from_days};
use super::number_text::{push_i64, push_padded};
use super::zone::{self, ZoneCursors};

/// As [`push_date`], but without the plus of years past 9999, as Joda prints dates in casts and `to_iso8601`.
pub fn push_date_unsigned(out: &mut String, days: i64) {
    let start = out.len();
    push_date(out, days);
    if out.as_bytes().get(start) == Some(&b'+') {
        out.remove(start);
    }
}

/// Appends `2020-01-02`; years past 9999 with a sign, as Java does.
#[inline]
pub fn push_date(out: &mut String, days: i64) {
    let (year, month, day) = civil_from_days(days);
    if (0..=9999).contains(&year) {
        let mut text = *b"0000-00-00";
        put_date(&mut text, year as u32, month, day);
        out.push_str(std::str::from_utf8(&text).unwrap_or(""));
        return;
    }
    match year {
        10_000.. => {
            out.push('+');
            push_i64(out, year);
        }
        _ => {
            out.push('-');
            push_padded(out, year.unsigned_abs(), 4);
        }
    }
    out.push('-');
    push_padded(out, u64::from(month), 2);
    out.push('-');
    push_padded(out, u64::from(day), 2);
}

/// Puts `2020-01-02` at the start of `text`.
#[inline]
fn put_date(text: &mut [u8], year: u32, month: u32, day: u32) {
    put_two(text, 0, year / 100);
    put_two(text, 2, year % 100);
    put_two(text, 5, month);
    put_two(text, 8, day);
}

/// Puts two digits at a position.
#[inline]
fn put_two(text: &mut [u8], at: usize, value: u32) {
    text[at] = b'0' + (value / 10) as u8;
    text[at + 1] = b'0' + (value % 10) as u8;
}

/// Appends `12:34:56.123` with `precision` digits of the second.
#[inline]
pub fn push_time(out: &mut String, picos_of_day: i64, precision: u8) {
    let seconds = picos_of_day / PICOS_PER_SECOND;
    push_padded(out, (seconds / 3600) as u64, 2);
    out.push(':');
    push_padded(out, (seconds / 60 % 60) as u64, 2);
    out.push(':');
    push_padded(out, (seconds % 60) as u64, 2);
    if precision > 0 {
        let fraction = (picos_of_day % PICOS_PER_SECOND) / 10i64.pow(12 - u32::from(precision.min(12)));
        out.push('.');
        push_padded(out, fraction as u64, usize::from(precision));
    }
}

/// Appends `2020-01-02 12:34:56.123` of picoseconds since the epoch.
#[inline]
pub fn push_timestamp_picos(out: &mut String, epoch_picos: i128, precision: u8) {
    let day = i128::from(PICOS_PER_DAY);
    push_date(out, epoch_picos.div_euclid(day) as i64);
    out.push(' ');
    push_time(out, epoch_picos.rem_euclid(day) as i64, precision);
}

/// Appends `2020-01-02 12:34:56.123` of milliseconds since the epoch.
#[inline]
pub fn push_timestamp_millis(out: &mut String, epoch_millis: i64, precision: u8) {
    let days = epoch_millis.div_euclid(86_400_000);
    let (year, month, day) = civil_from_days(days);
    if (0..=9999).contains(&year) && precision == 3 {
        let millis = (epoch_millis - days * 86_400_000) as u32;
        let mut text = *b"0000-00-00 00:00:00.000";
        put_date(&mut text, year as u32, month, day);
        put_two(&mut text, 11, millis / 3_600_000);
        put_two(&mut text, 14, millis / 60_000 % 60);
        put_two(&mut text, 17, millis / 1000 % 60);
        put_two(&mut text, 20, millis % 1000 / 10);
        text[22] = b'0' + (millis % 10) as u8;
        out.push_str(std::str::from_utf8(&text).unwrap_or(""));
        return;
    }
    push_date(out, epoch_millis.div_euclid(86_400_000));
    out.push(' ');
    push_time(out, epoch_millis.rem_euclid(86_400_000) * 1_000_000_000, precision);
}

/// Appends `2020-01-02 12:34:56.123 Europe/Paris`.
pub fn push_timestamp_with_zone(out: &mut String, epoch_picos: i128, key: zone::ZoneKey, precision: u8, zones: &mut ZoneCursors) {
    let seconds = epoch_picos.div_euclid(i128::from(PICOS_PER_SECOND)) as i64;
    let offset_seconds = zones.cursor(key).offset_at(seconds);
    push_timestamp_picos(out, epoch_picos + i128::from(offset_seconds) * i128::from(PICOS_PER_SECOND), precision);
    out.push(' ');
    out.push_str(zone::name(key));
}

/// Appends `12:34:56.123+07:00`.
pub fn push_time_with_zone(out: &mut String, picos_of_day: i64, offset_minutes: i32, precision: u8) {
    push_time(out, picos_of_day, precision);
    out.push(if offset_minutes < 0 { '-' } else { '+' });
    push_padded(out, u64::from(offset_minutes.unsigned_abs() / 60), 2);
    out.push(':');
    push_padded(out, u64::from(offset_minutes.unsigned_abs() % 60), 2);
}

/// Appends `-1 02:03:04.005` of milliseconds.
pub fn push_interval_day_to_second(out: &mut String, millis: i64) {
    if millis < 0 {
        out.push('-');
    }
    let size = millis.unsigned_abs();
    push_padded(out, size / 86_400_000, 1);
    out.push(' ');
    push_padded(out, size / 3_600_000 % 24, 2);
    out.push(':');
    push_padded(out, size / 60_000 % 60, 2);
    out.push(':');
    push_padded(out, size / 1000 % 60, 2);
    out.push('.');
    push_padded(out, size % 1000, 3);
}

/// Appends `-1-2` of months.
pub fn push_interval_year_to_month(out: &mut String, months: i32) {
    if months < 0 {
        out.push('-');
    }
    push_padded(out, u64::from(months.unsigned_abs() / 12), 1);
    out.push('-');
    push_padded(out, u64::from(months.unsigned_abs() % 12), 1);
}
