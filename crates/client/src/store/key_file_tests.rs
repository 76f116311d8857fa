use super::*;
use std::cell::Cell;

thread_local! {
    /// How many writes are left before everything ends.
    static FUSE: Cell<Option<usize>> = const { Cell::new(None) };
}

pub(in crate::store) fn set_fuse(writes: Option<usize>) {
    FUSE.set(writes);
}

/// Whether everything has ended.
pub(in crate::store) fn crashed() -> bool {
    FUSE.get() == Some(0)
}

pub(in crate::store) fn may_crash() -> Result<(), StoreError> {
    if crashed() {
        return Err(StoreError::Failed("crashed".into()));
    }
    FUSE.set(FUSE.get().map(|left| left - 1));
    Ok(())
}
