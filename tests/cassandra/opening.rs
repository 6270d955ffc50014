//! Opening, schema versions and the sentences that operators get.

use std::collections::BTreeMap;
use std::time::Duration;

use dolium::storage::cassandra::{OpenError, open, schema};

use super::keyspace::{Rows, fresh, fresh_config, nodes, run};

#[test]
fn racing_opens_of_an_absent_keyspace_both_come_up() {
    run(async {
        let config = fresh_config();
        assert_eq!(schema::status(&config).await.expect("asks").found, None);
        let (a, b) = tokio::join!(open(config.clone()), open(config.clone()));
        let (a, b) = (a.expect("the one opens"), b.expect("the other opens"));
        a.health.ready().await.expect("the one is ready");
        b.health.ready().await.expect("the other is ready");
        let one = a.metadata.ensure_tenant("t").await.expect("writes");
        assert_eq!(b.metadata.ensure_tenant("t").await.expect("reads"), one);
        let status = schema::status(&config).await.expect("asks");
        assert_eq!(status.found, Some(status.wanted));
        assert_eq!(schema::migrate(&config).await.expect("has nothing to do"), status.wanted);
    });
}

#[test]
fn more_copies_than_nodes_are_refused_with_both_numbers() {
    run(async {
        let mut config = fresh_config();
        let copies = u32::try_from(nodes().len() + 4).expect("a few nodes");
        config.replication.insert("datacenter1".to_owned(), copies);
        let refused = open(config).await.err().expect("is refused").to_string();
        assert!(refused.contains(&format!("replication factor there is {copies}")), "{refused}");
        assert!(refused.contains(&format!("knows {} node", nodes().len())), "{refused}");
    });
}

#[test]
fn a_datacentre_that_the_cluster_does_not_have_is_named() {
    run(async {
        let mut config = fresh_config();
        config.local_datacenter = Some("nowhere".to_owned());
        let refused = open(config).await.err().expect("is refused").to_string();
        assert!(refused.contains("nowhere") && refused.contains("datacenter1"), "{refused}");
    });
}

#[test]
fn front_ends_that_disagree_are_refused() {
    run(async {
        let (_storage, mut config) = fresh(|_| {}).await;
        config.lease += Duration::from_millis(1);
        let refused = open(config).await.err();
        assert!(matches!(refused, Some(OpenError::Disagreement { setting: "lease", .. })), "{refused:?}");
    });
}

#[test]
fn front_ends_that_decide_races_elsewhere_are_refused() {
    run(async {
        let (_storage, config) = fresh(|_| {}).await;
        let rows = Rows::of(&config).await;
        for (column, elsewhere, name) in
            [("datacenter", "elsewhere", "local_datacenter"), ("consistency", "everywhere", "consistency")]
        {
            let read = format!("SELECT {column} FROM schema_version WHERE name = 'schema'");
            let answer = rows.run(&read, ()).await.into_rows_result().expect("rows");
            let (ours,) = answer.first_row::<(String,)>().expect("it was recorded");
            let set = format!("UPDATE schema_version SET {column} = ? WHERE name = 'schema' IF EXISTS");
            rows.run(&set, (elsewhere,)).await;
            match open(config.clone()).await.err() {
                Some(OpenError::Disagreement { setting, configured, recorded }) => {
                    assert_eq!((setting, configured, recorded.as_str()), (name, ours.clone(), elsewhere));
                }
                other => panic!("{name}: {other:?}"),
            }
            rows.run(&set, (ours,)).await;
            open(config.clone()).await.expect("agrees again");
        }
    });
}

/// A damaged copy that was read as it stands could win over whole ones in a repair.
#[test]
fn blocks_on_disk_have_checksums() {
    run(async {
        let (_storage, config) = fresh(|_| {}).await;
        let cql = "SELECT compression FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'block'";
        let answer = Rows::of(&config).await.run(cql, (&config.keyspace,)).await.into_rows_result().expect("rows");
        let (options,) = answer.first_row::<(BTreeMap<String, String>,)>().expect("the table");
        assert!(options.get("class").is_some_and(|class| class.ends_with("NoopCompressor")), "{options:?}");
    });
}

#[test]
fn nobody_there_is_said_so() {
    run(async {
        let mut config = fresh_config();
        config.nodes = vec!["127.0.251.251:9042".to_owned()];
        let refused = open(config).await.err().expect("is refused").to_string();
        assert!(refused.contains("cannot reach Cassandra at 127.0.251.251:9042"), "{refused}");
    });
}
