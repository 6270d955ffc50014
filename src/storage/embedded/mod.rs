//! The embedded store: one folder, one process, an append-only segment log as the truth.
