//! What planning asks of the host: looked up once, and never changed.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;

use crate::sys::environment;
use crate::sys::machine::{self, Machine, Space};
use crate::sys::service::{self, ServiceState, StartLimit, Unit};

/// The host as it is now.
pub trait Host {
    /// Whether heal acts as root.
    fn is_root(&self) -> bool;
    /// The number of the user that heal acts as.
    fn user(&self) -> u32;
    /// What systemd says of a unit.
    ///
    /// # Errors
    /// Why it says nothing, in a sentence.
    fn service(&self, unit: &Unit) -> Result<ServiceState, String>;
    /// How often systemd would still start it; `None` when that is not known, or not bounded.
    fn start_limit(&self, unit: &Unit) -> Option<StartLimit>;
    /// The unit that heal itself runs in.
    fn own_unit(&self) -> Option<String>;
    /// Memory and load.
    fn machine(&self) -> Machine;
    /// Room where `path` lies, or would lie.
    fn space(&self, path: &Path) -> Option<Space>;
}

/// This host. Each thing is asked once.
#[derive(Debug, Default)]
pub struct ThisHost {
    services: RefCell<BTreeMap<Unit, Result<ServiceState, String>>>,
    machine: OnceCell<Machine>,
}

impl Host for ThisHost {
    fn is_root(&self) -> bool {
        environment::is_root()
    }

    fn user(&self) -> u32 {
        environment::user()
    }

    fn service(&self, unit: &Unit) -> Result<ServiceState, String> {
        if let Some(known) = self.services.borrow().get(unit) {
            return known.clone();
        }
        let state = service::state(unit).map_err(|error| error.to_string());
        self.services.borrow_mut().insert(unit.clone(), state.clone());
        state
    }

    fn start_limit(&self, unit: &Unit) -> Option<StartLimit> {
        service::start_limit(unit)
    }

    fn own_unit(&self) -> Option<String> {
        service::own_unit()
    }

    fn machine(&self) -> Machine {
        *self.machine.get_or_init(machine::look)
    }

    fn space(&self, path: &Path) -> Option<Space> {
        machine::space(path).ok()
    }
}
