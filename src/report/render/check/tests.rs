//! Replaced templates, good and hostile.

use super::*;
use crate::report::look::{Paper, Theme};
use std::path::PathBuf;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    for (file, text) in files {
        let path = dir.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let path = dir.path().to_path_buf();
    (dir, path)
}

fn text_mail(templates: &Templates) -> String {
    let contexts = contexts(&sample::document(), templates);
    let (_, context) = contexts.into_iter().find(|(file, _)| *file == "mail/report.txt").expect("a text mail");
    templates.render("mail/report.txt", context).expect("text")
}

#[test]
fn the_built_in_templates_are_sound() {
    let (templates, problems) = Templates::new(None);
    assert_eq!((problems, templates.check()), (Vec::new(), Vec::new()));
}

#[test]
fn a_file_of_the_folder_replaces_the_built_in_one() {
    let (_dir, path) = folder(&[
        ("mail/report.txt", "Hello {{ page.workspace }}"),
        ("theme.toml", "accent = \"#123456\"\naccent_dark = \"#abcdef\"\nlogo_text = \"Acme\"\n"),
    ]);
    let (templates, problems) = Templates::new(Some(&path));
    assert_eq!(problems, Vec::new());
    assert_eq!(text_mail(&templates), "Hello Sample & Söhne");
    assert_eq!(templates.theme().logo_text, "Acme");
}

#[test]
fn a_broken_replacement_is_named_with_its_line_and_left_out() {
    for (text, line) in [("one\n{% for %}", 2), ("one\ntwo\n{{ page.no_such_field }}", 3), ("{{ '\n", 1)] {
        let (_dir, path) = folder(&[("mail/report.txt", text)]);
        let (templates, problems) = Templates::new(Some(&path));
        let places: Vec<_> = problems.iter().map(|problem| (problem.file.as_str(), problem.line)).collect();
        assert_eq!(places, [("mail/report.txt", line)], "{problems:?}");
        assert!(text_mail(&templates).contains("€12,480"));
    }
}

#[test]
fn a_replacement_that_never_ends_is_left_out() {
    let text = "{% for a in range(100000) %}{% for b in range(100000) %}{{ a }}{% endfor %}{% endfor %}";
    let (_dir, path) = folder(&[("mail/report.txt", text)]);
    let (templates, problems) = Templates::new(Some(&path));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(text_mail(&templates).contains("€12,480"));
}

#[test]
fn files_that_are_too_large_misnamed_or_outside_are_reported() {
    let (_dir, path) = folder(&[("mail/report.txt", &"x".repeat(300_000)), ("html/raport.html", "x")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/hostname", path.join("html/report.css")).expect("a link");
    let (_, problems) = Templates::new(Some(&path));
    let files: Vec<_> = problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(files, ["html/report.css", "mail/report.txt", "html/raport.html"]);
}

#[test]
fn a_style_sheet_that_names_what_does_not_exist_is_left_out() {
    let (_dir, path) = folder(&[("html/report.css", "body{color:{{ theme.colour_of_the_day }}}")]);
    let (templates, problems) = Templates::new(Some(&path));
    assert_eq!(problems.iter().map(|problem| problem.file.as_str()).collect::<Vec<_>>(), ["html/report.css"]);
    assert!(templates.style().expect("a style sheet").contains("--accent:#"));
}

#[test]
fn a_theme_with_a_faulty_colour_is_reported() {
    let text = "accent = \"red;}body{display:none\"\naccent_dark = \"#abcdef\"\nlogo_text = \"x\"\n";
    let (_dir, path) = folder(&[("theme.toml", text)]);
    let (templates, problems) = Templates::new(Some(&path));
    assert_eq!((problems.len(), templates.theme()), (1, &Theme::default()));
}

#[test]
fn templates_cannot_read_files() {
    let (_dir, path) = folder(&[("mail/report.txt", "{% include \"/etc/hostname\" %}")]);
    let (_, problems) = Templates::new(Some(&path));
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn a_fault_of_the_theme_is_reported_without_letters_that_steer_a_terminal() {
    let theme = format!(
        "accent = \"#123456\"\naccent_dark = \"#abcdef\"\nlogo_text = \"Acme\"\npaper = \"\\u0000\\u001b[2J{}\"\n",
        "x".repeat(9000)
    );
    let (_dir, path) = folder(&[("theme.toml", &theme)]);
    let (_, problems) = Templates::new(Some(&path));
    let message = &problems[0].message;
    assert!(
        message.contains("unknown choice") && !message.contains(char::is_control) && message.chars().count() <= 601,
        "{message:?}"
    );
}

#[test]
fn the_paper_is_a4_unless_the_theme_says_letter_and_nothing_else_is_taken() {
    let theme = |paper: &str| format!("accent = \"#123456\"\naccent_dark = \"#abcdef\"\nlogo_text = \"Acme\"\n{paper}");
    let parsed = |paper: &str| {
        let (_dir, path) = folder(&[("theme.toml", &theme(paper))]);
        let (templates, problems) = Templates::new(Some(&path));
        (templates.theme().paper, problems.into_iter().map(|problem| problem.line).collect::<Vec<_>>())
    };
    assert_eq!(parsed(""), (Paper::A4, vec![]));
    assert_eq!(parsed("paper = \"letter\"\n"), (Paper::Letter, vec![]));
    assert_eq!(parsed("paper = \"legal\"\n"), (Paper::A4, vec![4]));
}

#[test]
fn a_logo_that_cannot_be_used_is_reported_with_its_line_and_the_theme_stays() {
    let theme = |logo: &str| {
        format!("accent = \"#123456\"\naccent_dark = \"#abcdef\"\nlogo_text = \"Acme\"\nlogo = {logo:?}\n")
    };
    let told = |logo: &str| {
        let (_dir, path) = folder(&[("theme.toml", &theme(logo)), ("text.svg", "<svg><text>Acme</text></svg>")]);
        let (templates, problems) = Templates::new(Some(&path));
        assert!(templates.logo().is_none() && templates.theme().logo_text == "Acme");
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!((problem.file.as_str(), problem.line), ("theme.toml", 4));
        problem.message.clone()
    };
    assert_eq!(told("logo.png"), "there is no file \"logo.png\" beside this file");
    assert!(told("../../etc/hostname").contains("no file") || told("/etc/hostname").contains("leads out"));
    assert!(told("/etc/hostname").contains("leads out of the folder"));
    assert!(told("text.svg").contains("save it as plain paths"));
}
