//! Country codes.

use std::collections::BTreeSet;
use std::fmt;

use crate::data;

/// The 20 most populous countries, as the book lists them.
pub(crate) const POP20_CC: &str = "CN IN US ID BR PK NG BD RU JP MX PH VN ET EG DE IR TR CD FR";

/// A country code of two capital letters, such as BR: those of ISO 3166, used or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Code([u8; 2]);

impl Code {
    /// Makes a code of two letters, in either case.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        let letters = letters.map(|letter| letter.to_ascii_uppercase());
        letters
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self(letters))
    }

    /// Returns the code in small letters, as URLs and file names have it.
    pub(crate) fn lower(self) -> String {
        self.to_string().to_lowercase()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([first, second]) = self.to_owned();
        write!(f, "{}{}", first as char, second as char)
    }
}

/// Which codes were asked for, besides by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// AA to ZZ.
    Every,
    /// Those whose flags there are.
    All,
    /// Those that are named, or else the 20 most populous countries.
    Named,
}

/// Returns the codes that were asked for, in their order.
pub(crate) fn expand_cc_args(
    choice: Choice,
    cc_args: &[String],
    limit: usize,
) -> Result<Vec<Code>, String> {
    let mut codes = BTreeSet::new();
    match choice {
        Choice::Every => codes.extend((b'A'..=b'Z').flat_map(beginning_with)),
        Choice::All => codes.extend(data::codes()),
        Choice::Named => {
            for cc in cc_args {
                match (cc.as_bytes(), Code::new(cc)) {
                    (_, Some(code)) => _ = codes.insert(code),
                    ([letter], _) if letter.is_ascii_alphabetic() => {
                        codes.extend(beginning_with(letter.to_ascii_uppercase()));
                    }
                    _ => {
                        let rule = "each CC argument must be A to Z or AA to ZZ";
                        return Err(format!("{rule}, not '{cc}'"));
                    }
                }
            }
        }
    }
    if codes.is_empty() {
        codes.extend(POP20_CC.split(' ').filter_map(Code::new));
    }
    Ok(codes.into_iter().take(limit).collect())
}

fn beginning_with(first: u8) -> impl Iterator<Item = Code> {
    (b'A'..=b'Z').map(move |second| Code([first, second]))
}
