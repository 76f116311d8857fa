"""The message types of `proto/aside/v1/`, with the limits of the registry (spec/registry.md, message limits).

A field is written as its number, type and name. Types without limits stand in others only.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Field(NamedTuple):
    """A field of a message type."""

    number: int
    type: str
    name: str
    repeated: bool
    oneof: bool


class Message:
    """A message type: its limits of bytes and of fields, and its fields by their numbers, ascending."""

    def __init__(self, name: str, limits: tuple[int, int] | None, *fields: str) -> None:
        self.name = name
        self.limits = limits
        self.fields = {field.number: field for field in map(parse_field, fields)}


def parse_field(text: str) -> Field:
    """Reads `5 repeated bytes certificates`."""
    number, *marks, type_, name = text.split()
    return Field(int(number), type_, name, "repeated" in marks, "oneof" in marks)


class CaptureDetection(IntEnum):
    NONE = 0
    SCREENSHOT = 1
    SCREENSHOT_AND_RECORDING = 2


class PrekeyKind(IntEnum):
    UNSPECIFIED = 0
    SIGNED = 1
    ONE_TIME = 2


class Reach(IntEnum):
    UNSPECIFIED = 0
    EVERYONE = 1
    CONTACTS = 2
    NOBODY = 3


class GroupRole(IntEnum):
    UNSPECIFIED = 0
    MEMBER = 1
    ADMIN = 2
    OWNER = 3


class ExpiryMode(IntEnum):
    OFF = 0
    AFTER_SEND = 1
    AFTER_READ = 2
    ONCE = 3
    ONCE_WITH_REPLAY = 4


class MediaKind(IntEnum):
    UNSPECIFIED = 0
    IMAGE = 1
    VIDEO = 2
    VOICE = 3
    FILE = 4


class ReferenceKind(IntEnum):
    UNSPECIFIED = 0
    POST = 1
    REEL = 2
    STORY = 3
    LINK = 4


class FormFieldKind(IntEnum):
    UNSPECIFIED = 0
    TEXT = 1
    CHOICE = 2
    BUTTON = 3


class CardKind(IntEnum):
    UNSPECIFIED = 0
    ORDER = 1
    TRACKING = 2
    PAYMENT = 3


class ReceiptKind(IntEnum):
    UNSPECIFIED = 0
    DELIVERED = 1
    READ = 2
    VIEWED = 3


class PresenceState(IntEnum):
    UNSPECIFIED = 0
    AVAILABLE = 1
    RECENTLY = 2
    AWAY = 3


class CaptureKind(IntEnum):
    UNSPECIFIED = 0
    SCREENSHOT = 1
    RECORDING_START = 2
    RECORDING_STOP = 3
    SAVED = 4
    EXPORTED = 5


class CaptureDetector(IntEnum):
    UNSPECIFIED = 0
    PLATFORM = 1
    CLIENT = 2


class ArchivePlace(IntEnum):
    UNSPECIFIED = 0
    THREAD = 1
    CHAT = 2
    GROUP = 3


class EnvelopeKind(IntEnum):
    UNSPECIFIED = 0
    THREAD = 1
    PAIRWISE = 2
    GROUP = 3
    GROUP_ENTRY = 4


class Keep(IntEnum):
    LONGEST = 0
    WEEK = 1
    DAY = 2


class RefusalCode(IntEnum):
    UNSPECIFIED = 0
    MALFORMED = 1
    VERSION = 2
    LIMIT = 3
    NOT_LOGGED_IN = 4
    SIGNATURE = 5
    BAD_HANDLE = 6
    HANDLE_TAKEN = 7
    ACCOUNT_EXISTS = 8
    UNKNOWN_HANDLE = 9
    UNKNOWN_ACCOUNT = 10
    NO_PREKEYS = 11
    STALE_DEVICES = 12
    MAILBOX_FULL = 13
    DUPLICATE_KEY = 14
    RATE = 15
    UNAVAILABLE = 16
    LOG_MOVED = 17
    UNREACHABLE = 18
    ENCRYPTED_ONLY = 19
    STALE_STATEMENT = 20
    STALE_STORE = 21
    SUSPENDED = 22


TABLE = [
    # proto/aside/v1/identity.proto
    Message("Signed", (4_608, 2), "1 bytes body", "2 bytes signature"),
    Message("Certificate", (512, 3), "1 bytes body", "2 bytes account_signature", "3 bytes device_signature"),
    Message(
        "CertificateBody",
        (512, 7),
        "1 uint32 suite",
        "2 bytes account_key",
        "3 uint32 device_id",
        "4 bytes signing_key",
        "5 bytes agreement_key",
        "6 uint64 created_at",
        "7 Capabilities capabilities",
    ),
    Message(
        "Capabilities",
        None,
        "1 bool expiry",
        "2 CaptureDetection capture",
        "3 bool protected_viewer",
        "4 bool groups",
        "5 bool automated",
    ),
    Message(
        "DeviceListBody",
        (4_608, 12),
        "1 bytes account_key",
        "2 uint64 version",
        "3 bytes previous",
        "4 uint64 issued_at",
        "5 repeated bytes certificates",
    ),
    Message(
        "PrekeyBody",
        (1_536, 8),
        "1 uint32 suite",
        "2 bytes account_key",
        "3 uint32 device_id",
        "4 PrekeyKind kind",
        "5 uint32 id",
        "6 uint64 not_after",
        "7 bytes agreement_key",
        "8 bytes encapsulation_key",
    ),
    Message(
        "SettingsBody",
        (136_256, 4_006),
        "1 bytes account_key",
        "2 uint32 device_id",
        "3 uint64 version",
        "4 Reach threads",
        "5 Reach chats",
        "6 Reach groups",
        "7 repeated bytes contacts",
        "8 repeated bytes blocked",
    ),
    # proto/aside/v1/group.proto
    Message(
        "GroupEntryBody",
        (63_488, 9),
        "1 uint32 suite",
        "2 bytes group",
        "3 uint64 sequence",
        "4 bytes parent",
        "5 bytes actor",
        "6 uint32 actor_device",
        "7 uint64 made_at",
        "8 uint32 kind",
        "9 bytes action",
    ),
    Message(
        "GroupCreate",
        (5_120, 5),
        "1 bytes nonce",
        "2 string name",
        "3 bytes device_list",
        "4 bool announce_only",
        "5 bytes log_key_id",
    ),
    Message("GroupAdd", (63_488, 100), "1 repeated bytes device_lists"),
    Message("GroupRemove", (63_488, 612), "1 repeated bytes accounts", "2 repeated ChainCut cuts"),
    Message("GroupLeave", (32_768, 512), "1 repeated ChainCut cuts"),
    Message("GroupSetRole", (64, 2), "1 bytes account", "2 GroupRole role"),
    Message("GroupRename", (136, 1), "1 string name"),
    Message("GroupSetExpiry", (32, 3), "1 ExpiryMode mode", "2 uint32 duration_s", "3 uint32 unread_cap_s"),
    Message("GroupSetCapture", (8, 1), "1 bool notices"),
    Message("GroupSetAnnounce", (8, 1), "1 bool announce_only"),
    Message("GroupDevices", (63_488, 544), "1 repeated bytes device_lists", "2 repeated ChainCut cuts"),
    Message("GroupRekey", (32, 1), "1 bytes log_key_id"),
    Message("ChainCut", None, "1 bytes key_id", "2 uint32 messages"),
    Message(
        "SenderKey",
        (256, 7),
        "1 uint64 epoch",
        "2 uint64 sequence",
        "3 bytes head",
        "4 uint32 iteration",
        "5 bytes chain_key",
        "6 bytes signing_key",
        "7 bytes log_key",
    ),
    Message("GroupInvite", (65_536, 1_026), "1 uint64 sequence", "2 bytes head", "3 repeated bytes log_keys"),
    Message("GroupLogRequest", (16, 1), "1 uint64 after"),
    Message("GroupLogEntries", (65_536, 64), "1 repeated bytes entries"),
    # proto/aside/v1/content.proto
    Message(
        "Frame",
        (65_536, 14),
        "1 bytes conversation",
        "2 bytes message_id",
        "3 uint64 sent_at",
        "4 uint32 kind",
        "5 bytes content",
        "6 bytes previous",
        "7 ListReference sender_list",
        "8 ListReference recipient_list",
        "9 uint32 generation",
        "10 uint64 group_sequence",
        "11 bytes group_head",
        "12 bool silent",
        "13 Expiry expiry",
        "14 bytes salt",
    ),
    Message("Expiry", (32, 4), "1 uint64 policy", "2 ExpiryMode mode", "3 uint32 duration_s", "4 uint32 unread_cap_s"),
    Message("ListReference", (64, 2), "1 uint64 version", "2 bytes hash"),
    Message("Text", (19_464, 65), "1 string body", "2 repeated Mention mentions"),
    Message("Mention", None, "1 bytes account", "2 uint32 start", "3 uint32 length"),
    Message("ChatOpen", (64, 1), "1 bytes beside"),
    Message("ChatAccept", (0, 0)),
    Message("ChatDecline", (0, 0)),
    Message("ChatClose", (0, 0)),
    Message(
        "Attachment",
        None,
        "1 bytes id",
        "2 bytes key",
        "3 uint64 size",
        "4 bytes hash",
        "5 string media_type",
    ),
    Message("Target", None, "1 bytes message_id", "2 bytes author", "3 bytes hash"),
    Message(
        "Media",
        (14_336, 10),
        "1 MediaKind kind",
        "2 Attachment attachment",
        "3 string name",
        "4 uint32 width",
        "5 uint32 height",
        "6 uint32 duration_ms",
        "7 bytes waveform",
        "8 bytes thumbnail",
        "9 string caption",
        "15 string fallback",
    ),
    Message(
        "Sticker",
        (1_024, 5),
        "1 bytes pack",
        "2 bytes sticker",
        "3 Attachment image",
        "4 string emoji",
        "15 string fallback",
    ),
    Message(
        "Reference",
        (13_312, 4),
        "1 ReferenceKind kind",
        "2 string target",
        "3 Preview preview",
        "15 string fallback",
    ),
    Message("Preview", None, "1 string title", "2 string description", "3 string site", "4 bytes thumbnail"),
    Message("Profile", (1_024, 4), "1 bytes account", "2 string handle", "3 string name", "15 string fallback"),
    Message("ReplyTo", (32_768, 4), "1 Target target", "2 uint32 kind", "3 bytes content", "15 string fallback"),
    Message("Reaction", (192, 3), "1 Target target", "2 string emoji", "3 uint64 counter"),
    Message("Edit", (20_480, 3), "1 Target target", "2 uint32 version", "3 bytes text"),
    Message("Unsend", (24, 1), "1 bytes message_id"),
    Message("Forward", (24_576, 4), "1 uint32 depth", "2 uint32 kind", "3 bytes content", "15 string fallback"),
    Message("Form", (41_984, 18), "1 string title", "2 repeated bytes fields", "15 string fallback"),
    Message(
        "FormField",
        (2_560, 20),
        "1 string id",
        "2 string label",
        "3 FormFieldKind kind",
        "4 repeated string options",
        "5 bool required",
    ),
    Message("Choice", (18_432, 18), "1 Target target", "2 repeated Answer answers", "15 string fallback"),
    Message("Answer", None, "1 string field", "2 string value"),
    Message(
        "Card",
        (24_576, 45),
        "1 CardKind kind",
        "2 string title",
        "3 repeated CardLine lines",
        "4 Amount amount",
        "5 string link",
        "6 repeated CardAction actions",
        "15 string fallback",
    ),
    Message("CardLine", None, "1 string label", "2 string value"),
    Message("Amount", None, "1 string currency", "2 uint64 minor_units", "3 uint32 decimals"),
    Message("CardAction", None, "1 string label", "2 string value"),
    Message("Handover", (1_088, 3), "1 bool to_person", "2 string note", "15 string fallback"),
    Message("Receipts", (1_216, 66), "1 ReceiptKind kind", "2 repeated bytes message_ids", "3 uint64 at"),
    Message("Typing", (8, 1), "1 bool started"),
    Message("Presence", (16, 1), "1 PresenceState state"),
    Message("Sharing", (32, 4), "1 bool forward", "2 bool save", "3 bool export", "4 uint64 version"),
    Message("EncryptedOnly", (264, 1), "1 bytes declaration"),
    Message("EncryptedOnlyBody", (256, 4), "1 bytes account", "2 uint32 device_id", "3 bytes peer", "4 uint64 version"),
    Message(
        "ExpiryPolicy",
        (64, 5),
        "1 uint64 version",
        "2 ExpiryMode mode",
        "3 uint32 duration_s",
        "4 uint32 unread_cap_s",
        "5 bytes parent",
    ),
    Message(
        "Shorten",
        (40, 4),
        "1 bytes message_id",
        "2 ExpiryMode mode",
        "3 uint32 duration_s",
        "4 uint32 unread_cap_s",
    ),
    Message("ViewOnce", (34_400, 4), "1 bytes sealed", "2 bytes commitment", "3 bytes key", "15 string fallback"),
    Message("ViewKey", (56, 2), "1 bytes message_id", "2 bytes key"),
    Message(
        "CaptureNotice",
        (176, 11),
        "1 CaptureKind kind",
        "2 repeated bytes refs",
        "3 uint64 observed_at",
        "4 CaptureDetector detector",
    ),
    Message("Retry", (288, 16), "1 repeated bytes messages"),
    # proto/aside/v1/archive.proto
    Message(
        "ArchiveManifest",
        (4_864, 5),
        "1 bytes account",
        "2 uint32 device_id",
        "3 string handle",
        "4 uint64 created_at",
        "5 bytes device_list",
    ),
    Message("ArchiveConversation", (256, 4), "1 ArchivePlace place", "2 bytes id", "3 bytes peer", "4 string name"),
    Message("ArchivePerson", (128, 2), "1 bytes account", "2 string handle"),
    Message(
        "ArchiveMessage",
        (66_048, 10),
        "1 uint64 number",
        "2 bytes sender",
        "3 uint32 device_id",
        "4 bytes message_id",
        "5 uint64 sent_at",
        "6 uint64 accepted_at",
        "7 uint32 kind",
        "8 bytes content",
        "9 bytes hash",
        "10 bool imported",
    ),
    Message("ArchiveMark", (20_480, 4), "1 uint32 kind", "2 bytes account", "3 uint64 counter", "4 bytes value"),
    Message("ArchiveSeal", (80, 1), "1 bytes signature"),
    # proto/aside/v1/relay.proto
    Message("Envelope", (67_584, 2), "1 EnvelopeKind kind", "2 bytes payload"),
    Message(
        "Request",
        (262_144, 1_028),
        "1 uint64 id",
        "2 oneof Register register",
        "3 oneof Login login",
        "4 oneof PublishPrekeys publish_prekeys",
        "5 oneof Resolve resolve",
        "6 oneof FetchDevices fetch_devices",
        "7 oneof FetchPrekeys fetch_prekeys",
        "8 oneof Send send",
        "9 oneof Subscribe subscribe",
        "10 oneof Acknowledge acknowledge",
        "11 oneof FanOut fan_out",
        "12 oneof AppendEntry append_entry",
        "13 oneof FetchEntries fetch_entries",
        "14 oneof Transient transient",
        "15 oneof PublishSettings publish_settings",
        "16 oneof FetchSettings fetch_settings",
        "17 oneof Declare declare",
    ),
    Message(
        "Reply",
        (262_144, 1_028),
        "1 uint64 id",
        "2 oneof Challenge challenge",
        "3 oneof Refusal refusal",
        "4 oneof Registered registered",
        "5 oneof LoggedIn logged_in",
        "6 oneof PrekeysPublished prekeys_published",
        "7 oneof Devices devices",
        "8 oneof Prekeys prekeys",
        "9 oneof Accepted accepted",
        "10 oneof Subscribed subscribed",
        "11 oneof Acknowledged acknowledged",
        "12 oneof Delivery delivery",
        "13 oneof FannedOut fanned_out",
        "14 oneof Entries entries",
        "15 oneof TransientTaken transient_taken",
        "16 oneof TransientDelivery transient_delivery",
        "17 oneof SettingsPublished settings_published",
        "18 oneof Settings settings",
        "19 oneof Declared declared",
    ),
    Message(
        "Challenge",
        None,
        "1 uint32 version",
        "2 string relay_name",
        "3 bytes relay_key",
        "4 bytes nonce",
        "5 bytes parameters",
    ),
    Message(
        "ParametersBody",
        (512, 16),
        "1 string relay_name",
        "2 uint64 issued_at",
        "3 uint32 keep_days",
        "4 uint64 mailbox_messages",
        "5 uint64 mailbox_bytes",
        "6 uint32 frame_bytes",
        "7 uint32 sends",
        "8 uint64 sends_each_us",
        "9 uint32 sends_to_one",
        "10 uint64 sends_to_one_each_us",
        "11 uint32 fanned_out",
        "12 uint64 fanned_out_each_us",
        "13 uint32 transients",
        "14 uint64 transients_each_us",
        "15 uint32 fanned_to_one",
        "16 uint64 fanned_to_one_each_us",
    ),
    Message(
        "Register",
        None,
        "1 string handle",
        "2 bytes account_key",
        "3 bytes device_list",
        "4 bytes signature",
    ),
    Message("Registered", None),
    Message(
        "Login",
        None,
        "1 bytes account_key",
        "2 uint32 device_id",
        "3 bytes signature",
        "4 StoreGeneration store",
    ),
    Message("StoreGeneration", (64, 4), "1 uint64 number", "2 bytes token", "3 bytes previous", "4 bool restored"),
    Message(
        "LoggedIn",
        None,
        "1 uint64 relay_time",
        "2 uint32 one_time_prekeys",
        "3 uint64 signed_prekey_not_after",
        "4 uint64 generation",
        "5 uint64 acknowledged",
    ),
    Message("PublishPrekeys", None, "1 bytes signed_prekey", "2 repeated bytes one_time"),
    Message("PrekeysPublished", None, "1 uint32 one_time_prekeys"),
    Message("Resolve", None, "1 string handle"),
    Message("FetchDevices", None, "1 bytes account_key", "2 uint64 known_version"),
    Message(
        "Devices",
        None,
        "1 string handle",
        "2 bytes account_key",
        "3 repeated bytes lists",
        "4 repeated bytes declarations",
    ),
    Message("FetchPrekeys", None, "1 bytes account_key", "2 uint32 device_id"),
    Message("Prekeys", None, "1 bytes signed_prekey", "2 bytes one_time"),
    Message(
        "Send",
        None,
        "1 bytes client_id",
        "2 bytes recipient",
        "3 uint64 list_version",
        "4 repeated Parcel parcels",
        "5 Keep keep",
    ),
    Message("Parcel", None, "1 uint32 device_id", "2 bytes envelope"),
    Message("Accepted", None, "1 uint64 accepted_at"),
    Message(
        "FanOut",
        None,
        "1 bytes client_id",
        "2 repeated Recipient recipients",
        "3 bytes envelope",
        "4 Keep keep",
    ),
    Message("Recipient", None, "1 bytes account_key", "2 bytes devices"),
    Message("FannedOut", None, "1 uint64 accepted_at", "2 repeated Missed missed"),
    Message("Missed", None, "1 bytes account_key", "2 uint32 device_id", "3 RefusalCode code"),
    Message(
        "AppendEntry",
        None,
        "1 bytes client_id",
        "2 bytes log",
        "3 uint64 position",
        "4 bytes entry",
        "5 repeated Recipient recipients",
    ),
    Message("FetchEntries", None, "1 bytes log", "2 uint64 from"),
    Message("Entries", None, "1 uint64 newest", "2 repeated bytes entries"),
    Message("GroupLogEntry", (67_584, 3), "1 bytes log", "2 uint64 position", "3 bytes entry"),
    Message("Transient", None, "1 bytes recipient", "2 uint64 list_version", "3 repeated Parcel parcels"),
    Message("TransientTaken", None),
    Message("TransientDelivery", None, "1 bytes sender", "2 uint32 sender_device", "3 bytes envelope"),
    Message("PublishSettings", None, "1 bytes settings"),
    Message("SettingsPublished", None),
    Message("FetchSettings", None),
    Message("Settings", None, "1 bytes settings"),
    Message("Declare", None, "1 bytes declaration"),
    Message("Declared", None),
    Message("Subscribe", None),
    Message("Subscribed", None, "1 uint64 newest", "3 uint64 waiting"),
    Message("Acknowledge", None, "1 uint64 up_to"),
    Message("Acknowledged", None),
    Message(
        "Delivery",
        None,
        "1 uint64 sequence",
        "2 bytes sender",
        "3 uint32 sender_device",
        "4 uint64 accepted_at",
        "5 bytes envelope",
    ),
    Message("Refusal", None, "1 RefusalCode code", "2 string detail"),
]

MESSAGES = {message.name: message for message in TABLE}

ENUMS: dict[str, type[IntEnum]] = {
    enum.__name__: enum
    for enum in (
        CaptureDetection,
        PrekeyKind,
        Reach,
        GroupRole,
        ExpiryMode,
        MediaKind,
        ReferenceKind,
        FormFieldKind,
        CardKind,
        ReceiptKind,
        PresenceState,
        CaptureKind,
        CaptureDetector,
        ArchivePlace,
        EnvelopeKind,
        Keep,
        RefusalCode,
    )
}
