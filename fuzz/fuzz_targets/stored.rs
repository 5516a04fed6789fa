//! Any string is read without a panic, and what is accepted is canonical: within the limits, and the
//! one string that its own parameters, salt and digest are written as.

#![no_main]

use std::sync::LazyLock;

use doorstep::password::{
    Algorithm, Argon2, Argon2Variant, Argon2Version, Bcrypt, Format, Hasher, Hashers, Limits,
    Pbkdf2, Refused, Secret, ShaCrypt, StoredHash,
};
use libfuzzer_sys::fuzz_target;

static HASHERS: LazyLock<Hashers> = LazyLock::new(|| {
    Hashers::new(Argon2::default())
        .accept(Bcrypt::default())
        .accept(Pbkdf2::default())
        .accept(ShaCrypt::default())
});

fuzz_target!(|stored: &str| {
    let formats: [&dyn Format; 4] =
        [&Argon2::default(), &Bcrypt::default(), &Pbkdf2::default(), &ShaCrypt::default()];
    let mut claims = 0;
    for format in formats {
        // Not behind `claims`: a format that is asked for another's string must not panic either.
        if let Ok(hash) = format.parse(stored) {
            assert!(format.claims(stored), "read, but not claimed");
            assert_eq!(written(stored, &hash), stored);
        }
        claims += usize::from(format.claims(stored));
    }
    assert!(claims <= 1, "two formats claim one string");

    match HASHERS.inspect(stored) {
        Ok(hash) => {
            assert_eq!(claims, 1);
            within_limits(stored, &hash);
            // The plan for a password is made, or refused for its price, without a panic.
            let work = HASHERS.verify(Secret::new(&[b'x'; 4096]), stored);
            assert!(matches!(work, Ok(_) | Err(Refused::TooCostly(_))));
        }
        Err(Refused::UnknownFormat) => assert_eq!(claims, 0),
        Err(Refused::Malformed(malformed)) => assert!(malformed.at <= stored.len()),
        Err(_) => {}
    }
});

/// Writes the hash anew with a hasher of its parameters. What no hasher writes is put into the form
/// that it was read in.
fn written(stored: &str, hash: &StoredHash) -> String {
    let encode = |hasher: &dyn Hasher| hasher.encode(hash.derivation(), hash.digest());
    match hash.derivation().algorithm() {
        Algorithm::Argon2(params) => {
            let (m, t, p) = (params.memory_kib(), params.passes(), params.lanes());
            let written = encode(&Argon2::new(m, t, p).expect("parsed parameters"));
            let variant = match params.variant {
                Argon2Variant::Argon2d => "$argon2d$",
                Argon2Variant::Argon2i => "$argon2i$",
                Argon2Variant::Argon2id => "$argon2id$",
            };
            // Absent, the version is 16.
            let version = match params.version {
                Argon2Version::V0x10 if stored.contains("$v=") => "v=16$",
                Argon2Version::V0x10 => "",
                Argon2Version::V0x13 => "v=19$",
            };
            written.replacen("$argon2id$v=19$", &format!("{variant}{version}"), 1)
        }
        Algorithm::Bcrypt(params) => {
            let written = encode(&Bcrypt::new(params.cost()).expect("parsed parameters"));
            format!("{}{}", &stored[..3], &written[3..])
        }
        Algorithm::Pbkdf2(params) => {
            let hasher = Pbkdf2::new(params.prf(), params.rounds()).expect("parsed parameters");
            let written = encode(&hasher);
            if !stored.contains("$i=") {
                return written;
            }
            // PHC: names, the length, and the usual `+` for passlib's `.`.
            let rounds = format!("${}$", params.rounds());
            let named = format!("$i={},l={}$", params.rounds(), params.key_len());
            let written = written.replacen(&rounds, &named, 1).replace('.', "+");
            if written.starts_with("$pbkdf2$") {
                written.replacen("$pbkdf2$", "$pbkdf2-sha1$", 1)
            } else {
                written
            }
        }
        Algorithm::ShaCrypt(params) => {
            let hasher = ShaCrypt::new(params.variant(), params.rounds());
            let written = encode(&hasher.expect("parsed parameters"));
            // crypt() keeps a `rounds=5000` that it was given: the one value with two spellings.
            if stored[3..].starts_with("rounds=5000$") {
                format!("{}rounds=5000${}", &written[..3], &written[3..])
            } else {
                written
            }
        }
        algorithm => panic!("{algorithm:?} is not of these formats"),
    }
}

fn within_limits(stored: &str, hash: &StoredHash) {
    let limits = Limits::default();
    assert!(stored.len() <= limits.stored_len);
    let cost = hash.cost(0);
    assert!(cost.units <= limits.units);
    assert!(cost.memory_kib <= limits.argon2_memory_kib.into());
    match hash.derivation().algorithm() {
        Algorithm::Argon2(params) => {
            assert!(params.passes() <= limits.argon2_passes);
            assert!(params.lanes() <= limits.argon2_lanes);
        }
        Algorithm::Bcrypt(params) => assert!(params.cost() <= limits.bcrypt_cost),
        Algorithm::Pbkdf2(params) => assert!(params.total_rounds() <= limits.pbkdf2_rounds),
        Algorithm::ShaCrypt(params) => assert!(params.rounds() <= limits.sha_crypt_rounds),
        algorithm => panic!("{algorithm:?} is not of these formats"),
    }
    assert!((4..=1024).contains(&hash.digest().len()));
}
