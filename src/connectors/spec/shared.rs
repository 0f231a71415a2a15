//! Requests that several places of a connector share: said once in `[requests.<name>]`, and taken up by `like`.

use super::partitions::PartitionsSpec;
use super::request::RequestSpec;
use super::{ConnectorSpec, StreamSpec};
use crate::connectors::fields;
use crate::connectors::paging::PagingSpec;
use crate::settings::Section;

/// A request to be taken up, and how its pages follow one another.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SharedRequest {
    pub request: RequestSpec,
    pub paging: PagingSpec,
}

impl SharedRequest {
    /// Reads its table: the keys of a request, and `paging`.
    pub fn read(mut section: Section<'_>) -> Self {
        let paging = fields::table(
            &mut section,
            "paging",
            "How pages follow one another, where a place that takes the request up does not say it itself.",
            PagingSpec::read,
        );
        Self { paging: paging.unwrap_or_default(), request: RequestSpec::read_shared(section) }
    }
}

impl RequestSpec {
    /// What this request says, and what it does not say as `other` has it; the parameters of `other` come first.
    fn completed(&mut self, other: &Self) {
        if self.url.is_empty() {
            self.url.clone_from(&other.url);
            self.method = other.method;
        }
        self.query.splice(0..0, other.query.iter().cloned());
        for (name, value) in &other.headers {
            self.headers.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self.body = self.body.take().or_else(|| other.body.clone());
        self.allowance = self.allowance.take().or_else(|| other.allowance.clone());
        self.anonymous |= other.anonymous;
    }
}

/// A request of a connector, with the paging that goes along with it where any does.
type Place<'a> = (&'a mut RequestSpec, Option<&'a mut PagingSpec>);

fn places(stream: &mut StreamSpec) -> Vec<Place<'_>> {
    let mut all: Vec<Place<'_>> = vec![(&mut stream.request, Some(&mut stream.paging))];
    let mut jobs: Vec<_> = stream.job.iter_mut().collect();
    for part in &mut stream.parts {
        all.push((&mut part.request, Some(&mut part.paging)));
        jobs.extend(part.job.iter_mut());
    }
    for job in jobs {
        all.extend([(&mut job.create, None), (&mut job.poll, None)]);
        all.extend(job.abort.iter_mut().map(|abort| (abort, None)));
    }
    for follow in stream.follow.iter_mut().chain(&mut stream.follow_also) {
        all.push((&mut follow.request, Some(&mut follow.paging)));
        all.extend(follow.listing.iter_mut().map(|listing| (&mut listing.request, Some(&mut listing.paging))));
    }
    all.extend(stream.count.iter_mut().map(|count| (&mut count.request, None)));
    all
}

fn places_of_list(list: &mut PartitionsSpec) -> Vec<Place<'_>> {
    let first = list.first.iter_mut().map(|first| (&mut first.request, None));
    first.chain([(&mut list.request, Some(&mut list.paging))]).collect()
}

impl ConnectorSpec {
    /// Takes up what requests share; the names that no shared request has.
    pub(super) fn share(&mut self) -> Vec<String> {
        let mut unknown = Vec::new();
        let shared = &self.requests;
        let lists = self.partitions.values_mut().flat_map(places_of_list);
        let of_horizon = self.horizon.iter_mut().filter_map(|horizon| horizon.request.as_mut());
        let all = self.streams.values_mut().flat_map(places).chain(lists);
        for (request, paging) in all.chain(of_horizon.map(|request| (request, None))) {
            let Some(name) = request.like.take() else { continue };
            let Some(other) = shared.get(&name) else {
                unknown.push(name);
                continue;
            };
            request.completed(&other.request);
            if let Some(paging) = paging.filter(|paging| **paging == PagingSpec::default()) {
                paging.clone_from(&other.paging);
            }
        }
        unknown
    }

    /// Every request, with the stream or list it is of.
    pub fn all_requests(&self) -> Vec<(String, RequestSpec)> {
        let mut copy = self.clone();
        let mut all = Vec::new();
        for (id, stream) in &mut copy.streams {
            all.extend(places(stream).into_iter().map(|(request, _)| (format!("stream {id}"), request.clone())));
        }
        for (name, list) in &mut copy.partitions {
            let places = places_of_list(list).into_iter();
            all.extend(places.map(|(request, _)| (format!("list {name}"), request.clone())));
        }
        let of_horizon = self.horizon.iter().filter_map(|horizon| horizon.request.clone());
        all.extend(of_horizon.map(|request| ("horizon".to_owned(), request)));
        all
    }
}
