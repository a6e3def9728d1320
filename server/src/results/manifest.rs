//! What does the list of written files hold? One `s3://` URI a line.
//!
//! Ref: Athena user guide, "Identify query output files", data manifest.

/// The body of `<id>-manifest.csv`.
pub fn body(uris: &[String]) -> String {
    let mut out = String::with_capacity(uris.iter().map(|uri| uri.len() + 1).sum());
    for uri in uris {
        out.push_str(uri);
        out.push('\n');
    }
    out
}
