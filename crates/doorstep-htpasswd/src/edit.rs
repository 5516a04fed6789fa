//! Changes what the file says about users. Makes no hash.

use std::fmt;
use std::io;
use std::path::Path;

use crate::error::{Error, ErrorKind};
use crate::file::{self, Exclusive, Stamp};
use crate::store::Options;
use crate::table::{Table, can_be_found, with, without};

/// A password file while it is changed. Nobody else who uses this crate changes it meanwhile: they
/// wait until this is saved or dropped.
///
/// ```
/// use doorstep_htpasswd::{Edit, Htpasswd};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("users");
/// # std::fs::write(&path, "# the staff\nbob:$2y$10$…\n")?;
/// let mut edit = Edit::open(&path)?;
/// assert!(edit.set("alice", "$2y$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")?);
/// assert!(edit.remove("bob"));
/// edit.save()?;
/// assert!(Htpasswd::open(&path)?.hash("alice")?.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Edit {
    exclusive: Exclusive,
    options: Options,
    content: Vec<u8>,
    /// Of which state of the file that was; `None` if there is no file yet.
    seen: Option<Stamp>,
}

impl Edit {
    /// Reads the file to change it, with the bounds of the default [`Options`]. Waits for others
    /// who change it.
    ///
    /// # Errors
    /// [`ErrorKind::Io`], [`ErrorKind::NotAFile`], [`ErrorKind::FileTooLong`],
    /// [`ErrorKind::LineTooLong`] or [`ErrorKind::Changing`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        file::is_regular(path.as_ref())?;
        let (exclusive, options) = (Exclusive::lock(path.as_ref())?, Options::default());
        let (content, seen) = file::read(exclusive.path(), options.file_len)?;
        Table::parse(&content, options.line_len)?;
        Ok(Self { exclusive, options, content, seen: Some(seen) })
    }

    /// Begins with no line, whether there is a file or not. A new file is for its owner, and for
    /// its group to read, less what the process's umask takes away; what is there is replaced when
    /// this is saved, and keeps its owner and its permissions.
    ///
    /// # Errors
    /// [`ErrorKind::Io`], or [`ErrorKind::NotAFile`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        let exclusive = Exclusive::lock_new(path.as_ref())?;
        let seen = match file::is_regular(exclusive.path()) {
            Ok(()) => Some(Stamp::of(exclusive.path())?),
            Err(error) if error.kind() == ErrorKind::Io(io::ErrorKind::NotFound) => None,
            Err(error) => return Err(error),
        };
        Ok(Self { exclusive, options: Options::default(), content: Vec::new(), seen })
    }

    /// Whether Apache finds a user by this name again: it ends a name at the colon, trims lines, and
    /// passes over comments.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUsername`].
    pub fn check_username(username: &str) -> Result<(), Error> {
        if can_be_found(username) { Ok(()) } else { Err(ErrorKind::InvalidUsername.into()) }
    }

    /// Sets the hash of a user, and says whether the user is new. What follows the hash in the line
    /// stays. A user of several lines has the hash in all of them.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUsername`], [`ErrorKind::InvalidHash`], [`ErrorKind::LineTooLong`] or
    /// [`ErrorKind::FileTooLong`].
    pub fn set(&mut self, username: &str, hash: &str) -> Result<bool, Error> {
        Self::check_username(username)?;
        if !can_stand_in_line(hash) {
            return Err(ErrorKind::InvalidHash.into());
        }
        let (content, is_new) = with(&self.content, username, hash);
        // What could not be read again is not written.
        if content.len() as u64 > self.options.file_len {
            return Err(ErrorKind::FileTooLong.into());
        }
        Table::parse(&content, self.options.line_len)?;
        self.content = content;
        Ok(is_new)
    }

    /// Removes all lines of a user, and says whether there were any.
    pub fn remove(&mut self, username: &str) -> bool {
        let Some(content) = without(&self.content, username) else { return false };
        self.content = content;
        true
    }

    /// Writes the file: into another, to the disk, and renamed, with the owner and the permissions
    /// of the first. Whoever reads it sees the old or the new one, also after a crash.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; [`ErrorKind::Changing`] if somebody who knows no lock was quicker. The
    /// file is then as it was.
    pub fn save(self) -> Result<(), Error> {
        match self.seen {
            Some(seen) => self.exclusive.replace(&self.content, seen).map(drop),
            None => self.exclusive.create(&self.content),
        }
    }
}

/// Whether it ends neither its field nor its line, and is not trimmed.
pub(crate) fn can_stand_in_line(hash: &str) -> bool {
    !hash.is_empty() && !hash.contains(':') && hash.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit").field("path", &self.exclusive.path()).finish_non_exhaustive()
    }
}
