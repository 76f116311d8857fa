// spec/expiry.md: stamps, the life of a message, and what may be made of one.

import { Mode, type Terms, checkTimes } from "./terms.js";

const GREATEST = 2n ** 64n - 1n;

// Bounds

/** Upper bounds of a life; absent ones are none. Times in seconds. */
interface Bounds {
  readonly afterSend: number;
  readonly afterRead: number;
  readonly cap: number;
  readonly openings: number;
}

function boundsOf(terms: Terms): Bounds {
  checkTimes(terms);
  const { mode, duration, unreadCap } = terms;
  return {
    afterSend: mode === Mode.afterSend ? duration : Infinity,
    afterRead: mode === Mode.afterRead ? duration : Infinity,
    cap: mode >= Mode.afterRead ? unreadCap : Infinity,
    openings: mode === Mode.once ? 1 : mode === Mode.onceWithReplay ? 2 : Infinity,
  };
}

function lower(a: Bounds, b: Bounds): Bounds {
  return {
    afterSend: Math.min(a.afterSend, b.afterSend),
    afterRead: Math.min(a.afterRead, b.afterRead),
    cap: Math.min(a.cap, b.cap),
    openings: Math.min(a.openings, b.openings),
  };
}

/** EXP-4: of each bound the lower one, put into the words of one mode. */
export function stamp(policy: Terms, wish: Terms): Terms {
  const { afterSend, afterRead, cap, openings } = lower(boundsOf(policy), boundsOf(wish));
  const unreadCap = Math.min(cap, afterSend);
  if (openings !== Infinity) {
    const once = openings === 1 || afterRead !== Infinity;
    return { mode: once ? Mode.once : Mode.onceWithReplay, duration: 0, unreadCap };
  }
  if (afterRead !== Infinity) return { mode: Mode.afterRead, duration: afterRead, unreadCap };
  if (afterSend !== Infinity) return { mode: Mode.afterSend, duration: afterSend, unreadCap: 0 };
  return { mode: Mode.off, duration: 0, unreadCap: 0 };
}

// Lives

export type Fact =
  | { readonly fact: "accepted" | "read"; readonly at: bigint; readonly told: bigint }
  | { readonly fact: "seen"; readonly at: bigint }
  | { readonly fact: "opened"; readonly id: bigint; readonly at: bigint; readonly told: bigint }
  | { readonly fact: "shortened"; readonly terms: Terms }
  | { readonly fact: "gone" };

const least = (...times: bigint[]): bigint => times.reduce((a, b) => (a < b ? a : b));
const greatest = (...times: bigint[]): bigint => times.reduce((a, b) => (a > b ? a : b));

/** What a device knows about when a message goes; everything in it is a least or a union (EXP-11). */
export class Life {
  private bounds: Bounds;
  /** Of the author, once it was accepted; of a reader, when it was first had. */
  private begun: bigint | undefined;
  private read: bigint | undefined;
  private readonly openings = new Map<bigint, bigint>();
  private gone = false;

  private constructor(
    terms: Terms,
    private readonly sent: bigint,
    /** The relay's time, of what was received. */
    private readonly accepted: bigint | undefined,
  ) {
    this.bounds = boundsOf(terms);
  }

  static received(terms: Terms, sent: bigint, accepted: bigint, seen: bigint): Life {
    const life = new Life(terms, sent, accepted);
    life.begun = seen;
    return life;
  }

  static written(terms: Terms, sent: bigint): Life {
    return new Life(terms, sent, undefined);
  }

  private get own(): boolean {
    return this.accepted === undefined;
  }

  learn(fact: Fact): void {
    switch (fact.fact) {
      case "accepted":
        if (this.own) this.begin(least(fact.at, fact.told));
        break;
      case "seen":
        if (!this.own) this.begin(fact.at);
        break;
      case "read":
        this.noteRead(least(fact.at, fact.told));
        break;
      case "opened":
        this.noteOpening(fact.id, least(fact.at, fact.told));
        break;
      case "shortened":
        this.shorten(boundsOf(fact.terms));
        break;
      case "gone":
        this.gone = true;
    }
  }

  private begin(at: bigint): void {
    this.begun = this.begun === undefined ? at : least(this.begun, at);
  }

  private noteRead(at: bigint): void {
    this.read = this.read === undefined ? at : least(this.read, at);
  }

  private noteOpening(id: bigint, at: bigint): void {
    this.noteRead(at);
    this.openings.set(id, least(at, this.openings.get(id) ?? at));
  }

  /** EXP-6; no openings where none are counted. */
  private shorten(bounds: Bounds): void {
    const openings = this.bounds.openings === Infinity ? Infinity : bounds.openings;
    this.bounds = lower(this.bounds, { ...bounds, openings });
  }

  /** The two earliest, earliest first. */
  private kept(): [id: bigint, at: bigint][] {
    const order = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));
    return [...this.openings].sort(([ia, a], [ib, b]) => order(a, b) || order(ia, ib)).slice(0, 2);
  }

  private get start(): bigint | undefined {
    if (this.begun === undefined) return undefined;
    return this.accepted === undefined
      ? greatest(this.sent, this.begun)
      : least(this.begun, greatest(this.sent, this.accepted));
  }

  /** EXP-10 */
  get deadline(): bigint | undefined {
    if (this.gone) return 0n;
    const start = this.start;
    if (start === undefined) return undefined;
    const from = (time: bigint | undefined): bigint | undefined =>
      this.own ? start : time === undefined ? undefined : greatest(time, start);
    const rows = [
      after(start, this.bounds.afterSend),
      after(from(this.read), this.bounds.afterRead),
      after(start, this.bounds.cap),
      this.bounds.openings === Infinity ? undefined : from(this.kept()[this.bounds.openings - 1]?.[1]),
    ].filter((row) => row !== undefined);
    return rows.length === 0 ? undefined : least(...rows);
  }

  get openingsLeft(): number | undefined {
    const { openings } = this.bounds;
    if (openings === Infinity) return undefined;
    return this.gone || this.own ? 0 : Math.max(0, openings - this.openings.size);
  }

  /** EXP-14 */
  told(): Fact[] {
    const gone: Fact[] = this.gone ? [{ fact: "gone" }] : [];
    const start = this.start;
    if (this.accepted === undefined) {
      // the author counts as having read and opened it (EXP-13)
      return start === undefined ? gone : [{ fact: "accepted", at: start, told: start }, ...gone];
    }
    const facts: Fact[] = [];
    if (start !== undefined) facts.push({ fact: "seen", at: greatest(start, least(this.sent, this.accepted)) });
    if (this.read !== undefined) facts.push({ fact: "read", at: this.read, told: this.read });
    for (const [id, at] of this.kept()) facts.push({ fact: "opened", id, at, told: at });
    return [...facts, ...gone];
  }
}

function after(time: bigint | undefined, seconds: number): bigint | undefined {
  if (time === undefined || seconds === Infinity) return undefined;
  return least(GREATEST, time + 1000n * BigInt(seconds));
}

// What is made of a message

export type Stage = "stays" | "goes" | "closed" | "gone";

/** The table of "What has gone"; nothing where it is refused (EXP-31 to EXP-33). */
export function derive(derived: string, stage: Stage): string | undefined {
  if (derived === "quote") return stage === "closed" || stage === "gone" ? "placeholder" : "as_it_is";
  if (stage === "stays") return "as_it_is";
  switch (derived) {
    case "notification":
      return stage === "gone" ? "nothing" : "without_words";
    case "storage":
      return stage === "gone" ? "nothing" : "sealed";
    case "search_index":
      return "nothing";
    default:
      return undefined;
  }
}
