// The operations of single vectors on captures, archives and the relay.

import { readArchive } from "./archive.js";
import { type Bytes } from "./bytes.js";
import { type Captured, show, tell } from "./capture.js";
import type { Input } from "./input.js";
import type { Operation } from "./ops.js";
import { signingPublic } from "./primitives.js";
import {
  type Challenge,
  decodeGeneration,
  judgeStore,
  loginDigest,
  registrationDigest,
  signLogin,
  signRegistration,
  verifyLogin,
  verifyRegistration,
} from "./relay.js";

export const DEVICE: Record<string, Operation> = {
  "capture.tell": (input) => {
    const times = input.numbers("told_at");
    const told = input.byteList("told").map((id, at) => ({ id, at: times[at] ?? 0 }));
    const waits = { ids: input.byteList("waiting"), since: input.number("waiting_since") };
    const screen = captured(input);
    const { waiting, notices } = tell(
      input.text("scene"),
      input.bytes("own"),
      screen,
      told,
      waits,
      input.number("now"),
    );
    return { waiting, named: notices.flat(), notices: notices.map((notice) => notice.length) };
  },
  "capture.show": (input) => {
    const said = input.numbers("said");
    const here = captured(input).map((one, at) => ({ ...one, said: said[at] === 1 }));
    const shown = show(input.text("scene"), input.bytes("by"), input.bytes("notice"), here);
    return { authors: shown.map(({ author }) => author), ids: shown.map(({ id }) => id) };
  },
  "archive.read": (input) => {
    const { account: account_key, deviceId: device_id, handle, createdAt: created_at, ...counts } = readArchive(
      input.bytes("archive"),
    );
    return { account_key, device_id, handle, created_at, ...counts };
  },
  "relay.login": (input) => {
    const digest = login(input);
    return { digest, signature: signLogin(digest, input.bytes("private")) };
  },
  "relay.login.verify": (input) => {
    verifyLogin(login(input), input.bytes("signing_key"), input.bytes("signature"));
    return {};
  },
  "relay.register": (input) => {
    const digest = registration(input, signingPublic(input.bytes("private")));
    return { digest, signature: signRegistration(digest, input.bytes("private")) };
  },
  "relay.register.verify": (input) => {
    const account = input.bytes("account_key");
    verifyRegistration(registration(input, account), account, input.bytes("signature"));
    return {};
  },
  "store.judge": (input) => {
    const known = { number: BigInt(input.number("known_number")), token: input.bytes("known_token") };
    const { number, token } = judgeStore(decodeGeneration(input.bytes("store")), known);
    return { number: Number(number), token };
  },
};

function captured(input: Input): Captured[] {
  const authors = input.byteList("authors");
  return input.byteList("ids").map((id, at) => ({ id, author: authors[at] ?? new Uint8Array() }));
}

function challenge(input: Input): Challenge {
  return { name: input.text("relay_name"), key: input.bytes("relay_key"), nonce: input.bytes("nonce") };
}

function login(input: Input): Bytes {
  return loginDigest(challenge(input), input.bytes("account_key"), input.number("device_id"), input.bytes("store"));
}

function registration(input: Input, account: Bytes): Bytes {
  return registrationDigest(challenge(input), account, input.text("handle"), input.bytes("device_list"));
}
