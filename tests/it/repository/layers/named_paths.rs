//! The paths from the root of its crate that a file names in its code: not in comments and strings,
//! and not in unit tests.

use std::collections::HashMap;
use std::fmt;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path from the root of the crate, which is left out.
#[derive(Debug)]
pub(super) struct NamedPath {
    pub(super) parts: Vec<String>,
    /// Where its first part stands.
    pub(super) line: usize,
    /// The name that it gets in its file.
    name: String,
}

impl fmt::Display for NamedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crate::{}", self.parts.join("::"))
    }
}

/// Returns the paths that begin with `crate` or `$crate`, or climb to the root by `super`, in a file
/// that is this module.
pub(super) fn named_paths(text: &str, module: &[String]) -> Vec<NamedPath> {
    let mut found = Vec::new();
    walk(&tokens(text), module, &mut found);
    found
}

/// Returns the names at the root of a crate with the text of its `lib.rs`, each with the first part of
/// the path that it stands for.
pub(super) fn exports(lib: &str) -> HashMap<String, String> {
    let (tokens, mut found) = (tokens(lib), Vec::new());
    for (i, token) in tokens.iter().enumerate() {
        if is_word(token, "use") {
            let prefixed = is_word(&tokens[i + 1], "crate") || is_word(&tokens[i + 1], "self");
            let begin = if prefixed { i + 4 } else { i + 1 };
            path(&tokens, begin, &Prefix::default(), &mut found);
        }
    }
    let exported = found.into_iter().map(|mut path| {
        let first = path.parts.swap_remove(0);
        (path.name, first)
    });
    exported.collect()
}

fn tokens(text: &str) -> Vec<TokenTree> {
    let stream: TokenStream = text.parse().expect("it is Rust");
    stream.into_iter().collect()
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_sign(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn parts_follow(tokens: &[TokenTree], i: usize) -> bool {
    is_sign(tokens.get(i), ':') && is_sign(tokens.get(i + 1), ':')
}

/// What a path has before the part that is read.
#[derive(Clone, Default)]
struct Prefix {
    parts: Vec<String>,
    line: Option<usize>,
}

impl Prefix {
    fn and(&self, part: &str, line: usize) -> Self {
        let mut longer = self.clone();
        longer.parts.push(part.to_owned());
        longer.line.get_or_insert(line);
        longer
    }

    fn named(self, name: Option<String>) -> NamedPath {
        let last = self.parts.last().cloned().unwrap_or_default();
        NamedPath {
            name: name.unwrap_or(last),
            line: self.line.unwrap_or_default(),
            parts: self.parts,
        }
    }
}

/// Adds the paths in some code of a module to `found`.
fn walk(tokens: &[TokenTree], module: &[String], found: &mut Vec<NamedPath>) {
    let mut i = 0;
    while i < tokens.len() {
        i = match &tokens[i] {
            TokenTree::Punct(punct) if punct.as_char() == '#' => after_attribute(tokens, i),
            TokenTree::Ident(word) if word == "mod" => inner_module(tokens, i, module, found),
            TokenTree::Ident(word) if word == "crate" && parts_follow(tokens, i + 1) => {
                path(tokens, i + 3, &Prefix::default(), found)
            }
            TokenTree::Ident(word) if word == "super" => climb(tokens, i, module, found),
            TokenTree::Group(group) => {
                let inside: Vec<_> = group.stream().into_iter().collect();
                walk(&inside, module, found);
                i + 1
            }
            _ => i + 1,
        };
    }
}

/// Returns where the code goes on after an attribute: after the module, if that is of unit tests.
fn after_attribute(tokens: &[TokenTree], i: usize) -> usize {
    let inner = usize::from(is_sign(tokens.get(i + 1), '!'));
    let Some(TokenTree::Group(group)) = tokens.get(i + 1 + inner) else {
        return i + 1;
    };
    let next = i + 2 + inner;
    let is_test = group.stream().to_string().replace(' ', "") == "cfg(test)";
    let is_module = tokens.get(next).is_some_and(|token| is_word(token, "mod"));
    if is_test && is_module { next + 3 } else { next }
}

/// Goes through a module that stands in the file, and returns where the code goes on after it.
fn inner_module(
    tokens: &[TokenTree],
    i: usize,
    module: &[String],
    found: &mut Vec<NamedPath>,
) -> usize {
    if let (Some(name), Some(TokenTree::Group(group))) = (tokens.get(i + 1), tokens.get(i + 2)) {
        let inside: Vec<_> = group.stream().into_iter().collect();
        let inner = [module, &[name.to_string()]].concat();
        walk(&inside, &inner, found);
        return i + 3;
    }
    i + 1
}

/// Reads a path that begins with `super`, and returns where the code goes on after it.
fn climb(
    tokens: &[TokenTree],
    mut i: usize,
    module: &[String],
    found: &mut Vec<NamedPath>,
) -> usize {
    let mut left = module.len();
    while is_word(&tokens[i], "super") && parts_follow(tokens, i + 1) {
        left = left.saturating_sub(1);
        i += 3;
    }
    if left > 0 || i >= tokens.len() || is_word(&tokens[i], "super") {
        // It stays in its room.
        return i + usize::from(i < tokens.len() && is_word(&tokens[i], "super"));
    }
    path(tokens, i, &Prefix::default(), found)
}

/// Reads the rest of a path, or of several in braces, and returns where the code goes on after it.
fn path(tokens: &[TokenTree], i: usize, prefix: &Prefix, found: &mut Vec<NamedPath>) -> usize {
    match tokens.get(i) {
        Some(TokenTree::Ident(word)) if word == "self" => {
            found.push(prefix.clone().named(alias(tokens, i + 1)));
            i + 1
        }
        Some(TokenTree::Ident(word)) => {
            let longer = prefix.and(&word.to_string(), word.span().start().line);
            if parts_follow(tokens, i + 1) {
                return path(tokens, i + 3, &longer, found);
            }
            found.push(longer.named(alias(tokens, i + 1)));
            i + 1
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let inside: Vec<_> = group.stream().into_iter().collect();
            for several in inside.split(|token| is_sign(Some(token), ',')) {
                if !several.is_empty() {
                    path(several, 0, prefix, found);
                }
            }
            i + 1
        }
        Some(token) if is_sign(Some(token), '*') => {
            found.push(prefix.and("*", token.span().start().line).named(None));
            i + 1
        }
        _ => {
            found.push(prefix.clone().named(None));
            i
        }
    }
}

/// Returns the name that follows `as`.
fn alias(tokens: &[TokenTree], i: usize) -> Option<String> {
    is_word(tokens.get(i)?, "as").then(|| tokens.get(i + 1).map(ToString::to_string))?
}
