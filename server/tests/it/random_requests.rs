//! Does any request bring the server down? Random bodies for every operation, random S3 and STS requests, from a seed.
//!
//! Bodies are made from the service models' shapes, then mutated. `OWLAKE_TEST_REQUESTS` says how many requests,
//! `OWLAKE_TEST_SEED` which; a failure prints the request.
//!
//! basis: a request is answered, whatever it is: never a 5xx (501 names an S3 operation there is not), never a hang, and
//! the server answers a query afterwards.

use std::thread;

use owlake_shapes::constraint::{OperationModel, Shape};
use owlake_shapes::{athena, glue};
use owlake_testdata::taxi::Numbers;
use serde_json::{Map, Value, json};

use crate::connection::{Answer, Connection};
use crate::process::Process;
use crate::sizes::size;

const CLIENTS: u64 = 4;
/// Unless the environment says another number.
const REQUESTS: u64 = 40_000;
/// Names that exist now and then, so that requests get past the first look-up.
const WORDS: [&str; 26] = [
    "d",
    "t",
    "default",
    "primary",
    "AwsDataCatalog",
    "w",
    "k",
    "v",
    "1",
    "int",
    "string",
    "struct<a:int,b:array<string>>",
    "decimal(10,2)",
    "d.t",
    "SELECT 1",
    "SELECT * FROM d.t WHERE k = 'v'",
    "SHOW TABLES IN d",
    "s3://b/t/",
    "s3://b",
    "k = 'v'",
    "(k",
    "*",
    "",
    "000000000000",
    "arn:aws:athena:us-east-1:000000000000:workgroup/w",
    "00000000-0000-4000-8000-000000000000",
];
/// Text that breaks carelessness.
const ODD_TEXTS: [&str; 16] = [
    "\0",
    "\u{feff}",
    "größe 😀",
    "\u{202e}abc",
    "a\nb\r\n",
    "../../etc/passwd",
    "%00",
    "'; DROP TABLE t; --",
    "\"",
    "`",
    "\\",
    "\u{10ffff}",
    "İ",
    "ß",
    "${x}",
    "NaN",
];
const METHODS: [&str; 8] = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "BREW"];
const PATH_PARTS: [&str; 28] = [
    "b",
    "k",
    "t",
    "/",
    "//",
    ".",
    "..",
    "%2e%2e",
    "%2F",
    "%00",
    "%",
    "%zz",
    "%ff",
    "%C3%A9",
    "+",
    "%20",
    "*",
    "~",
    "@",
    ":",
    ";",
    "\\",
    "%5c",
    ".owlake",
    "k=v",
    "é",
    "%F0%9F%98%80",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];
const QUERY_KEYS: [&str; 36] = [
    "list-type",
    "prefix",
    "delimiter",
    "max-keys",
    "continuation-token",
    "start-after",
    "marker",
    "encoding-type",
    "uploads",
    "uploadId",
    "partNumber",
    "delete",
    "location",
    "acl",
    "policy",
    "tagging",
    "versions",
    "versioning",
    "versionId",
    "cors",
    "website",
    "lifecycle",
    "encryption",
    "object-lock",
    "attributes",
    "select",
    "restore",
    "torrent",
    "X-Amz-Algorithm",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Signature",
    "X-Amz-Credential",
    "response-content-type",
    "fetch-owner",
    "x-id",
];
const QUERY_VALUES: [&str; 18] = [
    "",
    "2",
    "1",
    "0",
    "-1",
    "1000",
    "99999999999999999999",
    "%00",
    "%ff",
    "url",
    "/",
    "b",
    "t/",
    "%2F",
    "abc=",
    "AWS4-HMAC-SHA256",
    "20240101T000000Z",
    "a%0d%0ab",
];
const HEADER_NAMES: [&str; 24] = [
    "range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-decoded-content-length",
    "content-encoding",
    "content-md5",
    "content-type",
    "authorization",
    "x-amz-date",
    "x-amz-checksum-crc32",
    "x-amz-checksum-mode",
    "x-amz-trailer",
    "x-amz-meta-a",
    "x-amz-tagging",
    "x-amz-acl",
    "x-amz-copy-source-range",
    "x-amz-object-attributes",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-storage-class",
    "x-amz-expected-bucket-owner",
];
const HEADER_VALUES: [&[u8]; 30] = [
    b"",
    b"bytes=0-1",
    b"bytes=5-1",
    b"bytes=-0",
    b"bytes=-99999999999999999999",
    b"bytes=0-0,2-3",
    b"*",
    b"\"x\"",
    b"0",
    b"-1",
    b"99999999999999999999",
    b"Tue, 01 Jan 2030 00:00:00 GMT",
    b"yesterday",
    b"UNSIGNED-PAYLOAD",
    b"STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    b"aws-chunked",
    b"x-amz-checksum-crc32",
    b"/b/k",
    b"/b/../x",
    b"b",
    b"%ff/%00",
    b"AAAAAA==",
    b"ENABLED",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request, SignedHeaders=host, Signature=0",
    b"AWS a:b",
    b"\xff\xfe",
    b"ETag,Checksum,ObjectParts",
];
const S3_BODIES: [&[u8]; 12] = [
    b"",
    b"x",
    b"hello, world",
    b"<Delete><Object><Key>k</Key></Object></Delete>",
    b"<Delete><Object><Key>",
    b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"5;chunk-signature=0\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--x--",
    b"\xff\x00\xfe",
];

/// What STS is asked, and not.
const STS_ACTIONS: [&str; 8] =
    ["GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken", "GetFederationToken", "", "%00", "Ass\u{fc}me"];
const STS_KEYS: [&str; 12] = [
    "Action",
    "Version",
    "RoleArn",
    "RoleSessionName",
    "DurationSeconds",
    "WebIdentityToken",
    "SerialNumber",
    "TokenCode",
    "Policy",
    "Tags.member.1.Key",
    "ExternalId",
    "",
];
const STS_VALUES: [&str; 14] = [
    "",
    "2011-06-15",
    "arn:aws:iam::000000000000:role/r",
    "arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fr",
    "session",
    "900",
    "-1",
    "99999999999999999999",
    "a%0d%0ab",
    "%ff%fe",
    "%zz",
    "<x>&amp;",
    "=",
    "eyJhbGciOiJub25lIn0.e30.",
];

#[test]
fn random_requests_are_answered_and_the_server_lives() {
    let requests_per_client = size("OWLAKE_TEST_REQUESTS", REQUESTS).div_ceil(CLIENTS);
    let seed = size("OWLAKE_TEST_SEED", 0);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let server = Process::start_with(&folder.path().join("data"), &[], &log).unwrap();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let endpoint = server.endpoint.clone();
            thread::spawn(move || {
                let numbers = Numbers::new(seed.wrapping_mul(CLIENTS) + client);
                Client { connection: Connection::new(&endpoint), numbers, failures: Vec::new(), successes: 0 }.run(requests_per_client)
            })
        })
        .collect();
    let ended: Vec<Client> = clients.into_iter().map(|client| client.join().unwrap()).collect();
    let successes: u64 = ended.iter().map(|client| client.successes).sum();
    let failures: Vec<String> = ended.into_iter().flat_map(|client| client.failures).collect();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(failures.is_empty(), "{} failures\n{}\n{log}", failures.len(), failures[..failures.len().min(40)].join("\n"));
    assert!(!log.contains("panicked"), "{log}");
    let requests = CLIENTS * requests_per_client;
    println!("{requests} random requests: no 5xx, no hang, no crash; {successes} got past every check");
    assert!(successes > requests / 20, "only {successes} of {requests} requests got past the checks");
    still_answers(&server.endpoint);
}

/// A query in a workgroup none of the random requests can name.
fn still_answers(endpoint: &str) {
    let mut connection = Connection::new(endpoint);
    assert_eq!(connection.send(b"PUT", b"/afterwards", &[], b"").unwrap().status, 200);
    let mut call = |operation: &str, body: Value| -> Value {
        let answer = connection.call(&format!("AmazonAthena.{operation}"), body.to_string().as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{operation}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    };
    call("CreateWorkGroup", json!({ "Name": "afterwards", "Configuration": { "EnforceWorkGroupConfiguration": false } }));
    let request = json!({ "QueryString": "SELECT 1", "WorkGroup": "afterwards", "ResultConfiguration": { "OutputLocation": "s3://afterwards/" }, "ClientRequestToken": "a".repeat(32) });
    let id = loop {
        // Random queries may still hold every place of the queue.
        let started = Connection::new(endpoint).call("AmazonAthena.StartQueryExecution", request.to_string().as_bytes()).unwrap();
        let answer: Value = serde_json::from_slice(&started.body).unwrap();
        match started.status {
            200 => break answer["QueryExecutionId"].clone(),
            _ => assert_eq!(answer["__type"], "TooManyRequestsException", "{answer}"),
        }
        thread::sleep(std::time::Duration::from_millis(20));
    };
    loop {
        let execution = call("GetQueryExecution", json!({ "QueryExecutionId": id }));
        match execution.pointer("/QueryExecution/Status/State").and_then(Value::as_str) {
            Some("QUEUED" | "RUNNING") => thread::sleep(std::time::Duration::from_millis(20)),
            state => return assert_eq!(state, Some("SUCCEEDED"), "{execution}"),
        }
    }
}

struct Client {
    connection: Connection,
    numbers: Numbers,
    failures: Vec<String>,
    /// Requests that got past every check; a test of refusals only would show little.
    successes: u64,
}

impl Client {
    fn run(mut self, requests: u64) -> Client {
        for number in 0..requests {
            if number % 200 == 0 {
                self.make_things();
            }
            match self.numbers.below(12) {
                0 => self.random_sts_request(),
                1..=4 => self.random_s3_request(),
                _ => self.random_call(),
            }
        }
        self
    }

    /// What random requests may have deleted.
    fn make_things(&mut self) {
        let key = json!([{ "Name": "k", "Type": "string" }]);
        let descriptor = json!({ "Columns": [{ "Name": "c", "Type": "int" }], "Location": "s3://b/t/" });
        for (target, body) in [
            ("AWSGlue.CreateDatabase", json!({ "DatabaseInput": { "Name": "d" } })),
            (
                "AWSGlue.CreateTable",
                json!({ "DatabaseName": "d", "TableInput": { "Name": "t", "PartitionKeys": key, "StorageDescriptor": descriptor } }),
            ),
            (
                "AWSGlue.CreatePartition",
                json!({ "DatabaseName": "d", "TableName": "t", "PartitionInput": { "Values": ["v"], "StorageDescriptor": descriptor } }),
            ),
            ("AmazonAthena.CreateWorkGroup", json!({ "Name": "w" })),
        ] {
            let _may_exist = self.connection.call(target, body.to_string().as_bytes());
        }
        let _may_exist = self.connection.send(b"PUT", b"/b", &[], b"");
        let _may_fail = self.connection.send(b"PUT", b"/b/k", &[], b"0123456789");
    }

    fn random_call(&mut self) {
        let (prefix, models) = match self.numbers.below(2) {
            0 => (athena::TARGET_PREFIX, athena::OPERATION_MODELS),
            _ => (glue::TARGET_PREFIX, glue::OPERATION_MODELS),
        };
        let model: &OperationModel = &models[usize::try_from(self.numbers.below(models.len() as u64)).unwrap()];
        let mut body = self.value(model.input, 0);
        if model.name == "StartQueryExecution" {
            body["ClientRequestToken"] = json!(format!("{:032}", self.numbers.next_u64()));
        }
        for _ in 0..self.numbers.below(6).saturating_sub(3) {
            self.mutate(&mut body);
        }
        let mut bytes = body.to_string().into_bytes();
        if self.one_in(12) {
            self.mutate_bytes(&mut bytes);
        }
        let target = format!("{prefix}.{}", model.name);
        let answer = if self.one_in(15) { self.call_with_odd_headers(&target, &bytes) } else { self.connection.call(&target, &bytes) };
        self.check(answer, || format!("{target} {}", shortened(&bytes)));
    }

    fn call_with_odd_headers(&mut self, target: &str, body: &[u8]) -> Result<Answer, String> {
        let mut target = target.to_string();
        let content_type = self.pick(&[
            "application/json",
            "text/plain",
            "",
            "application/x-amz-json-1.1; charset=latin1",
            "application/x-www-form-urlencoded",
        ]);
        match self.numbers.below(4) {
            0 => target.truncate(usize::try_from(self.numbers.below(target.len() as u64)).unwrap()),
            1 => target = format!("{target}.{target}"),
            _ => {}
        }
        let authorization = self.pick(&[
            "",
            "AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=, Signature=",
            "AWS4-HMAC-SHA256 Credential=ü/a/b/glue/aws4_request",
            "Bearer x",
        ]);
        let encoding = self.pick(&["", "gzip", "br"]);
        let headers = [
            ("x-amz-target", target.as_bytes()),
            ("content-type", content_type.as_bytes()),
            ("authorization", authorization.as_bytes()),
            ("content-encoding", encoding.as_bytes()),
        ];
        let method = self.pick(&METHODS).as_bytes();
        self.connection.send(method, b"/", &headers, body)
    }

    fn random_s3_request(&mut self) {
        let method = self.pick(&METHODS);
        let mut target = String::from(if self.one_in(30) { "" } else { "/" });
        if !self.one_in(4) {
            target.push_str("b/");
        }
        for _ in 0..self.numbers.below(6) {
            target.push_str(self.pick(&PATH_PARTS));
        }
        for number in 0..self.numbers.below(4) {
            target.push(if number == 0 { '?' } else { '&' });
            target.push_str(self.pick(&QUERY_KEYS));
            if !self.one_in(3) {
                target.push('=');
                target.push_str(self.pick(&QUERY_VALUES));
            }
        }
        let headers: Vec<(&str, &[u8])> =
            (0..self.numbers.below(4)).map(|_| (self.pick(&HEADER_NAMES), self.pick(&HEADER_VALUES))).collect();
        let body = self.pick(&S3_BODIES);
        let answer = self.connection.send(method.as_bytes(), target.as_bytes(), &headers, body);
        self.check(answer, || format!("{method} {target} {headers:?} {}", shortened(body)));
    }

    /// A form, now and then in the query string or cut off.
    fn random_sts_request(&mut self) {
        let mut form = format!("Action={}", self.pick(&STS_ACTIONS));
        for _ in 0..self.numbers.below(6) {
            form.push_str(&format!("&{}={}", self.pick(&STS_KEYS), self.pick(&STS_VALUES)));
        }
        let mut body = form.clone().into_bytes();
        if self.one_in(12) {
            self.mutate_bytes(&mut body);
        }
        let authorization = self.pick(&[
            "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0",
            "AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=, Signature=",
            "",
        ]);
        let headers =
            [("content-type", b"application/x-www-form-urlencoded; charset=utf-8".as_slice()), ("authorization", authorization.as_bytes())];
        // A target may hold no byte that ends it.
        let is_target = !form.contains(|character: char| !character.is_ascii_graphic());
        let answer = if is_target && self.one_in(6) {
            self.connection.send(b"GET", format!("/?{form}").as_bytes(), &headers, b"")
        } else {
            self.connection.send(b"POST", b"/", &headers, &body)
        };
        self.check(answer, || format!("STS {} {}", authorization, shortened(&body)));
    }

    fn check(&mut self, answer: Result<Answer, String>, request: impl FnOnce() -> String) {
        match answer {
            Ok(answer) if answer.status < 300 => self.successes += 1,
            Ok(answer) if answer.status < 500 || answer.status == 501 => {}
            Ok(answer) => self.failures.push(format!("{} {}: {}", answer.status, shortened(&answer.body), request())),
            Err(text) => self.failures.push(format!("{text}: {}", request())),
        }
    }

    /// A value of this shape, mostly within its constraints.
    fn value(&mut self, shape: &Shape, depth: u64) -> Value {
        match shape {
            Shape::Text { values, .. } if !values.is_empty() && !self.one_in(10) => json!(self.pick(values)),
            Shape::Text { length_min, length_max, .. } => self.text(*length_min, *length_max),
            Shape::Integer { min, max } | Shape::Long { min, max } => {
                let least = min.unwrap_or(0);
                let span = max.map_or(100, |max| max.saturating_sub(least).saturating_add(1));
                json!(least.saturating_add(i64::try_from(self.numbers.below(u64::try_from(span).unwrap_or(1))).unwrap_or(0)))
            }
            Shape::Boolean => json!(self.one_in(2)),
            Shape::Double | Shape::Timestamp => json!(self.numbers.below(4_000_000_000) as f64 / 2.0),
            Shape::Blob => json!("AAAA"),
            Shape::List { member, .. } => {
                let count = if depth > 6 { 0 } else { self.numbers.below(4) };
                Value::Array((0..count).map(|_| self.value(member, depth + 1)).collect())
            }
            Shape::Map { key, value, .. } => {
                let count = if depth > 6 { 0 } else { self.numbers.below(3) };
                Value::Object(
                    (0..count)
                        .map(|_| (self.value(key, depth + 1).as_str().unwrap_or_default().to_string(), self.value(value, depth + 1)))
                        .collect(),
                )
            }
            Shape::Structure { members } => {
                let mut object = Map::new();
                for member in *members {
                    if member.is_required || (depth < 6 && self.one_in(5)) {
                        let fitting = if self.one_in(5) { None } else { fitting(member.name) };
                        let value = fitting.unwrap_or_else(|| self.value(member.shape, depth + 1));
                        object.insert(member.name.to_string(), value);
                    }
                }
                Value::Object(object)
            }
            Shape::Document => json!({ "a": [1, null] }),
        }
    }

    fn text(&mut self, length_min: Option<i64>, length_max: Option<i64>) -> Value {
        let bound = |length: Option<i64>, otherwise: usize| length.and_then(|length| usize::try_from(length).ok()).unwrap_or(otherwise);
        match self.numbers.below(16) {
            0 => json!(self.pick(&ODD_TEXTS)),
            1 => json!("y".repeat(bound(length_max, 300).min(3_000))),
            2 => json!("z".repeat(bound(length_min, 1))),
            _ => json!(self.pick(&WORDS)),
        }
    }

    /// Replaces, removes or adds something at a random place.
    fn mutate(&mut self, value: &mut Value) {
        let goes_deeper = !self.one_in(3);
        match value {
            Value::Object(members) if goes_deeper && !members.is_empty() => {
                let key = members.keys().nth(usize::try_from(self.numbers.below(members.len() as u64)).unwrap()).unwrap().clone();
                match self.numbers.below(8) {
                    0 => drop(members.remove(&key)),
                    1 => drop(members.insert("Surprise".to_string(), json!({ "a": 1 }))),
                    _ => self.mutate(members.get_mut(&key).unwrap()),
                }
            }
            Value::Array(items) if goes_deeper && !items.is_empty() => {
                let at = usize::try_from(self.numbers.below(items.len() as u64)).unwrap();
                if self.one_in(6) {
                    let item = items[at].clone();
                    items.extend(std::iter::repeat_n(item, 200));
                } else {
                    self.mutate(&mut items[at]);
                }
            }
            _ => *value = self.odd_value(),
        }
    }

    fn odd_value(&mut self) -> Value {
        match self.numbers.below(16) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => json!(u64::MAX),
            4 => json!(i64::MIN),
            5 => json!(1.5e308),
            6 => json!([]),
            7 => json!({}),
            8 => json!([null]),
            9 => (0..100).fold(json!(1), |inner, _| json!([inner])),
            10 => (0..60).fold(json!(1), |inner, _| json!({ "And": inner })),
            11 => json!("x".repeat(70_000)),
            12 => json!("(".repeat(2_000)),
            13 => json!(format!("{}1{}", "struct<a:".repeat(300), ">".repeat(300))),
            14 => json!("é".repeat(255)),
            _ => json!(self.pick(&ODD_TEXTS)),
        }
    }

    fn mutate_bytes(&mut self, bytes: &mut Vec<u8>) {
        let at = usize::try_from(self.numbers.below(bytes.len() as u64)).unwrap();
        match self.numbers.below(6) {
            0 => bytes.truncate(at),
            1 => bytes[at] = u8::try_from(self.numbers.below(256)).unwrap(),
            2 => bytes.clear(),
            3 => *bytes = [b"[".repeat(50_000), b"]".repeat(50_000)].concat(),
            4 => *bytes = br#"{"Name": 1e999999, "Name": 123456789012345678901234567890, "WorkGroup": "\ud800"}"#.to_vec(),
            _ => bytes.extend(b"}{"),
        }
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[usize::try_from(self.numbers.below(items.len() as u64)).unwrap()]
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.numbers.below(count) == 0
    }
}

/// What a member must hold to name something there is.
fn fitting(member: &str) -> Option<Value> {
    Some(match member {
        "DatabaseName" | "Database" => json!("d"),
        "TableName" => json!("t"),
        "Catalog" | "CatalogName" => json!("AwsDataCatalog"),
        "CatalogId" => json!("000000000000"),
        "WorkGroup" => json!("w"),
        "QueryString" | "QueryStatement" => json!("SELECT 1"),
        "OutputLocation" => json!("s3://b/out/"),
        "Values" | "PartitionValues" | "PartitionValueList" => json!(["v"]),
        "ResourceARN" => json!("arn:aws:athena:us-east-1:000000000000:workgroup/w"),
        _ => return None,
    })
}

fn shortened(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(400).collect()
}
