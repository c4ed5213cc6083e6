//! Asking a service whether it answers: a port, a page. Nothing is sent but the question.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use ureq::{Agent, Timeout};

/// Whether something accepts connections at `port` of `host`, a name or an address; each of its addresses is tried,
/// all within `limit`.
///
/// # Errors
/// Why not, such as `connection refused`.
pub fn port_open(host: &str, port: u16, limit: Duration) -> Result<(), String> {
    let since = Instant::now();
    let addresses = resolve(host, port, limit)?;
    let mut why = format!("{} has no address", shown(host));
    for (tried, address) in addresses.iter().enumerate() {
        // One that swallows every packet must not use up the time of the others.
        let others = u32::try_from(addresses.len() - tried).unwrap_or(1).max(1);
        let share = limit.saturating_sub(since.elapsed()) / others;
        if share.is_zero() {
            return Err(late(limit));
        }
        match TcpStream::connect_timeout(address, share) {
            Ok(_) => return Ok(()),
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => why = late(limit),
            Err(error) => why = reason(&error),
        }
    }
    Err(why)
}

/// Looking up a name may hang for long and cannot be stopped: a thread does it, and is left behind.
fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, String> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let (sender, found) = sync_channel(1);
    let question = (bare.to_owned(), port);
    std::thread::Builder::new()
        .name("resolve".to_owned())
        .spawn(move || {
            let _ = sender.send(question.to_socket_addrs().map(Iterator::collect));
        })
        .map_err(|error| format!("no thread could be started ({error})"))?;
    match found.recv_timeout(limit) {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(_)) => Err(format!("{} is not a known host", shown(host))),
        Err(_) => Err(late(limit)),
    }
}

/// The status code with which `url` (`http` or `https`) answers a GET within `limit`. No proxy is asked, no redirect
/// followed, no body read.
///
/// # Errors
/// Why there is no answer, such as `connection refused`.
#[expect(clippy::disallowed_methods, reason = "this is the door to the services that are checked")]
pub fn http_get(url: &str, limit: Duration) -> Result<u16, String> {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err("it is not a URL that begins with http:// or https://".to_owned());
    }
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .accept_encoding("identity")
        .user_agent(concat!("heal/", env!("CARGO_PKG_VERSION")))
        .timeout_global(Some(limit))
        .timeout_per_call(Some(limit))
        .timeout_resolve(Some(limit))
        .timeout_connect(Some(limit))
        .timeout_send_request(Some(limit))
        .timeout_send_body(Some(limit))
        .timeout_recv_response(Some(limit))
        .timeout_recv_body(Some(limit))
        .timeout_per_read(Some(limit))
        .timeout_per_write(Some(limit))
        .build()
        .into();
    agent.get(url).call().map(|response| response.status().as_u16()).map_err(|error| why(&error, limit))
}

fn why(error: &ureq::Error, limit: Duration) -> String {
    match error {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => late(limit),
        ureq::Error::Timeout(_) => format!("no answer within {} s", limit.as_secs_f64()),
        ureq::Error::HostNotFound => "its host is not known".to_owned(),
        ureq::Error::Io(error) => reason(error),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => shown(&format!("TLS: {error}")),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "it is not a URL".to_owned(),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            "what answers does not speak HTTP".to_owned()
        }
        other => shown(&other.to_string()),
    }
}

fn late(limit: Duration) -> String {
    format!("no connection within {} s", limit.as_secs_f64())
}

/// The kind alone, where it says enough.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::Other | ErrorKind::InvalidData => shown(&error.to_string()),
        kind => kind.to_string(),
    }
}

/// Bounded, and safe to print.
fn shown(text: &str) -> String {
    text.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn closed_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    /// Answers one request with these bytes.
    fn answering(answer: &'static str) -> (u16, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = vec![0; 4096];
            let count = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..count]).into_owned()
        });
        (port, server)
    }

    #[test]
    fn a_port_is_open_or_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // `localhost` may be ::1 first.
        for host in ["127.0.0.1", "localhost"] {
            assert_eq!(port_open(host, port, LIMIT), Ok(()), "{host}");
        }
        assert_eq!(port_open("127.0.0.1", closed_port(), LIMIT).unwrap_err(), "connection refused");
        assert!(port_open("[::1]", closed_port(), LIMIT).is_err());
        for host in ["", "not a host", "-x", "a\u{1b}b"] {
            let error = port_open(host, 1, LIMIT).unwrap_err();
            assert!(!error.contains('\u{1b}') && !error.is_empty(), "{error}");
        }
        assert!(port_open("127.0.0.1", port, Duration::ZERO).is_err());
    }

    #[test]
    fn a_status_is_an_answer_and_no_redirect_is_followed() {
        for (answer, status) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx", 200),
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404),
            ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 502),
            ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302),
        ] {
            let (port, server) = answering(answer);
            assert_eq!(http_get(&format!("http://127.0.0.1:{port}/up"), LIMIT), Ok(status));
            assert!(server.join().unwrap().starts_with("GET /up HTTP/1.1\r\n"));
        }
    }

    #[test]
    fn no_answer_has_a_reason() {
        let url = format!("http://127.0.0.1:{}/", closed_port());
        assert_eq!(http_get(&url, LIMIT).unwrap_err(), "connection refused");
        for url in ["", "file:///etc/passwd", "127.0.0.1", "http://", "http://a b/", "http://[::1/"] {
            assert!(http_get(url, LIMIT).is_err(), "{url}");
        }
        let (port, server) = answering("SSH-2.0-OpenSSH_9.2\r\n");
        assert_eq!(
            http_get(&format!("http://127.0.0.1:{port}/"), LIMIT).unwrap_err(),
            "what answers does not speak HTTP"
        );
        server.join().unwrap();
        // One that accepts and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/", silent.local_addr().unwrap().port());
        assert_eq!(http_get(&url, Duration::from_millis(300)).unwrap_err(), "no answer within 0.3 s");
    }
}
