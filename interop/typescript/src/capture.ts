// spec/capture.md: who is told of a capture, and what of a notice is shown.

import { type Bytes, equal, toHex } from "./bytes.js";
import { checkContent } from "./kinds.js";
import { Fault, refuseIf } from "./reject.js";

const CAPTURE_NOTICE = 33;
const BURST_MS = 2000;
const NAMED_AT_MOST = 64;
const REFS = 8;

export interface Captured {
  readonly author: Bytes;
  readonly id: Bytes;
}

/** What was told before, and when. */
export interface Told {
  readonly id: Bytes;
  readonly at: number;
}

export interface Waiting {
  readonly ids: readonly Bytes[];
  readonly since: number;
}

/** CAP-3 */
function checkScene(scene: string): void {
  refuseIf(scene !== "accepted" && scene !== "group-with-notices", "policy");
}

function inBurst(at: number, now: number): boolean {
  return Math.abs(now - at) < BURST_MS;
}

function ascending(ids: readonly Bytes[]): Bytes[] {
  return [...ids].sort((a, b) => Buffer.compare(a, b));
}

function distinct(ids: readonly Bytes[]): Bytes[] {
  return [...new Map(ids.map((id) => [toHex(id), id])).values()];
}

/** CAP-5 to CAP-7: what the notice that waits names from now on, if that changes, and further notices. */
export function tell(
  scene: string,
  own: Bytes,
  screen: readonly Captured[],
  told: readonly Told[],
  waiting: Waiting,
  now: number,
): { waiting: Bytes[]; notices: Bytes[][] } {
  checkScene(scene);
  const others = distinct(screen.filter(({ author }) => !equal(author, own)).map(({ id }) => id));
  const open = inBurst(waiting.since, now) ? waiting.ids : [];
  const named = [...open, ...told.filter(({ at }) => inBurst(at, now)).map(({ id }) => id)];
  const left = others.slice(-NAMED_AT_MOST).filter((id) => !named.some((other) => equal(id, other)));
  refuseIf(left.length === 0, "policy");
  const sorted = ascending(left);
  const more = open.length === 0 ? [] : sorted.splice(0, REFS - open.length);
  const notices: Bytes[][] = [];
  while (sorted.length > 0) notices.push(sorted.splice(0, REFS));
  return { waiting: more.length === 0 ? [] : ascending([...open, ...more]), notices };
}

/** CAP-4, CAP-11, CAP-12; `said` is of whoever the notice is by. */
export function show(
  scene: string,
  by: Bytes,
  notice: Bytes,
  here: readonly (Captured & { readonly said: boolean })[],
): Captured[] {
  const decoded = checkContent(CAPTURE_NOTICE, notice);
  if (decoded === undefined) throw new Fault("notices have a layout");
  checkScene(scene);
  const refs = decoded.list("refs");
  const shown = here.filter(
    ({ author, id, said }) => !said && !equal(author, by) && refs.some((ref) => equal(ref, id)),
  );
  refuseIf(shown.length === 0, "policy");
  return shown.sort((a, b) => Buffer.compare(a.author, b.author) || Buffer.compare(a.id, b.id));
}
