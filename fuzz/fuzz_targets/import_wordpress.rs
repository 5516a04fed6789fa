//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::WordPress;

import::family!(WordPress::with_md5());
