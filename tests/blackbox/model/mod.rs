//! A bucket's keys as S3 describes them, and random requests whose answers have to be the model's: one after the other
//! ([`sequences`]), and many at once ([`histories`]), where some order of them has to explain all answers.
//!
//! `DOLIUM_TEST_SEED` repeats a run whose seed was printed.

mod histories;
mod key;
mod linear;
mod op;
mod perform;
mod random;
mod sequences;
