//! Reads a file whole or not at all, and puts another in its place. Knows no line.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use crate::error::{Error, ErrorKind};

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and when the inode changed, which nobody sets.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::from(&metadata))
    }

    /// Whether the last change is at least this long ago. A time to come is for no comparison.
    pub(crate) fn is_quiet(&self, settle: Duration) -> bool {
        let changed = self.changed();
        settle.is_zero()
            || changed.is_none_or(|at| at.elapsed().map_or(true, |elapsed| elapsed >= settle))
    }

    #[cfg(unix)]
    fn changed(&self) -> Option<SystemTime> {
        let (_, _, secs, nanos) = self.inode;
        let since = Duration::new(u64::try_from(secs).ok()?, u32::try_from(nanos).ok()?);
        SystemTime::UNIX_EPOCH.checked_add(since)
    }

    #[cfg(not(unix))]
    fn changed(&self) -> Option<SystemTime> {
        self.modified
    }
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Nothing is written over a device, and a directory is none to read.
pub(crate) fn is_regular(path: &Path) -> Result<(), Error> {
    if fs::metadata(path)?.is_file() { Ok(()) } else { Err(ErrorKind::NotAFile.into()) }
}

/// All of the file, as it was from the first byte to the last.
pub(crate) fn read(path: &Path, file_len: u64) -> Result<(Vec<u8>, Stamp), Error> {
    // Whoever writes more often is writing all the time.
    for _ in 0..8 {
        let file = File::open(path)?;
        let before = Stamp::from(&file.metadata()?);
        if before.len > file_len {
            return Err(ErrorKind::FileTooLong.into());
        }
        let mut content = Vec::new();
        (&file).take(file_len + 1).read_to_end(&mut content)?;
        let after = Stamp::from(&file.metadata()?);
        if before == after && content.len() as u64 == after.len {
            return Ok((content, after));
        }
    }
    Err(ErrorKind::Changing.into())
}

/// Held while a file is read, changed and replaced, by whoever does it with this crate.
///
/// It is on the directory, since the file is another one afterwards.
pub(crate) struct Exclusive {
    directory: Option<File>,
    path: PathBuf,
}

impl Exclusive {
    pub(crate) fn lock(path: &Path) -> Result<Self, Error> {
        // A link stays a link.
        Self::over(fs::canonicalize(path)?)
    }

    /// The same of a file that need not be there yet.
    pub(crate) fn lock_new(path: &Path) -> Result<Self, Error> {
        if fs::symlink_metadata(path).is_ok() {
            return Self::lock(path);
        }
        let name = path.file_name().ok_or(ErrorKind::NotAFile)?;
        let directory = match path.parent() {
            Some(directory) if directory != Path::new("") => directory,
            _ => Path::new("."),
        };
        Self::over(fs::canonicalize(directory)?.join(name))
    }

    fn over(path: PathBuf) -> Result<Self, Error> {
        let directory = path.parent().ok_or(io::ErrorKind::NotFound);
        let directory =
            if cfg!(unix) { Some(File::open(directory.map_err(io::Error::from)?)?) } else { None };
        if let Some(directory) = &directory {
            directory.lock()?;
        }
        Ok(Self { directory, path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts `content` in the place of what `seen` was read of, in one moment: who reads sees the
    /// one or the other, and so does who reads after a crash.
    pub(crate) fn replace(&self, content: &[u8], seen: Stamp) -> Result<Stamp, Error> {
        let beside = Beside::new(&self.path);
        let mut file = beside.create(0o600)?;
        let permissions = fs::metadata(&self.path)?;
        same_owner(&file, &permissions)?;
        file.set_permissions(permissions.permissions())?;
        file.write_all(content)?;
        file.sync_all()?;
        // Somebody without our lock was quicker.
        if Stamp::of(&self.path)? != seen {
            return Err(ErrorKind::Changing.into());
        }
        fs::rename(&beside.path, &self.path)?;
        if let Some(directory) = &self.directory {
            directory.sync_all()?;
        }
        Ok(Stamp::from(&file.metadata()?))
    }

    /// Puts `content` where there is no file yet: for its owner, and for its group to read, if the
    /// process lets them.
    pub(crate) fn create(&self, content: &[u8]) -> Result<(), Error> {
        let beside = Beside::new(&self.path);
        let mut file = beside.create(0o640)?;
        file.write_all(content)?;
        file.sync_all()?;
        // Unlike a rename it takes nobody's place.
        match fs::hard_link(&beside.path, &self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(ErrorKind::Changing.into());
            }
            // Not every file system has links.
            Err(_) => fs::rename(&beside.path, &self.path)?,
            Ok(()) => {}
        }
        if let Some(directory) = &self.directory {
            directory.sync_all()?;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn same_owner(file: &File, wanted: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (wanted.uid(), wanted.gid()) {
        return Ok(());
    }
    fchown(file, Some(wanted.uid()), Some(wanted.gid()))
}

#[cfg(not(unix))]
fn same_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// A file that becomes the other one, or is removed.
struct Beside {
    path: PathBuf,
}

impl Beside {
    fn new(path: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self { path: path.with_file_name(format!(".{name}.{}.{count}", std::process::id())) }
    }

    /// Anew. What takes another's place is for its owner alone until it has the other's permissions.
    fn create(&self, mode: u32) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        #[cfg(not(unix))]
        let _ = mode;
        options.open(&self.path)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After the rename there is none.
        let _ = fs::remove_file(&self.path);
    }
}
