//! Long histories: what they cost in memory, counted by an allocator of its own.

#[cfg(test)]
mod messages;
