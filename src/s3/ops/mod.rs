//! The operations, one file each: a row, what it decodes, what it does, what it answers.

pub mod bucket;
pub mod control;
pub mod multipart;
pub mod object;
pub mod service;
pub mod unsupported;
