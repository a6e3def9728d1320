//! How is an STS answer written? Elements with escaped text in the envelope of the query protocol.

use std::fmt::Write;

/// Namespace of every answer.
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// A document being written.
#[derive(Debug, Default)]
pub struct Xml(String);

impl Xml {
    /// `<name>` around what `inner` writes.
    pub fn element(&mut self, name: &str, inner: impl FnOnce(&mut Self)) -> &mut Self {
        let _ = write!(self.0, "<{name}>");
        inner(self);
        let _ = write!(self.0, "</{name}>");
        self
    }

    /// `<name>text</name>`.
    pub fn text(&mut self, name: &str, text: &str) -> &mut Self {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.element(name, |xml| xml.0.push_str(&escaped))
    }
}

/// `<{action}Response>` with its result and metadata.
pub fn response(action: &str, request_id: &str, result: impl FnOnce(&mut Xml)) -> String {
    let mut xml = Xml::default();
    xml.element(&format!("{action}Result"), result);
    xml.element("ResponseMetadata", |xml| {
        xml.text("RequestId", request_id);
    });
    format!("<{action}Response xmlns=\"{NAMESPACE}\">{}</{action}Response>\n", xml.0)
}

/// `<ErrorResponse>`; the sender's fault.
pub fn error(code: &str, message: &str, request_id: &str) -> String {
    let mut xml = Xml::default();
    xml.element("Error", |xml| {
        xml.text("Type", "Sender").text("Code", code).text("Message", message);
    });
    xml.text("RequestId", request_id);
    format!("<ErrorResponse xmlns=\"{NAMESPACE}\">{}</ErrorResponse>\n", xml.0)
}
