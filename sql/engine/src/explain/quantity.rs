//! How are sizes, times and counts written in a plan? Ref: airlift `DataSize`, `Duration`; Trino 401 `TextRenderer`.

const SIZE_UNITS: &[&str] = &["B", "kB", "MB", "GB", "TB", "PB"];
const TIME_UNITS: &[(f64, &str)] = &[(86_400e9, "d"), (3_600e9, "h"), (60e9, "m"), (1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns")];

/// Bytes in the largest unit that gives at least one: `225B`, `37.11kB`.
pub(crate) fn data_size(bytes: f64) -> String {
    let mut value = bytes.round();
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < SIZE_UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if value.floor() == value { format!("{value}{}", SIZE_UNITS[unit]) } else { format!("{value:.2}{}", SIZE_UNITS[unit]) }
}

/// Nanoseconds in the largest unit that gives at least one, two decimals: `22.58ms`.
pub(crate) fn duration(nanos: u64) -> String {
    let value = nanos as f64;
    let (size, unit) = TIME_UNITS.iter().find(|(size, _)| value >= *size).copied().unwrap_or((1.0, "ns"));
    format!("{:.2}{unit}", value / size)
}

/// `1 row`, `5 rows`.
pub(crate) fn positions(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

/// A share of a whole in percent, `?` of nothing.
pub(crate) fn percent(part: f64, whole: f64) -> String {
    let value = 100.0 * part / whole;
    if value.is_finite() { format!("{value:.2}") } else { "?".to_owned() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    /// Ref: the outputs shown in Trino 401 "EXPLAIN" and "EXPLAIN ANALYZE".
    #[test]
    fn quantities_read_as_trino_writes_them() {
        assert_eq!(data_size(225.0), "225B");
        assert_eq!(data_size(0.0), "0B");
        assert_eq!(data_size(38_000.64), "37.11kB");
        assert_eq!(data_size(2048.0), "2kB");
        assert_eq!(duration(22_580_000), "22.58ms");
        assert_eq!(duration(0), "0.00ns");
        assert_eq!(duration(46_210_000_000), "46.21s");
        assert_eq!(positions(1), "1 row");
        assert_eq!(positions(1000), "1000 rows");
        assert_eq!(percent(1.0, 0.0), "?");
    }
}
