//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::NtHash;

import::family!(NtHash::default(), NtHash::BARE);
