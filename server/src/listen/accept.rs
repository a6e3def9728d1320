//! How is a connection accepted, served and ended? Bounded in number, size and time; over TLS where a certificate is set.
//!
//! Ref: hyper's server; `config::Limits` names every bound.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{CONNECTION, HOST};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::stall::{Stalled, Stream, TimedBody};
use crate::config::Limits;

/// Requests of one HTTP/2 connection under way at once. Ref: RFC 9113, section 6.5.2 recommends no fewer than 100.
const STREAMS_MAX: u32 = 128;
/// How often an HTTP/2 peer is asked whether it lives.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// The most a connection reads at once. Ref: hyper's own default; fewer and larger reads carry an object's bytes at half the wake-ups.
const READ_BYTES_MAX: usize = 408 << 10;
/// How long accepting rests when the system has no file handles left.
const REST: Duration = Duration::from_millis(500);
/// The first byte of a TLS connection: the record type of a handshake. Ref: RFC 8446, section 5.1.
const HANDSHAKE: u8 = 0x16;
/// What plain HTTP on the TLS port is told.
const WANTS_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 53\r\n\r\nthis port speaks HTTPS: begin the address with https\r\n";

/// How connections are served.
#[derive(Clone)]
pub struct Listening {
    /// What answers.
    pub router: Router,
    /// The bounds.
    pub limits: Limits,
    /// TLS.
    pub tls: Option<TlsAcceptor>,
}

/// Accepts and serves until `stopping` fires; then ends each connection after the request it is in, and returns.
pub async fn serve(listener: TcpListener, listening: Listening, stopping: CancellationToken) {
    let places = Arc::new(Semaphore::new(listening.limits.connections_max.min(Semaphore::MAX_PERMITS)));
    let open = GracefulShutdown::new();
    let builder = Arc::new(builder(&listening.limits));
    let listening = Arc::new(listening);
    loop {
        let place = tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            place = places.clone().acquire_owned() => place,
        };
        // The semaphore is never closed.
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _peer)) => stream,
            Err(error) => {
                if !is_of_one_connection(&error) {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(REST).await;
                }
                continue;
            }
        };
        let (watcher, builder, listening) = (open.watcher(), builder.clone(), listening.clone());
        tokio::spawn(async move {
            if let Err(error) = connection(stream, &builder, &listening, watcher).await {
                tracing::debug!(%error, "a connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    open.shutdown().await;
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let mut http1 = builder.http1();
    http1.timer(TokioTimer::new()).header_read_timeout(Duration::from_millis(limits.header_timeout_ms));
    // hyper bounds headers by its reading buffer, so those of a lower bound are counted in `exchange`.
    http1.max_buf_size(limits.header_bytes_max.max(READ_BYTES_MAX));
    if limits.headers_max != crate::config::Config::default().limits.headers_max {
        // Only another bound than hyper's own costs an allocation a request.
        http1.max_headers(limits.headers_max);
    }
    let header_bytes_max = u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(header_bytes_max)
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(Duration::from_millis(limits.header_timeout_ms));
    builder
}

async fn connection(
    stream: TcpStream,
    builder: &Builder<TokioExecutor>,
    listening: &Listening,
    watcher: Watcher,
) -> Result<(), axum::BoxError> {
    // Without this a small answer waits for the client's delayed acknowledgement.
    stream.set_nodelay(true)?;
    let Some(acceptor) = &listening.tls else { return exchange(stream, builder, listening, watcher).await };
    let in_time = Duration::from_millis(listening.limits.header_timeout_ms);
    let shaken = tokio::time::timeout(in_time, async {
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
            let mut stream = stream;
            stream.write_all(WANTS_TLS).await?;
            stream.shutdown().await?;
            return Ok::<_, io::Error>(None);
        }
        acceptor.accept(stream).await.map(Some)
    });
    match shaken.await?? {
        Some(stream) => exchange(stream, builder, listening, watcher).await,
        None => Ok(()),
    }
}

async fn exchange<S>(stream: S, builder: &Builder<TokioExecutor>, listening: &Listening, watcher: Watcher) -> Result<(), axum::BoxError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let first = Duration::from_millis(listening.limits.header_timeout_ms);
    let idle = Duration::from_millis(listening.limits.body_idle_timeout_ms);
    let router = listening.router.clone();
    let header_bytes_max = listening.limits.header_bytes_max;
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            if header_bytes(&request) > header_bytes_max {
                let mut refused = Response::new(Body::empty());
                *refused.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
                if request.version() < Version::HTTP_2 {
                    refused.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                return Ok::<_, Infallible>(refused);
            }
            // A router answers everything; its error is uninhabited.
            Ok(router.oneshot(prepared(request, idle)).await.unwrap_or_else(|never| match never {}))
        }
    });
    let io = TokioIo::new(Stream::new(stream, first, idle));
    watcher.watch(builder.serve_connection(io, service)).await
}

/// What a request's line and headers had on the wire, about.
fn header_bytes(request: &Request<Incoming>) -> usize {
    let line = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    request.headers().iter().fold(line, |sum, (name, value)| sum + name.as_str().len() + value.len() + ": \r\n".len())
}

/// The request with a timed body, and with the `Host` header that HTTP/2 sends under another name.
fn prepared(request: Request<Incoming>, idle: Duration) -> Request<Body> {
    let stalled = Stalled::default();
    let mut request = request.map(|body| {
        if hyper::body::Body::is_end_stream(&body) { Body::empty() } else { Body::new(TimedBody::new(body, idle, stalled.clone())) }
    });
    if !request.headers().contains_key(HOST)
        && let Some(host) = request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok())
    {
        request.headers_mut().insert(HOST, host);
    }
    request.extensions_mut().insert(stalled);
    request
}
