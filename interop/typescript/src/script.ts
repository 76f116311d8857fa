// The operations of scripts (test-vectors/README.md, a script): people, their devices and sessions.

import { type Bytes, concat, toHex } from "./bytes.js";
import { type Device, ownPrekeyBody, verifyCertificate } from "./certificate.js";
import { LocalDevice } from "./device.js";
import { stateDigest } from "./digest.js";
import type { OwnPrekey } from "./handshake.js";
import { Input, type Json, asObject } from "./input.js";
import type { Output } from "./ops.js";
import { signingPublic } from "./primitives.js";
import type { Randomness } from "./randomness.js";
import { Fault, Reject } from "./reject.js";

/** A person of a vector file. */
interface Person {
  readonly certificate: () => Device;
  readonly offered: Map<string, Bytes>;
  readonly local: () => LocalDevice;
}

type ScriptOperation = (
  script: Script,
  device: LocalDevice,
  session: string,
  input: Input,
  randomness: Randomness,
) => Output;

const OPERATIONS: Readonly<Record<string, ScriptOperation>> = {
  initiate(script, device, session, input, randomness) {
    const peer = script.person(input.text("peer"));
    const oneTime = input.number("one_time_prekey");
    const offered = {
      device: peer.certificate(),
      signed: prekeyOf(peer, "signed", input.number("signed_prekey")),
      oneTime: oneTime === 0 ? undefined : prekeyOf(peer, "one-time", oneTime),
    };
    return { session_id: device.initiate(session, offered, input.number("now"), randomness).id };
  },
  encrypt: (_script, device, session, input, randomness) => ({
    message: device.change(session, (state) => state.encrypt(input.bytes("plaintext"), randomness)),
  }),
  decrypt: (_script, device, session, input) => ({
    ...device.change(session, (state) => state.decrypt(input.bytes("message"))),
  }),
  encrypt_transient(_script, device, session, input, randomness) {
    const message = device.change(session, (state) => state.encryptTransient(input.bytes("plaintext"), randomness));
    if (message === undefined) throw new Fault("the transient message was dropped"); // SES-30
    return { message };
  },
  decrypt_transient: (_script, device, session, input) => ({
    ...device.change(session, (state) => state.decryptTransient(input.bytes("message"))),
  }),
  receive(script, device, session, input) {
    const peer = script.person(input.text("peer")).certificate();
    const { plaintext, number, sessionId } = device.receive(session, peer, input.bytes("message"));
    return { plaintext, number, session_id: sessionId };
  },
  copy(_script, device, session, input) {
    device.copy(input.text("of"), session);
    return {};
  },
  exchange: (script, device, session, input, randomness) => exchange(script, device, session, input, randomness),
  retire(_script, device, session) {
    device.change(session, (state) => {
      state.retire();
    });
    return {};
  },
  health: (_script, device, session) =>
    device.change(session, (state) => ({ health: state.health, epoch: state.epochs.epoch, sends: !state.retired })),
  forget(_script, device, session) {
    device.forget(session);
    return {};
  },
};

export class Script {
  private readonly people = new Map<string, Person>();
  private readonly devices = new Map<string, LocalDevice>();
  /** Which person has which session; names are unique in a script. */
  private readonly owners = new Map<string, LocalDevice>();

  constructor(people: Json) {
    for (const [name, fields] of Object.entries(people)) {
      this.people.set(name, person(asObject(fields, name)));
    }
  }

  person(name: string): Person {
    const found = this.people.get(name);
    if (found === undefined) throw new Fault(`nobody is called ${name}`);
    return found;
  }

  private device(actor: string): LocalDevice {
    let device = this.devices.get(actor);
    if (device === undefined) {
      device = this.person(actor).local();
      this.devices.set(actor, device);
    }
    return device;
  }

  owner(session: string): LocalDevice {
    const owner = this.owners.get(session);
    if (owner === undefined) throw new Fault(`there is no session ${session}`);
    return owner;
  }

  static has(op: string): boolean {
    return Object.hasOwn(OPERATIONS, op);
  }

  step(op: string, actor: string, session: string, input: Input, randomness: Randomness): Output {
    const run = OPERATIONS[op];
    if (run === undefined) throw new Fault(`no script has the operation ${op}`);
    const device = this.device(actor);
    this.owners.set(session, device);
    return run(this, device, session, input, randomness);
  }

  /** The state digest in hex, or `none`. */
  state(session: string): string {
    const found = this.owners.get(session)?.find(session);
    return found === undefined ? "none" : toHex(stateDigest(found));
  }
}

function person(fields: Json): Person {
  const input = new Input(fields);
  const prekeys = (Array.isArray(fields["prekeys"]) ? fields["prekeys"] : []).map((prekey: unknown) => {
    const one = new Input(asObject(prekey, "prekey"));
    return { kind: one.text("kind"), id: one.number("id"), input: one };
  });
  const certificate = (): Device =>
    verifyCertificate(signingPublic(input.bytes("account_private")), input.bytes("certificate"));
  const own = (kind: string): Map<number, OwnPrekey> =>
    new Map(prekeys.filter((prekey) => prekey.kind === kind).map((prekey) => [prekey.id, ownPrekey(prekey.input)]));
  return {
    certificate,
    offered: new Map(prekeys.map(({ kind, id, input: one }) => [`${kind} ${id}`, one.bytes("signed")])),
    local: () =>
      new LocalDevice(
        { device: certificate(), agreementPrivate: input.bytes("agreement_private") },
        own("signed"),
        own("one-time"),
      ),
  };
}

function ownPrekey(input: Input): OwnPrekey {
  return {
    id: input.number("id"),
    agreementPrivate: input.bytes("agreement_private"),
    kemSeed: input.bytes("kem_seed"),
    body: ownPrekeyBody(input.bytes("signed")),
  };
}

function prekeyOf(peer: Person, kind: string, id: number): Bytes {
  const signed = peer.offered.get(`${kind} ${id}`);
  if (signed === undefined) throw new Fault(`there is no ${kind} prekey ${id}`);
  return signed;
}

/** Rounds of messages with one text, some of them lost (spec/conformance.md, layout). */
function exchange(
  script: Script,
  device: LocalDevice,
  session: string,
  input: Input,
  randomness: Randomness,
): Output {
  const [plaintext, reversed] = [input.bytes("plaintext"), input.flag("reversed")];
  const lost = new Set(input.numbers("lost"));
  const one = { device, session };
  const other = { device: script.owner(input.text("with")), session: input.text("with") };
  const sent: Bytes[] = [];
  const burst = (from: typeof one, to: typeof one, count: number): void => {
    const arriving: Bytes[] = [];
    for (let n = 0; n < count; n += 1) {
      const message = from.device.change(from.session, (state) => state.encrypt(plaintext, randomness));
      if (!lost.has(sent.length)) arriving.push(message);
      sent.push(message);
    }
    if (reversed) arriving.reverse();
    for (const message of arriving) deliver(to.device, to.session, message);
  };
  for (let round = 0; round < input.number("rounds"); round += 1) {
    burst(one, other, input.number("there"));
    burst(other, one, input.number("back"));
  }
  const state = other.device.find(other.session);
  if (state === undefined) throw new Fault("the other session is gone");
  return {
    message: sent.at(-1) ?? new Uint8Array(),
    tags: concat(...sent.map((message) => message.slice(-16))),
    state_of_other: stateDigest(state),
  };
}

/** A refusal within the exchange is none of the step's: all of these messages open. */
function deliver(device: LocalDevice, session: string, message: Bytes): void {
  try {
    device.change(session, (state) => state.decrypt(message));
  } catch (error) {
    throw error instanceof Reject ? new Fault(`a message of the exchange was refused: ${error.word}`) : error;
  }
}
