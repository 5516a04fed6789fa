use doorstep_password::{Argon2, Bcrypt, Django, Hashers, InvalidShares, NtHash, Phpass, Secret};

fn hashers(secret: Secret) -> Result<Hashers, InvalidShares> {
    Hashers::new(Argon2::default())
        .accept(Bcrypt::default())
        .accept(Django::default())
        .accept(Phpass)
        .accept(NtHash::BARE)
        .shares(secret, [
            // bcrypt cost=5
            ("$2a$05$.....................................................", 0.2),
            // django_pbkdf2_sha256 prf=sha256 rounds=390000 key_len=32
            ("pbkdf2_sha256$390000$0000000$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 0.2),
            // django_salted_sha1
            ("sha1$0000000$0000000000000000000000000000000000000000", 0.2),
            // nthash
            ("00000000000000000000000000000000", 0.2),
            // phpass rounds=2048
            ("$P$9..............................", 0.2),
        ])
}
