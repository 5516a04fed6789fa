//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::HtpasswdLine;

import::family!(HtpasswdLine);
