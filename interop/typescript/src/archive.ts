// spec/archive.md: reading an archive, record after record.

import { type Bytes, ascii, concat, equal, readUint, toHex } from "./bytes.js";
import { type Device, checkHandle, verifyDeviceList } from "./certificate.js";
import { type Decoded, type Message, decode, message } from "./envelope.js";
import { threadId } from "./frame.js";
import { type Place, checkContent, kindOf } from "./kinds.js";
import { isDeviceId } from "./packet.js";
import { checkSigningKey, hash, verify } from "./primitives.js";
import { Fault, Reject, refuseIf } from "./reject.js";
import { checkLength, checkLine } from "./text.js";

const MAGIC = ascii("aside archive 1\n");
const VERSION_AT = 14;
const RECORD_BYTES = 66_560;

enum Record {
  manifest = 1,
  conversation = 2,
  person = 3,
  message = 4,
  mark = 5,
  seal = 6,
}

const TYPES: ReadonlyMap<number, Message> = new Map([
  [
    Record.manifest,
    message(
      4864,
      5,
      [1, "account", "bytes"],
      [2, "device_id", "uint32"],
      [3, "handle", "string"],
      [4, "created_at", "uint64"],
      [5, "device_list", "bytes"],
    ),
  ],
  [
    Record.conversation,
    message(256, 4, [1, "place", "enum"], [2, "id", "bytes"], [3, "peer", "bytes"], [4, "name", "string"]),
  ],
  [Record.person, message(128, 2, [1, "account", "bytes"], [2, "handle", "string"])],
  [
    Record.message,
    message(
      66_048,
      10,
      [1, "number", "uint64"],
      [2, "sender", "bytes"],
      [3, "device_id", "uint32"],
      [4, "message_id", "bytes"],
      [5, "sent_at", "uint64"],
      [6, "accepted_at", "uint64"],
      [7, "kind", "uint32"],
      [8, "content", "bytes"],
      [9, "hash", "bytes"],
      [10, "imported", "bool"],
    ),
  ],
  [
    Record.mark,
    message(20_480, 4, [1, "kind", "uint32"], [2, "account", "bytes"], [3, "counter", "uint64"], [4, "value", "bytes"]),
  ],
  [Record.seal, message(80, 1, [1, "signature", "bytes"])],
]);

// Fields (check 5)

const THREAD = 1;
const GROUP = 3;
const PLACES: readonly Place[] = ["thread", "chat", "group"];
const TEXT = 1;
const REACTION = 11;
const EDIT = 12;

const CHECKS: Readonly<{ [kind: number]: (body: Decoded) => void }> = {
  [Record.manifest]: (body) => {
    checkSigningKey(body.bytes("account"));
    refuseIf(!isDeviceId(body.number("device_id")), "malformed");
    checkHandle(body.text("handle"));
  },
  [Record.conversation]: (body) => {
    const place = body.integer("place");
    refuseIf(place < THREAD || place > GROUP, "malformed");
    checkLength(body.bytes("id"), 32, 32);
    if (place === BigInt(GROUP)) checkLength(body.bytes("peer"), 0, 0);
    else checkSigningKey(body.bytes("peer"));
    checkLine(body.bytes("name"), 0, place === BigInt(GROUP) ? 128 : 0);
  },
  [Record.person]: (body) => {
    checkSigningKey(body.bytes("account"));
    checkHandle(body.text("handle"));
  },
  [Record.message]: (body) => {
    refuseIf(body.integer("number") === 0n, "malformed");
    checkSigningKey(body.bytes("sender"));
    refuseIf(!isDeviceId(body.number("device_id")), "malformed");
    checkLength(body.bytes("message_id"), 16, 16);
    checkContent(body.number("kind"), body.bytes("content"));
    checkLength(body.bytes("hash"), 32, 32);
  },
  [Record.mark]: (body) => {
    checkSigningKey(body.bytes("account"));
    refuseIf(body.integer("counter") === 0n, "malformed");
    const kind = body.number("kind");
    refuseIf(kind !== REACTION && kind !== EDIT, "malformed");
    if (kind === REACTION) checkLine(body.bytes("value"), 1, 32);
    else checkContent(TEXT, body.bytes("value"));
  },
  [Record.seal]: (body) => {
    checkLength(body.bytes("signature"), 64, 64);
  },
};

export interface Summary {
  readonly account: Bytes;
  readonly deviceId: number;
  readonly handle: string;
  readonly createdAt: number;
  conversations: number;
  people: number;
  messages: number;
  marks: number;
}

/** What was read last of each kind, within what came before it. */
class Reading {
  private conversation: Decoded | undefined;
  private person: Decoded | undefined;
  private said: Decoded | undefined;
  private mark: Decoded | undefined;

  constructor(
    readonly summary: Summary,
    readonly device: Device,
  ) {}

  take(kind: number, body: Decoded): void {
    switch (kind) {
      case Record.conversation:
        return this.takeConversation(body);
      case Record.person:
        return this.takePerson(body);
      case Record.message:
        return this.takeMessage(body);
      case Record.mark:
        return this.takeMark(body);
      default:
        throw new Reject("malformed"); // a second manifest
    }
  }

  private takeConversation(body: Decoded): void {
    this.checkParties(body);
    checkOrder(this.conversation, body, (one) => [one.integer("place"), toHex(one.bytes("id"))]);
    [this.conversation, this.person, this.said, this.mark] = [body, undefined, undefined, undefined];
    this.summary.conversations += 1;
  }

  /** ARC-5 */
  private checkParties(body: Decoded): void {
    const { account } = this.summary;
    const [place, peer] = [body.number("place"), body.bytes("peer")];
    if (place === GROUP) return;
    refuseIf(equal(peer, account), "policy");
    refuseIf(place === THREAD && !equal(body.bytes("id"), threadId(account, peer)), "policy");
  }

  private takePerson(body: Decoded): void {
    refuseIf(this.conversation === undefined || this.said !== undefined, "malformed");
    checkOrder(this.person, body, (one) => [toHex(one.bytes("account"))]);
    this.person = body;
    this.summary.people += 1;
  }

  private takeMessage(body: Decoded): void {
    if (this.conversation === undefined) throw new Reject("malformed");
    checkOrder(this.said, body, (one) => [one.integer("number")]);
    this.checkSaid(this.conversation, body);
    [this.said, this.mark] = [body, undefined];
    this.summary.messages += 1;
  }

  /** ARC-5 */
  private checkSaid(conversation: Decoded, body: Decoded): void {
    const place = PLACES[conversation.number("place") - 1];
    if (place === undefined) throw new Fault("unreachable");
    const [sender, peer] = [body.bytes("sender"), conversation.bytes("peer")];
    refuseIf(place !== "group" && !equal(sender, peer) && !equal(sender, this.summary.account), "policy");
    const kind = kindOf(body.number("kind"));
    refuseIf(!kind.shown || !kind.places.includes(place), "policy");
  }

  private takeMark(body: Decoded): void {
    if (this.said === undefined) throw new Reject("malformed");
    checkOrder(this.mark, body, (one) => [one.integer("kind"), toHex(one.bytes("account"))]);
    const rewords = body.number("kind") === EDIT;
    const ownText = equal(body.bytes("account"), this.said.bytes("sender")) && this.said.number("kind") === TEXT;
    refuseIf(rewords && !ownText, "policy"); // ARC-5
    this.mark = body;
    this.summary.marks += 1;
  }
}

/** A number, or bytes in hex, by which records are ordered. */
type Key = readonly (bigint | string)[];

/** ARC-2: strictly ascending. */
function checkOrder(before: Decoded | undefined, body: Decoded, key: (one: Decoded) => Key): void {
  refuseIf(before !== undefined && compare(key(before), key(body)) >= 0, "malformed");
}

function compare(a: Key, b: Key): number {
  for (const [at, left] of a.entries()) {
    const right = b[at];
    if (right === undefined || left > right) return 1;
    if (left < right) return -1;
  }
  return 0;
}

export function readArchive(bytes: Bytes): Summary {
  checkMagic(bytes.slice(0, MAGIC.length));
  const hashed: Bytes[] = [bytes.slice(0, MAGIC.length)];
  let reading: Reading | undefined;
  let at = MAGIC.length;
  for (;;) {
    const record = recordAt(bytes, at);
    at += 4 + record.length;
    const { kind, body } = decodeRecord(record, reading === undefined);
    if (kind === Record.seal && reading !== undefined) {
      const digest = hash("aside/1 archive hash", ...hashed);
      verify(reading.device.signingKey, "aside/1 archive", digest, body.bytes("signature")); // ARC-3
      refuseIf(at !== bytes.length, "malformed");
      return reading.summary;
    }
    hashed.push(record);
    if (reading === undefined) reading = begin(body);
    else reading.take(kind, body);
  }
}

/** ARC-1 */
function checkMagic(found: Bytes): void {
  if (equal(found, MAGIC)) return;
  const digit = found[VERSION_AT] ?? 0;
  const other = concat(MAGIC.slice(0, VERSION_AT), Uint8Array.of(digit), MAGIC.slice(VERSION_AT + 1));
  throw new Reject(equal(found, other) && digit >= 0x30 && digit <= 0x39 ? "version" : "malformed");
}

/** Kind and body. */
function recordAt(bytes: Bytes, at: number): Bytes {
  refuseIf(bytes.length < at + 4, "malformed");
  const length = readUint(bytes.slice(at, at + 4));
  refuseIf(length > RECORD_BYTES, "limit");
  refuseIf(length === 0 || bytes.length < at + 4 + length, "malformed");
  return bytes.slice(at + 4, at + 4 + length);
}

function decodeRecord(record: Bytes, first: boolean): { kind: number; body: Decoded } {
  const kind = record[0] ?? 0;
  const type = TYPES.get(kind);
  if (type === undefined) throw new Reject("malformed");
  refuseIf((kind === Record.manifest) !== first, "malformed");
  const body = decode(type, record.slice(1));
  CHECKS[kind]?.(body);
  return { kind, body };
}

/** ARC-4 */
function begin(manifest: Decoded): Reading {
  const account = manifest.bytes("account");
  const deviceId = manifest.number("device_id");
  const list = verifyDeviceList(account, manifest.bytes("device_list"));
  const device = list.devices.find((one) => one.deviceId === deviceId);
  if (device === undefined) throw new Reject("policy");
  const [handle, createdAt] = [manifest.text("handle"), manifest.number("created_at")];
  const counts = { conversations: 0, people: 0, messages: 0, marks: 0 };
  return new Reading({ account, deviceId, handle, createdAt, ...counts }, device);
}
