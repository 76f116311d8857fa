//! Archives: what may leave in one, and what one brings.

mod export;
mod import;

pub use export::Exported;
pub use import::{Import, ImportedPlace};
