//! What else there is: the crates that anyone can add, and with `system-peers` the libraries in C.

use doorstep_password::{Algorithm, Argon2Params, Prf, ShaCryptVariant};

use crate::case::{Case, Input, Memory};

/// One way to compute one case.
pub(crate) struct Peer {
    pub(crate) who: &'static str,
    pub(crate) hash: Hash,
}

type Hash = Box<dyn FnMut(&Input) -> Vec<u8>>;

/// What a peer is and how it was built, for the reader of a table.
pub(crate) struct About {
    pub(crate) who: &'static str,
    pub(crate) what: String,
}

impl Peer {
    pub(crate) fn new(who: &'static str, hash: impl FnMut(&Input) -> Vec<u8> + 'static) -> Self {
        Self { who, hash: Box::new(hash) }
    }
}

/// The peers that compute `case`. The first is a crate, by which all others are judged.
pub(crate) fn all(case: &Case) -> Vec<Peer> {
    let peers = vec![by_crate(case)];
    #[cfg(feature = "system-peers")]
    let peers = peers.into_iter().chain(crate::system::peers(case)).collect();
    peers
}

/// What doorstep and the peers are, in the order in which tables have them.
pub(crate) fn about() -> Vec<About> {
    let flags = match env!("BENCH_RUSTFLAGS") {
        "" => "no flags: what the processor has is found at run time",
        flags => flags,
    };
    let rust = format!("{}, opt-level {}, {flags}", env!("BENCH_RUSTC"), env!("BENCH_OPT_LEVEL"));
    let of = |who, what: &str| About { who, what: what.into() };
    let mut about = vec![
        About { who: "all in Rust", what: rust },
        of("doorstep", "doorstep-password with Workspace::new(); wipes its memory"),
        of("doorstep-portable", "doorstep-password with Workspace::portable(); wipes its memory"),
        of("doorstep-avx2", "with the kernels of a processor without AVX-512, if asked for"),
        of(
            "argon2",
            concat!("the crate argon2 ", env!("BENCH_ARGON2"), "; does not wipe its memory"),
        ),
        of("bcrypt", concat!("the crate bcrypt ", env!("BENCH_BCRYPT"))),
        of(
            "pbkdf2",
            concat!("the crate pbkdf2 ", env!("BENCH_PBKDF2"), " with sha2 ", env!("BENCH_SHA2")),
        ),
        of(
            "sha-crypt",
            concat!(
                "the crate sha-crypt ",
                env!("BENCH_SHA_CRYPT"),
                " with sha2 ",
                env!("BENCH_SHA2")
            ),
        ),
    ];
    #[cfg(feature = "system-peers")]
    about.extend(crate::system::about());
    if cfg!(not(feature = "system-peers")) {
        about.push(About {
            who: "(not here)",
            what: "libxcrypt, OpenSSL, fastpbkdf2 and Argon2 in C: build with `--features system-peers`"
                .into(),
        });
    }
    about
}

fn by_crate(case: &Case) -> Peer {
    match case.algorithm.clone() {
        Algorithm::Argon2(params) => argon2(params, case.memory),
        Algorithm::Bcrypt(params) => Peer::new("bcrypt", move |input| {
            // The NUL that ends a string in C counts, the last byte of the output does not.
            let mut password = input.password.clone();
            password.push(0);
            let salt = input.salt[..].try_into().expect("a salt of bcrypt has 16 bytes");
            bcrypt::bcrypt(params.cost(), salt, &password)[..23].to_vec()
        }),
        Algorithm::Pbkdf2(params) => Peer::new("pbkdf2", move |input| {
            let mut key = vec![0; params.key_len()];
            let pbkdf2 = match params.prf() {
                Prf::Sha256 => pbkdf2::pbkdf2_hmac::<sha2::Sha256>,
                Prf::Sha512 => pbkdf2::pbkdf2_hmac::<sha2::Sha512>,
                other => unreachable!("{other:?} is not compared"),
            };
            pbkdf2(&input.password, &input.salt, params.rounds(), &mut key);
            key
        }),
        Algorithm::ShaCrypt(params) => Peer::new("sha-crypt", move |input| {
            let rounds = sha_crypt::Params::new(params.rounds()).expect("rounds are in range");
            let (password, salt) = (&input.password, &input.salt);
            match params.variant() {
                ShaCryptVariant::Sha256 => sha_crypt::sha256_crypt(password, salt, rounds).to_vec(),
                ShaCryptVariant::Sha512 => sha_crypt::sha512_crypt(password, salt, rounds).to_vec(),
            }
        }),
        other => unreachable!("{other:?} is not compared"),
    }
}

fn argon2(params: Argon2Params, memory: Memory) -> Peer {
    let len = Some(params.tag_len());
    let primitive = argon2::Params::new(params.memory_kib(), params.passes(), params.lanes(), len)
        .expect("the parameters are in range");
    let count = primitive.block_count();
    let argon2 =
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, primitive);
    let mut kept = match memory {
        Memory::Reused => vec![argon2::Block::new(); count],
        Memory::Fresh => Vec::new(),
    };
    Peer::new("argon2", move |input| {
        let mut key = vec![0; params.tag_len()];
        let (password, salt) = (&input.password, &input.salt);
        match memory {
            Memory::Fresh => argon2.hash_password_into(password, salt, &mut key),
            Memory::Reused => {
                argon2.hash_password_into_with_memory(password, salt, &mut key, &mut kept)
            }
        }
        .expect("the parameters are in range");
        key
    })
}
