//! Templates that grow a text without end: refused in bounds, and the built-in one is used.

use super::small::{Small, said};
use crate::support::is_long;
use std::time::{Duration, Instant};

/// Each takes few steps, and much memory.
const GROWING: [(&str, &str); 6] = [
    (
        "doubled by ~",
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(40) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x | length }}",
    ),
    (
        "doubled by replace",
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(40) %}{% set ns.x = ns.x | replace('a', 'aa') %}{% endfor %}{{ ns.x | length }}",
    ),
    (
        "joined",
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(12) %}{% set ns.x = range(1000) | join(ns.x) %}{% endfor %}{{ ns.x | length }}",
    ),
    (
        "indented",
        "{% set ns = namespace(x='a\\na') %}{% for i in range(30) %}{% set ns.x = ns.x | indent(100000) ~ '\\n' ~ ns.x %}{% endfor %}{{ ns.x | length }}",
    ),
    (
        "captured",
        "{% macro twice(x, n) %}{% if n > 0 %}{{ twice(x ~ x, n - 1) }}{% else %}{{ x | length }}{% endif %}{% endmacro %}{{ twice('aaaaaaaa', 40) }}",
    ),
    (
        "escaped",
        "{% set ns = namespace(x='\"') %}{% for i in range(60) %}{% set ns.x = ns.x | tojson | string %}{% endfor %}{{ ns.x | length }}",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_grows_a_text_without_end_is_refused_in_bounds() {
    let small = Small::start(1).await;
    let folder = small.root.join("report-templates/mail");
    std::fs::create_dir_all(&folder).expect("a folder");
    let out = small.root.join("preview");
    for (name, template) in GROWING.into_iter().step_by(if is_long() { 1 } else { 2 }) {
        std::fs::write(folder.join("report.txt"), template).expect("written");
        let begun = Instant::now();
        let output = small.daybook(&["report", "preview", "--out", out.to_str().expect("a path")]);
        let told = said(&output);
        assert!(output.status.code().is_some_and(|code| code == 3 || code == 0), "{name}: {}: {told}", output.status);
        assert!(told.contains("mail/report.txt"), "{name}: {told}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{name} took {:?}", begun.elapsed());
    }
    let told = said(&small.daybook(&["check"]));
    assert!(told.contains("mail/report.txt"), "{told}");
    // One that is harmless is used, each time.
    std::fs::write(folder.join("report.txt"), "a report").expect("written");
    for _ in 0..8 {
        assert!(!said(&small.daybook(&["check"])).contains("takes more than"));
    }
}
