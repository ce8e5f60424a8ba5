//! Texts as Python shows and strips them.

/// Returns a text in quotes, with what cannot be printed escaped: Python's `repr`.
pub(crate) fn quote(text: &str) -> String {
    let mark = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut quoted = String::from(mark);
    for char in text.chars() {
        match char {
            '\t' | '\n' | '\r' | '\\' => quoted.extend(char.escape_default()),
            _ if char == mark => quoted.extend(['\\', char]),
            _ if is_printable(char) => quoted.push(char),
            _ => quoted.push_str(&escape(u32::from(char))),
        }
    }
    quoted.push(mark);
    quoted
}

fn escape(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// Returns whether a character shows as itself, by std's `Debug`; but of white space, only a blank
/// does, and both kinds of quotes do.
fn is_printable(char: char) -> bool {
    // Not alone: a mark that combines with the letter before is escaped at the beginning.
    let shown = format!("x{char}");
    match char {
        ' ' | '\'' | '"' => true,
        _ => !char.is_whitespace() && shown.escape_debug().eq(shown.chars()),
    }
}

/// Takes white space off both ends: Python's `strip`, which takes some control characters for it.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || ('\x1c'..='\x1f').contains(&char))
}
