//! Runs programs: exact argv, no shell, a clean environment, a time limit for the whole process group.

mod lines;
mod output;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{Access, access};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid};

use super::disk::{Untrusted, check_trusted};
use super::{environment, signal};
pub use lines::{Line, Streamed, lines};
use output::Output;

/// Where a program without a path is looked for, in this order.
pub const DIRECTORIES: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Bytes of output kept by default.
pub const OUTPUT_LIMIT: usize = 64 * 1024;

/// From SIGTERM to SIGKILL.
const GRACE: Duration = Duration::from_millis(500);
/// From SIGKILL to giving up on a process that cannot die.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How often an interrupt is looked for.
const TICK: Duration = Duration::from_millis(100);

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// The program and its arguments, exactly.
    pub argv: &'a [String],
    /// Where it runs.
    pub cwd: &'a Path,
    /// After this long its whole process group is killed.
    pub timeout: Duration,
    /// Bytes of output kept: the last ones.
    pub output_limit: usize,
    /// Killed when someone interrupts heal; `false` for what takes a fix back.
    pub stop_on_interrupt: bool,
}

impl<'a> Command<'a> {
    /// `argv` in `cwd` for at most `timeout`, with the usual output limit, stopped on interrupt.
    #[must_use]
    pub const fn new(argv: &'a [String], cwd: &'a Path, timeout: Duration) -> Self {
        Self { argv, cwd, timeout, output_limit: OUTPUT_LIMIT, stop_on_interrupt: true }
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; `None` when a signal ended it, or it could not even be killed.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The end of standard output and standard error, as they came.
    pub output: Vec<u8>,
    /// It ran into its time limit.
    pub timed_out: bool,
    /// heal was interrupted, and it was killed.
    pub interrupted: bool,
    /// More was written than `output` holds.
    pub truncated: bool,
    /// How long it ran.
    pub took: Duration,
}

impl Outcome {
    /// Whether it ended by itself with exit code 0.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == Some(0) && !self.timed_out && !self.interrupted
    }

    /// The output as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

/// Why it did not start.
#[derive(Debug)]
pub enum ExecError {
    /// The argv is empty.
    Empty,
    /// There is no such program.
    NotFound(String),
    /// Root must not run what others could have written.
    Untrusted(Untrusted),
    /// It could not be started.
    Start(String, io::Error),
}

impl std::fmt::Display for ExecError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => formatter.write_str("there is no program to run: the command is empty"),
            Self::NotFound(name) if name.contains('/') => {
                write!(formatter, "{name} is not there, or is not an executable file")
            }
            Self::NotFound(name) => {
                write!(formatter, "no program {name} in {}: write its whole path", DIRECTORIES.join(", "))
            }
            Self::Untrusted(why) => write!(formatter, "{why}; root runs no program that others may write"),
            Self::Start(name, error) => write!(formatter, "could not start {name}: {error}"),
        }
    }
}

impl std::error::Error for ExecError {}

/// Where `program` is: absolute as it stands, with a slash relative to `cwd`, else in [`DIRECTORIES`].
#[must_use]
pub fn resolve(program: &str, cwd: &Path) -> Option<PathBuf> {
    let runnable = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    if program.contains('/') {
        return Some(cwd.join(program)).filter(runnable);
    }
    DIRECTORIES.iter().map(|directory| Path::new(directory).join(program)).find(runnable)
}

/// Whether this user may run the program at `path`. As root none that another user could have written; what lies in
/// one of [`DIRECTORIES`] is the system's.
///
/// # Errors
/// The file or folder that others may write.
pub fn check_program(path: &Path) -> Result<(), Untrusted> {
    let of_the_system = path.parent().is_some_and(|folder| DIRECTORIES.iter().any(|known| folder == Path::new(known)));
    if of_the_system || !environment::is_root() { Ok(()) } else { check_trusted(path, false) }
}

/// An argv as a person would type it.
#[must_use]
pub fn shown(argv: &[String]) -> String {
    argv.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A text or a path as one word of a shell.
#[must_use]
pub fn word(text: impl AsRef<OsStr>) -> String {
    let text = text.as_ref().to_string_lossy();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,@%+".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Runs `command` to its end, its time limit or an interrupt. Standard input is `/dev/null`.
///
/// What it leaves running in the background after its own end is neither waited for nor killed.
///
/// # Errors
/// When it could not be started at all.
pub fn run(command: &Command) -> Result<Outcome, ExecError> {
    let (name, arguments, program) = located(command)?;
    let failed = |error: io::Error| ExecError::Start(name.clone(), error);
    let (reader, writer) = io::pipe().map_err(failed)?;
    let both = writer.try_clone().map_err(failed)?;
    let mut output = Output::new(reader, command.output_limit).map_err(failed)?;
    let child = start(&program, arguments, command.cwd, writer, both).map_err(failed)?;
    let ending = Running::new(child).watch(command, &mut output);
    let (bytes, truncated) = output.take();
    Ok(Outcome {
        status: ending.status,
        signal: ending.signal,
        output: bytes,
        timed_out: ending.timed_out,
        interrupted: ending.interrupted,
        truncated,
        took: ending.took,
    })
}

/// The program's name as given, its arguments, and where it is.
fn located<'a>(command: &Command<'a>) -> Result<(&'a String, &'a [String], PathBuf), ExecError> {
    let Some((name, arguments)) = command.argv.split_first() else { return Err(ExecError::Empty) };
    let program = resolve(name, command.cwd).ok_or_else(|| ExecError::NotFound(name.clone()))?;
    check_program(&program).map_err(ExecError::Untrusted)?;
    Ok((name, arguments, program))
}

#[expect(clippy::disallowed_methods, reason = "this is the door to processes")]
fn start(
    program: &Path,
    arguments: &[String],
    cwd: &Path,
    stdout: io::PipeWriter,
    stderr: io::PipeWriter,
) -> io::Result<Child> {
    std::process::Command::new(program)
        .args(arguments)
        .current_dir(cwd)
        .env_clear()
        .envs(clean_environment())
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0)
        .spawn()
}

fn clean_environment() -> Vec<(&'static str, OsString)> {
    let home = environment::home().map_or_else(|| OsString::from("/"), PathBuf::into_os_string);
    let mut kept =
        vec![("PATH", OsString::from(DIRECTORIES.join(":"))), ("LANG", OsString::from("C.UTF-8")), ("HOME", home)];
    for name in ["USER", "LOGNAME", "TZ"] {
        kept.extend(environment::var(name).map(|value| (name, value)));
    }
    kept
}

/// Where a program writes to.
trait Pipes {
    /// Sleeps until there is something to read, `ended` is ready, or `most` is over; then reads once.
    fn wait(&mut self, ended: Option<&OwnedFd>, most: Duration);
    /// Reads what is in the pipe, and never more than a pipe can hold: a grandchild may still be writing.
    fn drain(&mut self);
    /// Nobody wants to read more.
    fn has_enough(&self) -> bool {
        false
    }
}

/// How a program ended.
struct Ending {
    status: Option<i32>,
    signal: Option<i32>,
    timed_out: bool,
    interrupted: bool,
    took: Duration,
}

struct Running {
    child: Child,
    pid: Option<Pid>,
    /// `None` on a kernel without pidfd: then only a shorter sleep tells that the program has ended.
    pidfd: Option<OwnedFd>,
    started: Instant,
}

impl Running {
    fn new(child: Child) -> Self {
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let pidfd = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Self { child, pid, pidfd, started: Instant::now() }
    }

    fn watch(mut self, command: &Command, output: &mut dyn Pipes) -> Ending {
        let mut timed_out = false;
        let mut interrupted = false;
        while !self.has_ended() {
            timed_out = self.started.elapsed() >= command.timeout;
            interrupted = command.stop_on_interrupt && signal::interrupted();
            if timed_out || interrupted || output.has_enough() {
                self.kill(output);
                break;
            }
            self.wait(output, command.timeout.saturating_sub(self.started.elapsed()).min(TICK));
        }
        let ended: Option<ExitStatus> = self.child.try_wait().ok().flatten();
        output.drain();
        Ending {
            status: ended.and_then(|status| status.code()),
            signal: ended.and_then(|status| status.signal()),
            timed_out,
            interrupted,
            took: self.started.elapsed(),
        }
    }

    /// Whether the leader has ended. It is not reaped here, so that its number, which is its group's, stays its own.
    fn has_ended(&self) -> bool {
        let Some(pid) = self.pid else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        match waitid(WaitId::Pid(pid), options) {
            Ok(state) => state.is_some(),
            Err(error) => error != rustix::io::Errno::INTR,
        }
    }

    /// Sleeps until there is output, the program has ended, or `most` is over.
    fn wait(&self, output: &mut dyn Pipes, most: Duration) {
        let most = if self.pidfd.is_some() { most } else { most.min(Duration::from_millis(10)) };
        output.wait(self.pidfd.as_ref(), most);
    }

    /// Ends the whole group, the leader's children included.
    fn kill(&self, output: &mut dyn Pipes) {
        self.signal_group(Signal::TERM);
        self.wait_for_end(output, GRACE);
        self.signal_group(Signal::KILL);
        self.wait_for_end(output, LAST_WAIT);
    }

    fn wait_for_end(&self, output: &mut dyn Pipes, most: Duration) {
        let since = Instant::now();
        while !self.has_ended() {
            let Some(left) = most.checked_sub(since.elapsed()) else { return };
            self.wait(output, left.min(TICK));
        }
    }

    fn signal_group(&self, signal: Signal) {
        if let Some(pid) = self.pid {
            // The group may be gone already.
            let _ = kill_process_group(pid, signal);
        }
    }
}
