//! The rounds over the `blowfish` crate, which has bcrypt's two key expansions.

use blowfish::Blowfish;
use zeroize::Zeroize;

use crate::secret::Secret;

/// "OrpheanBeholderScryDoubt".
const PLAINTEXT: [[u32; 2]; 3] =
    [[0x4f727068, 0x65616e42], [0x65686f6c, 0x64657253], [0x63727944, 0x6f756274]];

/// The cipher, on its way to the last of its keys.
pub(crate) struct Rounds {
    cipher: Blowfish,
    key: Secret,
    salt: [u8; 16],
    left: u64,
}

impl Rounds {
    pub(super) fn begin(key: Secret, salt: &[u8; 16], cost: u32) -> Self {
        let mut cipher = Blowfish::bc_init_state();
        cipher.salted_expand_key(salt, key.expose());
        Self { cipher, key, salt: *salt, left: 1 << cost }
    }

    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Whether that was the last of them.
    pub(super) fn advance(&mut self, rounds: u64) -> bool {
        let rounds = rounds.min(self.left);
        for _ in 0..rounds {
            self.cipher.bc_expand_key(self.key.expose());
            self.cipher.bc_expand_key(&self.salt);
        }
        self.left -= rounds;
        self.left == 0
    }

    pub(super) fn output(&mut self) -> [u8; 24] {
        let mut output = [0; 24];
        for (half, bytes) in PLAINTEXT.into_iter().zip(output.chunks_exact_mut(8)) {
            let mut block = half;
            for _ in 0..64 {
                block = self.cipher.bc_encrypt(block);
            }
            bytes[..4].copy_from_slice(&block[0].to_be_bytes());
            bytes[4..].copy_from_slice(&block[1].to_be_bytes());
            block.zeroize();
        }
        output
    }
}
