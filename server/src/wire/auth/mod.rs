//! Who signed a request, and is the signature right? Asked in the mode `auth = verify` only.
//!
//! | file | question |
//! |---|---|
//! | `claim` | what a request says about its signature |
//! | `query_v2` | whether a presigned URL of the older version holds |
//! | `keys` | which secret an access key has, and what STS hands out |
//! | `check` | whether a claim holds |
//! | `body` | whether an S3 body that streams is the one that was signed |
//! | `admit` | how a request of each protocol is let in |
//! | `refusal` | what one that is not let in is told |
//! | `operator` | who may see the server's own pages |
//!
//! Ref: AWS general reference, "Signing AWS API requests"; Amazon S3 API reference, "Authenticating requests (AWS Signature Version 4)".

pub mod admit;
pub mod body;
pub mod check;
pub mod claim;
pub mod keys;
pub mod operator;
pub mod query_v2;
pub mod refusal;

pub use body::ChunkChain;
pub use keys::Keys;
pub use refusal::Refusal;
