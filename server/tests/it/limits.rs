//! Are the bounds of requests and connections kept, and how does a server end that is told to? Bytes and signals at the real binary.
//!
//! basis: each bound is named in the configuration; documented, Amazon S3 API reference, "List of error codes" for EntityTooLarge and
//! RequestTimeout; RFC 6585 for status 431; inferred for how a server ends.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Process, call};

/// A query that reads nothing and does not end in any test's time.
const ENDLESS: &str = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x), UNNEST(sequence(1, 10000)) AS b(y), UNNEST(sequence(1, 10000)) AS c(z) WHERE x * y + z = -1";

struct Running {
    process: Process,
    folder: tempfile::TempDir,
}

impl Running {
    fn with(flags: &[&str]) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::start_with(&folder.path().join("data"), flags, &folder.path().join("log")).unwrap();
        Running { process, folder }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.process.endpoint.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// What comes back for these bytes until the server closes or has answered.
    fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // The server may answer and close before it has read everything.
        let _cut = stream.write_all(bytes);
        answer(&mut stream)
    }
}

/// One answer with its whole body, or what came before the end.
fn answer(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) => return text,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => return text,
            Err(error) => panic!("the server hangs: {error}; so far: {text}"),
        }
    }
}

/// How long until the server closes a connection that sends only this.
fn closed_after(server: &Running, bytes: &[u8]) -> Duration {
    let started = Instant::now();
    server.exchange(bytes);
    started.elapsed()
}

#[test]
fn headers_are_bounded_in_length_and_number() {
    let server = Running::with(&["--header-bytes-max", "16384", "--headers-max", "20"]);
    let status = |more: &str| server.exchange(format!("GET /_owlake/health HTTP/1.1\r\nHost: x\r\n{more}\r\n").as_bytes())[..12].to_owned();
    assert_eq!(status(&format!("x-long: {}\r\n", "a".repeat(8000))), "HTTP/1.1 200");
    assert_eq!(status(&format!("x-long: {}\r\n", "a".repeat(20_000))), "HTTP/1.1 431");
    assert_eq!(status(&"x: y\r\n".repeat(15)), "HTTP/1.1 200");
    assert_eq!(status(&"x: y\r\n".repeat(25)), "HTTP/1.1 431");
    let long = server.exchange(format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(70_000)).as_bytes());
    assert!(long.starts_with("HTTP/1.1 414") || long.starts_with("HTTP/1.1 431"), "{long}");
}

#[test]
fn headers_and_bodies_have_to_come_in_time() {
    let server = Running::with(&["--header-timeout-ms", "700", "--body-idle-timeout-ms", "600"]);
    let created = server.exchange(b"PUT /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert!(created.starts_with("HTTP/1.1 200"), "{created}");
    for partial in [b"".as_slice(), b"GE", b"PRI * HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Ab"] {
        let waited = closed_after(&server, partial);
        assert!(waited > Duration::from_millis(500) && waited < Duration::from_secs(10), "{partial:?}: {waited:?}");
    }
    // One byte now and then does not help.
    let mut slow = server.connect();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(20) && slow.write_all(b"a").is_ok() {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(started.elapsed() < Duration::from_secs(10), "a drip kept the connection for {:?}", started.elapsed());

    let stalled = server.exchange(b"PUT /slow/key HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    assert!(stalled.starts_with("HTTP/1.1 400") && stalled.contains("<Code>RequestTimeout</Code>"), "{stalled}");
    let head = server.exchange(b"HEAD /slow/key HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    let stalled = server.exchange(
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonAthena.ListWorkGroups\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 10\r\n\r\n{",
    );
    assert!(stalled.starts_with("HTTP/1.1 400") && stalled.contains("RequestTimeoutException"), "{stalled}");
    // A body that comes slowly, but comes, is taken.
    let mut slow = server.connect();
    slow.write_all(b"PUT /slow/key HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\n").unwrap();
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(300));
        slow.write_all(b"a").unwrap();
    }
    assert!(answer(&mut slow).starts_with("HTTP/1.1 200"));
}

/// What a request is answered whose body comes a byte at a time, and whether the connection ends with it.
fn answer_to_a_drip(server: &Running, head: &str) -> (String, bool) {
    let mut reading = server.connect();
    let mut writing = reading.try_clone().unwrap();
    writing.write_all(head.as_bytes()).unwrap();
    let dripping = std::thread::spawn(move || {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) && writing.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
        started.elapsed() < Duration::from_secs(20)
    });
    let told = answer(&mut reading);
    (told, dripping.join().unwrap())
}

#[test]
fn a_body_that_drips_is_told_that_it_took_too_long() {
    let server = Running::with(&["--request-timeout-ms", "900", "--body-idle-timeout-ms", "10000"]);
    let created = server.exchange(b"PUT /drip HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert!(created.starts_with("HTTP/1.1 200"), "{created}");
    let json = |target: &str| {
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 1000\r\n\r\n{{"
        )
    };
    let form = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n".to_owned();
    for (head, code) in [
        ("POST /drip?delete HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".to_owned(), "<Code>RequestTimeout</Code>"),
        ("PUT /drip?tagging HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".to_owned(), "<Code>RequestTimeout</Code>"),
        (json("AmazonAthena.ListWorkGroups"), "\"__type\":\"RequestTimeoutException\""),
        (json("AWSGlue.GetDatabases"), "\"__type\":\"RequestTimeoutException\""),
        (form, "<Code>RequestTimeout</Code>"),
    ] {
        let started = Instant::now();
        let (told, is_closed) = answer_to_a_drip(&server, &head);
        assert!(told.starts_with("HTTP/1.1 400") && told.contains(code), "{head}: {told}");
        assert!(told.to_ascii_lowercase().contains("connection: close"), "{told}");
        assert!(is_closed && started.elapsed() < Duration::from_secs(8), "{head}: {:?}", started.elapsed());
    }
    // The bytes of an object may take longer, so long as they come.
    let mut slow = server.connect();
    slow.write_all(b"PUT /drip/key HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\nConnection: close\r\n\r\n").unwrap();
    for _ in 0..15 {
        std::thread::sleep(Duration::from_millis(100));
        slow.write_all(b"a").unwrap();
    }
    assert!(answer(&mut slow).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_peer_that_reads_nothing_is_let_go() {
    let server = Running::with(&["--body-idle-timeout-ms", "700", "--connections-max", "1"]);
    let bucket = server.folder.path().join("data/buckets/big");
    std::fs::create_dir_all(&bucket).unwrap();
    std::fs::File::create(bucket.join("object")).unwrap().set_len(256 << 20).unwrap();
    let mut deaf = server.connect();
    deaf.write_all(b"GET /big/object HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    // The one connection there may be is free again only when the deaf one is cut off.
    let health = server.exchange(b"GET /_owlake/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    drop(deaf);
}

#[test]
fn uploads_are_bounded() {
    let server = Running::with(&["--object-bytes-max", "1000"]);
    let put = |headers: &str, body: &[u8]| {
        let head = format!("PUT /bounded/key HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        server.exchange(&[head.as_bytes(), body].concat())
    };
    assert!(
        server.exchange(b"PUT /bounded HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200")
    );
    assert!(put("Content-Length: 1000\r\n", &[b'a'; 1000]).starts_with("HTTP/1.1 200"));
    let refused = put("Content-Length: 1001\r\n", &[b'a'; 1001]);
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("<Code>EntityTooLarge</Code>"), "{refused}");
    assert!(refused.contains("<ProposedSize>1001</ProposedSize><MaxSizeAllowed>1000</MaxSizeAllowed>"), "{refused}");
    let decoded =
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nx-amz-decoded-content-length: 1001\r\nContent-Length: 1020\r\n";
    assert!(put(decoded, b"").contains("<Code>EntityTooLarge</Code>"));
    let chunk = [b"7d0\r\n".as_slice(), &[b'a'; 2000], b"\r\n0\r\n\r\n"].concat();
    let unsized_body = put("Transfer-Encoding: chunked\r\n", &chunk);
    assert!(unsized_body.starts_with("HTTP/1.1 4"), "{unsized_body}");
}

#[test]
fn connections_are_bounded_and_wait_for_their_place() {
    let server = Running::with(&["--connections-max", "2"]);
    let request = b"GET /_owlake/health HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut held: Vec<TcpStream> = (0..2).map(|_| server.connect()).collect();
    for stream in &mut held {
        stream.write_all(request).unwrap();
        assert!(answer(stream).starts_with("HTTP/1.1 200"));
    }
    let mut third = server.connect();
    third.write_all(request).unwrap();
    third.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    assert!(third.read(&mut [0; 1]).is_err(), "a third connection was served beside two");
    held.pop();
    third.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert!(answer(&mut third).starts_with("HTTP/1.1 200"));
}

fn start_query(endpoint: &str, sql: &str) -> String {
    let body = json!({"QueryString": sql, "ClientRequestToken": "t".repeat(32), "ResultConfiguration": {"OutputLocation": "s3://ends/"}});
    let (status, text) = call(endpoint, "AmazonAthena.StartQueryExecution", &body.to_string()).unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str::<Value>(&text).unwrap()["QueryExecutionId"].as_str().unwrap().to_owned()
}

fn status_of(endpoint: &str, id: &str) -> Value {
    let (_, text) = call(endpoint, "AmazonAthena.GetQueryExecution", &json!({"QueryExecutionId": id}).to_string()).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["QueryExecution"]["Status"].clone()
}

fn wait_until_running(endpoint: &str, id: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while status_of(endpoint, id)["State"] != "RUNNING" {
        assert!(Instant::now() < deadline, "the query does not run: {}", status_of(endpoint, id));
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A server whose exit code is waited for.
struct Ending {
    child: Child,
    endpoint: String,
}

impl Ending {
    fn start(data_dir: &Path, flags: &[&str]) -> Ending {
        std::fs::create_dir_all(data_dir.join("buckets/ends")).unwrap();
        let log = std::fs::File::create(data_dir.join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_owlake"));
        command.args(["serve", "--port", "0", "--data-dir"]).arg(data_dir).args(flags).stdout(Stdio::piped()).stderr(log);
        // Settings of whoever runs the tests are not the server's.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OWLAKE_")) {
            command.env_remove(name);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
        let endpoint = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        Ending { child, endpoint }
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// The exit code, and how long it took.
    fn ended(&mut self) -> (Option<i32>, Duration) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), started.elapsed());
            }
            assert!(started.elapsed() < Duration::from_secs(60), "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_gone = self.child.wait();
    }
}

#[test]
fn an_idle_server_ends_at_once() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Ending::start(&folder.path().join("data"), &[]);
        // A connection that is kept open is no reason to wait.
        let mut kept = TcpStream::connect(server.endpoint.trim_start_matches("http://")).unwrap();
        kept.write_all(b"GET /_owlake/health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert!(answer(&mut kept).starts_with("HTTP/1.1 200"));
        server.signal(signal);
        let (code, took) = server.ended();
        assert_eq!(code, Some(0), "{signal}");
        assert!(took < Duration::from_secs(8), "{signal}: {took:?}");
    }
}

#[test]
fn queries_under_way_end_or_are_failed_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut server = Ending::start(&data_dir, &["--shutdown-grace-ms", "1500"]);
    let id = start_query(&server.endpoint, ENDLESS);
    wait_until_running(&server.endpoint, &id);
    server.signal("-TERM");
    // Nothing new is accepted.
    std::thread::sleep(Duration::from_millis(300));
    assert!(TcpStream::connect(server.endpoint.trim_start_matches("http://")).is_err());
    let (code, took) = server.ended();
    assert_eq!(code, Some(0));
    assert!(took > Duration::from_millis(800) && took < Duration::from_secs(30), "{took:?}");
    let again = Ending::start(&data_dir, &[]);
    let status = status_of(&again.endpoint, &id);
    assert_eq!(
        (status["State"].as_str(), status["StateChangeReason"].as_str()),
        (Some("FAILED"), Some("The server stopped before the query finished"))
    );
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut server = Ending::start(&data_dir, &["--shutdown-grace-ms", "60000"]);
    let id = start_query(&server.endpoint, ENDLESS);
    wait_until_running(&server.endpoint, &id);
    server.signal("-TERM");
    std::thread::sleep(Duration::from_millis(500));
    assert!(server.child.try_wait().unwrap().is_none(), "the server does not wait for its query");
    server.signal("-TERM");
    let (code, took) = server.ended();
    assert_eq!(code, Some(143));
    assert!(took < Duration::from_secs(10), "{took:?}");
    let again = Ending::start(&data_dir, &[]);
    assert_eq!(status_of(&again.endpoint, &id)["State"], "FAILED");
}

#[test]
fn log_lines_are_objects_with_the_query_id() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Ending::start(folder.path(), &["--log", "info,owlake::wire=debug", "--log-format", "json"]);
    let id = start_query(&server.endpoint, "SELECT 1");
    let deadline = Instant::now() + Duration::from_secs(30);
    while status_of(&server.endpoint, &id)["State"] != "SUCCEEDED" {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    server.signal("-TERM");
    assert_eq!(server.ended().0, Some(0));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect();
    let ended = lines.iter().find(|line| line["query_execution_id"] == id.as_str() && line["message"] == "query ended").unwrap();
    assert_eq!((ended["state"].as_str(), ended["level"].as_str()), (Some("SUCCEEDED"), Some("INFO")));
    let request = lines.iter().find(|line| line["operation"] == "AmazonAthena.StartQueryExecution").unwrap();
    assert_eq!((request["status"].as_u64(), request["request_id"].as_str().map(str::len)), (Some(200), Some(36)));
    assert!(lines.iter().any(|line| line["message"] == "stopped"));
}
