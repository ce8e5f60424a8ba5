//! The results out of several journals, as those of shards.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::journal::{self, Contents};
use crate::options::Options;
use crate::output;
use crate::results::Results;
use crate::study::{Job, Shard, Study};

/// How many points and how many numbers an error shows.
const MOST: usize = 8;

/// Makes the results, even if some replications are missing: then it is an error that says which.
pub(crate) fn merge(options: &Options) -> Result<()> {
    let paths = options.merge.iter().map(PathBuf::as_path);
    let read = paths.map(|path| Ok((path, journal::read(path)?)));
    let journals = read.collect::<Result<Vec<_>>>()?;
    let shards: Vec<Shard> = journals
        .iter()
        .map(|(_, journal)| journal.header.shard)
        .collect();
    let results = unite(&journals)?;
    let study = &results.study;
    let missing = results.missing(study.jobs());
    output::write(&results, options)?;
    if missing.is_empty() {
        return Ok(());
    }
    let what = describe(study, &missing, &shards);
    let (missing, all) = (missing.len(), study.jobs().count());
    bail!(
        "{missing} of {all} replications are missing, and the results are made without them:\n{what}"
    )
}

/// Puts journals together, which must be of one study.
fn unite(journals: &[(&Path, Contents)]) -> Result<Results> {
    let (first, contents) = journals.first().context("there is no journal")?;
    let mut results = Results::new(contents.header.study.clone());
    let first = first.display();
    for (path, contents) in journals {
        let path = path.display();
        if contents.is_torn {
            eprintln!("experiment: the last line of {path} is torn, and is left out");
        }
        let is_same = results.study == contents.header.study;
        ensure!(is_same, "{first} and {path} are of different studies");
        for record in &contents.records {
            let added = results.add(*record);
            added.with_context(|| format!("add the journal {path}"))?;
        }
    }
    Ok(results)
}

/// Says which shards are missing as a whole, and of which points how many replications are missing.
fn describe(study: &Study, missing: &[Job], shards: &[Shard]) -> String {
    let mut text = String::new();
    for shard in absent(shards) {
        let _ = writeln!(text, "  the journal of shard {shard}");
    }
    let mut points = BTreeMap::<usize, Vec<u64>>::new();
    for job in missing {
        points.entry(job.point).or_default().push(job.replication);
    }
    for (point, replications) in points.iter().take(MOST) {
        let _ = writeln!(text, "  {}: {}", study.point(*point), listed(replications));
    }
    if points.len() > MOST {
        let _ = writeln!(text, "  and some of {} more points", points.len() - MOST);
    }
    text.truncate(text.trim_end().len());
    text
}

/// Returns the shards that nobody has given, if all that are given are of one division.
fn absent(shards: &[Shard]) -> Vec<Shard> {
    let divisions: BTreeSet<u64> = shards.iter().map(|shard| shard.of).collect();
    if divisions.len() != 1 {
        return Vec::new();
    }
    let of = shards[0].of;
    let all = (1..=of).map(|number| Shard { number, of });
    all.filter(|shard| !shards.contains(shard)).collect()
}

/// Returns numbers as a text, the first ones if there are many.
fn listed(replications: &[u64]) -> String {
    let shown: Vec<String> = replications.iter().take(MOST).map(u64::to_string).collect();
    let more = match replications.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("replications {}{more}", shown.join(", "))
}
