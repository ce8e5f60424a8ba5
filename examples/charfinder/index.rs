//! The characters, by the words in their names.

use std::collections::HashMap;

use unicode_names2::name;

use crate::quote::quote;

/// Ideographs have their number as a name, by which nobody looks for them: these words must do.
const IDEOGRAPHS: [&str; 2] = ["CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH"];

/// For each word, the characters that have it in their names, in their order.
pub(crate) struct UnicodeNameIndex(HashMap<String, Vec<char>>);

impl UnicodeNameIndex {
    pub(crate) fn new() -> Self {
        let mut index: HashMap<String, Vec<char>> = HashMap::new();
        let mut text = String::new();
        for char in ' '..=char::MAX {
            let Some(name) = name(char) else { continue };
            text.clear();
            text.extend(name);
            let ideograph = IDEOGRAPHS.iter().find(|prefix| text.starts_with(**prefix));
            for word in tokenize(ideograph.map_or(&text, |prefix| prefix)) {
                if !index.contains_key(word) {
                    index.insert(word.to_owned(), Vec::new());
                }
                let chars = index.get_mut(word).expect("it has just been inserted");
                // A name may have a word twice.
                if chars.last() != Some(&char) {
                    chars.push(char);
                }
            }
        }
        Self(index)
    }

    /// Returns the characters whose names have all the words of a query, in their order.
    pub(crate) fn find_chars(&self, query: &str) -> Vec<char> {
        let query = query.to_uppercase();
        let found: Option<Vec<_>> = tokenize(&query).map(|word| self.0.get(word)).collect();
        let mut found = found.unwrap_or_default();
        found.sort_by_key(|chars| chars.len());
        let Some((fewest, others)) = found.split_first() else {
            return Vec::new();
        };
        let in_all = |char: &&char| others.iter().all(|chars| chars.binary_search(char).is_ok());
        fewest.iter().filter(in_all).copied().collect()
    }
}

/// Returns the words of a text: Python's `\w+`.
fn tokenize(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric() && char != '_')
        .filter(|word| !word.is_empty())
}

/// Describes a character: its code, itself, and its name.
pub(crate) fn describe(char: char) -> String {
    let code = format!("U+{:04X}", u32::from(char));
    let name = name(char).map_or_else(String::new, |name| name.to_string());
    format!("{code:7}\t{char}\t{name}")
}

/// Says how many characters were found for a query.
pub(crate) fn status(query: &str, count: usize) -> String {
    let matches = match count {
        0 => "No match".to_owned(),
        1 => "1 match".to_owned(),
        _ => format!("{count} matches"),
    };
    format!("{matches} for {}", quote(query))
}
