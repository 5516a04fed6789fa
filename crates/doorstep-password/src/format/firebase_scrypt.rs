//! Firebase Authentication's scrypt (firebase/scrypt, `README.md`), in the strings that supabase/auth
//! keeps it in (`internal/crypto/password.go`):
//! `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=…$salt$digest`.
//!
//! scrypt of the password, with the salt and then the project's separator `ss`, gives a key, and the
//! digest is the project's signer key `sk` in AES-256-CTR under it. All but the numbers are in base64
//! with padding. Where a host has its project's parameters apart from the rows, what an export calls
//! salt and hash is enough: `$fbscrypt$salt$digest`.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Format;
use crate::encoding::{Cursor, PADDED, blank};
use crate::secret::Secret;
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::scrypt::ScryptParams;
use crate::work::{Algorithm, Derivation, InvalidParameters, KeyStep};

/// Reads `$fbscrypt$`, and writes none.
///
/// A string that has a signer key holds a secret of the whole project, and its blank holds it still.
/// Better have the key in the configuration, and salt and hash alone in the rows:
///
/// ```
/// use doorstep_password::{Argon2, FirebaseScrypt, Hashers, Secret, Verdict};
///
/// # let base64 = |text| base64::Engine::decode(&base64::prelude::BASE64_STANDARD, text);
/// // From firebase/scrypt's documentation: what the console shows as `hash_config`, and a row.
/// let signer_key = base64(
///     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
/// )?;
/// let firebase = FirebaseScrypt::of_project(Secret::from(signer_key), b"\x07", 8, 14)?;
/// let hashers = Hashers::new(Argon2::default()).accept(firebase);
/// let (salt, hash) = ("42xEC+ixf3L2lw==", "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqA\
///                                          jTdn3aoItz+VHjoZilo78198JAdRuid5lQ==");
/// let stored = format!("$fbscrypt${salt}${hash}");
/// let verdict = hashers.verify(Secret::from("user1password"), &stored)?.run()?;
/// assert_eq!(verdict, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct FirebaseScrypt {
    project: Option<Project>,
}

/// What all hashes of one project have in common.
#[derive(Clone, Debug)]
struct Project {
    params: ScryptParams,
    salt_separator: Vec<u8>,
    signer_key: Arc<Secret>,
}

impl FirebaseScrypt {
    /// Reads `$fbscrypt$salt$digest` as well, by the parameters of a project: `base64_signer_key` and
    /// `base64_salt_separator`, decoded; `rounds`, which is scrypt's r, from 1; and `mem_cost`, the
    /// binary logarithm of its N, from 1.
    ///
    /// # Errors
    /// [`InvalidParameters`] if a number is out of its range, or the key shorter than 16 bytes.
    pub fn of_project(
        signer_key: Secret,
        salt_separator: &[u8],
        rounds: u32,
        mem_cost: u32,
    ) -> Result<Self, InvalidParameters> {
        if signer_key.len() < Self::KEY_LEN_MIN {
            return Err(InvalidParameters);
        }
        let project = Project {
            params: ScryptParams::new(mem_cost, rounds, 1, Self::CIPHER_KEY_LEN)?,
            salt_separator: salt_separator.into(),
            signer_key: Arc::new(signer_key),
        };
        Ok(Self { project: Some(project) })
    }

    /// Firebase's signer keys have 64 bytes. The digest is as long as the key, and a short one would
    /// be cheaper to guess than the password.
    const KEY_LEN_MIN: usize = 16;
    /// Of AES-256: what is used of scrypt's output.
    const CIPHER_KEY_LEN: usize = 32;
}

impl Format for FirebaseScrypt {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$fbscrypt$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("$fbscrypt$")?;
        let of_string;
        let project = match &self.project {
            Some(project) if !cursor.rest().starts_with("v=") => project,
            _ => {
                of_string = project(&mut cursor)?;
                cursor.expect("$")?;
                &of_string
            }
        };
        let mut salt = cursor.base64(&PADDED)?.to_vec();
        if salt.is_empty() {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        salt.extend_from_slice(&project.salt_separator);
        cursor.expect("$")?;
        let digest = cursor.base64(&PADDED)?;
        cursor.expect_len(&digest, project.signer_key.len())?;
        cursor.end()?;
        let derivation = Derivation::new(Algorithm::Other(Arc::new(project.params)), &salt)
            .followed_by(KeyStep::Aes256Ctr(project.signer_key.clone()));
        Ok(StoredHash::of("firebase_scrypt", derivation, digest))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '$', blank::BASE64)
    }
}

/// What stands before the salt in a string that needs no other parameters.
fn project(cursor: &mut Cursor<'_>) -> Result<Project, Refused> {
    cursor.expect("v=1,n=")?;
    let at = cursor.error(MalformedKind::Range);
    let log_n = cursor.decimal()?;
    cursor.expect(",r=")?;
    let r = cursor.decimal()?;
    cursor.expect(",p=")?;
    let p = cursor.decimal()?;
    let params = ScryptParams::new(log_n, r, p, FirebaseScrypt::CIPHER_KEY_LEN)
        .map_err(|InvalidParameters| at)?;
    let mut salt_separator = Vec::new();
    if cursor.accept(",ss=") {
        let at = cursor.error(MalformedKind::Length);
        salt_separator.extend_from_slice(&cursor.base64_up_to(&PADDED, &[',', '$'])?);
        if salt_separator.is_empty() {
            return Err(at.into());
        }
    }
    cursor.expect(",sk=")?;
    let at = cursor.error(MalformedKind::Length);
    let mut signer_key = cursor.base64(&PADDED)?;
    if signer_key.len() < FirebaseScrypt::KEY_LEN_MIN {
        return Err(at.into());
    }
    let signer_key = Arc::new(Secret::from(core::mem::take(&mut *signer_key)));
    Ok(Project { params, salt_separator, signer_key })
}
