//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::SpringPbkdf2;

import::family!(SpringPbkdf2::V5_8, SpringPbkdf2::V5_5.in_base64());
