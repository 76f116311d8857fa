// Declarations to be reached only encrypted (spec/kinds.md, CON-27).

import { type Bytes, equal } from "./bytes.js";
import { type Device, openSigned, signBody } from "./certificate.js";
import { decode, encode, message } from "./envelope.js";
import { isDeviceId } from "./packet.js";
import { checkSigningKey } from "./primitives.js";
import { refuseIf } from "./reject.js";

const DECLARATION_BYTES = 256;
const LABEL = "aside/1 encrypted only";

const BODY = message(
  DECLARATION_BYTES,
  4,
  [1, "account", "bytes"],
  [2, "device_id", "uint32"],
  [3, "peer", "bytes"],
  [4, "version", "uint64"],
);

/** Checks 6 and 7, with which whoever signs one begins. */
function checkWhatItSays(account: Bytes, peer: Bytes, version: bigint): void {
  checkSigningKey(peer);
  refuseIf(equal(peer, account) || version === 0n, "malformed");
}

export function declare(device: Device, signingPrivate: Bytes, peer: Bytes, version: bigint): Bytes {
  checkWhatItSays(device.accountKey, peer, version);
  const body = encode(BODY, [
    ["account", device.accountKey],
    ["device_id", BigInt(device.deviceId)],
    ["peer", peer],
    ["version", version],
  ]);
  return signBody(signingPrivate, LABEL, body);
}

export function verifyDeclaration(device: Device, bytes: Bytes): { peer: Bytes; version: bigint } {
  const body = decode(BODY, openSigned(bytes, DECLARATION_BYTES, device.signingKey, LABEL));
  const [account, deviceId] = [body.bytes("account"), body.number("device_id")];
  checkSigningKey(account);
  refuseIf(!isDeviceId(deviceId), "malformed");
  refuseIf(!equal(account, device.accountKey) || deviceId !== device.deviceId, "policy");
  checkWhatItSays(account, body.bytes("peer"), body.integer("version"));
  return { peer: body.bytes("peer"), version: body.integer("version") };
}
