//! The families of imported formats: their vectors, how many of them are judged how, and who reads them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::{
    Argon2, AspNet, Atlassian, Bcrypt, BcryptSha256, Django, FirebaseScrypt, Format, Grub, Hashers,
    Keycloak, LdapPbkdf2, P5k2, Prf, Scram, Secret, Spring, SpringPbkdf2, Werkzeug, WordPress,
};
// Those of crypt(3) and of plain digests.
use doorstep_password::{
    BsdiCrypt, DesCrypt, Drupal7, HtpasswdLine, Ldap, Md5Crypt, NtHash, Phpass, Scrypt, Sha1Crypt,
    SunMd5, Yescrypt,
};

use super::{rows, unescape};

/// The name in the collection, its rows, and how many match, do not, are refused, and are not judged as
/// written, since their defect is in the keys.
pub struct Family {
    pub name: &'static str,
    pub rows: &'static str,
    pub counts: [usize; 4],
    /// What a host accepts that has such a table; the settings that a string lacks are in the note.
    pub hashers: fn(&str) -> Hashers,
}

pub const FAMILIES: &[Family] = &[
    Family {
        name: "aspnet",
        rows: include_str!("../vectors/import/aspnet.tsv"),
        counts: [7, 10, 16, 0],
        hashers: |_| only(AspNet),
    },
    Family {
        name: "atlassian",
        rows: include_str!("../vectors/import/atlassian.tsv"),
        counts: [3, 2, 9, 0],
        hashers: |_| only(Atlassian),
    },
    Family {
        name: "bcrypt-sha256",
        rows: include_str!("../vectors/import/bcrypt-sha256.tsv"),
        counts: [18, 4, 19, 0],
        hashers: |_| only(BcryptSha256),
    },
    Family {
        name: "cta-pbkdf2",
        rows: include_str!("../vectors/import/cta-pbkdf2.tsv"),
        counts: [3, 3, 6, 0],
        hashers: |_| only(P5k2),
    },
    Family {
        name: "dlitz-pbkdf2",
        rows: include_str!("../vectors/import/dlitz-pbkdf2.tsv"),
        counts: [5, 3, 6, 0],
        hashers: |_| only(P5k2),
    },
    Family {
        name: "firebase-scrypt",
        rows: include_str!("../vectors/import/firebase-scrypt.tsv"),
        counts: [2, 2, 10, 0],
        hashers: |_| only(FirebaseScrypt::default()),
    },
    Family {
        name: "grub-pbkdf2",
        rows: include_str!("../vectors/import/grub-pbkdf2.tsv"),
        counts: [3, 2, 8, 0],
        hashers: |_| only(Grub),
    },
    Family {
        name: "django",
        rows: include_str!("../vectors/import/django.tsv"),
        counts: [52, 33, 39, 0],
        hashers: |_| only(Django::with_unsalted_md5()),
    },
    Family {
        name: "keycloak",
        rows: include_str!("../vectors/import/keycloak.tsv"),
        counts: [4, 4, 6, 0],
        hashers: |_| only(Keycloak),
    },
    Family {
        name: "ldap",
        rows: include_str!("../vectors/import/ldap-pbkdf2.tsv"),
        counts: [5, 5, 4, 0],
        hashers: |_| only(LdapPbkdf2),
    },
    Family {
        name: "postgres-scram",
        rows: include_str!("../vectors/import/postgres-scram.tsv"),
        counts: [3, 1, 12, 1],
        hashers: |_| only(Scram),
    },
    Family {
        name: "scram",
        rows: include_str!("../vectors/import/scram.tsv"),
        counts: [5, 3, 17, 0],
        hashers: |_| only(Scram),
    },
    Family {
        name: "spring",
        rows: include_str!("../vectors/import/spring.tsv"),
        counts: [16, 13, 12, 0],
        hashers: |_| only(Spring),
    },
    Family {
        name: "spring-pbkdf2",
        rows: include_str!("../vectors/import/spring-pbkdf2.tsv"),
        counts: [7, 7, 0, 0],
        hashers: |note| only(spring_pbkdf2(note)),
    },
    Family {
        name: "werkzeug",
        rows: include_str!("../vectors/import/werkzeug.tsv"),
        counts: [7, 7, 23, 0],
        hashers: |_| only(Werkzeug),
    },
    Family {
        name: "wordpress",
        rows: include_str!("../vectors/import/wordpress.tsv"),
        counts: [9, 4, 12, 0],
        hashers: |_| only(WordPress::with_md5()).accept(Bcrypt::default()),
    },
    Family {
        name: "apr1",
        rows: include_str!("../vectors/import/apr1.tsv"),
        counts: [3, 2, 10, 0],
        hashers: |_| only(Md5Crypt),
    },
    Family {
        name: "bsdi-crypt",
        rows: include_str!("../vectors/import/bsdi-crypt.tsv"),
        counts: [25, 7, 7, 0],
        hashers: |_| only(BsdiCrypt),
    },
    Family {
        name: "des-crypt",
        rows: include_str!("../vectors/import/des-crypt.tsv"),
        counts: [18, 7, 9, 0],
        hashers: |_| only(DesCrypt),
    },
    Family {
        name: "drupal7",
        rows: include_str!("../vectors/import/drupal7.tsv"),
        counts: [6, 1, 10, 0],
        hashers: |_| only(Drupal7),
    },
    Family {
        name: "ldap",
        rows: include_str!("../vectors/import/ldap.tsv"),
        counts: [61, 33, 38, 0],
        hashers: |_| only(Ldap),
    },
    Family {
        name: "md5-crypt",
        rows: include_str!("../vectors/import/md5-crypt.tsv"),
        counts: [25, 8, 11, 0],
        hashers: |_| only(Md5Crypt),
    },
    Family {
        name: "phpass",
        rows: include_str!("../vectors/import/phpass.tsv"),
        counts: [12, 6, 17, 0],
        hashers: |_| only(Phpass),
    },
    Family {
        name: "sha1-crypt",
        rows: include_str!("../vectors/import/sha1-crypt.tsv"),
        counts: [10, 7, 10, 0],
        hashers: |_| only(Sha1Crypt),
    },
    Family {
        name: "htpasswd",
        rows: include_str!("../vectors/import/htpasswd.tsv"),
        counts: [4, 4, 10, 0],
        hashers: |_| only(HtpasswdLine),
    },
    Family {
        name: "nthash",
        rows: include_str!("../vectors/import/nthash.tsv"),
        counts: [16, 9, 9, 0],
        hashers: |_| only(NtHash::default()).accept(NtHash::BARE),
    },
    Family {
        name: "scrypt-phc",
        rows: include_str!("../vectors/import/scrypt-phc.tsv"),
        counts: [8, 4, 25, 0],
        hashers: |_| only(Scrypt),
    },
    Family {
        name: "scrypt-7",
        rows: include_str!("../vectors/import/scrypt-7.tsv"),
        counts: [12, 4, 11, 0],
        hashers: |_| only(Scrypt),
    },
    Family {
        name: "hashcat-scrypt",
        rows: include_str!("../vectors/import/hashcat-scrypt.tsv"),
        counts: [1, 1, 0, 0],
        hashers: |_| only(Scrypt),
    },
    Family {
        name: "sun-md5",
        rows: include_str!("../vectors/import/sun-md5.tsv"),
        counts: [15, 7, 15, 0],
        hashers: |_| only(SunMd5),
    },
    Family {
        name: "yescrypt",
        rows: include_str!("../vectors/import/yescrypt.tsv"),
        counts: [24, 4, 14, 0],
        hashers: |_| only(Yescrypt),
    },
    Family {
        name: "gost-yescrypt",
        rows: include_str!("../vectors/import/gost-yescrypt.tsv"),
        counts: [12, 4, 14, 0],
        hashers: |_| only(Yescrypt),
    },
];

pub fn only(format: impl Format) -> Hashers {
    Hashers::new(Argon2::default()).accept(format)
}

/// The encoder that a note describes: `secret "secret", 8-byte salt, 185000, SHA1, hex`.
fn spring_pbkdf2(note: &str) -> SpringPbkdf2 {
    let rounds = if note.contains("310000") { 310_000 } else { 185_000 };
    let prf = if note.contains("SHA1") { Prf::Sha1 } else { Prf::Sha256 };
    let salt_len = if note.contains("8-byte salt") { 8 } else { 16 };
    let encoder = SpringPbkdf2::new(prf, rounds, salt_len);
    let encoder = if note.contains("base64") { encoder.in_base64() } else { encoder };
    if note.starts_with("secret") { encoder.with_secret(Secret::from("secret")) } else { encoder }
}

/// Every table of vectors: those of the families, and that of the formats that are written too.
pub fn tables() -> impl Iterator<Item = &'static str> {
    let imported = FAMILIES.iter().map(|family| family.rows);
    imported.chain([include_str!("../vectors/passwords.tsv")])
}

/// The password and the stored string of every row that is to match.
pub fn matching_rows() -> Vec<(Vec<u8>, String)> {
    let matching = tables().flat_map(rows).filter(|row| row[3] == "match");
    matching.map(|row| (STANDARD.decode(row[1]).unwrap(), unescape(row[2]))).collect()
}
