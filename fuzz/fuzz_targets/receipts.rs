//! A receipt is good for one user-id, one password and one stored hash under one key, and for nothing
//! else, wherever the borders between the three lie.

#![no_main]

use std::ops::ControlFlow;

use doorstep::password::{Argon2, Hashers, Secret, Workspace};
use doorstep::{Authenticator, Outcome, Receipt, Step, Verify};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    logins: [Login<'a>; 2],
    /// Moves so many bytes from the end of the first user-id to the beginning of the password.
    shift: Option<u8>,
}

#[derive(Arbitrary, Clone, Debug, PartialEq)]
struct Login<'a> {
    username: &'a str,
    password: &'a str,
    /// Whose salt it is stored with.
    salt: bool,
    key: bool,
}

fuzz_target!(|input: Input<'_>| {
    let [first, second] = &input.logins;
    let shifted = input.shift.map(|shift| first.shifted(shift.into()));
    let second = match &shifted {
        Some((username, password)) => Login { username, password, ..first.clone() },
        None => second.clone(),
    };
    let Some(receipt) = first.receipt() else { return };
    // Nobody else's hash is verified here: the password may be wrong, and the receipt must say so.
    for stored in [first.stored(), second.stored()] {
        let (Some(stored), Some(of_first)) = (stored, first.stored()) else { return };
        let is_same = (second.username, second.password, second.key, &stored)
            == (first.username, first.password, first.key, &of_first);
        let Some(verify) = second.verify(&stored) else { return };
        match verify.recall(&receipt) {
            ControlFlow::Break(Step::Done(Outcome::Granted(granted))) => {
                assert!(is_same, "{input:?}");
                assert_eq!(granted.username(), Some(second.username));
                assert_eq!(granted.receipt(), Some(&receipt));
            }
            ControlFlow::Break(step) => panic!("{step:?} of a receipt"),
            ControlFlow::Continue(_) => assert!(!is_same, "{input:?}"),
        }
    }
});

impl<'a> Login<'a> {
    fn shifted(&self, shift: usize) -> (String, String) {
        let mut at = self.username.len().saturating_sub(shift);
        while !self.username.is_char_boundary(at) {
            at -= 1;
        }
        let (username, moved) = self.username.split_at(at);
        (username.into(), format!("{moved}{}", self.password))
    }

    fn auth(&self) -> Authenticator {
        Authenticator::builder("fuzz", hashers())
            .receipts_with_key(Secret::new(&[self.key.into(); 32]))
            .build()
            .expect("a configuration without mistakes")
    }

    /// The password's hash; nothing if no hash is made of it.
    fn stored(&self) -> Option<String> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.salt.into());
        let making = hashers().hash_with_rng(self.password.into(), &mut rng).ok()?;
        Some(making.run().expect("memory"))
    }

    fn verify(&self, stored: &str) -> Option<Verify<u8>> {
        match self.auth().login(self.username, self.password.into()) {
            Step::FindUser(ask) => match ask.found(1, stored) {
                Step::Verify(verify) => Some(verify),
                step => panic!("{step:?} instead of work"),
            },
            Step::Done(Outcome::Denied(_)) => None,
            step => panic!("{step:?} of a login"),
        }
    }

    fn receipt(&self) -> Option<Receipt> {
        match self.verify(&self.stored()?)?.run_in(&mut Workspace::new()) {
            Step::Done(Outcome::Granted(granted)) => granted.receipt().copied(),
            step => panic!("{step:?} of the right password"),
        }
    }
}

fn hashers() -> Hashers {
    Hashers::new(Argon2::new(8, 1, 1).expect("cheap"))
}
