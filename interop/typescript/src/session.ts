// spec/session.md: the double ratchet of one session.

import { type Bytes, concat, equal, isZero, u24, u32, u8, zeros } from "./bytes.js";
import { Epochs, type Mark } from "./epochs.js";
import { type Agreed, handshakeHash } from "./handshake.js";
import {
  type Header,
  Kind,
  type Packet,
  decodeControl,
  encodeHeader,
  encodePacket,
  parsePacket,
  splitHeader,
} from "./packet.js";
import {
  type KeyPair,
  type Sealed,
  agree,
  agreementPair,
  checkAgreementKey,
  checkCommitment,
  commit,
  expand,
  kdf,
  label,
  open,
  seal,
} from "./primitives.js";
import type { Randomness } from "./randomness.js";
import { Fault, Reject, refuseIf } from "./reject.js";

const PAYLOAD_LIMIT = 65_536;
const LAST_NUMBER = 2 ** 24 - 1;
const JUMP = 1000;
const KEPT_KEYS = 2000;
const OLD_CHAINS = 4;
const DROPPED_RANGES = 32;
const TRANSIENT_WINDOW = 64;

export enum Direction {
  fromInitiator = 1,
  fromResponder = 2,
}

// Steps

export interface RootStep {
  readonly root: Bytes;
  readonly chain: Bytes;
  readonly nextHeaderKey: Bytes;
  readonly transientKey: Bytes;
}

/** SES-7; with the secret of an epoch, EPO-6. */
export function rootStep(root: Bytes, agreement: Bytes, epochSecret?: Bytes): RootStep {
  const keys =
    epochSecret === undefined
      ? kdf(root, agreement, "aside/1 root step", 4)
      : kdf(root, concat(agreement, epochSecret), "aside/1 root step with KEM", 4);
  const [newRoot = zeros(0), chain = zeros(0), nextHeaderKey = zeros(0), transientKey = zeros(0)] = keys;
  return { root: newRoot, chain, nextHeaderKey, transientKey };
}

/** SES-8 */
export function chainStep(chain: Bytes): { chain: Bytes; secret: Bytes } {
  const [next = zeros(0), secret = zeros(0)] = expand(chain, "aside/1 chain step", 2);
  return { chain: next, secret };
}

/** SES-9 */
export function messageKeys(secret: Bytes): { message: Bytes; franking: Bytes } {
  const [message = zeros(0), franking = zeros(0)] = expand(secret, "aside/1 message keys", 2);
  return { message, franking };
}

/** SES-34 */
export function transientSecret(transientKey: Bytes, number: number): Bytes {
  const [secret = zeros(0)] = kdf(u24(number), transientKey, "aside/1 transient key", 1);
  return secret;
}

/** The two labels under which a kind of message is sealed (SES-31). */
export interface Labels {
  readonly payload: string;
  readonly header: string;
}

export const MESSAGE: Labels = { payload: "aside/1 payload", header: "aside/1 header" };
export const TRANSIENT: Labels = { payload: "aside/1 transient payload", header: "aside/1 transient header" };

/** SES-12 */
export function payloadData(
  labels: Labels,
  sessionId: Bytes,
  direction: number,
  commitment: Bytes,
  header: Bytes,
): Bytes {
  return concat(label(labels.payload), u32(1), sessionId, u8(direction), commitment, header);
}

/** SES-13 */
export function headerData(labels: Labels, sessionId: Bytes, direction: number, tag: Bytes): Bytes {
  return concat(label(labels.header), u32(1), sessionId, u8(direction), tag);
}

// State

/** The chain that is being sent. */
interface Sending {
  chain: Bytes;
  number: number;
  readonly headerKey: Bytes;
  readonly nextHeaderKey: Bytes;
  readonly transientKey: Bytes;
  transientNumber: number;
  readonly adopts: boolean;
}

/** First number, and the number after the last. */
export type Range = readonly [number, number];

/** A chain of the peer, the current one or an old one. */
export class Receiving {
  /** Only while the chain is current. */
  chain: Bytes | undefined;
  next = 0;
  readonly kept = new Map<number, Bytes>();
  wiped: Range[] = [];
  /** The number after the highest transient one, 0 if there is none. */
  transientNext = 0;
  /** Bit n stands for the number n below the highest. */
  transientSeen = 0n;

  constructor(
    readonly ratchetKey: Bytes,
    readonly mark: Mark,
    readonly headerKey: Bytes,
    readonly transientKey: Bytes,
    chain: Bytes | undefined,
  ) {
    this.chain = chain;
  }

  copy(): Receiving {
    const copy = new Receiving(this.ratchetKey, this.mark, this.headerKey, this.transientKey, this.chain);
    for (const [number, secret] of this.kept) copy.kept.set(number, secret);
    const { next, wiped, transientNext, transientSeen } = this;
    return Object.assign(copy, { next, wiped, transientNext, transientSeen });
  }

  /** Walks to a number, which is not passed, and keeps the secrets on the way (SES-21). */
  walk(to: number): void {
    refuseIf(to - this.next > JUMP, "too_far");
    while (this.next < to) {
      const number = this.next;
      this.kept.set(number, this.step());
    }
  }

  /** The secret of the next number. */
  step(): Bytes {
    if (this.chain === undefined) throw new Fault("the chain has ended");
    const { chain, secret } = chainStep(this.chain);
    this.chain = chain;
    this.next += 1;
    return secret;
  }

  /** The secret of a number that the chain has passed (SES-20, SES-24). */
  takeKept(number: number): Bytes {
    const secret = this.kept.get(number);
    if (secret === undefined) {
      const wiped = this.wiped.some(([from, to]) => from <= number && number < to);
      throw new Reject(wiped ? "key_expired" : "replay");
    }
    this.kept.delete(number);
    return secret;
  }

  /** Wipes the kept secret of the lowest number (SES-22). */
  wipeLowest(): void {
    const [number] = this.kept.keys(); // they were kept in ascending order
    if (number === undefined) return;
    this.kept.delete(number);
    const ranges = [...this.wiped, [number, number + 1] as const].sort(([a], [b]) => a - b);
    this.wiped = joined(ranges);
  }

  /** SES-33 */
  checkTransient(number: number): void {
    refuseIf(number === LAST_NUMBER, "too_far");
    const below = this.transientNext - 1 - number;
    refuseIf(below >= TRANSIENT_WINDOW, "replay");
    refuseIf(below >= 0 && ((this.transientSeen >> BigInt(below)) & 1n) === 1n, "replay");
  }

  markTransient(number: number): void {
    const below = this.transientNext - 1 - number;
    if (below >= 0) {
      this.transientSeen |= 1n << BigInt(below);
      return;
    }
    const ahead = number + 1 - this.transientNext;
    const kept = ahead < TRANSIENT_WINDOW ? this.transientSeen << BigInt(ahead) : 0n;
    this.transientSeen = BigInt.asUintN(TRANSIENT_WINDOW, kept | 1n);
    this.transientNext = number + 1;
  }
}

/** Ranges that touch become one; beyond the limit the two lowest merge (SES-24). */
function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const [from, to] of ranges) {
    const last = result.at(-1);
    if (last !== undefined && last[1] >= from) result[result.length - 1] = [last[0], Math.max(last[1], to)];
    else result.push([from, to]);
  }
  while (result.length > DROPPED_RANGES) {
    const [lowest, second, ...rest] = result;
    if (lowest === undefined || second === undefined) break;
    result.splice(0, result.length, [lowest[0], second[1]], ...rest);
  }
  return result;
}

export interface Opened {
  readonly plaintext: Bytes;
  readonly number: number;
}

/** Which header key opened a header. */
type Found = { header: Header; bytes: Bytes; chain: Receiving | undefined };

export class Session {
  /** While it is sent with each message (HSK-13). */
  handshake: Bytes | undefined;
  /** Of the one that this side, the responder, has accepted. */
  handshakeHash: Bytes | undefined;
  /** One's own; none when it was wiped (SES-19). */
  ratchet: KeyPair | undefined;
  /** None when sending is due, and of a session that only receives. */
  sending: Sending | undefined;
  /** Of the chain to come, when sending is due. */
  dueHeaderKey: Bytes | undefined;
  /** How many messages the sending chain before had. */
  previous = 0;
  current: Receiving | undefined;
  /** From the newest. */
  old: Receiving[] = [];
  /** It only receives (SES-37). */
  retired = false;

  private constructor(
    readonly id: Bytes,
    readonly direction: Direction,
    public root: Bytes,
    public receivingNextHeaderKey: Bytes,
    public epochs: Epochs,
  ) {}

  // Start

  /** SES-1 */
  static initiator(agreed: Agreed, handshake: Bytes, signedPrekey: Bytes, randomness: Randomness): Session {
    const { sessionId, root, initiatorHeaderKey, responderHeaderKey } = agreed;
    const epochs = new Epochs(sessionId, true);
    const session = new Session(sessionId, Direction.fromInitiator, root, responderHeaderKey, epochs);
    session.handshake = handshake;
    session.dueHeaderKey = initiatorHeaderKey;
    session.begin(signedPrekey, randomness);
    return session;
  }

  static responder(agreed: Agreed, handshake: Bytes, signedPrekey: KeyPair): Session {
    const { sessionId, root, initiatorHeaderKey, responderHeaderKey } = agreed;
    const epochs = new Epochs(sessionId, false);
    const session = new Session(sessionId, Direction.fromResponder, root, initiatorHeaderKey, epochs);
    session.handshakeHash = handshakeHash(handshake);
    session.dueHeaderKey = responderHeaderKey;
    session.ratchet = signedPrekey;
    return session;
  }

  copy(): Session {
    const copy = new Session(this.id, this.direction, this.root, this.receivingNextHeaderKey, this.epochs.copy());
    const { handshake, handshakeHash: accepted, ratchet, dueHeaderKey, previous, retired } = this;
    return Object.assign(copy, {
      handshake,
      handshakeHash: accepted,
      ratchet,
      dueHeaderKey,
      previous,
      retired,
      sending: this.sending === undefined ? undefined : { ...this.sending },
      current: this.current?.copy(),
      old: this.old.map((chain) => chain.copy()),
    });
  }

  private get peerDirection(): Direction {
    return this.direction === Direction.fromInitiator ? Direction.fromResponder : Direction.fromInitiator;
  }

  // Sending

  /** Begins a sending chain (SES-6), which adopts if the epoch is that far (EPO-6). */
  private begin(peerRatchet: Bytes, randomness: Randomness): Sending {
    const headerKey = this.dueHeaderKey;
    if (headerKey === undefined) throw new Fault("no chain is due");
    const ratchet = agreementPair(randomness.draw("ratchet key", 32));
    const adopts = this.epochs.adoptsNext;
    const agreement = agree(ratchet.private, peerRatchet);
    const step = rootStep(this.root, agreement, adopts ? this.epochs.adopt() : undefined);
    this.root = step.root;
    this.ratchet = ratchet;
    this.dueHeaderKey = undefined;
    const { chain, nextHeaderKey, transientKey } = step;
    this.sending = { chain, number: 0, headerKey, nextHeaderKey, transientKey, transientNumber: 0, adopts };
    return this.sending;
  }

  private chainToSend(randomness: Randomness): Sending {
    if (this.retired) throw new Fault("this session only receives");
    if (this.sending !== undefined) return this.sending;
    if (this.current === undefined) throw new Fault("nothing was received yet");
    return this.begin(this.current.ratchetKey, randomness);
  }

  encrypt(payload: Bytes, randomness: Randomness): Bytes {
    checkLength(payload);
    refuseIf(this.sending?.number === LAST_NUMBER, "exhausted"); // SES-10
    const sending = this.chainToSend(randomness);
    this.epochs.prepare(randomness);
    const salt = randomness.draw("salt", 8); // SES-5
    const header = this.header(sending.number, salt, this.epochs.carry(sending.adopts));
    const { chain, secret } = chainStep(sending.chain);
    sending.chain = chain;
    sending.number += 1;
    const kind = this.handshake === undefined ? Kind.message : Kind.first;
    return this.seal(kind, this.handshake, MESSAGE, sending, header, secret, payload);
  }

  /** SES-30: nothing when the message is dropped. */
  encryptTransient(payload: Bytes, randomness: Randomness): Bytes | undefined {
    checkLength(payload);
    if (this.retired) throw new Fault("this session only receives");
    const sending = this.sending;
    if (sending === undefined || this.handshake !== undefined) return undefined;
    const number = sending.transientNumber;
    if (number === LAST_NUMBER) return undefined;
    const salt = randomness.draw("salt", 8); // SES-32
    const header = this.header(number, salt, { control: 0, chunk: zeros(32) }); // EPO-13
    sending.transientNumber += 1;
    const secret = transientSecret(sending.transientKey, number);
    return this.seal(Kind.transient, undefined, TRANSIENT, sending, header, secret, payload);
  }

  private header(number: number, salt: Bytes, cargo: { control: number; chunk: Bytes }): Header {
    if (this.ratchet === undefined) throw new Fault("a sending chain has a ratchet key");
    return { ratchetKey: this.ratchet.public, previous: this.previous, number, salt, ...cargo };
  }

  private seal(
    kind: number,
    handshake: Bytes | undefined,
    labels: Labels,
    sending: Sending,
    header: Header,
    secret: Bytes,
    payload: Bytes,
  ): Bytes {
    const keys = messageKeys(secret);
    const commitment = commit(keys.franking, "aside/1 commitment", payload);
    const clear = encodeHeader(header);
    const payloadAd = payloadData(labels, this.id, this.direction, commitment, clear);
    const body = seal(keys.message, payloadNonce(header), payloadAd, payload);
    const headerAd = headerData(labels, this.id, this.direction, body.tag);
    const head = seal(sending.headerKey, headerNonce(body.tag), headerAd, clear);
    const { ciphertext, tag } = body;
    return encodePacket({
      kind,
      handshake,
      header: head.ciphertext,
      headerTag: head.tag,
      commitment,
      ciphertext,
      tag,
    });
  }

  // Receiving

  /** Changes this state even if it throws: to be called on a copy (SES-14). */
  decrypt(message: Bytes): Opened {
    const packet = parsePacket(message);
    refuseIf(packet.kind === Kind.transient, "malformed"); // SES-35
    this.checkHandshake(packet);
    const found = this.findChain(packet);
    const { header } = found;
    checkAgreementKey(header.ratchetKey); // SES-16
    const current = this.current?.ratchetKey;
    if (found.chain !== undefined) this.fits(equal(header.ratchetKey, found.chain.ratchetKey));
    else this.fits(current === undefined || !equal(header.ratchetKey, current));
    const control = this.fitting(() => decodeControl(header)); // SES-17
    const mark = found.chain?.mark ?? this.fitting(() => this.epochs.nextMark(control));
    this.fitting(() => this.epochs.checkMark(mark, control, header));
    const secret = this.secretFor(found, mark);
    const plaintext = this.openPayload(MESSAGE, packet, found, secret);
    this.handshake = undefined; // HSK-13
    this.bound();
    this.epochs.accept(mark, control, header);
    return { plaintext, number: header.number };
  }

  /** As `decrypt`. */
  decryptTransient(message: Bytes): Opened {
    const packet = parsePacket(message);
    refuseIf(packet.kind !== Kind.transient, "malformed"); // SES-35
    const found = this.openHeader(TRANSIENT, packet, this.chains()); // SES-36
    const { header, chain } = found;
    if (chain === undefined) throw new Fault("unreachable");
    checkAgreementKey(header.ratchetKey);
    refuseIf(!equal(header.ratchetKey, chain.ratchetKey), "malformed"); // SES-16
    refuseIf(header.control !== 0 || !isZero(header.chunk), "malformed"); // EPO-13
    chain.checkTransient(header.number);
    const secret = transientSecret(chain.transientKey, header.number);
    const plaintext = this.openPayload(TRANSIENT, packet, found, secret);
    chain.markTransient(header.number);
    return { plaintext, number: header.number };
  }

  /** HSK-15 */
  private checkHandshake(packet: Packet): void {
    if (packet.handshake === undefined) return;
    const accepted = this.handshakeHash;
    refuseIf(accepted === undefined || !equal(accepted, handshakeHash(packet.handshake)), "unknown_prekey");
  }

  private chains(): Receiving[] {
    return this.current === undefined ? this.old : [this.current, ...this.old];
  }

  /** SES-15: the current chain, the next one, the old ones from the newest. */
  private findChain(packet: Packet): Found {
    const [current, old] = [this.current === undefined ? [] : [this.current], this.old];
    return this.openHeader(MESSAGE, packet, [...current, undefined, ...old]);
  }

  private openHeader(labels: Labels, packet: Packet, chains: readonly (Receiving | undefined)[]): Found {
    const ad = headerData(labels, this.id, this.peerDirection, packet.tag);
    const sealed = { ciphertext: packet.header, tag: packet.headerTag };
    for (const chain of chains) {
      const key = chain?.headerKey ?? this.receivingNextHeaderKey;
      const bytes = tryOpen(key, headerNonce(packet.tag), ad, sealed);
      if (bytes !== undefined) return { header: splitHeader(bytes), bytes, chain };
    }
    throw new Reject("mac");
  }

  /** SES-38: what does not fit the chains of a session that only receives may come from a newer state of it. */
  private fits(condition: boolean): void {
    refuseIf(!condition, this.unfit);
  }

  private get unfit(): "key_expired" | "malformed" {
    return this.retired ? "key_expired" : "malformed";
  }

  private fitting<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (error instanceof Reject) this.fits(false);
      throw error;
    }
  }

  private secretFor(found: Found, mark: Mark): Bytes {
    const { header, chain } = found;
    if (chain === undefined) return this.turn(header, mark);
    if (chain !== this.current || header.number < chain.next) return chain.takeKept(header.number);
    refuseIf(header.number === LAST_NUMBER, "too_far"); // SES-21
    chain.walk(header.number);
    return chain.step();
  }

  /** SES-18, SES-19, SES-21 */
  private turn(header: Header, mark: Mark): Bytes {
    const ended = this.current;
    const own = this.ratchet;
    const passed = ended?.next ?? 0;
    if (own === undefined) throw new Reject(this.unfit);
    refuseIf(header.previous - passed > JUMP || header.number > JUMP, "too_far");
    this.fits(ended === undefined ? header.previous === 0 : header.previous >= passed);
    const agreement = agree(own.private, header.ratchetKey);
    const step = rootStep(this.root, agreement, mark.adopts ? this.epochs.adopt() : undefined);
    if (ended !== undefined) {
      ended.walk(header.previous);
      ended.chain = undefined;
      this.old = [ended, ...this.old].slice(0, OLD_CHAINS); // SES-23
    }
    const { ratchetKey } = header;
    this.current = new Receiving(ratchetKey, mark, this.receivingNextHeaderKey, step.transientKey, step.chain);
    this.root = step.root;
    this.receivingNextHeaderKey = step.nextHeaderKey;
    this.endSending();
    this.current.walk(header.number);
    return this.current.step();
  }

  /** SES-19: the sending chain has ended, and the next one is due. */
  private endSending(): void {
    this.ratchet = undefined;
    if (this.sending === undefined) return;
    this.previous = this.sending.number;
    this.dueHeaderKey = this.sending.nextHeaderKey;
    this.sending = undefined;
  }

  private openPayload(labels: Labels, packet: Packet, found: Found, secret: Bytes): Bytes {
    const keys = messageKeys(secret);
    const ad = payloadData(labels, this.id, this.peerDirection, packet.commitment, found.bytes);
    const plaintext = open(keys.message, payloadNonce(found.header), ad, packet);
    checkCommitment(packet.commitment, keys.franking, "aside/1 commitment", plaintext);
    return plaintext;
  }

  /** SES-22 */
  private bound(): void {
    const oldestFirst = this.chains().reverse();
    let excess = oldestFirst.reduce((sum, chain) => sum + chain.kept.size, 0) - KEPT_KEYS;
    for (const chain of oldestFirst) {
      for (; excess > 0 && chain.kept.size > 0; excess -= 1) chain.wipeLowest();
    }
  }

  // Retiring

  /** SES-37 */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    this.sending = undefined;
    this.dueHeaderKey = undefined;
    this.epochs.retire();
  }

  /** EPO-10, EPO-12 */
  get health(): "sound" | "broken" | "starved" {
    if (this.retired) return "sound";
    if (this.epochs.broken) return "broken";
    return this.epochs.starved ? "starved" : "sound";
  }
}

/** The caller's mistake, and no refusal. */
function checkLength(payload: Bytes): void {
  if (payload.length > PAYLOAD_LIMIT) throw new Fault("the payload is too long");
}

function payloadNonce(header: Header): Bytes {
  return concat(header.salt, zeros(4));
}

function headerNonce(tag: Bytes): Bytes {
  return tag.slice(0, 12);
}

function tryOpen(key: Bytes, nonce: Bytes, ad: Bytes, sealed: Sealed): Bytes | undefined {
  try {
    return open(key, nonce, ad, sealed);
  } catch (error) {
    if (error instanceof Reject) return undefined;
    throw error;
  }
}
