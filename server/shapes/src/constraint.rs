//! What must a request satisfy before an operation sees it? The description a validator walks beside the JSON.

/// One operation and what its request must look like.
#[derive(Debug)]
pub struct OperationModel {
    /// The operation's name as in `X-Amz-Target`, without the service prefix.
    pub name: &'static str,
    /// Always a [`Shape::Structure`].
    pub input: &'static Shape,
}

/// The model's type of one value with its constraints. Lengths count characters, entries or items.
#[derive(Debug)]
pub enum Shape {
    /// JSON text.
    Text {
        /// Fewest characters.
        length_min: Option<i64>,
        /// Most characters.
        length_max: Option<i64>,
        /// A Java regular expression the whole value must match.
        pattern: Option<&'static str>,
        /// The values of a closed set; empty where any text is allowed.
        values: &'static [&'static str],
    },
    /// Base64 text.
    Blob,
    /// A 32-bit integer on the client's side.
    Integer {
        /// Least value.
        min: Option<i64>,
        /// Greatest value.
        max: Option<i64>,
    },
    /// A 64-bit integer.
    Long {
        /// Least value.
        min: Option<i64>,
        /// Greatest value.
        max: Option<i64>,
    },
    /// `true` or `false`.
    Boolean,
    /// A floating-point number.
    Double,
    /// Seconds since 1970-01-01T00:00:00Z, with a fraction.
    Timestamp,
    /// A JSON array.
    List {
        /// The type of every item.
        member: &'static Shape,
        /// Fewest items.
        length_min: Option<i64>,
        /// Most items.
        length_max: Option<i64>,
    },
    /// A JSON object with free keys.
    Map {
        /// The type of every key.
        key: &'static Shape,
        /// The type of every value.
        value: &'static Shape,
        /// Fewest entries.
        length_min: Option<i64>,
        /// Most entries.
        length_max: Option<i64>,
    },
    /// A JSON object with named members; unknown keys are ignored.
    Structure {
        /// The known members in the model's order.
        members: &'static [Member],
    },
    /// Any JSON.
    Document,
}

/// One member of a structure.
#[derive(Debug)]
pub struct Member {
    /// The key, in PascalCase.
    pub name: &'static str,
    /// Whether null or absent is a violation.
    pub is_required: bool,
    /// The member's type.
    pub shape: &'static Shape,
}

/// The entry of `name` in a table sorted by name.
pub fn find_operation(models: &'static [OperationModel], name: &str) -> Option<&'static OperationModel> {
    models.binary_search_by(|model| model.name.cmp(name)).ok().map(|at| &models[at])
}
