//! How does the server listen? One socket, two runtimes: one answers requests, one runs queries.

use crate::app::App;
use crate::config::Config;
use crate::error::ServerError;
use crate::wire::dispatch;
use axum::serve::ListenerExt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// Threads that answer requests; they never run a query. Basis: inferred.
const REQUEST_THREADS: usize = 2;

/// A server that listens and does not answer yet.
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    requests: Runtime,
    queries: Runtime,
}

impl Server {
    /// Opens the data folder and the socket.
    pub fn open(config: Config) -> Result<Self, ServerError> {
        let requests = runtime("requests", REQUEST_THREADS)?;
        let queries = runtime("queries", config.query_threads())?;
        let address = format!("{}:{}", config.bind, config.port);
        let app = App::open(config, queries.handle().clone())?;
        let listener = requests.block_on(TcpListener::bind(&address)).map_err(|error| ServerError::io(address, error))?;
        Ok(Server { app, listener, requests, queries })
    }

    /// The parts requests share.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// The address listened on, with the port taken.
    pub fn address(&self) -> Result<SocketAddr, ServerError> {
        self.listener.local_addr().map_err(|error| ServerError::io("the socket", error))
    }

    /// Answers requests until `shutdown` is ready, then ends in order: open requests are answered, running queries
    /// are FAILED at the next start, their history is written.
    pub fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServerError> {
        let Server { app, listener, requests, queries } = self;
        let served = requests.block_on(answer(app.clone(), listener, shutdown));
        queries.shutdown_background();
        app.queries.flush();
        served
    }
}

/// Answers requests on a socket until `shutdown` is ready.
pub async fn answer(app: Arc<App>, listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServerError> {
    // Replies are small and complete; waiting to fill a packet only delays them.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    axum::serve(listener, dispatch::router(app))
        .with_graceful_shutdown(shutdown)
        .await
        .map_err(|error| ServerError::io("the socket", error))
}

fn runtime(name: &str, threads: usize) -> Result<Runtime, ServerError> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name(name)
        .enable_all()
        .build()
        .map_err(|error| ServerError::io(format!("the runtime of {name}"), error))
}
