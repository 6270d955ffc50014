//! The Cassandra store: heads by LWT, a derived listing index, chunked blobs. The only place that holds CQL.
