//! What is done with a peer that stops sending or reading? Its connection, or its body, ends with an error after a stated pause.
//!
//! hyper times a request's headers only once it knows the protocol, and times no body and no answer.
//!
//! Ref: Amazon S3 API reference, "List of error codes": RequestTimeout. Basis of the pauses: inferred.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// What begins a connection of HTTP/2; hyper waits for that much before it knows that a connection is not one.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A timer that runs while something is waited for.
#[derive(Debug)]
struct Pause {
    longest: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pause {
    fn new(longest: Duration) -> Self {
        Pause { longest, timer: None }
    }

    fn end(&mut self) {
        self.timer = None;
    }

    /// Starts the timer, or looks at it; whether it has run out.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let longest = self.longest;
        self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(longest))).as_mut().poll(cx).is_ready()
    }
}

/// A stream whose first bytes have to come in time, and whose peer has to take what is written.
#[derive(Debug)]
pub struct Stream<S> {
    inner: S,
    /// How much of the preface has come; none once it is known what the peer speaks.
    preface: Option<usize>,
    first: Pause,
    write: Pause,
}

impl<S> Stream<S> {
    /// Times the first bytes of `inner` by `first`, every write by `write`.
    pub fn new(inner: S, first: Duration, write: Duration) -> Self {
        Stream { inner, preface: Some(0), first: Pause::new(first), write: Pause::new(write) }
    }
}

fn timed_out(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(cx, buffer);
        let Some(mut seen) = this.preface else { return read };
        let new = buffer.filled().get(before..).unwrap_or_default();
        let is_known = new.iter().any(|byte| {
            let is_next = PREFACE.get(seen) == Some(byte);
            seen += 1;
            !is_next || seen == PREFACE.len()
        });
        this.preface = (!is_known).then_some(seen);
        if is_known {
            this.first.end();
        } else if read.is_pending() && this.first.is_over(cx) {
            return Poll::Ready(Err(timed_out("no request began in time")));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> Stream<S> {
    fn timed<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write.end();
        } else if self.write.is_over(cx) {
            return Poll::Ready(Err(timed_out("the peer takes no more of the answer")));
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.timed(cx, written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bytes);
        self.timed(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.timed(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.timed(cx, ended)
    }
}

/// Whether a request's body stopped coming; in the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct Stalled(Arc<AtomicBool>);

impl Stalled {
    /// Whether it did.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A request's body, every frame of which has to come in time.
#[derive(Debug)]
pub struct TimedBody {
    inner: Incoming,
    pause: Pause,
    stalled: Stalled,
}

impl TimedBody {
    /// Times `inner` by `longest`; `stalled` is set when that was too long.
    pub fn new(inner: Incoming, longest: Duration, stalled: Stalled) -> Self {
        TimedBody { inner, pause: Pause::new(longest), stalled }
    }
}

/// A request's body, the whole of which has to come in time.
#[derive(Debug)]
pub struct WholeBody<B> {
    inner: B,
    pause: Pause,
    stalled: Stalled,
}

impl<B> WholeBody<B> {
    /// Times `inner`, from when it is first waited for, by `longest`; `stalled` is set when that was too long.
    pub fn new(inner: B, longest: Duration, stalled: Stalled) -> Self {
        WholeBody { inner, pause: Pause::new(longest), stalled }
    }
}

impl<B> Body for WholeBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<axum::BoxError>,
{
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if frame.is_pending() && self.pause.is_over(cx) {
            self.stalled.0.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(timed_out("the body did not come in time").into())));
        }
        frame.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if frame.is_pending() && self.pause.is_over(cx) {
            self.stalled.0.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(timed_out("the body stopped coming").into())));
        }
        let frame = ready!(frame);
        self.pause.end();
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
