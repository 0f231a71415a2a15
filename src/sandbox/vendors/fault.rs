//! Ways in which a request fails.

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The vendor's own way of saying wait.
    TooMany,
    Failure,
    /// 503, as while a vendor is down.
    Unavailable,
    Slow,
    /// The connection stays silent.
    Silence,
    /// The body ends before its stated length.
    CutBody,
    /// A proxy's page with status 200.
    Html,
    /// The token endpoint says `invalid_grant`; elsewhere 401.
    Revoked,
    /// The credential is taken and may not read this: 403.
    Forbidden,
    /// The same next page for ever.
    RepeatedCursor,
    /// A body of 50 MB.
    HugePage,
    /// Every second record has values of other types than documented.
    WrongTypes,
    /// The records are no list.
    NoList,
    /// Every second record lacks most of its fields.
    MissingFields,
    /// A small body that unpacks to 64 MB.
    GzipBomb,
    /// The same in a packing that nobody asked for.
    DeflateBomb,
}
