//! The hasher that the options name.

use std::sync::Arc;

use doorstep::password::{
    Algorithm, Argon2, Bcrypt, Hasher, InvalidParameters, Pbkdf2, ShaCrypt, by_name,
};

use crate::args::Serve;

/// The hasher of new hashes, or what is wrong with the options.
pub(crate) fn hasher(args: &Serve) -> Result<Arc<dyn Hasher>, String> {
    let default = by_name(&args.algorithm).map_err(|unknown| unknown.to_string())?;
    let Some(cost) = args.cost else { return Ok(default) };
    let made: Result<Arc<dyn Hasher>, InvalidParameters> =
        match default.derivation(&[]).algorithm() {
            Algorithm::Argon2(params) => Argon2::new(cost, params.passes(), params.lanes())
                .map(|argon2| Arc::new(argon2) as _),
            Algorithm::Bcrypt(_) => Bcrypt::new(cost).map(|bcrypt| Arc::new(bcrypt) as _),
            Algorithm::Pbkdf2(params) => {
                Pbkdf2::new(params.prf(), cost).map(|pbkdf2| Arc::new(pbkdf2) as _)
            }
            Algorithm::ShaCrypt(params) => {
                ShaCrypt::new(params.variant(), cost).map(|sha_crypt| Arc::new(sha_crypt) as _)
            }
            _ => return Err(format!("{} takes no --cost", args.algorithm)),
        };
    made.map_err(|InvalidParameters| format!("{} cannot cost {cost}", args.algorithm))
}
