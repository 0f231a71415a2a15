//! The files of an installation.

use super::Trial;
use crate::maintenance_faults::{copy_folder, installation};

pub fn hunt(mut trial: Trial) {
    let root = installation();
    let files: Vec<_> = ["config", "jobs"]
        .iter()
        .flat_map(|folder| super::seeds(folder, &["toml", "sql"]))
        .map(|(path, text)| (path.replace(env!("CARGO_MANIFEST_DIR"), ""), text))
        .collect();
    let (mut taken, mut refused) = (0, 0);
    while let Some(mut round) = trial.next() {
        let chance = &mut round.chance;
        let mut changed = Vec::new();
        for _ in 0..=chance.below(2) {
            let (path, text) = &files[chance.below(files.len())];
            let spoilt = match chance.one_in(3) {
                true => super::spoil::bytes(text, b"[[connections]]\nid = 1\n", chance),
                false => super::spoil::toml(&String::from_utf8_lossy(text), chance).into_bytes(),
            };
            trial.keep(&path.replace('/', "_"), &spoilt);
            let place = root.path().join(path.trim_start_matches('/'));
            std::fs::write(&place, &spoilt).expect("written");
            changed.push((place, text, path));
        }
        match daybook::config::load(root.path()) {
            Ok(settings) => {
                taken += 1;
                for problem in settings.warnings(crate::support::noon()) {
                    super::is_told_well(&problem.message);
                }
                for job in &settings.jobs {
                    settings.workspaces_of(job).for_each(|workspace| super::is_told_well(&workspace.workspace.name));
                }
            }
            Err(problems) => {
                refused += 1;
                assert!(!problems.is_empty(), "refused without a word");
                for problem in problems {
                    assert!(!problem.place().is_empty(), "{problem:?}");
                    super::is_told_well(&problem.message);
                    super::is_told_well(&problem.remedy);
                }
            }
        }
        for (place, text, path) in changed {
            std::fs::write(place, text).expect("as it was");
            drop(std::fs::remove_file(trial.folder.join(path.replace('/', "_"))));
        }
    }
    assert!(taken + refused > 0);
    println!("{taken} taken, {refused} refused");
    // The seeds themselves are sound.
    copy_folder(root.path(), &trial.folder.join("root"));
    daybook::config::load(root.path()).expect("as shipped");
}
