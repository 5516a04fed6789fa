//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::AspNet;

import::family!(AspNet);
