//! Sun's MD5 crypt, which A. Muffett wrote for Solaris 9: MD5 in thousands of rounds, each of which
//! has Hamlet's soliloquy in it or not, as bits of the digest before decide. The steps are those that
//! passlib's documentation describes (`passlib.hash.sun_md5_crypt`).
//!
//! A piece is whole rounds. How many have the text depends on the password, so that the price is that
//! of half of them: it comes out within a few per cent.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use super::derivation::{Kdf, Slices};
use super::digest::Function;
use super::price::Cost;
use super::rounds::{Round, Rounds};
use crate::secret::Secret;

const MD5: Function = Function::Md5;
const LEN: usize = 16;
/// Rounds that are there without being named.
const BASE: u64 = 4096;
const ROUND: u64 = MD5.nanoseconds(LEN + 4 + HAMLET.len() / 2) + 60;

/// Shakespeare, Hamlet III.1, as the first Project Gutenberg edition has it, and the NUL that ends it.
static HAMLET: &[u8] = b"To be, or not to be,--that is the question:--\n\
Whether 'tis nobler in the mind to suffer\n\
The slings and arrows of outrageous fortune\n\
Or to take arms against a sea of troubles,\n\
And by opposing end them?--To die,--to sleep,--\n\
No more; and by a sleep to say we end\n\
The heartache, and the thousand natural shocks\n\
That flesh is heir to,--'tis a consummation\n\
Devoutly to be wish'd. To die,--to sleep;--\n\
To sleep! perchance to dream:--ay, there's the rub;\n\
For in that sleep of death what dreams may come,\n\
When we have shuffled off this mortal coil,\n\
Must give us pause: there's the respect\n\
That makes calamity of so long life;\n\
For who would bear the whips and scorns of time,\n\
The oppressor's wrong, the proud man's contumely,\n\
The pangs of despis'd love, the law's delay,\n\
The insolence of office, and the spurns\n\
That patient merit of the unworthy takes,\n\
When he himself might his quietus make\n\
With a bare bodkin? who would these fardels bear,\n\
To grunt and sweat under a weary life,\n\
But that the dread of something after death,--\n\
The undiscover'd country, from whose bourn\n\
No traveller returns,--puzzles the will,\n\
And makes us rather bear those ills we have\n\
Than fly to others that we know not of?\n\
Thus conscience does make cowards of us all;\n\
And thus the native hue of resolution\n\
Is sicklied o'er with the pale cast of thought;\n\
And enterprises of great pith and moment,\n\
With this regard, their currents turn awry,\n\
And lose the name of action.--Soft you now!\n\
The fair Ophelia!--Nymph, in thy orisons\n\
Be all my sins remember'd.\n\0";

/// The rounds beside those that are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SunMd5Rounds(pub(crate) u32);

impl Kdf for SunMd5Rounds {
    fn cost(&self, password_len: usize) -> Cost {
        let rounds = (BASE + u64::from(self.0)) * ROUND;
        let first = MD5.nanoseconds(password_len.saturating_add(1024));
        Cost::new(1, rounds.saturating_add(first).div_ceil(1000))
    }

    /// The salt is all of the string before the digest.
    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        let mut digest = Zeroizing::new(vec![0; LEN]);
        MD5.hash(&[password, salt], &mut digest);
        Rounds::begin(State { digest, round: 0 }, BASE + u64::from(self.0), ROUND)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("rounds", self.0.to_string())]
    }
}

struct State {
    digest: Zeroizing<Vec<u8>>,
    round: u64,
}

impl Round for State {
    fn round(&mut self) {
        let mut last = [0; LEN];
        last.copy_from_slice(&self.digest);
        let text = if has_text(&last, self.round) { HAMLET } else { &[] };
        MD5.hash(&[&last, text, decimal(self.round, &mut [0; 20])], &mut self.digest);
        last.zeroize();
        self.round += 1;
    }

    fn key(&mut self) -> Secret {
        Secret::new(&self.digest)
    }
}

fn has_text(digest: &[u8; LEN], round: u64) -> bool {
    let x = chosen(digest, 0) >> u64::from(bit(digest, round));
    let y = chosen(digest, 8) >> u64::from(bit(digest, round + 64));
    bit(digest, x) != bit(digest, y)
}

/// Eight bits, each chosen by two bytes of the digest.
fn chosen(digest: &[u8; LEN], from: usize) -> u64 {
    (0..8).fold(0, |bits, n| {
        let a = digest[(from + n) % LEN];
        let b = digest[(from + n + 3) % LEN];
        let byte = digest[usize::from(a >> (b % 5)) % LEN];
        let at = if b >> (a % 8) & 1 == 1 { byte >> 1 } else { byte };
        bits | u64::from(bit(digest, at.into())) << n
    })
}

/// Bit `n`, of 128 that go round.
fn bit(digest: &[u8; LEN], n: u64) -> bool {
    digest[(n / 8 % 16) as usize] >> (n % 8) & 1 == 1
}

/// The digits of a number, in as much of the buffer as they need.
fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[at..];
        }
    }
}
