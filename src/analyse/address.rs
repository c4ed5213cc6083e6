//! The forms of an address that `OLLAMA_HOST` knows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where Ollama listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    scheme: &'static str,
    /// A name, or an IP address (IPv6 without brackets).
    host: String,
    port: u16,
    /// `""`, or `/prefix` without a slash at the end.
    prefix: String,
}

impl Address {
    /// Reads an address as Ollama does: `host` means port 11434, `http://host` port 80, `https://host` port 443,
    /// `0.0.0.0` the loopback address, a path is a prefix.
    ///
    /// # Errors
    /// What is wrong with it, without what may be a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_matches(['"', '\'']).trim();
        let (scheme, rest, default) = match text.split_once("://") {
            None => ("http", text, 11434),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest, 80),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest, 443),
            Some(_) => return Err("it begins with neither http:// nor https://".to_owned()),
        };
        if rest.contains('@') {
            return Err("it holds a user name or password".to_owned());
        }
        if rest.contains(['?', '#']) || !rest.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("it holds characters that have no place in it".to_owned());
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = split_port(authority)?;
        let port = match port {
            None | Some("") => default,
            Some(port) => {
                port.parse().ok().filter(|port| *port > 0).ok_or("its port is not a number from 1 to 65535")?
            }
        };
        let path = path.trim_matches('/');
        let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self { scheme, host: connectable(host)?, port, prefix })
    }

    /// The URL of a path of the API.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{}{path}", self.scheme, self.authority(), self.prefix)
    }

    /// `host:port`, for people.
    #[must_use]
    pub fn shown(&self) -> String {
        self.authority()
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether nobody on the way can read what is sent.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.scheme == "https" || self.is_loopback()
    }

    /// Whether it is on this host.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host == "localhost" || self.host.ends_with(".localhost"),
        }
    }
}

/// `host:port`, `host`, `[::1]:port`, `::1`.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, tail) = rest.split_once(']').ok_or("a bracket in it is not closed")?;
        return match tail.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if tail.is_empty() => Ok((host, None)),
            None => Err("something stands between its host and its port".to_owned()),
        };
    }
    if authority.parse::<Ipv6Addr>().is_ok() {
        return Ok((authority, None));
    }
    Ok(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))))
}

/// A host that one can connect to: where a server listens on all addresses, the loopback one.
fn connectable(host: &str) -> Result<String, String> {
    if host.is_empty() {
        return Ok(Ipv4Addr::LOCALHOST.to_string());
    }
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => Ok(Ipv4Addr::LOCALHOST.to_string()),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => Ok(Ipv6Addr::LOCALHOST.to_string()),
        Ok(address) => Ok(address.to_string()),
        Err(_) if host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) => {
            Ok(host.to_ascii_lowercase())
        }
        Err(_) => Err("its host is no name and no IP address".to_owned()),
    }
}
