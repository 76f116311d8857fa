// spec/identity.md: certificates, device lists, prekeys, handles.

import { type Bytes, equal } from "./bytes.js";
import { Decoded, type Message, decode, encode, layout, message } from "./envelope.js";
import { isDeviceId } from "./packet.js";
import {
  checkKemKey,
  checkLongLivedAgreementKey,
  checkSigningKey,
  hash,
  kemPublic,
  agreementPair,
  sign,
  signingPublic,
  verify,
} from "./primitives.js";
import type { Randomness } from "./randomness.js";
import { Fault, Reject, refuseIf } from "./reject.js";

const SUITE = 1n;
const CAPTURE_DETECTIONS = 3;
const DEVICES = 8;
const DEVICE_LIST_BYTES = 4608;
const PREKEY_BYTES = 1536;

// Layout

export const SIGNED = message(DEVICE_LIST_BYTES, 2, [1, "body", "bytes"], [2, "signature", "bytes"]);

const CERTIFICATE = message(
  512,
  3,
  [1, "body", "bytes"],
  [2, "account_signature", "bytes"],
  [3, "device_signature", "bytes"],
);

const CAPABILITIES = layout(
  [1, "expiry", "bool"],
  [2, "capture", "enum"],
  [3, "protected_viewer", "bool"],
  [4, "groups", "bool"],
  [5, "automated", "bool"],
);

const CERTIFICATE_BODY = message(
  512,
  7,
  [1, "suite", "uint32"],
  [2, "account_key", "bytes"],
  [3, "device_id", "uint32"],
  [4, "signing_key", "bytes"],
  [5, "agreement_key", "bytes"],
  [6, "created_at", "uint64"],
  [7, "capabilities", CAPABILITIES],
);

const DEVICE_LIST_BODY = message(
  DEVICE_LIST_BYTES,
  12,
  [1, "account_key", "bytes"],
  [2, "version", "uint64"],
  [3, "previous", "bytes"],
  [4, "issued_at", "uint64"],
  [5, "certificates", "bytes", "repeated"],
);

const PREKEY_BODY = message(
  PREKEY_BYTES,
  8,
  [1, "suite", "uint32"],
  [2, "account_key", "bytes"],
  [3, "device_id", "uint32"],
  [4, "kind", "enum"],
  [5, "id", "uint32"],
  [6, "not_after", "uint64"],
  [7, "agreement_key", "bytes"],
  [8, "encapsulation_key", "bytes"],
);

/** Those that `decode` can be asked for. */
export const IDENTITY_MESSAGES: ReadonlyMap<string, Message> = new Map([
  ["Signed", SIGNED],
  ["Certificate", CERTIFICATE],
  ["CertificateBody", CERTIFICATE_BODY],
  ["DeviceListBody", DEVICE_LIST_BODY],
  ["PrekeyBody", PREKEY_BODY],
]);

/** A signed body as received, verified before it is parsed (IDN-1). */
export function openSigned(bytes: Bytes, limit: number, key: Bytes, label: string): Bytes {
  refuseIf(bytes.length > limit, "limit");
  const signed = decode(SIGNED, bytes);
  const signature = signed.bytes("signature");
  refuseIf(signature.length !== 64, "malformed");
  verify(key, label, signed.bytes("body"), signature);
  return signed.bytes("body");
}

export function signBody(seed: Bytes, label: string, body: Bytes): Bytes {
  return encode(SIGNED, [
    ["body", body],
    ["signature", sign(seed, label, body)],
  ]);
}

// Certificates

/** What a handshake needs of a device. */
export interface Device {
  readonly accountKey: Bytes;
  readonly deviceId: number;
  readonly signingKey: Bytes;
  readonly agreementKey: Bytes;
}

export function isSameDevice(a: Device, b: Device): boolean {
  return equal(a.accountKey, b.accountKey) && a.deviceId === b.deviceId;
}

export interface Certificate extends Device {
  readonly createdAt: number;
  readonly expiry: boolean;
  readonly capture: number;
  readonly protectedViewer: boolean;
  readonly groups: boolean;
  readonly automated: boolean;
}

/** The checks in order; the account is the expected one. */
export function verifyCertificate(accountKey: Bytes, bytes: Bytes): Certificate {
  const outer = decode(CERTIFICATE, bytes);
  const byAccount = outer.bytes("account_signature");
  const byDevice = outer.bytes("device_signature");
  refuseIf(byAccount.length !== 64 || byDevice.length !== 64, "malformed");
  const bodyBytes = outer.bytes("body");
  verify(accountKey, "aside/1 certificate by account", bodyBytes, byAccount); // IDN-4
  const body = decode(CERTIFICATE_BODY, bodyBytes);
  refuseIf(body.integer("suite") !== SUITE, "version"); // ENV-7
  checkSigningKey(body.bytes("account_key")); // IDN-2
  refuseIf(!equal(body.bytes("account_key"), accountKey), "policy"); // IDN-6
  verify(body.bytes("signing_key"), "aside/1 certificate by device", bodyBytes, byDevice); // IDN-4
  const capabilities = body.nested("capabilities");
  if (capabilities === undefined) throw new Reject("malformed");
  refuseIf(!isDeviceId(body.number("device_id")), "malformed"); // IDN-3
  checkLongLivedAgreementKey(body.bytes("agreement_key"));
  refuseIf(capabilities.integer("capture") >= CAPTURE_DETECTIONS, "malformed");
  return certificateOf(body, capabilities);
}

function certificateOf(body: Decoded, capabilities: Decoded): Certificate {
  return {
    accountKey: body.bytes("account_key"),
    deviceId: body.number("device_id"),
    signingKey: body.bytes("signing_key"),
    agreementKey: body.bytes("agreement_key"),
    createdAt: body.number("created_at"),
    expiry: capabilities.flag("expiry"),
    capture: capabilities.number("capture"),
    protectedViewer: capabilities.flag("protected_viewer"),
    groups: capabilities.flag("groups"),
    automated: capabilities.flag("automated"),
  };
}

/** An account with one device and the first list. */
export function generateDevice(deviceId: number, now: number, randomness: Randomness) {
  const account = randomness.draw("account key", 32);
  const signing = randomness.draw("device signing key", 32);
  const agreement = randomness.draw("device agreement key", 32);
  const accountKey = signingPublic(account);
  const body = encode(CERTIFICATE_BODY, [
    ["suite", SUITE],
    ["account_key", accountKey],
    ["device_id", BigInt(deviceId)],
    ["signing_key", signingPublic(signing)],
    ["agreement_key", agreementPair(agreement).public],
    ["created_at", BigInt(now)],
    ["capabilities", new Decoded()],
  ]);
  const certificate = encode(CERTIFICATE, [
    ["body", body],
    ["account_signature", sign(account, "aside/1 certificate by account", body)],
    ["device_signature", sign(signing, "aside/1 certificate by device", body)],
  ]);
  const list = encode(DEVICE_LIST_BODY, [
    ["account_key", accountKey],
    ["version", 1n],
    ["issued_at", BigInt(now)],
    ["certificates", [certificate]],
  ]);
  return { accountKey, certificate, deviceList: signBody(account, "aside/1 device list", list) };
}

// Device lists

export interface DeviceList {
  readonly version: bigint;
  readonly previous: Bytes;
  readonly hash: Bytes;
  readonly issuedAt: number;
  readonly devices: readonly Device[];
}

/** The checks in order, but for the last one. */
export function verifyDeviceList(accountKey: Bytes, bytes: Bytes): DeviceList {
  const bodyBytes = openSigned(bytes, DEVICE_LIST_BYTES, accountKey, "aside/1 device list"); // IDN-7
  const body = decode(DEVICE_LIST_BODY, bodyBytes);
  refuseIf(!equal(body.bytes("account_key"), accountKey), "policy"); // IDN-6
  const version = body.integer("version");
  const previous = body.bytes("previous");
  refuseIf(version === 0n || previous.length !== (version === 1n ? 0 : 32), "malformed"); // IDN-17
  const devices = body.list("certificates").map((certificate) => verifyCertificate(accountKey, certificate));
  refuseIf(devices.length > DEVICES, "limit"); // IDN-8
  const ascending = devices.every((device, at) => at === 0 || (devices[at - 1]?.deviceId ?? 0) < device.deviceId);
  refuseIf(devices.length === 0 || !ascending, "malformed");
  const name = hash("aside/1 device list hash", bodyBytes);
  return { version, previous, hash: name, issuedAt: body.number("issued_at"), devices };
}

/** IDN-9, IDN-19 */
export function succeed(known: DeviceList, offered: DeviceList): DeviceList {
  if (offered.version === known.version && equal(offered.hash, known.hash)) return known;
  refuseIf(offered.version < known.version, "stale");
  refuseIf(offered.version !== known.version + 1n || !equal(offered.previous, known.hash), "fork");
  for (const device of known.devices) {
    const now = offered.devices.find((other) => other.deviceId === device.deviceId);
    refuseIf(now !== undefined && !sameKeys(now, device), "fork");
  }
  return offered;
}

function sameKeys(a: Device, b: Device): boolean {
  return equal(a.signingKey, b.signingKey) && equal(a.agreementKey, b.agreementKey);
}

// Prekeys

export type PrekeyKind = "signed" | "one-time";

const PREKEY_KINDS: Record<PrekeyKind, bigint> = { signed: 1n, "one-time": 2n };

export function isPrekeyKind(kind: string): kind is PrekeyKind {
  return kind in PREKEY_KINDS;
}

export interface Prekey {
  readonly id: number;
  readonly notAfter: number;
  readonly agreementKey: Bytes;
  readonly encapsulationKey: Bytes;
  /** As signed. */
  readonly body: Bytes;
}

/** The checks in order (IDN-10 to IDN-12). */
export function verifyPrekey(device: Device, kind: PrekeyKind, now: number, bytes: Bytes): Prekey {
  const bodyBytes = openSigned(bytes, PREKEY_BYTES, device.signingKey, "aside/1 prekey");
  const body = decode(PREKEY_BODY, bodyBytes);
  refuseIf(body.integer("suite") !== SUITE, "version");
  checkSigningKey(body.bytes("account_key"));
  const deviceId = body.number("device_id");
  refuseIf(!equal(body.bytes("account_key"), device.accountKey), "policy");
  refuseIf(!isDeviceId(deviceId), "malformed");
  refuseIf(deviceId !== device.deviceId, "policy");
  refuseIf(body.integer("kind") !== PREKEY_KINDS[kind] || body.integer("id") === 0n, "malformed");
  refuseIf(body.integer("not_after") < BigInt(now), "stale");
  checkLongLivedAgreementKey(body.bytes("agreement_key"));
  checkKemKey(body.bytes("encapsulation_key"));
  return {
    id: body.number("id"),
    notAfter: body.number("not_after"),
    agreementKey: body.bytes("agreement_key"),
    encapsulationKey: body.bytes("encapsulation_key"),
    body: bodyBytes,
  };
}

/** The body of one's own prekey, whose signature nobody has to check. */
export function ownPrekeyBody(signed: Bytes): Bytes {
  return decode(SIGNED, signed).bytes("body");
}

export function generatePrekey(
  device: Device,
  signingPrivate: Bytes,
  kind: PrekeyKind,
  id: number,
  notAfter: number,
  randomness: Randomness,
): Bytes {
  if (id === 0) throw new Fault("the id of a prekey is not 0");
  const agreement = randomness.draw("prekey agreement key", 32);
  const seed = randomness.draw("prekey KEM seed", 64);
  const body = encode(PREKEY_BODY, [
    ["suite", SUITE],
    ["account_key", device.accountKey],
    ["device_id", BigInt(device.deviceId)],
    ["kind", PREKEY_KINDS[kind]],
    ["id", BigInt(id)],
    ["not_after", BigInt(notAfter)],
    ["agreement_key", agreementPair(agreement).public],
    ["encapsulation_key", kemPublic(seed)],
  ]);
  return signBody(signingPrivate, "aside/1 prekey", body);
}

// Handles

/** IDN-13 */
export function checkHandle(handle: string): void {
  refuseIf(!/^[a-z][a-z0-9_.]{1,31}$/.test(handle), "malformed");
}
