// Draws by name (spec/notation.md, randomness).

import { randomBytes } from "node:crypto";
import { type Bytes, isZero } from "./bytes.js";
import { Fault } from "./reject.js";

export interface Drawn {
  readonly draw: string;
  readonly bytes: Bytes;
}

/** Where random bytes come from: the tape of a step (CNF-2), or the operating system when there is none. */
export class Randomness {
  readonly names: string[] = [];
  private next = 0;

  constructor(private readonly tape: readonly Drawn[] | undefined) {}

  draw(name: string, length: number): Bytes {
    this.names.push(name);
    const bytes = this.tape === undefined ? Uint8Array.from(randomBytes(length)) : this.fromTape(name, length);
    if (length >= 8 && isZero(bytes)) throw new Fault(`the source of randomness is broken: ${name}`); // PRM-14
    return bytes;
  }

  private fromTape(name: string, length: number): Bytes {
    const drawn = this.tape?.[this.next];
    if (drawn === undefined) throw new Fault(`nothing is left on the tape for ${name}`);
    this.next += 1;
    if (drawn.draw !== name || drawn.bytes.length !== length) {
      throw new Fault(`the tape has ${drawn.draw} of ${drawn.bytes.length} bytes, not ${name} of ${length}`);
    }
    return drawn.bytes;
  }

  /** Fails if something was left over. */
  finish(): void {
    const left = (this.tape?.length ?? 0) - this.next;
    if (left > 0) throw new Fault(`${left} draws are left on the tape`);
  }
}
