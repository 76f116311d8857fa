// spec/kinds.md: what a frame can say, and the content kinds of spec/expiry.md, spec/capture.md and spec/healing.md.

import { type Bytes, equal, toHex } from "./bytes.js";
import { checkHandle } from "./certificate.js";
import { type Decoded, type Message, decode, encode, layout, message, utf8 } from "./envelope.js";
import { checkSigningKey } from "./primitives.js";
import { Reject, refuseIf } from "./reject.js";
import { checkAddress, checkAscii, checkLength, checkLine } from "./text.js";
import { checkTimes, termsOf } from "./terms.js";

export type Place = "thread" | "chat" | "transient" | "group" | "members";

export interface Kind {
  /** None of what is taken as it is, and decoded by another chapter afterwards. */
  readonly type?: Message;
  readonly check?: (content: Decoded) => void;
  readonly places: readonly Place[];
  readonly shown: boolean;
}

export const VIEW_ONCE = 31;

const EVERYWHERE: readonly Place[] = ["thread", "chat", "group"];

// Parts

const FALLBACK = [15, "fallback", "string"] as const;

const MENTION = layout([1, "account", "bytes"], [2, "start", "uint32"], [3, "length", "uint32"]);

const TARGET = layout([1, "message_id", "bytes"], [2, "author", "bytes"], [3, "hash", "bytes"]);

const ATTACHMENT = layout(
  [1, "id", "bytes"],
  [2, "key", "bytes"],
  [3, "size", "uint64"],
  [4, "hash", "bytes"],
  [5, "media_type", "string"],
);

const PREVIEW = layout(
  [1, "title", "string"],
  [2, "description", "string"],
  [3, "site", "string"],
  [4, "thumbnail", "bytes"],
);

function present(part: Decoded | undefined): Decoded {
  if (part === undefined) throw new Reject("malformed");
  return part;
}

/** A number that this version names; 0 is `UNSPECIFIED`. */
function checkEnum(content: Decoded, field: string, greatest: number): number {
  const value = content.integer(field);
  refuseIf(value < 1n || value > BigInt(greatest), "malformed");
  return Number(value);
}

function checkFallback(content: Decoded): void {
  checkLength(content.bytes("fallback"), 1, 512); // CON-17
}

function checkTarget(target: Decoded | undefined): void {
  const found = present(target);
  checkLength(found.bytes("message_id"), 16, 16);
  checkSigningKey(found.bytes("author"));
  checkLength(found.bytes("hash"), 32, 32);
}

function checkAttachment(attachment: Decoded): void {
  checkLength(attachment.bytes("id"), 32, 32);
  checkLength(attachment.bytes("key"), 32, 32);
  refuseIf(attachment.integer("size") === 0n, "malformed");
  checkLength(attachment.bytes("hash"), 32, 32);
  checkAscii(attachment.bytes("media_type"), 1, 128);
}

/** Strictly ascending, each of this many bytes. */
function checkIds(ids: readonly Bytes[], length: number): void {
  ids.forEach((id, at) => {
    checkLength(id, length, length);
    const before = ids[at - 1];
    refuseIf(before !== undefined && toHex(before) >= toHex(id), "malformed");
  });
}

function different(values: readonly Bytes[]): boolean {
  return new Set(values.map(toHex)).size === values.length;
}

// Text, and what opens and closes a chat

function checkText(text: Decoded): void {
  const body = text.bytes("body");
  checkLength(body, 1, 16_384);
  let free = 0;
  for (const mention of text.nestedList("mentions")) {
    checkSigningKey(mention.bytes("account"));
    const start = mention.number("start");
    const end = start + mention.number("length");
    const between = isBoundary(body, start) && isBoundary(body, end);
    refuseIf(start === end || start < free || !between, "malformed"); // CON-12
    free = end;
  }
}

/** Whether a place lies between characters of a text, or at an end of it. */
function isBoundary(text: Bytes, at: number): boolean {
  if (at === text.length) return true;
  const byte = text[at];
  return byte !== undefined && (byte & 0xc0) !== 0x80;
}

const TEXT = message(19_464, 65, [1, "body", "string"], [2, "mentions", MENTION, "repeated"]);

const NOTHING = message(0, 0);

// Things to look at

enum MediaKind {
  image = 1,
  video = 2,
  voice = 3,
  file = 4,
}

/** CON-21 */
function checkMedia(media: Decoded): void {
  const kind = checkEnum(media, "kind", MediaKind.file);
  checkAttachment(present(media.nested("attachment")));
  checkLine(media.bytes("name"), kind === MediaKind.file ? 1 : 0, 256);
  const name = media.text("name");
  refuseIf(/[/\\]/.test(name) || name === "." || name === "..", "malformed");
  const [width, height] = [media.integer("width"), media.integer("height")];
  const seen = kind === MediaKind.image || kind === MediaKind.video;
  const timed = kind === MediaKind.video || kind === MediaKind.voice;
  refuseIf((width === 0n) !== (height === 0n) || (!seen && width !== 0n), "malformed");
  refuseIf(!timed && media.integer("duration_ms") !== 0n, "malformed");
  checkLength(media.bytes("waveform"), 0, kind === MediaKind.voice ? 64 : 0);
  checkLength(media.bytes("thumbnail"), 0, kind === MediaKind.voice ? 0 : 8192);
  checkLength(media.bytes("caption"), 0, 4096);
  checkFallback(media);
}

function checkSticker(sticker: Decoded): void {
  checkLength(sticker.bytes("pack"), 16, 16);
  checkLength(sticker.bytes("sticker"), 16, 16);
  const image = sticker.nested("image");
  if (image !== undefined) checkAttachment(image);
  checkLine(sticker.bytes("emoji"), 0, 32);
  checkFallback(sticker);
}

const LINK = 4;

function checkReference(reference: Decoded): void {
  const kind = checkEnum(reference, "kind", LINK);
  checkAddress(reference.bytes("target"), kind === LINK);
  const preview = reference.nested("preview");
  if (preview !== undefined) {
    checkLine(preview.bytes("title"), 0, 256);
    checkLength(preview.bytes("description"), 0, 1024);
    checkLine(preview.bytes("site"), 0, 256);
    checkLength(preview.bytes("thumbnail"), 0, 8192);
  }
  checkFallback(reference);
}

function checkProfile(profile: Decoded): void {
  checkSigningKey(profile.bytes("account"));
  checkHandle(profile.text("handle"));
  checkLine(profile.bytes("name"), 0, 128);
  checkFallback(profile);
}

// About other messages

const REPLIES: readonly number[] = [1, 6, 7, 8, 9, 14];
const FORWARDS: readonly number[] = [1, 6, 7, 8, 9];

/** CON-16 */
function checkHeld(content: Decoded, kinds: readonly number[]): void {
  const kind = content.number("kind");
  refuseIf(isKnown(kind) && !kinds.includes(kind), "malformed");
  checkContent(kind, content.bytes("content"));
}

function checkReply(reply: Decoded): void {
  checkTarget(reply.nested("target"));
  checkHeld(reply, REPLIES);
  checkFallback(reply);
}

function checkForward(forward: Decoded): void {
  const depth = forward.integer("depth");
  refuseIf(depth < 1n || depth > 127n, "malformed"); // CON-23
  checkHeld(forward, FORWARDS);
  checkFallback(forward);
}

function checkReaction(reaction: Decoded): void {
  checkTarget(reaction.nested("target"));
  checkLine(reaction.bytes("emoji"), 0, 32);
  refuseIf(reaction.integer("counter") === 0n, "malformed"); // CON-24
}

function checkEdit(edit: Decoded): void {
  checkTarget(edit.nested("target"));
  refuseIf(edit.integer("version") === 0n, "malformed"); // CON-25
  checkText(decode(TEXT, edit.bytes("text")));
}

// Forms and cards

enum Question {
  text = 1,
  choice = 2,
  button = 3,
}

const FORM_FIELD = message(
  2560,
  20,
  [1, "id", "string"],
  [2, "label", "string"],
  [3, "kind", "enum"],
  [4, "options", "string", "repeated"],
  [5, "required", "bool"],
);

function checkForm(form: Decoded): void {
  checkLine(form.bytes("title"), 0, 256);
  const questions = form.list("fields").map((bytes) => decode(FORM_FIELD, bytes));
  questions.forEach(checkQuestion);
  refuseIf(questions.length === 0 || questions.length > 16, "malformed");
  refuseIf(!different(questions.map((question) => question.bytes("id"))), "malformed");
  checkFallback(form);
}

function checkQuestion(question: Decoded): void {
  checkLine(question.bytes("id"), 1, 32);
  checkLine(question.bytes("label"), 1, 256);
  const kind = checkEnum(question, "kind", Question.button);
  const options = question.list("options");
  for (const option of options) checkLine(option, 1, 128);
  const most = kind === Question.choice ? 16 : 0;
  refuseIf(options.length > most || (most > 0 && options.length === 0) || !different(options), "malformed");
  refuseIf(kind === Question.button && question.flag("required"), "malformed");
}

function checkChoice(choice: Decoded): void {
  checkTarget(choice.nested("target"));
  const answers = choice.nestedList("answers");
  refuseIf(answers.length === 0 || answers.length > 16, "malformed");
  for (const answer of answers) {
    checkLine(answer.bytes("field"), 1, 32);
    checkLength(answer.bytes("value"), 0, 1024);
  }
  refuseIf(!different(answers.map((answer) => answer.bytes("field"))), "malformed");
  checkFallback(choice);
}

function checkCard(card: Decoded): void {
  checkEnum(card, "kind", 3);
  checkLine(card.bytes("title"), 1, 256);
  const [lines, actions] = [card.nestedList("lines"), card.nestedList("actions")];
  refuseIf(lines.length > 32 || actions.length > 8, "malformed");
  for (const line of lines) {
    checkLine(line.bytes("label"), 1, 256);
    checkLine(line.bytes("value"), 0, 256);
  }
  const amount = card.nested("amount");
  if (amount !== undefined) {
    refuseIf(!/^[A-Z]{3}$/.test(amount.text("currency")) || amount.integer("decimals") > 8n, "malformed");
  }
  if (card.bytes("link").length > 0) checkAddress(card.bytes("link"), true);
  for (const action of actions) {
    checkLine(action.bytes("label"), 1, 64);
    checkLine(action.bytes("value"), 1, 256);
  }
  checkFallback(card);
}

const FORM = message(41_984, 18, [1, "title", "string"], [2, "fields", "bytes", "repeated"], FALLBACK);

const CARD = message(
  24_576,
  45,
  [1, "kind", "enum"],
  [2, "title", "string"],
  [3, "lines", layout([1, "label", "string"], [2, "value", "string"]), "repeated"],
  [4, "amount", layout([1, "currency", "string"], [2, "minor_units", "uint64"], [3, "decimals", "uint32"])],
  [5, "link", "string"],
  [6, "actions", layout([1, "label", "string"], [2, "value", "string"]), "repeated"],
  FALLBACK,
);

const CHOICE = message(
  18_432,
  18,
  [1, "target", TARGET],
  [2, "answers", layout([1, "field", "string"], [2, "value", "string"]), "repeated"],
  FALLBACK,
);

/** CON-26: whether a choice answers a form (20) or a card (22). */
export function answers(kind: number, content: Bytes, choiceBytes: Bytes): boolean {
  const asked = checkContent(kind, content);
  const choice = checkContent(21, choiceBytes);
  if (asked === undefined || choice === undefined) return false;
  const given = choice.nestedList("answers").map((answer) => [answer.bytes("field"), answer.bytes("value")] as const);
  return kind === 22 ? answersCard(asked, given) : answersForm(asked, given);
}

type Answer = readonly [field: Bytes, value: Bytes];

function answersCard(card: Decoded, given: readonly Answer[]): boolean {
  const values = card.nestedList("actions").map((action) => action.bytes("value"));
  const [only] = given;
  if (only === undefined || given.length !== 1) return false;
  return utf8(only[0]) === "action" && values.some((value) => equal(value, only[1]));
}

function answersForm(form: Decoded, given: readonly Answer[]): boolean {
  const questions = form.list("fields").map((bytes) => decode(FORM_FIELD, bytes));
  const valueOf = (question: Decoded): Bytes | undefined =>
    given.find(([field]) => equal(field, question.bytes("id")))?.[1];
  const known = given.every(([field]) => questions.some((question) => equal(field, question.bytes("id"))));
  return known && questions.every((question) => answersQuestion(question, valueOf(question)));
}

function answersQuestion(question: Decoded, value: Bytes | undefined): boolean {
  if (value === undefined) return !question.flag("required");
  switch (question.number("kind")) {
    case Question.choice:
      return question.list("options").some((option) => equal(option, value));
    case Question.button:
      return value.length === 0;
    default:
      return !question.flag("required") || value.length > 0;
  }
}

// What became of messages, and wishes

function checkReceipts(receipts: Decoded): void {
  checkEnum(receipts, "kind", 3);
  const ids = receipts.list("message_ids");
  refuseIf(ids.length === 0, "malformed");
  checkIds(ids, 16);
}

// Expiry, capture, healing

function checkPolicy(policy: Decoded): void {
  const version = policy.integer("version");
  const parent = policy.bytes("parent");
  refuseIf(version === 0n || parent.length !== (version === 1n ? 0 : 32), "malformed"); // EXP-5
  checkTimes(termsOf(policy));
}

const AFTER_SEND = 1;
const AFTER_READ = 2;

function checkShorten(shorten: Decoded): void {
  checkLength(shorten.bytes("message_id"), 16, 16);
  const mode = shorten.number("mode");
  refuseIf(mode !== AFTER_SEND && mode !== AFTER_READ, "malformed");
  checkTimes(termsOf(shorten));
}

function checkViewOnce(viewOnce: Decoded): void {
  checkLength(viewOnce.bytes("sealed"), 20, 33_792);
  checkLength(viewOnce.bytes("commitment"), 32, 32);
  refuseIf(![0, 32].includes(viewOnce.bytes("key").length), "malformed");
  checkFallback(viewOnce);
}

/** CAP-4 */
function checkNotice(notice: Decoded): void {
  checkEnum(notice, "kind", 5);
  checkEnum(notice, "detector", 2);
  const refs = notice.list("refs");
  refuseIf(refs.length === 0, "malformed");
  checkIds(refs, 16);
}

// All of them

const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [1, { type: TEXT, check: checkText, places: EVERYWHERE, shown: true }],
  [
    2,
    {
      type: message(64, 1, [1, "beside", "bytes"]),
      check: (open) => {
        refuseIf(![0, 32].includes(open.bytes("beside").length), "malformed");
      },
      places: ["chat"],
      shown: false,
    },
  ],
  [3, { type: NOTHING, places: ["chat"], shown: false }],
  [4, { type: NOTHING, places: ["chat"], shown: false }],
  [5, { type: NOTHING, places: ["chat"], shown: false }],
  [
    6,
    {
      type: message(
        14_336,
        10,
        [1, "kind", "enum"],
        [2, "attachment", ATTACHMENT],
        [3, "name", "string"],
        [4, "width", "uint32"],
        [5, "height", "uint32"],
        [6, "duration_ms", "uint32"],
        [7, "waveform", "bytes"],
        [8, "thumbnail", "bytes"],
        [9, "caption", "string"],
        FALLBACK,
      ),
      check: checkMedia,
      places: EVERYWHERE,
      shown: true,
    },
  ],
  [
    7,
    {
      type: message(
        1024,
        5,
        [1, "pack", "bytes"],
        [2, "sticker", "bytes"],
        [3, "image", ATTACHMENT],
        [4, "emoji", "string"],
        FALLBACK,
      ),
      check: checkSticker,
      places: EVERYWHERE,
      shown: true,
    },
  ],
  [
    8,
    {
      type: message(13_312, 4, [1, "kind", "enum"], [2, "target", "string"], [3, "preview", PREVIEW], FALLBACK),
      check: checkReference,
      places: EVERYWHERE,
      shown: true,
    },
  ],
  [
    9,
    {
      type: message(1024, 4, [1, "account", "bytes"], [2, "handle", "string"], [3, "name", "string"], FALLBACK),
      check: checkProfile,
      places: EVERYWHERE,
      shown: true,
    },
  ],
  [
    10,
    {
      type: message(32_768, 4, [1, "target", TARGET], [2, "kind", "uint32"], [3, "content", "bytes"], FALLBACK),
      check: checkReply,
      places: EVERYWHERE,
      shown: true,
    },
  ],
  [
    11,
    {
      type: message(192, 3, [1, "target", TARGET], [2, "emoji", "string"], [3, "counter", "uint64"]),
      check: checkReaction,
      places: EVERYWHERE,
      shown: false,
    },
  ],
  [
    12,
    {
      type: message(20_480, 3, [1, "target", TARGET], [2, "version", "uint32"], [3, "text", "bytes"]),
      check: checkEdit,
      places: EVERYWHERE,
      shown: false,
    },
  ],
  [
    13,
    {
      type: message(24, 1, [1, "message_id", "bytes"]),
      check: (unsend) => {
        checkLength(unsend.bytes("message_id"), 16, 16);
      },
      places: EVERYWHERE,
      shown: false,
    },
  ],
  [
    14,
    {
      type: message(24_576, 4, [1, "depth", "uint32"], [2, "kind", "uint32"], [3, "content", "bytes"], FALLBACK),
      check: checkForward,
      places: EVERYWHERE,
      shown: true,
    },
  ],
  [16, { places: ["members"], shown: false }],
  [17, { places: ["members"], shown: false }],
  [18, { places: ["members"], shown: false }],
  [19, { places: ["members"], shown: false }],
  [20, { type: FORM, check: checkForm, places: EVERYWHERE, shown: true }],
  [21, { type: CHOICE, check: checkChoice, places: EVERYWHERE, shown: true }],
  [22, { type: CARD, check: checkCard, places: EVERYWHERE, shown: true }],
  [
    23,
    {
      type: message(1088, 3, [1, "to_person", "bool"], [2, "note", "string"], FALLBACK),
      check: (handover) => {
        checkLength(handover.bytes("note"), 0, 512);
        checkFallback(handover);
      },
      places: ["thread", "chat"],
      shown: true,
    },
  ],
  [
    24,
    {
      type: message(1216, 66, [1, "kind", "enum"], [2, "message_ids", "bytes", "repeated"], [3, "at", "uint64"]),
      check: checkReceipts,
      places: ["chat"],
      shown: false,
    },
  ],
  [25, { type: message(8, 1, [1, "started", "bool"]), places: ["transient"], shown: false }],
  [
    26,
    {
      type: message(16, 1, [1, "state", "enum"]),
      check: (presence) => {
        checkEnum(presence, "state", 3);
      },
      places: ["transient"],
      shown: false,
    },
  ],
  [
    27,
    {
      type: message(
        32,
        4,
        [1, "forward", "bool"],
        [2, "save", "bool"],
        [3, "export", "bool"],
        [4, "version", "uint64"],
      ),
      check: (sharing) => {
        refuseIf(sharing.integer("version") === 0n, "malformed");
      },
      places: ["chat"],
      shown: false,
    },
  ],
  [
    28,
    {
      type: message(264, 1, [1, "declaration", "bytes"]),
      check: (only) => {
        checkLength(only.bytes("declaration"), 1, 256);
      },
      places: ["chat"],
      shown: false,
    },
  ],
  [
    29,
    {
      type: message(
        64,
        5,
        [1, "version", "uint64"],
        [2, "mode", "enum"],
        [3, "duration_s", "uint32"],
        [4, "unread_cap_s", "uint32"],
        [5, "parent", "bytes"],
      ),
      check: checkPolicy,
      places: ["chat"],
      shown: false,
    },
  ],
  [
    30,
    {
      type: message(
        40,
        4,
        [1, "message_id", "bytes"],
        [2, "mode", "enum"],
        [3, "duration_s", "uint32"],
        [4, "unread_cap_s", "uint32"],
      ),
      check: checkShorten,
      places: ["chat", "group"],
      shown: false,
    },
  ],
  [
    VIEW_ONCE,
    {
      type: message(34_400, 4, [1, "sealed", "bytes"], [2, "commitment", "bytes"], [3, "key", "bytes"], FALLBACK),
      check: checkViewOnce,
      places: ["chat", "group"],
      shown: true,
    },
  ],
  [32, { places: ["members"], shown: false }],
  [
    33,
    {
      type: message(
        176,
        11,
        [1, "kind", "enum"],
        [2, "refs", "bytes", "repeated"],
        [3, "observed_at", "uint64"],
        [4, "detector", "enum"],
      ),
      check: checkNotice,
      places: ["chat", "group"],
      shown: false,
    },
  ],
  [
    34,
    {
      type: message(288, 16, [1, "messages", "bytes", "repeated"]),
      check: (retry) => {
        checkIds(retry.list("messages"), 16); // HEA-17
      },
      places: ["chat", "members"],
      shown: false,
    },
  ],
]);

const UNKNOWN: Kind = { places: EVERYWHERE, shown: true };

export function kindOf(number: number): Kind {
  return KINDS.get(number) ?? UNKNOWN;
}

export function isKnown(number: number): boolean {
  return KINDS.has(number);
}

/** CON-8: of a known kind it is decoded, of an unknown one kept as it is. */
export function checkContent(number: number, content: Bytes): Decoded | undefined {
  refuseIf(number === 0, "malformed");
  const kind = kindOf(number);
  if (kind.type === undefined) return undefined;
  const decoded = decode(kind.type, content);
  kind.check?.(decoded);
  return decoded;
}

/** What the hash of a frame is over: a `ViewOnce` without its key (CON-7). */
export function hashedContent(number: number, content: Bytes): Bytes {
  if (number !== VIEW_ONCE) return content;
  const decoded = checkContent(number, content);
  const type = kindOf(number).type;
  if (decoded === undefined || type === undefined) return content;
  decoded.values.delete("key");
  return encode(type, decoded.values);
}

/** CON-14, CON-15 */
export function checkPlace(number: number, place: Place): void {
  refuseIf(!kindOf(number).places.includes(place), "policy");
}
