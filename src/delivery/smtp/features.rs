//! What a server says that it can do, in its answer to EHLO. Pure.

use super::reply::Answer;

/// The features that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    pub start_tls: bool,
    pub eight_bit: bool,
    /// Addresses beyond ASCII (RFC 6531).
    pub utf8_addresses: bool,
    /// Whether the server wants to know how large a mail is (RFC 1870).
    pub size: bool,
    /// The most bytes of a mail, if there is a limit.
    pub most_bytes: Option<u64>,
    /// Ways to log in, in capitals.
    pub logins: Vec<String>,
}

impl Features {
    pub fn of(answer: &Answer) -> Self {
        let mut features = Self::default();
        // The first line is the server's name.
        for line in answer.lines.iter().skip(1) {
            // Servers of the last century wrote `AUTH=LOGIN`.
            let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
            let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
            match keyword.as_str() {
                "STARTTLS" => features.start_tls = true,
                "8BITMIME" => features.eight_bit = true,
                "SMTPUTF8" => features.utf8_addresses = true,
                "SIZE" => {
                    features.size = true;
                    let most = words.next().and_then(|bytes| bytes.parse().ok()).filter(|bytes: &u64| *bytes > 0);
                    // gotthardp/rabbitmq-email#55: two limits, and the smaller one counts.
                    features.most_bytes = [most, features.most_bytes].into_iter().flatten().min();
                }
                "AUTH" => features.logins.extend(words.map(str::to_ascii_uppercase)),
                _ => {}
            }
        }
        features
    }

    pub fn takes_login(&self, mechanism: &str) -> bool {
        self.logins.iter().any(|offered| offered == mechanism)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_in_any_case_and_limits_where_there_are_some() {
        let read = |lines: &[&str]| {
            Features::of(&Answer {
                code: 250,
                status: None,
                is_torn: false,
                lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            })
        };
        let features = read(&[
            "mx.example",
            "size 35882577",
            "AUTH PLAIN login",
            "AUTH=XOAUTH2",
            "StartTLS",
            "8BITMIME",
            "SMTPUTF8",
        ]);
        assert_eq!(features.most_bytes, Some(35_882_577));
        assert!(features.start_tls && features.eight_bit && features.utf8_addresses && features.size);
        assert_eq!(features.logins, ["PLAIN", "LOGIN", "XOAUTH2"]);
        for none in ["SIZE", "SIZE 0", "SIZE lots", "SIZE 99999999999999999999999"] {
            assert_eq!((read(&["x", none]).size, read(&["x", none]).most_bytes), (true, None), "{none}");
        }
        let two = read(&["mail.local", "AUTH PLAIN LOGIN", "SIZE 41943040", "SIZE 10485760", "8BITMIME", "SIZE 0"]);
        assert_eq!(two.most_bytes, Some(10_485_760));
        assert_eq!(read(&["SIZE 5 is my name"]), Features::default(), "the first line is a name");
    }
}
