//! What can go wrong towards a client, and towards whoever starts the process? `ApiError` and `ServerError`.

use serde_json::{Map, Value};

/// The `AthenaErrorCode` of an `InvalidRequestException`. Ref: measured Athena behaviour, "Error body".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AthenaErrorCode {
    /// The statement is not acceptable SQL.
    MalformedQuery,
    /// Any other bad argument.
    InvalidInput,
    /// No query has this id.
    QueryExecutionNotFound,
    /// The query is not in the state the operation needs.
    InvalidQueryExecutionState,
    /// A client request token came back with other parameters.
    IdempotentParameterMismatch,
    /// The query left no result.
    ResultNotFound,
    /// The statement names an unknown data catalog.
    DatacatalogNotFound,
}

impl AthenaErrorCode {
    /// The code as it is on the wire.
    pub fn name(self) -> &'static str {
        match self {
            AthenaErrorCode::MalformedQuery => "MALFORMED_QUERY",
            AthenaErrorCode::InvalidInput => "INVALID_INPUT",
            AthenaErrorCode::QueryExecutionNotFound => "QUERY_EXECUTION_NOT_FOUND",
            AthenaErrorCode::InvalidQueryExecutionState => "INVALID_QUERY_EXECUTION_STATE",
            AthenaErrorCode::IdempotentParameterMismatch => "IDEMPOTENT_PARAMETER_MISMATCH",
            AthenaErrorCode::ResultNotFound => "RESULT_NOT_FOUND",
            AthenaErrorCode::DatacatalogNotFound => "DATACATALOG_NOT_FOUND",
        }
    }

    /// The code with this name, `None` for a name that is no code.
    pub fn find(name: &str) -> Option<Self> {
        [
            AthenaErrorCode::MalformedQuery,
            AthenaErrorCode::InvalidInput,
            AthenaErrorCode::QueryExecutionNotFound,
            AthenaErrorCode::InvalidQueryExecutionState,
            AthenaErrorCode::IdempotentParameterMismatch,
            AthenaErrorCode::ResultNotFound,
            AthenaErrorCode::DatacatalogNotFound,
        ]
        .into_iter()
        .find(|code| code.name() == name)
    }
}

/// Every exception an Athena or Glue reply can carry. Ref: the service models' exception shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiErrorKind {
    /// The request is bad (Athena).
    InvalidRequest(AthenaErrorCode),
    /// A concurrency quota is used up (Athena).
    TooManyRequests,
    /// A named thing does not exist (Athena).
    ResourceNotFound,
    /// The catalog refused a metadata operation (Athena).
    Metadata,
    /// The fault is ours (Athena).
    InternalServer,
    /// The body is not the JSON the operation wants.
    Serialization,
    /// The operation is unknown, or known and not served.
    UnknownOperation,
    /// A constraint of the model is violated (Glue).
    Validation,
    /// The caller may not do this.
    AccessDenied,
    /// Too many requests a second.
    Throttling,
    /// The signature does not match.
    InvalidSignature,
    /// The access key is unknown.
    UnrecognizedClient,
    /// The request is not signed and has to be.
    MissingAuthenticationToken,
    /// Parts of the signature are missing.
    IncompleteSignature,
    /// The session is over.
    ExpiredToken,
    /// The body is longer than accepted.
    RequestEntityTooLarge,
    /// The body did not come in time.
    RequestTimeout,
    /// A named thing does not exist (Glue).
    EntityNotFound,
    /// A named thing exists already (Glue).
    AlreadyExists,
    /// The request is bad (Glue).
    InvalidInput,
    /// The stated version is not the current one (Glue).
    ConcurrentModification,
    /// A limit of the catalog is reached (Glue).
    ResourceNumberLimitExceeded,
    /// The resource is being changed (Glue).
    ResourceNotReady,
    /// Stored data contradicts its declaration (Glue).
    InvalidState,
    /// The operation took too long (Glue).
    OperationTimeout,
    /// The fault is ours (Glue).
    InternalService,
    /// The crawler runs already (Glue).
    CrawlerRunning,
    /// The crawler does not run (Glue).
    CrawlerNotRunning,
    /// The crawler is being stopped (Glue).
    CrawlerStopping,
    /// The schedule runs already (Glue).
    SchedulerRunning,
    /// The schedule does not run (Glue).
    SchedulerNotRunning,
    /// The schedule is changing state (Glue).
    SchedulerTransitioning,
    /// The crawler has no schedule (Glue).
    NoSchedule,
    /// The classifier's version is not the current one (Glue).
    VersionMismatch,
}

impl ApiErrorKind {
    /// The exception's name, the `__type` of the body.
    pub fn name(self) -> &'static str {
        match self {
            ApiErrorKind::InvalidRequest(_) => "InvalidRequestException",
            ApiErrorKind::TooManyRequests => "TooManyRequestsException",
            ApiErrorKind::ResourceNotFound => "ResourceNotFoundException",
            ApiErrorKind::Metadata => "MetadataException",
            ApiErrorKind::InternalServer => "InternalServerException",
            ApiErrorKind::Serialization => "SerializationException",
            ApiErrorKind::UnknownOperation => "UnknownOperationException",
            ApiErrorKind::Validation => "ValidationException",
            ApiErrorKind::AccessDenied => "AccessDeniedException",
            ApiErrorKind::Throttling => "ThrottlingException",
            ApiErrorKind::InvalidSignature => "InvalidSignatureException",
            ApiErrorKind::UnrecognizedClient => "UnrecognizedClientException",
            ApiErrorKind::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            ApiErrorKind::IncompleteSignature => "IncompleteSignatureException",
            ApiErrorKind::ExpiredToken => "ExpiredTokenException",
            ApiErrorKind::RequestEntityTooLarge => "RequestEntityTooLargeException",
            ApiErrorKind::RequestTimeout => "RequestTimeoutException",
            ApiErrorKind::EntityNotFound => "EntityNotFoundException",
            ApiErrorKind::AlreadyExists => "AlreadyExistsException",
            ApiErrorKind::InvalidInput => "InvalidInputException",
            ApiErrorKind::ConcurrentModification => "ConcurrentModificationException",
            ApiErrorKind::ResourceNumberLimitExceeded => "ResourceNumberLimitExceededException",
            ApiErrorKind::ResourceNotReady => "ResourceNotReadyException",
            ApiErrorKind::InvalidState => "InvalidStateException",
            ApiErrorKind::OperationTimeout => "OperationTimeoutException",
            ApiErrorKind::InternalService => "InternalServiceException",
            ApiErrorKind::CrawlerRunning => "CrawlerRunningException",
            ApiErrorKind::CrawlerNotRunning => "CrawlerNotRunningException",
            ApiErrorKind::CrawlerStopping => "CrawlerStoppingException",
            ApiErrorKind::SchedulerRunning => "SchedulerRunningException",
            ApiErrorKind::SchedulerNotRunning => "SchedulerNotRunningException",
            ApiErrorKind::SchedulerTransitioning => "SchedulerTransitioningException",
            ApiErrorKind::NoSchedule => "NoScheduleException",
            ApiErrorKind::VersionMismatch => "VersionMismatchException",
        }
    }

    /// The HTTP status: 500 where the fault is ours, 413 for an oversized body, 400 for all else, signatures included.
    pub fn status(self) -> u16 {
        match self {
            ApiErrorKind::InternalServer | ApiErrorKind::InternalService => 500,
            ApiErrorKind::RequestEntityTooLarge => 413,
            _ => 400,
        }
    }
}

/// An error reply of Athena or Glue.
///
/// Ref: measured Athena behaviour, "Error body": `Message` is capital except for a bad signature; the two code keys
/// belong to `InvalidRequestException` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// Which exception.
    pub kind: ApiErrorKind,
    /// The text, absent where the service sends none.
    pub message: Option<String>,
    /// Further modelled members of the exception, such as `Reason` or `ResourceName`.
    pub members: Vec<(&'static str, String)>,
}

impl ApiError {
    /// An error of any kind with a text.
    pub fn new(kind: ApiErrorKind, message: impl Into<String>) -> Self {
        ApiError { kind, message: Some(message.into()), members: Vec::new() }
    }

    /// An error the service sends without a text.
    pub fn bare(kind: ApiErrorKind) -> Self {
        ApiError { kind, message: None, members: Vec::new() }
    }

    /// Athena's `InvalidRequestException`.
    pub fn invalid_request(code: AthenaErrorCode, message: impl Into<String>) -> Self {
        ApiError::new(ApiErrorKind::InvalidRequest(code), message)
    }

    /// Athena's `InvalidRequestException` with the code `INVALID_INPUT`.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        ApiError::invalid_request(AthenaErrorCode::InvalidInput, message)
    }

    /// The same error with a further member.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<String>) -> Self {
        self.members.push((member, value.into()));
        self
    }

    /// The JSON body.
    pub fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("__type".to_owned(), self.kind.name().into());
        if let ApiErrorKind::InvalidRequest(code) = self.kind {
            body.insert("AthenaErrorCode".to_owned(), code.name().into());
            body.insert("ErrorCode".to_owned(), code.name().into());
        }
        if let Some(message) = &self.message {
            let key = match self.kind {
                ApiErrorKind::InvalidSignature => "message",
                _ => "Message",
            };
            body.insert(key.to_owned(), message.clone().into());
        }
        for (member, value) in &self.members {
            body.insert((*member).to_owned(), value.clone().into());
        }
        Value::Object(body)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind.name())?;
        match &self.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}

/// Why the process cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A setting is wrong; the text names it.
    #[error("configuration: {0}")]
    Configuration(String),
    /// A file or socket cannot be used.
    #[error("{subject}: {source}")]
    Io {
        /// The path or address.
        subject: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Catalog, engine or storage cannot be opened.
    #[error("{subject}: {reason}")]
    Start {
        /// Which part.
        subject: &'static str,
        /// What it said.
        reason: String,
    },
}

impl ServerError {
    /// An I/O failure on `subject`.
    pub fn io(subject: impl Into<String>, source: std::io::Error) -> Self {
        ServerError::Io { subject: subject.into(), source }
    }
}

/// A request that finds the server's own files unusable gets a sentence; the log gets the cause.
impl From<ServerError> for ApiError {
    fn from(error: ServerError) -> Self {
        tracing::error!(%error, "the server's own files cannot be written");
        ApiError::new(ApiErrorKind::InternalServer, "Internal server error")
    }
}
