// The fixed layouts: session messages and headers (spec/session.md), handshakes (spec/handshake.md).

import { type Bytes, Cutter, concat, isZero, readBig, u16, u24, u32, u8 } from "./bytes.js";
import { KEM_CIPHERTEXT_BYTES } from "./primitives.js";
import { Fault, refuseIf } from "./reject.js";

const SUITE = 1;
const MESSAGE_LIMIT = 67_584;
const HEADER_BYTES = 80;
const HANDSHAKE_BYTES = 1162;
const OVERHEAD_BYTES = 145;
const DEVICE_IDS = 127;

export const Kind = { message: 0x11, first: 0x12, transient: 0x15 } as const;

export interface Packet {
  readonly kind: number;
  readonly handshake: Bytes | undefined;
  readonly header: Bytes;
  readonly headerTag: Bytes;
  readonly commitment: Bytes;
  readonly ciphertext: Bytes;
  readonly tag: Bytes;
}

/** SES-2, SES-3; of a handshake HSK-2 and HSK-16. */
export function parsePacket(message: Bytes): Packet {
  refuseIf(message.length > MESSAGE_LIMIT, "limit");
  const kind = message[0];
  refuseIf(kind !== undefined && kind >> 4 !== 1, "version");
  const handshakeBytes = kind === Kind.first ? HANDSHAKE_BYTES : 0;
  const known = kind === Kind.message || kind === Kind.first || kind === Kind.transient;
  refuseIf(!known || message.length < 1 + handshakeBytes, "malformed");
  if (kind === Kind.first) parseHandshake(message.slice(1, 1 + handshakeBytes)); // before what comes after it
  refuseIf(message.length < OVERHEAD_BYTES + handshakeBytes, "malformed");
  const cutter = new Cutter(message);
  return {
    kind: cutter.uint(1),
    handshake: kind === Kind.first ? cutter.take(HANDSHAKE_BYTES) : undefined,
    header: cutter.take(HEADER_BYTES),
    headerTag: cutter.take(16),
    commitment: cutter.take(32),
    ciphertext: cutter.take(message.length - OVERHEAD_BYTES - handshakeBytes),
    tag: cutter.take(16),
  };
}

export function encodePacket(packet: Packet): Bytes {
  return concat(
    u8(packet.kind),
    packet.handshake ?? new Uint8Array(),
    packet.header,
    packet.headerTag,
    packet.commitment,
    packet.ciphertext,
    packet.tag,
  );
}

export interface Handshake {
  readonly accountKey: Bytes;
  readonly deviceId: number;
  readonly ephemeralKey: Bytes;
  readonly signedPrekey: number;
  /** 0 when there is none. */
  readonly oneTimePrekey: number;
  readonly ciphertext: Bytes;
}

/** HSK-2, HSK-16 */
export function parseHandshake(bytes: Bytes): Handshake {
  refuseIf(bytes.length !== HANDSHAKE_BYTES, "malformed");
  const cutter = new Cutter(bytes);
  refuseIf(cutter.uint(1) !== SUITE, "version");
  const handshake = {
    accountKey: cutter.take(32),
    deviceId: cutter.uint(1),
    ephemeralKey: cutter.take(32),
    signedPrekey: cutter.uint(4),
    oneTimePrekey: cutter.uint(4),
    ciphertext: cutter.take(KEM_CIPHERTEXT_BYTES),
  };
  refuseIf(!isDeviceId(handshake.deviceId) || handshake.signedPrekey === 0, "malformed");
  return handshake;
}

export function isDeviceId(id: number): boolean {
  return id >= 1 && id <= DEVICE_IDS;
}

export function encodeHandshake(handshake: Handshake): Bytes {
  return concat(
    u8(SUITE),
    handshake.accountKey,
    u8(handshake.deviceId),
    handshake.ephemeralKey,
    u32(handshake.signedPrekey),
    u32(handshake.oneTimePrekey),
    handshake.ciphertext,
  );
}

// Headers

export const Carries = { held: 0, key: 1, ciphertext: 2 } as const;
export const KEY_CHUNKS = 37;
export const CIPHERTEXT_CHUNKS = 34;
export const CHUNK_BYTES = 32;

/** The control field (spec/epochs.md, layout). */
export interface Control {
  /** Modulo 128 where it was decoded. */
  readonly epoch: number;
  readonly kind: number;
  readonly index: number;
  readonly adopts: boolean;
}

export interface Header {
  readonly ratchetKey: Bytes;
  readonly previous: number;
  readonly number: number;
  readonly salt: Bytes;
  readonly control: number;
  readonly chunk: Bytes;
}

export function encodeHeader(header: Header): Bytes {
  const bytes = concat(
    header.ratchetKey,
    u24(header.previous),
    u24(header.number),
    header.salt,
    u16(header.control),
    header.chunk,
  );
  if (bytes.length !== HEADER_BYTES) throw new Fault("a header has 80 bytes"); // SES-4
  return bytes;
}

/** Decides nothing: the checks of its ratchet key come before those of its control field. */
export function splitHeader(bytes: Bytes): Header {
  refuseIf(bytes.length !== HEADER_BYTES, "malformed");
  const cutter = new Cutter(bytes);
  return {
    ratchetKey: cutter.take(32),
    previous: cutter.uint(3),
    number: cutter.uint(3),
    salt: cutter.take(8),
    control: cutter.uint(2),
    chunk: cutter.take(CHUNK_BYTES),
  };
}

export function encodeControl(control: Control): number {
  return ((control.epoch % 128) << 9) | (control.kind << 7) | (control.index << 1) | Number(control.adopts);
}

/** SES-17, which is the first check of spec/epochs.md, receiving. */
export function decodeControl(header: Header): Control {
  const bits = header.control;
  const control = { epoch: bits >> 9, kind: (bits >> 7) & 3, index: (bits >> 1) & 63, adopts: (bits & 1) === 1 };
  switch (control.kind) {
    case Carries.held:
      refuseIf(control.index !== 0 || !isZero(header.chunk.slice(8)), "malformed");
      refuseIf(heldIn(header) >> BigInt(KEY_CHUNKS) !== 0n, "malformed");
      return control;
    case Carries.key:
      refuseIf(control.index >= KEY_CHUNKS, "malformed");
      return control;
    case Carries.ciphertext:
      refuseIf(control.index >= CIPHERTEXT_CHUNKS, "malformed");
      return control;
    default:
      refuseIf(true, "malformed");
      return control;
  }
}

/** Which chunks a header of kind 0 tells to hold. */
export function heldIn(header: Header): bigint {
  return readBig(header.chunk.slice(0, 8));
}
