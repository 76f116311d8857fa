// spec/epochs.md: the KEM ratchet of one session.

import { type Bytes, concat, equal, u32, u64, zeros } from "./bytes.js";
import {
  CHUNK_BYTES,
  CIPHERTEXT_CHUNKS,
  Carries,
  type Control,
  type Header,
  KEY_CHUNKS,
  encodeControl,
  heldIn,
} from "./packet.js";
import { checkKemKey, decapsulate, encapsulate, hash, kdf, kemPublic } from "./primitives.js";
import type { Randomness } from "./randomness.js";
import { Fault, Reject, refuseIf } from "./reject.js";

const STARVED_AFTER = 200;

/** The numbers of the state digest. */
export enum Phase {
  offer,
  offering,
  collecting,
  adopting,
  waiting,
  answering,
  broken,
}

/** Of a chain: the epoch of its sender when it began, and whether it adopts. */
export interface Mark {
  readonly epoch: number;
  readonly adopts: boolean;
}

/** The steps of "The epoch secret" (EPO-5). */
export function epochSecret(sessionId: Bytes, epoch: number, keyHash: Bytes, ciphertext: Bytes, shared: Bytes) {
  const ciphertextHash = objectHash(ciphertext);
  const transcript = hash("aside/1 KEM transcript", sessionId, u32(epoch), keyHash, ciphertextHash);
  const [secret = zeros(0)] = kdf(transcript, shared, "aside/1 KEM epoch", 1);
  return { ciphertextHash, transcript, secret };
}

export function objectHash(object: Bytes): Bytes {
  return hash("aside/1 KEM object", object);
}

/** Chunks of one object, as they come. */
export class Collected {
  constructor(
    readonly count: number,
    private readonly chunks = new Map<number, Bytes>(),
  ) {}

  copy(): Collected {
    return new Collected(this.count, new Map(this.chunks));
  }

  get held(): bigint {
    return [...this.chunks.keys()].reduce((bits, n) => bits | (1n << BigInt(n)), 0n);
  }

  get complete(): boolean {
    return this.chunks.size === this.count;
  }

  /** In order; the whole object once it is complete. */
  bytes(): Bytes {
    const ascending = [...this.chunks].sort(([a], [b]) => a - b);
    return concat(...ascending.map(([, chunk]) => chunk));
  }

  /** False if the number came before with another value (EPO-10). */
  take(n: number, chunk: Bytes): boolean {
    const before = this.chunks.get(n);
    if (before !== undefined) return equal(before, chunk);
    this.chunks.set(n, chunk);
    return true;
  }
}

/** Chunks of one's own object, on their way (EPO-4). */
export class Outgoing {
  /** The number after the chunk sent last, 0 after the end. */
  next = 0;
  /** What the peer has told to hold; it adds up. */
  told = 0n;

  constructor(readonly object: Bytes) {}

  copy(): Outgoing {
    return Object.assign(new Outgoing(this.object), { next: this.next, told: this.told });
  }

  get count(): number {
    return this.object.length / CHUNK_BYTES;
  }

  get arrived(): boolean {
    return this.told === all(this.count);
  }

  /** The lowest-numbered chunk after the last one sent, around the end, that the peer does not hold. */
  chunk(): { index: number; chunk: Bytes } {
    let index = this.next;
    while ((this.told >> BigInt(index)) & 1n) index = (index + 1) % this.count;
    this.next = (index + 1) % this.count;
    return { index, chunk: this.object.slice(CHUNK_BYTES * index, CHUNK_BYTES * (index + 1)) };
  }
}

function all(count: number): bigint {
  return (1n << BigInt(count)) - 1n;
}

export class Epochs {
  epoch = 1;
  phase: Phase;
  /** While offering and collecting. */
  seed: Bytes | undefined;
  /** While adopting and answering. */
  secret: Bytes | undefined;
  /** While offering and answering. */
  outgoing: Outgoing | undefined;
  /** While collecting. */
  keyHash: Bytes | undefined;
  /** While collecting and waiting. */
  incoming: Collected | undefined;
  sent = 0;
  received = 0;

  constructor(
    private readonly sessionId: Bytes,
    private readonly initiator: boolean,
  ) {
    this.phase = initiator ? Phase.offer : Phase.waiting;
    if (!initiator) this.incoming = new Collected(KEY_CHUNKS);
  }

  copy(): Epochs {
    const copy = Object.assign(new Epochs(this.sessionId, this.initiator), this);
    copy.outgoing = this.outgoing?.copy();
    copy.incoming = this.incoming?.copy();
    return copy;
  }

  // Sending

  /** Whether the next chain of this side adopts (EPO-6). */
  get adoptsNext(): boolean {
    return this.phase === Phase.adopting;
  }

  /** Gives the epoch secret to the adopting step, which begins the next epoch on either side. */
  adopt(): Bytes {
    const secret = this.secret;
    if (secret === undefined) throw new Fault("there is no epoch secret to adopt");
    const adopter = this.phase === Phase.adopting;
    this.enter(adopter ? Phase.waiting : Phase.offer);
    if (adopter) this.incoming = new Collected(KEY_CHUNKS);
    this.epoch += 1;
    this.sent = 0;
    this.received = 0;
    return secret;
  }

  /** Leaves a phase and all that belongs to it (EPO-11). */
  private enter(phase: Phase): void {
    this.phase = phase;
    this.seed = undefined;
    this.secret = undefined;
    this.outgoing = undefined;
    this.keyHash = undefined;
    this.incoming = undefined;
  }

  /** What has to be made before a header. */
  prepare(randomness: Randomness): void {
    if (this.phase === Phase.offer) {
      const seed = randomness.draw("KEM key", 64); // EPO-2
      this.enter(Phase.offering);
      this.seed = seed;
      this.outgoing = new Outgoing(kemPublic(seed));
    } else if (this.phase === Phase.waiting && this.incoming?.complete === true) {
      this.answer(this.incoming.bytes(), randomness.draw("KEM message", 32));
    }
  }

  /** EPO-3 */
  private answer(key: Bytes, message: Bytes): void {
    const { ciphertext, secret: shared } = encapsulate(key, message);
    const { secret } = epochSecret(this.sessionId, this.epoch, objectHash(key), ciphertext, shared);
    this.enter(Phase.answering);
    this.secret = secret;
    this.outgoing = new Outgoing(ciphertext);
  }

  /** Control and chunk of the next header, in a chain that adopts or does not (EPO-4). */
  carry(adopts: boolean): { control: number; chunk: Bytes } {
    this.sent = Math.min(this.sent + 1, STARVED_AFTER);
    const { kind, index, chunk } = this.cargo();
    return { control: encodeControl({ epoch: this.epoch, kind, index, adopts }), chunk };
  }

  private cargo(): { kind: number; index: number; chunk: Bytes } {
    if (this.outgoing !== undefined && !this.outgoing.arrived) {
      const kind = this.phase === Phase.offering ? Carries.key : Carries.ciphertext;
      return { kind, ...this.outgoing.chunk() };
    }
    return { kind: Carries.held, index: 0, chunk: concat(u64(this.held()), zeros(24)) };
  }

  private held(): bigint {
    switch (this.phase) {
      case Phase.waiting:
      case Phase.collecting:
        return this.incoming?.held ?? 0n;
      case Phase.adopting:
        return all(CIPHERTEXT_CHUNKS);
      case Phase.answering:
        return all(KEY_CHUNKS);
      default:
        return 0n;
    }
  }

  // Receiving

  /** EPO-8, and the mark that the peer's next chain has. */
  nextMark(control: Control): Mark {
    refuseIf(control.adopts && this.phase !== Phase.answering, "malformed");
    return { epoch: this.epoch + Number(control.adopts), adopts: control.adopts };
  }

  /** EPO-7: of a header in a chain with this mark. */
  checkMark(mark: Mark, control: Control, header: Header): void {
    const offerer = offers(mark.epoch, !this.initiator);
    refuseIf(control.kind === Carries.key && !offerer, "malformed");
    refuseIf(control.kind === Carries.ciphertext && offerer, "malformed");
    const told = control.kind === Carries.held ? heldIn(header) : 0n;
    refuseIf(offerer && told >> BigInt(CIPHERTEXT_CHUNKS) !== 0n, "malformed");
    refuseIf(control.epoch !== mark.epoch % 128 || control.adopts !== mark.adopts, "malformed");
  }

  /** What an accepted message brings. */
  accept(mark: Mark, control: Control, header: Header): void {
    if (mark.epoch !== this.epoch) return; // EPO-9
    this.received = Math.min(this.received + 1, STARVED_AFTER);
    if (control.kind === Carries.held) this.hear(heldIn(header));
    else this.take(control, header.chunk);
  }

  private hear(held: bigint): void {
    const outgoing = this.outgoing;
    if (outgoing === undefined) return;
    outgoing.told |= held;
    if (this.phase === Phase.offering && outgoing.arrived) this.collect(outgoing.object);
  }

  private collect(key: Bytes): void {
    const seed = this.seed;
    this.enter(Phase.collecting);
    this.seed = seed;
    this.keyHash = objectHash(key);
    this.incoming = new Collected(CIPHERTEXT_CHUNKS);
  }

  private take(control: Control, chunk: Bytes): void {
    if (this.phase === Phase.offering && control.kind === Carries.ciphertext && this.outgoing !== undefined) {
      this.collect(this.outgoing.object);
    }
    const expected = this.phase === Phase.collecting ? Carries.ciphertext : Carries.key;
    if (this.incoming === undefined || control.kind !== expected) return;
    if (!this.incoming.take(control.index, chunk)) this.enter(Phase.broken); // EPO-10
    else if (this.incoming.complete) this.completed(this.incoming.bytes());
  }

  private completed(object: Bytes): void {
    if (this.phase === Phase.waiting) {
      if (!isKemKey(object)) this.enter(Phase.broken); // EPO-10
      return;
    }
    const { seed, keyHash } = this;
    if (seed === undefined || keyHash === undefined) throw new Fault("nothing was offered");
    const { secret } = epochSecret(this.sessionId, this.epoch, keyHash, object, decapsulate(seed, object));
    this.enter(Phase.adopting);
    this.secret = secret;
  }

  // Health

  /** Of a session that only receives (SES-37): only the answer may still serve. */
  retire(): void {
    if (this.phase !== Phase.answering) this.enter(Phase.broken);
  }

  get broken(): boolean {
    return this.phase === Phase.broken;
  }

  /** EPO-12, but for its 30 days. */
  get starved(): boolean {
    const moves = this.phase === Phase.adopting || (this.phase === Phase.answering && this.outgoing?.arrived === true);
    return this.sent === STARVED_AFTER && this.received === STARVED_AFTER && !moves;
  }
}

/** EPO-1: whether the initiator, or else the responder, is the offerer of an epoch. */
function offers(epoch: number, initiator: boolean): boolean {
  return (epoch % 2 === 1) === initiator;
}

function isKemKey(bytes: Bytes): boolean {
  try {
    checkKemKey(bytes);
    return true;
  } catch (error) {
    if (error instanceof Reject) return false;
    throw error;
  }
}
