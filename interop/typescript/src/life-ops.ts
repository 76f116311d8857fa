// The operations of single vectors on expiry, conversations and healing.

import { Chat, becomes } from "./conversations.js";
import { decode, message } from "./envelope.js";
import { asksAt, begun, ciphertextId, isSentAgain, isTrouble } from "./healing.js";
import type { Input } from "./input.js";
import { type Fact, Life, type Stage, derive, stamp } from "./life.js";
import type { Operation, Output } from "./ops.js";
import { type Policy, comparePolicies, readPolicy, samePolicy } from "./policies.js";
import { Fault, Reject, refuseIf } from "./reject.js";
import { type Terms, checkTerms, decodeExpiry, termsOf } from "./terms.js";
import { checkLength } from "./text.js";
import { openOnce, sealOnce } from "./view-once.js";

const VIEW_KEY = message(56, 2, [1, "message_id", "bytes"], [2, "key", "bytes"]);

export const LIFE: Record<string, Operation> = {
  "life.deadline": (input) => lifePrinted(life(input)),
  "life.show": (input) => {
    const found = life(input);
    const { deadline } = found;
    refuseIf(deadline !== undefined && deadline <= BigInt(input.text("now")), "policy");
    return lifePrinted(found);
  },
  "life.told": (input) => ({ told: life(input).told().map(factPrinted).join("; ") }),
  "message.derive": (input) => {
    const result = derive(input.text("derived"), stage(input.text("stage")));
    if (result === undefined) throw new Reject("policy"); // EXP-33
    return { becomes: result };
  },
  "policies.learn": policiesLearn,
  "expiry.stamp": (input) => {
    const { mode, duration, unreadCap: unread_cap } = stamp(terms(input, ""), terms(input, "wish_"));
    return { mode, duration, unread_cap };
  },
  "expiry.decode": (input) => {
    const decoded = decodeExpiry(input.bytes("expiry"));
    checkTerms(decoded);
    const { mode, duration, unreadCap: unread_cap } = termsOf(decoded);
    return { policy: String(decoded.integer("policy")), mode, duration, unread_cap };
  },
  "view_once.seal": (input, randomness) => sealOnce(input.number("kind"), input.bytes("content"), randomness),
  "view_once.open": (input) => ({
    ...openOnce(input.bytes("sealed"), input.bytes("commitment"), input.bytes("key")),
  }),
  "view_key.decode": (input) => {
    const key = decode(VIEW_KEY, input.bytes("content"));
    checkLength(key.bytes("message_id"), 16, 16);
    refuseIf(![0, 32].includes(key.bytes("key").length), "malformed");
    return { message_id: key.bytes("message_id"), key: key.bytes("key") };
  },
  "opt_in.history": (input) => {
    const chat = new Chat();
    for (const event of words(input.text("events"), " ")) {
      if (/^[0-9]+$/.test(event)) chat.hear(Number(event));
      else chat.act(event);
    }
    const { state, says, shown, held } = chat;
    return { state, says, shown, held };
  },
  "conversations.sender": (input) => ({
    becomes: becomes(input.number("kind"), input.text("place"), input.text("sender")),
  }),
  "session.begun": (input) => {
    const session = { generation: input.number("generation"), id: input.bytes("id") };
    const first = { generation: input.number("first_generation"), id: input.bytes("first_id") };
    return begun(session, first, input.flag("first_answered"));
  },
  "session.trouble": (input) => {
    refuseIf(!isTrouble(input.text("word")), "policy");
    return {};
  },
  "retry.id": (input) => ({ id: ciphertextId(input.bytes("message")) }),
  "retry.plan": (input) => ({
    asks_at: asksAt(input.number("now"), input.number("began_at"), input.number("drawn")),
  }),
  "retry.repeat": (input) => {
    const asked = {
      kind: input.number("kind"),
      ageMs: input.number("age_ms"),
      times: input.number("times"),
      sameDevice: input.flag("same_device"),
      inAudience: input.flag("in_audience"),
      arrived: input.flag("arrived"),
      there: input.flag("there"),
    };
    refuseIf(!isSentAgain(asked), "policy");
    return {};
  },
};

function words(text: string, between: string): string[] {
  return text === "" ? [] : text.split(between);
}

function terms(input: Input, prefix: string): Terms {
  return {
    mode: input.number(`${prefix}mode`),
    duration: input.number(`${prefix}duration`),
    unreadCap: input.number(`${prefix}unread_cap`),
  };
}

/** The first fact says whose life it is. */
function life(input: Input): Life {
  const [first = "", ...facts] = words(input.text("facts"), "; ");
  const [role, ...times] = first.split(" ");
  const [sent = 0n, accepted = 0n, seen = 0n] = times.map(BigInt);
  const own = terms(input, "");
  if (role !== "received" && role !== "written") throw new Fault(`no life begins with ${first}`);
  const begins = role === "received" ? Life.received(own, sent, accepted, seen) : Life.written(own, sent);
  for (const fact of facts) begins.learn(factOf(fact));
  return begins;
}

function factOf(text: string): Fact {
  const [fact, ...numbers] = text.split(" ");
  const [a = 0n, b = 0n, c = 0n] = numbers.map(BigInt);
  switch (fact) {
    case "accepted":
    case "read":
      return { fact, at: a, told: b };
    case "seen":
      return { fact, at: a };
    case "opened":
      return { fact, id: a, at: b, told: c };
    case "shortened":
      return { fact, terms: { mode: Number(a), duration: Number(b), unreadCap: Number(c) } };
    case "gone":
      return { fact };
    default:
      throw new Fault(`there is no fact ${text}`);
  }
}

function factPrinted(fact: Fact): string {
  switch (fact.fact) {
    case "gone":
      return "gone";
    case "seen":
      return `seen ${fact.at}`;
    case "opened":
      return `opened ${fact.id} ${fact.at} ${fact.told}`;
    case "shortened":
      throw new Fault("what the author has shortened is not told"); // EXP-14
    default:
      return `${fact.fact} ${fact.at} ${fact.told}`;
  }
}

function lifePrinted(found: Life): Output {
  return {
    deadline: String(found.deadline ?? "none"),
    openings_left: String(found.openingsLeft ?? "none"),
  };
}

function stage(text: string): Stage {
  const found = (["stays", "goes", "closed", "gone"] as const).find((known) => known === text);
  if (found === undefined) throw new Fault(`no message is ${text}`);
  return found;
}

/** Each policy is the account of its setter, and the content of its frame. */
function policiesLearn(input: Input): Output {
  const [own, chat] = [input.bytes("own"), input.bytes("chat")];
  const superseded: number[] = [];
  let inForce: Policy | undefined;
  input.byteList("policies").forEach((bytes, at) => {
    const policy = readPolicy(chat, own, bytes.slice(0, 32), bytes.slice(32), inForce);
    if (inForce === undefined || comparePolicies(policy, inForce) > 0) inForce = policy;
    else if (!samePolicy(policy, inForce)) superseded.push(at + 1);
  });
  if (inForce === undefined) throw new Fault("there is no policy");
  return { version: String(inForce.version), setter: inForce.setter, name: inForce.name, superseded };
}
