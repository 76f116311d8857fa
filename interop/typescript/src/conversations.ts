// spec/conversations.md: states of a chat, and who may say what.

import { checkPlace, isKnown, kindOf } from "./kinds.js";
import { Fault, Reject, type Word, refuseIf } from "./reject.js";

// States of a chat

export type State = "none" | "opened" | "requested" | "accepted" | "ended";

const Say = { text: 1, open: 2, accept: 3, decline: 4, close: 5 } as const;
const MENDING: readonly number[] = [12, 13, 29, 30];

/** One chat as one device sees it; what is said without the person is the answer to an opening. */
export class Chat {
  state: State = "none";
  /** Another chat with this peer is Opened here (CNV-6). */
  private anotherOpened = false;
  readonly says: number[] = [];
  shown = 0;
  held = 0;

  /** What the person here does. */
  act(what: string): void {
    const [from, to, says] = this.action(what);
    if (!from.includes(this.state)) throw new Fault(`nobody can ${what} what is ${this.state}`);
    this.state = to;
    if (says !== undefined) this.says.push(says);
  }

  private action(what: string): [from: State[], to: State, says?: number] {
    switch (what) {
      case "open":
        return [["none"], "opened", Say.open];
      case "write":
        return [["opened", "accepted"], this.state, Say.text];
      case "accept":
        return [["requested"], "accepted", Say.accept];
      case "decline":
        return [["requested"], "none"];
      case "decline-openly":
        return [["requested"], "none", Say.decline];
      case "open-another":
        this.anotherOpened = true;
        return [["none"], "none", Say.open];
      case "close":
        return [["opened", "accepted"], "ended", Say.close];
      default:
        throw new Fault(`nobody can ${what}`);
    }
  }

  /** What a frame of the peer leads to (CNV-7, CNV-15). */
  hear(kind: number): void {
    checkPlace(kind, "chat");
    const hears = { none: "fresh", opened: "open", accepted: "open", requested: "asked", ended: "over" } as const;
    this[hears[this.state]](kind);
  }

  private fresh(kind: number): void {
    refuseIf(kind !== Say.open, "policy");
    this.state = this.anotherOpened ? "accepted" : "requested";
    if (this.anotherOpened) this.says.push(Say.accept);
  }

  private open(kind: number): void {
    if (kind === Say.decline || kind === Say.close) {
      this.state = "ended";
      return;
    }
    if (kind === Say.open) this.says.push(Say.accept);
    if (kindOf(kind).shown) this.shown += 1;
    this.state = "accepted";
  }

  private asked(kind: number): void {
    if (kind === Say.open || MENDING.includes(kind)) return;
    if (kind === Say.close) {
      this.state = "none";
      return;
    }
    refuseIf(!kindOf(kind).shown, "policy");
    this.held += 1;
  }

  private over(kind: number): void {
    refuseIf(kind !== Say.decline && kind !== Say.close, "policy");
  }
}

// Who may say what (CNV-15)

type Row = readonly [kinds: readonly number[], others: boolean, becomes: Readonly<Record<string, string>>];

const MESSAGES = [1, 6, 7, 8, 9, 10, 14, 20, 21, 22, 23];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  thread: [
    [[12, 13], false, { accepted: "acts", requester: "acts" }],
    [[11], false, { accepted: "acts" }],
    [MESSAGES, true, { accepted: "shown", requester: "held", stranger: "held" }],
  ],
  chat: [
    [[2], false, { accepted: "acts", requester: "acts", stranger: "acts" }],
    [[5, 12, 13, 29, 30], false, { accepted: "acts", requester: "acts" }],
    [[3, 4, 11, 24, 27, 28, 33, 34], false, { accepted: "acts" }],
    [[...MESSAGES, 31], true, { accepted: "shown", requester: "held" }],
  ],
  transient: [[[25, 26], false, { accepted: "acts" }]],
  group: [
    [[11, 12, 13, 30, 33], false, { member: "acts" }],
    [[...MESSAGES.filter((kind) => kind !== 23), 31], true, { member: "shown" }],
  ],
  members: [
    [[16, 17], false, { accepted: "acts", requester: "acts", member: "acts", stranger: "acts" }],
    [[18, 19, 32, 34], false, { member: "acts" }],
  ],
};

export function becomes(kind: number, place: string, sender: string): string {
  const word: Word = place === "group" || place === "members" ? "not_member" : "policy";
  const row = ROWS[place]?.find(([kinds, others]) => kinds.includes(kind) || (others && !isKnown(kind)));
  const result = row?.[2][sender];
  if (result === undefined) throw new Reject(word);
  return result;
}
