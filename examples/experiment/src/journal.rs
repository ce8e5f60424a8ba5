//! A journal: the finished replications of a study, one line each, so that a run that is killed can be continued.
//!
//! A line is the checksum (CRC-32) of its text, a space, and the text, which is JSON. The first line says which study
//! it is. Each line is written at once, by one process that has the file locked.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use fs4::TryLockError;
use serde::{Deserialize, Serialize};

use crate::models;
use crate::results::Record;
use crate::study::{Shard, Study};

/// Raise it when a line changes its form.
const FORMAT: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    format: u32,
    models: u32,
    pub(crate) study: Study,
    pub(crate) shard: Shard,
}

/// What a journal says.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) header: Header,
    pub(crate) records: Vec<Record>,
    /// How many bytes of the file are good.
    length: u64,
    /// Whether something follows that is not a whole line.
    pub(crate) is_torn: bool,
}

/// A journal that is open for writing, and locked.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
}

impl Header {
    pub(crate) fn new(study: Study, shard: Shard) -> Self {
        Self {
            format: FORMAT,
            models: models::VERSION,
            study,
            shard,
        }
    }

    /// Returns a number by which the journals of studies and shards differ.
    pub(crate) fn fingerprint(&self) -> u32 {
        let text = serde_json::to_vec(self).expect("its keys are texts");
        crc32fast::hash(&text)
    }

    fn check_version(&self) -> Result<()> {
        ensure!(
            self.format == FORMAT,
            "it has format {}, and this program writes {FORMAT}",
            self.format
        );
        let version = models::VERSION;
        ensure!(
            self.models == version,
            "its models are of version {}, and this program's of {version}",
            self.models
        );
        Ok(())
    }

    /// Checks that a journal with this header may go on as one with that header.
    fn check_same(&self, wanted: &Self) -> Result<()> {
        if self.study != wanted.study {
            let found = serde_json::to_string(&self.study)?;
            bail!("it is of another study: {found}; give another --journal, or the same options");
        }
        let (found, shard) = (self.shard, wanted.shard);
        ensure!(
            found == shard,
            "it is of shard {found}, and this run is shard {shard}: each needs its own --journal"
        );
        Ok(())
    }
}

impl Journal {
    /// Opens a journal, or makes a new one. Returns what has been finished already.
    pub(crate) fn open(path: &Path, header: &Header) -> Result<(Self, Vec<Record>)> {
        Self::open_unnamed(path, header)
            .with_context(|| format!("open the journal {}", path.display()))
    }

    fn open_unnamed(path: &Path, header: &Header) -> Result<(Self, Vec<Record>)> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(path)?;
        lock(&file)?;
        let path = path.to_owned();
        let mut journal = Self { file, path };
        let finished = journal.recover(header)?;
        Ok((journal, finished))
    }

    /// Reads what is there, and cuts off what a kill has left of a line.
    fn recover(&mut self, header: &Header) -> Result<Vec<Record>> {
        let first = line_of(header)?;
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        if first.starts_with(&bytes) && bytes.len() < first.len() {
            // It is new, or its maker was killed in the middle of the first line.
            self.file.set_len(0)?;
            self.file.write_all(&first)?;
            return Ok(Vec::new());
        }
        let contents = Contents::parse(&bytes)?;
        contents.header.check_same(header)?;
        self.file.set_len(contents.length)?;
        Ok(contents.records)
    }

    /// Adds a replication. When this returns, a kill of the process loses nothing of it.
    pub(crate) fn append(&mut self, record: &Record) -> Result<()> {
        let line = line_of(record)?;
        let written = self.file.write_all(&line);
        written.with_context(|| format!("write to the journal {}", self.path.display()))
    }

    /// Waits until everything is on the disk, where it survives a crash of the machine too.
    pub(crate) fn sync(&self) -> Result<()> {
        self.file
            .sync_all()
            .with_context(|| format!("write the journal {}", self.path.display()))
    }
}

/// Reads a journal, which may be in use.
pub(crate) fn read(path: &Path) -> Result<Contents> {
    let bytes = fs::read(path).map_err(anyhow::Error::from);
    let contents = bytes.and_then(|bytes| Contents::parse(&bytes));
    contents.with_context(|| format!("read the journal {}", path.display()))
}

impl Contents {
    /// Reads the lines, whose last one may be torn. Lines that are damaged before others that are good have not come
    /// from a kill, and are an error.
    fn parse(bytes: &[u8]) -> Result<Self> {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let header: Header = text_of(first)
            .and_then(|text| serde_json::from_slice(text).ok())
            .context("it is no journal of this program: its first line is not one's first line")?;
        header.check_version()?;
        let mut contents = Self {
            header,
            records: Vec::new(),
            length: first.len() as u64,
            is_torn: false,
        };
        for (index, line) in lines.enumerate() {
            contents
                .add(line)
                .with_context(|| format!("line {}", index + 2))?;
        }
        Ok(contents)
    }

    fn add(&mut self, line: &[u8]) -> Result<()> {
        let Some(text) = text_of(line) else {
            self.is_torn = true;
            return Ok(());
        };
        ensure!(
            !self.is_torn,
            "the line before it is damaged: delete that, to have its replication computed again"
        );
        let record: Record = serde_json::from_slice(text)?;
        record.check(&self.header.study, self.header.shard)?;
        self.records.push(record);
        self.length += line.len() as u64;
        Ok(())
    }
}

fn lock(file: &File) -> Result<()> {
    // By this path, as newer versions of std have a method with the same name.
    match fs4::FileExt::try_lock(file) {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => bail!("another process is writing to it"),
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
            bail!("its file system has no locks: put it somewhere else")
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn line_of(value: &impl Serialize) -> Result<Vec<u8>> {
    let text = serde_json::to_string(value)?;
    let checksum = crc32fast::hash(text.as_bytes());
    Ok(format!("{checksum:08x} {text}\n").into_bytes())
}

/// Returns the text of a line; `None` if the line is damaged.
fn text_of(line: &[u8]) -> Option<&[u8]> {
    let (checksum, text) = line.strip_suffix(b"\n")?.split_at_checked(8)?;
    let text = text.strip_prefix(b" ")?;
    let checksum = u32::from_str_radix(str::from_utf8(checksum).ok()?, 16).ok()?;
    (crc32fast::hash(text) == checksum).then_some(text)
}
