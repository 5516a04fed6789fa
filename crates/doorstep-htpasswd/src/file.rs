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
        let path = fs::canonicalize(path)?;
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
        let mut file = beside.create()?;
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

    /// Anew, and for its owner alone until it has the other's permissions.
    fn create(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After the rename there is none.
        let _ = fs::remove_file(&self.path);
    }
}
