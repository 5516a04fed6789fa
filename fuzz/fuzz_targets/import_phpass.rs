//! See `import/mod.rs`.

#![no_main]

mod import;

use doorstep::password::{Drupal7, Phpass};

import::family!(Phpass, Drupal7);
