//! The socket: a worker thread owns the request, the caller sleeps until it tells something or the user wants to leave.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, eventfd};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Timeout, http};

use super::address::Address;
use super::provider::Watch;
use super::trouble::Trouble;
use crate::sys::disk::Reader;

/// A server on this network answers sooner, or is not there.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the caller sleeps at most before it tells how far things are.
const GLANCE: Duration = Duration::from_millis(100);
/// Bytes of a whole answer, of one of its lines, of the body of a refusal.
const BODY: u64 = 1 << 20;
const LINE: u64 = 256 << 10;
const REFUSAL: u64 = 64 << 10;
/// How long the body of a refusal is waited for.
pub(super) const REFUSED: Duration = Duration::from_secs(2);
/// Bytes of `ca_file`.
const AUTHORITY: u64 = 1 << 20;

/// What of a body is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// All of it at once.
    Whole,
    /// Line by line, as it comes.
    Lines,
}

/// The top of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub status: u16,
    /// Neither a length nor chunks: only closing the connection ends the body.
    pub until_closed: bool,
}

/// What comes in: a head, data, and then an end or a failure.
#[derive(Debug)]
pub(super) enum Event {
    Head(Head),
    /// A line, or a whole body; of a refusal always the whole.
    Data(Vec<u8>),
    End,
    Failed(Trouble),
}

/// One server.
pub(super) struct Wire {
    address: Address,
    roots: Option<RootCerts>,
    /// Sent with each request, and shown to nobody.
    key: Option<String>,
}

/// One request under way; dropping it hangs up.
pub(super) struct Exchange {
    events: Receiver<Event>,
    bell: Arc<OwnedFd>,
    agent: Agent,
    /// When something last came in.
    heard: Instant,
}

impl Wire {
    pub fn new(address: &Address, authority: Option<&Path>, key: Option<String>) -> Result<Self, Trouble> {
        let roots = authority.map(read_authority).transpose()?;
        Ok(Self { address: address.clone(), roots, key })
    }

    /// Sends a request; returns at once.
    pub fn send(
        &self,
        method: &'static str,
        path: &str,
        body: Option<String>,
        wanted: Body,
        watch: &Watch,
    ) -> Result<Exchange, Trouble> {
        let left = watch.left().ok_or(Trouble::OutOfTime)?;
        let agent = self.agent(left);
        let mut request = http::Request::builder()
            .method(method)
            .uri(self.address.url(path))
            .header("content-type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let request = request.body(body.unwrap_or_default()).map_err(|error| Trouble::Address(error.to_string()))?;
        let started = |error: std::io::Error| Trouble::Unreachable(format!("no thread could be started ({error})"));
        let (sender, events) = sync_channel(64);
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(|error| started(error.into()))?;
        let bell = Arc::new(bell);
        let teller = Teller { events: sender, bell: Arc::clone(&bell) };
        let worker = agent.clone();
        std::thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || work(&worker, request, wanted, &teller))
            .map_err(started)?;
        Ok(Exchange { events, bell, agent, heard: Instant::now() })
    }

    /// A fresh agent for each request, so that hanging up ends this one only.
    #[expect(clippy::disallowed_methods, reason = "this is the door to the model")]
    fn agent(&self, left: Duration) -> Agent {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .accept_encoding("identity")
            .user_agent(concat!("heal/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(left))
            .timeout_per_call(Some(left))
            .timeout_resolve(Some(left.min(CONNECT)))
            .timeout_connect(Some(left.min(CONNECT)))
            .timeout_send_request(Some(left))
            .timeout_send_body(Some(left))
            // No byte comes before the first token: the time between tokens is the caller's to watch.
            .timeout_recv_response(Some(left))
            .timeout_recv_body(Some(left))
            .timeout_per_read(Some(left))
            .timeout_per_write(Some(left));
        if self.address.is_loopback() {
            config = config.proxy(None);
        }
        if let Some(roots) = &self.roots {
            config = config.tls_config(TlsConfig::builder().root_certs(roots.clone()).build());
        }
        config.build().into()
    }
}

impl Exchange {
    /// Before looking: what comes in after it rings again.
    fn silence(&self) {
        let mut count = [0; 8];
        // It did not ring.
        let _ = rustix::io::read(&self.bell, &mut count);
    }

    /// Waits for what comes next; `idle` bounds the silence since something came.
    pub fn next(
        &mut self,
        watch: &mut Watch,
        idle: Option<Duration>,
        tick: &mut dyn FnMut(&mut Watch),
    ) -> Result<Event, Trouble> {
        loop {
            if watch.is_interrupted() {
                return Err(Trouble::Interrupted);
            }
            let left = watch.left().ok_or(Trouble::OutOfTime)?;
            self.silence();
            match self.events.try_recv() {
                Ok(event) => {
                    self.heard = Instant::now();
                    return Ok(event);
                }
                Err(TryRecvError::Empty) => {
                    if idle.is_some_and(|idle| self.heard.elapsed() >= idle) {
                        return Err(Trouble::Stalled);
                    }
                    tick(watch);
                    watch.interrupted.wait_for(self.bell.as_fd(), left.min(GLANCE));
                }
                Err(TryRecvError::Disconnected) => {
                    return Err(Trouble::Broken("the request ended early".to_owned()));
                }
            }
        }
    }
}

/// Where the worker tells what comes in; the bell wakes the caller.
struct Teller {
    events: SyncSender<Event>,
    bell: Arc<OwnedFd>,
}

impl Teller {
    /// `false`: nobody listens any more.
    fn tell(&self, event: Event) -> bool {
        let is_heard = self.events.send(event).is_ok();
        // A bell that rings already rings on.
        let _ = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
        is_heard
    }
}

/// The whole answer to a request: its status and its body.
pub(super) fn whole_answer(
    wire: &Wire,
    method: &'static str,
    path: &str,
    body: Option<String>,
    watch: &mut Watch,
    tick: &mut dyn FnMut(&mut Watch),
) -> Result<(u16, Vec<u8>), Trouble> {
    let mut exchange = wire.send(method, path, body, Body::Whole, watch)?;
    let mut status = 0;
    let mut all = Vec::new();
    loop {
        let refused = !matches!(status, 0 | 200);
        let event = match exchange.next(watch, refused.then_some(REFUSED), tick) {
            Err(Trouble::Stalled | Trouble::OutOfTime) if refused => return Ok((status, all)),
            event => event?,
        };
        match event {
            Event::Head(head) => status = head.status,
            Event::Data(data) => all = data,
            Event::End => return Ok((status, all)),
            // A status that says what is wrong says more than the way its body broke off.
            Event::Failed(_) if refused => return Ok((status, all)),
            Event::Failed(trouble) => return Err(trouble),
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // The worker may block in a read: this ends it. It is not joined, it could still be looking up a name.
        self.agent.clone().shutdown();
    }
}

/// The worker: sends until the caller no longer listens.
fn work(agent: &Agent, request: http::Request<String>, wanted: Body, events: &Teller) {
    let last = match exchange(agent, request, wanted, events) {
        Ok(()) => Event::End,
        Err(trouble) => Event::Failed(trouble),
    };
    // Nobody listens any more: then nobody misses it.
    events.tell(last);
}

fn exchange(agent: &Agent, request: http::Request<String>, wanted: Body, events: &Teller) -> Result<(), Trouble> {
    let response = if request.method() == http::Method::GET {
        let (parts, _) = request.into_parts();
        agent.run(http::Request::from_parts(parts, ()))
    } else {
        agent.run(request)
    };
    let response = response.map_err(|error| match trouble_of(&error) {
        // Of the two names only the proxy knows the server's.
        Trouble::UnknownHost(why) if agent.config().proxy().is_some() => {
            Trouble::Unreachable(format!("the name of the proxy that the environment names is not known ({why})"))
        }
        trouble => trouble,
    })?;
    let status = response.status().as_u16();
    let framed = |name| response.headers().contains_key(name);
    let until_closed = !framed("content-length") && !framed("transfer-encoding");
    if !events.tell(Event::Head(Head { status, until_closed })) {
        return Ok(());
    }
    let refused = status != 200;
    let bound = if refused { REFUSAL } else { BODY };
    let mut reader = BufReader::new(response.into_body().into_reader().take(bound + 1));
    if refused || wanted == Body::Whole {
        return whole(&mut reader, bound, refused, events);
    }
    let mut seen = 0;
    loop {
        let mut line = Vec::new();
        let got = reader.by_ref().take(LINE + 1).read_until(b'\n', &mut line).map_err(|error| reading(&error))?;
        seen += got as u64;
        if got as u64 > LINE {
            return Err(Trouble::TooBig("a line without end"));
        }
        if seen > BODY {
            return Err(Trouble::TooBig("an answer without end"));
        }
        if got == 0 || !events.tell(Event::Data(line)) {
            return Ok(());
        }
    }
}

fn whole(reader: &mut impl std::io::Read, bound: u64, refused: bool, events: &Teller) -> Result<(), Trouble> {
    let mut all = Vec::new();
    let outcome = reader.read_to_end(&mut all);
    // The body of a refusal may be cut: its status says enough.
    if all.len() as u64 > bound && !refused {
        return Err(Trouble::TooBig("an answer without end"));
    }
    events.tell(Event::Data(all));
    outcome.map(|_| ()).map_err(|error| reading(&error))
}

fn reading(error: &std::io::Error) -> Trouble {
    // ureq wraps its own errors; only their kind matters here.
    match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        Some(inner) => trouble_of(inner),
        None if error.kind() == ErrorKind::TimedOut => Trouble::OutOfTime,
        None => Trouble::Broken(kind(error)),
    }
}

/// What ureq says, in our words.
fn trouble_of(error: &ureq::Error) -> Trouble {
    match error {
        ureq::Error::Timeout(Timeout::Resolve) => {
            Trouble::UnknownHost(format!("no answer within {} s", CONNECT.as_secs()))
        }
        ureq::Error::Timeout(Timeout::Connect) => {
            Trouble::Unreachable(format!("no connection within {} s", CONNECT.as_secs()))
        }
        ureq::Error::Timeout(_) => Trouble::OutOfTime,
        ureq::Error::HostNotFound => Trouble::UnknownHost("it has no address".to_owned()),
        ureq::Error::Io(error) if unknown_name(error).is_some() => {
            Trouble::UnknownHost(unknown_name(error).unwrap_or_default())
        }
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => Trouble::Refused,
            ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable
            | ErrorKind::PermissionDenied => Trouble::Unreachable(kind(error)),
            ErrorKind::TimedOut => Trouble::OutOfTime,
            ErrorKind::InvalidData if tls(error) => Trouble::Unreachable(format!("TLS: {}", kind(error))),
            _ => Trouble::Broken(kind(error)),
        },
        ureq::Error::Tls(why) => Trouble::Unreachable(format!("TLS: {why}")),
        ureq::Error::Rustls(error) => {
            Trouble::Unreachable(format!("TLS: {error}; for a private authority set `ai.ca_file`"))
        }
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Trouble::Address("it is no URL".to_owned()),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            Trouble::NotOllama("it does not speak HTTP as heal knows it".to_owned())
        }
        ureq::Error::InvalidProxyUrl | ureq::Error::ConnectProxyFailed(_) => {
            Trouble::Unreachable("the proxy named in the environment does not let it through".to_owned())
        }
        ureq::Error::BodyStalled => Trouble::Broken("its body ended early".to_owned()),
        other => Trouble::Broken(other.to_string()),
    }
}

/// Why a name could not be looked up. The standard library has no kind of its own for it.
fn unknown_name(error: &std::io::Error) -> Option<String> {
    error.to_string().strip_prefix("failed to lookup address information: ").map(str::to_owned)
}

fn tls(error: &std::io::Error) -> bool {
    error.to_string().contains("certificate")
}

fn kind(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::Other | ErrorKind::InvalidData => error.to_string(),
        kind => kind.to_string(),
    }
}

/// The certificates of a PEM file.
fn read_authority(path: &Path) -> Result<RootCerts, Trouble> {
    let unusable = |why: &str| Trouble::Authority(format!("{} {why}", path.display()));
    let pem =
        Reader::new().read_bounded(path, AUTHORITY).map_err(|error| unusable(&format!("cannot be read ({error})")))?;
    let certificates: Vec<Certificate<'static>> = ureq::tls::parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(unusable("holds no certificate in PEM form"));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
