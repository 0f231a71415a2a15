//! A message and where it goes, as the outbox keeps them.

use super::reference::ChannelRef;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A message as it lies in the outbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Stable over retries; also names files of folder deliverers.
    pub message_id: String,
    pub route: Route,
    /// A whole mail, a Slack message as JSON, or the bytes of a file.
    pub payload: Vec<u8>,
}

/// Payloads hold a company's figures, so only their length is printed.
impl fmt::Debug for Outgoing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Outgoing")
            .field("message_id", &self.message_id)
            .field("route", &self.route)
            .field("payload_bytes", &self.payload.len())
            .finish()
    }
}

/// The lane of mails.
pub const MAIL_LANE: &str = "mail";
/// The lane of files: the same file twice is one file.
pub const FILE_LANE: &str = "file";
/// What the kind of a channel has behind it where a file goes there.
const OF_FILES: &str = "_file";

/// Where a message goes. Never holds a secret: channels are named, not spelt out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub enum Route {
    Mail {
        from: String,
        to: String,
    },
    /// A configured channel.
    Channel(ChannelRef),
    /// A file for a channel that takes files.
    ChannelFile {
        channel: ChannelRef,
        file_name: String,
        title: String,
    },
    File {
        /// Relative to the folder for report files, e.g. `acme/daily-2026-11-20.pdf`.
        path: String,
    },
}

impl Route {
    /// The same message on another channel of its kind; `None` for what goes to no channel of that kind.
    pub fn on(&self, other: &ChannelRef) -> Option<Self> {
        match self {
            Self::Channel(channel) if channel.kind == other.kind => Some(Self::Channel(other.clone())),
            Self::ChannelFile { channel, file_name, title } if channel.kind == other.kind => {
                let (file_name, title) = (file_name.clone(), title.clone());
                Some(Self::ChannelFile { channel: other.clone(), file_name, title })
            }
            _ => None,
        }
    }

    /// The way out it shares with others, as the outbox names it: each channel is one of its own.
    pub fn lane(&self) -> String {
        match self {
            Self::Mail { .. } => MAIL_LANE.to_owned(),
            Self::Channel(channel) | Self::ChannelFile { channel, .. } => channel.to_string(),
            Self::File { .. } => FILE_LANE.to_owned(),
        }
    }

    /// For people: `mail to ceo@example.com`.
    pub fn text(&self) -> String {
        match self {
            Self::Mail { to, .. } => format!("mail to {to}"),
            Self::Channel(channel) => channel.text(),
            Self::ChannelFile { channel, file_name, .. } => format!("{}, {file_name}", channel.text()),
            Self::File { path } => format!("file {path}"),
        }
    }
}

/// A route as it is written: `{"kind":"slack","hook":"team"}`. Ids of messages are made of these texts, so they stay
/// as they are.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hook: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

impl From<Route> for Stored {
    fn from(route: Route) -> Self {
        match route {
            Route::Mail { from, to } => {
                Self { kind: MAIL_LANE.to_owned(), from: Some(from), to: Some(to), ..Self::default() }
            }
            Route::Channel(channel) => Self { kind: channel.kind, hook: Some(channel.name), ..Self::default() },
            Route::ChannelFile { channel, file_name, title } => Self {
                kind: channel.kind + OF_FILES,
                hook: Some(channel.name),
                file_name: Some(file_name),
                title: Some(title),
                ..Self::default()
            },
            Route::File { path } => Self { kind: FILE_LANE.to_owned(), path: Some(path), ..Self::default() },
        }
    }
}

impl TryFrom<Stored> for Route {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let Stored { kind, from, to, hook, file_name, title, path } = stored;
        let refused = format!("a route of the kind {kind:?} lacks a field, or has one too many");
        match (kind.as_str(), from, to, hook, file_name, title, path) {
            (MAIL_LANE, Some(from), Some(to), None, None, None, None) => Ok(Self::Mail { from, to }),
            (FILE_LANE, None, None, None, None, None, Some(path)) => Ok(Self::File { path }),
            (MAIL_LANE | FILE_LANE, ..) => Err(refused),
            (_, None, None, Some(name), None, None, None) => Ok(Self::Channel(ChannelRef { kind, name })),
            (_, None, None, Some(name), Some(file_name), Some(title), None) => match kind.strip_suffix(OF_FILES) {
                Some(kind) => {
                    Ok(Self::ChannelFile { channel: ChannelRef { kind: kind.to_owned(), name }, file_name, title })
                }
                None => Err(refused),
            },
            _ => Err(refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_keep_their_form_in_the_outbox() {
        for text in [
            r#"{"kind":"mail","from":"reports@example.com","to":"ceo@example.com"}"#,
            r#"{"kind":"slack","hook":"team"}"#,
            r#"{"kind":"slack_file","hook":"team","file_name":"x.pdf","title":"Daily"}"#,
            r#"{"kind":"file","path":"acme/daily.pdf"}"#,
        ] {
            let route: Route = serde_json::from_str(text).expect("a route");
            assert_eq!(serde_json::to_string(&route).expect("JSON"), text);
        }
    }

    #[test]
    fn a_route_with_a_field_of_another_kind_is_refused() {
        for text in [
            r#"{"kind":"mail","from":"a@example.com"}"#,
            r#"{"kind":"slack","hook":"team","path":"x"}"#,
            r#"{"kind":"slack","hook":"team","file_name":"x.pdf","title":"Daily"}"#,
            r#"{"kind":"file","hook":"x"}"#,
            r#"{"kind":"slack","hook":"team","more":1}"#,
        ] {
            assert!(serde_json::from_str::<Route>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_of_a_message_holds_no_figures() {
        let route = Route::File { path: "x".to_owned() };
        let outgoing = Outgoing { message_id: "msg_01".to_owned(), route, payload: b"revenue 12480".to_vec() };
        let printed = format!("{outgoing:?}");
        assert!(printed.contains("payload_bytes: 13") && !printed.contains("12480"), "{printed}");
    }
}
