//! Lengths of time, as people read them.

/// Shows a number of seconds by three digits or so: `15 us`, `2.50 ms`, `12.3 s`, `2 h 05 min`.
pub(crate) fn span(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} us", s * 1e6),
        s if s < 0.01 => format!("{:.2} ms", s * 1e3),
        s if s < 0.1 => format!("{:.1} ms", s * 1e3),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 100.0 => format!("{s:.1} s"),
        s if s < 6000.0 => format!(
            "{:.0} min {:02.0} s",
            (s / 60.0).floor(),
            (s % 60.0).floor()
        ),
        s => format!(
            "{:.0} h {:02.0} min",
            (s / 3600.0).floor(),
            (s % 3600.0 / 60.0).floor()
        ),
    }
}

/// Shows a length of time that may not be known.
pub(crate) fn known(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short() {
        let cases = [
            (0.0, "0 us"),
            (0.000_015, "15 us"),
            (0.0025, "2.50 ms"),
            (0.025, "25.0 ms"),
            (0.25, "250 ms"),
            (1.0, "1.0 s"),
            (99.94, "99.9 s"),
            (119.9, "1 min 59 s"),
            (7500.0, "2 h 05 min"),
        ];
        cases
            .iter()
            .for_each(|&(seconds, shown)| assert_eq!(span(seconds), shown));
        assert_eq!(known(None), "-");
    }
}
