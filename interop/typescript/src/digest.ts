// The state digest (spec/conformance.md).

import { type Bytes, concat, u16, u32, u64, u8 } from "./bytes.js";
import { type Epochs, Phase } from "./epochs.js";
import { hash } from "./primitives.js";
import type { Receiving, Session } from "./session.js";

const EMPTY = new Uint8Array();

export function stateDigest(session: Session): Bytes {
  return hash("aside/1 state digest", ...sessionParts(session), ...epochParts(session.epochs), ...chainParts(session));
}

/** Parts 1 to 17. */
function sessionParts(session: Session): Bytes[] {
  const { sending, current } = session;
  return [
    session.id,
    u8(session.direction),
    session.handshake ?? EMPTY,
    session.handshakeHash ?? EMPTY,
    session.root,
    (sending !== undefined || session.retired ? session.ratchet?.public : undefined) ?? EMPTY,
    sending?.chain ?? EMPTY,
    sending === undefined ? EMPTY : u32(sending.number),
    sending?.headerKey ?? session.dueHeaderKey ?? EMPTY,
    sending?.nextHeaderKey ?? EMPTY,
    sending?.transientKey ?? EMPTY,
    sending === undefined ? EMPTY : u32(sending.transientNumber),
    sending === undefined ? EMPTY : u8(Number(sending.adopts)),
    u32(session.previous),
    session.receivingNextHeaderKey,
    current?.chain ?? EMPTY,
    current === undefined ? EMPTY : u32(current.next),
  ];
}

/** Parts 18 to 25. */
function epochParts(epochs: Epochs): Bytes[] {
  const { phase, outgoing, incoming } = epochs;
  const sends = phase === Phase.offering || phase === Phase.answering;
  return [
    u32(epochs.epoch),
    u8(phase),
    epochs.seed ?? EMPTY,
    epochs.secret ?? EMPTY,
    outgoing?.object ?? epochs.keyHash ?? EMPTY,
    sends && outgoing !== undefined ? concat(u64(outgoing.told), u8(outgoing.next)) : EMPTY,
    incoming === undefined ? EMPTY : concat(u64(incoming.held), incoming.bytes()),
    concat(u16(epochs.sent), u16(epochs.received)),
  ];
}

/** Seven parts for each receiving chain. */
function chainParts(session: Session): Bytes[] {
  const chains = session.current === undefined ? session.old : [session.current, ...session.old];
  return chains.flatMap(receivingParts);
}

function receivingParts(chain: Receiving): Bytes[] {
  return [
    chain.ratchetKey,
    concat(u32(chain.mark.epoch), u8(Number(chain.mark.adopts))),
    chain.headerKey,
    concat(...[...chain.kept].flatMap(([number, secret]) => [u32(number), secret])),
    concat(...chain.wiped.flatMap(([from, to]) => [u32(from), u32(to)])),
    chain.transientKey,
    concat(u32(chain.transientNext), u64(chain.transientSeen)),
  ];
}
