//! The two channels. Sealing is the one step in which a thread and a chat differ, and the types of their frames
//! keep them apart (CNV-1, threat C1):
//!
//! ```compile_fail
//! use aside_client::channel::plain;
//! use aside_content::ChatFrame;
//! fn downgrade(frame: &ChatFrame) -> aside_wire::pb::Envelope {
//!     plain::seal(frame)
//! }
//! ```

pub mod pairwise;
pub mod plain;

use crate::Shield;

/// A frame that a channel has opened, with its shield.
#[derive(Debug)]
pub struct Opened<F> {
    /// The frame: [`aside_content::ThreadFrame`] or [`aside_content::ChatFrame`].
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
