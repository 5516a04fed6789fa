//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::P5k2;

import::family!(P5k2);
