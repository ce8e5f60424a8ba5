//! Numbers as Python's `int()` reads them.

use num_bigint::{BigInt, Sign};

/// The longest number that CPython converts: longer ones would take quadratic time.
const MAX_DIGITS: usize = 4300;

/// Reads a decimal number of any size.
///
/// Blanks around it, a sign, and single underscores between digits are allowed.
///
/// # Errors
///
/// Gives the message for the user if the text is no such number.
pub fn parse(text: &str) -> Result<BigInt, String> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let groups = || digits.split('_');
    if groups().any(|group| group.is_empty() || !group.bytes().all(|b| b.is_ascii_digit())) {
        return Err("not an integer".to_owned());
    }
    if groups().map(str::len).sum::<usize>() > MAX_DIGITS {
        return Err(format!("more than {MAX_DIGITS} digits"));
    }
    let magnitude: BigInt = groups()
        .collect::<String>()
        .parse()
        .map_err(|e| format!("{e}"))?;
    Ok(if trimmed.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

/// Reads a number and takes the nearest one that an `i64` can hold.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_saturating(text: &str) -> Result<i64, String> {
    let number = parse(text)?;
    let limit = if number.sign() == Sign::Minus {
        i64::MIN
    } else {
        i64::MAX
    };
    Ok(i64::try_from(&number).unwrap_or(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        let cases = [
            ("0", 0),
            ("-5", -5),
            ("+7", 7),
            ("007", 7),
            ("1_000", 1000),
            ("-1_0", -10),
            (" 12\n", 12),
            ("\u{2003}3", 3),
        ];
        for (text, number) in cases {
            assert_eq!(parse(text), Ok(number.into()), "{text:?}");
        }
    }

    #[test]
    fn what_python_rejects_is_rejected() {
        let cases = [
            "", " ", "+", "--1", "_1", "1_", "1__0", "+_1", "- 1", "1e3", "0x10", "1.0", "five",
        ];
        for text in cases {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse(&"1".repeat(4300)).is_ok());
        assert!(parse(&"1".repeat(4301)).is_err());
    }

    #[test]
    fn numbers_beyond_the_range_become_the_nearest_limit() {
        assert_eq!(parse_saturating("9223372036854775808"), Ok(i64::MAX));
        assert_eq!(parse_saturating("-1000000000000000000000"), Ok(i64::MIN));
        assert_eq!(parse_saturating("9223372036854775806"), Ok(i64::MAX - 1));
    }
}
