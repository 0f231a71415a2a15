//! What a file's name says: data, junk, still being downloaded, or something that is not read. Every
//! file of a folder gets one of these answers. Pure.

use super::{Packing, Shape};

/// What to do with a file, by its name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    Data(Shape, Packing),
    /// Made by a program for itself; nobody misses it.
    Junk(&'static str),
    /// Still being written: it will have another name once it is whole.
    Waiting,
    /// To be reported: why, and what to do.
    Unread {
        reason: String,
        remedy: String,
    },
}

const UNFINISHED: [&str; 9] =
    ["tmp", "part", "crdownload", "partial", "download", "filepart", "opdownload", "!ut", "uploading"];

/// How the file `name` (without its folder) is to be taken.
pub fn shape_of(name: &str) -> Known {
    // Blanks around a name come from copying and pasting; they say nothing.
    let lower = name.trim().to_ascii_lowercase();
    if lower.starts_with("~$") || lower.starts_with(".~lock") {
        return Known::Junk("the mark of a program that has a workbook open");
    }
    if UNFINISHED.iter().any(|ending| lower.rsplit_once('.').is_some_and(|(_, last)| last == *ending)) {
        return Known::Waiting;
    }
    if lower.starts_with('.') || matches!(lower.as_str(), "thumbs.db" | "desktop.ini" | "__macosx" | "icon\r") {
        return Known::Junk("a hidden file of the system");
    }
    if lower.ends_with('~') || [".bak", ".swp", ".old"].iter().any(|ending| lower.ends_with(ending)) {
        return Known::Junk("a copy kept by an editor");
    }
    let (plain, packing) = match lower.strip_suffix(".gz") {
        Some(plain) => (plain, Packing::Gzip),
        None => match lower.strip_suffix(".zst") {
            Some(plain) => (plain, Packing::Zstd),
            None => (lower.as_str(), Packing::None),
        },
    };
    let Some((_, ending)) = plain.trim_end().rsplit_once('.') else {
        return unread("its name has no ending that says what it is", "rename it, for instance to .csv");
    };
    match ending.trim() {
        "csv" | "tsv" | "tab" | "txt" | "dat" => Known::Data(Shape::Delimited, packing),
        "ndjson" | "jsonl" | "json" => Known::Data(Shape::Ndjson, packing),
        "parquet" | "pq" => Known::Data(Shape::Parquet, packing),
        "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Known::Data(Shape::Workbook, packing),
        "zip" if packing == Packing::None => Known::Data(Shape::Zip, packing),
        "zip" => unread("an archive packed again is not read", "unpack it and drop the file inside"),
        "tar" | "tgz" | "tbz" | "tbz2" | "txz" | "7z" | "rar" | "bz2" | "xz" | "lz4" | "z" | "br" => {
            unread("archives of this kind are not read", "unpack it and drop the files inside, or pack them as .zip")
        }
        "gsheet" | "url" | "webloc" | "lnk" => {
            unread("this is a link, the data lie elsewhere", "download the sheet as .xlsx or .csv and drop that")
        }
        "numbers" | "docx" | "doc" | "pdf" | "html" | "htm" | "xml" | "pptx" | "eml" | "msg" => {
            unread("files of this kind are not read", "export the table as .csv or .xlsx and drop that")
        }
        "avro" | "orc" | "feather" | "arrow" | "db" | "sqlite" | "duckdb" | "rds" | "sav" | "xlt" | "xltx" => {
            unread("files of this kind are not read", "write it as Parquet, .csv or .ndjson and drop that")
        }
        other => unread(
            &format!("the ending .{} is not read", super::shown(other)),
            "save it as .csv, .xlsx, .ndjson or .parquet and drop that",
        ),
    }
}

/// What to say of a folder inside the folder.
pub fn folder() -> Known {
    unread("folders inside the folder are not read", "move the files up into the drop folder")
}

fn unread(reason: &str, remedy: &str) -> Known {
    Known::Unread { reason: reason.to_owned(), remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_folder_gets_an_answer() {
        // The list of F15 (metabase/metabase#40589, CodeForPhilly/paws-data-pipeline#448).
        let data = |name, shape, packing| assert_eq!(shape_of(name), Known::Data(shape, packing), "{name}");
        for name in ["plan.CSV", "plan.csv ", " plan.tsv", "plan.tab", "plan.dat", "plan.csv.txt"] {
            data(name, Shape::Delimited, Packing::None);
        }
        data("plan.csv.gz", Shape::Delimited, Packing::Gzip);
        data("plan.json.gz", Shape::Ndjson, Packing::Gzip);
        data("a.jsonl.zst", Shape::Ndjson, Packing::Zstd);
        data("plan.pq", Shape::Parquet, Packing::None);
        for name in ["plan.xlsx", "plan.xlsm", "plan.xlsb", "plan.xls", "plan.ods"] {
            data(name, Shape::Workbook, Packing::None);
        }
        data("plan.csv.zip", Shape::Zip, Packing::None);
        for name in ["plan.csv.part", "plan.crdownload", "x.tmp", ".plan.csv.part"] {
            assert_eq!(shape_of(name), Known::Waiting, "{name}");
        }
        for name in ["~$plan.xlsx", ".DS_Store", "Thumbs.db", ".hidden.csv", ".~lock.plan.ods#", "plan.csv~"] {
            assert!(matches!(shape_of(name), Known::Junk(_)), "{name}");
        }
        for name in ["plan", "plan.avro", "plan.tar.gz", "plan.tgz", "semi.csv.bz2", "a.gz", "", "a.", "x.zip.gz"] {
            assert!(matches!(shape_of(name), Known::Unread { .. }), "{name}");
        }
        assert!(matches!(folder(), Known::Unread { .. }));
    }
}
