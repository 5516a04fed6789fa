//! The store: what is known of the file, and when to look at it again.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use doorstep::driver::{BlockingStore, Store};
use doorstep::{Account, FindToken, FindUser, Replace, TokenRecord};

use crate::edit::can_stand_in_line;
use crate::error::{Error, ErrorKind};
use crate::file::{self, Exclusive, Stamp};
use crate::table::{Problem, Table, replaced};

/// What a store is told once.
///
/// ```no_run
/// use doorstep_htpasswd::Options;
///
/// let mut options = Options::default();
/// options.writable = true;
/// let store = options.open("/etc/apache2/users")?;
/// # Ok::<(), doorstep_htpasswd::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Whether hashes are renewed in the file. Off by default: then a renewal fails, which fails no
    /// login. Let the first of the hashers be what the file has, or each login makes a hash in
    /// vain.
    pub writable: bool,
    /// How often the file is looked at, at most.
    pub check_every: Duration,
    /// How long a change must be past before it is taken: `htpasswd` writes in place, in less than
    /// this. Shorter than the tick of the file system's clock, it may miss the second of two
    /// changes.
    pub settle: Duration,
    /// The most bytes of the file.
    pub file_len: u64,
    /// The most bytes of a line.
    pub line_len: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            writable: false,
            // A removed user is out this much later, and the one after it.
            check_every: Duration::from_secs(1),
            settle: Duration::from_secs(1),
            // Some 50 000 users.
            file_len: 4 << 20,
            // Apache's MAX_STRING_LEN.
            line_len: 8192,
        }
    }
}

impl Options {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ErrorKind::Io`], [`ErrorKind::FileTooLong`], [`ErrorKind::LineTooLong`] or
    /// [`ErrorKind::Changing`].
    pub fn open(self, path: impl Into<PathBuf>) -> Result<Htpasswd, Error> {
        let path = path.into();
        let known = Known::read(&path, &self)?;
        Ok(Htpasswd { shared: Arc::new(Shared { path, options: self, known: Mutex::new(known) }) })
    }
}

/// The users of a password file. Cheap to clone: all clones read it once.
///
/// A user is its user-id. As a [`Store`] it reads and writes on the executor's thread: a look at
/// the file takes microseconds, a renewal waits for the disk. A host with many of those defers
/// them, and calls [`replace_hash`](Self::replace_hash) on a thread for it.
#[derive(Clone)]
pub struct Htpasswd {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    options: Options,
    known: Mutex<Known>,
}

/// What the file said.
struct Known {
    table: Result<Arc<Table>, Error>,
    /// Of which state of the file that is; `None` if it is to be read again.
    stamp: Option<Stamp>,
    checked: Instant,
}

impl Htpasswd {
    /// Reads the file, with the default [`Options`].
    ///
    /// # Errors
    /// As [`Options::open`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Options::default().open(path)
    }

    /// The lines that no user comes of, as of the last reading.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub fn problems(&self) -> Result<Vec<Problem>, Error> {
        Ok(self.table()?.problems.clone())
    }

    /// The stored hash of a user.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub fn hash(&self, username: &str) -> Result<Option<String>, Error> {
        Ok(self.table()?.hash(username).map(str::to_owned))
    }

    /// Puts the new hash where the old one still is, in the file, and says whether it was.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`] unless the store was asked to write, [`ErrorKind::InvalidHash`], and
    /// what may befall reading and writing. The file is then as it was.
    pub fn replace_hash(&self, username: &str, old: &str, new: &str) -> Result<bool, Error> {
        let Shared { path, options, known } = &*self.shared;
        if !options.writable {
            return Err(ErrorKind::ReadOnly.into());
        }
        if !can_stand_in_line(new) {
            return Err(ErrorKind::InvalidHash.into());
        }
        let exclusive = Exclusive::lock(path)?;
        let (content, seen) = file::read(exclusive.path(), options.file_len)?;
        let Some(content) = replaced(&content, username, old, new) else { return Ok(false) };
        // What could not be read again is not written.
        if content.len() as u64 > options.file_len {
            return Err(ErrorKind::FileTooLong.into());
        }
        let table = Table::parse(&content, options.line_len)?;
        let stamp = exclusive.replace(&content, seen)?;
        let stamp = stamp.is_quiet(options.settle).then_some(stamp);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Known { table: Ok(Arc::new(table)), stamp, checked: Instant::now() };
        Ok(true)
    }

    /// What the file says, read again if it says something else and it is time to look.
    fn table(&self) -> Result<Arc<Table>, Error> {
        let Shared { path, options, known } = &*self.shared;
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.checked.elapsed() >= options.check_every {
            known.check(path, options);
        }
        known.table.clone()
    }

    fn account(&self, username: &str) -> Result<Option<(String, Account)>, Error> {
        let table = self.table()?;
        Ok(table.hash(username).map(|hash| (username.to_owned(), Account::from(hash))))
    }
}

impl Known {
    fn read(path: &Path, options: &Options) -> Result<Self, Error> {
        let (content, stamp) = file::read(path, options.file_len)?;
        let table = Table::parse(&content, options.line_len)?;
        // It may be half of what is being written: look again.
        let stamp = stamp.is_quiet(options.settle).then_some(stamp);
        Ok(Self { table: Ok(Arc::new(table)), stamp, checked: Instant::now() })
    }

    fn check(&mut self, path: &Path, options: &Options) {
        self.checked = Instant::now();
        match Stamp::of(path) {
            Ok(stamp) if Some(stamp) == self.stamp => {}
            // It is being written, perhaps: what was read last counts.
            Ok(stamp) if !stamp.is_quiet(options.settle) => {}
            Ok(_) => match Self::read(path, options) {
                Ok(known) => *self = known,
                // Soon it will be quiet.
                Err(error) if error.kind() == ErrorKind::Changing => {}
                Err(error) => self.fail(error),
            },
            Err(error) => self.fail(error.into()),
        }
    }

    fn fail(&mut self, error: Error) {
        (self.table, self.stamp) = (Err(error), None);
    }
}

impl Store for Htpasswd {
    type User = String;
    type Error = Error;

    async fn find_user(&self, ask: &FindUser<String>) -> Result<Option<(String, Account)>, Error> {
        self.account(ask.username())
    }

    /// There are no tokens here.
    async fn find_token(
        &self,
        _: &FindToken<String>,
    ) -> Result<Option<(String, TokenRecord)>, Error> {
        Ok(None)
    }

    async fn replace_hash(&self, ask: &Replace<String>) -> Result<bool, Error> {
        Self::replace_hash(self, ask.user(), ask.old(), ask.new_hash())
    }
}

impl BlockingStore for Htpasswd {
    type User = String;
    type Error = Error;

    fn find_user(&mut self, ask: &FindUser<String>) -> Result<Option<(String, Account)>, Error> {
        self.account(ask.username())
    }

    /// There are no tokens here.
    fn find_token(
        &mut self,
        _: &FindToken<String>,
    ) -> Result<Option<(String, TokenRecord)>, Error> {
        Ok(None)
    }

    fn replace_hash(&mut self, ask: &Replace<String>) -> Result<bool, Error> {
        Self::replace_hash(self, ask.user(), ask.old(), ask.new_hash())
    }
}

impl fmt::Debug for Htpasswd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.shared.known.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Htpasswd")
            .field("path", &self.shared.path)
            .field("users", &known.table.as_ref().map(|table| table.len()))
            .finish_non_exhaustive()
    }
}
