//! Models of the protocols on Cassandra, each of which is searched exhaustively at a stated size, and again with one
//! safeguard left out: then the search has to find what that safeguard prevents.
//!
//! A protocol in `src/storage/cassandra` is changed only together with its model here.
//!
//! | model | protocol | modules that enact it |
//! |---|---|---|
//! | [`listing`] | one key's head and its index rows, through a split | `change`, `listing`, `repair`, `reshard`, `copy` |
//! | [`reclaim`] | one blob from its first chunk to its last | `blocks`, `change`, `inodes`, `judge`, `reclaim` |
//! | [`multipart`] | an upload that is completed, aborted, recovered, copied | `completion`, `uploads`, `judge` |
//! | [`deletion`] | a bucket that goes while something is put into it | `buckets`, `views`, `change` |

pub mod deletion;
pub mod listing;
pub mod multipart;
pub mod reclaim;
