// What can be opened once (spec/expiry.md, EXP-20).

import { type Bytes, concat, readUint, u32, zeros } from "./bytes.js";
import { checkContent, isKnown } from "./kinds.js";
import { checkCommitment, commit, expand, open, seal } from "./primitives.js";
import type { Randomness } from "./randomness.js";
import { Reject, refuseIf } from "./reject.js";

const SEALED_BYTES = 33_792;

const VIEWED_ONCE: readonly number[] = [1, 6, 7, 8, 9, 10, 14];

function checkViewable(kind: number, content: Bytes): void {
  refuseIf(isKnown(kind) && !VIEWED_ONCE.includes(kind), "malformed");
  checkContent(kind, content);
}

function viewKeys(key: Bytes): { cipher: Bytes; committing: Bytes } {
  const [cipher = zeros(0), committing = zeros(0)] = expand(key, "aside/1 view once", 2);
  return { cipher, committing };
}

export function sealOnce(kind: number, content: Bytes, randomness: Randomness) {
  const key = randomness.draw("view key", 32);
  checkViewable(kind, content);
  refuseIf(4 + content.length + 16 > SEALED_BYTES, "malformed");
  const { cipher, committing } = viewKeys(key);
  const { ciphertext, tag } = seal(cipher, zeros(12), zeros(0), concat(u32(kind), content));
  const commitment = commit(committing, "aside/1 view once commitment", u32(kind), content);
  return { sealed: concat(ciphertext, tag), commitment, key };
}

export function openOnce(sealed: Bytes, commitment: Bytes, key: Bytes): { kind: number; content: Bytes } {
  refuseIf(sealed.length < 16, "malformed");
  const { cipher, committing } = viewKeys(key);
  const text = openOr(cipher, sealed);
  refuseIf(text.length < 4, "malformed");
  const [kindBytes, content] = [text.slice(0, 4), text.slice(4)];
  checkCommitment(commitment, committing, "aside/1 view once commitment", kindBytes, content);
  const kind = readUint(kindBytes);
  checkViewable(kind, content);
  return { kind, content };
}

function openOr(cipher: Bytes, sealed: Bytes): Bytes {
  try {
    return open(cipher, zeros(12), zeros(0), { ciphertext: sealed.slice(0, -16), tag: sealed.slice(-16) });
  } catch (error) {
    throw error instanceof Reject ? new Reject("commitment") : error;
  }
}
