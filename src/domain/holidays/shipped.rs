//! The country files that Daybook carries in its binary.

use super::country::{Country, CountryError};
use std::sync::OnceLock;

/// A file and, once it was asked for, what it holds.
struct Shipped {
    code: &'static str,
    text: &'static str,
    read: OnceLock<Result<Country, CountryError>>,
}

impl Shipped {
    const fn new(code: &'static str, text: &'static str) -> Self {
        Self { code, text, read: OnceLock::new() }
    }
}

impl Country {
    /// The shipped file of a country, `None` if there is none. Reads it on first use.
    pub fn shipped(code: &str) -> Option<Result<&'static Self, CountryError>> {
        country(code).map(|read| read.as_ref().map_err(CountryError::clone))
    }
}

/// What the file of a country holds; `None` if there is no such file. Case does not matter.
fn country(code: &str) -> Option<&'static Result<Country, CountryError>> {
    let file = FILES.iter().find(|file| file.code.eq_ignore_ascii_case(code))?;
    Some(file.read.get_or_init(|| Country::read(file.text)))
}

/// Every country that can be read, in alphabetic order of their codes.
pub(super) fn countries() -> impl Iterator<Item = &'static Country> {
    FILES.iter().filter_map(|file| country(file.code)?.as_ref().ok())
}

static FILES: [Shipped; 42] = [
    Shipped::new("AT", include_str!("countries/AT.toml")),
    Shipped::new("AU", include_str!("countries/AU.toml")),
    Shipped::new("BE", include_str!("countries/BE.toml")),
    Shipped::new("BG", include_str!("countries/BG.toml")),
    Shipped::new("BR", include_str!("countries/BR.toml")),
    Shipped::new("CA", include_str!("countries/CA.toml")),
    Shipped::new("CH", include_str!("countries/CH.toml")),
    Shipped::new("CY", include_str!("countries/CY.toml")),
    Shipped::new("CZ", include_str!("countries/CZ.toml")),
    Shipped::new("DE", include_str!("countries/DE.toml")),
    Shipped::new("DK", include_str!("countries/DK.toml")),
    Shipped::new("EE", include_str!("countries/EE.toml")),
    Shipped::new("ES", include_str!("countries/ES.toml")),
    Shipped::new("FI", include_str!("countries/FI.toml")),
    Shipped::new("FR", include_str!("countries/FR.toml")),
    Shipped::new("GB", include_str!("countries/GB.toml")),
    Shipped::new("GR", include_str!("countries/GR.toml")),
    Shipped::new("HR", include_str!("countries/HR.toml")),
    Shipped::new("HU", include_str!("countries/HU.toml")),
    Shipped::new("IE", include_str!("countries/IE.toml")),
    Shipped::new("IN", include_str!("countries/IN.toml")),
    Shipped::new("IS", include_str!("countries/IS.toml")),
    Shipped::new("IT", include_str!("countries/IT.toml")),
    Shipped::new("JP", include_str!("countries/JP.toml")),
    Shipped::new("KR", include_str!("countries/KR.toml")),
    Shipped::new("LT", include_str!("countries/LT.toml")),
    Shipped::new("LU", include_str!("countries/LU.toml")),
    Shipped::new("LV", include_str!("countries/LV.toml")),
    Shipped::new("MT", include_str!("countries/MT.toml")),
    Shipped::new("MX", include_str!("countries/MX.toml")),
    Shipped::new("NL", include_str!("countries/NL.toml")),
    Shipped::new("NO", include_str!("countries/NO.toml")),
    Shipped::new("NZ", include_str!("countries/NZ.toml")),
    Shipped::new("PL", include_str!("countries/PL.toml")),
    Shipped::new("PT", include_str!("countries/PT.toml")),
    Shipped::new("RO", include_str!("countries/RO.toml")),
    Shipped::new("SE", include_str!("countries/SE.toml")),
    Shipped::new("SG", include_str!("countries/SG.toml")),
    Shipped::new("SI", include_str!("countries/SI.toml")),
    Shipped::new("SK", include_str!("countries/SK.toml")),
    Shipped::new("US", include_str!("countries/US.toml")),
    Shipped::new("ZA", include_str!("countries/ZA.toml")),
];
