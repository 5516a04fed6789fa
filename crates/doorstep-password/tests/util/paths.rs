//! A hash of each built-in format, of each variant of its algorithm and of each layer around it, as cheap
//! as they come; and what a test can know of the secrets on the way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::{
    Algorithm, Argon2, Bcrypt, Hasher, Hashers, Normalization, Pbkdf2, Peppered, Prf, Secret,
    ShaCrypt, ShaCryptVariant, Wrapped,
};
use sha2::Digest as _;

use super::families::FAMILIES;
use super::{rows, unescape};

/// A hash, its password and another one.
pub struct Case {
    pub name: String,
    pub hashers: Hashers,
    pub stored: String,
    pub password: Vec<u8>,
    pub wrong: Vec<u8>,
    /// Of both passwords, and of the hash.
    pub secrets: Vec<Vec<u8>>,
}

/// Two blocks of SHA-256's HMAC, and below the 72 bytes of bcrypt.
const PASSWORD: &str = "a-Zitronenfalter-of-sixty-nine-bytes-flies-0123456789-over-the-hedge!";
/// As a Mac types it, and composed (UAX 15). Neither holds eight bytes of the other.
const PARTS: &str = "a\u{30a}e\u{301}o\u{308}u\u{308}n\u{303}c\u{327}i\u{302}";
const COMPOSED: &str = "åéöüñçî";
/// Rows that are dearer are left out: their family has cheaper ones, or shares its code with others.
const UNITS: u64 = 6_000;

impl Case {
    /// That which decides at last.
    pub fn algorithm(&self) -> Algorithm {
        self.hashers.inspect(&self.stored).unwrap().derivation().algorithm().clone()
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = written();
    cases.extend(argon2());
    cases.extend(layers());
    cases.extend(imported());
    cases
}

fn case(name: &str, hashers: Hashers, stored: String, password: &[u8]) -> Case {
    let wrong: Vec<u8> = password.iter().map(|byte| byte ^ 1).rev().collect();
    let digest = hashers.inspect(&stored).unwrap().digest().to_vec();
    let mut secrets = vec![digest];
    for password in [password, &wrong] {
        secrets.extend(derived(password));
    }
    secrets.retain(|secret| secret.len() >= doorstep_test_alloc::WINDOW);
    let name = format!("{name} {stored}");
    Case { name, hashers, stored, password: password.to_vec(), wrong, secrets }
}

/// The password, and what stands between it and a key that a test can know.
fn derived(password: &[u8]) -> Vec<Vec<u8>> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mut secrets = vec![password.to_vec()];
    // HMAC's padded keys (RFC 2104 §2).
    secrets.extend([0x36, 0x5c].map(|pad| password.iter().map(|byte| byte ^ pad).collect()));
    // sha-crypt's digest DP (steps 13 to 15).
    secrets.push(sha2::Sha256::digest(password.repeat(password.len())).to_vec());
    secrets.push(sha2::Sha512::digest(password.repeat(password.len())).to_vec());
    for digest in [
        md5::Md5::digest(password).to_vec(),
        sha1::Sha1::digest(password).to_vec(),
        sha2::Sha256::digest(password).to_vec(),
        sha2::Sha384::digest(password).to_vec(),
        sha2::Sha512::digest(password).to_vec(),
    ] {
        secrets.push(hex(&digest).into_bytes());
        secrets.push(STANDARD.encode(&digest).into_bytes());
        secrets.push(digest);
    }
    if let Ok(text) = str::from_utf8(password) {
        secrets.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    secrets
}

fn make(hasher: impl Hasher, password: &str) -> (Hashers, String) {
    let hashers = Hashers::new(hasher);
    let stored = hashers.hash(Secret::from(password)).unwrap().run().unwrap();
    (hashers, stored)
}

/// Those that are written, one for each code path of their arithmetic.
fn written() -> Vec<Case> {
    let sha_crypt = |variant| ShaCrypt::new(variant, 1000).unwrap();
    [
        make(Argon2::new(64, 2, 1).unwrap(), PASSWORD),
        make(Argon2::new(64, 1, 4).unwrap(), PASSWORD),
        make(Bcrypt::new(4).unwrap(), PASSWORD),
        make(Pbkdf2::new(Prf::Sha1, 20).unwrap(), PASSWORD),
        make(Pbkdf2::new(Prf::Sha256, 20).unwrap(), PASSWORD),
        make(Pbkdf2::new(Prf::Sha512, 20).unwrap(), PASSWORD),
        make(sha_crypt(ShaCryptVariant::Sha256), PASSWORD),
        make(sha_crypt(ShaCryptVariant::Sha512), PASSWORD),
    ]
    .map(|(hashers, stored)| case("written:", hashers, stored, PASSWORD.as_bytes()))
    .into()
}

/// Every variant and version, by the crate `argon2`.
fn argon2() -> Vec<Case> {
    use ::argon2::{Algorithm, Argon2 as Primitive, Params, Version};
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    let mut cases = Vec::new();
    for algorithm in [Algorithm::Argon2d, Algorithm::Argon2i, Algorithm::Argon2id] {
        for version in [Version::V0x10, Version::V0x13] {
            for lanes in [1, 2] {
                let params = Params::new(64, 2, lanes, Some(32)).unwrap();
                let mut tag = [0; 32];
                let salt = b"sixteen of bytes";
                Primitive::new(algorithm, version, params)
                    .hash_password_into(PASSWORD.as_bytes(), salt, &mut tag)
                    .unwrap();
                let (name, version) = (algorithm.as_str(), version as u32);
                let (salt, tag) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(tag));
                let stored = format!("${name}$v={version}$m=64,t=2,p={lanes}${salt}${tag}");
                let hashers = Hashers::new(Argon2::new(64, 1, 1).unwrap());
                cases.push(case("argon2:", hashers, stored, PASSWORD.as_bytes()));
            }
        }
    }
    cases
}

/// Under a key, around an old hash, in two spellings, and each of these at once.
fn layers() -> Vec<Case> {
    let argon2 = || Argon2::new(64, 1, 1).unwrap();
    let pbkdf2 = || Pbkdf2::new(Prf::Sha256, 20).unwrap();
    let key = || Secret::from("thirty-two bytes of a secret key");
    let under_key = |hasher| Peppered::new(hasher, "k1", key()).unwrap();
    let (hashers, stored) = make(under_key(argon2()), PASSWORD);
    let mut cases = vec![case("peppered:", hashers, stored, PASSWORD.as_bytes())];
    for password in [PASSWORD, COMPOSED] {
        let (old_hashers, old) = make(pbkdf2(), password);
        let wrapped = Wrapped::new(argon2()).of(pbkdf2());
        let stored = wrapped.wrap(&old).unwrap().run().unwrap();
        let hashers = Hashers::new(argon2()).accept(wrapped).normalize(Normalization::Nfc);
        cases.push(case("wrapped:", hashers.clone(), stored, password.as_bytes()));
        let wrapped = Wrapped::new(under_key(argon2())).of(pbkdf2());
        let stored = wrapped.wrap(&old).unwrap().run().unwrap();
        let hashers = Hashers::new(argon2()).accept(wrapped).normalize(Normalization::Nfc);
        let mut layered = case("wrapped and peppered:", hashers, stored, password.as_bytes());
        let digest = old_hashers.inspect(&old).unwrap().digest().to_vec();
        layered.secrets.push(STANDARD.encode(&digest).into_bytes());
        layered.secrets.push(digest);
        if password == COMPOSED {
            layered.password = PARTS.into();
            layered.secrets.extend(derived(PARTS.as_bytes()));
        }
        cases.push(layered);
    }
    cases
}

/// The cheapest of each name that a family has.
fn imported() -> Vec<Case> {
    let mut cases = Vec::new();
    for family in FAMILIES {
        let mut rows: Vec<_> = rows(family.rows)
            .filter(|row| row[3] == "match")
            .map(|row| {
                let (password, stored) = (STANDARD.decode(row[1]).unwrap(), unescape(row[2]));
                let hashers = (family.hashers)(row[5]);
                let hash = hashers.inspect(&stored).unwrap();
                (hash.cost(password.len()).units, hash.name(), hashers, stored, password)
            })
            .filter(|(units, .., password)| {
                *units <= UNITS && password.len() >= doorstep_test_alloc::WINDOW
            })
            .collect();
        rows.sort_by_key(|(units, name, ..)| (*name, *units));
        rows.dedup_by_key(|(_, name, ..)| *name);
        for (_, _, hashers, stored, password) in rows {
            cases.push(case(&format!("{}:", family.name), hashers, stored, &password));
        }
    }
    cases
}
