//! The parts of a vendor's account that streams run over: asked for before they are read.

use super::connection::Connection;
use super::cursor::Cursor;
use super::engine::{Engine, Walk, request};
use super::error::ConnectorError;
use super::follow::named_ids;
use super::landing::{Landing, Manifest};
use super::listed::Listed;
use super::paging::{Found, Lookup, Want};
use super::slice::{Slice, Window};
use super::spec::{FirstSpec, PartitionsSpec, StreamSpec};
use super::template::Renderer;
use std::collections::{BTreeMap, BTreeSet};

/// A part of an account, and why it cannot be read where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOf {
    pub partition: String,
    pub refused: Option<String>,
}

impl Engine {
    /// What a stream runs over: the entries of its setting, or of the list that the vendor gives now. Entries that the
    /// vendor does not list are among them, with that as the reason why they cannot be read.
    pub async fn parts_of(&self, connection: &Connection, stream: &StreamSpec) -> Result<Vec<PartOf>, ConnectorError> {
        if !connection.wants(stream) {
            return Ok(Vec::new());
        }
        let over = stream.partition_over.as_deref();
        let all = |partitions: Vec<String>| {
            partitions.into_iter().map(|partition| PartOf { partition, refused: None }).collect::<Vec<_>>()
        };
        let list = over.and_then(|name| Some((name, connection.connector.spec.partitions.get(name)?)));
        let Some((name, spec)) = list else { return Ok(all(connection.partitions(over))) };
        let named = connection.named(spec);
        let (entries, listed) = match self.listed(connection, name, spec).await {
            Ok(found) => found,
            // What an admin named is read all the same.
            Err(error) if !named.is_empty() => {
                tracing::warn!(connection.id = connection.id, error = %error, "the list of {} cannot be read", spec.label);
                return Ok(all(named));
            }
            Err(error) => return Err(error),
        };
        let known = Connection { listed: listed.clone(), ..connection.clone() };
        let expected = known.partitions(Some(name));
        if entries.is_empty() && expected.is_empty() {
            let note =
                format!("this credential sees none of the {}: connect it with those that are to be read", spec.label);
            return Err(ConnectorError::Rejected { status: 403, note });
        }
        let gone = listed.gone(name);
        let why = |entry: &str| {
            let last = gone
                .get(entry)
                .map_or_else(String::new, |at| format!("; it was until {}", at.format("%Y-%m-%d %H:%M UTC")));
            let ignored = spec.ignored.as_ref().map_or_else(String::new, |name| format!(", or name it in {name}"));
            format!(
                "{entry} is not among the {} that this credential can see{last}: give it access{ignored}",
                spec.label
            )
        };
        Ok(expected
            .into_iter()
            .map(|partition| {
                let refused = (!entries.contains(&partition)).then(|| why(&partition));
                PartOf { partition, refused }
            })
            .collect())
    }

    /// Entries that an admin has not named, by what they are, of lists in which entries are named: they are in no
    /// figure.
    pub fn unnamed(&self, connection: &Connection) -> BTreeMap<String, Vec<String>> {
        let listed = Listed::read(self.landing_root(), &connection.workspace, &connection.id);
        let mut all = BTreeMap::new();
        for (name, spec) in &connection.connector.spec.partitions {
            let (named, ignored) = (connection.named(spec), connection.ignored(spec));
            let is_other = |entry: &&str| !named.iter().chain(&ignored).any(|known| known == entry);
            let others: Vec<String> = listed.entries(name).filter(is_other).map(str::to_owned).collect();
            if !named.is_empty() && !others.is_empty() {
                all.insert(spec.label.clone(), others);
            }
        }
        all
    }

    /// The entries of a list now, and all that is known of the connection's lists.
    async fn listed(
        &self,
        connection: &Connection,
        name: &str,
        spec: &PartitionsSpec,
    ) -> Result<(BTreeSet<String>, Listed), ConnectorError> {
        let now = self.clock().now();
        let key = format!("{}/{}/{}/{name}", connection.workspace, connection.id, connection.credential());
        let entries = match self.lists().get(&key, now) {
            Some(entries) => entries,
            None => self.ask_list(connection, name, spec).await?,
        };
        let mut listed = Listed::read(self.landing_root(), &connection.workspace, &connection.id);
        listed.note(name, &entries, now);
        listed.write(self.landing_root(), &connection.workspace, &connection.id)?;
        self.lists().put(key, (now, entries.clone()));
        Ok((entries, listed))
    }

    async fn ask_list(
        &self,
        connection: &Connection,
        name: &str,
        spec: &PartitionsSpec,
    ) -> Result<BTreeSet<String>, ConnectorError> {
        self.introduce(connection).await?;
        let slice = Slice { partition: String::new(), window: Window::Whole };
        let renderer = Renderer::for_slice(connection, &slice);
        // Its pages go with `landing`: nobody loads them.
        let manifest = Manifest::begun(connection, &format!("list of {name}"), slice, self.clock().now());
        let mut landing = Landing::begin(self.landing_root(), manifest)?;
        let given = match &spec.first {
            Some(first) => {
                Cursor { first: self.first_of(connection, first, &renderer, &mut landing).await?, ..Cursor::default() }
            }
            None => Cursor::default(),
        };
        let walk = Walk { given: &given, ..Walk::listing(&spec.request, &spec.paging) };
        self.walk(connection, walk, &renderer, &mut landing, &|_| ()).await?;
        Ok(named_ids(&landing, &spec.ids).await?.into_iter().collect())
    }

    /// The value that a list is asked for by.
    async fn first_of(
        &self,
        connection: &Connection,
        first: &FirstSpec,
        renderer: &Renderer<'_>,
        landing: &mut Landing,
    ) -> Result<String, ConnectorError> {
        let request = request(&first.request, renderer, &Cursor::default())?;
        let lookups = [Lookup::new(&first.pointer, Want::Scalar)];
        let found = self.told(connection, &request, &lookups, landing).await?.unwrap_or_default();
        found.first().and_then(Found::text).ok_or_else(|| ConnectorError::UnexpectedPayload {
            note: format!("the answer lacks what a list is asked for by: {}", first.pointer),
        })
    }
}
