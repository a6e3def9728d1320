//! How is a server started and stopped? Two runtimes, one port, and a graceful end. Ref: architecture, "Running, stopping".

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::stopping;
use crate::app::App;
use crate::config::{AuthMode, Config, LogFormat};
use crate::error::ServerError;
use crate::listen::{self, Listening, tls};
use crate::wire::dispatch;

/// Stack of a thread that runs queries: plans are trees, and trees are walked by recursion. So much that planning, which would change to a
/// big stack of its own, stays on it: a fresh stack costs page faults and, in every other thread, an interrupt. Address space, not memory.
pub(super) const QUERY_STACK_BYTES: usize = 64 << 20;
/// How long requests may take to end once the last query has. Basis: inferred.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Turns of a thread between two looks for what came from outside: new queries and stops. Tokio's own choice is up to 61, and a
/// turn of a busy query is a batch, so that a new query would wait for dozens of batches of the running ones before it starts.
const TURNS_BETWEEN_NEW_QUERIES: u32 = 1;
/// Turns between two looks at timers, which bound a query's time and bytes.
const TURNS_BETWEEN_TIMERS: u32 = 8;

/// A server that answers; ends when it is told to, or when dropped with its process.
pub struct Server {
    endpoint: String,
    app: Arc<App>,
    stopping: CancellationToken,
    serving: JoinHandle<()>,
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
    /// Opens the data folder and answers on the configured address. Errors: the settings contradict each other, the folder is in use,
    /// the port is taken, the certificate cannot be used.
    pub async fn start(config: Config) -> Result<Server, ServerError> {
        config.check_access()?;
        let query_runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.query_threads())
            .thread_name("query")
            .thread_stack_size(QUERY_STACK_BYTES)
            .global_queue_interval(TURNS_BETWEEN_NEW_QUERIES)
            .event_interval(TURNS_BETWEEN_TIMERS)
            .enable_all()
            .build()
            .map_err(|error| ServerError::io("query runtime", error))?;
        let handle = query_runtime.handle().clone();
        let query_runtime = QueryRuntime(Some(query_runtime));
        let address = format!("{}:{}", config.bind, config.port);
        let addresses = tokio::net::lookup_host(&address).await.map_err(|error| ServerError::io(address.clone(), error))?;
        for resolved in addresses {
            config.check_bind(resolved.ip())?;
        }
        let listener = TcpListener::bind(&address).await.map_err(|error| ServerError::io(address.clone(), error))?;
        let local = listener.local_addr().map_err(|error| ServerError::io(address, error))?;
        if !local.ip().is_loopback() && config.auth.mode == AuthMode::Open {
            tracing::warn!(address = %local, "the server answers beyond this machine, without authentication");
        }
        let (limits, scheme) = (config.limits.clone(), if config.tls.is_on() { "https" } else { "http" });
        let (app, tls) = tokio::task::spawn_blocking(move || {
            // The folder is opened first: it says whether another server is there already.
            let tls = || tls::acceptor(&config);
            let early = if config.tls.is_generated { None } else { tls()? };
            let app = App::open(config.clone(), handle)?;
            Ok::<_, ServerError>((app, if config.tls.is_generated { tls()? } else { early }))
        })
        .await
        .map_err(|error| ServerError::Start { subject: "server", reason: error.to_string() })??;
        let stopping = CancellationToken::new();
        let listening = Listening { router: dispatch::router(app.clone()), limits, tls };
        let serving = tokio::spawn(listen::serve(listener, listening, stopping.clone()));
        tracing::info!(address = %local, scheme, auth = ?app.config.auth.mode, "serving");
        Ok(Server { endpoint: format!("{scheme}://{local}"), app, stopping, serving, _query_runtime: query_runtime })
    }

    /// Where the server answers, such as `http://127.0.0.1:5455`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Serves until Ctrl-C or SIGTERM, then stops. A second signal ends the process at once.
    pub async fn run_until_signal(self) -> Result<(), ServerError> {
        let failed = |error| ServerError::io("signal handler", error);
        let mut signals = Signals {
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
        };
        signals.next().await;
        tracing::info!("stopping");
        tokio::spawn(async move {
            let code = signals.next().await;
            tracing::warn!("told to stop again: ending at once");
            // What was acknowledged is on disk already; the rest is what a kill would leave.
            std::process::exit(code);
        });
        self.stop().await
    }

    /// Accepts no more connections, lets queries and requests under way end for a while, and leaves the history complete. Queries that
    /// have not ended by then are FAILED with a reason.
    pub async fn stop(mut self) -> Result<(), ServerError> {
        self.stopping.cancel();
        let deadline = Instant::now() + Duration::from_millis(self.app.config.limits.shutdown_grace_ms);
        stopping::end_queries(&self.app, deadline).await;
        // Whoever waits for a query has its answer now; a slow download may still be on its way.
        let until = deadline.max(Instant::now() + LAST_ANSWERS);
        if tokio::time::timeout_at(until, &mut self.serving).await.is_err() {
            tracing::warn!("requests under way are cut off");
            self.serving.abort();
        }
        if let Some(traces) = &self.app.traces {
            traces.flush().await;
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// The two signals that ask for an end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Waits for either; the exit code a shell expects of a process it ended.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 128 + SignalKind::interrupt().as_raw_value(),
            _ = self.terminate.recv() => 128 + SignalKind::terminate().as_raw_value(),
        }
    }
}

/// Log lines go to standard error; `filter` is in the syntax of `tracing`'s filters.
pub fn start_logging(filter: &str, format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A second command in one process keeps the first one's log.
    let _already_started = match format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).with_span_list(false).try_init(),
    };
}
