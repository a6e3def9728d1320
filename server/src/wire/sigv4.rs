//! Whose credential signed a request, for which region and service? The credential scope, read but not verified.

use http::HeaderMap;

/// The parts of `<key id>/<date>/<region>/<service>/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialScope {
    /// The access key's id.
    pub access_key_id: String,
    /// The region as sent.
    pub region: String,
    /// The signing name: `athena`, `glue`, `s3`, `sts`.
    pub service: String,
}

impl CredentialScope {
    /// The scope of a request: from `Authorization`, else from a presigned query's `X-Amz-Credential`.
    /// `None` when there is none or it is not Signature Version 4.
    pub fn find(headers: &HeaderMap, query: Option<&str>) -> Option<Self> {
        let header = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match header {
            Some(header) => {
                let parameters = header.strip_prefix("AWS4-HMAC-SHA256")?;
                let credential = parameters.split(',').find_map(|part| part.trim().strip_prefix("Credential="))?;
                Self::parse(credential)
            }
            None => {
                let credential = query?.split('&').find_map(|part| part.strip_prefix("X-Amz-Credential="))?;
                Self::parse(&credential.replace("%2F", "/").replace("%2f", "/"))
            }
        }
    }

    /// The account the key stands for: itself when it is twelve digits. Ref: a convention of local doubles.
    pub fn account_id(&self) -> Option<&str> {
        let id = self.access_key_id.as_str();
        (id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
    }

    fn parse(credential: &str) -> Option<Self> {
        // A key id may hold slashes; the four parts after it never do.
        let mut parts = credential.rsplitn(5, '/');
        let terminator = parts.next()?;
        let (service, region, _date, key) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (terminator == "aws4_request").then(|| CredentialScope {
            access_key_id: key.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn scope(header: &str) -> Option<CredentialScope> {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, header.parse().unwrap());
        CredentialScope::find(&headers, None)
    }

    #[test]
    fn a_header_gives_key_region_and_service() {
        let found =
            scope("AWS4-HMAC-SHA256 Credential=123456789012/20261121/eu-west-1/athena/aws4_request, SignedHeaders=host, Signature=ab")
                .unwrap();
        assert_eq!(found.account_id(), Some("123456789012"));
        assert_eq!(found.region, "eu-west-1");
        assert_eq!(found.service, "athena");
    }

    #[test]
    fn a_presigned_query_counts_and_other_schemes_do_not() {
        let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20261121%2Fus-east-1%2Fs3%2Faws4_request";
        let found = CredentialScope::find(&HeaderMap::new(), Some(query)).unwrap();
        assert_eq!((found.access_key_id.as_str(), found.service.as_str()), ("AK", "s3"));
        assert_eq!(found.account_id(), None);
        assert_eq!(scope("Basic abc"), None);
        assert_eq!(CredentialScope::find(&HeaderMap::new(), None), None);
    }
}
