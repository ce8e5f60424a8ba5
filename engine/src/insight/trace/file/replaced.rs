//! A file that is replaced as a whole: until all is written, what was there before stays.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the bytes go.
#[derive(Debug)]
pub(super) enum Target {
    /// Into a new file in the same folder, which then takes the place of this one.
    Replaced(PathBuf),
    /// Straight there: into a device or a pipe, or into a file whose folder takes no other. It stays open, as whoever reads from a
    /// pipe would take a close for the end.
    Direct(File),
}

impl Target {
    /// Finds out whether a file can be written, and how. It leaves the file as it is.
    pub(super) fn try_out(path: &Path) -> io::Result<Self> {
        let Ok(about) = fs::metadata(path) else {
            // A link to nothing is written through, as if the file were there.
            let path = fs::read_link(path).map_or_else(|_| path.to_owned(), |to| beside(path, to));
            drop(Unfinished::create(&path)?);
            return Ok(Self::Replaced(path));
        };
        // The file must take what is written, also if the folder would take another in its place.
        let file = OpenOptions::new().write(true).open(path)?;
        if !about.is_file() {
            return Ok(Self::Direct(file));
        }
        let path = fs::canonicalize(path)?;
        match Unfinished::create(&path) {
            Ok(_) => Ok(Self::Replaced(path)),
            Err(_) => Ok(Self::Direct(file)),
        }
    }

    /// Writes the file.
    pub(super) fn write(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match self {
            Self::Direct(file) => {
                if file.metadata()?.is_file() {
                    file.set_len(0)?;
                }
                write_all(file, write)
            }
            Self::Replaced(path) => {
                let unfinished = Unfinished::create(&path)?;
                unfinished.take_permissions_of(&path)?;
                write_all(unfinished.file.try_clone()?, write)?;
                unfinished.put_into_place(&path)
            }
        }
    }
}

/// Returns what a link leads to.
fn beside(link: &Path, to: PathBuf) -> PathBuf {
    link.parent().map_or(to.clone(), |folder| folder.join(to))
}

fn write_all(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush()
}

/// A file that is removed unless it is put into its place.
struct Unfinished {
    file: File,
    path: PathBuf,
}

impl Unfinished {
    /// Makes a file beside another one, with a name that no other has.
    fn create(path: &Path) -> io::Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let process = std::process::id();
            let mut unfinished = std::ffi::OsString::from(".");
            unfinished.push(name);
            unfinished.push(format!(".{process}-{count}.tmp"));
            let path = path.with_file_name(unfinished);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => return Ok(Self { file, path }),
            }
        }
    }

    /// Gives it the permissions of another file, before anything is in it.
    fn take_permissions_of(&self, path: &Path) -> io::Result<()> {
        match fs::metadata(path) {
            Ok(about) => self.file.set_permissions(about.permissions()),
            Err(_) => Ok(()),
        }
    }

    /// Gives it the place of another file.
    fn put_into_place(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)
    }
}

/// Removes the file, which is not there any more if it was put into its place.
impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A folder with a file in it, which is removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("yieldfrom-replaced-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("file"), "before").unwrap();
            Self(folder)
        }

        fn file(&self) -> PathBuf {
            self.0.join("file")
        }

        fn names(&self) -> Vec<String> {
            let names = fs::read_dir(&self.0).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn write(path: &Path, text: &str) -> io::Result<()> {
        Target::try_out(path)?.write(|out| out.write_all(text.as_bytes()))
    }

    #[test]
    fn a_write_that_fails_leaves_the_file_as_it_was() {
        let folder = Folder::new("failed");
        let target = Target::try_out(&folder.file()).unwrap();
        let failed = target.write(|out| {
            out.write_all(&[b'x'; 100_000])?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(folder.file()).unwrap(), "before");
        assert_eq!(folder.names(), ["file"]);
    }

    #[test]
    fn to_try_changes_nothing() {
        let folder = Folder::new("tried");
        Target::try_out(&folder.file()).unwrap();
        Target::try_out(&folder.0.join("new")).unwrap();
        assert_eq!(folder.names(), ["file"]);
        assert_eq!(fs::read_to_string(folder.file()).unwrap(), "before");
    }

    #[test]
    fn a_link_stays_a_link_and_permissions_stay() {
        let folder = Folder::new("link");
        let link = folder.0.join("link");
        symlink("file", &link).unwrap();
        symlink("made", folder.0.join("to nothing")).unwrap();
        fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o640)).unwrap();
        write(&link, "after").unwrap();
        write(&folder.0.join("to nothing"), "made").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(folder.file()).unwrap(), "after");
        assert_eq!(fs::read_to_string(folder.0.join("made")).unwrap(), "made");
        let mode = fs::metadata(folder.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn a_pipe_stays_open_from_the_beginning_to_the_end() {
        let folder = Folder::new("pipe");
        let pipe = folder.0.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()));
        let read = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        let target = Target::try_out(&pipe).unwrap();
        target.write(|out| out.write_all(b"all of it")).unwrap();
        assert_eq!(read.join().unwrap(), "all of it");
    }
}
