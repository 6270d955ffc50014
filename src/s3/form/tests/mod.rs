//! Forms without a server: the reader under every split of its bytes, and the policy language.

mod policies;
mod reading;
