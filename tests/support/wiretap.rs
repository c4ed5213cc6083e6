//! Stands between heal and a real server, passes every byte on, and keeps what was said.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

/// One connection; heal sends one request on each.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    asked: Vec<u8>,
    answered: Vec<u8>,
    /// When the first and the last bytes of the answer came.
    came: Option<(Instant, Instant)>,
}

impl Exchange {
    /// `GET /api/tags`.
    pub fn what(&self) -> String {
        let text = String::from_utf8_lossy(&self.asked);
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// The request's body.
    pub fn body(&self) -> Value {
        let text = String::from_utf8_lossy(&self.asked);
        text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or_default()
    }

    /// A question, and not the empty one that loads a model.
    pub fn is_question(&self) -> bool {
        self.body()["messages"].as_array().is_some_and(|messages| !messages.is_empty())
    }

    /// The number after `HTTP/1.1`.
    pub fn status(&self) -> u16 {
        let text = self.text();
        text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// The answer as it came, head and all.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.answered).into_owned()
    }

    /// What of the answer is whole lines of JSON: a stream's pieces, or the body.
    pub fn lines(&self) -> Vec<Value> {
        self.text()
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok().filter(Value::is_object))
            .collect()
    }

    /// Pieces of an answer that hold a token.
    pub fn tokens(&self) -> usize {
        let words = |line: &Value| line["message"]["content"].as_str().is_some_and(|words| !words.is_empty());
        self.lines().iter().filter(|line| words(line)).count()
    }

    /// Whether the model said that nothing more comes.
    pub fn is_done(&self) -> bool {
        self.lines().iter().any(|line| line["done"] == true)
    }

    /// How long the answer was coming.
    pub fn took(&self) -> Duration {
        self.came.map_or(Duration::ZERO, |(first, last)| last - first)
    }
}

/// The tap; dropping it ends it.
pub struct Wiretap {
    address: SocketAddr,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    stop: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Wiretap {
    /// Before the server at this URL.
    pub fn before(url: &str) -> Self {
        let server: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (all, ended) = (Arc::clone(&exchanges), Arc::clone(&stop));
        let listening = std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                // A server that is gone: so is the connection.
                let Ok(server) = TcpStream::connect(server) else { continue };
                pass_on(client, server, &all);
            }
        });
        Self { address, exchanges, stop, listening: Some(listening) }
    }

    /// Where heal finds it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap().clone()
    }

    /// The questions among them.
    pub fn questions(&self) -> Vec<Exchange> {
        self.exchanges().into_iter().filter(Exchange::is_question).collect()
    }

    /// From now on nothing listens here; what is under way goes on.
    pub fn close(&mut self) {
        let Some(listening) = self.listening.take() else { return };
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        listening.join().unwrap();
    }
}

impl Drop for Wiretap {
    fn drop(&mut self) {
        self.close();
    }
}

fn pass_on(client: TcpStream, server: TcpStream, all: &Arc<Mutex<Vec<Exchange>>>) {
    let at = {
        let mut all = all.lock().unwrap();
        all.push(Exchange::default());
        all.len() - 1
    };
    let (to_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let kept = Arc::clone(all);
    std::thread::spawn(move || {
        copy(client, to_server, |bytes| kept.lock().unwrap()[at].asked.extend_from_slice(bytes));
    });
    let kept = Arc::clone(all);
    std::thread::spawn(move || {
        copy(server, to_client, |bytes| {
            let one = &mut kept.lock().unwrap()[at];
            one.answered.extend_from_slice(bytes);
            one.came = Some((one.came.map_or_else(Instant::now, |(first, _)| first), Instant::now()));
        });
    });
}

fn copy(mut from: TcpStream, mut to: TcpStream, keep: impl Fn(&[u8])) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        // What is kept was passed on.
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        keep(&buffer[..count]);
    }
    let _ = to.shutdown(Shutdown::Write);
}
