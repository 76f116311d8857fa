// The operations of single vectors on content.

import { sealFile } from "./attachments.js";
import { verifyCertificate } from "./certificate.js";
import { declare, verifyDeclaration } from "./declaration.js";
import {
  type Frame,
  type Said,
  type Sender,
  decodeThreadFrame,
  fallback,
  frameCommitment,
  frameHash,
  openChatFrame,
  openGroupFrame,
  pad,
  threadId,
  unpad,
} from "./frame.js";
import type { Input } from "./input.js";
import { type Place, answers, checkContent, checkPlace, kindOf } from "./kinds.js";
import type { Operation, Output } from "./ops.js";
import { Fault, refuseIf } from "./reject.js";
import { decodeExpiry, encodeExpiry } from "./terms.js";
import { observe } from "./time.js";

const PLACES: readonly string[] = ["thread", "chat", "transient", "group", "members"] satisfies Place[];

export const CONTENT: Record<string, Operation> = {
  pad: (input) => ({ padded: pad(input.bytes("frame")) }),
  unpad: (input) => ({ frame: unpad(input.bytes("padded")) }),
  "attachment.seal": (input, randomness) => sealFile(input.bytes("file"), randomness),
  "time.observe": (input) => {
    const before = { confirmed: input.number("confirmed"), mark: input.number("mark"), heard: input.number("heard") };
    const seen = { wall: input.number("wall"), counted: input.number("counted"), told: input.number("told") };
    const { confirmed, mark, heard, hidesBy: hides_by, destroysBy: destroys_by } = observe(before, seen);
    return { confirmed, mark, heard, hides_by, destroys_by };
  },
  thread_id: (input) => {
    const [one, other] = input.byteList("accounts");
    if (one === undefined || other === undefined) throw new Fault("a thread has two accounts");
    return { thread_id: threadId(one, other) };
  },
  "thread_frame.decode": (input) => printed(decodeThreadFrame(input.bytes("frame"))),
  "chat_frame.open": (input) => {
    const [padded, key] = [input.bytes("padded"), input.bytes("franking_key")];
    const frame = openChatFrame(padded, sender(input), key, input.bytes("commitment"));
    const { decoded } = frame;
    const [own, theirs] = [decoded.nested("sender_list"), decoded.nested("recipient_list")];
    if (own === undefined || theirs === undefined) throw new Fault("unreachable");
    return {
      ...printed(frame),
      sender_list: own.number("version"),
      sender_list_hash: own.bytes("hash"),
      recipient_list: theirs.number("version"),
      recipient_list_hash: theirs.bytes("hash"),
      generation: decoded.number("generation"),
    };
  },
  "group_frame.open": (input) => {
    const [padded, key] = [input.bytes("padded"), input.bytes("franking_key")];
    const frame = openGroupFrame(padded, sender(input), key, input.bytes("commitment"));
    const { decoded } = frame;
    return {
      ...printed(frame),
      group_sequence: decoded.number("group_sequence"),
      group_head: decoded.bytes("group_head"),
    };
  },
  "frame.commitment": (input) => ({
    commitment: frameCommitment(said(input), sender(input), input.bytes("franking_key")),
  }),
  "frame.hash": (input) => ({ hash: frameHash(said(input)) }),
  "content.decode": (input) => {
    const [kind, content] = [input.number("kind"), input.bytes("content")];
    checkContent(kind, content);
    return { content, shown: kindOf(kind).shown };
  },
  "content.fallback": (input) => ({ fallback: fallback(input.bytes("content")) ?? "" }),
  "content.place": (input) => {
    const place = input.text("place");
    if (!isPlace(place)) throw new Fault(`there is no place ${place}`);
    checkPlace(input.number("kind"), place);
    return {};
  },
  "content.answers": (input) => {
    refuseIf(!answers(input.number("kind"), input.bytes("content"), input.bytes("choice")), "policy"); // CON-36
    return {};
  },
  "encrypted_only.issue": (input) => {
    const device = verifyCertificate(input.bytes("account_key"), input.bytes("certificate"));
    const version = BigInt(input.number("version"));
    return { declaration: declare(device, input.bytes("signing_private"), input.bytes("peer"), version) };
  },
  "encrypted_only.verify": (input) => {
    const device = verifyCertificate(input.bytes("account_key"), input.bytes("certificate"));
    const { peer, version } = verifyDeclaration(device, input.bytes("declaration"));
    return { peer, version: Number(version) };
  },
};

function isPlace(place: string): place is Place {
  return PLACES.includes(place);
}

function sender(input: Input): Sender {
  return { accountKey: input.bytes("account_key"), deviceId: input.number("device_id") };
}

function said(input: Input): Said {
  const expiry = input.bytes("expiry");
  return {
    conversation: input.bytes("conversation"),
    messageId: input.bytes("message_id"),
    sentAt: BigInt(input.number("sent_at")),
    kind: input.number("kind"),
    content: input.bytes("content"),
    previous: input.bytes("previous"),
    expiry: expiry.length === 0 ? undefined : decodeExpiry(expiry),
    salt: input.bytes("salt"),
  };
}

function printed(frame: Frame): Output {
  return {
    conversation: frame.conversation,
    message_id: frame.messageId,
    sent_at: Number(frame.sentAt),
    kind: frame.kind,
    content: frame.content,
    previous: frame.previous,
    expiry: frame.expiry === undefined ? new Uint8Array() : encodeExpiry(frame.expiry),
    salt: frame.salt,
  };
}
