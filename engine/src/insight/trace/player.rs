//! The page that plays a recording: its parts, which stand in the folder beside this file, and the recording.

use std::io::{self, Write};

const PAGE: &str = include_str!("player/page.html");
const STYLE: &str = include_str!("player/style.css");

/// The scripts, in an order in which they can be read. They share one scope.
const SCRIPTS: [&str; 13] = [
    include_str!("player/recording.js"),
    include_str!("player/state.js"),
    include_str!("player/sentences.js"),
    include_str!("player/phases.js"),
    include_str!("player/spans.js"),
    include_str!("player/dom.js"),
    include_str!("player/panels.js"),
    include_str!("player/graph.js"),
    include_str!("player/drawing.js"),
    include_str!("player/timeline.js"),
    include_str!("player/pointer.js"),
    include_str!("player/main.js"),
    include_str!("player/start.js"),
];

/// Writes the page. `recording` writes the JSON object that the page plays.
pub(super) fn write_page(
    out: &mut dyn Write,
    title: &str,
    recording: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut recording = Some(recording);
    let mut rest = PAGE;
    while let Some((before, name, after)) = next_placeholder(rest) {
        out.write_all(before.as_bytes())?;
        match name {
            "title" => out.write_all(escaped(title).as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "script" => write_scripts(out)?,
            "recording" => {
                let write = recording.take().expect("the page has one recording");
                write(&mut ScriptText(out))?;
            }
            other => unreachable!("the page has a placeholder {other}"),
        }
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// Splits a text at its first `{{name}}`.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}

fn write_scripts(out: &mut dyn Write) -> io::Result<()> {
    SCRIPTS
        .iter()
        .try_for_each(|script| out.write_all(script.as_bytes()))
}

/// Replaces what means something in HTML.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            _ => shown.push(letter),
        }
    }
    shown
}

/// Writes JSON into a `script` element, which `</script>` would end, and `<!--` would change.
///
/// In JSON, `<` stands in strings only, and there `\u003c` means the same.
struct ScriptText<'a>(&'a mut dyn Write);

impl Write for ScriptText<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut pieces = bytes.split(|&byte| byte == b'<');
        self.0.write_all(pieces.next().unwrap_or_default())?;
        pieces.try_for_each(|piece| {
            self.0.write_all(br"\u003c")?;
            self.0.write_all(piece)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issue 17 allows 400 KB beside the data.
    const MOST_BYTES: usize = 120_000;

    fn page(title: &str, recording: &str) -> String {
        let mut out = Vec::new();
        write_page(&mut out, title, |out| out.write_all(recording.as_bytes())).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_page_has_all_its_parts_and_no_placeholder() {
        let page = page("spinner", r#"{"version":1}"#);
        assert!(page.contains("<title>spinner</title>") && page.contains("<h1>spinner</h1>"));
        assert!(page.contains(r#"id="recording">{"version":1}</script>"#));
        assert!(page.contains(STYLE) && SCRIPTS.iter().all(|script| page.contains(script)));
        assert!(!page.contains("{{") && page.len() < MOST_BYTES);
    }

    #[test]
    fn the_page_asks_the_network_for_nothing() {
        let page = page("", "{}");
        for word in ["http:", "https:", "@import", "url(", "fetch(", "import("] {
            assert!(!page.contains(word), "{word}");
        }
    }

    #[test]
    fn a_title_and_names_are_never_markup() {
        let page = page(
            "<b>\"a\" & {{recording}}</b>",
            r#"{"title":"</script><!--","n":"{{style}}"}"#,
        );
        assert!(
            page.contains("<h1>&lt;b&gt;&quot;a&quot; &amp; {{recording}}&lt;/b&gt;</h1>"),
            "{page}"
        );
        assert!(page.contains(r#"{"title":"\u003c/script>\u003c!--","n":"{{style}}"}"#));
    }

    #[test]
    fn a_recording_may_be_written_in_pieces() {
        let mut out = Vec::new();
        write_page(&mut out, "", |out| {
            [r#"["<"#, "<", r#"/"]"#]
                .iter()
                .try_for_each(|piece| write!(out, "{piece}"))
        })
        .expect("memory");
        let page = String::from_utf8(out).expect("text");
        assert!(page.contains(r#">["\u003c\u003c/"]<"#));
    }

    #[test]
    fn an_error_of_the_recording_is_that_of_the_page() {
        let error = write_page(&mut Vec::new(), "", |_| Err(io::Error::other("full")));
        assert_eq!(error.expect_err("an error").to_string(), "full");
    }
}
