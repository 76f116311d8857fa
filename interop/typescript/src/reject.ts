// How a step ends that does not succeed.

/** The reject words of spec/registry.md. */
export type Word =
  | "malformed"
  | "version"
  | "limit"
  | "key"
  | "signature"
  | "mac"
  | "commitment"
  | "replay"
  | "too_far"
  | "key_expired"
  | "exhausted"
  | "no_session"
  | "unknown_prekey"
  | "stale"
  | "fork"
  | "policy"
  | "not_member";

/** The peer's fault: refused with a word, and nothing has changed. */
export class Reject extends Error {
  constructor(readonly word: Word) {
    super(word);
  }
}

/** The fault of whoever drives this program, or its own. */
export class Fault extends Error {}

/** Something that this minimal implementation leaves out. */
export class Skip extends Error {}

export function refuseIf(condition: boolean, word: Word): void {
  if (condition) throw new Reject(word);
}
