// Rules for texts and addresses (spec/notation.md, spec/kinds.md CON-18 and CON-19).

import { type Bytes } from "./bytes.js";
import { isUtf8, utf8 } from "./envelope.js";
import { refuseIf } from "./reject.js";

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/;

/** A length in bytes, both ends included. */
export function checkLength(bytes: Bytes, least: number, most: number): void {
  refuseIf(bytes.length < least || bytes.length > most, "malformed");
}

/** CON-18: what could pass for something else on a screen is refused. */
export function checkLine(bytes: Bytes, least: number, most: number): void {
  checkLength(bytes, least, most);
  refuseIf(!isUtf8(bytes), "malformed"); // in a field of bytes nothing else has looked
  const text = utf8(bytes);
  refuseIf(CONTROL.test(text) || DIRECTION.test(text), "malformed");
}

export function checkAscii(bytes: Bytes, least: number, most: number): void {
  checkLength(bytes, least, most);
  refuseIf(!PRINTABLE_ASCII.test(utf8(bytes)), "malformed");
}

/** CON-19 */
export function checkAddress(bytes: Bytes, web: boolean): void {
  checkAscii(bytes, 1, 2048);
  const address = utf8(bytes);
  refuseIf(address.includes(" "), "malformed");
  refuseIf(web && !/^https:\/\/./.test(address), "malformed");
}
