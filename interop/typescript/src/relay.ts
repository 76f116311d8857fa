// spec/relay.md: logins and registrations, and what a relay makes of the store behind a login.

import { type Bytes, ascii, equal, u64, u8 } from "./bytes.js";
import { decode, message } from "./envelope.js";
import { isDeviceId } from "./packet.js";
import { hash, sign, verify } from "./primitives.js";
import { refuseIf } from "./reject.js";
import { checkLength } from "./text.js";

const GREATEST_NUMBER = 2n ** 63n - 1n;

const STORE_GENERATION = message(
  64,
  4,
  [1, "number", "uint64"],
  [2, "token", "bytes"],
  [3, "previous", "bytes"],
  [4, "restored", "bool"],
);

export interface Generation {
  readonly number: bigint;
  readonly token: Bytes;
  readonly previous: Bytes;
  readonly restored: boolean;
}

export function decodeGeneration(bytes: Bytes): Generation {
  const decoded = decode(STORE_GENERATION, bytes);
  const number = decoded.integer("number");
  refuseIf(number === 0n || number > GREATEST_NUMBER, "malformed");
  checkLength(decoded.bytes("token"), 16, 16);
  checkLength(decoded.bytes("previous"), 16, 16);
  const [token, previous] = [decoded.bytes("token"), decoded.bytes("previous")];
  return { number, token, previous, restored: decoded.flag("restored") };
}

/** What a relay has said first on a connection. */
export interface Challenge {
  readonly name: string;
  readonly key: Bytes;
  readonly nonce: Bytes;
}

function challengeParts(challenge: Challenge): Bytes[] {
  return [Uint8Array.from(Buffer.from(challenge.name, "utf8")), challenge.key, challenge.nonce];
}

const LOGIN = "aside/1 login";
const REGISTER = "aside/1 register";

export function loginDigest(challenge: Challenge, account: Bytes, deviceId: number, store: Bytes): Bytes {
  refuseIf(!isDeviceId(deviceId), "malformed");
  const { number, token, previous, restored } = decodeGeneration(store);
  const generation = [u64(number), token, previous, u8(Number(restored))];
  return hash(LOGIN, ...challengeParts(challenge), account, u8(deviceId), ...generation);
}

export function registrationDigest(challenge: Challenge, account: Bytes, handle: string, deviceList: Bytes): Bytes {
  return hash(REGISTER, ...challengeParts(challenge), account, ascii(handle), deviceList);
}

export const signLogin = (digest: Bytes, key: Bytes): Bytes => sign(key, LOGIN, digest);
export const signRegistration = (digest: Bytes, key: Bytes): Bytes => sign(key, REGISTER, digest);

export function verifyLogin(digest: Bytes, key: Bytes, signature: Bytes): void {
  verify(key, LOGIN, digest, signature);
}

export function verifyRegistration(digest: Bytes, key: Bytes, signature: Bytes): void {
  verify(key, REGISTER, digest, signature);
}

export interface Known {
  /** 0 for nothing. */
  readonly number: bigint;
  readonly token: Bytes;
}

/** RLY-46 to RLY-48 */
export function judgeStore(told: Generation, known: Known): Known {
  const { number, token } = told;
  if (known.number === 0n) return { number, token };
  if (told.restored) return afterRestore(told, known);
  const same = number === known.number && equal(token, known.token);
  const next = number === known.number + 1n && equal(told.previous, known.token);
  refuseIf(!same && !next && number <= known.number + 1n, "stale");
  return { number, token };
}

function afterRestore(told: Generation, known: Known): Known {
  if (equal(told.token, known.token)) return known;
  const next = known.number + 1n;
  return { number: told.number > next ? told.number : next, token: told.token };
}
