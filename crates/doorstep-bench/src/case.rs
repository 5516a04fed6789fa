//! What is computed: an algorithm with its parameters, and the passwords and salts.

use doorstep_password::{
    Algorithm, Argon2Params, BcryptParams, Derivation, InvalidParameters, Pbkdf2Params, Prf,
    ShaCryptParams, ShaCryptVariant,
};

/// One line of the comparison.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) algorithm: Algorithm,
    /// Whether the memory is allocated for each hash, where there is any to speak of.
    pub(crate) memory: Memory,
    /// How many are computed together: the widest that shares lanes, for Argon2 a few.
    pub(crate) batch: usize,
}

/// Where Argon2's matrix comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Allocated once, and used for each hash.
    Reused,
    /// Allocated for each hash and freed after it.
    Fresh,
}

/// The parameters that are compared, or tiny ones, which take no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sizes {
    Real,
    Tiny,
}

/// A password and the salt that goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) password: Vec<u8>,
    pub(crate) salt: Vec<u8>,
}

impl Case {
    /// All of them, in the order of the table.
    pub(crate) fn all(sizes: Sizes) -> Result<Vec<Self>, InvalidParameters> {
        use Memory::{Fresh, Reused};
        let size = |real, tiny| if sizes == Sizes::Real { real } else { tiny };
        let argon2 = |memory_kib, passes, memory| {
            let params = Argon2Params::new(memory_kib, passes, 1, 32)?;
            Ok(Self { algorithm: Algorithm::Argon2(params), memory, batch: 4 })
        };
        let pbkdf2 = |prf: Prf, rounds, batch| {
            let params = Pbkdf2Params::new(prf, rounds, prf.output_len())?;
            Ok(Self { algorithm: Algorithm::Pbkdf2(params), memory: Reused, batch })
        };
        let sha_crypt = |variant, batch| {
            let params = ShaCryptParams::new(variant, size(100_000, 1_000))?;
            Ok(Self { algorithm: Algorithm::ShaCrypt(params), memory: Reused, batch })
        };
        let bcrypt = BcryptParams::new(size(10, 4))?;
        Ok(vec![
            argon2(size(19_456, 16), 2, Reused)?,
            argon2(size(65_536, 32), 3, Reused)?,
            argon2(size(19_456, 16), 2, Fresh)?,
            Self { algorithm: Algorithm::Bcrypt(bcrypt), memory: Reused, batch: 8 },
            pbkdf2(Prf::Sha256, size(600_000, 600), 16)?,
            pbkdf2(Prf::Sha512, size(210_000, 210), 8)?,
            sha_crypt(ShaCryptVariant::Sha256, 16)?,
            sha_crypt(ShaCryptVariant::Sha512, 8)?,
        ])
    }

    /// The algorithm and its parameters, as tables and plots have it.
    pub(crate) fn name(&self) -> String {
        let fresh = if self.memory == Memory::Fresh { "-fresh" } else { "" };
        match &self.algorithm {
            Algorithm::Argon2(params) => {
                let (m, t, p) = (params.memory_kib(), params.passes(), params.lanes());
                format!("argon2id-{m}-{t}-{p}{fresh}")
            }
            Algorithm::Bcrypt(params) => format!("bcrypt-{}", params.cost()),
            Algorithm::Pbkdf2(params) => {
                format!("pbkdf2-sha{}-{}", 8 * params.prf().output_len(), params.rounds())
            }
            Algorithm::ShaCrypt(params) => {
                let bits = match params.variant() {
                    ShaCryptVariant::Sha256 => 256,
                    ShaCryptVariant::Sha512 => 512,
                };
                format!("sha{bits}-crypt-{}", params.rounds())
            }
            other => format!("{other:?}"),
        }
    }

    /// How the key is derived with the salt of `input`.
    pub(crate) fn derivation(&self, input: &Input) -> Derivation {
        Derivation::new(self.algorithm.clone(), &input.salt)
    }

    /// So many strangers. Their passwords have 8 to 11 bytes: the lengths differ, and yet each costs
    /// sha-crypt as many blocks, so that a batch compares with one.
    pub(crate) fn inputs(count: usize) -> Vec<Input> {
        (0..count)
            .map(|index| Input {
                password: format!("{:0>1$}", index * 7919 % 9973, 8 + index % 4).into_bytes(),
                // sha-crypt's salts are of these characters; to the others it is all the same.
                salt: format!("Salt.of/No{index:0>6}").into_bytes(),
            })
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The names that scripts look for.
    #[test]
    fn the_cases_are_named_by_their_parameters() {
        let names: Vec<_> = Case::all(Sizes::Real).unwrap().iter().map(Case::name).collect();
        let expected = [
            "argon2id-19456-2-1",
            "argon2id-65536-3-1",
            "argon2id-19456-2-1-fresh",
            "bcrypt-10",
            "pbkdf2-sha256-600000",
            "pbkdf2-sha512-210000",
            "sha256-crypt-100000",
            "sha512-crypt-100000",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn no_two_inputs_are_alike() {
        let inputs = Case::inputs(16);
        for (index, input) in inputs.iter().enumerate() {
            assert_eq!(input.salt.len(), 16);
            assert!((8..=11).contains(&input.password.len()));
            assert!(inputs[..index].iter().all(|other| other.password != input.password));
            assert!(inputs[..index].iter().all(|other| other.salt != input.salt));
        }
    }
}
