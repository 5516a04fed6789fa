//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Django;

import::family!(Django::with_unsalted_md5());
