//! The channels. Sealing is the one step in which a thread, a chat and a group differ, and the types of their frames
//! keep them apart (CNV-1, threat C1):
//!
//! ```compile_fail
//! use aside_client::channel::plain;
//! use aside_content::ChatFrame;
//! fn downgrade(frame: &ChatFrame) -> aside_wire::pb::Envelope {
//!     plain::seal(frame)
//! }
//! ```

pub mod group;
pub mod pairwise;
pub mod plain;

use crate::Shield;

/// A frame that a channel has opened, with its shield.
#[derive(Debug)]
pub struct Opened<F> {
    /// The frame: [`aside_content::ThreadFrame`], [`aside_content::ChatFrame`] or [`aside_content::GroupFrame`].
    pub frame: F,
    shield: Shield,
}

impl<F> Opened<F> {
    /// How the frame was protected.
    #[must_use]
    pub const fn shield(&self) -> Shield {
        self.shield
    }
}
