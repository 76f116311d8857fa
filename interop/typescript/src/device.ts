// What a device does with its sessions: it starts them, finds them, wipes them (HSK-10, HSK-14, SES-29).

import { type Bytes, equal, toHex } from "./bytes.js";
import { type Device, isSameDevice, verifyPrekey } from "./certificate.js";
import { type OwnDevice, type OwnPrekey, handshakeHash, initiate, respond } from "./handshake.js";
import { Kind, parseHandshake, parsePacket } from "./packet.js";
import type { Randomness } from "./randomness.js";
import { Fault, Reject, refuseIf } from "./reject.js";
import { type Opened, Session } from "./session.js";

/** A session of this device, and with whom it is. */
interface Held {
  readonly peer: Device;
  session: Session;
}

/** Prekeys as a relay hands them out. */
export interface Offered {
  readonly device: Device;
  readonly signed: Bytes;
  readonly oneTime: Bytes | undefined;
}

export class LocalDevice {
  private readonly sessions = new Map<string, Held>();
  /** Hashes of the handshakes that were accepted (HSK-14). */
  private readonly handshakes = new Set<string>();

  constructor(
    readonly own: OwnDevice,
    private readonly signedPrekeys: Map<number, OwnPrekey>,
    private readonly oneTimePrekeys: Map<number, OwnPrekey>,
  ) {}

  find(name: string): Session | undefined {
    return this.sessions.get(name)?.session;
  }

  private held(name: string): Held {
    const held = this.sessions.get(name);
    if (held === undefined) throw new Fault(`there is no session ${name}`);
    return held;
  }

  /** HSK-1: the prekeys are verified before anything is computed. */
  initiate(name: string, offered: Offered, now: number, randomness: Randomness): Session {
    const { device } = offered;
    const signed = verifyPrekey(device, "signed", now, offered.signed);
    const oneTime =
      offered.oneTime === undefined ? undefined : verifyPrekey(device, "one-time", now, offered.oneTime);
    const agreed = initiate(this.own, { device, signed, oneTime }, randomness);
    const session = Session.initiator(agreed, agreed.handshake, signed.agreementKey, randomness);
    this.sessions.set(name, { peer: device, session });
    return session;
  }

  /** Makes a change on a copy, which takes the place of the state only if nothing was refused (SES-14). */
  change<T>(name: string, step: (session: Session) => T): T {
    const held = this.held(name);
    const copy = held.session.copy();
    const result = step(copy);
    held.session = copy;
    return result;
  }

  receive(name: string, peer: Device, message: Bytes): Opened & { sessionId: Bytes } {
    const packet = parsePacket(message);
    refuseIf(packet.kind === Kind.transient, "malformed"); // SES-35
    if (packet.handshake === undefined) return this.tryEach(peer, message);
    const handshake = parseHandshake(packet.handshake);
    const hash = handshakeHash(packet.handshake);
    const known = this.withHandshake(hash, peer);
    if (known !== undefined) return this.decryptIn(known, message);
    refuseIf(this.handshakes.has(toHex(hash)), "replay"); // HSK-10
    const signed = this.signedPrekeys.get(handshake.signedPrekey);
    const oneTime = this.oneTimePrekeys.get(handshake.oneTimePrekey);
    const agreed = respond(this.own, peer, packet.handshake, handshake, signed, oneTime);
    const session = Session.responder(agreed, packet.handshake, agreed.signedPair);
    const opened = session.decrypt(message);
    this.sessions.set(name, { peer, session }); // HSK-14
    this.oneTimePrekeys.delete(handshake.oneTimePrekey);
    this.handshakes.add(toHex(hash));
    return { ...opened, sessionId: session.id };
  }

  private withHandshake(hash: Bytes, peer: Device): string | undefined {
    for (const [name, { peer: from, session }] of this.sessions) {
      const accepted = session.handshakeHash;
      if (accepted !== undefined && equal(accepted, hash) && isSameDevice(from, peer)) return name;
    }
    return undefined;
  }

  private decryptIn(name: string, message: Bytes): Opened & { sessionId: Bytes } {
    return this.change(name, (session) => ({ ...session.decrypt(message), sessionId: session.id }));
  }

  /** SES-29: only `mac` makes the next session worth a try. */
  private tryEach(peer: Device, message: Bytes): Opened & { sessionId: Bytes } {
    for (const [name, held] of this.sessions) {
      if (!isSameDevice(held.peer, peer)) continue;
      try {
        return this.decryptIn(name, message);
      } catch (error) {
        if (!(error instanceof Reject) || error.word !== "mac") throw error;
      }
    }
    throw new Reject("no_session");
  }

  copy(of: string, name: string): void {
    const { peer, session } = this.held(of);
    this.sessions.set(name, { peer, session: session.copy() });
  }

  forget(name: string): void {
    this.held(name);
    this.sessions.delete(name);
  }
}
