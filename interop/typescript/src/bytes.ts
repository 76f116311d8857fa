// Signs of spec/notation.md: concatenation, big-endian integers, hex.

export type Bytes = Uint8Array;

const NOT_HEX = /[^0-9a-f]/;

export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || NOT_HEX.test(text)) throw new TypeError("bytes are lower-case hex");
  return Uint8Array.from(Buffer.from(text, "hex"));
}

export function toHex(bytes: Bytes): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

export function ascii(text: string): Bytes {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function concat(...parts: Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** n as an unsigned big-endian integer of `size` bytes. */
export function uint(n: number | bigint, size: number): Bytes {
  let rest = BigInt(n);
  const bytes = new Uint8Array(size);
  for (let at = size - 1; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new RangeError(`${n} does not fit into ${size} bytes`);
  return bytes;
}

export const u8 = (n: number): Bytes => uint(n, 1);
export const u16 = (n: number): Bytes => uint(n, 2);
export const u24 = (n: number): Bytes => uint(n, 3);
export const u32 = (n: number): Bytes => uint(n, 4);
export const u64 = (n: bigint): Bytes => uint(n, 8);

export function readBig(bytes: Bytes): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Of at most six bytes. */
export function readUint(bytes: Bytes): number {
  return Number(readBig(bytes));
}

/** Little-endian, as X25519 keys are. */
export function readLittle(bytes: Bytes): bigint {
  return readBig(Uint8Array.from(bytes).reverse());
}

export function zeros(n: number): Bytes {
  return new Uint8Array(n);
}

export function isZero(bytes: Bytes): boolean {
  return bytes.reduce((all, byte) => all | byte, 0) === 0;
}

/** Looks at every byte whatever the first ones are (PRM-12). */
export function equal(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  return a.reduce((differs, byte, at) => differs | (byte ^ (b[at] ?? 0)), 0) === 0;
}

/** Cuts bytes from the front, piece by piece. */
export class Cutter {
  private at = 0;

  constructor(private readonly bytes: Bytes) {}

  take(n: number): Bytes {
    const piece = this.bytes.slice(this.at, this.at + n);
    if (piece.length !== n) throw new RangeError("not enough bytes");
    this.at += n;
    return piece;
  }

  uint(size: number): number {
    return readUint(this.take(size));
  }
}
