//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::BcryptSha256;

import::family!(BcryptSha256);
