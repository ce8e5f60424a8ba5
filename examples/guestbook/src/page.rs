//! The pages, in HTML. What visitors have written is escaped by `maud`.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::book::{Entry, Page};
use crate::web::{Draft, MOST_OF_MESSAGE, MOST_OF_NAME};

/// Even if something were not escaped, a browser would run no script.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'";

const STYLE: &str = "
    body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; font: 1.1rem/1.5 Georgia, serif; color: #222; background: #fdfaf4 }
    h1 a { color: inherit; text-decoration: none }
    label { display: block; font-size: .9rem }
    input, textarea { width: 100%; box-sizing: border-box; font: inherit; padding: .3rem; margin-bottom: .6rem }
    button { font: inherit; padding: .3rem 1rem }
    article { border-top: 1px solid #d9cfbb; padding: .8rem 0 }
    article p { margin: .2rem 0; white-space: pre-line; overflow-wrap: anywhere }
    time { color: #776; font-size: .9rem }
    .problem { border-left: .3rem solid #b33; padding-left: .8rem }";

/// The guest book: a form, and entries.
pub(crate) fn entries(page: &Page, is_newest: bool) -> Markup {
    layout(
        "Guest book",
        html! {
            @if is_newest { (form(&Draft::default())) } @else { p { a href="/" { "The newest entries" } } }
            @for entry in &page.entries { (self::entry(entry)) }
            @if page.entries.is_empty() { p { "Nobody has written anything here yet." } }
            @if let Some(older) = page.older { p { a href={ "/?before=" (older) } { "Older entries" } } }
        },
    )
}

/// Says why there is nothing else, and gives back what a visitor has typed.
pub(crate) fn problem(title: &str, text: &str, draft: Option<&Draft>) -> Markup {
    layout(
        title,
        html! {
            p.problem { strong { (title) ". " } (text) }
            @match draft {
                Some(draft) => (form(draft)),
                None => p { a href="/" { "The guest book" } },
            }
        },
    )
}

fn form(draft: &Draft) -> Markup {
    html! {
        form method="post" action="/" {
            label for="name" { "Your name" }
            input #name name="name" value=(draft.name) maxlength=(MOST_OF_NAME) required autocomplete="name";
            label for="message" { "Your message" }
            textarea #message name="message" rows="4" maxlength=(MOST_OF_MESSAGE) required { (draft.message) }
            button { "Sign the guest book" }
        }
    }
}

fn entry(entry: &Entry) -> Markup {
    html! {
        article {
            strong dir="auto" { (entry.name) } " "
            time datetime=(entry.written) { (entry.written.replace('T', " ").replace('Z', " UTC")) }
            p dir="auto" { (entry.message) }
        }
    }
}

fn layout(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { h1 { a href="/" { "Guest book" } } (content) }
        }
    }
}
