//! The mail of the sample report, read back by another library.

use super::*;
use crate::report::document::Block;
use crate::report::sample;
use base64::Engine;
use mail_parser::{MessageParser, MimeHeaders, PartType};
use unicode_width::UnicodeWidthStr;

const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGNgYGD4DwABBAEAwS2OUAAAAABJRU5ErkJggg==";

pub(crate) fn context() -> MailContext {
    MailContext {
        from: "Daybook <reports@example.com>".to_owned(),
        to: "Jörg Müller <ceo@example.com>".to_owned(),
        reply_to: Some("marketing@example.com".to_owned()),
        message_id_domain: "example.com".to_owned(),
        list_unsubscribe: vec!["mailto:unsubscribe@example.com?subject=daily".to_owned()],
    }
}

pub(crate) fn images() -> Vec<InlineChart> {
    let png = base64::engine::general_purpose::STANDARD.decode(PNG).expect("an image");
    ["net_revenue_28d", "channel_revenue", "funnel", "no_such_chart"]
        .map(|id| InlineChart { chart_id: id.to_owned(), png: png.clone() })
        .into()
}

pub(crate) fn files() -> Vec<Attachment> {
    vec![
        Attachment {
            file_name: "daily \"Söhne\".pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: b"%PDF".to_vec(),
        },
        Attachment {
            file_name: "daily.csv".to_owned(),
            media_type: "text/csv; charset=utf-8".to_owned(),
            bytes: b"a,b\r\n".to_vec(),
        },
    ]
}

fn mail_of(document: &Document) -> RenderedMail {
    let (templates, _) = Templates::new(None);
    render(document, &templates, &images(), &files(), &context()).expect("a mail")
}

#[test]
fn the_text_reads_as_agreed() {
    insta::assert_snapshot!(mail_of(&sample::document()).text);
}

#[test]
fn no_line_of_the_text_is_too_wide() {
    let text = mail_of(&sample::document()).text;
    assert!(text.lines().all(|line| line.width() <= 78), "{text}");
}

#[test]
fn text_and_html_carry_the_same_figures() {
    let mut document = sample::document();
    let mail = mail_of(&document);
    for section in &mut document.sections {
        for block in &mut section.blocks {
            if let Block::Table(table) = block {
                table.rows.truncate(LADDER[0].0);
            }
        }
    }
    // The template engine writes a slash as an entity.
    let html = mail.html.replace("&#x2f;", "/");
    for (path, figure) in document.figures() {
        assert!(mail.text.contains(&figure.text) && html.contains(&figure.text), "{path} {}", figure.text);
    }
    assert!(mail.text.contains("… and 52 more in the attached report"));
    assert!(mail.html.contains("and 52 more in the attached report"));
}

#[test]
fn another_program_reads_the_same_mail() {
    let mail = mail_of(&sample::document());
    let read = MessageParser::default().parse(&mail.raw).expect("a mail");
    assert_eq!(read.subject(), Some(mail.subject.as_str()));
    assert_eq!(read.message_id().map(|id| id.ends_with("@example.com")), Some(true));
    assert_eq!(read.date().map(|date| date.to_rfc3339()), Some("2026-11-21T07:00:00Z".to_owned()));
    assert_eq!(read.body_text(0).map(|text| text.replace("\r\n", "\n")), Some(mail.text.clone()));
    assert_eq!(read.body_html(0).map(|html| html.replace("\r\n", "\n")), Some(mail.html.clone()));
    assert_eq!(read.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    assert_eq!(read.header_raw("X-Auto-Response-Suppress").map(str::trim), Some("All"));
    assert_eq!(read.header_raw("List-Id").map(str::trim), Some("<daily-performance.sample-shop.example.com>"));
    let unsubscribe = read.header_raw("List-Unsubscribe").map(str::trim);
    assert_eq!(unsubscribe, Some("<mailto:unsubscribe@example.com?subject=daily>"));
    assert!(read.header_raw("List-Unsubscribe-Post").is_none(), "nobody listens for a click");
    let cids: Vec<_> = read.parts.iter().filter_map(|part| part.content_id()).collect();
    assert_eq!(cids, ["net_revenue_28d@example.com"]);
    assert!(cids.iter().all(|cid| mail.html.contains(&format!("src=\"cid:{cid}\""))));
    let attached: Vec<_> = read
        .parts
        .iter()
        .filter(|part| part.content_disposition().is_some_and(|kind| kind.is_attachment()))
        .filter_map(|part| Some((part.attachment_name()?, part.contents().to_vec())))
        .collect();
    assert_eq!(attached, [("daily _Söhne_.pdf", b"%PDF".to_vec()), ("daily.csv", b"a,b\r\n".to_vec())]);
    let kinds: Vec<_> = read.parts.iter().filter(|part| matches!(part.body, PartType::Multipart(_))).collect();
    assert_eq!(kinds.len(), 3, "mixed, related, alternative");
}

#[test]
fn the_same_report_gives_the_same_bytes_and_each_recipient_another_id() {
    let document = sample::document();
    assert_eq!(mail_of(&document).raw, mail_of(&document).raw);
    let (templates, _) = Templates::new(None);
    let other = MailContext { to: "cfo@example.com".to_owned(), ..context() };
    let other = render(&document, &templates, &[], &[], &other).expect("a mail");
    let id = |raw: &[u8]| MessageParser::default().parse(raw).and_then(|mail| mail.message_id().map(str::to_owned));
    assert_ne!(id(&mail_of(&document).raw), id(&other.raw));
}

#[test]
fn lines_are_those_mail_servers_take() {
    let raw = mail_of(&sample::document()).raw;
    assert!(raw.is_ascii());
    assert!(raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
    let text = String::from_utf8(raw).expect("ASCII");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}

#[test]
fn the_subject_says_the_result_and_what_is_late() {
    let mut document = sample::document();
    let result = "Sample & Söhne, Fri 20 Nov 2026: net revenue €12,480, +8.2% vs day before";
    assert_eq!(subject(&document), format!("[incomplete] {result}"));
    document.correction = Some(1);
    assert_eq!(subject(&document), format!("[corrected] [incomplete] {result}"));
    document.correction = None;
    document.gaps.clear();
    assert_eq!(subject(&document), result);
    (document.lead, document.sections) = (None, Vec::new());
    assert_eq!(subject(&document), "Sample & Söhne, Fri 20 Nov 2026: Daily performance");
}

#[test]
fn a_hostile_name_adds_no_header_and_no_element() {
    let mut document = sample::document();
    document.workspace_name = "x\r\nBcc: all@example.com\r\n\r\n<script>".to_owned();
    let mail = mail_of(&document);
    let read = MessageParser::default().parse(&mail.raw).expect("a mail");
    assert!(read.bcc().is_none() && !mail.subject.contains(['\r', '\n']));
    assert!(!mail.html.contains("<script"));
}

#[test]
fn a_large_report_stays_below_the_limit_of_mail_programs() {
    let mut document = sample::document();
    let campaigns = document.sections.last().cloned().expect("a section");
    (0..60).for_each(|_| document.sections.push(campaigns.clone()));
    let mail = mail_of(&document);
    assert!(mail.html.len() < 102_000, "{}", mail.html.len());
}

#[test]
fn the_html_uses_only_what_mail_programs_show() {
    let html = mail_of(&sample::document()).html;
    assert!(
        !["<svg", "<script", "display:flex", "display:grid", "var(--", "<link", "data:image"]
            .iter()
            .any(|word| html.contains(word))
    );
    assert!(html.matches("<img").count() == html.matches(" alt=").count());
    let style = html.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("styles");
    assert!(style.len() < 16_000);
}

#[test]
fn addresses_and_domains_are_checked() {
    let (templates, _) = Templates::new(None);
    let document = sample::document();
    let faulty =
        |context: MailContext| render(&document, &templates, &[], &[], &context).expect_err("refused").to_string();
    assert!(faulty(MailContext { to: "nobody".to_owned(), ..context() }).starts_with("the recipient"));
    assert!(faulty(MailContext { message_id_domain: "a b".to_owned(), ..context() }).starts_with("the Message-ID"));
    let unsubscribe = vec!["mailto:a@example.com>\r\nBcc: b".to_owned()];
    assert!(faulty(MailContext { list_unsubscribe: unsubscribe, ..context() }).starts_with("the unsubscribe"));
}

#[test]
fn an_address_that_takes_one_click_is_announced_as_such() {
    let (templates, _) = Templates::new(None);
    let targets = ["https://example.com/u/x", "mailto:u@example.com"].map(str::to_owned);
    let context = MailContext { list_unsubscribe: targets.into(), ..context() };
    let mail = render(&sample::document(), &templates, &[], &[], &context).expect("a mail");
    let read = MessageParser::default().parse(&mail.raw).expect("a mail");
    let header = |name: &str| read.header_raw(name).map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(header("List-Unsubscribe").as_deref(), Some("<https://example.com/u/x>, <mailto:u@example.com>"));
    assert_eq!(header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
}

#[test]
fn a_logo_goes_with_the_mail_and_has_the_name_beside_it() {
    let dir = tempfile::tempdir().expect("a folder");
    crate::report::templates::testing::with_logo(dir.path());
    let (templates, _) = Templates::new(Some(dir.path()));
    let mail = render(&sample::document(), &templates, &images(), &files(), &context()).expect("a mail");
    assert!(mail.html.contains("src=\"cid:logo@example.com\" width=\"120\" height=\"12\" alt=\"Acme &amp; Co\""));
    let parsed = MessageParser::default().parse(&mail.raw).expect("a mail");
    let logo = parsed.parts.iter().find(|part| part.content_id() == Some("logo@example.com")).expect("the logo");
    assert!(logo.contents().starts_with(b"\x89PNG"));
    assert!(!mail_of(&sample::document()).html.contains("cid:logo"));
}
