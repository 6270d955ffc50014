//! The store on real Cassandra nodes.
//!
//! `DOLIUM_TEST_CASSANDRA` names the nodes, comma separated (`tests/cassandra/cluster start 3 DIR` prints them);
//! without it these tests fail, for a test that did not run has shown nothing.

mod clock;
mod contract;
mod expire;
mod keyspace;
mod leftovers;
mod losses;
mod opening;
mod reclaim;
mod recovery;
mod shards;
mod work;
