//! Which offset has a zone at an instant, and which number names the zone in a packed value? Ref: Trino 401 `TimeZoneKey`.
//!
//! A zone key fits 12 bits: 0 is `UTC`, 1–1681 are the offsets -14:00 to +14:00 in minutes, and from 1682 the named
//! zones follow in the order of the IANA list compiled in. Keys live in packed values only and are never stored.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::error::FunctionError;

/// The number of a zone within a packed `timestamp with time zone`.
pub type ZoneKey = u16;

pub const UTC: ZoneKey = 0;
const OFFSET_ZERO: i32 = 841;
const NAMED_FIRST: ZoneKey = 1682;
const OFFSET_MINUTES_MAX: i32 = 14 * 60;

/// The key of a fixed offset; zero is `UTC`. None past ±14:00.
pub fn key_of_offset(offset_minutes: i32) -> Option<ZoneKey> {
    match offset_minutes {
        0 => Some(UTC),
        minutes if minutes.abs() <= OFFSET_MINUTES_MAX => ZoneKey::try_from(minutes + OFFSET_ZERO).ok(),
        _ => None,
    }
}

/// The key of a zone's name: `UTC` and its synonyms, `±hh:mm`, `±h`, `UTC±h`, or an IANA name, in its own case.
pub fn find_key(name: &str) -> Option<ZoneKey> {
    if let Some(key) = NAMES.get(name) {
        return Some(*key);
    }
    // `Etc/GMT+5` is five hours behind: its sign is the other way round.
    if let Some(offset) = name.strip_prefix("Etc/GMT") {
        return parse_named_offset(offset).and_then(|minutes| key_of_offset(-minutes));
    }
    let bare = name.strip_prefix("Etc/UTC").or_else(|| ["UTC", "GMT", "UT"].iter().find_map(|prefix| name.strip_prefix(prefix)));
    parse_named_offset(bare.unwrap_or(name)).and_then(key_of_offset)
}

/// As an offset within a zone's name: of one digit only where no minutes follow.
fn parse_named_offset(text: &str) -> Option<i32> {
    let is_short = text.find(':').is_some_and(|colon| colon < 3);
    if is_short { None } else { parse_offset_minutes(text) }
}

/// As [`find_key`]. Errors: INVALID_FUNCTION_ARGUMENT with Trino's text.
pub fn load_key(name: &str) -> Result<ZoneKey, FunctionError> {
    find_key(name).ok_or_else(|| FunctionError::argument(format!("'{name}' is not a valid time zone")))
}

/// The zone's name: `UTC`, `+05:30`, `America/New_York`.
pub fn name(key: ZoneKey) -> &'static str {
    PRINTED.get(usize::from(key)).map_or("UTC", |name| name)
}

/// Other names of UTC.
const UTC_NAMES: &[&str] = &[
    "UTC",
    "Z",
    "UT",
    "UCT",
    "GMT",
    "GMT0",
    "GMT+0",
    "GMT-0",
    "Greenwich",
    "Universal",
    "Zulu",
    "Etc/UTC",
    "Etc/UCT",
    "Etc/GMT",
    "Etc/GMT0",
    "Etc/GMT+0",
    "Etc/GMT-0",
    "Etc/Universal",
];

/// IANA names that Trino's `zone-index.properties` lacks.
const UNKNOWN_NAMES: &[&str] = &["EST", "HST", "MST", "ROC", "Factory"];

static PRINTED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut printed = vec!["UTC".to_string()];
    printed.extend((-OFFSET_MINUTES_MAX..=OFFSET_MINUTES_MAX).map(|minutes| {
        let (sign, size) = if minutes < 0 { ('-', -minutes) } else { ('+', minutes) };
        format!("{sign}{:02}:{:02}", size / 60, size % 60)
    }));
    printed.extend(TZ_VARIANTS.iter().map(|zone| zone.name().to_string()));
    printed
});

static NAMES: LazyLock<HashMap<&str, ZoneKey>> = LazyLock::new(|| {
    let named = TZ_VARIANTS.iter().zip(NAMED_FIRST..).map(|(zone, key)| (zone.name(), key));
    // Trino's list lacks some; `Etc/GMT+5` is an offset to it.
    let known = named.filter(|(name, _)| !UNKNOWN_NAMES.contains(name) && !name.starts_with("Etc/"));
    known.chain(UTC_NAMES.iter().map(|name| (*name, UTC))).collect()
});

/// `±h`, `±hh`, `±hh:mm`, `±hhmm` as minutes.
pub fn parse_offset_minutes(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some((hours, minutes)), _) if minutes.len() == 2 => (hours, minutes),
        (None, 1 | 2) => (digits, "0"),
        (None, 4) => digits.split_at_checked(2)?,
        _ => return None,
    };
    let is_number = |part: &str| !part.is_empty() && part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// Finds offsets, remembering the last span: most rows of a batch lie in one.
#[derive(Debug, Clone)]
pub struct ZoneCursor {
    transitions: Option<&'static [Transition]>,
    from_seconds: i64,
    until_seconds: i64,
    offset_seconds: i32,
}

impl ZoneCursor {
    /// A cursor over the zone of `key`; an unknown key is UTC.
    pub fn new(key: ZoneKey) -> ZoneCursor {
        let fixed = |offset_seconds| ZoneCursor { transitions: None, from_seconds: i64::MIN, until_seconds: i64::MAX, offset_seconds };
        match key {
            UTC => fixed(0),
            1..NAMED_FIRST => fixed((i32::from(key) - OFFSET_ZERO) * 60),
            _ => match TZ_VARIANTS.get(usize::from(key - NAMED_FIRST)) {
                Some(_) => ZoneCursor {
                    transitions: Some(transitions(usize::from(key - NAMED_FIRST))),
                    from_seconds: 0,
                    until_seconds: 0,
                    offset_seconds: 0,
                },
                None => fixed(0),
            },
        }
    }

    /// The offset east of UTC, in seconds, at an instant.
    #[inline]
    pub fn offset_at(&mut self, utc_seconds: i64) -> i32 {
        if (self.from_seconds <= utc_seconds && utc_seconds < self.until_seconds) || self.transitions.is_none() {
            return self.offset_seconds;
        }
        self.seek(utc_seconds)
    }

    #[inline(never)]
    fn seek(&mut self, utc_seconds: i64) -> i32 {
        let transitions = self.transitions.unwrap_or(&[]);
        let after = transitions.partition_point(|transition| transition.from_seconds <= utc_seconds).max(1);
        self.from_seconds = if after == 1 { i64::MIN } else { transitions[after - 1].from_seconds };
        self.until_seconds = transitions.get(after).map_or(i64::MAX, |transition| transition.from_seconds);
        self.offset_seconds = transitions[after - 1].offset_seconds;
        self.offset_seconds
    }

    /// The offset of a wall-clock time: the earlier one when it occurs twice, the one before the gap when it does not occur.
    #[inline]
    pub fn offset_at_local(&mut self, local_seconds: i64) -> i32 {
        if self.transitions.is_none() {
            return self.offset_seconds;
        }
        let before = self.offset_at(local_seconds.saturating_sub(86_400));
        let after = self.offset_at(local_seconds.saturating_add(86_400));
        if before == after || self.offset_at(local_seconds - i64::from(before)) == before {
            return before;
        }
        if self.offset_at(local_seconds - i64::from(after)) == after { after } else { before }
    }

    /// The instant of a wall-clock time, both in milliseconds.
    #[inline]
    pub fn utc_millis(&mut self, local_millis: i64) -> i64 {
        local_millis - i64::from(self.offset_at_local(local_millis.div_euclid(1000))) * 1000
    }

    /// The wall-clock time of an instant, both in milliseconds.
    #[inline]
    pub fn local_millis(&mut self, utc_millis: i64) -> i64 {
        utc_millis + i64::from(self.offset_at(utc_millis.div_euclid(1000))) * 1000
    }
}

/// One [`ZoneCursor`] a zone, for batches whose rows name different zones.
#[derive(Debug, Default)]
pub struct ZoneCursors {
    last: Option<(ZoneKey, ZoneCursor)>,
    others: HashMap<ZoneKey, ZoneCursor>,
}

impl ZoneCursors {
    #[inline]
    pub fn cursor(&mut self, key: ZoneKey) -> &mut ZoneCursor {
        let is_last = matches!(&self.last, Some((last, _)) if *last == key);
        if !is_last {
            let next = self.others.remove(&key).unwrap_or_else(|| ZoneCursor::new(key));
            if let Some((last, cursor)) = self.last.take() {
                self.others.insert(last, cursor);
            }
            self.last = Some((key, next));
        }
        &mut self.last.get_or_insert_with(|| (key, ZoneCursor::new(key))).1
    }
}

#[derive(Debug, Clone, Copy)]
struct Transition {
    from_seconds: i64,
    offset_seconds: i32,
}

/// First and last instant looked at for transitions: 1800 and 2200. Outside, the nearest offset holds.
const SCAN_FROM_SECONDS: i64 = -5_364_662_400;
const SCAN_UNTIL_SECONDS: i64 = 7_258_118_400;
const SCAN_STEP_SECONDS: i64 = 43_200;

/// The zone's transitions, found once by stepping through time and bisecting.
fn transitions(index: usize) -> &'static [Transition] {
    static TABLES: LazyLock<Vec<OnceLock<Vec<Transition>>>> = LazyLock::new(|| TZ_VARIANTS.iter().map(|_| OnceLock::new()).collect());
    TABLES[index].get_or_init(|| scan(TZ_VARIANTS[index]))
}

fn scan(zone: Tz) -> Vec<Transition> {
    let offset_at = |seconds: i64| {
        DateTime::from_timestamp(seconds, 0)
            .map_or(0, |instant| zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc())
    };
    let mut last = offset_at(SCAN_FROM_SECONDS);
    let mut found = vec![Transition { from_seconds: SCAN_FROM_SECONDS, offset_seconds: last }];
    let mut seconds = SCAN_FROM_SECONDS;
    while seconds < SCAN_UNTIL_SECONDS {
        let next = seconds + SCAN_STEP_SECONDS;
        let offset = offset_at(next);
        if offset != last {
            let (mut low, mut high) = (seconds, next);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if offset_at(middle) == last { low = middle } else { high = middle }
            }
            found.push(Transition { from_seconds: high, offset_seconds: offset });
            last = offset;
        }
        seconds = next;
    }
    found
}

/// Zone key and milliseconds of a packed short `timestamp with time zone`.
#[inline]
pub fn unpack_millis(packed: i64) -> (i64, ZoneKey) {
    (packed >> 12, (packed & 0xFFF) as ZoneKey)
}

/// A packed short `timestamp with time zone`.
#[inline]
pub fn pack_millis(epoch_millis: i64, key: ZoneKey) -> i64 {
    (epoch_millis << 12) | i64::from(key)
}

/// Zone key and picoseconds of a packed long `timestamp with time zone`.
#[inline]
pub fn unpack_picos(packed: i128) -> (i128, ZoneKey) {
    (packed >> 12, (packed & 0xFFF) as ZoneKey)
}

/// A packed long `timestamp with time zone`.
#[inline]
pub fn pack_picos(epoch_picos: i128, key: ZoneKey) -> i128 {
    (epoch_picos << 12) | i128::from(key)
}

/// Picoseconds of the day and offset in minutes of a packed `time with time zone`.
#[inline]
pub fn unpack_time(packed: i128) -> (i64, i32) {
    ((packed >> 12) as i64, (packed & 0xFFF) as i32 - 2048)
}

/// A packed `time with time zone`.
#[inline]
pub fn pack_time(picos_of_day: i64, offset_minutes: i32) -> i128 {
    (i128::from(picos_of_day) << 12) | i128::from(offset_minutes + 2048)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names_round() {
        for (given, expected) in [
            ("UTC", "UTC"),
            ("Etc/UTC", "UTC"),
            ("+00:00", "UTC"),
            ("Z", "UTC"),
            ("+05:30", "+05:30"),
            ("-14:00", "-14:00"),
            ("UTC+7", "+07:00"),
        ] {
            assert_eq!(name(find_key(given).unwrap()), expected, "{given}");
        }
        for unknown in ["Mars/Phobos", "utc", "america/los_angeles", "EST", "+5:30", "Etc/GMT+25"] {
            assert_eq!(find_key(unknown), None, "{unknown}");
        }
        assert_eq!(name(find_key("Etc/GMT+5").unwrap()), "-05:00");
        assert_eq!(find_key("+14:01"), None);
        assert!(PRINTED.len() < 4096);
    }

    #[test]
    fn offsets_follow_the_rules() {
        // IANA: America/New_York, 2021-03-14 02:00 local is a gap, 2021-11-07 01:30 occurs twice.
        let mut zone = ZoneCursor::new(find_key("America/New_York").unwrap());
        assert_eq!(zone.offset_at(1_615_705_199), -5 * 3600);
        assert_eq!(zone.offset_at(1_615_705_200), -4 * 3600);
        assert_eq!(zone.offset_at_local(1_615_689_000), -5 * 3600);
        assert_eq!(zone.offset_at_local(1_636_248_600), -4 * 3600);
        let mut kathmandu = ZoneCursor::new(find_key("Asia/Kathmandu").unwrap());
        assert_eq!(kathmandu.offset_at(1_600_000_000), 5 * 3600 + 45 * 60);
    }
}
