//! The bridge between `scripts/interop` and the hashers: a line in, a line out.
//!
//! ```text
//! verify<TAB>base64 of the password<TAB>hash      match, mismatch, or refused: and the reason
//! make<TAB>name<TAB>base64 of the password        the hash, or refused: and the reason
//! time<TAB>n<TAB>base64 of the password<TAB>hash  nanoseconds that each of n takes together: they match
//! ```
//!
//! The names are passlib's. Parameters are the lowest that each algorithm takes, or little more: it is
//! for comparing, not for storing.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::{
    Argon2, Bcrypt, Hashers, Pbkdf2, Prf, Secret, ShaCrypt, ShaCryptVariant, Verdict, Work,
    Workspace, hashers, imports,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut workspace = Workspace::new();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let fields: Vec<&str> = line.split('\t').collect();
        let answer = match fields[..] {
            ["verify", password, stored] => {
                verify(&STANDARD.decode(password)?, stored, &mut workspace)?
            }
            ["make", name, password] => make(name, &STANDARD.decode(password)?, &mut workspace)?,
            ["time", together, password, stored] => {
                time(together.parse()?, &STANDARD.decode(password)?, stored, &mut workspace)?
            }
            _ => return Err("a line begins with `verify`, `make` or `time`".into()),
        };
        writeln!(out, "{answer}")?;
        // The other side waits for each answer.
        out.flush()?;
    }
    Ok(())
}

fn verify(
    password: &[u8],
    stored: &str,
    workspace: &mut Workspace,
) -> Result<String, Box<dyn Error>> {
    Ok(match everything().verify(Secret::new(password), stored) {
        Err(refused) => format!("refused: {refused}"),
        Ok(work) => match work.run_in(workspace)? {
            Verdict::Match | Verdict::Outdated => "match".to_string(),
            Verdict::Mismatch => "mismatch".to_string(),
        },
    })
}

/// Everything that is told by its prefix.
fn everything() -> Hashers {
    let own = hashers().fold(Hashers::new(Argon2::default()), Hashers::accept);
    imports().fold(own, Hashers::accept)
}

fn time(
    together: u32,
    password: &[u8],
    stored: &str,
    workspace: &mut Workspace,
) -> Result<String, Box<dyn Error>> {
    let hashers = everything();
    let begin = Instant::now();
    let works: Result<Vec<_>, _> =
        (0..together).map(|_| hashers.verify(Secret::new(password), stored)).collect();
    let verdicts = Work::run_together(works?, workspace);
    let nanoseconds = begin.elapsed().as_nanos() / u128::from(together.max(1));
    if verdicts.into_iter().all(|verdict| verdict.is_ok_and(Verdict::is_match)) {
        Ok(nanoseconds.to_string())
    } else {
        Err("only what matches is timed".into())
    }
}

fn make(name: &str, password: &[u8], workspace: &mut Workspace) -> Result<String, Box<dyn Error>> {
    let hashers = match name {
        "argon2" => Hashers::new(Argon2::new(64, 2, 2)?),
        "bcrypt" => Hashers::new(Bcrypt::new(4)?),
        "pbkdf2_sha1" => Hashers::new(Pbkdf2::new(Prf::Sha1, 100)?),
        "pbkdf2_sha256" => Hashers::new(Pbkdf2::new(Prf::Sha256, 100)?),
        "pbkdf2_sha512" => Hashers::new(Pbkdf2::new(Prf::Sha512, 100)?),
        "sha256_crypt" => Hashers::new(ShaCrypt::new(ShaCryptVariant::Sha256, 1000)?),
        "sha512_crypt" => Hashers::new(ShaCrypt::new(ShaCryptVariant::Sha512, 1000)?),
        unknown => return Err(format!("no hasher of the name {unknown}").into()),
    };
    Ok(match hashers.hash(Secret::new(password)) {
        Err(refused) => format!("refused: {refused}"),
        Ok(work) => work.run_in(workspace)?,
    })
}
