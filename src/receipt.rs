//! Proof that a password was verified a moment ago, so that the next request need not hash.

use core::fmt;

use doorstep_password::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// What a grant by password leaves behind, if the authenticator makes receipts.
///
/// Kept by the host in a bounded cache with a time to live, under the user-id, it lets
/// [`Verify::recall`](crate::Verify::recall) skip the hashing for the same user-id, the same password
/// and the same stored hash. It is an HMAC under the authenticator's own random key and holds no
/// password; a changed password or a restart makes it worthless.
///
/// Whoever can read the process's memory has receipt and key together, and can then guess passwords
/// at the speed of one HMAC each, not of a password hash. Do not store receipts.
///
/// ```
/// use core::ops::ControlFlow;
/// use doorstep::password::{Bcrypt, Hashers};
/// use doorstep::{Authenticator, FindUser, Outcome, Step};
///
/// let auth = Authenticator::builder("example", Hashers::new(Bcrypt::new(5)?)).receipts().build()?;
/// let stored = auth.hashers().hash("open sesame".into())?.run()?;
/// let verify = || {
///     let Step::FindUser(ask) = auth.login("Aladdin", "open sesame".into()) else { panic!() };
///     let Step::Verify(work) = ask.found(1, &*stored) else { panic!() };
///     work
/// };
///
/// let Step::Done(Outcome::Granted(granted)) = verify().run() else { panic!() };
/// let receipt = granted.receipt().copied().expect("the authenticator makes them");
///
/// // The next request: without hashing.
/// let ControlFlow::Break(step) = verify().recall(&receipt) else { panic!() };
/// assert!(matches!(step, Step::Done(Outcome::Granted(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Eq)]
pub struct Receipt([u8; 32]);

impl PartialEq for Receipt {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt(..)")
    }
}

/// The key under which an authenticator makes its receipts: as HMAC has it after its first block, and
/// wiped when it is dropped, copies included.
pub(crate) struct ReceiptKey(Hmac<Sha256>);

impl ReceiptKey {
    /// Shorter than the output is weaker than the output (RFC 2104 §3).
    pub(crate) const MIN_LEN: usize = 32;

    pub(crate) fn new(key: &Secret) -> Option<Self> {
        if key.len() < Self::MIN_LEN {
            return None;
        }
        Hmac::new_from_slice(key.expose()).ok().map(Self)
    }

    /// Over the three fields, each behind its length, so that no two triples are one message.
    pub(crate) fn receipt(&self, username: &str, password: &[u8], stored: &str) -> Receipt {
        let mut mac = self.0.clone();
        for field in [username.as_bytes(), password, stored.as_bytes()] {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field);
        }
        Receipt(mac.finalize().into_bytes().into())
    }
}

/// The compiler's word that no key stays behind in freed memory: HMAC's state is two of these.
const _: () = {
    const fn is_wiped<T: zeroize::ZeroizeOnDrop>() {}
    is_wiped::<Sha256>();
};
