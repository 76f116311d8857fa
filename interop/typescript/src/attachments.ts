// spec/attachments.md

import { type Bytes, ascii, concat, u32, u64, zeros } from "./bytes.js";
import { hash, seal } from "./primitives.js";
import type { Randomness } from "./randomness.js";
import { refuseIf } from "./reject.js";

const PIECE_BYTES = 65_536;

/** (n + m) without the bits of m. */
export function paddedLength(n: number): number {
  if (n === 1) return 1;
  const e = Math.floor(Math.log2(n));
  const s = Math.floor(Math.log2(e)) + 1;
  const step = 2 ** Math.max(0, e - s);
  return Math.ceil(n / step) * step;
}

/** CON-31 */
export function sealFile(file: Bytes, randomness: Randomness) {
  const key = randomness.draw("attachment key", 32);
  const id = randomness.draw("attachment id", 32);
  refuseIf(file.length === 0, "malformed");
  const padded = concat(file, zeros(paddedLength(file.length) - file.length));
  const count = Math.ceil(padded.length / PIECE_BYTES);
  const pieces = Array.from({ length: count }, (_, i) => {
    const nonce = concat(u64(BigInt(i)), u32(Number(i === count - 1)));
    const piece = padded.slice(PIECE_BYTES * i, PIECE_BYTES * (i + 1));
    const { ciphertext, tag } = seal(key, nonce, ascii("aside/1 attachment"), piece);
    return concat(ciphertext, tag);
  });
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { id, key, pieces: count, length, hash: hash("aside/1 attachment hash", ...pieces) };
}
