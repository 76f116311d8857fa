// spec/envelope.md: strict decoding of Protocol Buffers, and the one canonical encoding.

import { type Bytes, concat, equal, u8 } from "./bytes.js";
import { Fault, Reject, refuseIf } from "./reject.js";

/** The type of a field; a nested message by its fields. */
export type FieldType = "uint32" | "uint64" | "bool" | "enum" | "bytes" | "string" | readonly Field[];

export interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: FieldType;
  readonly repeated?: boolean;
}

/** A message type, and its limits in the registry. */
export interface Message {
  readonly bytes: number;
  readonly fields: number;
  readonly layout: readonly Field[];
}

type FieldText = readonly [number: number, name: string, type: FieldType, repeated?: "repeated"];

/** The fields of a message, as `proto/` lists them. */
export function layout(...fields: readonly FieldText[]): readonly Field[] {
  return fields.map(([number, name, type, repeated]) => ({ number, name, type, repeated: repeated !== undefined }));
}

export function message(bytes: number, fields: number, ...list: readonly FieldText[]): Message {
  return { bytes, fields, layout: layout(...list) };
}

type Single = bigint | Bytes | Decoded;
type Value = Single | Single[];

/** The values of the fields that were present. */
export class Decoded {
  readonly values = new Map<string, Value>();

  bytes(name: string): Bytes {
    const value = this.values.get(name) ?? new Uint8Array();
    if (!(value instanceof Uint8Array)) throw new Fault(`${name} holds no bytes`);
    return value;
  }

  integer(name: string): bigint {
    const value = this.values.get(name) ?? 0n;
    if (typeof value !== "bigint") throw new Fault(`${name} is no integer`);
    return value;
  }

  number(name: string): number {
    return Number(this.integer(name));
  }

  flag(name: string): boolean {
    return this.integer(name) === 1n;
  }

  /** Whether a nested message is present carries meaning. */
  nested(name: string): Decoded | undefined {
    const value = this.values.get(name);
    return value instanceof Decoded ? value : undefined;
  }

  private elements(name: string): Single[] {
    const value = this.values.get(name) ?? [];
    if (!Array.isArray(value)) throw new Fault(`${name} is no list`);
    return value;
  }

  list(name: string): Bytes[] {
    return this.elements(name).filter((element) => element instanceof Uint8Array);
  }

  nestedList(name: string): Decoded[] {
    return this.elements(name).filter((element) => element instanceof Decoded);
  }

  /** Of a `string`, which was found to be UTF-8 when it was decoded. */
  text(name: string): string {
    return utf8(this.bytes(name));
  }
}

const VARINT = 0;
const DELIMITED = 2;

/** The checks in order (spec/envelope.md, receiving), but for ENV-6 and ENV-7, which each chapter makes. */
export function decode(type: Message, bytes: Bytes): Decoded {
  refuseIf(bytes.length > type.bytes, "limit"); // ENV-2
  checkFields(type, bytes);
  const decoded = decodeFields(type.layout, bytes);
  refuseIf(!equal(encodeFields(type.layout, decoded), bytes), "malformed"); // ENV-5
  return decoded;
}

export function encode(type: Message, values: Iterable<readonly [string, Value]>): Bytes {
  const decoded = new Decoded();
  for (const [name, value] of values) decoded.values.set(name, value);
  return encodeFields(type.layout, decoded);
}

// Reading

interface Read {
  readonly number: number;
  readonly value: bigint | Bytes;
}

export class Reader {
  private at = 0;

  constructor(private readonly bytes: Bytes) {}

  get ended(): boolean {
    return this.at === this.bytes.length;
  }

  /** One field; other wire types than two are refused (ENV-4). */
  field(): Read {
    const tag = this.varint();
    const number = Number(tag >> 3n);
    refuseIf(number >= 2 ** 32, "malformed");
    switch (Number(tag & 7n)) {
      case VARINT:
        return { number, value: this.varint() };
      case DELIMITED:
        return { number, value: this.delimited() };
      default:
        throw new Reject("malformed");
    }
  }

  private varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at];
      if (byte === undefined) break;
      this.at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        refuseIf(value >= 2n ** 64n, "malformed");
        return value;
      }
    }
    throw new Reject("malformed");
  }

  private delimited(): Bytes {
    const length = this.varint();
    refuseIf(length > BigInt(this.bytes.length - this.at), "malformed");
    const value = this.bytes.slice(this.at, this.at + Number(length));
    this.at += value.length;
    return value;
  }
}

/** ENV-3, ENV-4: whichever comes first. */
function checkFields(type: Message, bytes: Bytes): void {
  const reader = new Reader(bytes);
  for (let count = 0; !reader.ended; count += 1) {
    refuseIf(count === type.fields, "limit");
    reader.field();
  }
}

function decodeFields(fields: readonly Field[], bytes: Bytes): Decoded {
  const decoded = new Decoded();
  const reader = new Reader(bytes);
  while (!reader.ended) {
    const { number, value: read } = reader.field();
    const field = fields.find((known) => known.number === number);
    if (field === undefined) throw new Reject("malformed"); // it would be missing from the second encoding (ENV-5)
    const value = decodeValue(field.type, read);
    const before = decoded.values.get(field.name);
    if (field.repeated !== true) decoded.values.set(field.name, value);
    else if (Array.isArray(before)) before.push(value);
    else decoded.values.set(field.name, [value]);
  }
  return decoded;
}

function decodeValue(type: FieldType, read: bigint | Bytes): Single {
  const delimited = type === "bytes" || type === "string" || typeof type !== "string";
  if (typeof read === "bigint") {
    refuseIf(delimited, "malformed");
    return decodeInteger(type, read);
  }
  refuseIf(!delimited, "malformed");
  if (type === "string") refuseIf(!isUtf8(read), "malformed");
  return typeof type === "string" ? read : decodeFields(type, read);
}

/** What a lenient decoder makes of a value beyond its type; the second encoding then differs. */
function decodeInteger(type: FieldType, read: bigint): bigint {
  switch (type) {
    case "uint32":
      return BigInt.asUintN(32, read);
    case "bool":
      return BigInt(read !== 0n);
    case "enum":
      return BigInt.asUintN(64, BigInt.asIntN(32, read)); // sign-extended
    default:
      return read;
  }
}

export function utf8(bytes: Bytes): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

export function isUtf8(bytes: Bytes): boolean {
  try {
    utf8(bytes);
    return true;
  } catch {
    return false;
  }
}

// Writing

function encodeFields(fields: readonly Field[], decoded: Decoded): Bytes {
  const ascending = [...fields].sort((a, b) => a.number - b.number);
  return concat(...ascending.flatMap((field) => encodeField(field, decoded.values.get(field.name))));
}

function encodeField(field: Field, value: Value | undefined): Bytes[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map((element) => encodeSingle(field, element));
  const isDefault = value === 0n || (value instanceof Uint8Array && value.length === 0);
  return isDefault ? [] : [encodeSingle(field, value)];
}

function encodeSingle(field: Field, value: Single): Bytes {
  if (typeof value === "bigint") return concat(tag(field, VARINT), varint(value));
  const bytes = value instanceof Decoded ? encodeNested(field, value) : value;
  return concat(tag(field, DELIMITED), varint(BigInt(bytes.length)), bytes);
}

function encodeNested(field: Field, value: Decoded): Bytes {
  if (typeof field.type === "string") throw new Fault(`${field.name} is no message`);
  return encodeFields(field.type, value);
}

function tag(field: Field, wireType: number): Bytes {
  return varint((BigInt(field.number) << 3n) | BigInt(wireType));
}

function varint(value: bigint): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return concat(Uint8Array.from(bytes), u8(Number(rest)));
}
