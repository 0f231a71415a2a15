//! Templates of pages and mails that an admin replaces.

use super::Trial;
use daybook::report::sample;
use daybook::report::templates::Templates;

/// Work and output without end, and values that are not there. A text that is joined to itself over and over is not
/// among them: minijinja bounds what is repeated, not what is joined, and who may write templates may do so.
const HARM: [&str; 15] = [
    "{{ 'x' * 999999999 }}",
    "{{ [1] * 999999999 }}",
    "{% for i in range(999999999) %}x{% endfor %}",
    "{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}",
    "{% set x = 'xxxxxxxxxxxxxxxx' %}{% for i in range(40) %}{% set x = x ~ x %}{% endfor %}{{ x }}",
    "{{ 2 ** 999999999 }}",
    "{{ 1 // 0 }}",
    "{{ -9223372036854775808 // -1 }}",
    "{{ nothing.of.it }}",
    "{% include 'html/report.html' %}",
    "{% extends 'html/report.html' %}",
    "{% macro a(n) %}{{ a(n) }}{{ a(n) }}{% endmacro %}{{ a(1) }}",
    "{% macro a(x) %}{{ x }}{{ x }}{% endmacro %}{{ a(a(a(a(a(a(a(a(a('xxxxxxxxxxxxxxxxxxxxxxxxxxx'))))))))) }}",
    "{{ 'x' | center(999999999) }}",
    "{{ '%s' | format('x' * 99999999) }}",
];

pub fn hunt(mut trial: Trial) {
    let seeds = super::seeds("report-templates", &["html", "txt", "css", "toml", "js"]);
    let document = sample::document();
    let (mut taken, mut put_back) = (0, 0);
    while let Some(mut round) = trial.next() {
        let chance = &mut round.chance;
        let folder = tempfile::tempdir().expect("a folder");
        let (path, text) = &seeds[chance.below(seeds.len())];
        let file = path.rsplit_once("report-templates/").expect("below").1;
        let mut text = text.clone();
        match chance.below(3) {
            0 => text = super::spoil::bytes(&text, b"{% for x in y %}{{ x }}{% endfor %}", chance),
            1 if file.ends_with("toml") => {
                text = super::spoil::toml(&String::from_utf8_lossy(&text), chance).into_bytes()
            }
            _ => {
                // Between lines, so that it stands in most contexts.
                let lines: Vec<usize> =
                    text.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
                let at = lines.get(chance.below(lines.len())).copied().unwrap_or(0);
                text.splice(at..at, chance.of(&HARM).bytes());
            }
        }
        trial.keep(&file.replace('/', "_"), &text);
        let place = folder.path().join(file);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("folders");
        std::fs::write(place, &text).expect("written");
        let (templates, problems) = Templates::new(Some(folder.path()));
        problems.iter().for_each(|problem| super::is_told_well(&format!("{}: {}", problem.file, problem.message)));
        taken += u32::from(problems.is_empty());
        put_back += u32::from(!problems.is_empty());
        // Whatever came of it, a report can be made.
        let left = templates.check_with(&document);
        assert!(left.is_empty(), "{file} is in use and does not render: {left:?}");
        assert!(templates.style().is_ok());
        drop(std::fs::remove_file(trial.folder.join(file.replace('/', "_"))));
    }
    println!("{taken} taken, {put_back} put back");
}

#[test]
fn a_file_that_others_include_is_named_and_put_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let shipped = super::seeds("report-templates/html", &["html"]);
    let (_, text) = shipped.iter().find(|(path, _)| path.ends_with("macros.html")).expect("the macros");
    std::fs::create_dir(folder.path().join("html")).expect("a folder");
    let text = [text.as_slice(), b"\n{{ nothing }}\n"].concat();
    std::fs::write(folder.path().join("html/macros.html"), text).expect("written");
    let (templates, problems) = Templates::new(Some(folder.path()));
    let files: Vec<&str> = problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(files, ["html/macros.html"], "{problems:?}");
    assert_eq!(templates.check_with(&sample::document()), []);

    // And one that includes what it must not.
    std::fs::remove_dir_all(folder.path().join("html")).expect("removed");
    std::fs::create_dir(folder.path().join("mail")).expect("a folder");
    std::fs::write(folder.path().join("mail/report.txt"), "{% include 'html/report.html' %}").expect("written");
    let (templates, problems) = Templates::new(Some(folder.path()));
    assert_eq!(problems.iter().map(|problem| problem.file.as_str()).collect::<Vec<_>>(), ["mail/report.txt"]);
    assert_eq!(templates.check_with(&sample::document()), []);
}
