//! The contract suite: what every store must do, run against each of them.
