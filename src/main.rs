//! The small binary: everything is in the library.

fn main() {}
