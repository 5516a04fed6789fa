//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Grub;

import::family!(Grub);
