// The operations of single vectors, each one call into the chapter that it belongs to.

import type { Bytes } from "./bytes.js";
import {
  type Device,
  IDENTITY_MESSAGES,
  type PrekeyKind,
  checkHandle,
  generateDevice,
  generatePrekey,
  isPrekeyKind,
  succeed,
  verifyCertificate,
  verifyDeviceList,
  verifyPrekey,
} from "./certificate.js";
import { CONTENT } from "./content-ops.js";
import { DEVICE } from "./device-ops.js";
import { decode } from "./envelope.js";
import { epochSecret, objectHash } from "./epochs.js";
import { handshakeHash, handshakeKeys, transcript } from "./handshake.js";
import type { Input } from "./input.js";
import {
  decodeControl,
  encodeControl,
  encodeHeader,
  parseHandshake,
  parsePacket,
  splitHeader,
} from "./packet.js";
import { LIFE } from "./life-ops.js";
import * as primitives from "./primitives.js";
import type { Randomness } from "./randomness.js";
import { Fault, Skip } from "./reject.js";
import {
  MESSAGE,
  type Labels,
  type RootStep,
  TRANSIENT,
  chainStep,
  headerData,
  messageKeys,
  payloadData,
  rootStep,
  transientSecret,
} from "./session.js";

/** Bytes are put into hex when the reply is written. */
export type Output = Readonly<Record<string, Bytes | readonly Bytes[] | number | readonly number[] | boolean | string>>;

export type Operation = (input: Input, randomness: Randomness) => Output;

const PRIMITIVES: Record<string, Operation> = {
  hash: (input) => ({ hash: primitives.hash(input.text("label"), ...input.byteList("parts")) }),
  kdf: (input) => ({
    keys: primitives.kdf(input.bytes("salt"), input.bytes("ikm"), input.text("label"), input.number("count")),
  }),
  expand: (input) => ({ keys: primitives.expand(input.bytes("key"), input.text("label"), input.number("count")) }),
  commit: (input) => ({
    commitment: primitives.commit(input.bytes("key"), input.text("label"), ...input.byteList("parts")),
  }),
  "commit.verify": (input) =>
    nothing(
      primitives.checkCommitment(
        input.bytes("commitment"),
        input.bytes("key"),
        input.text("label"),
        ...input.byteList("parts"),
      ),
    ),
  "aead.seal": (input) => ({
    ...primitives.seal(input.bytes("key"), input.bytes("nonce"), input.bytes("ad"), input.bytes("plaintext")),
  }),
  "aead.open": (input) => ({
    plaintext: primitives.open(input.bytes("key"), input.bytes("nonce"), input.bytes("ad"), {
      ciphertext: input.bytes("ciphertext"),
      tag: input.bytes("tag"),
    }),
  }),
  "x25519.public": (input) => ({ key: primitives.agreementPair(input.bytes("private")).public }),
  "x25519.parse": (input) => nothing(primitives.checkAgreementKey(input.bytes("key"))),
  "x25519.parse_long_lived": (input) => nothing(primitives.checkLongLivedAgreementKey(input.bytes("key"))),
  "x25519.agree": (input) => ({ agreement: primitives.agree(input.bytes("private"), input.bytes("key")) }),
  "ed25519.public": (input) => ({ key: primitives.signingPublic(input.bytes("private")) }),
  "ed25519.parse": (input) => {
    primitives.checkSigningKey(input.bytes("key"));
    return {};
  },
  "ed25519.sign": (input) => ({
    signature: primitives.sign(input.bytes("private"), input.text("label"), input.bytes("body")),
  }),
  "ed25519.verify": (input) =>
    nothing(
      primitives.verify(input.bytes("key"), input.text("label"), input.bytes("body"), input.bytes("signature")),
    ),
  "kem.public": (input) => ({ key: primitives.kemPublic(input.bytes("seed")) }),
  "kem.parse": (input) => nothing(primitives.checkKemKey(input.bytes("key"))),
  "kem.encapsulate": (input, randomness) => ({
    ...primitives.encapsulate(input.bytes("key"), randomness.draw("KEM message", 32)),
  }),
  "kem.decapsulate": (input) => ({ secret: primitives.decapsulate(input.bytes("seed"), input.bytes("ciphertext")) }),
};

const LAYOUTS: Record<string, Operation> = {
  decode: (input) => {
    const message = IDENTITY_MESSAGES.get(input.text("message"));
    if (message === undefined) throw new Skip("this message type is not implemented");
    decode(message, input.bytes("bytes"));
    return {};
  },
  "packet.parse": (input) => {
    const packet = parsePacket(input.bytes("message"));
    return {
      handshake: packet.handshake ?? new Uint8Array(),
      header: packet.header,
      header_tag: packet.headerTag,
      commitment: packet.commitment,
      ciphertext: packet.ciphertext,
      tag: packet.tag,
    };
  },
  "handshake.parse": (input) => {
    const handshake = parseHandshake(input.bytes("handshake"));
    return {
      account_key: handshake.accountKey,
      device_id: handshake.deviceId,
      ephemeral_key: handshake.ephemeralKey,
      signed_prekey: handshake.signedPrekey,
      one_time_prekey: handshake.oneTimePrekey,
      ciphertext: handshake.ciphertext,
    };
  },
  "header.encode": (input) => ({
    header: encodeHeader({
      ratchetKey: input.bytes("ratchet_key"),
      previous: input.number("previous"),
      number: input.number("number"),
      salt: input.bytes("salt"),
      control: input.number("control"),
      chunk: input.bytes("chunk"),
    }),
  }),
  "header.decode": (input) => {
    const header = splitHeader(input.bytes("header"));
    const { epoch, kind, index, adopts } = decodeControl(header);
    const { ratchetKey: ratchet_key, previous, number, salt, chunk } = header;
    return { ratchet_key, previous, number, salt, epoch, kind, index, adopts, chunk };
  },
  "header.control": (input) => ({
    control: encodeControl({
      epoch: input.number("epoch"),
      kind: input.number("kind"),
      index: input.number("index"),
      adopts: input.flag("adopts"),
    }),
  }),
};

const IDENTITY: Record<string, Operation> = {
  "device.generate": (input, randomness) => {
    const made = generateDevice(input.number("device_id"), input.number("now"), randomness);
    return { account_key: made.accountKey, certificate: made.certificate, device_list: made.deviceList };
  },
  "certificate.verify": (input) => {
    const certificate = verifyCertificate(input.bytes("account_key"), input.bytes("certificate"));
    return {
      device_id: certificate.deviceId,
      signing_key: certificate.signingKey,
      agreement_key: certificate.agreementKey,
      created_at: certificate.createdAt,
      expiry: certificate.expiry,
      capture: certificate.capture,
      protected_viewer: certificate.protectedViewer,
      groups: certificate.groups,
      automated: certificate.automated,
    };
  },
  "device_list.verify": (input) => {
    const list = verifyDeviceList(input.bytes("account_key"), input.bytes("list"));
    const devices = list.devices.map((device) => device.deviceId);
    return { version: Number(list.version), hash: list.hash, issued_at: list.issuedAt, devices };
  },
  "device_list.succeed": (input) => {
    const known = verifyDeviceList(input.bytes("account_key"), input.bytes("known"));
    const offered = verifyDeviceList(input.bytes("account_key"), input.bytes("offered"));
    const list = succeed(known, offered);
    return { version: Number(list.version), hash: list.hash };
  },
  "prekey.generate": (input, randomness) => {
    const device = verifyCertificate(input.bytes("account_key"), input.bytes("certificate"));
    const id = input.number("id");
    const until = input.number("not_after");
    const seed = input.bytes("signing_private");
    return { prekey: generatePrekey(device, seed, prekeyKind(input), id, until, randomness) };
  },
  "prekey.verify": (input) => {
    const device = verifyCertificate(input.bytes("account_key"), input.bytes("certificate"));
    const prekey = verifyPrekey(device, prekeyKind(input), input.number("now"), input.bytes("prekey"));
    return {
      id: prekey.id,
      not_after: prekey.notAfter,
      agreement_key: prekey.agreementKey,
      encapsulation_key: prekey.encapsulationKey,
    };
  },
  "handle.parse": (input) => nothing(checkHandle(input.text("handle"))),
};

const SCHEDULES: Record<string, Operation> = {
  "handshake.hash": (input) => ({ hash: handshakeHash(input.bytes("handshake")) }),
  "handshake.transcript": (input) => ({
    session_id: transcript(
      input.bytes("handshake"),
      party(input, "initiator"),
      party(input, "responder"),
      input.bytes("signed_prekey"),
      input.bytes("one_time_prekey"),
    ),
  }),
  "handshake.keys": (input) => {
    const agreed = handshakeKeys(input.bytes("session_id"), input.byteList("agreements"), input.bytes("kem_secret"));
    return {
      root: agreed.root,
      initiator_header_key: agreed.initiatorHeaderKey,
      responder_header_key: agreed.responderHeaderKey,
    };
  },
  root_step: (input) => steps(rootStep(input.bytes("root"), input.bytes("agreement"))),
  adopting_step: (input) =>
    steps(rootStep(input.bytes("root"), input.bytes("agreement"), input.bytes("epoch_secret"))),
  epoch_secret: (input) => {
    const keyHash = objectHash(input.bytes("key"));
    const made = epochSecret(
      input.bytes("session_id"),
      input.number("epoch"),
      keyHash,
      input.bytes("ciphertext"),
      input.bytes("kem_secret"),
    );
    return {
      key_hash: keyHash,
      ciphertext_hash: made.ciphertextHash,
      transcript: made.transcript,
      epoch_secret: made.secret,
    };
  },
  chain_step: (input) => ({ ...chainStep(input.bytes("chain")) }),
  message_keys: (input) => {
    const keys = messageKeys(input.bytes("secret"));
    return { message_key: keys.message, franking_key: keys.franking };
  },
  associated_data: (input) => associatedData(MESSAGE, input),
  transient_secret: (input) => ({ secret: transientSecret(input.bytes("transient_key"), input.number("number")) }),
  transient_associated_data: (input) => associatedData(TRANSIENT, input),
};

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...PRIMITIVES,
  ...LAYOUTS,
  ...IDENTITY,
  ...SCHEDULES,
  ...CONTENT,
  ...LIFE,
  ...DEVICE,
};

/** Of a check that gives nothing but its word. */
function nothing(_checked: void): Output {
  return {};
}

function prekeyKind(input: Input): PrekeyKind {
  const kind = input.text("kind");
  if (!isPrekeyKind(kind)) throw new Fault(`there is no kind ${kind}`);
  return kind;
}

function party(input: Input, side: string): Device {
  return {
    accountKey: input.bytes(`${side}_account`),
    deviceId: input.number(`${side}_device`),
    signingKey: input.bytes(`${side}_signing`),
    agreementKey: input.bytes(`${side}_agreement`),
  };
}

function steps(step: RootStep): Output {
  const { root, chain, nextHeaderKey: next_header_key, transientKey: transient_key } = step;
  return { root, chain, next_header_key, transient_key };
}

function associatedData(labels: Labels, input: Input): Output {
  const [id, direction] = [input.bytes("session_id"), input.number("direction")];
  return {
    payload: payloadData(labels, id, direction, input.bytes("commitment"), input.bytes("header")),
    header: headerData(labels, id, direction, input.bytes("tag")),
  };
}
