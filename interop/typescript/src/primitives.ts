// spec/primitives.md

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { expand as hkdfExpand, extract as hkdfExtract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { type Bytes, ascii, concat, equal, isZero, readLittle, u32 } from "./bytes.js";
import { Reject, refuseIf } from "./reject.js";

const Point = ed25519.Point;
type Point = InstanceType<typeof Point>;

const FIELD_PRIME = 2n ** 255n - 19n;
const KEM_KEY_BYTES = 1184;
const KEM_MODULUS = 3329;
export const KEM_CIPHERTEXT_BYTES = 1088;

/** A part of an input, after its length (PRM-1). */
export function part(bytes: Bytes): Bytes {
  return concat(u32(bytes.length), bytes);
}

/** A label, after its length. */
export function label(name: string): Bytes {
  return part(ascii(name));
}

function input(name: string, parts: readonly Bytes[]): Bytes {
  return concat(label(name), ...parts.map(part));
}

export function hash(name: string, ...parts: Bytes[]): Bytes {
  return sha256(input(name, parts));
}

/** n keys, cut in order from one output (PRM-10). */
function cut(output: Bytes, n: number): Bytes[] {
  return Array.from({ length: n }, (_, at) => output.slice(32 * at, 32 * (at + 1)));
}

export function kdf(salt: Bytes, ikm: Bytes, name: string, n: number): Bytes[] {
  return expand(hkdfExtract(sha256, ikm, salt), name, n);
}

export function expand(key: Bytes, name: string, n: number): Bytes[] {
  return cut(hkdfExpand(sha256, key, label(name), 32 * n), n);
}

export function commit(key: Bytes, name: string, ...parts: Bytes[]): Bytes {
  return hmac(sha256, key, input(name, parts));
}

/** PRM-13 */
export function checkCommitment(offered: Bytes, key: Bytes, name: string, ...parts: Bytes[]): void {
  refuseIf(!equal(offered, commit(key, name, ...parts)), "commitment");
}

// Agreement

export interface KeyPair {
  readonly private: Bytes;
  readonly public: Bytes;
}

export function agreementPair(privateKey: Bytes): KeyPair {
  return { private: privateKey, public: x25519.getPublicKey(privateKey) };
}

/** PRM-2: one encoding for each key. */
export function checkAgreementKey(key: Bytes): void {
  refuseIf(key.length !== 32 || readLittle(key) >= FIELD_PRIME, "key");
}

/**
 * PRM-3: on the curve, and without a component of small order. The u of Curve25519 is the y of Ed25519 by
 * y = (u - 1) / (u + 1); u = -1 is on the twist.
 */
export function checkLongLivedAgreementKey(key: Bytes): void {
  checkAgreementKey(key);
  const u = readLittle(key);
  const Fp = Point.Fp;
  refuseIf(u === FIELD_PRIME - 1n, "key");
  const y = Fp.div(Fp.sub(u, Fp.ONE), Fp.add(u, Fp.ONE));
  checkOrder(decodePoint(Fp.toBytes(y)));
}

export function agree(own: Bytes, theirs: Bytes): Bytes {
  checkAgreementKey(theirs);
  let shared: Bytes;
  try {
    shared = x25519.getSharedSecret(own, theirs);
  } catch {
    throw new Reject("key"); // the library refuses an output of zeros by itself
  }
  refuseIf(isZero(shared), "key"); // PRM-4
  return shared;
}

// KEM

/** PRM-8: of the seed d ‖ z. */
export function kemPublic(seed: Bytes): Bytes {
  return ml_kem768.keygen(seed).publicKey;
}

/** PRM-9: length, and the modulus check of FIPS 203, section 7.2, on the coefficients of 12 bits. */
export function checkKemKey(key: Bytes): void {
  refuseIf(key.length !== KEM_KEY_BYTES, "key");
  for (let at = 0; at < KEM_KEY_BYTES - 32; at += 3) {
    const three = (key[at] ?? 0) | ((key[at + 1] ?? 0) << 8) | ((key[at + 2] ?? 0) << 16);
    refuseIf((three & 0xfff) >= KEM_MODULUS || three >> 12 >= KEM_MODULUS, "key");
  }
}

export interface Encapsulated {
  readonly ciphertext: Bytes;
  readonly secret: Bytes;
}

export function encapsulate(key: Bytes, message: Bytes): Encapsulated {
  checkKemKey(key);
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(key, message);
  return { ciphertext: cipherText, secret: sharedSecret };
}

export function decapsulate(seed: Bytes, ciphertext: Bytes): Bytes {
  return ml_kem768.decapsulate(ciphertext, ml_kem768.keygen(seed).secretKey);
}

// Signatures

export function signingPublic(seed: Bytes): Bytes {
  return ed25519.getPublicKey(seed);
}

export function sign(seed: Bytes, name: string, body: Bytes): Bytes {
  return ed25519.sign(input(name, [body]), seed);
}

function decodePoint(key: Bytes): Point {
  refuseIf(key.length !== 32, "key");
  try {
    return Point.fromBytes(key, false);
  } catch {
    throw new Reject("key");
  }
}

/** PRM-7, and PRM-3 for keys of the other form. */
function checkOrder(point: Point): Point {
  refuseIf(point.isSmallOrder() || !point.isTorsionFree(), "key");
  return point;
}

/** PRM-6, PRM-7 */
export function checkSigningKey(key: Bytes): Point {
  const point = decodePoint(key);
  refuseIf(!equal(point.toBytes(), key), "key");
  return checkOrder(point);
}

/**
 * PRM-5: without cofactor, which the library's own verification is not: S·B − k·A has to encode to R as received.
 */
export function verify(key: Bytes, name: string, body: Bytes, signature: Bytes): void {
  const point = checkSigningKey(key);
  refuseIf(signature.length !== 64, "signature");
  const r = signature.slice(0, 32);
  const s = readLittle(signature.slice(32));
  refuseIf(s >= Point.Fn.ORDER, "signature");
  const k = readLittle(sha512(concat(r, key, input(name, [body])))) % Point.Fn.ORDER;
  const expected = times(Point.BASE, s).subtract(times(point, k));
  refuseIf(expected.isSmallOrder() || !equal(expected.toBytes(), r), "signature");
}

function times(point: Point, scalar: bigint): Point {
  return scalar === 0n ? Point.ZERO : point.multiplyUnsafe(scalar);
}

// AEAD

export interface Sealed {
  readonly ciphertext: Bytes;
  readonly tag: Bytes;
}

export function seal(key: Bytes, nonce: Bytes, ad: Bytes, text: Bytes): Sealed {
  const sealed = chacha20poly1305(key, nonce, ad).encrypt(text);
  return { ciphertext: sealed.slice(0, -16), tag: sealed.slice(-16) };
}

/** PRM-11: nothing comes out before the whole tag was compared. */
export function open(key: Bytes, nonce: Bytes, ad: Bytes, sealed: Sealed): Bytes {
  refuseIf(sealed.tag.length !== 16, "mac");
  try {
    return chacha20poly1305(key, nonce, ad).decrypt(concat(sealed.ciphertext, sealed.tag));
  } catch {
    throw new Reject("mac");
  }
}
