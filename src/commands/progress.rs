//! Signs of life on standard error, on a terminal, for what takes longer than a second. Not where the report goes into
//! a pipe: the terminal may belong to a pager.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::sys::environment;

const PATIENCE: Duration = Duration::from_secs(1);

/// A line that tells what goes on; invisible until it takes long.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Instant,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_draw_target(ProgressDrawTarget::hidden());
        Self { bar, begun: Instant::now() }
    }

    /// Says what goes on.
    pub fn tell(&self, text: &str) {
        if self.bar.is_hidden() {
            if self.begun.elapsed() < PATIENCE || !is_watched() {
                return;
            }
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.set_style(ProgressStyle::default_spinner());
            self.bar.enable_steady_tick(Duration::from_millis(120));
        }
        self.bar.set_message(text.to_owned());
    }
}

fn is_watched() -> bool {
    environment::stderr_is_terminal() && environment::stdout_is_terminal()
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
