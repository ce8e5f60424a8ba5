//! Where PostgreSQL is installed, and who may run it.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{User, geteuid};

/// The programs of PostgreSQL.
#[derive(Debug)]
pub(crate) struct Installation {
    programs: PathBuf,
    /// Who runs them if we are root, whom PostgreSQL refuses.
    account: Option<User>,
}

impl Installation {
    /// Finds PostgreSQL. Returns none, with a message, if it is missing.
    pub(crate) fn find() -> Option<Self> {
        let Some(programs) = find_programs() else {
            eprintln!("skipped: PostgreSQL is not installed (Debian package postgresql)");
            return None;
        };
        let account = if geteuid().is_root() {
            let account = find_account();
            if account.is_none() {
                eprintln!("skipped: root may not run PostgreSQL, and there is no other user");
                return None;
            }
            account
        } else {
            None
        };
        Some(Self { programs, account })
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Returns a command that runs one of the programs.
    pub(crate) fn command(&self, program: &str, directory: &Path) -> Command {
        self.run(&self.program(program), directory)
    }

    /// Returns a command that runs a shell, as the user who runs the programs.
    pub(crate) fn shell(&self, directory: &Path) -> Command {
        self.run(Path::new("sh"), directory)
    }

    /// The programs need a working directory that they may enter: ours may be closed to their user.
    fn run(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        // What they say is searched for English words.
        command.current_dir(directory).env("LC_ALL", "C");
        if let Some(account) = &self.account {
            command.uid(account.uid.as_raw());
            command.gid(account.gid.as_raw());
        }
        command
    }

    /// Gives a file or directory to the user who runs the programs.
    pub(crate) fn give(&self, path: &Path) -> io::Result<()> {
        match &self.account {
            Some(account) => chown(path, Some(account.uid.as_raw()), Some(account.gid.as_raw())),
            None => Ok(()),
        }
    }

    /// Makes a file that only the user who runs the programs can read.
    pub(crate) fn write_secret(&self, path: &Path, secret: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(secret.as_bytes())?;
        self.give(path)
    }
}

/// Debian keeps the programs of the server out of the path, with a folder for each version.
fn find_programs() -> Option<PathBuf> {
    let in_path = env::var_os("PATH").unwrap_or_default();
    let mut candidates = debian_folders();
    candidates.extend(folder_of_pg_config());
    candidates.extend(env::split_paths(&in_path));
    candidates.into_iter().find(|folder| {
        let has = |program| folder.join(program).is_file();
        has("initdb") && has("pg_ctl") && has("postgres")
    })
}

/// Returns the folders of Debian's versions, the newest one first.
fn debian_folders() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir("/usr/lib/postgresql") else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    versions.sort();
    let newest_first = versions.into_iter().rev();
    newest_first.map(|(_, path)| path.join("bin")).collect()
}

fn folder_of_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(folder.trim_end()))
}

fn find_account() -> Option<User> {
    let mut accounts = ["postgres", "nobody"].into_iter();
    accounts.find_map(|name| User::from_name(name).ok().flatten())
}
