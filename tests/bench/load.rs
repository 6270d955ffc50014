//! A lean load generator for S3 endpoints: presigned requests over kept connections, nothing else.
//!
//! `load --port 7480 --access KEY --secret SECRET --disk FOLDER [--seconds 5]` makes two buckets, measures PUT and
//! GET of 4 KiB and 1 MiB and LIST pages of 1,000 keys with 1 and with 16 connections, and prints one line each.
#![allow(clippy::unwrap_used, reason = "a tool for developers: a failure may end it")]
#![allow(missing_docs, reason = "an example has no public items")]

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const LISTED: usize = 10_000;
/// Presigned requests are signed beforehand; this one stays valid for the years a test machine may be wrong by.
const EXPIRES: u64 = 4_000_000_000;

struct Target {
    address: String,
    access: String,
    secret: String,
}

impl Target {
    /// The bytes of one request's head, signed with V2 in the query.
    fn head(&self, method: &str, path: &str, query: &str, length: usize) -> Vec<u8> {
        let mut mac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(format!("{method}\n\n\n{EXPIRES}\n{path}").as_bytes());
        let signature = BASE64.encode(&mac.finalize().into_bytes());
        let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let (access, address) = (&self.access, &self.address);
        let and = if query.is_empty() { "" } else { "&" };
        format!(
            "{method} {path}?{query}{and}AWSAccessKeyId={access}&Expires={EXPIRES}&Signature={signature} HTTP/1.1\r\n\
             Host: {address}\r\nContent-Length: {length}\r\n\r\n"
        )
        .into_bytes()
    }
}

/// One kept connection.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(target: &Target) -> Self {
        let stream = TcpStream::connect(&target.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 256 * KIB] }
    }

    /// Sends one request and reads its answer; the status and the length of the body.
    async fn exchange(&mut self, head: &[u8], body: &[u8]) -> std::io::Result<(u16, usize)> {
        if body.len() <= 64 * KIB {
            self.stream.write_all(&[head, body].concat()).await?;
        } else {
            self.stream.write_all(head).await?;
            self.stream.write_all(body).await?;
        }
        let mut filled = 0;
        let end = loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            filled += read;
            if let Some(at) = self.buffer[..filled].windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let length = text.lines().find_map(|l| l.strip_prefix("content-length:")).and_then(|v| v.trim().parse().ok());
        match length {
            Some(length) => self.drain(length, filled - end).await.map(|()| (status, length)),
            None if text.contains("transfer-encoding: chunked") => self.chunked(end, filled).await.map(|n| (status, n)),
            None => Ok((status, 0)),
        }
    }

    async fn drain(&mut self, length: usize, mut have: usize) -> std::io::Result<()> {
        while have < length {
            let read = self.stream.read(&mut self.buffer).await?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            have += read;
        }
        Ok(())
    }

    async fn chunked(&mut self, end: usize, filled: usize) -> std::io::Result<usize> {
        let mut tail = self.buffer[end..filled].to_vec();
        let mut total = tail.len();
        while !tail.ends_with(b"0\r\n\r\n") {
            let read = self.stream.read(&mut self.buffer).await?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            total += read;
            tail.extend_from_slice(&self.buffer[..read]);
            let keep = tail.len().saturating_sub(5);
            tail.drain(..keep);
        }
        Ok(total)
    }
}

/// What one measurement sends.
struct Plan {
    name: &'static str,
    requests: Vec<Vec<u8>>,
    body: Vec<u8>,
    bytes: usize,
}

fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |d| d.as_secs_f64() * 1e3)
}

fn report(name: &str, connections: usize, mut times: Vec<Duration>, took: Duration, bytes: usize, errors: u64) {
    times.sort_unstable();
    let rate = times.len() as f64 / took.as_secs_f64();
    println!(
        "{name:<22} {connections:>5} {rate:>10.0} {:>9.1} {:>9.3} {:>9.3} {errors:>7}",
        rate * bytes as f64 / 1e6,
        percentile(&times, 0.5),
        percentile(&times, 0.99),
    );
}

/// Runs a plan over some connections, for a time or, without one, each request once; answers requests that failed.
async fn measure(target: &Arc<Target>, plan: &Arc<Plan>, connections: usize, time: Option<Duration>) -> u64 {
    let next = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (target, plan, next) = (target.clone(), plan.clone(), next.clone());
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(&target).await;
            let (mut times, mut errors) = (Vec::new(), 0u64);
            while time.is_none_or(|t| begin.elapsed() < t) {
                let at = next.fetch_add(1, Ordering::Relaxed) as usize;
                if time.is_none() && at >= plan.requests.len() {
                    break;
                }
                // A stride that is prime to the count: neighbours in time are not neighbours in the key space.
                let request = &plan.requests[at.wrapping_mul(7919) % plan.requests.len()];
                let start = Instant::now();
                match connection.exchange(request, &plan.body).await {
                    Ok((200, _)) => times.push(start.elapsed()),
                    Ok(_) => errors += 1,
                    Err(_) => {
                        errors += 1;
                        connection = Connection::open(&target).await;
                    }
                }
            }
            (times, errors)
        }));
    }
    let (mut times, mut errors) = (Vec::new(), 0);
    for task in tasks {
        let (more, failed) = task.await.unwrap();
        times.extend(more);
        errors += failed;
    }
    if time.is_some() {
        report(plan.name, connections, times, begin.elapsed(), plan.bytes, errors);
    }
    errors
}

fn plans(target: &Target) -> Vec<Arc<Plan>> {
    let mut body = vec![0; MIB];
    getrandom::fill(&mut body).unwrap();
    let mut plans = Vec::new();
    for (put, get, size, count) in [("PUT 4 KiB", "GET 4 KiB", 4 * KIB, 5000), ("PUT 1 MiB", "GET 1 MiB", MIB, 200)] {
        let path = |i| format!("/bench-objects/{size}/{i:06}");
        let puts = (0..count).map(|i| target.head("PUT", &path(i), "", size)).collect();
        let gets = (0..count).map(|i| target.head("GET", &path(i), "", 0)).collect();
        plans.push(Arc::new(Plan { name: put, requests: puts, body: body[..size].to_vec(), bytes: size }));
        plans.push(Arc::new(Plan { name: get, requests: gets, body: Vec::new(), bytes: size }));
    }
    let pages = (0..LISTED / 1000).map(|i| {
        let marker = if i == 0 { String::new() } else { format!("&marker=k{:06}", i * 1000 - 1) };
        target.head("GET", "/bench-listed/", &format!("max-keys=1000{marker}"), 0)
    });
    plans.push(Arc::new(Plan { name: "LIST 1,000 keys", requests: pages.collect(), body: Vec::new(), bytes: 0 }));
    plans
}

/// The disk's own figure: appends of 4 KiB, each with its fdatasync.
fn disk(folder: &str) {
    let name = std::path::Path::new(folder).join("fdatasync.probe");
    let mut file = OpenOptions::new().create(true).append(true).open(&name).unwrap();
    let begin = Instant::now();
    let mut times = Vec::new();
    while begin.elapsed() < Duration::from_secs(2) {
        let start = Instant::now();
        file.write_all(&[7; 4 * KIB]).unwrap();
        file.sync_data().unwrap();
        times.push(start.elapsed());
    }
    report("disk: fdatasync 4 KiB", 1, times, begin.elapsed(), 4 * KIB, 0);
    std::fs::remove_file(name).unwrap();
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let options: HashMap<&str, &str> =
        words.chunks_exact(2).map(|p| (p[0].trim_start_matches("--"), p[1].as_str())).collect();
    let need = |name: &str| options.get(name).copied().unwrap_or_else(|| panic!("--{name} is missing"));
    let target = Arc::new(Target {
        address: format!("127.0.0.1:{}", need("port")),
        access: need("access").to_owned(),
        secret: need("secret").to_owned(),
    });
    let seconds = options.get("seconds").map_or(5, |s| s.parse().unwrap());
    let time = Some(Duration::from_secs(seconds));
    let mut connection = Connection::open(&target).await;
    for bucket in ["/bench-objects", "/bench-listed"] {
        let answer = connection.exchange(&target.head("PUT", bucket, "", 0), b"").await.unwrap();
        assert_eq!(answer.0, 200, "the bucket was not made");
    }
    println!("{:<22} {:>5} {:>10} {:>9} {:>9} {:>9} {:>7}", "", "conns", "req/s", "MB/s", "p50 ms", "p99 ms", "errors");
    disk(need("disk"));
    let keys = (0..LISTED).map(|i| target.head("PUT", &format!("/bench-listed/k{i:06}"), "", 0)).collect();
    let fill = Arc::new(Plan { name: "fill", requests: keys, body: Vec::new(), bytes: 0 });
    let mut errors = measure(&target, &fill, 16, None).await;
    for plan in plans(&target) {
        if plan.name.starts_with("PUT") {
            errors += measure(&target, &plan, 16, None).await;
        }
        for connections in [1, 16] {
            errors += measure(&target, &plan, connections, time).await;
        }
    }
    std::process::exit(i32::from(errors > 0));
}
