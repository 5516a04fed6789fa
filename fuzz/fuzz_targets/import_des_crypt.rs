//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::{BsdiCrypt, DesCrypt};

import::family!(DesCrypt, BsdiCrypt);
