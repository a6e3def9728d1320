//! How do the tests send what no client library would? Bytes over a socket that is kept open, and the answer's parts.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longest wait for an answer; longer is a hang.
const ANSWER_SECONDS_MAX: u64 = 30;

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A connection to the server, opened again when the server closed it.
pub struct Connection {
    address: String,
    stream: Option<TcpStream>,
}

impl Connection {
    /// `endpoint` as the server prints it.
    pub fn new(endpoint: &str) -> Connection {
        Connection { address: endpoint.trim_start_matches("http://").to_string(), stream: None }
    }

    /// One call of an operation.
    pub fn call(&mut self, target: &str, body: &[u8]) -> Result<Answer, String> {
        let headers = [("X-Amz-Target", target.as_bytes()), ("Content-Type", b"application/x-amz-json-1.1".as_slice())];
        self.send(b"POST", b"/", &headers, body)
    }

    /// Sends a request whose parts may be any bytes; the length is added. Errors: no answer, or none in time.
    pub fn send(&mut self, method: &[u8], target: &[u8], headers: &[(&str, &[u8])], body: &[u8]) -> Result<Answer, String> {
        let mut request = [method, b" ", target, b" HTTP/1.1\r\nhost: 127.0.0.1\r\n"].concat();
        for (name, value) in headers {
            request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        request.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
        request.extend(body);
        let is_head = method == b"HEAD";
        // A connection kept open may have been closed meanwhile; a new one must answer.
        if let Some(mut stream) = self.stream.take()
            && let Ok(Some(answer)) = self.exchange(&mut stream, &request, is_head)
        {
            self.stream = answer.1.then_some(stream);
            return Ok(answer.0);
        }
        let mut stream = TcpStream::connect(&self.address).map_err(|error| format!("connect: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(ANSWER_SECONDS_MAX))).map_err(|error| error.to_string())?;
        stream.set_write_timeout(Some(Duration::from_secs(ANSWER_SECONDS_MAX))).map_err(|error| error.to_string())?;
        let answer = self.exchange(&mut stream, &request, is_head)?.ok_or("closed without an answer")?;
        self.stream = answer.1.then_some(stream);
        Ok(answer.0)
    }

    /// The answer and whether the connection stays open; none when it was closed before an answer began.
    fn exchange(&self, stream: &mut TcpStream, request: &[u8], is_head: bool) -> Result<Option<(Answer, bool)>, String> {
        // The server may answer and close before it has read everything.
        let is_written = stream.write_all(request).is_ok();
        let mut received = Vec::new();
        let head_end = loop {
            if let Some(at) = find(&received, b"\r\n\r\n") {
                let is_interim = received.starts_with(b"HTTP/1.1 100");
                if !is_interim {
                    break at;
                }
                received.drain(..at + 4);
            } else if !read_more(stream, &mut received)? {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&received[..head_end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| format!("no status: {head}"))?;
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
        let mut body = received.split_off(head_end + 4);
        let has_body = !is_head && status != 204 && status != 304;
        if has_body && header("transfer-encoding").is_some_and(|encoding| encoding.contains("chunked")) {
            while !body.ends_with(b"0\r\n\r\n") && read_more(stream, &mut body)? {}
        } else if has_body {
            let length: usize = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            while body.len() < length && read_more(stream, &mut body)? {}
        }
        let stays = is_written && !header("connection").is_some_and(|value| value.contains("close"));
        Ok(Some((Answer { status, body }, stays)))
    }
}

/// Whether there was more; a connection reset is an end.
fn read_more(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<bool, String> {
    let mut buffer = [0; 16 << 10];
    match stream.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(count) => {
            received.extend(&buffer[..count]);
            Ok(true)
        }
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => Ok(false),
        Err(error) => Err(format!("no answer in time: {error}")),
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
