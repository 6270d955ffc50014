//! Several requests on one connection at once: answered one by one, in order, each with its own body.

use std::thread;

use crate::client::{Connection, Reply};
use crate::ops::{Ground, bytes};

/// An exchange that is expected: a request's bytes, whether its answer has no body, what is checked of the answer.
struct Turn {
    wire: Vec<u8>,
    to_head: bool,
    check: fn(Reply),
}

fn turn(wire: Vec<u8>, check: fn(Reply)) -> Turn {
    let to_head = wire.starts_with(b"HEAD ");
    Turn { wire, to_head, check }
}

/// Every kind of request whose answer could be taken for another one's.
fn turns(g: &Ground) -> Vec<Turn> {
    g.put("a", "first");
    g.put("large", bytes(300_000));
    let ask = |method: &str, key: &str| g.alice.request(method, &g.path(key)).wire().bytes();
    let put = |key: &str, body: &str| g.alice.request("PUT", &g.path(key)).body(body);
    let elsewhere = g.alice.request("PUT", "/no-such-bucket-here/key").body("refused");
    vec![
        turn(ask("GET", "a"), |r| drop(r.assert_status(200).assert_body("first"))),
        turn(ask("HEAD", "a"), |r| drop(r.assert_status(200).assert_header("content-length", "5"))),
        turn(ask("GET", "a"), |r| drop(r.assert_status(200).assert_body("first"))),
        turn(put("b", "second").wire().bytes(), |r| drop(r.assert_status(200).assert_body(""))),
        turn(ask("GET", "b"), |r| drop(r.assert_status(200).assert_body("second"))),
        turn(ask("GET", "none"), |r| drop(r.assert_error(404, "NoSuchKey"))),
        turn(ask("HEAD", "none"), |r| drop(r.assert_status(404))),
        turn(put("c", "third").transfer_chunked().wire().bytes(), |r| drop(r.assert_status(200))),
        turn(elsewhere.wire().bytes(), |r| drop(r.assert_error(404, "NoSuchBucket"))),
        turn(ask("GET", "large"), |r| drop(r.assert_status(200).assert_body(bytes(300_000)))),
        turn(put("d", "fourth").expect_continue().wire().bytes(), |r| drop(r.assert_status(200))),
        turn(ask("HEAD", "large"), |r| drop(r.assert_header("content-length", "300000"))),
        turn(ask("GET", "c"), |r| drop(r.assert_status(200).assert_body("third"))),
        turn(ask("DELETE", "c"), |r| drop(r.assert_status(204))),
        turn(ask("GET", "d"), |r| drop(r.assert_status(200).assert_body("fourth"))),
    ]
}

fn read_all(connection: &mut Connection, turns: &[Turn]) {
    for turn in turns {
        (turn.check)(connection.read(turn.to_head).expect("answers"));
    }
}

#[test]
fn a_get_before_a_head_keeps_its_body() {
    let g = Ground::new();
    let turns = turns(&g);
    let mut connection = g.alice.connect();
    let wire: Vec<u8> = turns.iter().take(5).flat_map(|turn| turn.wire.clone()).collect();
    connection.send(&wire).expect("sends");
    read_all(&mut connection, &turns[..5]);
}

#[test]
fn answers_do_not_depend_on_how_requests_are_cut_into_packets() {
    let g = Ground::new();
    let turns = turns(&g);
    let wire: Vec<u8> = turns.iter().flat_map(|turn| turn.wire.clone()).collect();
    for packet_bytes in [1, 7, 100, 1000, wire.len()] {
        let mut connection = g.alice.connect();
        for packet in wire.chunks(packet_bytes) {
            connection.send(packet).expect("sends");
        }
        read_all(&mut connection, &turns);
    }
}

#[test]
fn requests_before_the_end_of_what_the_client_sends_are_answered() {
    let g = Ground::new();
    let turns = turns(&g);
    let mut connection = g.alice.connect();
    for turn in &turns {
        connection.send(&turn.wire).expect("sends");
    }
    connection.finish();
    read_all(&mut connection, &turns);
    assert!(connection.is_closed_by_server());
}

#[test]
fn a_client_may_send_far_ahead_of_the_answers() {
    const AHEAD: usize = 300;
    let g = Ground::new();
    g.put("a", "first");
    g.put("b", bytes(20_000));
    let wire = ["a", "b"].map(|key| g.alice.request("GET", &g.path(key)).wire().bytes()).concat().repeat(AHEAD);
    let mut connection = g.alice.connect();
    let mut sender = connection.twin();
    thread::scope(|scope| {
        scope.spawn(move || sender.send(&wire).expect("sends"));
        for _ in 0..AHEAD {
            connection.read(false).expect("answers").assert_body("first");
            connection.read(false).expect("answers").assert_body(bytes(20_000));
        }
    });
}

#[test]
fn an_answer_that_closes_the_connection_is_the_last_one() {
    let g = Ground::new();
    g.put("a", "first");
    let last = g.alice.request("GET", &g.path("a")).late_header("Connection", "close").wire().bytes();
    let never = g.alice.request("DELETE", &g.path("a")).wire().bytes();
    let mut connection = g.alice.connect();
    connection.send(&[last, never].concat()).expect("sends");
    connection.read(false).expect("answers").assert_body("first").assert_header("connection", "close");
    assert!(connection.is_closed_by_server());
    g.get("a").assert_body("first");
}

#[test]
fn an_offer_of_another_protocol_is_not_taken() {
    let g = Ground::new();
    g.put("a", "first");
    let offer = |protocol: &str| {
        let request = g.alice.request("GET", &g.path("a")).late_header("Connection", "Upgrade, HTTP2-Settings");
        let mut connection = g.alice.connect();
        connection.send(&request.late_header("Upgrade", protocol).wire().bytes()).expect("sends");
        let reply = connection.read(false).expect("answers");
        assert!(connection.is_closed_by_server());
        reply
    };
    offer("h2c").assert_status(200).assert_body("first").assert_header("connection", "close");
    offer("websocket").assert_error(501, "NotImplemented");
}
