//! How the page looks: nothing is cut off, and all texts can be read, in light and dark.

use serde_json::{Value, json};

use crate::page::Page;
use crate::recordings::downloads;

/// Returns the lowest contrast between a text and what is behind it, and that text.
const LOWEST_CONTRAST: &str = r"
    const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
    const channel = (value) => { const c = value / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    let lowest = [99, ''];
    for (const element of document.querySelectorAll('body *')) {
        const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!hasText || element.offsetParent === null || element.disabled) continue;
        const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < lowest[0]) lowest = [contrast, element.textContent];
    }
    return lowest;";

#[test]
fn texts_can_be_read_in_light_and_dark() {
    let Some(page) = Page::open(&downloads(), "#step=30") else {
        return;
    };
    let mut backgrounds = Vec::new();
    for scheme in ["light", "dark"] {
        page.browser.prefer(scheme);
        let background = "return getComputedStyle(document.documentElement).backgroundColor";
        backgrounds.push(page.browser.script(background));
        let lowest = page.browser.script(LOWEST_CONTRAST);
        // What the guidelines for accessible pages ask for (WCAG 2, AA).
        assert!(lowest[0].as_f64() >= Some(4.5), "{scheme}: {lowest}");
    }
    assert_ne!(backgrounds[0], backgrounds[1]);
    page.browser.assert_quiet();
}

#[test]
fn the_page_is_never_wider_than_the_window() {
    let Some(page) = Page::open(&downloads(), "#step=30") else {
        return;
    };
    for width in [1_920, 1_280, 1_000, 760, 390] {
        page.browser.resize(width, 800);
        page.browser
            .wait_until(&format!("window.innerWidth === {width}"));
        let wide = page
            .browser
            .script("return document.documentElement.scrollWidth");
        assert!(wide.as_u64() <= Some(width.into()), "{wide} at {width}");
    }
    page.browser.assert_quiet();
}

#[test]
fn what_can_be_used_has_a_name_and_the_sentence_is_read_aloud() {
    let Some(page) = Page::open(&downloads(), "#step=30") else {
        return;
    };
    let unnamed: Value = page.browser.script(
        "return [...document.querySelectorAll('button, input, select, table, canvas')].filter((element) => \
           !element.getAttribute('aria-label') && !element.labels?.length && !element.textContent.trim() && \
           !document.getElementById(element.getAttribute('aria-labelledby'))).map((element) => element.outerHTML)",
    );
    assert_eq!(unnamed, json!([]));
    let live = "return document.querySelector('#sentence').getAttribute('aria-live')";
    assert_eq!(page.browser.script(live), json!("polite"));
    page.browser.assert_quiet();
}
