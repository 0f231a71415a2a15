//! A channel is known to its own files and to the lists alone.

use super::sources;
use daybook::delivery::channels::KINDS;
use daybook::report::posts::POSTS;
use regex::Regex;
use std::fs;
use std::path::Path;

/// Files that name a channel besides those of the channel, and why.
const ALLOWED: [(&str, &str); 8] = [
    ("cli/demo.rs", "the folders that it writes"),
    ("delivery/channels.rs", "the list of kinds"),
    ("delivery/mod.rs", "its modules"),
    ("delivery/reference.rs", "the example in a message"),
    ("report/posts/mod.rs", "the list of messages"),
    ("support/redact.rs", "the form of its tokens"),
    ("cli/channel_args.rs", "the earlier form of a flag"),
    ("cli/init/mod.rs", "the earlier form of a flag"),
];

#[test]
fn each_kind_of_channel_has_its_message_under_the_same_id() {
    assert_eq!(POSTS.map(|post| post.channel), KINDS.map(|kind| kind.id));
}

#[test]
fn no_other_file_knows_a_kind_of_channel() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let comment = Regex::new(r"//[^\n]*").expect("a pattern");
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(&src).expect("inside src").to_string_lossy().replace('\\', "/");
        if name.contains("tests") || ALLOWED.iter().any(|(allowed, _)| *allowed == name) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let text = comment.replace_all(text, "").to_lowercase();
        for kind in KINDS {
            let own = [format!("delivery/{}", kind.id), format!("report/posts/{}", kind.id)];
            let named = Regex::new(&format!(r"\b{}\b|\b{0}_", kind.id)).expect("a pattern");
            // A number of points that boxes may stand apart is called slack as well.
            if named.is_match(&text)
                && !own.iter().any(|own| name.starts_with(own))
                && name != "report/render/pdf/boxes.rs"
            {
                wrong.push(format!("{name} names {}", kind.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (allowed, _) in ALLOWED {
        let text = fs::read_to_string(src.join(allowed)).expect("a source file").to_lowercase();
        assert!(KINDS.iter().any(|kind| text.contains(kind.id)), "{allowed} names none any more: take it off the list");
    }
}
