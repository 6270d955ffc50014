//! How often an address may come with a token that is none.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use parking_lot::Mutex;

use crate::storage::Timestamp;

/// Failures of one address in a window before it has to wait.
const FAILURES_MAX: u32 = 10;
/// How long a window lasts, seconds.
const WINDOW_SECONDS: i64 = 60;
/// Addresses that are remembered; beyond that, those whose window is over are forgotten, and then all.
const ADDRESSES_MAX: usize = 10_000;

/// Failures by address, IPv6 by its network of 64 bits.
#[derive(Default)]
pub(super) struct Attempts(Mutex<HashMap<IpAddr, (Timestamp, u32)>>);

fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

fn remaining(begun: Timestamp, now: Timestamp) -> Option<u64> {
    let left = WINDOW_SECONDS - (now.seconds() - begun.seconds());
    u64::try_from(left).ok().filter(|left| (1..=WINDOW_SECONDS.unsigned_abs()).contains(left))
}

impl Attempts {
    /// How many seconds this address has to wait, if it has to.
    pub(super) fn wait(&self, address: IpAddr, now: Timestamp) -> Option<u64> {
        let known = self.0.lock();
        let (begun, failures) = known.get(&counted_as(address))?;
        if *failures >= FAILURES_MAX { remaining(*begun, now) } else { None }
    }

    /// One more failure.
    pub(super) fn failed(&self, address: IpAddr, now: Timestamp) {
        let mut known = self.0.lock();
        if known.len() >= ADDRESSES_MAX {
            known.retain(|_, (begun, _)| remaining(*begun, now).is_some());
            if known.len() >= ADDRESSES_MAX {
                known.clear();
            }
        }
        let (begun, failures) = known.entry(counted_as(address)).or_insert((now, 0));
        if remaining(*begun, now).is_none() {
            (*begun, *failures) = (now, 0);
        }
        *failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn an_address_waits_after_ten_failures_till_its_minute_is_over() {
        let attempts = Attempts::default();
        let address = "192.0.2.1".parse().unwrap();
        for _ in 0..FAILURES_MAX {
            assert_eq!(attempts.wait(address, at(100)), None);
            attempts.failed(address, at(100));
        }
        assert_eq!(attempts.wait(address, at(130)), Some(30));
        assert_eq!(attempts.wait("192.0.2.2".parse().unwrap(), at(130)), None);
        assert_eq!(attempts.wait(address, at(160)), None);
        attempts.failed(address, at(160));
        assert_eq!(attempts.wait(address, at(161)), None, "a new window begins at nothing");
    }

    #[test]
    fn a_network_of_64_bits_is_one_sender() {
        let attempts = Attempts::default();
        for i in 0..FAILURES_MAX {
            attempts.failed(format!("2001:db8::{i:x}").parse().unwrap(), at(0));
        }
        assert!(attempts.wait("2001:db8::ffff:1".parse().unwrap(), at(1)).is_some());
        assert!(attempts.wait("2001:db8:0:1::1".parse().unwrap(), at(1)).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for i in 0..=u32::try_from(ADDRESSES_MAX).unwrap() {
            attempts.failed(std::net::Ipv4Addr::from_bits(i).into(), at(0));
        }
        assert!(attempts.0.lock().len() <= ADDRESSES_MAX);
    }
}
