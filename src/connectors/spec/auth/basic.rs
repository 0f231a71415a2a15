//! A user and a password with every request (RFC 7617).

use super::render::Render;
use super::scheme::{Part, Proof, Scheme};
use crate::connectors::error::ConnectorError;
use crate::connectors::fields;
use crate::settings::Section;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// `Authorization: Basic …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basic {
    pub user: String,
    pub password: String,
}

impl Basic {
    pub const WORD: &str = "basic";
    pub const ABOUT: &str = "`Authorization: Basic …` with a user and a password.";

    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            user: fields::text(section, "user", "\"{{ settings.user }}\"", "A template; it may not hold a colon."),
            password: fields::text(section, "password", "\"{{ secrets.password }}\"", "A template; may be empty."),
        }
    }
}

impl Scheme for Basic {
    fn proof(&self, render: &Render<'_>) -> Result<Proof, ConnectorError> {
        let (user, password) = (render(&self.user)?, render(&self.password)?);
        if user.contains(':') {
            let note = "the user of basic authentication may not hold a colon (RFC 7617)".to_owned();
            return Err(ConnectorError::Configuration { note });
        }
        let pair = STANDARD.encode(format!("{user}:{password}"));
        Ok(Proof::Fixed(vec![Part::authorization("Basic", &pair)]))
    }

    fn templates(&self) -> Vec<&str> {
        vec![&self.user, &self.password]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_and_a_password_beyond_ascii_are_sent_as_utf_8() {
        let basic = Basic { user: "u".to_owned(), password: "p".to_owned() };
        let render = |template: &str| Ok(if template == "u" { "test".to_owned() } else { "123£".to_owned() });
        let Ok(Proof::Fixed(parts)) = basic.proof(&render) else { panic!("no proof") };
        // The example of RFC 7617, 2.1.
        let [Part::Header { name, value }] = parts.as_slice() else { panic!("no header") };
        assert_eq!((name.as_str(), value.expose()), ("Authorization", "Basic dGVzdDoxMjPCow=="));
        assert!(basic.proof(&|_: &str| Ok("a:b".to_owned())).is_err());
    }
}
