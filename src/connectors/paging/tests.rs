//! How lists end, go on, and are refused.

use super::link_header::LinkHeader;
use super::next_token::{NextToken, RestartSpec};
use super::next_url::NextUrl;
use super::offset::Offset;
use super::page_number::PageNumber;
use super::search_after::SearchAfter;
use super::starting_after::StartingAfter;
use super::token_header::TokenHeader;
use super::*;
use serde_json::Value;

fn value(text: &str) -> Found {
    Found { value: Some(Value::from(text)), ..Found::default() }
}

fn records(records: u64, last: &str) -> Found {
    Found { records, last_id: Some(last.to_owned()), ..Found::default() }
}

#[test]
fn a_token_that_comes_again_ends_with_a_clear_error() {
    let spec =
        PagingSpec::from(NextToken { pointer: "/next".to_owned(), percent_encoded: true, ..NextToken::default() });
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[value("Mw%3D%3D")]), Ok(true));
    assert_eq!(pager.cursor().token, "Mw==");
    let error = pager.advance(&[value("Mw%3D%3D")]).expect_err("a loop");
    assert!(error.to_string().contains("repeats the page cursor"), "{error}");
}

/// facebook/facebook-java-business-sdk#292: the last page has a cursor, which leads nowhere. restfb/restfb#1059: where
/// a page has one record, both cursors are the same and there is more.
#[test]
fn a_last_page_with_a_token_is_known_by_its_lack_of_an_address() {
    let pointer = |text: &str| Some(text.to_owned());
    let spec = PagingSpec::from(NextToken {
        pointer: "/paging/cursors/after".to_owned(),
        next_url_pointer: pointer("/paging/next"),
        ..NextToken::default()
    });
    let page = |body: &str, pager: &mut Pager| {
        let found = super::scan(body.as_bytes(), &pager.lookups()).expect("a body");
        pager.advance(&found).map(|goes_on| (goes_on, pager.cursor().token.clone(), pager.cursor().url.clone()))
    };
    let mut pager = Pager::new(&spec);
    let first =
        r#"{"data":[],"paging":{"cursors":{"before":"a","after":"a"},"next":"https://vendor.example/x?after=a"}}"#;
    assert_eq!(page(first, &mut pager), Ok((true, "a".to_owned(), None)), "an empty page is not the last one");
    let plain = r#"{"data":[1],"paging":{"next":"https://vendor.example/x?page=3"}}"#;
    let url = "https://vendor.example/x?page=3".to_owned();
    assert_eq!(page(plain, &mut pager).map(|(_, _, url)| url), Ok(Some(url)));
    let more = first.replace("\"a\"", "\"b\"");
    assert_eq!(page(&more, &mut pager), Ok((true, "b".to_owned(), None)), "a token comes before an address");
    let last = r#"{"data":[1],"paging":{"cursors":{"before":"b","after":"c"}}}"#;
    assert_eq!(page(last, &mut pager).map(|(goes_on, ..)| goes_on), Ok(false));
}

#[test]
fn a_capped_search_begins_again_above_the_last_id() {
    let restart = RestartSpec { rows: 400, records_pointer: "/results".to_owned(), id_field: "id".to_owned() };
    let spec = PagingSpec::from(NextToken {
        pointer: "/next".to_owned(),
        restart: Some(restart),
        total_pointer: Some("/total".to_owned()),
        ..NextToken::default()
    });
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[value("200"), records(200, "17")]), Ok(true));
    assert_eq!(pager.advance(&[value("400"), records(200, "35")]), Ok(true));
    assert_eq!((pager.cursor().floor.as_str(), pager.cursor().token.as_str()), ("35", ""));
    assert_eq!(pager.advance(&[value("200"), records(200, "52")]), Ok(true));
    assert_eq!((pager.cursor().floor.as_str(), pager.cursor().token.as_str()), ("35", "200"));
    assert_eq!(pager.advance(&[Found::default(), records(3, "55"), value("203")]), Ok(false));
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[Found::default(), records(3, "55"), value("203")]), Ok(false));
    assert_eq!(pager.shortfall().as_deref(), Some("the vendor lists 3 of 203 records"));
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[Found::default(), records(399, "55"), value("400")]), Ok(false));
    assert_eq!(pager.shortfall(), None, "half a percent");
}

#[test]
fn offsets_reach_the_total_whether_number_or_text() {
    let (total_pointer, records_pointer) = (Some("/rowCount".to_owned()), None);
    let spec = PagingSpec::from(Offset { limit: 10, total_pointer, records_pointer, ..Offset::default() });
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[value("20")]), Ok(true));
    assert_eq!(pager.advance(&[Found { value: Some(Value::from(20)), ..Found::default() }]), Ok(false));
    let unsaid = Pager::new(&spec).advance(&[Found::default()]);
    assert!(unsaid.is_err_and(|error| error.to_string().contains("records_pointer")));
    let mut pager = Pager::new(&spec).of_list(Some("/rows".to_owned()));
    assert_eq!(pager.advance(&[Found::default(), Found::default()]), Ok(false), "nothing, and no total");
}

#[test]
fn a_list_whose_total_changes_or_is_exceeded_is_to_be_read_anew() {
    // PostHog/posthog#69948, plausible/analytics#4572
    let (total_pointer, records_pointer) = (Some("/rowCount".to_owned()), Some("/rows".to_owned()));
    let spec = PagingSpec::from(Offset { limit: 40, total_pointer, records_pointer, ..Offset::default() });
    let rows = |rows| Found { records: rows, ..Found::default() };
    let after = |pages: &[(&str, u64)]| {
        let mut pager = Pager::new(&spec);
        pages.iter().for_each(|(total, came)| {
            let _ = pager.advance(&[value(total), rows(*came)]).expect("a page");
        });
        pager.unsteady()
    };
    assert!(after(&[("60", 40), ("50", 10)]).is_some_and(|why| why.contains("of 60 records, then of 50")));
    assert!(after(&[("60", 40), ("60", 25)]).is_some_and(|why| why.contains("has 65 records where it says 60")));
    assert!(after(&[("60", 40), ("", 20)]).is_some_and(|why| why.contains("no number")));
    assert_eq!((after(&[("60", 40), ("60", 20)]), after(&[("", 0)])), (None, None));
}

#[test]
fn a_capped_page_a_missing_total_and_an_empty_page_do_not_end_a_list_in_silence() {
    let (total_pointer, records_pointer) = (Some("/rowCount".to_owned()), Some("/rows".to_owned()));
    let spec = PagingSpec::from(Offset { limit: 10, total_pointer, records_pointer, ..Offset::default() });
    let rows = |rows| Found { records: rows, ..Found::default() };
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[value("9"), rows(4)]), Ok(true));
    assert_eq!(pager.cursor().offset, 4, "the vendor caps pages at 4");
    assert!(pager.advance(&[value("9"), rows(0)]).is_err_and(|e| e.to_string().contains("4 of 9")));
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[Found::default(), rows(10)]), Ok(true), "a full page, and no total");
    assert_eq!(pager.advance(&[Found::default(), rows(3)]), Ok(true), "the vendor may cap its pages");
    assert_eq!(pager.cursor().offset, 13);
    assert_eq!(pager.advance(&[Found::default(), rows(0)]), Ok(false));

    let spec = PagingSpec::from(PageNumber {
        first: 1,
        limit: 100,
        records_pointer: "/rows".to_owned(),
        ..PageNumber::default()
    });
    let mut pager = Pager::new(&spec);
    let ends: Vec<bool> = [50, 50, 20].map(|came| pager.advance(&[rows(came)]).expect("a page")).into();
    assert_eq!(ends, [true, true, false], "the vendor caps pages at 50");
    assert_eq!(Pager::new(&spec).advance(&[rows(0)]), Ok(false));
}

#[test]
fn starting_after_follows_the_last_id_while_there_is_more() {
    let spec = PagingSpec::from(StartingAfter {
        records_pointer: "/data".to_owned(),
        id_field: "id".to_owned(),
        has_more_pointer: "/has_more".to_owned(),
    });
    let more = |more: bool| Found { value: Some(Value::from(more)), ..Found::default() };
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[more(true), records(100, "ch_9")]), Ok(true));
    assert_eq!(pager.cursor().after, "ch_9");
    assert_eq!(pager.advance(&[more(false), records(1, "ch_1")]), Ok(false));
    assert!(Pager::new(&spec).advance(&[more(true), Found::default()]).is_err());
    assert!(Pager::new(&spec).advance(&[Found::default(), records(100, "ch_9")]).is_err(), "nothing is said");
}

/// Walks pages that are JSON bodies, each with the number of its records; what is asked for in turn.
fn walk(spec: &PagingSpec, list: &str, bodies: &[&str]) -> (Vec<Cursor>, Result<bool, ConnectorError>) {
    let mut pager = Pager::new(spec).of_list(Some(list.to_owned()));
    let mut asked = Vec::new();
    for body in bodies {
        asked.push(pager.cursor().clone());
        let found = scan(body.as_bytes(), &pager.lookups()).expect("JSON");
        match pager.advance(&found) {
            Ok(true) => {}
            ended => return (asked, ended),
        }
    }
    (asked, Ok(true))
}

fn connection() -> PagingSpec {
    PagingSpec::from(NextToken {
        pointer: "/data/orders/pageInfo/endCursor".to_owned(),
        has_more_pointer: Some("/data/orders/pageInfo/hasNextPage".to_owned()),
        ..NextToken::default()
    })
}

#[test]
fn a_graphql_connection_ends_by_its_flag_and_not_by_its_cursor() {
    let page = |nodes: &str, more: &str, cursor: &str| {
        format!(
            r#"{{"data":{{"orders":{{"nodes":[{nodes}],"pageInfo":{{"hasNextPage":{more},"endCursor":{cursor}}}}}}}}}"#
        )
    };
    let list = "/data/orders/nodes";
    let (first, last) = (page("1,2", "true", "\"b\""), page("3", "false", "\"c\""));
    let (asked, ended) = walk(&connection(), list, &[&first, &last, "{}"]);
    assert_eq!((asked.len(), asked[1].token.as_str(), ended), (2, "b", Ok(false)));
    // datacite/lupo#834: the flag stays true behind the last page, which is empty.
    let empty = page("", "true", "null");
    assert_eq!(walk(&connection(), list, &[&first, &empty]).1, Ok(false));
    let (_, ended) = walk(&connection(), list, &[&page("1", "true", "null")]);
    assert!(ended.is_err_and(|error| error.to_string().contains("no token for it")));
    let (_, ended) = walk(&connection(), list, &[&page("1", "null", "null")]);
    assert!(ended.is_err_and(|error| error.to_string().contains("does not say whether there is more")));
}

#[test]
fn an_empty_page_that_repeats_its_token_is_the_end_and_a_full_one_is_none() {
    let spec = PagingSpec::from(NextToken { pointer: "/next".to_owned(), ..NextToken::default() });
    // Glitchedpixel-io/media-api#66: seven rows, by three, and a cursor that is never null.
    let pages = [
        r#"{"rows":[1,2,3],"next":">i:3"}"#,
        r#"{"rows":[4,5,6],"next":">i:6"}"#,
        r#"{"rows":[7],"next":">i:7"}"#,
        r#"{"rows":[],"next":">i:7"}"#,
    ];
    let (asked, ended) = walk(&spec, "/rows", &pages);
    assert_eq!((asked.len(), ended), (4, Ok(false)));
    // mozilla-services/cliquet#366: the last page names the one before it.
    let pages = [r#"{"rows":[1],"next":"a"}"#, r#"{"rows":[2],"next":"b"}"#, r#"{"rows":[3],"next":"a"}"#];
    assert!(walk(&spec, "/rows", &pages).1.is_err_and(|error| error.to_string().contains("repeats the page cursor")));
}

#[test]
fn a_cursor_that_is_a_list_is_handed_on_as_json() {
    let spec = PagingSpec::from(NextToken { pointer: "/after".to_owned(), ..NextToken::default() });
    let (asked, _) = walk(&spec, "/rows", &[r#"{"rows":[1],"after":["2026-11-10",1]}"#, r#"{"rows":[2],"after":[]}"#]);
    assert_eq!(asked[1].token, r#"["2026-11-10",1]"#);
}

#[test]
fn the_same_records_again_are_an_error_and_no_endless_list() {
    // NangoHQ/nango-sync#20, mvanhorn/cli-printing-press#4091
    let same = r#"{"rows":[{"id":1},{"id":2}],"at":1}"#;
    let offset = PagingSpec::from(Offset { limit: 2, ..Offset::default() });
    let (asked, ended) = walk(&offset, "/rows", &[same, same]);
    assert!(ended.is_err_and(|error| error.to_string().contains("page 2 has the same 2 records")), "{asked:?}");
    let numbered = PageNumber { first: 1, limit: 2, records_pointer: "/rows".to_owned(), ..PageNumber::default() };
    assert!(walk(&PagingSpec::from(numbered), "", &[same, r#"{"rows":[{"id":1},{"id":2}],"at":2}"#]).1.is_err());
}

#[test]
fn an_offset_without_a_total_goes_on_until_a_page_is_empty() {
    // Google Search Console, googleapis/google-api-ruby-client#641: pages may overlap and be short.
    let spec = PagingSpec::from(Offset { limit: 3, ..Offset::default() });
    let pages = [r#"{"rows":["a","b","c"]}"#, r#"{"rows":["c","d"]}"#, r#"{"responseAggregationType":"byProperty"}"#];
    let (asked, ended) = walk(&spec, "/rows", &pages);
    assert_eq!((asked.iter().map(|cursor| cursor.offset).collect::<Vec<_>>(), ended), (vec![0, 3, 5], Ok(false)));
    // Semantics3/semantics3-python#17: of 722 records no more than 505 come.
    let spec = PagingSpec::from(Offset {
        limit: 505,
        total_pointer: Some("/total_results_count".to_owned()),
        records_pointer: Some("/results".to_owned()),
        ..Offset::default()
    });
    let full = format!(r#"{{"results":[{}1],"total_results_count":722}}"#, "1,".repeat(504));
    let (_, ended) = walk(&spec, "", &[&full, r#"{"results":[],"total_results_count":722}"#]);
    assert!(ended.is_err_and(|error| error.to_string().contains("ends after 505 of 722 records")));
}

fn numbered() -> PageNumber {
    PageNumber { first: 1, limit: 2, records_pointer: "/list".to_owned(), ..PageNumber::default() }
}

#[test]
fn pages_are_asked_for_until_as_many_have_come_as_the_vendor_states() {
    let spec = PagingSpec::from(PageNumber {
        total_pages_pointer: Some("/page_info/total_page".to_owned()),
        total_pointer: Some("/page_info/total_number".to_owned()),
        ..numbered()
    });
    let page = |list: &str, pages: u64, total: u64| {
        format!(r#"{{"list":[{list}],"page_info":{{"total_page":{pages},"total_number":{total}}}}}"#)
    };
    let (asked, ended) = walk(&spec, "", &[&page("1", 3, 3), &page("2", 3, 3), &page("3", 3, 3)]);
    assert_eq!((asked.len(), ended), (3, Ok(false)), "short pages do not end it");
    assert_eq!(walk(&spec, "", &[&page("", 0, 0)]).1, Ok(false));
    let (_, ended) = walk(&spec, "", &[&page("1,2", 3, 5), &page("", 3, 5)]);
    assert!(ended.is_err_and(|error| error.to_string().contains("ends after page 2 of 3")));
    // Apache SeaTunnel's TikTokAds source: a row came in front meanwhile.
    let mut pager = Pager::new(&spec);
    for body in [page("1,2", 2, 3), page("2,3", 2, 4)] {
        let found = scan(body.as_bytes(), &pager.lookups()).expect("JSON");
        let _ = pager.advance(&found).expect("a page");
    }
    assert!(pager.unsteady().is_some_and(|why| why.contains("of 3 records, then of 4")), "{:?}", pager.unsteady());
}

#[test]
fn the_number_of_pages_may_stand_in_a_header_or_be_missing() {
    let spec = PagingSpec::from(PageNumber {
        records_pointer: String::new(),
        total_pages_header: Some("X-WP-TotalPages".to_owned()),
        ..numbered()
    });
    let walk = |pages: &[(&str, Option<&str>)]| {
        let mut pager = Pager::new(&spec);
        let mut ended = Ok(true);
        for (body, stated) in pages {
            let lookups = pager.lookups();
            let mut found = scan(body.as_bytes(), &lookups).expect("JSON");
            let mut headers = reqwest::header::HeaderMap::new();
            if let Some(stated) = stated {
                headers.insert("x-wp-totalpages", stated.parse().expect("a value"));
            }
            answer_headers(&headers, &lookups, &mut found);
            ended = pager.advance(&found);
        }
        (ended, pager.unsteady().is_some())
    };
    assert_eq!(walk(&[(r#"[{"id":1},{"id":2}]"#, Some("2"))]), (Ok(true), false));
    assert_eq!(walk(&[(r#"[{"id":1}]"#, Some("2")), (r#"[{"id":2}]"#, Some("2"))]), (Ok(false), false));
    // mvisonneau/gitlab-ci-pipelines-exporter#340
    assert_eq!(walk(&[(r#"[{"id":1}]"#, None)]), (Ok(true), false), "a short page does not prove the end");
    assert_eq!(walk(&[(r#"[{"id":1}]"#, None), ("[]", None)]), (Ok(false), false));
    assert!(walk(&[(r#"[{"id":1}]"#, Some("3")), (r#"[{"id":2}]"#, None)]).1, "first stated, then not");
}

#[test]
fn a_page_with_another_number_than_the_one_asked_for_is_read_anew() {
    // konosp/adobe-analytics-reports-api-v2.0#11
    let spec = PagingSpec::from(PageNumber {
        first: 0,
        total_pages_pointer: Some("/totalPages".to_owned()),
        total_pointer: Some("/totalElements".to_owned()),
        echo_pointer: Some("/number".to_owned()),
        ..numbered()
    });
    let first = r#"{"number":0,"totalPages":2,"totalElements":3,"list":["a","b"]}"#;
    let second = r#"{"number":1,"totalPages":2,"totalElements":3,"list":["c"]}"#;
    let mut pager = Pager::new(&spec);
    let mut advance = |body: &str| {
        let found = scan(body.as_bytes(), &pager.lookups()).expect("JSON");
        let ended = pager.advance(&found);
        let why = pager.unsteady();
        if why.is_some() {
            pager.begin_anew();
        }
        (ended, why)
    };
    assert_eq!(advance(first), (Ok(true), None));
    let (_, why) = advance(first);
    assert_eq!(why.as_deref(), Some("the vendor sends page 0 where page 1 is asked for"));
    assert_eq!((advance(first), advance(second)), ((Ok(true), None), (Ok(false), None)));
}

#[test]
fn a_vendor_that_takes_records_out_of_pages_is_asked_until_one_is_empty() {
    // airbytehq/airbyte#34883
    let spec = PagingSpec::from(PageNumber { until_empty: true, ..numbered() });
    let pages = [r#"{"list":[1,2]}"#, r#"{"list":[3]}"#, r#"{"list":[4,5]}"#, r#"{"list":[]}"#];
    let (asked, ended) = walk(&spec, "", &pages);
    assert_eq!((asked.len(), ended), (4, Ok(false)));
}

#[test]
fn a_list_as_long_as_the_vendor_lists_at_most_is_cut() {
    let bounds = spec::Bounds { most_records: Some(4), ..spec::Bounds::default() };
    for way in [spec::Way::None, PagingSpec::from(Offset { limit: 4, ..Offset::default() }).way] {
        let spec = PagingSpec { way, bounds: bounds.clone() };
        let cut = |elements: &str| {
            let mut pager = Pager::new(&spec).of_list(Some("/elements".to_owned()));
            let body = format!(r#"{{"elements":[{elements}],"paging":{{"start":0,"links":[]}}}}"#);
            let _ = pager.advance(&scan(body.as_bytes(), &pager.lookups()).expect("JSON")).expect("a page");
            pager.cut()
        };
        assert_eq!(cut("1,2,3"), None);
        assert!(cut("1,2,3,4").is_some_and(|note| note.contains("4 records, and 4 at most")));
    }
}

#[test]
fn smaller_pages_go_on_at_the_same_place_and_stay_small() {
    let bounds = spec::Bounds { limit: Some(100), least_limit: Some(20), ..spec::Bounds::default() };
    let token = NextToken { pointer: "/next".to_owned(), ..NextToken::default() };
    let spec = PagingSpec { bounds: bounds.clone(), ..PagingSpec::from(token) };
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[value("b")]), Ok(true));
    assert_eq!((pager.ask_less(), pager.cursor().limit, pager.cursor().token.as_str()), (Smaller::Again, 50, "b"));
    assert_eq!(pager.advance(&[value("c")]), Ok(true));
    assert_eq!(pager.cursor().limit, 50, "estuary/connectors#5108: the next page is small as well");
    assert_eq!((pager.ask_less(), pager.ask_less(), pager.cursor().limit), (Smaller::Again, Smaller::Again, 20));
    assert_eq!(pager.ask_less(), Smaller::Never);
    assert_eq!(Pager::new(&spec).cursor().limit, 100, "the next slice begins with large pages");

    let spec = PagingSpec { bounds, ..PagingSpec::from(LinkHeader) };
    let mut pager = Pager::new(&spec);
    assert_eq!(pager.advance(&[value("<https://x.example/?limit=100&page=2>; rel=next")]), Ok(true));
    assert_eq!(pager.ask_less(), Smaller::Anew, "the address holds the size");
    pager.begin_anew();
    assert_eq!((pager.cursor().limit, pager.cursor().url.clone()), (50, None));

    let spec = PagingSpec::from(PageNumber { limit: 100, ..numbered() });
    let mut pager = Pager::new(&spec);
    for _ in 0..3 {
        assert_eq!(pager.advance(&[records(100, "")]), Ok(true));
    }
    assert_eq!((pager.ask_less(), pager.cursor().page, pager.cursor().limit), (Smaller::Again, 7, 50));
    assert_eq!(pager.ask_less(), Smaller::Again);
    assert_eq!(pager.cursor().page, 13);
    pager.begin_anew();
    assert_eq!(pager.advance(&[records(25, "")]), Ok(true));
    assert_eq!(pager.ask_less(), Smaller::Anew, "no page of 12 begins behind 25 records");
}

#[test]
fn a_list_sorted_newest_first_ends_behind_the_slice() {
    let before = spec::StopBefore { pointer: "/data/*/at".to_owned(), value: String::new() };
    let bounds = spec::Bounds { stop_before: Some(before), ..spec::Bounds::default() };
    let spec = PagingSpec { bounds, ..connection_of("/next") };
    let mut pager = Pager::new(&spec)
        .of_list(Some("/data".to_owned()))
        .until(Stop::parse("2026-11-10T00:00:00Z").expect("an instant"));
    let mut advance = |body: &str| {
        let found = scan(body.as_bytes(), &pager.lookups()).expect("JSON");
        pager.advance(&found)
    };
    let pinned = r#"{"data":[{"at":"2025-01-01T00:00:00Z"},{"at":"2026-11-12T00:00:00Z"}],"next":"b"}"#;
    assert_eq!(advance(pinned), Ok(true), "an old record may be pinned to the top");
    assert_eq!(advance(r#"{"data":[{"at":"2026-11-11T00:00:00Z"},{"at":null}],"next":"c"}"#), Ok(true));
    assert_eq!(
        advance(r#"{"data":[{"at":"2026-11-10T08:00:00Z"},{"at":"2026-11-09T23:00:00Z"}],"next":"d"}"#),
        Ok(false)
    );
}

fn connection_of(pointer: &str) -> PagingSpec {
    PagingSpec::from(NextToken { pointer: pointer.to_owned(), ..NextToken::default() })
}

#[test]
fn a_record_that_comes_again_on_a_later_page_means_that_the_list_has_moved() {
    let numbers = PageNumber {
        first: 1,
        limit: 2,
        records_pointer: "/rows".to_owned(),
        total_pages_pointer: Some("/pages".to_owned()),
        ..PageNumber::default()
    };
    let mut spec = PagingSpec::from(numbers);
    spec.bounds.distinct_by = vec!["/key/ad".to_owned(), "/key/day".to_owned()];
    let rows = |rows: &[(u32, u32)]| {
        let rows: Vec<String> =
            rows.iter().map(|(ad, day)| format!(r#"{{"key":{{"ad":{ad},"day":{day}}},"spend":{ad}}}"#)).collect();
        format!(r#"{{"pages":2,"rows":[{}]}}"#, rows.join(","))
    };
    let walk = |second: &[(u32, u32)]| {
        let mut pager = Pager::new(&spec);
        for page in [rows(&[(1, 1), (1, 2)]), rows(second)] {
            let found = scan(page.as_bytes(), &pager.lookups()).expect("JSON");
            pager.advance(&found).expect("a page");
        }
        pager.unsteady()
    };
    assert_eq!(walk(&[(2, 1), (2, 2)]), None, "the ad or the day is another");
    let told = walk(&[(1, 2), (2, 2)]).expect("a row came twice");
    assert!(told.contains("1 records of page 2 were on one before it"), "{told}");
}

#[test]
fn a_page_without_numbers_is_the_only_one_where_the_vendor_leaves_them_out() {
    let numbers = PageNumber {
        first: 1,
        limit: 3,
        records_pointer: "/rows".to_owned(),
        total_pages_pointer: Some("/pages".to_owned()),
        may_state_nothing: true,
        ..PageNumber::default()
    };
    let goes_on = |numbers: &PageNumber, body: &str| {
        let spec = PagingSpec::from(numbers.clone());
        let mut pager = Pager::new(&spec);
        let found = scan(body.as_bytes(), &pager.lookups()).expect("JSON");
        pager.advance(&found).expect("a page")
    };
    assert!(!goes_on(&numbers, r#"{"rows":[1,2]}"#));
    assert!(goes_on(&numbers, r#"{"rows":[1,2,3]}"#), "a full page proves nothing");
    assert!(goes_on(&PageNumber { may_state_nothing: false, ..numbers }, r#"{"rows":[1,2]}"#));
}

/// A list that is done ends, whatever address stands beside; one that is not and names none is cut.
#[test]
fn a_next_address_counts_only_where_the_list_is_not_done() {
    let done_pointer = Some("/done".to_owned());
    let spec = PagingSpec::from(NextUrl { pointer: "/next".to_owned(), done_pointer });
    let page = |body: &str| {
        let mut pager = Pager::new(&spec);
        let found = super::scan(body.as_bytes(), &pager.lookups()).expect("a body");
        pager.advance(&found)
    };
    assert_eq!(page(r#"{"done":true,"next":"/query/1-2000"}"#), Ok(false));
    assert_eq!(page(r#"{"done":false,"next":"/query/1-2000"}"#), Ok(true));
    assert_eq!(page(r#"{"next":"/query/1-2000"}"#), Ok(true));
    assert_eq!(page("{}"), Ok(false));
    let error = page(r#"{"done":false,"records":[]}"#).expect_err("no address");
    assert!(error.to_string().contains("names no next page"), "{error}");
}

#[test]
fn a_token_in_a_header_leads_on_until_the_word_for_the_last_page() {
    let spec = PagingSpec::from(TokenHeader { header: "X-Locator".to_owned(), last: Some("null".to_owned()) });
    let mut pager = Pager::new(&spec);
    let mut page = |token: Option<&str>| {
        let mut headers = reqwest::header::HeaderMap::new();
        if let Some(token) = token {
            headers.insert("x-locator", token.parse().expect("a value"));
        }
        let lookups = pager.lookups();
        let mut found = vec![Found::default(); lookups.len()];
        super::answer_headers(&headers, &lookups, &mut found);
        pager.advance(&found).map(|goes_on| (goes_on, pager.cursor().token.clone()))
    };
    assert_eq!(page(Some("MTAw")), Ok((true, "MTAw".to_owned())));
    assert!(page(Some("MTAw")).is_err(), "the same place twice");
    assert_eq!(page(Some("null")).map(|(goes_on, _)| goes_on), Ok(false));
    assert!(page(None).is_err(), "a header that was lost is no end");
}

/// PipedreamHQ/pipedream#21941: half a cursor leads to the first page again, for ever.
#[test]
fn a_search_goes_on_after_all_values_of_its_last_record_until_an_empty_page() {
    let value_pointers = vec!["/sort/0".to_owned(), "/sort/1".to_owned()];
    let spec = PagingSpec::from(SearchAfter { records_pointer: "/hits".to_owned(), value_pointers });
    let mut pager = Pager::new(&spec);
    let mut page = |body: &str| {
        let found = super::scan(body.as_bytes(), &pager.lookups()).expect("a body");
        pager.advance(&found).map(|goes_on| (goes_on, pager.cursor().token.clone()))
    };
    let first = r#"{"hits":[{"id":"b","sort":[1,"b"]},{"id":"c","sort":[1795000000000,"c2"]}],"total":4}"#;
    assert_eq!(page(first), Ok((true, r#"[1795000000000,"c2"]"#.to_owned())));
    assert!(page(first).is_err(), "the same page again");
    let text = r#"{"hits":[{"id":"007","sort":[7,"007"]}]}"#;
    assert_eq!(page(text), Ok((true, r#"[7,"007"]"#.to_owned())), "an id is no number");
    assert!(page(r#"{"hits":[{"id":"d","sort":[1795000000000]}]}"#).is_err(), "half a place");
    assert_eq!(page(r#"{"hits":[],"total":4}"#).map(|(goes_on, _)| goes_on), Ok(false));
}
