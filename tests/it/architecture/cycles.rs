//! Files of a folder that use one another in a circle cannot be read, tested or moved apart. Those that are left are
//! listed and become fewer; a new one is refused.

use super::sources;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Circles that there are: a folder and its modules.
const LEFT: [&str; 0] = [];

type Module = Vec<String>;

struct Source {
    module: Module,
    text: String,
}

fn words(path: &str) -> Module {
    path.split("::").map(|word| word.trim().to_owned()).collect()
}

/// A file without its tests, comments and texts.
fn read(src: &Path, file: &Path) -> Source {
    let relative = file.strip_prefix(src).expect("inside src").with_extension("");
    let mut module: Module = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        module.pop();
    }
    let text = fs::read_to_string(file).expect("a source file");
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let text = Regex::new(r"//[^\n]*").expect("a pattern").replace_all(text, "").into_owned();
    let text = Regex::new(r#""(\\.|[^"\\])*""#).expect("a pattern").replace_all(&text, "\"\"").into_owned();
    Source { module, text }
}

/// The single paths of `a::{b, c::{d, e}}`.
fn expanded(path: &str) -> Vec<String> {
    let path = path.trim();
    let Some((before, rest)) = path.split_once('{') else {
        return vec![path.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let body = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut parts, mut depth, mut part) = (Vec::new(), 0, String::new());
    for letter in body.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if letter == ',' && depth == 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(letter);
        }
    }
    parts.push(part);
    let of = |part: &String| expanded(&format!("{before}{}", part.trim()));
    parts.iter().filter(|part| !part.trim().is_empty()).flat_map(of).collect()
}

/// A path from the root of the crate; none where it leads out of it.
fn absolute(module: &Module, path: &str, modules: &BTreeSet<Module>) -> Option<Module> {
    let mut rest = words(path);
    let mut base = module.clone();
    match rest.first().map(String::as_str)? {
        "crate" => return Some(rest.split_off(1)),
        "self" => drop(rest.remove(0)),
        "super" => {
            while rest.first().is_some_and(|word| word == "super") {
                base.pop();
                rest.remove(0);
            }
        }
        child => {
            let inner = [base.as_slice(), &[child.to_owned()]].concat();
            modules.contains(&inner).then_some(())?;
        }
    }
    Some([base, rest].concat())
}

/// The module that a path leads to, through what others show again.
fn home(path: &[String], modules: &BTreeSet<Module>, shown: &BTreeMap<Module, Module>, depth: u8) -> Option<Module> {
    for length in (0..=path.len()).rev() {
        if modules.contains(&path[..length]) {
            if length < path.len()
                && depth < 6
                && let Some(to) = shown.get(&path[..=length])
            {
                return home(&[to.as_slice(), &path[length + 1..]].concat(), modules, shown, depth + 1);
            }
            return Some(path[..length].to_vec());
        }
    }
    None
}

/// By folder, which of its modules use which.
fn arrows(src: &Path) -> BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> {
    let mut files = Vec::new();
    sources(src, &mut files);
    let all: Vec<Source> = files.iter().map(|file| read(src, file)).collect();
    let all: Vec<Source> = all.into_iter().filter(|source| !source.module.contains(&"tests".to_owned())).collect();
    let modules: BTreeSet<Module> = all.iter().map(|source| source.module.clone()).collect();
    let statement = Regex::new(r"\b(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);").expect("a pattern");
    let inline = Regex::new(r"\b(?:crate|super)(?:::\w+)+").expect("a pattern");
    let (mut shown, mut used) = (BTreeMap::new(), Vec::new());
    for Source { module, text } in &all {
        for found in statement.captures_iter(text) {
            for path in expanded(&found[2]).iter().filter_map(|path| absolute(module, path, &modules)) {
                match (found.get(1), path.last()) {
                    (Some(_), Some(name)) => {
                        shown.insert([module.as_slice(), std::slice::from_ref(name)].concat(), path.clone());
                    }
                    _ => used.push((module, path)),
                }
            }
        }
        let rest = statement.replace_all(text, "");
        used.extend(
            inline.find_iter(&rest).filter_map(|path| Some((module, absolute(module, path.as_str(), &modules)?))),
        );
    }
    let mut arrows: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (module, path) in used {
        let Some(home) = home(&path, &modules, &shown, 0) else { continue };
        let shared = module.iter().zip(&home).take_while(|(one, other)| one == other).count();
        if let (Some(from), Some(to)) = (module.get(shared), home.get(shared)) {
            arrows.entry(home[..shared].to_vec()).or_default().entry(from.clone()).or_default().insert(to.clone());
        }
    }
    arrows
}

/// What can be reached from a module.
fn reached(from: &str, arrows: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(module) = next.pop() {
        for to in arrows.get(&module).into_iter().flatten() {
            if found.insert(to.clone()) {
                next.push(to.clone());
            }
        }
    }
    found
}

/// Circles in the words of [`LEFT`].
fn circles(src: &Path) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (folder, arrows) in arrows(src) {
        let reach: BTreeMap<&String, BTreeSet<String>> =
            arrows.keys().map(|module| (module, reached(module, &arrows))).collect();
        for (module, all_reached) in &reach {
            let back = |other: &&String| reach.get(other).is_some_and(|of| of.contains(*module));
            let circle: BTreeSet<&String> = all_reached.iter().filter(back).collect();
            if circle.len() > 1 {
                let names: Vec<&str> = circle.iter().map(|name| name.as_str()).collect();
                all.insert(format!("{}: {}", folder.join("/"), names.join(" ")));
            }
        }
    }
    all
}

#[test]
fn no_new_files_of_a_folder_use_one_another_in_a_circle() {
    let found = circles(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let left = LEFT.map(str::to_owned).into();
    let new: Vec<&String> = found.difference(&left).collect();
    assert!(new.is_empty(), "new circles, or larger ones: take what both need into a file below them: {new:#?}");
    let gone: Vec<&String> = left.difference(&found).collect();
    assert!(gone.is_empty(), "these circles are gone: remove them from the list: {gone:#?}");
}

#[test]
fn a_circle_is_found_through_lists_and_what_is_shown_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    };
    write("lib.rs", "mod a;\n");
    write("a/mod.rs", "mod b;\nmod c;\nmod d;\npub use c::{Deep, other as Known};\n");
    write("a/b.rs", "use super::{d::Thing, Deep};\n");
    write(
        "a/c.rs",
        "// use super::d::Thing;\nfn f() { super::b::g(\"crate::a::d::x\") }\n#[cfg(test)]\nmod tests { use super::super::d; }\n",
    );
    write("a/d.rs", "use std::fs;\n");
    assert_eq!(circles(folder.path()), BTreeSet::from(["a: b c".to_owned()]));
    write("a/d.rs", "use crate::a::{b, c::Deep};\n");
    assert_eq!(circles(folder.path()), BTreeSet::from(["a: b c d".to_owned()]));
}
