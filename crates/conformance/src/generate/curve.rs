//! Points and signatures that an honest implementation does not make.

use super::Result;
use aside_primitives::{Label, Secret};
use curve25519_dalek::{
    constants::EIGHT_TORSION,
    edwards::{CompressedEdwardsY, EdwardsPoint},
    montgomery::MontgomeryPoint,
    scalar::{Scalar, clamp_integer},
};
use sha2::{Digest, Sha512};

/// The order of the group of the base point, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// 2^255 − 19 and a little more, little-endian.
pub(super) const fn prime_plus(more: u8) -> [u8; 32] {
    let mut bytes = [0xFF; 32];
    bytes[0] = 0xED + more;
    bytes[31] = 0x7F;
    bytes
}

/// The canonical X25519 keys of small order: 0, 1, two of order 8, −1.
pub(super) fn low_order_montgomery() -> Vec<[u8; 32]> {
    let mut found: Vec<[u8; 32]> = Vec::new();
    for point in EIGHT_TORSION {
        let key = point.to_montgomery().to_bytes();
        if !found.contains(&key) {
            found.push(key);
        }
    }
    let mut one = [0; 32];
    one[0] = 1;
    if !found.contains(&one) {
        found.push(one);
    }
    found.sort_unstable();
    found
}

/// An honest X25519 key plus each of the seven points of small order.
pub(super) fn with_torsion(key: &[u8; 32]) -> Result<Vec<[u8; 32]>> {
    let point = MontgomeryPoint(*key).to_edwards(0).ok_or("an honest key is on the curve")?;
    Ok(EIGHT_TORSION.iter().skip(1).map(|torsion| (point + torsion).to_montgomery().to_bytes()).collect())
}

/// The smallest u that is not on the curve but on its twist.
pub(super) fn on_the_twist() -> Result<[u8; 32]> {
    let keys = (2..=u8::MAX).map(|u| {
        let mut key = [0; 32];
        key[0] = u;
        key
    });
    let found = keys.into_iter().find(|key| MontgomeryPoint(*key).to_edwards(0).is_none());
    found.ok_or_else(|| "half of all numbers are on the twist".into())
}

/// The eight Ed25519 keys of small order, canonically encoded.
pub(super) fn low_order_edwards() -> Vec<[u8; 32]> {
    EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect()
}

/// A y that is encoded as y + 2^255 − 19 and is of large order.
pub(super) fn non_canonical_edwards() -> Result<[u8; 32]> {
    for y in 2..19 {
        let bytes = prime_plus(y);
        if CompressedEdwardsY(bytes).decompress().is_some_and(|point| !point.is_small_order()) {
            return Ok(bytes);
        }
    }
    Err("there is such a point".into())
}

/// An honest Ed25519 key plus a point of order 8.
pub(super) fn edwards_with_torsion(key: &[u8; 32]) -> Result<[u8; 32]> {
    let point = CompressedEdwardsY(*key).decompress().ok_or("an honest key decodes")?;
    let [_, torsion, ..] = EIGHT_TORSION;
    Ok((point + torsion).compress().to_bytes())
}

/// How a signature lies.
#[derive(Clone, Copy)]
pub(super) enum Lie {
    /// R has a component of order 8: the equation holds only with a cofactor.
    Torsion,
    /// R is the neutral element.
    SmallOrder,
    /// S is not reduced.
    Unreduced,
}

/// An Ed25519 signature that some verifier somewhere accepts.
pub(super) fn sign(seed: &Secret<32>, label: Label, body: &[u8], lie: Lie) -> Result<[u8; 64]> {
    let expanded: [u8; 64] = Sha512::digest(seed.expose()).into();
    let (secret, prefix) = expanded.split_first_chunk::<32>().ok_or("64 bytes begin with 32")?;
    let secret = Scalar::from_bytes_mod_order(clamp_integer(*secret));
    let key = EdwardsPoint::mul_base(&secret).compress();
    let part = |part: &[u8]| [&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes(), part].concat();
    let message = [part(label.as_bytes()), part(body)].concat();
    let honest = scalar(&[prefix, &message]);
    let [_, torsion, ..] = EIGHT_TORSION;
    let (r, point) = match lie {
        Lie::Torsion => (honest, EdwardsPoint::mul_base(&honest) + torsion),
        Lie::SmallOrder => (Scalar::ZERO, EdwardsPoint::mul_base(&Scalar::ZERO)),
        Lie::Unreduced => (honest, EdwardsPoint::mul_base(&honest)),
    };
    let point = point.compress();
    let mut s = (r + scalar(&[point.as_bytes(), key.as_bytes(), &message]) * secret).to_bytes();
    if matches!(lie, Lie::Unreduced) {
        s = plus_order(s);
    }
    let mut signature = [0; 64];
    for (place, byte) in signature.iter_mut().zip(point.as_bytes().iter().chain(&s)) {
        *place = *byte;
    }
    Ok(signature)
}

fn scalar(parts: &[&[u8]]) -> Scalar {
    let hash = parts.iter().fold(Sha512::new(), |hash, part| hash.chain_update(part));
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// S + L, which lenient verifiers take for S.
fn plus_order(bytes: [u8; 32]) -> [u8; 32] {
    let mut carry = 0u16;
    let mut sum = bytes;
    for (byte, order) in sum.iter_mut().zip(ORDER) {
        let total = u16::from(*byte).saturating_add(order.into()).saturating_add(carry);
        let [low, high] = total.to_le_bytes();
        *byte = low;
        carry = high.into();
    }
    sum
}
