//! What an entry changes.

use crate::{ChainCut, ExpiryTerms, GroupName, LogKeyId, Role, cut};
use alloc::{borrow::ToOwned, vec::Vec};
use aside_identity::AccountKey;
use aside_wire::{
    Malformed, array, decode,
    limits::{GROUP_CHANGE, LISTS_PER_REPLY},
    pb,
};
use prost::Message;

/// The change an entry makes. Device lists are carried as signed, and verified by whoever checks the entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Begins a group; the actor becomes its owner.
    Create {
        /// Drawn by the actor; makes the group's id unique.
        nonce: [u8; 32],
        /// The group's name.
        name: GroupName,
        /// The actor's device list.
        device_list: Vec<u8>,
        /// Only the owner and admins write.
        announce_only: bool,
        /// Names the first log key.
        log_key_id: LogKeyId,
    },
    /// Takes people in.
    Add {
        /// Their device lists in ascending order of account key, 1 to 100.
        device_lists: Vec<Vec<u8>>,
    },
    /// Puts people out.
    Remove {
        /// Their accounts in ascending order, 1 to 100.
        accounts: Vec<AccountKey>,
        /// Where their sending chains end; one that is not named ends before its first message.
        cuts: Vec<ChainCut>,
    },
    /// The actor goes.
    Leave {
        /// Where the actor's sending chains end.
        cuts: Vec<ChainCut>,
    },
    /// Gives somebody another role. Who makes somebody else the owner becomes an admin.
    SetRole {
        /// Who.
        account: AccountKey,
        /// The new role.
        role: Role,
    },
    /// Gives the group another name.
    Rename {
        /// The new name.
        name: GroupName,
    },
    /// Changes how long messages live.
    SetExpiry(ExpiryTerms),
    /// Changes whether members are told of captures.
    SetCapture {
        /// They are.
        notices: bool,
    },
    /// Changes who may write.
    SetAnnounce {
        /// Only the owner and admins.
        announce_only: bool,
    },
    /// The actor's devices have changed.
    Devices {
        /// The actor's device lists after the one in the group, each the successor of the one before, 1 to 32.
        device_lists: Vec<Vec<u8>>,
        /// Where the sending chains of removed devices end.
        cuts: Vec<ChainCut>,
    },
    /// Another key encrypts the log from here on.
    Rekey {
        /// Names the new log key.
        log_key_id: LogKeyId,
    },
}

impl Action {
    /// The kind's number in the registry, 1 to 11.
    #[must_use]
    pub const fn kind(&self) -> u32 {
        match self {
            Self::Create { .. } => 1,
            Self::Add { .. } => 2,
            Self::Remove { .. } => 3,
            Self::Leave { .. } => 4,
            Self::SetRole { .. } => 5,
            Self::Rename { .. } => 6,
            Self::SetExpiry(_) => 7,
            Self::SetCapture { .. } => 8,
            Self::SetAnnounce { .. } => 9,
            Self::Devices { .. } => 10,
            Self::Rekey { .. } => 11,
        }
    }

    /// The change in the canonical encoding of its kind.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Create { nonce, name, device_list, announce_only, log_key_id } => pb::GroupCreate {
                nonce: nonce.to_vec(),
                name: name.as_str().to_owned(),
                device_list: device_list.clone(),
                announce_only: *announce_only,
                log_key_id: log_key_id.as_bytes().to_vec(),
            }
            .encode_to_vec(),
            Self::Add { device_lists } => pb::GroupAdd { device_lists: device_lists.clone() }.encode_to_vec(),
            Self::Remove { accounts, cuts } => {
                let accounts = accounts.iter().map(|account| account.as_bytes().to_vec()).collect();
                pb::GroupRemove { accounts, cuts: cut::encode(cuts) }.encode_to_vec()
            }
            Self::Leave { cuts } => pb::GroupLeave { cuts: cut::encode(cuts) }.encode_to_vec(),
            Self::SetRole { account, role } => {
                pb::GroupSetRole { account: account.as_bytes().to_vec(), role: role.encode() }.encode_to_vec()
            }
            Self::Rename { name } => pb::GroupRename { name: name.as_str().to_owned() }.encode_to_vec(),
            Self::SetExpiry(terms) => pb::GroupSetExpiry::from(*terms).encode_to_vec(),
            Self::SetCapture { notices } => pb::GroupSetCapture { notices: *notices }.encode_to_vec(),
            Self::SetAnnounce { announce_only } => {
                pb::GroupSetAnnounce { announce_only: *announce_only }.encode_to_vec()
            }
            Self::Devices { device_lists, cuts } => {
                pb::GroupDevices { device_lists: device_lists.clone(), cuts: cut::encode(cuts) }
                    .encode_to_vec()
            }
            Self::Rekey { log_key_id } => {
                pb::GroupRekey { log_key_id: log_key_id.as_bytes().to_vec() }.encode_to_vec()
            }
        }
    }

    /// Decodes the change of a kind.
    ///
    /// # Errors
    /// [`Malformed`] for a kind that is not known, too.
    pub fn decode(kind: u32, bytes: &[u8]) -> Result<Self, Malformed> {
        match kind {
            1 => decode(bytes).and_then(decode_create),
            2 => {
                let pb::GroupAdd { device_lists } = decode(bytes)?;
                Ok(Self::Add { device_lists: some_of(device_lists, GROUP_CHANGE, "device_lists")? })
            }
            3 => decode(bytes).and_then(decode_remove),
            4 => {
                let pb::GroupLeave { cuts } = decode(bytes)?;
                Ok(Self::Leave { cuts: cut::decode(&cuts)? })
            }
            5 => {
                let pb::GroupSetRole { account, role } = decode(bytes)?;
                Ok(Self::SetRole { account: decode_account(&account)?, role: Role::decode(role)? })
            }
            6 => {
                let pb::GroupRename { name } = decode(bytes)?;
                Ok(Self::Rename { name: GroupName::parse(&name)? })
            }
            7 => decode::<pb::GroupSetExpiry>(bytes)?.try_into().map(Self::SetExpiry),
            8 => {
                let pb::GroupSetCapture { notices } = decode(bytes)?;
                Ok(Self::SetCapture { notices })
            }
            9 => {
                let pb::GroupSetAnnounce { announce_only } = decode(bytes)?;
                Ok(Self::SetAnnounce { announce_only })
            }
            10 => {
                let pb::GroupDevices { device_lists, cuts } = decode(bytes)?;
                let device_lists = some_of(device_lists, LISTS_PER_REPLY, "device_lists")?;
                Ok(Self::Devices { device_lists, cuts: cut::decode(&cuts)? })
            }
            11 => {
                let pb::GroupRekey { log_key_id } = decode(bytes)?;
                Ok(Self::Rekey { log_key_id: LogKeyId::new(array(&log_key_id, "log_key_id")?) })
            }
            _ => Err(Malformed::Field("kind")),
        }
    }
}

fn decode_create(create: pb::GroupCreate) -> Result<Action, Malformed> {
    let pb::GroupCreate { nonce, name, device_list, announce_only, log_key_id } = create;
    Ok(Action::Create {
        nonce: array(&nonce, "nonce")?,
        name: GroupName::parse(&name)?,
        device_list,
        announce_only,
        log_key_id: LogKeyId::new(array(&log_key_id, "log_key_id")?),
    })
}

fn decode_remove(remove: pb::GroupRemove) -> Result<Action, Malformed> {
    let pb::GroupRemove { accounts, cuts } = remove;
    let accounts = some_of(accounts, GROUP_CHANGE, "accounts")?;
    let accounts =
        accounts.iter().map(|account| decode_account(account)).collect::<Result<Vec<_>, Malformed>>()?;
    if !accounts.is_sorted_by(|a, b| a < b) {
        return Err(Malformed::Field("accounts"));
    }
    Ok(Action::Remove { accounts, cuts: cut::decode(&cuts)? })
}

/// The account key in a field. It is only compared with keys that were checked when they came into the group, and never
/// verifies anything itself.
pub(crate) fn decode_account(bytes: &[u8]) -> Result<AccountKey, Malformed> {
    array(bytes, "account").map(AccountKey::from_own_store)
}

/// A list that may not be empty, nor longer than allowed.
fn some_of<T>(items: Vec<T>, most: usize, field: &'static str) -> Result<Vec<T>, Malformed> {
    if items.is_empty() {
        return Err(Malformed::Field(field));
    }
    if items.len() > most { Err(Malformed::TooManyFields(field)) } else { Ok(items) }
}
