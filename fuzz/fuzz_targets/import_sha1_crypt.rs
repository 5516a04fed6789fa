//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Sha1Crypt;

import::family!(Sha1Crypt);
