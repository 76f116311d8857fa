//! Export and import of chains: versioned, compact, validated.
//!
//! ```text
//! origin    = group 32, account 32, device 1, epoch 8
//! sending   = version 1 | origin | signing key seed 32 | chain 32 | iteration 2 | created at 8
//! receiving = version 1 | revision 8 | origin | signing key 32 | chain 32 | first 2 | next 2 | end 2
//!           | kept count 2, each: number 2, secret 32
//! ```

use crate::{
    ImportError, ReceivingChain, SendingChain,
    binding::Origin,
    chain::{ChainKey, MessageSecret},
    limits::CHAIN_MESSAGES,
};
use alloc::{collections::BTreeMap, vec::Vec};
use aside_identity::{AccountKey, Address, DeviceId, GroupId};
use aside_primitives::{Secret, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// The version of the layouts above.
const VERSION: u8 = 1;
/// Length of an origin in bytes.
const ORIGIN_BYTES: usize = 32 + 32 + 1 + 8;
/// Length of a sending chain in bytes.
const SENDING_BYTES: usize = 1 + ORIGIN_BYTES + 32 + 32 + 2 + 8;
/// Length of a receiving chain without kept secrets, in bytes.
const RECEIVING_BYTES: usize = 1 + 8 + ORIGIN_BYTES + 32 + 32 + 2 + 2 + 2 + 2;
/// Length of a kept secret with its number, in bytes.
const KEPT_BYTES: usize = 2 + 32;

impl SendingChain {
    /// The whole chain, secrets included, 148 bytes.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        let Self { origin, signing, chain, iteration, created_at } = self;
        let mut out = Zeroizing::new(Vec::with_capacity(SENDING_BYTES));
        out.push(VERSION);
        export_origin(origin, &mut out);
        out.extend_from_slice(signing.to_seed().expose());
        out.extend_from_slice(chain.0.expose());
        out.extend_from_slice(&iteration.to_be_bytes());
        out.extend_from_slice(&created_at.to_be_bytes());
        out
    }

    /// Reads back what [`Self::export`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`ImportError`] if the version is unknown or the bytes are not such a chain.
    pub fn import(bytes: &[u8]) -> Result<Self, ImportError> {
        Reader::whole(bytes, Reader::sending)
    }
}

impl ReceivingChain {
    /// The whole chain, secrets included: 154 bytes, and 34 for each kept secret.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        let Self { origin, signing_key, chain, first, next, end, kept, revision } = self;
        // Room for all of it, so that no reallocation leaves a copy of a secret behind.
        let room = RECEIVING_BYTES.saturating_add(kept.len().saturating_mul(KEPT_BYTES));
        let mut out = Zeroizing::new(Vec::with_capacity(room));
        out.push(VERSION);
        out.extend_from_slice(&revision.to_be_bytes());
        export_origin(origin, &mut out);
        out.extend_from_slice(signing_key.as_bytes());
        out.extend_from_slice(chain.0.expose());
        for number in [*first, *next, *end] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&u16::try_from(kept.len()).unwrap_or(u16::MAX).to_be_bytes());
        for (number, secret) in kept {
            out.extend_from_slice(&number.to_be_bytes());
            out.extend_from_slice(secret.0.expose());
        }
        out
    }

    /// Reads back what [`Self::export`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`ImportError`] if the version is unknown or the bytes are not such a chain.
    pub fn import(bytes: &[u8]) -> Result<Self, ImportError> {
        Reader::whole(bytes, Reader::receiving)
    }

    /// Whether a chain can be in this state (GRP-28).
    fn is_possible(&self) -> bool {
        let past = |number| self.first <= number && number < self.next.min(self.end);
        self.first <= self.next
            && self.next <= CHAIN_MESSAGES
            && self.end <= CHAIN_MESSAGES
            && self.kept.keys().all(|number| past(*number))
    }
}

fn export_origin(origin: &Origin, out: &mut Vec<u8>) {
    // The key id follows from the rest.
    let Origin { group, owner: Address { account, device }, epoch, key_id: _ } = origin;
    out.extend_from_slice(group.as_bytes());
    out.extend_from_slice(account.as_bytes());
    out.push(device.byte());
    out.extend_from_slice(&epoch.to_be_bytes());
}

/// Takes fields from the front; `None` as soon as one is missing or impossible.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads a version, then all the rest.
    fn whole<T>(bytes: &'a [u8], read: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, ImportError> {
        let (version, rest) = bytes.split_first().ok_or(ImportError::Damaged)?;
        if *version != VERSION {
            return Err(ImportError::Version(*version));
        }
        let mut reader = Self(rest);
        let chain = read(&mut reader).ok_or(ImportError::Damaged)?;
        if reader.0.is_empty() { Ok(chain) } else { Err(ImportError::Damaged) }
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn number(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn secret(&mut self) -> Option<Secret<32>> {
        self.array().map(Secret::new)
    }

    /// Group, owner and epoch; the key id needs the signing key that follows.
    fn origin(&mut self) -> Option<(GroupId, Address, u64)> {
        let group = GroupId::new(self.array()?);
        let account = AccountKey::from_own_store(self.array()?);
        let [device] = self.array()?;
        let owner = Address { account, device: DeviceId::parse(device.into()).ok()? };
        let epoch = self.array().map(u64::from_be_bytes).filter(|epoch| *epoch != 0)?;
        Some((group, owner, epoch))
    }

    fn sending(&mut self) -> Option<SendingChain> {
        let (group, owner, epoch) = self.origin()?;
        let signing = SigningKey::from_seed(&self.secret()?);
        let chain = ChainKey(self.secret()?);
        let iteration = self.number().filter(|iteration| *iteration <= CHAIN_MESSAGES)?;
        let created_at = u64::from_be_bytes(self.array()?);
        let origin = Origin::new(group, owner, epoch, &signing.verifying_key());
        Some(SendingChain { origin, signing, chain, iteration, created_at })
    }

    fn receiving(&mut self) -> Option<ReceivingChain> {
        let revision = u64::from_be_bytes(self.array()?);
        let (group, owner, epoch) = self.origin()?;
        let signing_key = VerifyingKey::parse(&self.array::<32>()?).ok()?;
        let chain = ReceivingChain {
            origin: Origin::new(group, owner, epoch, &signing_key),
            signing_key,
            chain: ChainKey(self.secret()?),
            first: self.number()?,
            next: self.number()?,
            end: self.number()?,
            kept: self.kept()?,
            revision,
        };
        chain.is_possible().then_some(chain)
    }

    fn kept(&mut self) -> Option<BTreeMap<u16, MessageSecret>> {
        let mut kept = BTreeMap::new();
        for _ in 0..self.number()? {
            let (number, secret) = (self.number()?, MessageSecret(self.secret()?));
            if kept.last_key_value().is_some_and(|(last, _)| *last >= number) {
                return None;
            }
            kept.insert(number, secret);
        }
        Some(kept)
    }
}
