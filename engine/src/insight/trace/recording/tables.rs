//! The tables of a recording: each text, chain of delegations and wait stands there once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::Location;
use std::sync::Arc;

use super::event::{Index, NONE, Table};
use crate::kernel::WaitKind;
use yieldfrom_delegation::{Link, RawLink};

/// A hash of a few words, such as addresses: the standard one takes as long as half of an event.
#[derive(Default)]
pub(super) struct WordHasher(u64);

pub(super) type WordMap<K, V> = HashMap<K, V, BuildHasherDefault<WordHasher>>;

/// An odd number without a pattern: 2^64 divided by the golden ratio.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(MIX);
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    /// The high bits are the mixed ones, and tables use the low ones.
    #[inline]
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

/// The longest text that is kept, in bytes.
const LONGEST_TEXT: usize = 1_000;
/// What a table takes for an entry beside the entry itself, about.
const OVERHEAD: usize = 32;

/// Texts, each once.
#[derive(Default)]
pub(in crate::insight) struct Texts {
    all: Vec<Arc<str>>,
    known: HashMap<Arc<str>, Index>,
    bytes: usize,
}

impl Texts {
    pub(in crate::insight) fn add(&mut self, text: &str) -> Index {
        let text = shortened(text);
        if let Some(&known) = self.known.get(&*text) {
            return known;
        }
        let index = self.all.len() as Index;
        let text: Arc<str> = text.into();
        self.bytes += text.len() + 2 * OVERHEAD;
        self.all.push(Arc::clone(&text));
        self.known.insert(text, index);
        index
    }

    pub(in crate::insight) fn get(&self, index: Index) -> &str {
        self.all.get(index as usize).map_or("", |text| text)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Keeps those that are used, and returns their new indices.
    pub(super) fn retain(&mut self, used: &[bool]) -> Vec<Index> {
        let before = std::mem::take(self);
        let mut texts = before.all.into_iter().enumerate();
        let moved = texts.by_ref().map(|(index, text)| match used[index] {
            true => self.add(&text),
            false => NONE,
        });
        moved.collect()
    }
}

/// Cuts a text that is too long.
fn shortened(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= LONGEST_TEXT {
        return text.into();
    }
    let end = (0..=LONGEST_TEXT).rfind(|&end| text.is_char_boundary(end));
    format!("{}…", &text[..end.unwrap_or(0)]).into()
}

/// One link of a chain: the name of a body, and the line where it is.
#[derive(Clone, Copy, Debug)]
pub(in crate::insight) struct Frame {
    name: FrameName,
    pub(in crate::insight) at: &'static Location<'static>,
}

#[derive(Clone, Copy, Debug)]
enum FrameName {
    /// The name of a type, which is shortened when it is shown.
    Type(&'static str),
    Text(Index),
}

/// Names of types are told apart by their addresses: two of one function make two chains, which does no harm.
impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.at, other.at)
            && match (self.name, other.name) {
                (FrameName::Type(a), FrameName::Type(b)) => std::ptr::eq(a, b),
                (FrameName::Text(a), FrameName::Text(b)) => a == b,
                _ => false,
            }
    }
}

impl Frame {
    pub(in crate::insight) fn of_link(link: &Link, texts: &mut Texts) -> Self {
        let name = FrameName::Text(texts.add(link.name()));
        let at = link.location();
        Self { name, at }
    }

    fn of_raw(link: &RawLink, texts: &mut Texts) -> Self {
        let name = match link.type_name() {
            Some(name) => FrameName::Type(name),
            None => FrameName::Text(texts.add(link.to_link().name())),
        };
        let at = link.location();
        Self { name, at }
    }

    /// Returns whether it is of this link. Of a name that the program has given, it does not know.
    #[inline]
    fn is(&self, link: &RawLink) -> bool {
        let FrameName::Type(name) = self.name else {
            return false;
        };
        let same_name = link
            .type_name()
            .is_some_and(|other| std::ptr::eq(name, other));
        same_name && std::ptr::eq(self.at, link.location())
    }

    /// Returns it with its name as it is shown.
    pub(in crate::insight) fn link(&self, texts: &Texts) -> Link {
        match self.name {
            FrameName::Type(name) => Link::new(name, self.at),
            FrameName::Text(index) => Link::new(texts.get(index), self.at),
        }
    }

    /// Returns its name, if that is a text.
    pub(in crate::insight) fn given_name<'a>(&self, texts: &'a Texts) -> &'a str {
        match self.name {
            FrameName::Type(name) => name,
            FrameName::Text(index) => texts.get(index),
        }
    }

    pub(super) fn for_each_index(&mut self, visit: &mut impl FnMut(Table, &mut Index)) {
        if let FrameName::Text(index) = &mut self.name {
            visit(Table::Texts, index);
        }
    }

    fn word(&self) -> u64 {
        let name = match self.name {
            FrameName::Type(name) => name.as_ptr().addr() as u64,
            FrameName::Text(index) => index.into(),
        };
        name.rotate_left(32) ^ std::ptr::from_ref(self.at).addr() as u64
    }
}

/// Chains of delegations, each once, the outermost link first.
#[derive(Default)]
pub(in crate::insight) struct Chains {
    frames: Vec<Frame>,
    /// Where each of them ends.
    ends: Vec<u32>,
    known: WordMap<u64, Index>,
}

impl Chains {
    pub(in crate::insight) fn get(&self, index: Index) -> &[Frame] {
        let index = index as usize;
        let Some(&end) = self.ends.get(index) else {
            return &[];
        };
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.frames[begin as usize..end as usize]
    }

    /// Returns whether a chain has these links.
    #[inline]
    pub(super) fn is(&self, index: Index, links: &[RawLink]) -> bool {
        let frames = self.get(index);
        frames.len() == links.len() && frames.iter().zip(links).all(|(frame, link)| frame.is(link))
    }

    /// Adds a chain, unless it is known.
    pub(in crate::insight) fn add(&mut self, links: &[RawLink], texts: &mut Texts) -> Index {
        if links.is_empty() {
            return NONE;
        }
        // The frames are put where they stay if the chain is new.
        let begin = self.frames.len();
        self.frames
            .extend(links.iter().map(|link| Frame::of_raw(link, texts)));
        match self.find(begin) {
            Ok(known) => {
                self.frames.truncate(begin);
                known
            }
            Err(key) => self.insert(key),
        }
    }

    /// Finds the chain of the frames from there on, or a key that is free for it.
    #[inline]
    fn find(&self, begin: usize) -> Result<Index, u64> {
        let frames = &self.frames[begin..];
        let mut hasher = WordHasher::default();
        frames
            .iter()
            .for_each(|frame| hasher.write_u64(frame.word()));
        let mut key = hasher.finish();
        loop {
            match self.known.get(&key) {
                None => return Err(key),
                Some(&known) if self.get(known) == frames => return Ok(known),
                Some(_) => key = key.wrapping_add(1),
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.frames.len() * size_of::<Frame>() + self.ends.len() * OVERHEAD
    }

    pub(in crate::insight) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Visits the indices of one chain.
    pub(super) fn visit(&self, index: Index, visit: &mut impl FnMut(Table, &mut Index)) {
        for &(mut frame) in self.get(index) {
            frame.for_each_index(visit);
        }
    }

    /// Keeps those that are used, with new indices in them, and returns where they are now.
    pub(super) fn retain(
        &mut self,
        used: &[bool],
        mut renumber: impl FnMut(Table, &mut Index),
    ) -> Vec<Index> {
        let before = std::mem::take(self);
        let moved = used.iter().enumerate().map(|(index, &used)| {
            if !used {
                return NONE;
            }
            let begin = self.frames.len();
            self.frames.extend(before.get(index as Index));
            let frames = self.frames[begin..].iter_mut();
            frames.for_each(|frame| frame.for_each_index(&mut renumber));
            let key = self.find(begin).expect_err("each was there once");
            self.insert(key)
        });
        moved.collect()
    }

    /// Inserts the chain of the frames that were added last.
    fn insert(&mut self, key: u64) -> Index {
        self.ends.push(self.frames.len() as u32);
        let index = self.ends.len() as Index - 1;
        self.known.insert(key, index);
        index
    }
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::insight) struct Wait {
    pub(in crate::insight) kind: WaitKind,
    pub(in crate::insight) text: Index,
    /// The track that it waits for.
    pub(in crate::insight) target: Index,
}

impl Wait {
    pub(super) fn for_each_index(&mut self, visit: &mut impl FnMut(Table, &mut Index)) {
        visit(Table::Texts, &mut self.text);
        visit(Table::Tracks, &mut self.target);
    }
}

/// Waits, each once.
#[derive(Default)]
pub(in crate::insight) struct Waits {
    all: Vec<Wait>,
    known: HashMap<Wait, Index>,
}

impl Waits {
    pub(in crate::insight) fn add(&mut self, wait: Wait) -> Index {
        let next = self.all.len() as Index;
        let index = *self.known.entry(wait).or_insert(next);
        if index == next {
            self.all.push(wait);
        }
        index
    }

    pub(in crate::insight) fn all(&self) -> &[Wait] {
        &self.all
    }

    pub(super) fn bytes(&self) -> usize {
        self.all.len() * (2 * size_of::<Wait>() + OVERHEAD)
    }

    /// Keeps those that are used, with new indices in them, and returns where they are now.
    pub(super) fn retain(
        &mut self,
        used: &[bool],
        mut renumber: impl FnMut(Table, &mut Index),
    ) -> Vec<Index> {
        let before = std::mem::take(self);
        let waits = before.all.into_iter().zip(used);
        let moved = waits.map(|(mut wait, &used)| {
            if !used {
                return NONE;
            }
            wait.for_each_index(&mut renumber);
            self.add(wait)
        });
        moved.collect()
    }
}
