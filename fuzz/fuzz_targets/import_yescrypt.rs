//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Yescrypt;

import::family!(Yescrypt);
