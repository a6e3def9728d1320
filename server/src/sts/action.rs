//! What do the STS actions answer? The caller's account, or temporary credentials that any endpoint here accepts.
//!
//! Where nothing is verified, credentials are made from the request alone: the same request gets the same ones, only the expiry
//! follows the clock. Where signatures are verified, they are derived from the caller's key and nobody can guess them.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use data_encoding::{BASE32, BASE64};
use http::StatusCode;
use sha2::{Digest, Sha256};

use super::xml::{self, Xml};
use crate::wire::auth::Keys;

/// Life of credentials when the request names none. Ref: AssumeRole 1 hour, GetSessionToken 12 hours.
const ROLE_SECONDS: i64 = 3600;
const SESSION_SECONDS: i64 = 43_200;

/// Bounds of `DurationSeconds`. Ref: AssumeRole and GetSessionToken.
const DURATION_SECONDS_MIN: i64 = 900;
const ROLE_SECONDS_MAX: i64 = 43_200;
const SESSION_SECONDS_MAX: i64 = 129_600;

/// What an answer depends on besides the form.
#[derive(Debug, Clone)]
pub struct StsContext<'a> {
    /// Access key id of the signature; none for unsigned requests.
    pub access_key: Option<&'a str>,
    /// The caller's account.
    pub account: &'a str,
    /// What credentials are derived from; none where nothing is verified.
    pub keys: Option<&'a Keys>,
    /// Id of the request, echoed.
    pub request_id: &'a str,
    /// The clock.
    pub now: DateTime<Utc>,
}

/// The one version of the interface there is.
const VERSION: &str = "2011-06-15";

/// Answers a decoded form. Unknown actions and bad parameters are STS error documents.
pub fn handle(parameters: &[(String, String)], ctx: &StsContext<'_>) -> (StatusCode, String) {
    let form = Form(parameters);
    let version = form.value("Version").unwrap_or(VERSION);
    let outcome = match form.value("Action").filter(|_| version == VERSION) {
        Some("GetCallerIdentity") => Ok(get_caller_identity(ctx)),
        Some("AssumeRole") => assume_role(&form, ctx),
        Some("AssumeRoleWithWebIdentity") => assume_role_with_web_identity(&form, ctx),
        Some("GetSessionToken") => get_session_token(&form, ctx),
        _ => Err(match form.value("Action") {
            Some(action) => Failure { code: "InvalidAction", message: format!("Could not find operation {action} for version {version}") },
            None => Failure { code: "MissingAction", message: "The request must contain the parameter Action".to_owned() },
        }),
    };
    match outcome {
        Ok(body) => (StatusCode::OK, body),
        Err(failure) => (StatusCode::BAD_REQUEST, xml::error(failure.code, &failure.message, ctx.request_id)),
    }
}

struct Failure {
    code: &'static str,
    message: String,
}

struct Form<'a>(&'a [(String, String)]);

impl<'a> Form<'a> {
    fn value(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn required(&self, name: &str) -> Result<&'a str, Failure> {
        self.value(name).filter(|value| !value.is_empty()).ok_or_else(|| Failure {
            code: "ValidationError",
            message: format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                member_name(name)
            ),
        })
    }

    fn duration_seconds(&self, default: i64, most: i64) -> Result<i64, Failure> {
        let Some(text) = self.value("DurationSeconds") else { return Ok(default) };
        let bound = |text: &str, bound: String| Failure {
            code: "ValidationError",
            message: format!(
                "1 validation error detected: Value '{text}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"
            ),
        };
        match text.parse::<i64>() {
            Ok(seconds) if seconds < DURATION_SECONDS_MIN => Err(bound(text, format!("greater than or equal to {DURATION_SECONDS_MIN}"))),
            Ok(seconds) if seconds > most => Err(bound(text, format!("less than or equal to {most}"))),
            Ok(seconds) => Ok(seconds),
            Err(_) => Err(Failure { code: "MalformedInput", message: "DurationSeconds must be an integer".to_owned() }),
        }
    }
}

/// `RoleArn` is `roleArn` in validation messages.
fn member_name(parameter: &str) -> String {
    let mut chars = parameter.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn get_caller_identity(ctx: &StsContext<'_>) -> String {
    let account = ctx.account;
    xml::response("GetCallerIdentity", ctx.request_id, |xml| {
        xml.text("Arn", &format!("arn:aws:iam::{account}:root")).text("UserId", account).text("Account", account);
    })
}

fn assume_role(form: &Form<'_>, ctx: &StsContext<'_>) -> Result<String, Failure> {
    let role_arn = form.required("RoleArn")?;
    let session = form.required("RoleSessionName")?;
    let role = Role::parse(role_arn)?;
    let seconds = form.duration_seconds(ROLE_SECONDS, ROLE_SECONDS_MAX)?;
    Ok(xml::response("AssumeRole", ctx.request_id, |xml| {
        role.write(xml, session);
        write_credentials(xml, &format!("{role_arn}/{session}"), Some(role.account), ctx.now + Duration::seconds(seconds), ctx);
        xml.text("PackedPolicySize", "0");
    }))
}

fn assume_role_with_web_identity(form: &Form<'_>, ctx: &StsContext<'_>) -> Result<String, Failure> {
    let role_arn = form.required("RoleArn")?;
    let session = form.required("RoleSessionName")?;
    form.required("WebIdentityToken")?;
    let role = Role::parse(role_arn)?;
    let seconds = form.duration_seconds(ROLE_SECONDS, ROLE_SECONDS_MAX)?;
    Ok(xml::response("AssumeRoleWithWebIdentity", ctx.request_id, |xml| {
        xml.text("SubjectFromWebIdentityToken", session).text("Audience", "owlake").text("Provider", "owlake");
        role.write(xml, session);
        write_credentials(xml, &format!("{role_arn}/{session}"), Some(role.account), ctx.now + Duration::seconds(seconds), ctx);
        xml.text("PackedPolicySize", "0");
    }))
}

fn get_session_token(form: &Form<'_>, ctx: &StsContext<'_>) -> Result<String, Failure> {
    let seconds = form.duration_seconds(SESSION_SECONDS, SESSION_SECONDS_MAX)?;
    Ok(xml::response("GetSessionToken", ctx.request_id, |xml| {
        write_credentials(xml, ctx.access_key.unwrap_or_default(), None, ctx.now + Duration::seconds(seconds), ctx);
    }))
}

/// The account and name of `arn:aws:iam::<account>:role/<path><name>`.
struct Role<'a> {
    account: &'a str,
    name: &'a str,
}

impl<'a> Role<'a> {
    fn parse(arn: &'a str) -> Result<Self, Failure> {
        let invalid = || Failure { code: "ValidationError", message: format!("{arn} is invalid") };
        let mut fields = arn.splitn(6, ':');
        let is_iam = fields.next() == Some("arn") && fields.next().is_some_and(|p| p.starts_with("aws")) && fields.next() == Some("iam");
        let (_region, account, resource) = (fields.next(), fields.next(), fields.next());
        let path = resource.and_then(|r| r.strip_prefix("role/"));
        match (is_iam, account, path.and_then(|p| p.rsplit('/').next())) {
            (true, Some(account), Some(name)) if !name.is_empty() => Ok(Self { account, name }),
            _ => Err(invalid()),
        }
    }

    fn write(&self, xml: &mut Xml, session: &str) {
        let Self { account, name } = self;
        xml.element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", &format!("{}:{session}", id("AROA", name)));
            xml.text("Arn", &format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"));
        });
    }
}

fn write_credentials(xml: &mut Xml, seed: &str, account: Option<&str>, expiration: DateTime<Utc>, ctx: &StsContext<'_>) {
    let derived = ctx.keys.zip(ctx.access_key).and_then(|(keys, key_id)| keys.session(key_id, account, expiration, ctx.request_id));
    let (key_id, secret, token) = match derived {
        Some(session) => (session.access_key_id, session.secret, session.token),
        None => {
            let digest = Sha256::digest(seed.as_bytes());
            let secret: String = BASE64.encode(&digest).chars().take(40).collect();
            (id("ASIA", seed), secret, BASE64.encode(&[digest.as_slice(), seed.as_bytes()].concat()))
        }
    };
    xml.element("Credentials", |xml| {
        xml.text("AccessKeyId", &key_id);
        xml.text("SecretAccessKey", &secret);
        xml.text("SessionToken", &token);
        xml.text("Expiration", &expiration.to_rfc3339_opts(SecondsFormat::Secs, true));
    });
}

/// A unique id of 20 characters in the shape of AWS's.
fn id(prefix: &str, seed: &str) -> String {
    let digest = Sha256::digest(seed.as_bytes());
    BASE32.encode(&digest).chars().take(16).fold(prefix.to_owned(), |mut id, c| {
        id.push(c);
        id
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ask(access_key: Option<&str>, form: &[(&str, &str)]) -> (u16, String) {
        let form: Vec<_> = form.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let account = access_key.filter(|key| key.len() == 12).unwrap_or("000000000000");
        let now = DateTime::from_timestamp(1_704_067_200, 0).unwrap();
        let ctx = StsContext { access_key, account, keys: None, request_id: "r-1", now };
        let (status, body) = handle(&form, &ctx);
        (status.as_u16(), body)
    }

    /// Shape of the sample response of the STS API reference, GetCallerIdentity.
    #[test]
    fn the_account_is_the_access_key_if_that_is_one() {
        let form = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];
        let (status, body) = ask(Some("123456789012"), &form);
        assert_eq!(status, 200);
        assert_eq!(
            body.trim(),
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::123456789012:root</Arn><UserId>123456789012</UserId><Account>123456789012</Account>\
             </GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        );
        assert!(ask(Some("AKIAEXAMPLE"), &form).1.contains("<Account>000000000000</Account>"));
        assert!(ask(None, &form).1.contains("<Account>000000000000</Account>"));
    }

    #[test]
    fn roles_give_credentials_that_expire_when_asked() {
        let form = [
            ("Action", "AssumeRole"),
            ("RoleArn", "arn:aws:iam::111122223333:role/team/analyst"),
            ("RoleSessionName", "me"),
            ("DurationSeconds", "900"),
        ];
        let (status, body) = ask(None, &form);
        assert_eq!(status, 200);
        assert!(body.contains("<Arn>arn:aws:sts::111122223333:assumed-role/analyst/me</Arn>"));
        assert!(body.contains("<Expiration>2024-01-01T00:15:00Z</Expiration>"));
        assert!(body.contains("<AccessKeyId>ASIA"));
    }

    #[test]
    fn what_is_wrong_is_said_in_an_error_document() {
        for (form, code) in [
            (vec![("Action", "Nope"), ("Version", "2011-06-15")], "InvalidAction"),
            (vec![("Action", "GetCallerIdentity"), ("Version", "2011-06-16")], "InvalidAction"),
            (vec![], "MissingAction"),
            (vec![("Action", "AssumeRole")], "ValidationError"),
            (vec![("Action", "AssumeRole"), ("RoleArn", "x"), ("RoleSessionName", "me")], "ValidationError"),
            (vec![("Action", "GetSessionToken"), ("DurationSeconds", "1")], "ValidationError"),
        ] {
            let (status, body) = ask(None, &form);
            assert_eq!(status, 400);
            assert!(body.contains(&format!("<Code>{code}</Code>")), "{body}");
        }
        assert!(ask(None, &[("Action", "<&>")]).1.contains("&lt;&amp;&gt;"));
    }
}
