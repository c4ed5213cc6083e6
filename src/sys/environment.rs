//! What the calling process hands down: variables, the host, the user, the terminal.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

/// The environment variable `name`, unless it is absent or empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door to the environment")]
pub fn var(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The name of this host.
#[must_use]
pub fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The current directory.
///
/// # Errors
/// When it has been removed or may not be read.
pub fn current_dir() -> io::Result<PathBuf> {
    std::env::current_dir()
}

/// The home directory of this user, if the environment names one.
#[must_use]
pub fn home() -> Option<PathBuf> {
    var("HOME").map(PathBuf::from).filter(|path| path.is_absolute())
}

/// The number of the user that this process acts as.
#[must_use]
pub fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The number of the user that this process belongs to.
#[must_use]
pub fn real_user() -> u32 {
    rustix::process::getuid().as_raw()
}

/// Whether this process acts as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether standard output is a terminal.
#[must_use]
pub fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard error is a terminal.
#[must_use]
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether standard input is a terminal.
#[must_use]
pub fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Standard input, as it comes.
///
/// # Errors
/// When it is closed.
pub fn stdin() -> io::Result<impl io::Read + use<>> {
    use std::os::fd::AsFd as _;
    Ok(std::fs::File::from(io::stdin().as_fd().try_clone_to_owned()?))
}
