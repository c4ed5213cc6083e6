//! The names of units.

use std::path::Path;

use crate::sys::disk::Reader;

/// Bytes of a name, as systemd bounds it.
const LONGEST: usize = 255;
/// What heal has to do with.
const SUFFIXES: [&str; 5] = [".service", ".socket", ".timer", ".path", ".mount"];
/// What else systemd knows, and heal leaves alone.
const OTHERS: [&str; 6] = [".target", ".slice", ".scope", ".device", ".swap", ".automount"];
/// More than any list of control groups.
const CGROUP_LIMIT: u64 = 64 * 1024;

/// A unit's full name, checked: it is never an option, a path or a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit(String);

impl Unit {
    /// The unit that `text` names: `nginx` is `nginx.service`.
    ///
    /// # Errors
    /// Why it is none, or none for heal, in a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        // What is no name may be anything: it is shown escaped and cut.
        let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b":_.\\@-".contains(&byte);
        if text.is_empty() || text.starts_with(['-', '.', '@']) || text.contains("..") || !text.bytes().all(legal) {
            return Err(format!("`{shown}` is not a unit's name"));
        }
        if OTHERS.iter().any(|suffix| text.ends_with(suffix)) {
            return Err(format!("`{shown}` is not a kind of unit that heal touches: only {}", SUFFIXES.join(", ")));
        }
        let known = SUFFIXES.iter().find(|suffix| text.ends_with(**suffix));
        let name = if known.is_some() { text.to_owned() } else { format!("{text}.service") };
        if name.len() > LONGEST {
            return Err(format!("`{shown}…` is longer than a unit's name may be"));
        }
        let stem = name.strip_suffix(known.copied().unwrap_or(".service")).unwrap_or_default();
        if stem.ends_with('@') {
            return Err(format!("`{shown}` is a template: name an instance of it"));
        }
        Ok(Self(name))
    }

    /// The full name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The system's service that heal itself runs in, such as `cron.service`; `None` in a login session.
#[must_use]
pub fn own_unit() -> Option<String> {
    let bytes = Reader::new().read_bounded(Path::new("/proc/self/cgroup"), CGROUP_LIMIT).ok()?;
    unit_of(&String::from_utf8_lossy(&bytes))
}

/// From the lines of `/proc/PID/cgroup`: systemd's hierarchy is `0::PATH`, on old hosts `N:name=systemd:PATH`.
fn unit_of(cgroups: &str) -> Option<String> {
    let path_of = |line: &str| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        matches!(controllers, "" | "name=systemd").then(|| path.to_owned())
    };
    cgroups.lines().filter_map(path_of).find_map(|path| {
        let services = || path.split('/').filter(|part| part.ends_with(".service"));
        // What lies below a user's manager is that manager's unit, not the system's.
        let manager = services().find(|part| part.starts_with("user@"));
        manager.or_else(|| services().next_back()).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_an_option_a_path_or_a_pattern() {
        let long = "a".repeat(248);
        for text in [
            "",
            "-x",
            "--all",
            ".service",
            ".hidden",
            "..",
            "../x",
            "a..b",
            "a/b",
            "/etc/x.service",
            "a;b",
            "a b",
            "a\nb",
            "nginx*",
            "a?",
            "[a]",
            "é",
            "a\0",
            "$(id)",
            "%i",
            "@x",
            "@.service",
            "x@",
            "x@.service",
            "x@.timer",
            "multi-user.target",
            "user.slice",
            "session-3.scope",
            "dev-sda.device",
            "x.swap",
            "x.automount",
            &long,
        ] {
            assert!(Unit::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_without_a_suffix_is_a_service() {
        for (text, name) in [
            ("nginx", "nginx.service"),
            ("nginx.service", "nginx.service"),
            ("php8.2-fpm", "php8.2-fpm.service"),
            ("getty@tty1", "getty@tty1.service"),
            ("srv-data\\x2dold.mount", "srv-data\\x2dold.mount"),
            ("logrotate.timer", "logrotate.timer"),
            ("dbus.socket", "dbus.socket"),
            ("cups.path", "cups.path"),
        ] {
            assert_eq!(Unit::parse(text).unwrap().as_str(), name);
        }
        assert_eq!(Unit::parse(&"a".repeat(247)).unwrap().as_str().len(), 255);
    }

    #[test]
    fn heal_knows_what_it_runs_in() {
        for (text, unit) in [
            ("0::/system.slice/cron.service\n", Some("cron.service")),
            ("9:name=systemd:/system.slice/heal.service\n1:cpu:/x.service\n0::/\n", Some("heal.service")),
            ("0::/user.slice/user-0.slice/session-3.scope\n", None),
            ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.service\n", Some("user@1000.service")),
            ("0::/system.slice/containerd.service/pod/heal.service\n", Some("heal.service")),
            ("0::/init.scope\n", None),
            ("8:pids:/x.service\n", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(unit_of(text).as_deref(), unit, "{text}");
        }
    }
}
