//! What came in on a connection and makes up no frame yet (RLY-101).

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The bytes of one connection, and how many there may be.
#[derive(Debug, Clone)]
pub(crate) struct Unfinished(Arc<Count>);

#[derive(Debug)]
struct Count {
    bytes: AtomicUsize,
    most: AtomicUsize,
}

impl Default for Unfinished {
    fn default() -> Self {
        Self(Arc::new(Count { bytes: AtomicUsize::new(0), most: AtomicUsize::new(usize::MAX) }))
    }
}

impl Unfinished {
    /// There may be so many from now on.
    pub(crate) fn bound(&self, most: usize) {
        self.0.most.store(most, Relaxed);
    }

    /// Whether a frame has begun and not ended.
    pub(crate) fn is_any(&self) -> bool {
        self.0.bytes.load(Relaxed) > 0
    }

    /// All that is there, but for what was read ahead, has become a frame.
    pub(crate) fn clear(&self) {
        self.0.bytes.store(0, Relaxed);
    }

    /// So many have become a frame that may stand between the pieces of another one.
    pub(crate) fn subtract(&self, bytes: usize) {
        // Nobody else changes it: a connection is read in one task.
        self.0.bytes.store(self.0.bytes.load(Relaxed).saturating_sub(bytes), Relaxed);
    }

    fn add(&self, bytes: usize) -> io::Result<()> {
        let sum = self.0.bytes.load(Relaxed).saturating_add(bytes);
        self.0.bytes.store(sum, Relaxed);
        // Whoever reads the error goes by its text.
        if sum > self.0.most.load(Relaxed) {
            Err(io::Error::other("a frame that is too long"))
        } else {
            Ok(())
        }
    }
}

/// A stream whose incoming bytes are counted.
pub(crate) struct Counted<S> {
    stream: S,
    unfinished: Unfinished,
}

impl<S> Counted<S> {
    pub(crate) const fn new(stream: S, unfinished: Unfinished) -> Self {
        Self { stream, unfinished }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        Poll::Ready(self.unfinished.add(buffer.filled().len().saturating_sub(before)))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
