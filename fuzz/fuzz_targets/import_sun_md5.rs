//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::SunMd5;

import::family!(SunMd5);
