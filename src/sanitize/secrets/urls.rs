//! Secrets in addresses: user information, data source names, webhooks.

use std::ops::Range;

use super::Found;
use super::value::{byte, rest};

/// No user information is longer.
const REACH: usize = 512;

fn ends_address(b: u8) -> bool {
    b <= b' ' || matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>' | 0x7f)
}

/// `scheme://user:password@host`: the password; `scheme://token@host`: all of it.
pub(super) fn user_info(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let start = hit.end;
    let address: &[u8] = {
        let length = rest(text, start).iter().take(REACH).take_while(|&&b| !ends_address(b)).count();
        text.get(start..start + length)?
    };
    let authority = address.iter().position(|b| b"/?#".contains(b)).unwrap_or(address.len());
    let colon = memchr::memchr(b':', address);
    let at = match memchr::memrchr(b'@', address.get(..authority)?) {
        Some(at) => at,
        // A slash in the password, unless what stands before it is a host and its port.
        None if !host_and_port(address.get(..authority)?) => memchr::memchr(b'@', address)?,
        None => return None,
    };
    let (user, password) = match colon.filter(|colon| *colon < at) {
        Some(colon) => (start..start + colon, start + colon + 1..start + at),
        None => (start..start + at, start + at..start + at),
    };
    let name = text.get(user.clone())?;
    let secret = text.get(password.clone())?;
    if super::mark_at(text, password.start) == Some(password.end) || super::mark_at(text, user.start) == Some(user.end)
    {
        return None;
    }
    let token = name.len() >= 20 && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'%'));
    let placeholder = !secret.is_empty() && secret.iter().all(|b| matches!(b, b'*' | b'x' | b'X'));
    if token && (secret.is_empty() || secret == b"x-oauth-basic") {
        return Found::new(user, "url");
    }
    if placeholder || (token && secret.is_empty()) {
        return None;
    }
    Found::new(if token { user.start..password.end } else { password }, "url")
}

/// `host`, `host:8080`, `[::1]:8080`: no user information.
fn host_and_port(authority: &[u8]) -> bool {
    match memchr::memchr(b':', authority) {
        Some(_) if authority.first() == Some(&b'[') => true,
        Some(colon) => {
            authority.get(colon + 1..).is_some_and(|port| port.len() <= 5 && port.iter().all(u8::is_ascii_digit))
        }
        None => true,
    }
}

/// `user:password@tcp(host)/db`, `user/password@//host`.
pub(super) fn data_source(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let before = text.get(..hit.start)?;
    let length = before.iter().rev().take(256).take_while(|&&b| !ends_address(b)).count();
    let info = before.get(before.len() - length..)?;
    let joint = if byte(text, hit.start + 1) == b'/' { b'/' } else { b':' };
    let split = memchr::memchr(joint, info)?;
    // jdbc:oracle:thin:scott/tiger@//host has its own colons before the name.
    let start = hit.start - length + split + 1;
    if super::mark_at(text, start) == Some(hit.start) { None } else { Found::new(start..hit.start, "url") }
}

/// `jdbc:oracle:thin:user/password@host:1521:SID`, `sqlplus user/password@name`.
pub(super) fn oracle(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let word = rest(text, hit.end).iter().take(REACH).take_while(|&&b| !ends_address(b));
    let word = text.get(hit.end..hit.end + word.count())?;
    let slash = memchr::memchr(b'/', word)?;
    let password = memchr::memrchr(b'@', word).filter(|at| *at > slash)?;
    let user = word.get(..slash)?;
    let span = hit.end + slash + 1..hit.end + password;
    let named = !user.is_empty() && !user.contains(&b'@');
    if !named || super::mark_at(text, span.start) == Some(span.end) { None } else { Found::new(span, "url") }
}

/// The path of a webhook's address is its password.
pub(super) fn webhook(text: &[u8], hit: Range<usize>) -> Option<Found> {
    let path = rest(text, hit.end).iter().take(REACH);
    let length = path.take_while(|&&b| !ends_address(b) && !matches!(b, b')' | b']' | b',' | b'?')).count();
    let found = text.get(hit.end..hit.end + length)?;
    if length < 16 || super::mark_at(text, hit.end).is_some() || !found.contains(&b'/') {
        return None;
    }
    Found::new(hit.end..hit.end + length, "webhook")
}
