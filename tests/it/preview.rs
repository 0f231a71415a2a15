//! `daybook report preview`: the sample and real data as files, broken templates, edits while it watches.

use crate::maintenance_faults::{command, daybook, installation, said};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

const FILES: [&str; 10] = [
    "page.html",
    "report.pdf",
    "mail.html",
    "mail.txt",
    "slack.html",
    "slack.json",
    "teams.html",
    "teams.json",
    "mail.eml",
    "report.csv",
];
const TEXT: &str = "report-templates/mail/report.txt";
const THEME: &str = "accent = \"#456789\"\naccent_dark = \"#abcdef\"\nlogo_text = \"Acme House\"\n";

fn read(root: &Path, file: &str) -> String {
    String::from_utf8_lossy(&fs::read(root.join(file)).expect(file)).into_owned()
}

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("written");
}

/// `report preview` into `root/out`: exit code and words.
fn preview(root: &Path, more: &[&str]) -> (Option<i32>, String) {
    let out = root.join("out").display().to_string();
    let done = daybook(root, &[&["report", "preview", "--out", &out], more].concat());
    (done.status.code(), said(&done).replace(&root.display().to_string(), "root"))
}

/// An installation whose till had takings on two days, synced and rolled up.
fn shop() -> tempfile::TempDir {
    let root = installation();
    let folder = root.path();
    fs::remove_file(folder.join("config/workspaces/example.toml")).expect("removed");
    let groups = ["marketing", "executives", "specialists", "analysts"];
    let groups = groups.map(|group| format!("[recipients.{group}]\nmail = [\"{group}@example.com\"]\n")).concat();
    let workspace = format!(
        "name = \"Acme <b> & Söhne\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\nweek_starts_on = \"monday\"\n\
         [[connections]]\nid = \"till\"\nconnector = \"file\"\nfolder = \"drops/till\"\n\
         mapping = {{ target = \"offline_conversions\", columns = {{ id = \"conversion_id\", date = \"date\", amount = \
         \"amount\" }}, constants = {{ currency = \"EUR\" }} }}\n{groups}\
         [readers.\"executives@example.com\"]\nlanguage = \"de\"\n"
    );
    write(folder, "config/workspaces/acme.toml", &workspace);
    write(folder, "drops/till/a.csv", "id,date,amount\na,2026-11-18,100.00\nb,2026-11-19,321.50\nc,2026-11-19,4.25\n");
    // A file that was changed just now may still be written, and is left for later.
    let earlier = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    File::options()
        .write(true)
        .open(folder.join("drops/till/a.csv"))
        .and_then(|f| f.set_modified(earlier))
        .expect("aged");
    for step in ["sync", "rollup"] {
        let done = daybook(folder, &[step]);
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    }
    root
}

#[test]
fn the_sample_needs_no_installation_and_comes_in_every_format() {
    let root = tempfile::tempdir().expect("a folder");
    let (code, told) = preview(root.path(), &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    let index = read(root.path(), "out/index.html");
    for file in FILES {
        assert!(fs::metadata(root.path().join("out").join(file)).expect(file).len() > 1000, "{file}");
        assert!(index.contains(&format!("href=\"{file}\"")) && told.contains(file), "{file}");
    }
    let mail = read(root.path(), "out/mail.html");
    assert!(mail.contains("data:image/png;base64,") && !mail.contains("cid:"), "charts are inside the page");
    assert!(!index.contains("version.js"), "nobody watches");
    let other = ["daybook.duckdb", "daybook.lock", "config"];
    assert!(other.iter().all(|file| !root.path().join(file).exists()), "only the folder is written");

    // The same again gives the same bytes; a page that is not ours is never written over.
    let all = |root: &Path| FILES.map(|file| fs::read(root.join("out").join(file)).expect(file));
    let before = all(root.path());
    assert_eq!(preview(root.path(), &[]).0, Some(0));
    assert!(before == all(root.path()), "other bytes");
    write(root.path(), "out/index.html", "somebody's own");
    let (code, told) = preview(root.path(), &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("choose another --out"), "{told}");
    assert_eq!(read(root.path(), "out/index.html"), "somebody's own");
}

#[test]
fn a_broken_replacement_is_reported_with_its_line_and_the_built_in_one_is_used() {
    let root = tempfile::tempdir().expect("a folder");
    write(root.path(), TEXT, "one\n{{ page.no_such_field }}\n");
    write(root.path(), "report-templates/theme.toml", THEME);
    let (code, told) = preview(root.path(), &[]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("report-templates/mail/report.txt:2\n"), "{told}");
    assert!(told.contains("→ mend it, or remove the file to use the built-in one"), "{told}");
    assert!(told.contains("in place of built-in templates: theme.toml"), "{told}");
    assert!(read(root.path(), "out/mail.txt").contains("€12,480"), "the built-in text");
    assert!(read(root.path(), "out/page.html").contains("--accent:#456789"), "the sound theme is in use");
    // The colours are taken though the logo is missing.
    write(root.path(), "report-templates/theme.toml", &format!("{THEME}logo = \"logo.svg\"\n"));
    let (_, told) = preview(root.path(), &[]);
    assert!(told.contains("report-templates/theme.toml:4\n"), "{told}");
    assert!(read(root.path(), "out/page.html").contains("--accent:#456789"));
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 3\"><rect width=\"9\" height=\"3\"/></svg>";
    write(root.path(), "report-templates/logo.svg", svg);
    preview(root.path(), &[]);
    for file in ["out/page.html", "out/mail.html"] {
        assert!(read(root.path(), file).contains("width=\"108\" height=\"36\" alt=\"Acme House\""), "{file}");
        assert!(!read(root.path(), file).contains("cid:logo"), "{file}");
    }
    let index = read(root.path(), "out/index.html");
    assert!(index.contains("1 problem") && index.contains("report.txt:2"), "{index}");
}

#[test]
fn real_data_are_shown_as_they_would_be_issued_and_nothing_is_kept() {
    let root = shop();
    let (code, told) = preview(root.path(), &["-w", "acme", "--date", "2026-11-19"]);
    assert_eq!(code, Some(0), "{told}");
    for file in ["page.html", "mail.html", "mail.txt", "slack.json", "slack.html", "report.csv"] {
        let text = read(root.path(), &format!("out/{file}"));
        assert!(text.contains("325.75"), "{file}: {text}");
        assert!(!file.ends_with("html") || !text.contains("Acme <b>"), "{file}");
    }
    assert!(read(root.path(), "out/mail.eml").contains("To: marketing@example.com"));
    for command in ["deliveries", "runs"] {
        let kept = said(&daybook(root.path(), &[command]));
        assert!(!kept.contains("daily-2026-11-19") && !kept.contains("marketing@"), "{kept}");
    }
    let issued =
        daybook(root.path(), &["report", "-w", "acme", "--date", "2026-11-19", "--even-if-late", "--no-deliver"]);
    let told = said(&issued);
    assert!(told.contains("wrote ") && told.contains("daily-2026-11-19.pdf"), "{told}");
    let kept = said(&daybook(root.path(), &["deliveries"]));
    assert!(!kept.contains("marketing@"), "nothing is queued: {kept}");

    // A template may suit the sample and fail on a document that lacks what the sample has.
    write(root.path(), TEXT, "{{ page.gaps[0] }}\n");
    let (code, told) = preview(root.path(), &[]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = preview(root.path(), &["-w", "acme", "--date", "2026-11-19"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("mail/report.txt:1") && read(root.path(), "out/mail.txt").contains("325.75"), "{told}");

    // Each edition in a folder of its own; what does not exist is reported.
    let (code, told) = preview(root.path(), &["-w", "acme", "--job", "report_weekly", "--date", "2026-11-19"]);
    assert_eq!(code, Some(0), "the week names what its files lack: {told}");
    assert!(
        root.path().join("out/standard/page.html").exists() && root.path().join("out/executives/mail.eml").exists()
    );
    let (code, told) = preview(root.path(), &["-w", "acme", "--job", "report_hourly"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("there are report_daily, report_monthly, report_weekly"), "{told}");
}

#[test]
fn a_reader_is_shown_the_edition_that_this_address_gets_in_its_own_wording() {
    let root = shop();
    let weekly = ["-w", "acme", "--job", "report_weekly", "--date", "2026-11-19"];
    let (code, told) = preview(root.path(), &[&weekly[..], &["--reader", "Executives@Example.com"]].concat());
    assert_eq!(code, Some(0), "{told}");
    let mail = read(root.path(), "out/mail.eml");
    assert!(mail.contains("To: executives@example.com") && !mail.contains("marketing@"), "{mail}");
    assert!(!root.path().join("out/standard").exists(), "no edition that goes to others");
    assert!(read(root.path(), "out/mail.txt").contains("425,75\u{a0}€"), "{}", read(root.path(), "out/mail.txt"));

    let (code, told) = preview(root.path(), &[&weekly[..], &["--reader", "ceo@example.com"]].concat());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("no group that this report of acme goes to has \"ceo@example.com\""), "{told}");
}

#[test]
fn a_running_daemon_gives_the_documents_under_the_configuration_as_edited() {
    let root = shop();
    let child = command(root.path()).arg("run").stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut daemon = Guard(child.expect("daybook runs"));
    let begun = Instant::now();
    while !root.path().join("daybook.sock").exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    let metrics = read(root.path(), "jobs/metrics.toml");
    assert!(metrics.contains("\"Net revenue\""));
    write(root.path(), "jobs/metrics.toml", &metrics.replace("\"Net revenue\"", "\"What came in\""));
    let (code, told) = preview(root.path(), &["-w", "acme", "--date", "2026-11-19"]);
    assert_eq!(code, Some(0), "{told}");
    let text = read(root.path(), "out/mail.txt");
    assert!(text.contains("325.75") && text.contains("What came in"), "{text}");
    let (code, told) = preview(root.path(), &["-w", "acme", "--reader", "ceo@example.com"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("the running daemon says: no group that this report of acme goes to"), "{told}");
    assert!(daemon.0.try_wait().expect("asked").is_none(), "the daemon goes on");
}

/// Killed when dropped.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A preview that watches, and what it says.
struct Watch {
    child: Guard,
    said: Receiver<String>,
}

impl Watch {
    fn start(root: &Path, more: &[&str]) -> Self {
        let out = root.join("out").display().to_string();
        let mut command = command(root);
        command.args(["report", "preview", "--watch", "--out", &out]).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("daybook runs");
        let lines = BufReader::new(child.stdout.take().expect("words")).lines();
        let (send, said) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child: Guard(child), said }
    }

    /// The next line that holds `words`.
    fn hears(&self, words: &str) -> String {
        let mut heard = Vec::new();
        loop {
            match self.said.recv_timeout(Duration::from_secs(30)) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => heard.push(line),
                Err(_) => panic!("{words:?} was not said, but {heard:#?}"),
            }
        }
    }

    /// As Ctrl-C does.
    fn stop(mut self) -> Option<i32> {
        let done = Command::new("kill").arg("-INT").arg(self.child.0.id().to_string()).status();
        assert!(done.expect("kill runs").success());
        self.child.0.wait().expect("ended").code()
    }
}

#[test]
fn every_edit_is_shown_a_bad_one_is_reported_and_the_watch_goes_on() {
    let root = shop();
    let folder = root.path();
    let watch = Watch::start(folder, &["-w", "acme", "--date", "2026-11-19"]);
    watch.hears("watching report-templates/, config/, jobs/");
    let first = read(folder, "out/version.js");
    assert!(read(folder, "out/index.html").contains("version.js"));

    write(folder, TEXT, "Ours: {{ page.workspace }}\n");
    let line = watch.hears("report-templates/mail/report.txt: rendered in");
    assert!(!line.contains("problem") && line.chars().count() <= 80, "{line}");
    assert_eq!(read(folder, "out/mail.txt").trim(), "Ours: Acme <b> & Söhne");
    assert_ne!(read(folder, "out/version.js"), first, "an open page hears of it");

    write(folder, TEXT, "one\n{% for %}\n");
    watch.hears("report.txt: rendered in");
    assert!(read(folder, "out/mail.txt").contains("325.75"), "the built-in text");
    assert!(read(folder, "out/index.html").contains("report.txt:2"));
    fs::remove_file(folder.join(TEXT)).expect("removed");
    assert!(!watch.hears("report.txt: rendered in").contains("problem"));

    // A mistake in the configuration leaves the last documents; the theme is shown nevertheless.
    let metrics = read(folder, "jobs/metrics.toml");
    write(folder, "jobs/metrics.toml", &metrics.replacen("label =", "lable =", 1));
    let line = watch.hears("jobs/metrics.toml: rendered in");
    assert!(line.contains("figures as before"), "{line}");
    assert!(read(folder, "out/index.html").contains("lable"), "{}", read(folder, "out/index.html"));
    write(folder, "report-templates/theme.toml", THEME);
    watch.hears("theme.toml: rendered in");
    assert!(read(folder, "out/mail.txt").contains("325.75") && read(folder, "out/mail.txt").contains("Acme House"));
    // Editors put another file in the place of the edited one.
    write(folder, "jobs/metrics.tmp", &metrics.replace("\"Net revenue\"", "\"What came in\""));
    fs::rename(folder.join("jobs/metrics.tmp"), folder.join("jobs/metrics.toml")).expect("replaced");
    let line = watch.hears("jobs/metrics.toml: rendered in");
    assert!(!line.contains("problem") && !line.contains("as before"), "{line}");
    assert!(read(folder, "out/mail.txt").contains("What came in"));

    // Between edits the data folder is free for others.
    assert_eq!(daybook(folder, &["status"]).status.code(), Some(0));
    assert_eq!(watch.stop(), Some(0));
    assert!(read(folder, "out/version.js").contains("null"), "an open page hears that nobody watches");
}

#[test]
fn a_watch_waits_for_a_configuration_that_makes_sense_and_ends_at_a_command_that_does_not() {
    let root = shop();
    let file = "config/workspaces/acme.toml";
    let sound = read(root.path(), file);
    write(root.path(), file, &sound.replace("Europe/Berlin", "Europe/Berln"));
    let watch = Watch::start(root.path(), &["-w", "acme", "--date", "2026-11-19"]);
    watch.hears("watching");
    let index = read(root.path(), "out/index.html");
    assert!(index.contains("acme.toml:2") && index.contains("did you mean"), "{index}");
    write(root.path(), file, &sound);
    watch.hears("acme.toml: rendered in");
    assert!(read(root.path(), "out/mail.txt").contains("325.75"));
    assert_eq!(watch.stop(), Some(0));

    let mut lost = Watch::start(root.path(), &["-w", "nobody"]);
    assert_eq!(lost.child.0.wait().expect("ended").code(), Some(2));
}
