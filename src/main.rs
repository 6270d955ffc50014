//! The `dolium` command.
fn main() {}
