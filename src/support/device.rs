//! Whether what is written to a folder is encrypted before it reaches the disk, by what Linux reports. What
//! cannot be proved is unknown.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Devices that lie on devices, at most: a loop would have no end.
const DEEPEST: usize = 8;

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// By what.
    Proved(String),
    /// The device is here, and none below it encrypts. Disks that encrypt by themselves do not say so.
    NotFound(String),
    /// Why nothing is known.
    Unknown(String),
}

/// Looks at the device below `folder`.
pub fn encryption(folder: &Path) -> Encryption {
    if is_encrypted_folder(folder) {
        return Encryption::Proved("the file system encrypts the folder (fscrypt)".to_owned());
    }
    let Ok(metadata) = fs::metadata(folder) else { return Encryption::Unknown("the folder cannot be read".to_owned()) };
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let device = parts(metadata.dev());
    let system = Path::new("/sys/dev/block");
    let mount = mount_of(&mounts, device);
    let (kind, source) = mount.clone().unwrap_or_default();
    match device.0 {
        // Such a file system has no number of a device: its source may be one.
        0 => match fs::metadata(&source).ok().filter(|source| source.rdev() != 0) {
            Some(source) => judge(system, parts(source.rdev()), &kind),
            None => of_file_system(&kind),
        },
        _ => judge(system, device, &kind),
    }
}

/// A file system that lies on no block device of this machine.
fn of_file_system(kind: &str) -> Encryption {
    match kind {
        "ecryptfs" | "fuse.gocryptfs" | "fuse.encfs" | "fuse.cryfs" => {
            Encryption::Proved(format!("the file system {kind} encrypts"))
        }
        "zfs" => Encryption::Unknown("ZFS does not tell it here: see `zfs get encryption`".to_owned()),
        "" => Encryption::Unknown("no mount is known for the folder".to_owned()),
        kind => Encryption::Unknown(format!("the folder lies on {kind}, which no block device of this machine holds")),
    }
}

fn judge(system: &Path, device: (u64, u64), kind: &str) -> Encryption {
    let place = system.join(format!("{}:{}", device.0, device.1));
    let Ok(place) = place.canonicalize() else {
        return Encryption::Unknown(format!("the system tells nothing of the device {}:{}", device.0, device.1));
    };
    let name = place.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    match below(&place, DEEPEST) {
        Some(true) => Encryption::Proved(format!("{name} lies on dm-crypt")),
        Some(false) => Encryption::NotFound(format!("{name} ({kind}) lies on no dm-crypt")),
        None => Encryption::Unknown(format!("what {name} lies on is not told")),
    }
}

/// Whether every way down from a device leads through dm-crypt; `None` where a way cannot be followed.
fn below(place: &Path, deepest: usize) -> Option<bool> {
    let uuid = fs::read_to_string(place.join("dm/uuid")).unwrap_or_default();
    if uuid.starts_with("CRYPT-") {
        return Some(true);
    }
    if deepest == 0 || place.join("loop").exists() {
        return None;
    }
    if place.join("partition").exists() {
        return below(place.parent()?, deepest - 1);
    }
    let lower: Vec<_> = fs::read_dir(place.join("slaves")).into_iter().flatten().flatten().collect();
    let found: Option<Vec<bool>> =
        lower.iter().map(|entry| below(&entry.path().canonicalize().ok()?, deepest - 1)).collect();
    found.map(|found| !found.is_empty() && found.into_iter().all(|is| is))
}

/// The kind and source of the mount of a device; the last one mounted counts.
fn mount_of(mounts: &str, (major, minor): (u64, u64)) -> Option<(String, String)> {
    let device = format!("{major}:{minor}");
    mounts.lines().rev().find_map(|line| {
        let (head, tail) = line.split_once(" - ")?;
        let is_it = head.split(' ').nth(2)? == device;
        let mut words = tail.split(' ');
        is_it.then(|| Some((words.next()?.to_owned(), words.next()?.to_owned())))?
    })
}

fn parts(device: u64) -> (u64, u64) {
    (u64::from(rustix::fs::major(device)), u64::from(rustix::fs::minor(device)))
}

/// A folder that ext4, f2fs and their like encrypt says so itself.
#[cfg(target_os = "linux")]
fn is_encrypted_folder(folder: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    statx(CWD, folder, AtFlags::empty(), StatxFlags::BASIC_STATS).is_ok_and(|found| {
        found.stx_attributes_mask.contains(StatxAttributes::ENCRYPTED)
            && found.stx_attributes.contains(StatxAttributes::ENCRYPTED)
    })
}

#[cfg(not(target_os = "linux"))]
fn is_encrypted_folder(_folder: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A disk with two partitions; a volume on both; a crypt on one; and a volume on that crypt.
    fn system() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        let devices = root.path().join("devices");
        let make = |path: &str, files: &[(&str, &str)]| {
            fs::create_dir_all(devices.join(path).join("slaves")).expect("a folder");
            for (name, text) in files {
                let file = devices.join(path).join(name);
                fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
                fs::write(file, text).expect("a file");
            }
        };
        make("sda", &[]);
        make("sda/sda1", &[("partition", "1")]);
        make("sda/sda2", &[("partition", "2")]);
        make("dm-0", &[("dm/uuid", "LVM-plain")]);
        make("dm-1", &[("dm/uuid", "CRYPT-LUKS2-0123-crypt")]);
        make("dm-2", &[("dm/uuid", "LVM-on-crypt")]);
        make("dm-3", &[("dm/uuid", "LVM-on-both")]);
        make("loop0", &[("loop/backing_file", "/x")]);
        let lies_on = |upper: &str, lower: &str| {
            let name = lower.rsplit('/').next().expect("a name");
            symlink(devices.join(lower), devices.join(upper).join("slaves").join(name)).expect("a link");
        };
        lies_on("dm-0", "sda/sda1");
        lies_on("dm-1", "sda/sda2");
        lies_on("dm-2", "dm-1");
        lies_on("dm-3", "dm-1");
        lies_on("dm-3", "sda/sda1");
        let numbers = root.path().join("block");
        fs::create_dir(&numbers).expect("a folder");
        for (number, path) in [
            ("8:1", "sda/sda1"),
            ("253:0", "dm-0"),
            ("253:1", "dm-1"),
            ("253:2", "dm-2"),
            ("253:3", "dm-3"),
            ("7:0", "loop0"),
        ] {
            symlink(devices.join(path), numbers.join(number)).expect("a link");
        }
        root
    }

    #[test]
    fn only_a_device_that_lies_on_dm_crypt_wholly_is_called_encrypted() {
        let system = system();
        let of = |device| judge(&system.path().join("block"), device, "ext4");
        assert_eq!(of((253, 1)), Encryption::Proved("dm-1 lies on dm-crypt".to_owned()));
        assert_eq!(of((253, 2)), Encryption::Proved("dm-2 lies on dm-crypt".to_owned()));
        for device in [(8, 1), (253, 0), (253, 3)] {
            assert!(matches!(of(device), Encryption::NotFound(_)), "{device:?}: {:?}", of(device));
        }
        for device in [(7, 0), (259, 7)] {
            assert!(matches!(of(device), Encryption::Unknown(_)), "{device:?}: {:?}", of(device));
        }
    }

    #[test]
    fn what_lies_on_no_device_is_unknown_unless_it_encrypts_itself() {
        let mounts = "36 35 98:0 / /mnt rw - ext4 /dev/root rw\n40 35 0:44 / /data rw shared:1 - zfs tank/data rw\n";
        assert_eq!(mount_of(mounts, (0, 44)), Some(("zfs".to_owned(), "tank/data".to_owned())));
        assert_eq!(mount_of(mounts, (98, 0)), Some(("ext4".to_owned(), "/dev/root".to_owned())));
        assert_eq!(mount_of(mounts, (1, 1)), None);
        for kind in ["zfs", "nfs4", "overlay", "tmpfs", ""] {
            assert!(matches!(of_file_system(kind), Encryption::Unknown(_)), "{kind}");
        }
        assert!(matches!(of_file_system("ecryptfs"), Encryption::Proved(_)));
    }
}
