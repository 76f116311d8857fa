//! The targets, one file each.

pub(crate) mod archive;
pub(crate) mod back_ends;
pub(crate) mod content;
pub(crate) mod conversation;
pub(crate) mod forged;
pub(crate) mod group_log;
pub(crate) mod group_packet;
pub(crate) mod group_state;
pub(crate) mod identity;
pub(crate) mod life;
pub(crate) mod live;
pub(crate) mod message;
pub(crate) mod packet;
pub(crate) mod relay;
pub(crate) mod state;
pub(crate) mod strict;
