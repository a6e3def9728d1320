//! Which settings has the process? Defaults, then the TOML file, then `OWLAKE_*`, then flags; read here and nowhere else.

pub mod access;

use crate::error::ServerError;
use crate::query::metering::USD_PER_TB_DEFAULT;
use crate::storage::bucket_name;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use access::{AccessKey, Auth, AuthMode, Tls};

/// Every setting of the process, with its effective value.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where catalog, buckets and query history live.
    pub data_dir: PathBuf,
    /// The address listened on.
    pub bind: String,
    /// The port listened on; 0 takes a free one.
    pub port: u16,
    /// The region of requests without a credential scope.
    pub region: String,
    /// The account of requests whose access key id is not twelve digits.
    pub account_id: String,
    /// The result location of the workgroup `primary` before anyone sets one; none by default, as in a new account.
    pub output_location: Option<String>,
    /// What the log shows, in the syntax of `tracing`'s filters.
    pub log: String,
    /// What a line of the log looks like.
    pub log_format: LogFormat,
    /// Who may ask.
    pub auth: Auth,
    /// Whether the port speaks HTTPS.
    pub tls: Tls,
    /// Where a trace of each query is sent, an OpenTelemetry collector's OTLP/HTTP address such as `http://localhost:4318`.
    pub otlp_endpoint: Option<String>,
    /// Makes ids and file names a function of this number; random when absent.
    pub seed: Option<u64>,
    /// Bytes all queries together may hold before they spill or fail.
    pub memory_bytes_max: usize,
    /// Threads of the query runtime, and partitions of one query; the number of cores when 0.
    pub query_threads: usize,
    /// What a scanned terabyte, 2^40 bytes, is said to cost in US dollars. Ref: Amazon Athena pricing.
    pub usd_per_tb: f64,
    /// Bounds of requests and queries.
    pub limits: Limits,
    /// Buckets that are not folders of the data folder: name → where it is.
    pub buckets: BTreeMap<String, BucketConfig>,
}

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Bounds of requests and queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A JSON request's body, after decompression. Basis: inferred; a full BatchCreatePartition is below 1 MiB.
    pub request_body_bytes_max: usize,
    /// From the first to the last byte of a JSON request. Basis: inferred.
    pub request_timeout_ms: u64,
    /// The body of one PutObject or UploadPart. Ref: Amazon S3 user guide, "Uploading objects": 5 GB.
    pub object_bytes_max: u64,
    /// A request's line and headers. Basis: inferred; S3 takes 8 KB of them, presigned URLs with session tokens are longer.
    pub header_bytes_max: usize,
    /// How many headers a request may have. Basis: hyper's own bound.
    pub headers_max: usize,
    /// From a connection's start, or its last answer, to the end of the next request's headers. Basis: inferred.
    pub header_timeout_ms: u64,
    /// The longest pause within a body, in either direction. Ref: S3's RequestTimeout; its length is inferred.
    pub body_idle_timeout_ms: u64,
    /// Connections held at once; further ones wait to be accepted. Basis: inferred, below the usual bound of open files.
    pub connections_max: usize,
    /// How long queries and requests under way may go on once the server is told to stop. Basis: inferred.
    pub shutdown_grace_ms: u64,
    /// DML queries running at once. Basis: inferred; one query uses every core already.
    pub dml_running_max: usize,
    /// DDL and utility statements running at once. Basis: inferred.
    pub ddl_running_max: usize,
    /// DML queries running or queued. Ref: Athena user guide, service quotas (us-east-1).
    pub dml_active_max: usize,
    /// DDL and utility statements running or queued. Ref: Athena user guide, service quotas (every region).
    pub ddl_active_max: usize,
    /// After this a DML query fails with `Query timeout`. Ref: Athena user guide, service quotas.
    pub dml_timeout_ms: u64,
    /// After this a DDL statement fails with `Query timeout`. Ref: Athena user guide, service quotas.
    pub ddl_timeout_ms: u64,
    /// Queries remembered; the oldest finished ones are forgotten first. Basis: inferred, bounds memory.
    pub history_queries_max: usize,
    /// The age at which a finished query is forgotten. Ref: Athena user guide, "View recent queries": 45 days.
    pub history_days_max: u64,
    /// How long managed results are kept. Ref: Athena user guide, "Managed query results": 24 hours.
    pub managed_results_hours_max: u64,
}

/// Where a configured bucket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketConfig {
    /// A local folder; set either this or `endpoint`.
    pub path: Option<PathBuf>,
    /// An S3-compatible endpoint such as `https://minio.local:9000`.
    pub endpoint: Option<String>,
    /// The bucket's name there; the same name when absent.
    pub bucket: Option<String>,
    /// The endpoint's region.
    pub region: Option<String>,
    /// The access key's id.
    pub access_key_id: Option<String>,
    /// The access key's secret.
    pub secret_access_key: Option<String>,
    /// Whether the bucket stands in the path of the endpoint's URLs rather than in their host name; true unless set.
    pub path_style: bool,
}

impl Default for BucketConfig {
    fn default() -> Self {
        BucketConfig {
            path: None,
            endpoint: None,
            bucket: None,
            region: None,
            access_key_id: None,
            secret_access_key: None,
            path_style: true,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            data_dir: PathBuf::from("owlake-data"),
            bind: "127.0.0.1".to_owned(),
            port: 5455,
            region: "us-east-1".to_owned(),
            account_id: "000000000000".to_owned(),
            output_location: None,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            auth: Auth::default(),
            tls: Tls::default(),
            otlp_endpoint: None,
            seed: None,
            memory_bytes_max: 2 << 30,
            query_threads: 0,
            usd_per_tb: USD_PER_TB_DEFAULT,
            limits: Limits {
                request_body_bytes_max: 16 << 20,
                request_timeout_ms: 60_000,
                object_bytes_max: 5 << 30,
                header_bytes_max: 128 << 10,
                headers_max: 100,
                header_timeout_ms: 60_000,
                body_idle_timeout_ms: 30_000,
                connections_max: 900,
                shutdown_grace_ms: 10_000,
                dml_running_max: 4,
                ddl_running_max: 8,
                dml_active_max: 200,
                ddl_active_max: 20,
                dml_timeout_ms: 30 * 60_000,
                ddl_timeout_ms: 600 * 60_000,
                history_queries_max: 10_000,
                history_days_max: 45,
                managed_results_hours_max: 24,
            },
            buckets: BTreeMap::new(),
        }
    }
}

/// One setting: its key in the file (`OWLAKE_` and upper case in the environment, `--` and dashes as a flag), what it
/// is, and how its text is taken in.
pub struct Setting {
    /// The key in the TOML file.
    pub key: &'static str,
    /// One line for `--help`.
    pub help: &'static str,
    /// Parses the text into the configuration; the error says what is wanted.
    pub set: fn(&mut Config, &str) -> Result<(), String>,
}

/// Every setting a line of the file, a variable or a flag can give. Buckets are given in the file only.
pub const SETTINGS: &[Setting] = &[
    Setting { key: "data_dir", help: "folder of catalog, buckets and history", set: |c, v| text(v).map(|v| c.data_dir = v.into()) },
    Setting { key: "bind", help: "address to listen on", set: |c, v| text(v).map(|v| c.bind = v) },
    Setting { key: "port", help: "port to listen on, 0 for a free one", set: |c, v| parsed(v, "a port number").map(|v| c.port = v) },
    Setting { key: "region", help: "region of unsigned requests", set: |c, v| text(v).map(|v| c.region = v) },
    Setting { key: "account_id", help: "account of requests whose key id is no account", set: |c, v| account(v).map(|v| c.account_id = v) },
    Setting {
        key: "output_location",
        help: "result location of the workgroup primary, an s3:// URI",
        set: |c, v| s3_uri(v).map(|v| c.output_location = Some(v)),
    },
    Setting { key: "log", help: "log filter, such as info or owlake=debug", set: |c, v| log_filter(v).map(|v| c.log = v) },
    Setting { key: "log_format", help: "how log lines look: text or json", set: |c, v| log_format(v).map(|v| c.log_format = v) },
    Setting {
        key: "auth",
        help: "open, or verify: requests must be signed with a key of auth_keys",
        set: |c, v| access::auth_mode(v).map(|v| c.auth.mode = v),
    },
    Setting {
        key: "auth_keys",
        help: "access keys as id:secret,id:secret; rather in the file or the environment than as a flag",
        set: |c, v| c.auth.add_pairs(v),
    },
    Setting {
        key: "allow_open_bind",
        help: "true: answer other machines although auth is open",
        set: |c, v| parsed(v, "true or false").map(|v| c.auth.is_open_bind_allowed = v),
    },
    Setting {
        key: "tls_certificate",
        help: "PEM file of the server's certificate",
        set: |c, v| text(v).map(|v| c.tls.certificate = Some(v.into())),
    },
    Setting { key: "tls_key", help: "PEM file of its private key", set: |c, v| text(v).map(|v| c.tls.key = Some(v.into())) },
    Setting {
        key: "tls_generate",
        help: "true: speak HTTPS with a certificate made for this machine",
        set: |c, v| parsed(v, "true or false").map(|v| c.tls.is_generated = v),
    },
    Setting {
        key: "otlp_endpoint",
        help: "OpenTelemetry collector that gets a trace of each query, such as http://localhost:4318",
        set: |c, v| http_url(v).map(|v| c.otlp_endpoint = Some(v)),
    },
    Setting { key: "seed", help: "makes ids repeatable", set: |c, v| parsed(v, "a whole number").map(|v| c.seed = Some(v)) },
    Setting {
        key: "memory_bytes_max",
        help: "bytes all queries together may hold",
        set: |c, v| positive(v).map(|v| c.memory_bytes_max = v),
    },
    Setting {
        key: "query_threads",
        help: "threads that run queries, 0 for one a core",
        set: |c, v| threads(v).map(|v| c.query_threads = v),
    },
    Setting {
        key: "request_body_bytes_max",
        help: "longest JSON request",
        set: |c, v| positive(v).map(|v| c.limits.request_body_bytes_max = v),
    },
    Setting {
        key: "request_timeout_ms",
        help: "longest time of a JSON request",
        set: |c, v| positive(v).map(|v| c.limits.request_timeout_ms = v as u64),
    },
    Setting {
        key: "object_bytes_max",
        help: "longest body of one upload to S3",
        set: |c, v| positive(v).map(|v| c.limits.object_bytes_max = v as u64),
    },
    Setting {
        key: "header_bytes_max",
        help: "longest line and headers of a request",
        set: |c, v| header_bytes(v).map(|v| c.limits.header_bytes_max = v),
    },
    Setting { key: "headers_max", help: "headers of a request", set: |c, v| positive(v).map(|v| c.limits.headers_max = v) },
    Setting {
        key: "header_timeout_ms",
        help: "longest wait for a request's headers",
        set: |c, v| positive(v).map(|v| c.limits.header_timeout_ms = v as u64),
    },
    Setting {
        key: "body_idle_timeout_ms",
        help: "longest pause within a body",
        set: |c, v| positive(v).map(|v| c.limits.body_idle_timeout_ms = v as u64),
    },
    Setting { key: "connections_max", help: "connections held at once", set: |c, v| positive(v).map(|v| c.limits.connections_max = v) },
    Setting {
        key: "shutdown_grace_ms",
        help: "how long queries may go on once the server is told to stop",
        set: |c, v| parsed(v, "a whole number").map(|v| c.limits.shutdown_grace_ms = v),
    },
    Setting { key: "dml_running_max", help: "DML queries running at once", set: |c, v| positive(v).map(|v| c.limits.dml_running_max = v) },
    Setting {
        key: "ddl_running_max",
        help: "DDL statements running at once",
        set: |c, v| positive(v).map(|v| c.limits.ddl_running_max = v),
    },
    Setting { key: "dml_active_max", help: "DML queries running or queued", set: |c, v| positive(v).map(|v| c.limits.dml_active_max = v) },
    Setting {
        key: "ddl_active_max",
        help: "DDL statements running or queued",
        set: |c, v| positive(v).map(|v| c.limits.ddl_active_max = v),
    },
    Setting {
        key: "dml_timeout_ms",
        help: "longest run of a DML query",
        set: |c, v| positive(v).map(|v| c.limits.dml_timeout_ms = v as u64),
    },
    Setting {
        key: "ddl_timeout_ms",
        help: "longest run of a DDL statement",
        set: |c, v| positive(v).map(|v| c.limits.ddl_timeout_ms = v as u64),
    },
    Setting { key: "history_queries_max", help: "queries remembered", set: |c, v| positive(v).map(|v| c.limits.history_queries_max = v) },
    Setting {
        key: "history_days_max",
        help: "days a query is remembered",
        set: |c, v| positive(v).map(|v| c.limits.history_days_max = v as u64),
    },
    Setting {
        key: "managed_results_hours_max",
        help: "hours the results of a workgroup with managed results are kept",
        set: |c, v| positive(v).map(|v| c.limits.managed_results_hours_max = v as u64),
    },
    Setting { key: "usd_per_tb", help: "price of a scanned terabyte in US dollars", set: |c, v| price(v).map(|v| c.usd_per_tb = v) },
];

impl Config {
    /// The configuration of this process: file (`OWLAKE_CONFIG` or the given path), environment, then `flags` as
    /// key and text. Errors: an unreadable file, an unknown key, a value that does not fit; the text names the key.
    pub fn load(file: Option<&Path>, flags: &[(String, String)]) -> Result<Self, ServerError> {
        let environment: Vec<(String, String)> = std::env::vars().filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX)).collect();
        let named = environment.iter().find(|(name, _)| name == ENVIRONMENT_FILE).map(|(_, path)| PathBuf::from(path));
        let file = file.map(Path::to_owned).or(named);
        let text = match &file {
            Some(path) => std::fs::read_to_string(path).map_err(|error| ServerError::io(path.display().to_string(), error))?,
            None => String::new(),
        };
        Config::layered(&text, &environment, flags)
    }

    /// The configuration out of the three layers' contents; reads nothing itself.
    pub fn layered(file: &str, environment: &[(String, String)], flags: &[(String, String)]) -> Result<Self, ServerError> {
        let mut config = Config::default();
        config.take_file(file)?;
        for (name, value) in environment.iter().filter(|(name, _)| name != ENVIRONMENT_FILE) {
            let key = name.strip_prefix(ENVIRONMENT_PREFIX).unwrap_or(name).to_lowercase();
            config.take(&key, value, name)?;
        }
        for (key, value) in flags {
            config.take(key, value, &format!("--{}", key.replace('_', "-")))?;
        }
        Ok(config)
    }

    fn take_file(&mut self, file: &str) -> Result<(), ServerError> {
        let table: toml::Table = file.parse().map_err(|error| ServerError::Configuration(format!("the file is not TOML: {error}")))?;
        for (key, value) in table {
            match (key.as_str(), value) {
                ("buckets", toml::Value::Table(buckets)) => {
                    for (name, value) in buckets {
                        let bucket = bucket(&name, value)?;
                        self.buckets.insert(name, bucket);
                    }
                }
                ("auth", toml::Value::Table(auth)) => self.take_auth(auth)?,
                ("tls", toml::Value::Table(tls)) => {
                    for (key, value) in tls {
                        let shown = format!("tls.{key}");
                        let value = scalar(&value).ok_or_else(|| ServerError::Configuration(format!("'{shown}' wants one value")))?;
                        self.take(&format!("tls_{key}"), &value, &shown)?;
                    }
                }
                (key, value) => {
                    let value = scalar(&value).ok_or_else(|| ServerError::Configuration(format!("'{key}' wants one value")))?;
                    self.take(key, &value, key)?;
                }
            }
        }
        Ok(())
    }

    fn take_auth(&mut self, auth: toml::Table) -> Result<(), ServerError> {
        for (key, value) in auth {
            let shown = format!("auth.{key}");
            let one = || scalar(&value).ok_or_else(|| ServerError::Configuration(format!("'{shown}' wants one value")));
            match (key.as_str(), &value) {
                ("keys", toml::Value::Table(keys)) => self.auth.add_table(keys.clone())?,
                ("mode", _) => self.take("auth", &one()?, &shown)?,
                ("allow_open_bind", _) => self.take("allow_open_bind", &one()?, &shown)?,
                _ => return Err(ServerError::Configuration(format!("unknown setting '{shown}'"))),
            }
        }
        Ok(())
    }

    /// Errors: settings that contradict each other.
    pub fn check_access(&self) -> Result<(), ServerError> {
        let wrong = |text: &str| Err(ServerError::Configuration(text.to_owned()));
        if self.auth.mode == AuthMode::Verify && self.auth.keys.is_empty() {
            return wrong("'auth' is 'verify' and there is no key: give some in '[auth.keys]' or 'auth_keys'");
        }
        match (&self.tls.certificate, &self.tls.key) {
            (Some(_), None) => wrong("'tls_certificate' is given without 'tls_key'"),
            (None, Some(_)) => wrong("'tls_key' is given without 'tls_certificate'"),
            (Some(_), Some(_)) if self.tls.is_generated => wrong("'tls_generate' and 'tls_certificate' exclude each other"),
            _ => Ok(()),
        }
    }

    /// Errors: other machines would reach a server that lets everyone in.
    pub fn check_bind(&self, address: std::net::IpAddr) -> Result<(), ServerError> {
        if address.is_loopback() || self.auth.mode == AuthMode::Verify || self.auth.is_open_bind_allowed {
            return Ok(());
        }
        Err(ServerError::Configuration(format!(
            "'bind' is '{}', which other machines reach, and 'auth' is 'open': set 'auth' to 'verify', or 'allow_open_bind' to true",
            self.bind
        )))
    }

    /// The key the program's own commands sign with: the first configured one, else the one AWS's tools would take.
    pub fn client_key(&self) -> Option<(String, String)> {
        let configured = self.auth.keys.iter().next().map(|(id, key)| (id.clone(), key.secret.clone()));
        configured.or_else(|| {
            let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
            variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"))
        })
    }

    /// `shown` is the key as its layer spells it.
    fn take(&mut self, key: &str, value: &str, shown: &str) -> Result<(), ServerError> {
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.key == key)
            .ok_or_else(|| ServerError::Configuration(format!("unknown setting '{shown}'")))?;
        // Secrets are not for error texts.
        let value_shown = if key == "auth_keys" { "…" } else { value };
        (setting.set)(self, value).map_err(|wanted| ServerError::Configuration(format!("'{shown}' is '{value_shown}', not {wanted}")))
    }

    /// Errors: a bucket whose folder is not there; without this its tables would only look empty.
    pub fn check_folders(&self) -> Result<(), ServerError> {
        for (name, path) in self.buckets.iter().filter_map(|(name, bucket)| Some((name, bucket.path.as_ref()?))) {
            if !path.is_dir() {
                return Err(ServerError::Configuration(format!("'buckets.{name}.path' is '{}', not a folder", path.display())));
            }
        }
        Ok(())
    }

    /// The threads of the query runtime and partitions of a query, resolved.
    pub fn query_threads(&self) -> usize {
        match self.query_threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

const ENVIRONMENT_PREFIX: &str = "OWLAKE_";
/// Each thread has a stack of its own; more than any machine has cores. Basis: inferred.
const QUERY_THREADS_MAX: usize = 1024;
/// Names the file; the one variable that is no setting.
const ENVIRONMENT_FILE: &str = "OWLAKE_CONFIG";

fn bucket(name: &str, value: toml::Value) -> Result<BucketConfig, ServerError> {
    if !bucket_name::is_valid(name) {
        return Err(ServerError::Configuration(format!("'buckets.{name}' is no bucket name")));
    }
    let toml::Value::Table(table) = value else {
        return Err(ServerError::Configuration(format!("'buckets.{name}' wants a table")));
    };
    let mut bucket = BucketConfig::default();
    for (key, value) in table {
        let text = scalar(&value).ok_or_else(|| ServerError::Configuration(format!("'buckets.{name}.{key}' wants one value")))?;
        match key.as_str() {
            "path" => bucket.path = Some(text.into()),
            "endpoint" => bucket.endpoint = Some(text),
            "bucket" => bucket.bucket = Some(text),
            "region" => bucket.region = Some(text),
            "access_key_id" => bucket.access_key_id = Some(text),
            "secret_access_key" => bucket.secret_access_key = Some(text),
            "path_style" => {
                bucket.path_style =
                    text.parse().map_err(|_| ServerError::Configuration(format!("'buckets.{name}.path_style' wants true or false")))?;
            }
            _ => return Err(ServerError::Configuration(format!("unknown setting 'buckets.{name}.{key}'"))),
        }
    }
    if bucket.path.is_some() == bucket.endpoint.is_some() {
        return Err(ServerError::Configuration(format!("'buckets.{name}' wants either 'path' or 'endpoint'")));
    }
    Ok(bucket)
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => None,
    }
}

fn text(value: &str) -> Result<String, String> {
    if value.is_empty() { Err("a text".to_owned()) } else { Ok(value.to_owned()) }
}

fn parsed<T: std::str::FromStr>(value: &str, wanted: &str) -> Result<T, String> {
    value.parse().map_err(|_| wanted.to_owned())
}

fn positive(value: &str) -> Result<usize, String> {
    parsed(value, "a positive whole number").and_then(|number| match number {
        0 => Err("a positive whole number".to_owned()),
        number => Ok(number),
    })
}

fn price(value: &str) -> Result<f64, String> {
    let wanted = "a price of 0 or more";
    parsed(value, wanted).and_then(|price: f64| if price.is_finite() && price >= 0.0 { Ok(price) } else { Err(wanted.to_owned()) })
}

fn threads(value: &str) -> Result<usize, String> {
    let wanted = format!("a whole number up to {QUERY_THREADS_MAX}");
    parsed(value, &wanted).and_then(|number| if number <= QUERY_THREADS_MAX { Ok(number) } else { Err(wanted) })
}

fn log_filter(value: &str) -> Result<String, String> {
    let is_filter = !value.is_empty() && tracing_subscriber::EnvFilter::try_new(value).is_ok();
    if is_filter { Ok(value.to_owned()) } else { Err("a log filter such as info or owlake=debug".to_owned()) }
}

fn log_format(value: &str) -> Result<LogFormat, String> {
    match value {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("text or json".to_owned()),
    }
}

fn http_url(value: &str) -> Result<String, String> {
    let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
    if rest.is_some_and(|rest| !rest.is_empty()) {
        Ok(value.trim_end_matches('/').to_owned())
    } else {
        Err("an http:// or https:// URL".to_owned())
    }
}

/// hyper holds no smaller buffer.
fn header_bytes(value: &str) -> Result<usize, String> {
    let wanted = "a whole number from 8192";
    parsed(value, wanted).and_then(|number| if number >= 8192 { Ok(number) } else { Err(wanted.to_owned()) })
}

fn account(value: &str) -> Result<String, String> {
    let is_account = value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { Ok(value.to_owned()) } else { Err("twelve digits".to_owned()) }
}

fn s3_uri(value: &str) -> Result<String, String> {
    match value.strip_prefix("s3://") {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => Ok(value.to_owned()),
        _ => Err("an s3:// URI".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn error(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> String {
        Config::layered(file, &pairs(environment), &pairs(flags)).unwrap_err().to_string()
    }

    #[test]
    fn later_layers_win() {
        let file = "port = 1\nregion = 'file'\nbind = 'file'\n";
        let environment = pairs(&[("OWLAKE_CONFIG", "x.toml"), ("OWLAKE_REGION", "env"), ("OWLAKE_BIND", "env")]);
        let config = Config::layered(file, &environment, &pairs(&[("bind", "flag")])).unwrap();
        assert_eq!((config.port, config.region.as_str(), config.bind.as_str()), (1, "env", "flag"));
        assert_eq!(config.data_dir, PathBuf::from("owlake-data"));
    }

    #[test]
    fn mistakes_name_their_key() {
        assert_eq!(error("prot = 1", &[], &[]), "configuration: unknown setting 'prot'");
        assert_eq!(error("", &[("OWLAKE_PROT", "1")], &[]), "configuration: unknown setting 'OWLAKE_PROT'");
        assert_eq!(error("", &[], &[("memory_bytes_max", "0")]), "configuration: '--memory-bytes-max' is '0', not a positive whole number");
        assert_eq!(error("usd_per_tb = -1", &[], &[]), "configuration: 'usd_per_tb' is '-1', not a price of 0 or more");
        assert_eq!(error("port = 70000", &[], &[]), "configuration: 'port' is '70000', not a port number");
        assert_eq!(error("query_threads = 1025", &[], &[]), "configuration: 'query_threads' is '1025', not a whole number up to 1024");
        assert_eq!(
            error("log = 'owlake=='", &[], &[]),
            "configuration: 'log' is 'owlake==', not a log filter such as info or owlake=debug"
        );
        assert_eq!(error("[buckets.lake]\npaht = '/x'", &[], &[]), "configuration: unknown setting 'buckets.lake.paht'");
        assert_eq!(error("[buckets.lake]\nregion = 'x'", &[], &[]), "configuration: 'buckets.lake' wants either 'path' or 'endpoint'");
        let config = Config::layered("[buckets.lake]\npath = '/no/such'", &[], &[]).unwrap();
        assert_eq!(config.check_folders().unwrap_err().to_string(), "configuration: 'buckets.lake.path' is '/no/such', not a folder");
        assert_eq!(error("[buckets.La_ke]\npath = '/x'", &[], &[]), "configuration: 'buckets.La_ke' is no bucket name");
    }

    #[test]
    fn keys_come_from_the_file_and_the_environment_and_show_in_no_text() {
        let file = "[auth]\nmode = 'verify'\n[auth.keys]\nAKIDONE = 'secret-one'\nAKIDTWO = { secret = 'secret-two', account_id = '111122223333' }\n";
        let config = Config::layered(file, &pairs(&[("OWLAKE_AUTH_KEYS", "AKIDTHREE:a/b+c===")]), &[]).unwrap();
        assert_eq!(config.auth.mode, AuthMode::Verify);
        assert_eq!(config.auth.keys.keys().collect::<Vec<_>>(), ["AKIDONE", "AKIDTHREE", "AKIDTWO"]);
        assert_eq!(config.auth.keys["AKIDTHREE"].secret, "a/b+c===");
        assert_eq!(config.auth.keys["AKIDTWO"].account_id.as_deref(), Some("111122223333"));
        assert!(!format!("{config:?}").contains("secret-"), "{config:?}");
        config.check_access().unwrap();
        config.check_bind([0, 0, 0, 0].into()).unwrap();

        let without_keys = Config::layered("auth = 'verify'", &[], &[]).unwrap();
        assert!(without_keys.check_access().unwrap_err().to_string().contains("there is no key"));
        assert_eq!(
            error("", &[("OWLAKE_AUTH_KEYS", "topsecretvalue")], &[]),
            "configuration: 'OWLAKE_AUTH_KEYS' is '…', not pairs id:secret, with commas between them"
        );
        assert_eq!(error("[auth.keys]\nAKID = 'short'", &[], &[]), "configuration: 'auth.keys.AKID' wants secrets of 8 characters or more");
        assert_eq!(error("[auth]\nmod = 'open'", &[], &[]), "configuration: unknown setting 'auth.mod'");
    }

    #[test]
    fn an_open_server_answers_no_other_machine_unless_told_to() {
        let open = Config { bind: "0.0.0.0".to_owned(), ..Config::default() };
        open.check_bind([127, 0, 0, 1].into()).unwrap();
        assert!(open.check_bind([0, 0, 0, 0].into()).unwrap_err().to_string().contains("'allow_open_bind' to true"));
        Config::layered("[auth]\nallow_open_bind = true", &[], &[]).unwrap().check_bind([0, 0, 0, 0].into()).unwrap();
    }

    #[test]
    fn tls_wants_both_files_or_none() {
        let check = |file: &str| Config::layered(file, &[], &[]).unwrap().check_access().map_err(|error| error.to_string());
        assert!(Config::layered("[tls]\ngenerate = true", &[], &[]).unwrap().tls.is_on());
        check("[tls]\ncertificate = 'a'\nkey = 'b'").unwrap();
        assert!(check("[tls]\ncertificate = 'a'").unwrap_err().contains("without 'tls_key'"));
        assert!(check("[tls]\ngenerate = true\ncertificate = 'a'\nkey = 'b'").unwrap_err().contains("exclude each other"));
    }
}
