//! Which certificate does the server show? The configured one, or one made for this machine and kept in the data folder.
//!
//! A made certificate is signed by an authority made with it, whose key is thrown away: clients trust `tls/ca.pem` and nothing
//! else can be signed by it. A certificate that signs itself would do for some clients only.
//!
//! Ref: rustls; RFC 5280.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{Datelike, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::config::Config;
use crate::error::ServerError;

/// How long a made certificate is valid. Basis: inferred; nobody wants to renew it.
const YEARS: i32 = 10;
/// Names a made certificate is for, besides the configured address. Buckets are hosts of their own in virtual-hosted style.
const NAMES: [&str; 5] = ["localhost", "*.localhost", "*.s3.localhost", "127.0.0.1", "::1"];
/// The protocols offered, the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The file of the authority of the made certificate, which clients have to trust.
pub fn authority_file(data_dir: &Path) -> PathBuf {
    data_dir.join("tls").join("ca.pem")
}

/// What speaks TLS as configured; none for plain HTTP. Errors: a file cannot be read, holds no certificate or key, or the two do
/// not belong together; the text names the file.
pub fn acceptor(config: &Config) -> Result<Option<TlsAcceptor>, ServerError> {
    let files = match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
        _ if config.tls.is_generated => made(&config.data_dir, &config.bind)?,
        _ => return Ok(None),
    };
    let (certificate, key) = files;
    let wrong = |file: &Path, reason: String| ServerError::Configuration(format!("'{}' {reason}", file.display()));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(&certificate, format!("cannot be read as PEM certificates: {error}")))?;
    if chain.is_empty() {
        return Err(wrong(&certificate, "holds no PEM certificate".to_owned()));
    }
    let private =
        PrivateKeyDer::from_pem_file(&key).map_err(|error| wrong(&key, format!("cannot be read as a PEM private key: {error}")))?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ServerError::Start { subject: "tls", reason: error.to_string() })?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| wrong(&key, format!("is no key of the certificate in '{}': {error}", certificate.display())))?;
    server.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Some(TlsAcceptor::from(Arc::new(server))))
}

/// The files of the made certificate, made when one of them is missing.
fn made(data_dir: &Path, bind: &str) -> Result<(PathBuf, PathBuf), ServerError> {
    let folder = data_dir.join("tls");
    let [certificate, key, authority] = ["certificate.pem", "key.pem", "ca.pem"].map(|name| folder.join(name));
    if [&certificate, &key, &authority].iter().all(|file| file.is_file()) {
        return Ok((certificate, key));
    }
    let failed = |error| ServerError::io(folder.display().to_string(), error);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
    let [chain_text, key_text, authority_text] =
        make(bind).map_err(|error| ServerError::Start { subject: "tls", reason: format!("no certificate can be made: {error}") })?;
    write(&key, &key_text).map_err(failed)?;
    write(&certificate, &chain_text).map_err(failed)?;
    write(&authority, &authority_text).map_err(failed)?;
    tracing::info!(authority = %authority.display(), "a certificate was made; clients have to trust its authority");
    Ok((certificate, key))
}

/// The server's chain, its key and the authority, as PEM.
fn make(bind: &str) -> Result<[String; 3], rcgen::Error> {
    let year = Utc::now().year();
    let (from, to) = (date_time_ymd(year - 1, 1, 1), date_time_ymd(year + YEARS, 1, 1));
    let named = |name: &str| {
        let mut distinguished = DistinguishedName::new();
        distinguished.push(DnType::CommonName, name);
        distinguished
    };
    let mut authority = CertificateParams::default();
    authority.distinguished_name = named("owlake local authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (authority.not_before, authority.not_after) = (from, to);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let is_any = bind.parse().is_ok_and(|address: std::net::IpAddr| address.is_unspecified());
    let mut names = NAMES.map(str::to_owned).to_vec();
    if !is_any && !names.iter().any(|name| name == bind) {
        names.push(bind.to_owned());
    }
    let mut server = CertificateParams::new(names)?;
    server.distinguished_name = named("owlake");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    (server.not_before, server.not_after) = (from, to);
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &authority)?;
    Ok([format!("{}{}", certificate.pem(), authority.pem()), key.serialize_pem(), authority.pem()])
}

/// Readable by the owner only, and there as a whole or not at all.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let temporary = file.with_extension("new");
    let mut open = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    open.write_all(text.as_bytes())?;
    open.sync_all()?;
    fs::rename(&temporary, file)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::config::Tls;
    use std::os::unix::fs::PermissionsExt;

    fn config(folder: &Path, tls: Tls) -> Config {
        Config { data_dir: folder.to_owned(), tls, ..Config::default() }
    }

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_the_owners() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), Tls { is_generated: true, ..Tls::default() });
        assert!(acceptor(&config).unwrap().is_some());
        let key = folder.path().join("tls/key.pem");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        let first = fs::read(&key).unwrap();
        assert!(acceptor(&config).unwrap().is_some());
        assert_eq!(fs::read(&key).unwrap(), first);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let made = config(folder.path(), Tls { is_generated: true, ..Tls::default() });
        acceptor(&made).unwrap();
        let file = |name: &str| Some(folder.path().join("tls").join(name));
        let text = |certificate, key| {
            let tls = Tls { certificate, key, is_generated: false };
            acceptor(&config(folder.path(), tls)).map(|_| ()).unwrap_err().to_string()
        };
        assert!(text(file("none.pem"), file("key.pem")).contains("none.pem' cannot be read"));
        assert!(text(file("key.pem"), file("key.pem")).contains("key.pem' holds no PEM certificate"));
        assert!(text(file("certificate.pem"), file("ca.pem")).contains("ca.pem' cannot be read as a PEM private key"));
        fs::write(folder.path().join("tls/other.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
        assert!(text(file("certificate.pem"), file("other.pem")).contains("other.pem' is no key of the certificate in"));
        let tls = Tls { certificate: file("certificate.pem"), key: file("key.pem"), is_generated: false };
        assert!(acceptor(&config(folder.path(), tls)).unwrap().is_some());
        assert!(acceptor(&config(folder.path(), Tls::default())).unwrap().is_none());
    }
}
