//! Secrets that memcheck takes for undefined memory, so that it reports each branch and each address that
//! depends on one: Langley's ctgrind, 2010.
//!
//! Each case runs under valgrind, in a process of its own, with the kernels and without. Where a secret is
//! not one any more, as a verdict is none, is said in `ctgrind.supp`, with the reason.

use std::error::Error;
use std::ops::ControlFlow;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::password::{
    Algorithm, Argon2Params, Argon2Variant, BcryptParams, Derivation, Goal, Hashers, OutOfMemory,
    Pbkdf2, Pbkdf2Params, Prf, Scrypt, Secret, ShaCryptParams, ShaCryptVariant, Verdict, Work,
    Workspace, Yescrypt,
};
use doorstep::{Authenticator, Basic, Bearer, Outcome, Step, TokenDigest, TokenRecord, UnixTime};

use crate::case::{Case, PASSWORD, TOKEN, named};
use crate::valgrind;

const CASES: &[Case<fn(&mut Workspace)>] = &[
    Case { name: "control-branch", leaks: true, run: control_branch },
    Case { name: "control-address", leaks: true, run: control_address },
    Case { name: "verification", leaks: false, run: verification },
    Case { name: "token", leaks: false, run: token },
    Case { name: "receipt", leaks: false, run: receipt },
    Case { name: "basic", leaks: false, run: basic },
    Case { name: "pbkdf2-sha1", leaks: false, run: |w| derive(w, pbkdf2(Prf::Sha1)) },
    Case { name: "pbkdf2-sha256", leaks: false, run: |w| derive(w, pbkdf2(Prf::Sha256)) },
    Case { name: "pbkdf2-sha512", leaks: false, run: |w| derive(w, pbkdf2(Prf::Sha512)) },
    Case {
        name: "sha256-crypt",
        leaks: false,
        run: |w| derive(w, sha_crypt(ShaCryptVariant::Sha256)),
    },
    Case {
        name: "sha512-crypt",
        leaks: false,
        run: |w| derive(w, sha_crypt(ShaCryptVariant::Sha512)),
    },
    Case { name: "argon2i", leaks: false, run: |w| derive(w, argon2(Argon2Variant::Argon2i)) },
    Case { name: "argon2id", leaks: true, run: |w| derive(w, argon2(Argon2Variant::Argon2id)) },
    Case { name: "argon2d", leaks: true, run: |w| derive(w, argon2(Argon2Variant::Argon2d)) },
    Case { name: "bcrypt", leaks: true, run: |w| derive(w, bcrypt()) },
    Case { name: "scrypt", leaks: true, run: scrypt },
    Case { name: "yescrypt", leaks: true, run: yescrypt },
];

/// Valgrind knows no AVX-512: of the kernels, those for AVX2 run.
const KERNELS: [&str; 2] = ["kernels", "portable"];

/// The status with which valgrind ends what it has reported something of.
const REPORTED: i32 = 9;

/// Has valgrind run each case, or those that are named. Prints what it should not have reported, and the
/// figure; says whether all is as it should be.
pub(crate) fn judge(names: &[&str]) -> Result<bool, Box<dyn Error>> {
    let (mut constant, mut leaking, mut is_within) = (0, 0, true);
    for case in named(CASES, names) {
        for kernels in KERNELS {
            let reports = reports(case.name, kernels)?;
            let seen = if reports.is_some() { "reported" } else { "nothing" };
            println!("{:16} {kernels:8} {seen}", case.name);
            is_within &= reports.is_some() == case.leaks;
            *(if reports.is_some() { &mut leaking } else { &mut constant }) += 1;
            if let Some(text) = reports.filter(|_| !case.leaks) {
                println!("{text}");
            }
        }
    }
    println!(
        "figure: ctgrind: no branch and no address by a secret in {constant} runs; some in {leaking}, of the \
         controls and of algorithms that are not constant-time; portable code and kernels for AVX2"
    );
    Ok(is_within)
}

/// What memcheck reports of a case, if anything.
fn reports(name: &str, kernels: &str) -> Result<Option<String>, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=memcheck", "--quiet", "--leak-check=no"])
        // Deep enough for the frames that `ctgrind.supp` names, with those of inlined functions.
        .args(["--num-callers=16", "--read-inline-info=yes"])
        .arg(format!("--error-exitcode={REPORTED}"))
        .arg(concat!("--suppressions=", env!("CARGO_MANIFEST_DIR"), "/ctgrind.supp"))
        .arg(std::env::current_exe()?)
        .args(["secret", name, kernels])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => Ok(None),
        Some(REPORTED) => Ok(Some(text)),
        _ => Err(format!("{name} under valgrind: {}\n{text}", output.status).into()),
    }
}

/// Runs the case of this name, under valgrind.
pub(crate) fn run(name: &str, kernels: &str) -> Result<(), Box<dyn Error>> {
    let case = CASES.iter().find(|case| case.name == name).ok_or("no such case")?;
    if !valgrind::is_running() {
        return Err("this is for valgrind to run".into());
    }
    (case.run)(&mut if kernels == "portable" { Workspace::portable() } else { Workspace::new() });
    Ok(())
}

/// A copy that memcheck takes for undefined. Its length is none of the secret.
fn secret(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    valgrind::make_secret(&mut bytes);
    bytes
}

fn control_branch(_: &mut Workspace) {
    if secret(PASSWORD)[3] == 7 {
        println!("it is");
    }
}

fn control_address(_: &mut Workspace) {
    let table: Vec<u8> = (0..=255).collect();
    std::hint::black_box(table[usize::from(secret(PASSWORD)[3])]);
}

/// A key of a secret password, which nobody looks at.
fn derive(workspace: &mut Workspace, algorithm: Algorithm) {
    struct Derive(Vec<u8>);

    impl Goal for Derive {
        type Output = usize;

        fn password(&self) -> &[u8] {
            &self.0
        }

        fn conclude(self, key: Result<&[u8], OutOfMemory>) -> usize {
            key.map_or(0, <[u8]>::len)
        }
    }

    let derivation = Derivation::new(algorithm, b"sixteen of bytes");
    assert!(Work::new(derivation, Derive(secret(PASSWORD))).run_in(workspace) > 0);
}

fn pbkdf2(prf: Prf) -> Algorithm {
    Algorithm::Pbkdf2(Pbkdf2Params::new(prf, 20, 40).expect("in their ranges"))
}

fn sha_crypt(variant: ShaCryptVariant) -> Algorithm {
    Algorithm::ShaCrypt(ShaCryptParams::new(variant, 1000).expect("in their ranges"))
}

fn bcrypt() -> Algorithm {
    Algorithm::Bcrypt(BcryptParams::new(4).expect("in its range"))
}

fn argon2(variant: Argon2Variant) -> Algorithm {
    let mut params = Argon2Params::new(64, 2, 1, 32).expect("in their ranges");
    params.variant = variant;
    Algorithm::Argon2(params)
}

fn hashers() -> Hashers {
    let pbkdf2 = Pbkdf2::new(Prf::Sha256, 2).expect("in its range");
    Hashers::new(pbkdf2).accept(Scrypt).accept(Yescrypt)
}

/// A hash of [`PASSWORD`].
fn stored() -> String {
    hashers().hash(Secret::new(PASSWORD)).expect("entropy").run().expect("memory")
}

/// From the reading of the stored hash to the verdict.
fn verify(stored: &str, workspace: &mut Workspace) -> Verdict {
    let work = hashers().verify(Secret::from(secret(PASSWORD)), stored).expect("a hash");
    let mut verdict = work.run_in(workspace);
    valgrind::make_public(&mut verdict);
    verdict.expect("memory")
}

fn verification(workspace: &mut Workspace) {
    assert!(verify(&stored(), workspace).is_match());
}

/// passlib's form, with the least cost, of another password.
fn scrypt(workspace: &mut Workspace) {
    let stored =
        "$scrypt$ln=4,r=8,p=1$c2l4dGVlbiBvZiBieXRlcw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let _ = verify(stored, workspace);
}

/// crypt(5)'s form, of another password.
fn yescrypt(workspace: &mut Workspace) {
    let stored = "$y$j75$......................$...........................................";
    let _ = verify(stored, workspace);
}

fn authenticator() -> Authenticator {
    let builder = Authenticator::builder("ctgrind", hashers());
    let builder = builder.scheme(Basic::new()).scheme(Bearer::new().keep_token());
    builder.receipts_with_key(Secret::from(secret(&[1; 32]))).build().expect("nothing missing")
}

/// The token, and the digest of its record.
fn token(_: &mut Workspace) {
    let digest = secret(TokenDigest::of(TOKEN).as_bytes()).try_into().expect("SHA-256");
    let value = [b"Bearer ".to_vec(), secret(TOKEN)].concat();
    let step = authenticator().begin::<u64>([("authorization", &*value)]);
    let Step::FindToken(ask) = step else { unreachable!("a token of RFC 6750's") };
    let record = TokenRecord::new(TokenDigest::from_bytes(digest));
    let mut step = ask.found(7, record, UnixTime::from_secs(0));
    valgrind::make_public(&mut step);
    assert!(matches!(step, Step::Done(Outcome::Granted(_))));
}

/// The key of receipts and the password, of the right receipt.
fn receipt(workspace: &mut Workspace) {
    let (auth, stored) = (authenticator(), stored());
    let verify = || {
        let step = auth.login::<u64>("alice", Secret::from(secret(PASSWORD)));
        let Step::FindUser(ask) = step else { unreachable!("well-formed") };
        let Step::Verify(work) = ask.found(7, &*stored) else { unreachable!("a password") };
        work
    };
    let mut step = verify().run_in(workspace);
    valgrind::make_public(&mut step);
    let Step::Done(Outcome::Granted(granted)) = step else { unreachable!("the right password") };
    let receipt = granted.receipt().copied().expect("it makes them");
    assert!(matches!(verify().recall(&receipt), ControlFlow::Break(_)));
}

/// The password's part of the field's value, but for its last group, which could be padding: that tells the
/// length.
fn basic(_: &mut Workspace) {
    // Six bytes, so that the password begins a group of its own.
    let user_pass = [b"alice:", &PASSWORD[..]].concat();
    let mut value = format!("Basic {}", STANDARD.encode(user_pass)).into_bytes();
    let end = value.len() - 4;
    valgrind::make_secret(&mut value["Basic ".len() + 8..end]);
    let mut step = authenticator().begin::<u64>([("authorization", &*value)]);
    valgrind::make_public(&mut step);
    assert!(matches!(step, Step::FindUser(_)));
}
