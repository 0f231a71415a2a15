//! Smaller mails, read back by another library.

use super::*;
use crate::report::render::email::tests::{context, images};
use crate::report::render::email::{Attachment, render};
use crate::report::sample;
use crate::report::templates::Templates;
use mail_parser::{Message, MessageParser, MimeHeaders};

fn attachment(name: &str, bytes: usize) -> Attachment {
    Attachment {
        file_name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        bytes: vec![b'x'; bytes],
    }
}

fn mail(names: &[&str]) -> Vec<u8> {
    let files: Vec<Attachment> = names.iter().map(|name| attachment(name, 20_000)).collect();
    let (templates, _) = Templates::new(None);
    render(&sample::document(), &templates, &images(), &files, &context()).expect("a mail").raw
}

fn read(raw: &[u8]) -> Message<'_> {
    MessageParser::default().parse(raw).expect("a mail")
}

fn attached(raw: &[u8]) -> Vec<String> {
    read(raw)
        .attachments()
        .filter_map(|part| part.attachment_name().map(str::to_owned))
        .filter(|name| !name.ends_with(".png"))
        .collect()
}

/// D05, elastic/kibana#249896, azkaban/azkaban-plugins#224: too large a mail reached nobody.
#[test]
fn files_go_in_order_and_pictures_last_and_the_mail_says_so() {
    let raw = mail(&["a-daily.pdf", "a-daily.html", "a-daily.csv", "a-daily.xlsx"]);
    let steps = smaller(&raw, Some("10.0 MB"));
    let left: Vec<Vec<String>> = steps.iter().map(|step| attached(&step.raw)).collect();
    assert_eq!(
        left,
        [
            vec!["a-daily.pdf", "a-daily.csv", "a-daily.xlsx"],
            vec!["a-daily.pdf", "a-daily.xlsx"],
            vec!["a-daily.pdf"],
            vec![],
            vec![]
        ]
    );
    assert!(steps.windows(2).all(|pair| pair[1].raw.len() < pair[0].raw.len()) && steps[0].raw.len() < raw.len());
    let (before, last) = (read(&raw), read(&steps[4].raw));
    for step in &steps {
        let now = read(&step.raw);
        for name in ["Subject", "Message-ID", "To", "List-Id", "Date"] {
            assert_eq!(now.header_raw(name), before.header_raw(name), "{name}");
        }
        let (text, html) = (now.body_text(0).expect("text"), now.body_html(0).expect("HTML"));
        for left_out in &step.left_out {
            assert!(text.replace("\r\n", " ").contains(left_out) && html.contains(left_out), "{left_out}: {text}");
        }
        assert!(
            html.contains("mails up to 10.0 MB") && text.ends_with(before.body_text(0).expect("text").trim_end()),
            "{text}"
        );
        assert!(step.raw.is_ascii() && step.raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
        assert_eq!(step.raw.iter().filter(|byte| **byte == b'\n').count(), find_all(&step.raw, b"\r\n"));
    }
    assert_eq!(steps[4].left_out.last().map(String::as_str), Some(PICTURES));
    let html = last.body_html(0).expect("HTML");
    assert!(!html.contains("cid:") && last.parts.iter().all(|part| part.content_id().is_none()));
    assert!(html.contains("<em>"), "the words of the chart stand where it stood");
    assert!(read(&steps[3].raw).body_html(0).expect("HTML").contains("cid:"), "charts stay as long as they can");
}

fn find_all(bytes: &[u8], wanted: &[u8]) -> usize {
    memchr::memmem::find_iter(bytes, wanted).count()
}

#[test]
fn a_mail_with_nothing_to_leave_out_stays() {
    let (templates, _) = Templates::new(None);
    let bare = render(&sample::document(), &templates, &[], &[], &context()).expect("a mail").raw;
    assert!(smaller(&bare, None).is_empty());
    for odd in [
        b"".as_slice(),
        b"Subject: x\r\n\r\nhello\r\n",
        b"Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x",
        b"\r\n\r\n",
    ] {
        assert!(smaller(odd, None).is_empty());
    }
}

#[test]
fn without_attachments_the_pictures_can_still_go() {
    let (templates, _) = Templates::new(None);
    let raw = render(&sample::document(), &templates, &images(), &[], &context()).expect("a mail").raw;
    // So small a picture is larger in words, and is nevertheless what the server may dislike.
    let steps = smaller(&raw, None);
    assert_eq!(steps.len(), 1);
    assert!(read(&steps[0].raw).body_text(0).expect("text").contains("pictures of charts"));
}

#[test]
fn the_same_mail_is_made_smaller_in_the_same_way() {
    let raw = mail(&["a.pdf", "a.html"]);
    assert_eq!(smaller(&raw, None), smaller(&raw, None));
}
