//! What must hold whatever bytes arrive: one function per fuzz target.
//!
//! A target takes bytes and panics if a promise is broken. `cargo fuzz run TARGET` gives it to libFuzzer; the program
//! `smoke` gives it the seeds and a fixed sequence of mutations of them, on any compiler. Both start from [`seeds`].

mod group_world;
mod line;
mod mutate;
pub mod seeds;
mod stage;
mod targets;
mod world;

pub use mutate::Mutator;
pub use stage::close;
pub use targets::{
    archive::archive, back_ends::back_ends, content::content_frame, conversation::session_conversation,
    forged::session_forged, group_log::group_log, group_packet::group_packet, group_state::group_state,
    identity::identity, life::life, live::relay_live, message::session_message, packet::packet,
    relay::relay_frames, state::session_from_bytes, strict::strict_decode,
};

/// One target.
#[derive(Clone, Copy)]
pub struct Target {
    /// As `cargo fuzz` calls it.
    pub name: &'static str,
    /// Panics if a promise is broken.
    pub run: fn(&[u8]),
    /// Inputs to start from, the same each time.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target, from the libraries up.
pub const TARGETS: &[Target] = &[
    Target { name: "back_ends", run: back_ends, seeds: seeds::back_ends },
    Target { name: "strict_decode", run: strict_decode, seeds: seeds::strict_decode },
    Target { name: "packet", run: packet, seeds: seeds::packet },
    Target { name: "identity", run: identity, seeds: seeds::identity },
    Target { name: "content_frame", run: content_frame, seeds: seeds::content_frame },
    Target { name: "life", run: life, seeds: seeds::life },
    Target { name: "archive", run: archive, seeds: seeds::archive },
    Target { name: "relay_frames", run: relay_frames, seeds: seeds::relay_frames },
    Target { name: "relay_live", run: relay_live, seeds: seeds::relay_live },
    Target { name: "session_from_bytes", run: session_from_bytes, seeds: seeds::session_from_bytes },
    Target { name: "session_message", run: session_message, seeds: seeds::scripts },
    Target { name: "session_forged", run: session_forged, seeds: seeds::scripts },
    Target { name: "session_conversation", run: session_conversation, seeds: seeds::scripts },
    Target { name: "group_packet", run: group_packet, seeds: seeds::group_packet },
    Target { name: "group_log", run: group_log, seeds: seeds::group_log },
    Target { name: "group_state", run: group_state, seeds: seeds::group_state },
];
