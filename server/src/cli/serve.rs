//! How is a server started and stopped? Two runtimes, one port, and a graceful end. Ref: architecture, "Running, stopping".

use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::config::Config;
use crate::error::ServerError;
use crate::wire::dispatch;

/// Stack of a thread that runs queries: plans are trees, and trees are walked by recursion.
const QUERY_STACK_BYTES: usize = 16 << 20;
/// How long requests under way may take to end once the server is to stop.
const GRACE: Duration = Duration::from_secs(10);

/// A server that answers; ends when it is told to, or when dropped with its process.
pub struct Server {
    endpoint: String,
    app: Arc<App>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
    /// Held so that queries can run.
    _query_runtime: QueryRuntime,
}

/// The threads that run queries. A runtime must not be dropped where async code runs, so the end does not wait for it.
struct QueryRuntime(Option<tokio::runtime::Runtime>);

impl Drop for QueryRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Server {
    /// Opens the data folder and answers on the configured address. Errors: the folder is in use, the port is taken.
    pub async fn start(config: Config) -> Result<Server, ServerError> {
        let query_runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.query_threads())
            .thread_name("query")
            .thread_stack_size(QUERY_STACK_BYTES)
            .enable_all()
            .build()
            .map_err(|error| ServerError::io("query runtime", error))?;
        let handle = query_runtime.handle().clone();
        let query_runtime = QueryRuntime(Some(query_runtime));
        let address = format!("{}:{}", config.bind, config.port);
        let listener = TcpListener::bind(&address).await.map_err(|error| ServerError::io(address.clone(), error))?;
        let local = listener.local_addr().map_err(|error| ServerError::io(address, error))?;
        if !local.ip().is_loopback() {
            tracing::warn!(address = %local, "the server answers beyond this machine, without authentication");
        }
        let app = tokio::task::spawn_blocking(move || App::open(config, handle))
            .await
            .map_err(|error| ServerError::Start { subject: "server", reason: error.to_string() })??;
        let (stop, stopped) = oneshot::channel();
        let router = dispatch::router(app.clone());
        let serving = tokio::spawn(async move {
            let shutdown = async move {
                let _told_or_dropped = stopped.await;
            };
            // Without this a small answer waits for the client's delayed acknowledgement.
            let listener = listener.tap_io(|stream| {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY cannot be set");
                }
            });
            axum::serve(listener, router).with_graceful_shutdown(shutdown).await
        });
        tracing::info!(address = %local, "serving");
        Ok(Server { endpoint: format!("http://{local}"), app, stop: Some(stop), serving, _query_runtime: query_runtime })
    }

    /// Where the server answers, such as `http://127.0.0.1:5455`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Serves until Ctrl-C or SIGTERM, then stops.
    pub async fn run_until_signal(self) -> Result<(), ServerError> {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .map_err(|error| ServerError::io("signal handler", error))?;
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        self.stop().await
    }

    /// Lets requests under way end, for a while, and leaves the history complete.
    pub async fn stop(mut self) -> Result<(), ServerError> {
        if let Some(stop) = self.stop.take() {
            let _nobody_listens_when_it_ended = stop.send(());
        }
        if let Ok(Ok(Err(error))) = tokio::time::timeout(GRACE, &mut self.serving).await {
            return Err(ServerError::io(self.endpoint.clone(), error));
        }
        self.app.queries.flush();
        Ok(())
    }
}

/// Log lines go to standard error; `filter` is in the syntax of `tracing`'s filters.
pub fn start_logging(filter: &str) {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A second command in one process keeps the first one's log.
    let _already_started = subscriber.try_init();
}
