//! The operators' interface: over HTTP, and by the command line.

mod buckets;
mod cli;
mod document;
mod keys;
pub mod operator;
mod startup;
mod tokens;

use operator::Operator;
