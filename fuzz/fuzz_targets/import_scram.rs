//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Scram;

import::family!(Scram);
