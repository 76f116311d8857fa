// spec/handshake.md

import { type Bytes, concat, equal, u8 } from "./bytes.js";
import { type Device, type Prekey, isSameDevice } from "./certificate.js";
import { type Handshake, encodeHandshake } from "./packet.js";
import {
  type KeyPair,
  agree,
  agreementPair,
  checkAgreementKey,
  decapsulate,
  encapsulate,
  hash,
  kdf,
} from "./primitives.js";
import type { Randomness } from "./randomness.js";
import { Fault, refuseIf } from "./reject.js";

/** The device that runs this program, with its private agreement key. */
export interface OwnDevice {
  readonly device: Device;
  readonly agreementPrivate: Bytes;
}

/** Verified prekeys of a peer (HSK-1). */
export interface Bundle {
  readonly device: Device;
  readonly signed: Prekey;
  readonly oneTime: Prekey | undefined;
}

/** A prekey of one's own: both private halves, and the body as signed. */
export interface OwnPrekey {
  readonly id: number;
  readonly agreementPrivate: Bytes;
  readonly kemSeed: Bytes;
  readonly body: Bytes;
}

export interface Agreed {
  readonly sessionId: Bytes;
  readonly root: Bytes;
  readonly initiatorHeaderKey: Bytes;
  readonly responderHeaderKey: Bytes;
}

/** HSK-10 */
export function handshakeHash(handshake: Bytes): Bytes {
  return hash("aside/1 handshake hash", handshake);
}

/** HSK-7 */
export function transcript(
  handshake: Bytes,
  initiator: Device,
  responder: Device,
  signed: Bytes,
  oneTime: Bytes | undefined,
): Bytes {
  return hash(
    "aside/1 handshake transcript",
    handshake,
    ...identity(initiator),
    ...identity(responder),
    signed,
    oneTime ?? new Uint8Array(),
  );
}

function identity(device: Device): Bytes[] {
  return [device.accountKey, u8(device.deviceId), device.signingKey, device.agreementKey];
}

/** HSK-8 */
export function handshakeKeys(sessionId: Bytes, agreements: readonly Bytes[], kemSecret: Bytes): Agreed {
  const ikm = concat(new Uint8Array(32).fill(0xff), ...agreements, kemSecret);
  const [root, initiatorHeaderKey, responderHeaderKey] = kdf(sessionId, ikm, "aside/1 handshake keys", 3);
  if (!root || !initiatorHeaderKey || !responderHeaderKey) throw new Fault("three keys were asked for");
  return { sessionId, root, initiatorHeaderKey, responderHeaderKey };
}

export function initiate(own: OwnDevice, bundle: Bundle, randomness: Randomness): Agreed & { handshake: Bytes } {
  const { device: peer, signed, oneTime } = bundle;
  if (isSameDevice(own.device, peer)) throw new Fault("a session with oneself"); // HSK-3
  const ephemeral = agreementPair(randomness.draw("ephemeral key", 32)); // HSK-4
  const kemKey = (oneTime ?? signed).encapsulationKey; // HSK-5
  const { ciphertext, secret } = encapsulate(kemKey, randomness.draw("KEM message", 32));
  const agreements = [
    agree(own.agreementPrivate, signed.agreementKey),
    agree(ephemeral.private, peer.agreementKey),
    agree(ephemeral.private, signed.agreementKey),
    ...(oneTime === undefined ? [] : [agree(ephemeral.private, oneTime.agreementKey)]),
  ];
  const handshake = encodeHandshake({
    accountKey: own.device.accountKey,
    deviceId: own.device.deviceId,
    ephemeralKey: ephemeral.public,
    signedPrekey: signed.id,
    oneTimePrekey: oneTime?.id ?? 0,
    ciphertext,
  });
  const id = transcript(handshake, own.device, peer, signed.body, oneTime?.body);
  return { handshake, ...handshakeKeys(id, agreements, secret) };
}

/** The other halves, from checks 3 to 5 on; what it gives is trusted only when a message has opened (HSK-9). */
export function respond(
  own: OwnDevice,
  peer: Device,
  bytes: Bytes,
  handshake: Handshake,
  signed: OwnPrekey | undefined,
  oneTime: OwnPrekey | undefined,
): Agreed & { signedPair: KeyPair } {
  const named = equal(handshake.accountKey, peer.accountKey) && handshake.deviceId === peer.deviceId;
  refuseIf(!named || isSameDevice(own.device, peer), "unknown_prekey"); // HSK-11, HSK-3
  refuseIf(signed === undefined || (handshake.oneTimePrekey !== 0 && oneTime === undefined), "unknown_prekey");
  if (signed === undefined) throw new Fault("unreachable");
  checkAgreementKey(handshake.ephemeralKey); // HSK-12
  const agreements = [
    agree(signed.agreementPrivate, peer.agreementKey),
    agree(own.agreementPrivate, handshake.ephemeralKey),
    agree(signed.agreementPrivate, handshake.ephemeralKey),
    ...(oneTime === undefined ? [] : [agree(oneTime.agreementPrivate, handshake.ephemeralKey)]),
  ];
  const secret = decapsulate((oneTime ?? signed).kemSeed, handshake.ciphertext);
  const id = transcript(bytes, peer, own.device, signed.body, oneTime?.body);
  return { signedPair: agreementPair(signed.agreementPrivate), ...handshakeKeys(id, agreements, secret) };
}
