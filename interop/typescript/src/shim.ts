// The driver of spec/conformance.md: one request a line on standard input, one reply a line on standard output.

import { toHex } from "./bytes.js";
import { Input, type Json, asObject, hex, isObject } from "./input.js";
import { Lines } from "./lines.js";
import { OPERATIONS, type Output } from "./ops.js";
import { type Drawn, Randomness } from "./randomness.js";
import { Fault, Reject, Skip } from "./reject.js";
import { Script } from "./script.js";

const PROTOCOL = 1;

/** The files whose vectors all pass; no level is claimed as a whole. */
const FILES = [
  "primitives/hash.json",
  "primitives/aead.json",
  "primitives/x25519.json",
  "primitives/ed25519.json",
  "primitives/ml-kem.json",
  "envelope/packet.json",
  "identity/certificate.json",
  "identity/device-list.json",
  "identity/prekey.json",
  "identity/handle.json",
  "handshake/schedule.json",
  "handshake/first-message.json",
  "session/schedule.json",
  "session/order.json",
  "session/forged.json",
  "session/limits.json",
  "session/transient.json",
  "session/epochs.json",
  "content/padding.json",
  "content/frames.json",
  "content/kinds.json",
  "content/declarations.json",
  "content/attachments.json",
  "content/time.json",
  "conversations/healing.json",
  "conversations/opt-in.json",
  "conversations/senders.json",
  "expiry/life.json",
  "expiry/policies.json",
  "expiry/stamps.json",
  "expiry/view-once.json",
  "capture/notices.json",
  "archive/archive.json",
  "relay/proofs.json",
  "relay/generations.json",
];

let script = new Script({});

function reply(request: Json): Json {
  switch (request["do"]) {
    case "hello":
      return hello(request);
    case "begin":
      script = new Script(asObject(request["people"], "people"));
      return { ok: {} };
    case "step":
      return step(request);
    default:
      throw new Fault("it is not known what to do");
  }
}

function hello(request: Json): Json {
  if (request["protocol"] !== PROTOCOL) throw new Fault("only protocol 1 is spoken here");
  return { ok: { name: "aside-typescript", levels: [], files: FILES, features: [] } };
}

function step(request: Json): Json {
  const op = new Input(request).text("op");
  const input = new Input(asObject(request["in"] ?? {}, "in"));
  const randomness = new Randomness(tape(request["tape"]));
  const { actor, session } = request;
  if (typeof actor !== "string" || typeof session !== "string") {
    const run = Object.hasOwn(OPERATIONS, op) ? OPERATIONS[op] : undefined;
    if (run === undefined) return { skip: `${op} is not implemented` };
    return outcome(() => run(input, randomness), randomness);
  }
  if (!Script.has(op)) return { skip: `${op} is not implemented` };
  const result = outcome(() => script.step(op, actor, session, input, randomness), randomness);
  return { ...result, state: script.state(session) };
}

function tape(given: unknown): Drawn[] | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) throw new Fault("the tape is no list");
  return given.map((drawn: unknown) => {
    const fields = asObject(drawn, "a draw");
    return { draw: String(fields["draw"]), bytes: hex(fields["bytes"], "a draw") };
  });
}

function outcome(run: () => Output, randomness: Randomness): Json {
  const result = refusable(run);
  randomness.finish();
  return randomness.names.length === 0 ? result : { ...result, drawn: randomness.names };
}

function refusable(run: () => Output): Json {
  try {
    return { ok: printed(run()) };
  } catch (error) {
    if (error instanceof Reject) return { reject: error.word };
    if (error instanceof Skip) return { skip: error.message };
    throw error;
  }
}

function printed(output: Output): Json {
  return Object.fromEntries(Object.entries(output).map(([name, value]) => [name, inHex(value)]));
}

function inHex(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  return Array.isArray(value) ? value.map(inHex) : value;
}

function answer(line: string): string {
  let id: unknown = null;
  try {
    const request: unknown = JSON.parse(line);
    if (!isObject(request)) throw new Fault("a request is an object");
    id = request["id"] ?? null;
    return JSON.stringify({ id, ...reply(request) });
  } catch (error) {
    return JSON.stringify({ id, fault: error instanceof Error ? error.message : String(error) });
  }
}

new Lines((line) => {
  process.stdout.write(`${answer(line)}\n`);
}).read(process.stdin);
