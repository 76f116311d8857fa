// spec/healing.md: which of several sessions sends, and what is asked for and sent again.

import { type Bytes, toHex } from "./bytes.js";
import { hash } from "./primitives.js";
import { refuseIf } from "./reject.js";

const GENERATION_JUMP = 1000;
const HOUR = 3_600_000;
const SENT_AGAIN_MS = 30 * 24 * HOUR;

export interface Rank {
  readonly generation: number;
  readonly id: Bytes;
}

/** What a session that a peer begins is beside the one of first rank (SES-25, SES-28, HEA-5, HEA-6). */
export function begun(session: Rank, first: Rank, answered: boolean) {
  refuseIf(session.generation === 0 || session.generation > first.generation + GENERATION_JUMP, "policy");
  if (first.generation === 0) return { sends: true, replaces: false, behind: false };
  const equals = session.generation === first.generation;
  const smaller = toHex(session.id) < toHex(first.id);
  const sends = session.generation > first.generation || (equals && smaller);
  const atOnce = equals && !answered;
  return { sends, replaces: !atOnce, behind: !sends && !atOnce };
}

/** HEA-1: the words of the table of troubles. */
export function isTrouble(word: string): boolean {
  return ["no_session", "mac", "key_expired", "too_far", "unknown_prekey"].includes(word);
}

/** HEA-12 */
export function ciphertextId(message: Bytes): Bytes {
  return hash("aside/1 ciphertext", message).slice(0, 16);
}

/** HEA-9, HEA-10; what was begun in a time to come holds nothing up. */
export function asksAt(now: number, beganAt: number, drawn: number): number {
  const waits = beganAt <= now && beganAt + HOUR > now && beganAt !== 0;
  return (waits ? beganAt + HOUR : now) + 1000 + (drawn % 4000);
}

export interface Asked {
  readonly kind: number;
  readonly ageMs: number;
  readonly times: number;
  readonly sameDevice: boolean;
  readonly inAudience: boolean;
  readonly arrived: boolean;
  readonly there: boolean;
}

/** HEA-12 to HEA-14; what can be opened once is not kept. */
export function isSentAgain(asked: Asked): boolean {
  const mayHave = asked.sameDevice && asked.inAudience && !asked.arrived && asked.there;
  const kept = asked.ageMs <= SENT_AGAIN_MS && asked.kind !== 31 && asked.kind !== 32;
  return mayHave && kept && asked.times < 2;
}
