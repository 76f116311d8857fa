// spec/content.md: frames, padding, commitments.

import { type Bytes, concat, isZero, readUint, u32, u64, u8, zeros } from "./bytes.js";
import { type Decoded, Reader, decode, isUtf8, layout, message, utf8 } from "./envelope.js";
import { type Place, VIEW_ONCE, checkContent, checkPlace, hashedContent, kindOf } from "./kinds.js";
import { checkCommitment, commit, hash } from "./primitives.js";
import { Reject, refuseIf } from "./reject.js";
import { EXPIRY, checkTerms, opensOnce, termsPart } from "./terms.js";
import { checkLength } from "./text.js";

const SIZE_CLASSES = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

const LIST_REFERENCE = layout([1, "version", "uint64"], [2, "hash", "bytes"]);

const FRAME = message(
  65_536,
  14,
  [1, "conversation", "bytes"],
  [2, "message_id", "bytes"],
  [3, "sent_at", "uint64"],
  [4, "kind", "uint32"],
  [5, "content", "bytes"],
  [6, "previous", "bytes"],
  [7, "sender_list", LIST_REFERENCE],
  [8, "recipient_list", LIST_REFERENCE],
  [9, "generation", "uint32"],
  [10, "group_sequence", "uint64"],
  [11, "group_head", "bytes"],
  [12, "silent", "bool"],
  [13, "expiry", EXPIRY],
  [14, "salt", "bytes"],
);

/** CON-4 */
export function threadId(one: Bytes, other: Bytes): Bytes {
  const [low, high] = Buffer.compare(one, other) < 0 ? [one, other] : [other, one];
  return hash("aside/1 thread id", low, high);
}

// Padding (CON-9)

function sizeClass(frameBytes: number): number {
  const found = SIZE_CLASSES.find((size) => size >= frameBytes + 4);
  if (found === undefined) throw new Reject("limit");
  return found;
}

export function pad(frame: Bytes): Bytes {
  return concat(u32(frame.length), frame, zeros(sizeClass(frame.length) - 4 - frame.length));
}

export function unpad(padded: Bytes): Bytes {
  refuseIf(!SIZE_CLASSES.includes(padded.length), "malformed");
  const length = readUint(padded.slice(0, 4));
  refuseIf(length > padded.length - 4 || sizeClass(length) !== padded.length, "malformed");
  refuseIf(!isZero(padded.slice(4 + length)), "malformed");
  return padded.slice(4, 4 + length);
}

// Hash and commitment

/** What hash and commitment are over. */
export interface Said {
  readonly conversation: Bytes;
  readonly messageId: Bytes;
  readonly sentAt: bigint;
  readonly kind: number;
  readonly content: Bytes;
  readonly previous: Bytes;
  readonly expiry: Decoded | undefined;
  readonly salt: Bytes;
}

export interface Sender {
  readonly accountKey: Bytes;
  readonly deviceId: number;
}

/** CON-7 */
export function frameHash(said: Said): Bytes {
  return hash(
    "aside/1 previous frame",
    said.conversation,
    said.messageId,
    u64(said.sentAt),
    u32(said.kind),
    hashedContent(said.kind, said.content),
    said.previous,
    termsPart(said.expiry),
    said.salt,
  );
}

function committed(said: Said, sender: Sender): Bytes[] {
  return [
    said.conversation,
    said.messageId,
    sender.accountKey,
    u8(sender.deviceId),
    u64(said.sentAt),
    u32(said.kind),
    said.content,
    termsPart(said.expiry),
  ];
}

/** CON-10 */
export function frameCommitment(said: Said, sender: Sender, frankingKey: Bytes): Bytes {
  return commit(frankingKey, "aside/1 commitment", ...committed(said, sender));
}

// Receiving

export interface Frame extends Said {
  readonly decoded: Decoded;
}

function frameOf(bytes: Bytes): Frame {
  const decoded = decode(FRAME, bytes);
  return {
    conversation: decoded.bytes("conversation"),
    messageId: decoded.bytes("message_id"),
    sentAt: decoded.integer("sent_at"),
    kind: decoded.number("kind"),
    content: decoded.bytes("content"),
    previous: decoded.bytes("previous"),
    expiry: decoded.nested("expiry"),
    salt: decoded.bytes("salt"),
    decoded,
  };
}

function hasGroupStamp(frame: Frame): boolean {
  return frame.decoded.integer("group_sequence") !== 0n || frame.decoded.bytes("group_head").length > 0;
}

function hasLists(frame: Frame): boolean {
  return frame.decoded.nested("sender_list") !== undefined || frame.decoded.nested("recipient_list") !== undefined;
}

/** Fields and content; what it gives is the content, if its kind is known. */
function checkFields(frame: Frame): Decoded | undefined {
  checkLength(frame.conversation, 32, 32);
  checkLength(frame.messageId, 16, 16);
  refuseIf(![0, 32].includes(frame.previous.length), "malformed");
  refuseIf(![0, 16].includes(frame.salt.length), "malformed");
  for (const name of ["sender_list", "recipient_list"]) {
    const reference = frame.decoded.nested(name);
    if (reference === undefined) continue;
    refuseIf(reference.integer("version") === 0n, "malformed");
    checkLength(reference.bytes("hash"), 32, 32);
  }
  const content = checkContent(frame.kind, frame.content);
  if (frame.expiry !== undefined) checkTerms(frame.expiry);
  return content;
}

/** EXP-1: whether the terms fit what is said. */
function checkFit(frame: Frame): void {
  refuseIf(frame.expiry !== undefined && !kindOf(frame.kind).shown, "malformed");
  refuseIf(opensOnce(frame.expiry) !== (frame.kind === VIEW_ONCE), "malformed");
}

export function decodeThreadFrame(bytes: Bytes): Frame {
  const frame = frameOf(bytes);
  const { decoded } = frame;
  const foreign = hasLists(frame) || hasGroupStamp(frame) || decoded.integer("generation") !== 0n;
  refuseIf(foreign || decoded.flag("silent") || frame.expiry !== undefined || frame.salt.length > 0, "policy"); // CON-3
  checkFields(frame);
  checkPlace(frame.kind, "thread");
  return frame;
}

export function openChatFrame(padded: Bytes, sender: Sender, frankingKey: Bytes, commitment: Bytes): Frame {
  const frame = frameOf(unpad(padded));
  const { decoded } = frame;
  const lists = decoded.nested("sender_list") !== undefined && decoded.nested("recipient_list") !== undefined;
  refuseIf(hasGroupStamp(frame) || !lists || frame.salt.length === 0, "policy"); // CON-3
  refuseIf(decoded.integer("generation") === 0n, "malformed");
  checkFields(frame);
  checkFit(frame);
  checkCommitment(commitment, frankingKey, "aside/1 commitment", ...committed(frame, sender)); // CON-11
  checkOneOf(frame.kind, ["chat", "transient", "members"]);
  return frame;
}

export function openGroupFrame(padded: Bytes, sender: Sender, frankingKey: Bytes, commitment: Bytes): Frame {
  const frame = frameOf(unpad(padded));
  const { decoded } = frame;
  const foreign = hasLists(frame) || decoded.integer("generation") !== 0n;
  refuseIf(foreign || frame.salt.length === 0 || !hasGroupStamp(frame), "policy"); // CON-3
  refuseIf(decoded.integer("group_sequence") === 0n, "malformed");
  checkLength(decoded.bytes("group_head"), 32, 32);
  const content = checkFields(frame);
  checkPlace(frame.kind, "group"); // CON-14, CON-15
  checkFit(frame);
  refuseIf(frame.kind === VIEW_ONCE && content?.bytes("key").length !== 0, "malformed"); // EXP-22
  checkCommitment(commitment, frankingKey, "aside/1 commitment", ...committed(frame, sender)); // CON-11
  return frame;
}

/** What comes over a session may be of the chat, of its transient lane, or between members. */
function checkOneOf(kind: number, places: readonly Place[]): void {
  refuseIf(!places.some((place) => kindOf(kind).places.includes(place)), "policy");
}

// For those who do not know a kind (CON-17)

const FALLBACK_FIELD = 15;
const FIELDS_BEFORE = 127;

/** The first field 15 that has a length, if it is text of 1 to 512 bytes; what stands behind it is not read. */
export function fallback(content: Bytes): string | undefined {
  const reader = new Reader(content);
  try {
    for (let before = 0; before <= FIELDS_BEFORE && !reader.ended; before += 1) {
      const { number, value } = reader.field();
      if (number !== FALLBACK_FIELD || typeof value === "bigint") continue;
      return value.length >= 1 && value.length <= 512 && isUtf8(value) ? utf8(value) : undefined;
    }
  } catch (error) {
    if (!(error instanceof Reject)) throw error;
  }
  return undefined;
}
