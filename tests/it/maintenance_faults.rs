//! What disks, other processes and hands do to the data folder: the message an admin sees, and that
//! nothing that was loaded is lost.

use crate::data_folder::{DataFolder, land};
use crate::support::{noon, skip, texts};
use crate::tenants::world;
use chrono::{DateTime, Duration, Utc};
use daybook::connectors::Engine;
use daybook::jobs::maintenance::{back_up, maintain};
use daybook::jobs::sync::sync_connection;
use daybook::sandbox::{Faults, tenants};
use daybook::warehouse::maintenance::{MaintenanceConfig, RetentionConfig, backup, compact};
use daybook::warehouse::{Context, Warehouse, WarehouseConfig, WarehouseError};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

const DAYBOOK: &str = env!("CARGO_BIN_EXE_daybook");

/// A disk of a few megabytes, unmounted when dropped.
pub struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None`, with a printed line, where this user may not mount.
    pub fn new(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let size = format!("size={megabytes}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        match mount {
            Ok(done) if done.status.success() => Some(Self { folder }),
            _ => {
                skip("a full disk needs the right to mount a tmpfs");
                None
            }
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills the disk but for `kilobytes`.
    pub fn fill(&self, kilobytes: u64) {
        let disk = rustix::fs::statvfs(self.path()).expect("its size");
        let free = disk.f_bavail * disk.f_frsize;
        fs::write(self.path().join("filler"), vec![0; (free - kilobytes * 1024) as usize]).expect("filled");
    }

    pub fn free(&self) {
        fs::remove_file(self.path().join("filler")).expect("freed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

fn keeps_all() -> MaintenanceConfig {
    MaintenanceConfig {
        retention: RetentionConfig { months: 0, ..RetentionConfig::default() },
        ..MaintenanceConfig::default()
    }
}

const HELD: [&str; 1] = ["3000 payments, 30000.000000"];

#[test]
fn a_disk_that_fills_up_during_a_load_keeps_all_that_was_loaded_and_the_load_can_be_repeated() {
    let Some(disk) = SmallDisk::new(48) else { return };
    let installation = DataFolder::open(disk.path());
    installation.pay(0, 3000, noon()).expect("loaded");
    // The pages are landed elsewhere: it is the database that finds no room.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let later = noon() + Duration::hours(1);
    let landed = land(elsewhere.path(), 3000, 60_000, later).expect("landed");
    disk.fill(256);
    let error = installation.load(&landed, later).expect_err("no room");
    let told = error.to_string();
    assert!(told.contains("no space is left on the device") && told.contains("free some"), "{told}");
    assert!(error.can_retry());
    assert_eq!(installation.payments(), HELD, "without a restart");
    disk.free();
    installation.load(&landed, later).expect("the same slice again");
    assert_eq!(installation.payments(), ["63000 payments, 630000.000000"]);
    drop(installation);
    assert_eq!(DataFolder::open(disk.path()).payments(), ["63000 payments, 630000.000000"]);
}

#[test]
fn a_disk_that_is_full_at_the_checkpoint_keeps_the_log_and_the_rows() {
    let Some(disk) = SmallDisk::new(32) else { return };
    let installation = DataFolder::open(disk.path());
    installation.pay(0, 3000, noon()).expect("loaded");
    installation.warehouse.write_both_blocking(|c| compact::checkpoint(c)).expect("a checkpoint");
    // What comes now lies in the log.
    let sql = "SET wal_autocheckpoint = '1GB'; CREATE TABLE main.late AS SELECT i, hash(i)::VARCHAR AS word FROM range(40000) AS r(i)";
    installation
        .warehouse
        .write_blocking(move |c| c.execute_batch(sql).context(|| "late rows".to_owned()))
        .expect("late rows");
    disk.fill(64);
    let error =
        installation.warehouse.write_both_blocking(|c| compact::checkpoint(c)).expect_err("no room").to_string();
    assert!(error.contains("no space is left on the device"), "{error}");
    disk.free();
    installation.warehouse.write_both_blocking(|c| compact::checkpoint(c)).expect("with room again");
    assert_eq!(installation.payments(), HELD);
    assert_eq!(texts(&installation.warehouse, "SELECT count(*)::VARCHAR FROM main.late"), ["40000"]);
}

#[test]
fn a_backup_without_room_is_thrown_away_and_the_last_good_one_stays() {
    let Some(disk) = SmallDisk::new(16) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(folder.path());
    installation.pay(0, 3000, noon()).expect("loaded");
    let mut config = keeps_all();
    config.backup.dir = Some(disk.path().to_owned());
    config.backup.keep = 1;
    back_up(&installation.maintain(config.clone()), true, noon()).expect("a backup");
    disk.fill(128);
    let night = maintain(&installation.maintain(config.clone()), noon() + Duration::days(1));
    let failures = night.failures();
    assert!(failures.contains("backup: no space is left on the device"), "{failures}");
    assert!(failures.contains("retention: left for the next run, because the backup failed"), "{failures}");
    let left = backup::list(disk.path(), DateTime::<Utc>::MAX_UTC).expect("a list");
    assert_eq!(left.iter().map(|b| b.manifest.made_at).collect::<Vec<_>>(), [noon()]);
    backup::verify(&left[0]).expect("still good");
    let parts: Vec<_> = fs::read_dir(disk.path()).expect("the disk").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(parts.len(), 3, "backup, manifest, filler: {parts:?}");
    assert_eq!(installation.payments(), HELD);
}

/// louislam/uptime-kuma#4581, modl-org/modl#97: what should have freed room needed room first.
#[test]
fn on_a_full_disk_pages_past_their_age_go_and_the_note_on_them_follows() {
    let Some(disk) = SmallDisk::new(48) else { return };
    let installation = DataFolder::open(disk.path());
    installation.pay(0, 30_000, noon()).expect("loaded");
    installation.pay(0, 10, noon() + Duration::days(45)).expect("loaded later");
    let pages = || walk(&disk.path().join("landing")).iter().filter(|path| path.ends_with("manifest.json")).count();
    assert_eq!(pages(), 2);
    disk.fill(0);
    let night = maintain(&installation.maintain(keeps_all()), noon() + Duration::days(46));
    assert_eq!(pages(), 1, "{night:?}");
    let landing = night.steps.iter().find(|step| step.name == "landing").expect("the step");
    assert!(landing.is_ok && landing.says.starts_with("1 slices older than 30 days removed"), "{landing:?}");
    assert_eq!(texts(&installation.warehouse, "SELECT count(*)::VARCHAR FROM ops.landing_removed"), ["1"]);
}

#[test]
fn pages_that_a_stopped_run_removed_are_noted_by_the_next_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(folder.path());
    installation.pay(0, 10, noon()).expect("loaded");
    installation.pay(0, 10, noon() + Duration::days(45)).expect("loaded later");
    fs::remove_dir_all(folder.path().join("landing")).expect("removed");
    maintain(&installation.maintain(keeps_all()), noon() + Duration::days(46));
    let noted = "SELECT count(*)::VARCHAR FROM ops.landing_removed";
    assert_eq!(texts(&installation.warehouse, noted), ["1"], "what would still be kept is missing");
}

#[test]
fn a_compaction_without_room_leaves_the_file_as_it_is() {
    let Some(disk) = SmallDisk::new(16) else { return };
    let installation = DataFolder::open(disk.path());
    installation.pay(0, 3000, noon()).expect("loaded");
    installation.warehouse.write_both_blocking(|c| compact::checkpoint(c)).expect("a checkpoint");
    disk.fill(256);
    let error = compact::compact(&installation.warehouse).expect_err("no room").to_string();
    assert!(error.contains("no space is left on the device"), "{error}");
    assert!(!disk.path().join("daybook.compact.part").exists());
    assert_eq!(installation.payments(), HELD);
    disk.free();
    installation.pay(3000, 1, noon() + Duration::hours(1)).expect("the writer goes on");
}

#[test]
fn a_disk_that_is_full_at_landing_leaves_no_half_slice_behind() {
    let Some(disk) = SmallDisk::new(4) else { return };
    disk.fill(64);
    let root = disk.path().join("landing");
    let error = land(&root, 0, 60_000, noon()).expect_err("no room").to_string();
    assert!(error.contains("/landing/") && error.contains("no space is left on the device"), "{error}");
    let entries = daybook::connectors::landed::entries(&root).expect("entries");
    assert!(entries.iter().all(|entry| !entry.is_complete), "nothing pretends to be whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_whose_pages_find_no_room_says_so_and_goes_on_once_there_is() {
    let Some(disk) = SmallDisk::new(4) else { return };
    let (mut world, shop) = (world(30, Faults::none()).await, tenants().remove(1));
    let root = disk.path().join("landing");
    world.context.engine = Arc::new(Engine::new(root.clone(), world.context.clock.clone()).expect("an engine"));
    let source = world.sources(&shop).into_iter().find(|one| one.connection.id == "google_ads").expect("a source");
    let days = || texts(&world.context.warehouse, "SELECT count(DISTINCT date)::VARCHAR FROM core.ad_daily");
    disk.fill(0);
    let outcomes = sync_connection(&world.context, &source, &|_| {}).await;
    let error = outcomes[0].error.clone().expect("no room");
    assert!(error.message.contains("no space is left on the device") && error.can_retry, "{error:?}");
    assert_eq!(days(), ["0"]);
    let landed = daybook::connectors::landed::entries(&root).expect("entries");
    assert!(landed.iter().all(|entry| entry.is_complete), "no half slice lies there: {landed:?}");
    disk.free();
    let outcomes = sync_connection(&world.context, &source, &|_| {}).await;
    assert!(outcomes.iter().all(|one| one.error.is_none()), "{outcomes:?}");
    assert_eq!(days(), ["30"]);
}

/// An installation of the shipped configuration, as a folder of its own.
pub fn installation() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in ["config", "jobs"] {
        copy_folder(&repository.join(part), &root.path().join(part));
    }
    root
}

pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

pub fn command(root: &Path) -> Command {
    let mut command = Command::new(DAYBOOK);
    command.arg("-C").arg(root).env("DAYBOOK_PERSON_KEY", "key").env_remove("RUST_LOG");
    command
}

pub fn daybook(root: &Path, arguments: &[&str]) -> Output {
    command(root).args(arguments).output().expect("daybook runs")
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A running daemon that is stopped when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_database_in_use_is_reported_with_the_process_that_holds_it() {
    let root = installation();
    let child = command(root.path()).arg("run").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let running = Running(child);
    let holds = || said(&daybook(root.path(), &["restore", "latest"]));
    // Until it has opened the file, another one could.
    let file = root.path().join("daybook.duckdb");
    for _ in 0..200 {
        if file.exists() && open(&file).is_err() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let told = open(&file).expect_err("in use");
    assert!(matches!(told, WarehouseError::Locked { .. }) && told.can_retry());
    let told = told.to_string();
    assert!(told.contains(&format!("(process {})", running.0.id())) && told.contains("daybook"), "{told}");
    assert!(told.contains("`daybook snapshot`"), "{told}");
    assert!(holds().contains("there is no good backup"), "{}", holds());
    drop(running);
    assert!(daybook(root.path(), &["doctor"]).status.success(), "it opens once the other is gone");
}

fn open(path: &Path) -> Result<Warehouse, WarehouseError> {
    Warehouse::open(path, &WarehouseConfig::default())
}

#[test]
fn a_corrupt_database_names_its_remedy_and_the_remedy_works() {
    let root = installation();
    let made = daybook(root.path(), &["backup"]);
    assert!(made.status.success(), "{}", said(&made));
    let file = root.path().join("daybook.duckdb");
    fs::write(&file, b"not a database at all, but long enough to look like a file of some kind".repeat(100))
        .expect("broken");
    let told = daybook(root.path(), &["runs"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(said(&told).contains("is damaged") && said(&told).contains("`daybook restore latest`"), "{}", said(&told));
    let doctor = daybook(root.path(), &["doctor", "--json"]);
    assert_eq!(doctor.status.code(), Some(3));
    let findings: serde_json::Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
    assert_eq!(findings["health"], "bad", "{findings}");
    assert!(findings["findings"][0]["remedy"].as_str().expect("a remedy").contains("`daybook restore latest`"));
    let restored = daybook(root.path(), &["restore", "latest"]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(said(&restored).contains("what was there is kept as"), "{}", said(&restored));
    assert!(daybook(root.path(), &["runs"]).status.success());
}

#[test]
fn a_damaged_block_is_found_by_the_doctor_and_kept_out_of_backups() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = DataFolder::open(folder.path());
    installation.pay(0, 3000, noon()).expect("loaded");
    installation.warehouse.write_both_blocking(|c| compact::checkpoint(c)).expect("a checkpoint");
    back_up(&installation.maintain(keeps_all()), true, noon()).expect("a backup");
    let path = installation.warehouse.path().to_owned();
    drop(installation);
    // Behind the three headers of 4 KiB come blocks of 256 KiB; the last ones hold rows or what lists them.
    let mut bytes = fs::read(&path).expect("the file");
    let blocks = (bytes.len() - 12_288) / 262_144;
    for block in 0..blocks {
        bytes[12_288 + block * 262_144 + 5_000] ^= 0xff;
    }
    fs::write(&path, bytes).expect("damaged");
    let told = match open(&path) {
        Err(error) => error.to_string(),
        Ok(warehouse) => {
            let findings =
                warehouse.read_blocking(|c| daybook::warehouse::maintenance::doctor::examine(c, 30)).expect("examined");
            format!("{} {:?}", findings[0].says, findings[0].remedy)
        }
    };
    assert!(told.contains("`daybook restore latest`"), "{told}");
    let good = backup::list(&folder.path().join("backups"), DateTime::<Utc>::MAX_UTC).expect("a list").remove(0);
    backup::verify(&good).expect("the backup is another file");
}

#[test]
fn a_folder_that_refuses_writes_is_named_with_its_remedy() {
    let root = installation();
    assert!(daybook(root.path(), &["backup"]).status.success());
    // Root may write anywhere, so another user has to try, with a program it can reach.
    let program = root.path().join("daybook");
    fs::copy(DAYBOOK, &program).expect("the program");
    make_readable(root.path());
    let mut command = Command::new(&program);
    command.arg("-C").arg(root.path()).arg("runs").env("DAYBOOK_PERSON_KEY", "key");
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if is_root {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().expect("daybook runs");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let told = said(&output);
    assert!(told.contains("daybook.lock cannot be written (permission denied)"), "{told}");
    assert!(told.contains("give the user that Daybook runs as write access"), "{told}");
    // For whoever may, all is as it was.
    for path in walk(root.path()).into_iter().chain([root.path().to_owned()]) {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    }
    assert!(daybook(root.path(), &["runs"]).status.success());
}

/// Everything may be read and run by everyone, and written by nobody.
fn make_readable(folder: &Path) {
    for path in walk(folder).into_iter().chain([folder.to_owned()]) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o555)).expect("permissions");
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    let below: Vec<PathBuf> = entries.iter().filter(|path| path.is_dir()).flat_map(|path| walk(path)).collect();
    entries.into_iter().chain(below).collect()
}

#[test]
fn a_newer_database_is_refused_by_every_command_and_stays_as_it_is() {
    let root = installation();
    assert!(daybook(root.path(), &["backup"]).status.success());
    let file = root.path().join("daybook.duckdb");
    let newer = duckdb::Connection::open(&file).expect("opened");
    newer
        .execute_batch("INSERT INTO main.daybook_version (version, daybook) VALUES (99, '7.3.0')")
        .expect("a newer version's mark");
    drop(newer);
    let before = fs::read(&file).expect("the file");
    for arguments in [&["sync"][..], &["rollup"], &["report"], &["runs"], &["care"], &["backup"]] {
        let output = daybook(root.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains("written by a newer Daybook (7.3.0)"), "{arguments:?}: {}", said(&output));
    }
    assert!(fs::read(&file).expect("the file") == before);
    // The way back that the message names.
    let restored = daybook(root.path(), &["restore", "latest"]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(daybook(root.path(), &["runs"]).status.success());
}
