//! Users for `doorstep` in a password file as Apache's `htpasswd` writes it.
//!
//! [`Htpasswd`] is a store for both of `doorstep`'s drivers. It reads the file again when it
//! changes, and writes nothing unless it is asked to.
//!
//! ```
//! use doorstep::driver::drive_blocking;
//! use doorstep::password::{Bcrypt, Hashers, Workspace};
//! use doorstep::{Authenticator, Basic, Scopes, UnixTime};
//! use doorstep_htpasswd::Htpasswd;
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("users");
//! # // htpasswd -B -C 5
//! # let hash = Hashers::new(Bcrypt::new(5)?).hash("open sesame".into())?.run()?;
//! # std::fs::write(&path, format!("Aladdin:{hash}\n"))?;
//! let mut store = Htpasswd::open(&path)?;
//! for problem in store.problems()? {
//!     eprintln!("{}: {problem}", path.display()); // line 7: there is no colon
//! }
//!
//! let hashers = Hashers::new(Bcrypt::new(5)?); // what htpasswd writes with -B
//! let auth = Authenticator::builder("example", hashers).scheme(Basic::new()).build()?;
//! let step = auth.begin([("authorization", &b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="[..])]);
//! let now = UnixTime::from_secs(1_700_000_000);
//! let outcome = drive_blocking(step, &mut store, &mut Workspace::new(), now)?;
//! assert_eq!(outcome.require(&Scopes::NONE_ASKED)?.user(), "Aladdin");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it reads
//!
//! A line is `user-id:hash`; what follows a second colon is ignored, as are blank lines, lines that
//! begin with `#`, and blanks around a line. The first line of a user-id counts. All that is as
//! Apache does it. User-ids are compared byte for byte.
//!
//! Which hashes are verified is decided by the authenticator's hashers: bcrypt (`htpasswd -B`) and
//! sha-crypt (`-2`, `-5`) are among them. `$apr1$` (`-m`), `{SHA}` (`-s`) and `crypt` (`-d`) are, if
//! they accept `Md5Crypt`, `Ldap` and `DesCrypt`, of the feature `import` of `doorstep`. The others
//! and plain text are refused, each for its own account and after the same work as a wrong password.
//! Nothing is tried as another format.
//!
//! # Never half of it
//!
//! `htpasswd` writes over the file in place. A change is therefore taken once the file was quiet
//! for [`Options::settle`], and only if it did not change while it was read; until then the last
//! content counts. A file that is gone or cannot be read grants nobody.
//!
//! # What it is not
//!
//! It knows no tokens: asked for one, it finds none. With [`Options::writable`] it renews hashes, and
//! an [`Edit`] adds users and takes them out, both atomically; two processes of this crate keep out of each other's way, and
//! `htpasswd` knows no lock: what it writes in the very moment of a change may be lost.

#![forbid(unsafe_code)]

mod edit;
mod error;
mod file;
mod store;
mod table;

pub use crate::edit::Edit;
pub use crate::error::{Error, ErrorKind};
pub use crate::store::{Htpasswd, Options};
pub use crate::table::{Problem, ProblemKind};

/// The README's example, which is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
