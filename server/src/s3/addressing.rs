//! Which bucket does a host name stand for? `<bucket>.<base domain>` is virtual-hosted style, everything else is path style.
//!
//! Ref: Amazon S3 user guide, "Virtual hosting of general purpose buckets".

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// Base domains known without configuration.
const BASE_DOMAINS: [&str; 4] = ["localhost", "s3.localhost", "localhost.localstack.cloud", "s3.amazonaws.com"];

/// Finds the bucket in a host name.
#[derive(Debug, Clone)]
pub struct Addressing {
    /// Longest first, so that `s3.localhost` wins over `localhost`.
    base_domains: Vec<String>,
}

impl Addressing {
    /// The known base domains and those configured.
    pub fn new(configured: &[String]) -> Self {
        let mut base_domains: Vec<String> =
            BASE_DOMAINS.into_iter().map(str::to_owned).chain(configured.iter().map(|d| d.to_ascii_lowercase())).collect();
        base_domains.sort_unstable_by_key(|domain| std::cmp::Reverse(domain.len()));
        Self { base_domains }
    }

    /// The bucket a `Host` header names; none for path style.
    pub fn bucket_of(&self, host: &str) -> Option<String> {
        let host = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(name, _)| name);
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if self.base_domains.contains(&host) || is_regional_endpoint(&host) {
            return None;
        }
        let base = self.base_domains.iter().find_map(|base| host.strip_suffix(base.as_str())?.strip_suffix('.'));
        let bucket = base.map(without_region).or_else(|| regional_bucket(&host))?;
        (!bucket.is_empty()).then(|| bucket.to_owned())
    }
}

impl S3Host for Addressing {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let virtual_host = VirtualHost::new(host);
        Ok(match self.bucket_of(host) {
            Some(bucket) => virtual_host.with_bucket(bucket),
            None => virtual_host,
        })
    }
}

/// `bucket.s3` or `bucket.s3.eu-west-1` before a base domain names `bucket`.
fn without_region(labels: &str) -> &str {
    if labels == "s3" || labels.starts_with("s3.") {
        return "";
    }
    labels.split_once(".s3.").map_or_else(|| labels.strip_suffix(".s3").unwrap_or(labels), |(bucket, _)| bucket)
}

fn is_regional_endpoint(host: &str) -> bool {
    host.strip_suffix(".amazonaws.com").is_some_and(|labels| labels == "s3" || labels.starts_with("s3.") || labels.starts_with("s3-"))
}

/// `bucket.s3.eu-west-1.amazonaws.com`.
fn regional_bucket(host: &str) -> Option<&str> {
    host.strip_suffix(".amazonaws.com")?.rsplit_once(".s3.").map(|(bucket, _)| bucket)
}

#[cfg(test)]
mod tests {
    use super::Addressing;

    #[test]
    fn hosts_name_buckets_only_below_a_base_domain() {
        let addressing = Addressing::new(&["lake.example".to_owned()]);
        for (host, bucket) in [
            ("localhost:8080", None),
            ("127.0.0.1:8080", None),
            ("owlake", None),
            ("owlake.internal:80", None),
            ("s3.localhost", None),
            ("s3.eu-west-1.localhost", None),
            ("s3.eu-west-1.amazonaws.com", None),
            ("data.localhost:8080", Some("data")),
            ("data.s3.localhost", Some("data")),
            ("my.data.s3.eu-west-1.localhost", Some("my.data")),
            ("DATA.lake.example", Some("data")),
            ("data.s3.amazonaws.com", Some("data")),
            ("my.data.s3.eu-west-1.amazonaws.com", Some("my.data")),
        ] {
            assert_eq!(addressing.bucket_of(host).as_deref(), bucket, "{host}");
        }
    }
}
