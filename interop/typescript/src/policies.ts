// Policies of a chat (spec/expiry.md).

import { type Bytes, equal, u32, u64 } from "./bytes.js";
import { checkContent } from "./kinds.js";
import { hash } from "./primitives.js";
import { Fault, refuseIf } from "./reject.js";
import { termsOf } from "./terms.js";

const POLICY_STEP = 2n ** 32n;

export interface Policy {
  readonly version: bigint;
  readonly setter: Bytes;
  readonly name: Bytes;
}

const EXPIRY_POLICY = 29;

/** EXP-5, but for what its content says by itself. */
export function readPolicy(
  chat: Bytes,
  own: Bytes,
  setter: Bytes,
  content: Bytes,
  inForce: Policy | undefined,
): Policy {
  const decoded = checkContent(EXPIRY_POLICY, content);
  if (decoded === undefined) throw new Fault("policies have a layout");
  const version = decoded.integer("version");
  refuseIf(!equal(setter, own) && version > (inForce?.version ?? 0n) + POLICY_STEP, "policy");
  const { mode, duration, unreadCap } = termsOf(decoded);
  const name = hash(
    "aside/1 expiry policy",
    chat,
    setter,
    u64(version),
    u32(mode),
    u32(duration),
    u32(unreadCap),
    decoded.bytes("parent"),
  );
  return { version, setter, name };
}

/** EXP-3: negative if the first one gives way. */
export function comparePolicies(a: Policy, b: Policy): number {
  if (a.version !== b.version) return a.version < b.version ? -1 : 1;
  return Buffer.compare(a.setter, b.setter) || Buffer.compare(a.name, b.name);
}

export function samePolicy(a: Policy, b: Policy): boolean {
  return equal(a.name, b.name);
}
