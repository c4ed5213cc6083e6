//! A server of models that plays a script over a real socket and notes what it was asked.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a request is answered with.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status and a body with its length.
    Status(u16, String),
    /// Lines, chunked, complete.
    Lines(Vec<String>),
    /// Lines, chunked, with a pause before each.
    Paced(Vec<String>, Duration),
    /// The first so many bytes of a complete answer, and the connection closes inside it.
    Cut(Vec<String>),
    /// Lines without length or chunks: closing ends them.
    UntilClosed(Vec<String>),
    /// Lines, and then nothing more while the client stays.
    Stalled(Vec<String>),
    /// The request is taken and nothing is said.
    Silent,
    /// The connection closes without a byte.
    Closed,
    /// The same line until the client leaves.
    Endless(String),
    /// One byte after the other without a line end, until the client leaves.
    EndlessLine,
    /// A redirect to this address.
    Redirect(String),
    /// These bytes and nothing else.
    Raw(Vec<u8>),
    /// These bytes, and then nothing more while the client stays.
    Unfinished(Vec<u8>),
    /// One reply at first, another from the next request on.
    Then(Box<Reply>, Box<Reply>),
}

/// A request as it was seen.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// `/api/chat`.
    pub path: String,
    /// In lower case, one a line.
    pub head: String,
    /// As sent.
    pub body: String,
}

/// Which reply goes to which question.
#[derive(Clone, Debug)]
pub struct Script {
    /// To `GET /api/tags`.
    pub tags: Reply,
    /// To an empty conversation.
    pub load: Reply,
    /// To each conversation in turn; the last one to all after it.
    pub chats: Vec<Reply>,
    /// To the one over all incidents.
    pub picture: Reply,
    /// To `GET /api/version`.
    pub version: Reply,
    /// To `POST /api/show`.
    pub show: Reply,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            tags: tags(&["llama3.2:latest"]),
            load: loaded(),
            chats: vec![answer(CAUSE)],
            picture: answer(PICTURE),
            version: version("0.33.0"),
            show: show(&["completion"], 131_072),
        }
    }
}

/// A good answer without evidence.
pub const CAUSE: &str = r#"{"root_cause":"The upstream is down.","severity":"high","confidence":"medium","evidence":[],"fix_suggestions":["Start it."],"fix":"none"}"#;

/// A good answer about all incidents.
pub const PICTURE: &str = r#"{"summary":"The database went first.","same_trouble":[["i1","i2"]],"came_first":"i1","look_at":["Look at the database."]}"#;

/// What a server says of itself.
pub fn version(version: &str) -> Reply {
    Reply::Status(200, format!(r#"{{"version":"{version}"}}"#))
}

/// What a model says of itself.
pub fn show(capabilities: &[&str], context: u32) -> Reply {
    let capabilities = capabilities.iter().map(|one| format!("\"{one}\"")).collect::<Vec<_>>().join(",");
    Reply::Status(
        200,
        format!(
            r#"{{"capabilities":[{capabilities}],"model_info":{{"general.architecture":"llama","llama.context_length":{context}}}}}"#
        ),
    )
}

/// The events of a complete answer as the chat protocol of `OpenAI` streams them.
pub fn events(content: &str, finish_reason: &str) -> Vec<String> {
    let letters: Vec<char> = content.chars().collect();
    let mut events: Vec<String> = letters
        .chunks(7)
        .map(|chunk| {
            let piece = json_string(&chunk.iter().collect::<String>());
            format!(r#"data: {{"choices":[{{"index":0,"delta":{{"content":{piece}}},"finish_reason":null}}]}}"#)
        })
        .collect();
    events.push(format!(r#"data: {{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{finish_reason}"}}]}}"#));
    events.push(r#"data: {"choices":[],"usage":{"prompt_tokens":400,"completion_tokens":60}}"#.to_owned());
    events.push("data: [DONE]".to_owned());
    events
}

/// A list of local models.
pub fn tags(names: &[&str]) -> Reply {
    let models: Vec<String> = names
        .iter()
        .map(|name| {
            format!(r#"{{"name":"{name}","model":"{name}","digest":"a80c4f17acd5","details":{{"family":"llama"}}}}"#)
        })
        .collect();
    Reply::Status(200, format!(r#"{{"models":[{}]}}"#, models.join(",")))
}

/// What an empty conversation is answered with.
pub fn loaded() -> Reply {
    Reply::Status(
        200,
        r#"{"model":"llama3.2:latest","message":{"role":"assistant","content":""},"done":true,"done_reason":"load"}"#
            .into(),
    )
}

/// The words of an answer as a model streams them, a few characters a line, with `done` at the end.
pub fn lines(content: &str, done_reason: &str) -> Vec<String> {
    let mut lines = pieces(content);
    lines.push(format!(r#"{{"model":"llama3.2:latest","message":{{"role":"assistant","content":""}},"done":true,"done_reason":"{done_reason}","prompt_eval_count":400,"eval_count":60}}"#));
    lines
}

/// The same without the end.
pub fn pieces(content: &str) -> Vec<String> {
    let letters: Vec<char> = content.chars().collect();
    letters
        .chunks(7)
        .map(|chunk| {
            let piece = json_string(&chunk.iter().collect::<String>());
            format!(r#"{{"model":"llama3.2:latest","message":{{"role":"assistant","content":{piece}}},"done":false}}"#)
        })
        .collect()
}

/// A complete answer.
pub fn answer(content: &str) -> Reply {
    Reply::Lines(lines(content, "stop"))
}

fn json_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if u32::from(c) < 0x20 => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The running server; dropping it ends it.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
}

struct Play {
    script: Script,
    tags: usize,
    loads: usize,
    chats: usize,
}

impl Server {
    /// Starts on a free port of this host.
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let play = Arc::new(Mutex::new(Play { script, tags: 0, loads: 0, chats: 0 }));
        let (known, ended) = (Arc::clone(&seen), Arc::clone(&stop));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (known, ended, play) = (Arc::clone(&known), Arc::clone(&ended), Arc::clone(&play));
                std::thread::spawn(move || {
                    let _ = serve(stream, &known, &play, &ended);
                });
            }
        });
        Self { address, seen, stop }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// The conversations about one incident so far.
    pub fn chats(&self) -> Vec<Request> {
        self.questions().into_iter().filter(|request| !is_picture(&request.body)).collect()
    }

    /// Those about all incidents.
    pub fn pictures(&self) -> Vec<Request> {
        self.questions().into_iter().filter(|request| is_picture(&request.body)).collect()
    }

    fn questions(&self) -> Vec<Request> {
        self.requests().into_iter().filter(|request| is_chat(request) && !is_load(&request.body)).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

/// An address where nothing listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn is_chat(request: &Request) -> bool {
    request.path.ends_with("/api/chat") || request.path.ends_with("/chat/completions")
}

fn is_picture(body: &str) -> bool {
    body.contains("same_trouble")
}

fn is_load(body: &str) -> bool {
    let tight: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    tight.contains(r#""messages":[]"#)
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Request>>, play: &Mutex<Play>, stop: &AtomicBool) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(());
    }
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let line = line.to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut words = first.split_whitespace().map(str::to_owned);
    let request =
        Request { method: words.next().unwrap_or_default(), path: words.next().unwrap_or_default(), head, body };
    let reply = choose(&request, &mut play.lock().unwrap());
    seen.lock().unwrap().push(request);
    play_reply(stream, &reply, stop)
}

fn choose(request: &Request, play: &mut Play) -> Reply {
    let (reply, nth) = if request.path.ends_with("/api/tags") {
        play.tags += 1;
        (play.script.tags.clone(), play.tags)
    } else if request.path.ends_with("/api/version") {
        (play.script.version.clone(), 1)
    } else if request.path.ends_with("/api/show") {
        (play.script.show.clone(), 1)
    } else if request.path.ends_with("/v1/models") {
        (play.script.tags.clone(), 1)
    } else if !is_chat(request) {
        (Reply::Status(404, "404 page not found".into()), 1)
    } else if is_load(&request.body) {
        play.loads += 1;
        (play.script.load.clone(), play.loads)
    } else if is_picture(&request.body) {
        (play.script.picture.clone(), 1)
    } else {
        play.chats += 1;
        let at = (play.chats - 1).min(play.script.chats.len().saturating_sub(1));
        (play.script.chats.get(at).cloned().unwrap_or(Reply::Closed), 1)
    };
    match reply {
        Reply::Then(first, _) if nth == 1 => *first,
        Reply::Then(_, after) => *after,
        reply => reply,
    }
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";

fn play_reply(mut stream: TcpStream, reply: &Reply, stop: &AtomicBool) -> std::io::Result<()> {
    match reply {
        Reply::Status(status, body) => write!(
            stream,
            "HTTP/1.1 {status} Scripted\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
        Reply::Lines(lines) => {
            stream.write_all(CHUNKED.as_bytes())?;
            lines.iter().try_for_each(|line| chunk(&mut stream, line))?;
            stream.write_all(b"0\r\n\r\n")
        }
        Reply::Paced(lines, pause) => {
            wait(&stream, *pause, stop);
            stream.write_all(CHUNKED.as_bytes())?;
            for line in lines {
                chunk(&mut stream, line)?;
                wait(&stream, *pause, stop);
            }
            stream.write_all(b"0\r\n\r\n")
        }
        Reply::Cut(lines) => {
            stream.write_all(CHUNKED.as_bytes())?;
            lines.iter().try_for_each(|line| chunk(&mut stream, line))?;
            stream.write_all(b"ff\r\n{\"mess")
        }
        Reply::UntilClosed(lines) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n")?;
            lines.iter().try_for_each(|line| writeln!(stream, "{line}"))
        }
        Reply::Stalled(lines) => {
            stream.write_all(CHUNKED.as_bytes())?;
            lines.iter().try_for_each(|line| chunk(&mut stream, line))?;
            stream.flush()?;
            wait(&stream, Duration::from_secs(60), stop);
            Ok(())
        }
        Reply::Silent => {
            wait(&stream, Duration::from_secs(60), stop);
            Ok(())
        }
        Reply::Closed | Reply::Then(..) => Ok(()),
        Reply::Endless(line) => {
            stream.write_all(CHUNKED.as_bytes())?;
            while !stop.load(Ordering::Relaxed) {
                chunk(&mut stream, line)?;
            }
            Ok(())
        }
        Reply::EndlessLine => {
            stream.write_all(CHUNKED.as_bytes())?;
            while !stop.load(Ordering::Relaxed) {
                stream.write_all(b"400\r\n")?;
                stream.write_all(&[b'x'; 0x400])?;
                stream.write_all(b"\r\n")?;
            }
            Ok(())
        }
        Reply::Redirect(to) => write!(stream, "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"),
        Reply::Raw(bytes) => stream.write_all(bytes),
        Reply::Unfinished(bytes) => {
            stream.write_all(bytes)?;
            wait(&stream, Duration::from_secs(60), stop);
            Ok(())
        }
    }
}

fn chunk(stream: &mut TcpStream, line: &str) -> std::io::Result<()> {
    write!(stream, "{:x}\r\n{line}\n\r\n", line.len() + 1)
}

/// Until the time is over, the server ends, or the client leaves.
fn wait(stream: &TcpStream, time: Duration, stop: &AtomicBool) {
    let end = Instant::now() + time;
    let _ = stream.set_read_timeout(Some(Duration::from_millis(20)));
    while Instant::now() < end && !stop.load(Ordering::Relaxed) {
        let mut byte = [0; 1];
        match stream.peek(&mut byte) {
            Ok(0) => return,
            Ok(_) => std::thread::sleep(Duration::from_millis(20)),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
    }
}
