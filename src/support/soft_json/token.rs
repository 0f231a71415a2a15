//! Words and numbers of JSON, letter by letter.

/// How far one has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Token {
    /// Nothing yet.
    #[default]
    None,
    /// What is still due of `true`, `false` or `null`.
    Word(&'static [u8]),
    Minus,
    /// A whole part that is zero: no digit follows it.
    Zero,
    Digits,
    Point,
    Decimals,
    Exponent,
    ExponentSign,
    ExponentDigits,
    Wrong,
}

impl Token {
    /// With another byte.
    pub fn then(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::None, b't') => Self::Word(b"rue"),
            (Self::None, b'f') => Self::Word(b"alse"),
            (Self::None, b'n') => Self::Word(b"ull"),
            (Self::Word([due, rest @ ..]), byte) if *due == byte => Self::Word(rest),
            (Self::None, b'-') => Self::Minus,
            (Self::None | Self::Minus, b'0') => Self::Zero,
            (Self::None | Self::Minus | Self::Digits, b'0'..=b'9') => Self::Digits,
            (Self::Zero | Self::Digits, b'.') => Self::Point,
            (Self::Point | Self::Decimals, b'0'..=b'9') => Self::Decimals,
            (Self::Zero | Self::Digits | Self::Decimals, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::ExponentSign,
            (Self::Exponent | Self::ExponentSign | Self::ExponentDigits, b'0'..=b'9') => Self::ExponentDigits,
            _ => Self::Wrong,
        }
    }

    /// Whether it is one as it stands, or none has begun.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::None | Self::Word([]) | Self::Zero | Self::Digits | Self::Decimals | Self::ExponentDigits)
    }
}
