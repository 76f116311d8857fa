// The input of an operation, as it came out of a line of JSON.

import { type Bytes, fromHex } from "./bytes.js";
import { Fault } from "./reject.js";

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, what: string): Json {
  if (!isObject(value)) throw new Fault(`${what} is no object`);
  return value;
}

export class Input {
  constructor(private readonly fields: Json) {}

  text(name: string): string {
    const value = this.fields[name];
    if (typeof value !== "string") throw new Fault(`${name} is no text`);
    return value;
  }

  bytes(name: string): Bytes {
    return hex(this.text(name), name);
  }

  number(name: string): number {
    const value = this.fields[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new Fault(`${name} is no number`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.fields[name];
    if (typeof value !== "boolean") throw new Fault(`${name} is neither true nor false`);
    return value;
  }

  private list(name: string): readonly unknown[] {
    const value = this.fields[name];
    if (!Array.isArray(value)) throw new Fault(`${name} is no list`);
    return value;
  }

  byteList(name: string): Bytes[] {
    return this.list(name).map((element) => hex(element, name));
  }

  numbers(name: string): number[] {
    return this.list(name).map((element) => {
      if (typeof element !== "number") throw new Fault(`${name} holds something else than numbers`);
      return element;
    });
  }
}

export function hex(value: unknown, name: string): Bytes {
  if (typeof value !== "string") throw new Fault(`${name} is no text`);
  try {
    return fromHex(value);
  } catch {
    throw new Fault(`${name} is no lower-case hex`);
  }
}
