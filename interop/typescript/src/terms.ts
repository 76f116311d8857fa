// Terms of messages: the stamps of spec/expiry.md.

import { type Bytes, concat, u32, u64 } from "./bytes.js";
import { type Decoded, decode, encode, message } from "./envelope.js";
import { refuseIf } from "./reject.js";

const YEAR_SECONDS = 31_536_000;

export const Mode = { off: 0, afterSend: 1, afterRead: 2, once: 3, onceWithReplay: 4 } as const;

const EXPIRY_MESSAGE = message(
  32,
  4,
  [1, "policy", "uint64"],
  [2, "mode", "enum"],
  [3, "duration_s", "uint32"],
  [4, "unread_cap_s", "uint32"],
);

/** Within a frame. */
export const EXPIRY = EXPIRY_MESSAGE.layout;

export function decodeExpiry(bytes: Bytes): Decoded {
  return decode(EXPIRY_MESSAGE, bytes);
}

export function encodeExpiry(stamp: Decoded): Bytes {
  return encode(EXPIRY_MESSAGE, stamp.values);
}

export interface Terms {
  readonly mode: number;
  readonly duration: number;
  readonly unreadCap: number;
}

export function termsOf(decoded: Decoded): Terms {
  return {
    mode: decoded.number("mode"),
    duration: decoded.number("duration_s"),
    unreadCap: decoded.number("unread_cap_s"),
  };
}

/** Every time is 1 second to a year where the mode has it, and 0 where it has none. */
export function checkTimes(terms: Terms): void {
  const { mode } = terms;
  refuseIf(mode > Mode.onceWithReplay, "malformed");
  checkTime(terms.duration, mode === Mode.afterSend || mode === Mode.afterRead);
  checkTime(terms.unreadCap, mode >= Mode.afterRead);
}

function checkTime(seconds: number, has: boolean): void {
  refuseIf(has ? seconds < 1 || seconds > YEAR_SECONDS : seconds !== 0, "malformed");
}

/** EXP-1, by itself. */
export function checkTerms(stamp: Decoded): void {
  checkTimes(termsOf(stamp));
  refuseIf(stamp.number("mode") === Mode.off && stamp.integer("policy") === 0n, "malformed");
}

export function opensOnce(stamp: Decoded | undefined): boolean {
  return stamp !== undefined && stamp.number("mode") >= Mode.once;
}

/** As they stand in hash and commitment (CON-7); absent terms are an empty part. */
export function termsPart(stamp: Decoded | undefined): Bytes {
  if (stamp === undefined) return new Uint8Array();
  const { mode, duration, unreadCap } = termsOf(stamp);
  return concat(u64(stamp.integer("policy")), u32(mode), u32(duration), u32(unreadCap));
}
