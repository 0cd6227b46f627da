//! Numbers and times as people say them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `1 scene`, `12 scenes`.
pub(crate) fn count(number: u32, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// `0.83 s`, `12.0 s`.
pub(crate) fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{seconds:.1} s")
    }
}

/// The same, of milliseconds.
pub(crate) fn seconds_of_ms(ms: u64) -> String {
    seconds(Duration::from_millis(ms))
}

/// `0.0012`, `0.25`, `12.50`: millionths of a currency; nothing for none.
pub(super) fn money(micro: u64) -> String {
    match micro {
        0 => String::new(),
        1..10_000 => format!("{:.4}", micro as f64 / 1e6),
        _ => format!("{:.2}", micro as f64 / 1e6),
    }
}

/// `0:04`, `1:23`, `1:02:03`.
pub(super) fn duration(ms: u64) -> String {
    let seconds = (ms + 500) / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `now`, `5 s ago`, `3 h ago`.
pub(super) fn age(at_ms: u64, now_ms: u64) -> String {
    let seconds = now_ms.saturating_sub(at_ms) / 1_000;
    match seconds {
        0 => "now".to_owned(),
        1..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// `512 B`, `1.5 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1_024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if amount < 1_024.0 {
            break;
        }
        amount /= 1_024.0;
        unit = larger;
    }
    format!("{amount:.1} {unit}")
}

/// The text on one line, cut off with an ellipsis.
pub(super) fn short(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= chars_max {
        return line;
    }
    let kept: String = line.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Milliseconds since 1970 (UTC).
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1, "shot"), "1 shot");
        assert_eq!(count(0, "shot"), "0 shots");
        assert_eq!(seconds_of_ms(830), "0.83 s");
        assert_eq!(seconds_of_ms(12_040), "12.0 s");
        assert_eq!(duration(3_723_400), "1:02:03");
        assert_eq!(duration(4_499), "0:04");
        assert_eq!(age(0, 7_300_000), "2 h ago");
        assert_eq!((money(0).as_str(), money(1_200).as_str()), ("", "0.0012"));
        assert_eq!(money(12_500_000), "12.50");
        assert_eq!(age(5, 0), "now");
        assert_eq!(bytes(1_023), "1023 B");
        assert_eq!(bytes(8 << 20), "8.0 MiB");
        assert_eq!(short("Élan\n vital  is", 10), "Élan vita…");
    }
}
