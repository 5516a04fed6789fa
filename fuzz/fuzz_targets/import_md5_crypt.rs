//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::Md5Crypt;

import::family!(Md5Crypt);
