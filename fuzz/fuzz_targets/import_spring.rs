//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Spring;

import::family!(Spring);
