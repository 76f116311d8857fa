//! Where a connection comes from, as far as that is counted (RLY-70); never stored and never logged (RLY-18).

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

/// Who shares a count: an IPv4 address, or the first half of an IPv6 address, since whoever has one of these has all
/// that begin alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Source(IpAddr);

impl Source {
    /// All for whom nobody says it.
    const UNSAID: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// `None` for this machine itself: whoever is here, or behind a proxy here that is not trusted to say for whom it
    /// speaks, cannot be told from everybody else.
    pub(crate) fn of(address: IpAddr) -> Option<Self> {
        match address.to_canonical() {
            address if address.is_loopback() => None,
            IpAddr::V4(address) => Some(Self(address.into())),
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                Some(Self(Ipv6Addr::from(network).into()))
            }
        }
    }
}

// An address is a person's, almost (RLY-18).
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(…)")
    }
}

/// The proxies before the relay, which say in `X-Forwarded-For` for whom they speak.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Proxies {
    /// There are none: what such a header says is anybody's invention.
    #[default]
    None,
    /// Each connection comes through so many. Nobody must be able to reach the relay past them.
    Count(u8),
    /// These; whoever else connects speaks for itself.
    At(Vec<IpAddr>),
}

/// The text names no proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("proxies are a number, as in 1, or their addresses, as in 10.0.0.7,10.0.0.8")]
pub struct BadProxies;

impl FromStr for Proxies {
    type Err = BadProxies;

    fn from_str(text: &str) -> Result<Self, BadProxies> {
        if let Ok(number) = text.parse() {
            return Ok(if number == 0 { Self::None } else { Self::Count(number) });
        }
        let addresses: Result<_, _> = text.split(',').map(|part| part.trim().parse()).collect();
        addresses.map(Self::At).map_err(|_| BadProxies)
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("0"),
            Self::Count(number) => number.fmt(f),
            Self::At(addresses) => {
                let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                f.write_str(&addresses.join(","))
            }
        }
    }
}

impl Proxies {
    /// Whether a connection from there is a proxy's, which speaks for many.
    pub(crate) fn include(&self, peer: IpAddr) -> bool {
        match self {
            Self::None => false,
            Self::Count(_) => true,
            Self::At(ours) => ours.contains(&peer.to_canonical()),
        }
    }

    /// Whom a connection from `peer` counts for, given what stands in its headers, the first one first. All for whom a
    /// proxy does not say it as expected count together: otherwise a header that cannot be read would be a way past every count.
    pub(crate) fn source<H: AsRef<[u8]>>(
        &self,
        peer: IpAddr,
        headers: impl Iterator<Item = H>,
    ) -> Option<Source> {
        if !self.include(peer) {
            return Source::of(peer);
        }
        let mut said = Vec::new();
        for header in headers {
            // What is no text names nobody, and what a proxy added behind it still does.
            said.extend(String::from_utf8_lossy(header.as_ref()).split(',').map(address));
        }
        let named = match self {
            Self::None => None,
            // The last was added by the nearest; what stands before the first of ours anybody may have written.
            Self::Count(number) => said.iter().rev().nth(usize::from(number.saturating_sub(1))).copied(),
            Self::At(ours) => {
                said.iter().rev().copied().find(|said| said.is_none_or(|said| !ours.contains(&said)))
            }
        };
        Some(named.flatten().and_then(Source::of).unwrap_or(Source::UNSAID))
    }
}

/// An address, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let alone = text.parse().ok().or_else(|| text.trim_matches(['[', ']']).parse().ok());
    let address = alone.or_else(|| text.parse().ok().map(|socket: std::net::SocketAddr| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// How many connections each source has.
#[derive(Debug)]
pub(crate) struct Crowd {
    most: usize,
    there: Mutex<HashMap<Source, usize>>,
}

impl Crowd {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, there: Mutex::default() }
    }

    /// Counts a connection for as long as the place lives; `None` if there are too many (RLY-70).
    pub(crate) fn enter(self: &Arc<Self>, source: Option<Source>) -> Option<Place> {
        let Some(source) = source else { return Some(Place(None)) };
        let has_room = self.with(|there| {
            let count = there.entry(source).or_default();
            let has_room = *count < self.most;
            *count = count.saturating_add(usize::from(has_room));
            has_room
        });
        has_room.then(|| Place(Some((Arc::clone(self), source))))
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<Source, usize>) -> T) -> T {
        // Nothing here leaves the map half changed.
        act(&mut self.there.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One connection among those of its source.
#[derive(Debug)]
pub(crate) struct Place(Option<(Arc<Crowd>, Source)>);

impl Drop for Place {
    fn drop(&mut self) {
        let Some((crowd, source)) = &self.0 else { return };
        crowd.with(|there| {
            if let Some(count) = there.get_mut(source) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    there.remove(source);
                }
            }
        });
    }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
