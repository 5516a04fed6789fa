//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Scrypt;

import::family!(Scrypt);
