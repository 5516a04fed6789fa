//! Which library in C computes which case, and how each was built.

use doorstep_password::{
    Algorithm, Bcrypt, Hasher, Hashers, Pbkdf2Params, Prf, ShaCrypt, ShaCryptVariant,
};

use super::{argon2_c, libxcrypt, openssl};
use crate::case::{Case, Input, Memory};
use crate::peers::{About, Peer};

/// The peers in C that compute `case`.
pub(crate) fn peers(case: &Case) -> Vec<Peer> {
    match case.algorithm.clone() {
        Algorithm::Argon2(params) => {
            let mut peers = argon2_c::peers(&params, case.memory);
            // It takes no memory of the caller's.
            if case.memory == Memory::Fresh && openssl::has_argon2id() {
                peers.push(Peer::new("openssl", move |input| {
                    openssl::argon2id(&params, &input.password, &input.salt)
                }));
            }
            peers
        }
        Algorithm::Bcrypt(params) => {
            let hasher = Bcrypt::new(params.cost()).expect("the cost is in range");
            vec![by_libxcrypt(case, hasher)]
        }
        Algorithm::ShaCrypt(params) => {
            let hasher = ShaCrypt::new(params.variant(), params.rounds());
            vec![by_libxcrypt(case, hasher.expect("the rounds are in range"))]
        }
        Algorithm::Pbkdf2(params) => vec![
            Peer::new("fastpbkdf2", move |input| by_fastpbkdf2(&params, input)),
            Peer::new("openssl", move |input| {
                openssl::pbkdf2(&params, &input.password, &input.salt)
            }),
        ],
        _ => Vec::new(),
    }
}

/// What they are.
pub(crate) fn about() -> Vec<About> {
    let mut about = argon2_c::about();
    about.extend([
        About {
            who: "libxcrypt",
            what: format!("crypt_r of the system, headers of {}", env!("BENCH_LIBXCRYPT")),
        },
        About {
            who: "fastpbkdf2",
            what: format!(
                "the crate fastpbkdf2 {}, built by the default C compiler at -O3, over {}",
                env!("BENCH_FASTPBKDF2"),
                openssl::version()
            ),
        },
        About {
            who: "openssl",
            what: format!(
                "{} of the system: PKCS5_PBKDF2_HMAC{}",
                openssl::version(),
                if openssl::has_argon2id() { " and EVP_KDF ARGON2ID" } else { "; no Argon2" }
            ),
        },
    ]);
    about
}

/// It speaks stored strings, which doorstep writes and reads: the key takes a zero's place.
fn by_libxcrypt(case: &Case, hasher: impl Hasher + Clone) -> Peer {
    let case = case.clone();
    let mut crypt = libxcrypt::Crypt::new();
    let hashers = Hashers::new(hasher.clone());
    let key_len = match &case.algorithm {
        Algorithm::ShaCrypt(params) => match params.variant() {
            ShaCryptVariant::Sha256 => 32,
            ShaCryptVariant::Sha512 => 64,
        },
        _ => 23,
    };
    Peer::new("libxcrypt", move |input| {
        let setting = hasher.encode(&case.derivation(input), &vec![0; key_len]);
        let stored = crypt.crypt(&input.password, &setting).expect("libxcrypt takes the setting");
        hashers.inspect(&stored).expect("libxcrypt writes stored strings").digest().to_vec()
    })
}

fn by_fastpbkdf2(params: &Pbkdf2Params, input: &Input) -> Vec<u8> {
    let mut key = vec![0; params.key_len()];
    let pbkdf2 = match params.prf() {
        Prf::Sha256 => fastpbkdf2::pbkdf2_hmac_sha256,
        Prf::Sha512 => fastpbkdf2::pbkdf2_hmac_sha512,
        other => unreachable!("{other:?} is not compared"),
    };
    pbkdf2(&input.password, &input.salt, params.rounds(), &mut key);
    key
}
