//! A streamed answer, whatever the protocol: lines as they come, the words that they bring, and when it is complete.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use super::answer;
use super::provider::{Reply, Step, Usage, Watch};
use super::trouble::Trouble;
use super::wire::{Body, Event, REFUSED, Wire};

/// Between two tokens; the first may take all the time of the question.
const BETWEEN: Duration = Duration::from_secs(60);

/// Some begin with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Bytes of a piece that comes in several lines.
const HELD: usize = 16 << 10;

/// What one line of a stream says.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Words of the answer.
    pub content: Option<String>,
    /// Why the answer ends.
    pub ended: Option<String>,
    /// What it cost.
    pub usage: Usage,
    /// The stream says that nothing more comes.
    pub last: bool,
}

/// How a protocol writes its answers.
pub(super) trait Protocol {
    /// What a line says; `None` for one that says nothing. `begun`: some of the answer is there.
    ///
    /// # Errors
    /// A line that ends the answer badly.
    fn read(&self, line: &[u8], begun: bool) -> Result<Option<Piece>, Trouble>;

    /// What a status other than 200 means.
    fn refusal(&self, status: u16, body: &[u8]) -> Trouble;

    /// Whether the end of the body is as good as a last line, once the reason of the end is known.
    fn may_just_end(&self) -> bool;

    /// Whether nothing of this line comes in the next ones.
    fn is_whole(&self, _line: &[u8]) -> bool {
        true
    }

    /// What this line adds to one that is not whole yet.
    fn more<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line
    }
}

/// Sends the question and collects the answer.
pub(super) fn ask(
    wire: &Wire,
    path: &str,
    body: String,
    protocol: &dyn Protocol,
    watch: &mut Watch,
) -> Result<Reply, Trouble> {
    let mut exchange = wire.send("POST", path, Some(body), Body::Lines, watch)?;
    let asked = Instant::now();
    let mut status = 0;
    let mut until_closed = false;
    let mut answer = Answer::default();
    let mut refusal = Vec::new();
    loop {
        let refused = !matches!(status, 0 | 200);
        let idle = if refused { Some(REFUSED) } else { answer.first.map(|_| BETWEEN) };
        let step = answer.step(asked);
        let mut tick = |watch: &mut Watch| watch.tell(answer.step(asked));
        let event = match exchange.next(watch, idle, &mut tick) {
            // The status says enough.
            Err(Trouble::Stalled | Trouble::OutOfTime) if refused => return Err(protocol.refusal(status, &refusal)),
            event => event?,
        };
        match event {
            Event::Head(head) => {
                status = head.status;
                until_closed = head.until_closed;
            }
            Event::Data(data) if status != 200 => refusal = data,
            Event::Data(line) => {
                watch.tell(step);
                if answer.take(&line, protocol)? {
                    return answer.complete();
                }
            }
            Event::End | Event::Failed(_) if refused => {
                return Err(protocol.refusal(status, &refusal));
            }
            Event::End if answer.take(b"", protocol)? => return answer.complete(),
            Event::End if protocol.may_just_end() && answer.ended.is_some() => return answer.complete(),
            // A server that dies and one that forgets its last line look the same when only closing ends the body.
            Event::End if until_closed => return Err(Trouble::Broken("it was closed".to_owned())),
            Event::End => return Err(Trouble::NotDone),
            Event::Failed(trouble) => return Err(trouble),
        }
    }
}

#[derive(Default)]
struct Answer {
    content: String,
    tokens: u32,
    /// Lines of a piece that is not whole yet.
    held: Vec<u8>,
    first: Option<Instant>,
    ended: Option<String>,
    usage: Usage,
}

impl Answer {
    fn step(&self, asked: Instant) -> Step {
        match self.first {
            None => Step::Waiting { seconds: asked.elapsed().as_secs() },
            Some(first) => Step::Answering {
                tokens: self.tokens,
                millis: u64::try_from(first.elapsed().as_millis()).unwrap_or(u64::MAX),
            },
        }
    }

    /// The line with what was held back before it; `None` while more is to come. An empty line ends what is held.
    fn joined<'a>(&mut self, line: &'a [u8], protocol: &dyn Protocol) -> Option<Cow<'a, [u8]>> {
        let first = self.tokens == 0 && self.held.is_empty();
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| first).unwrap_or(line);
        let ends = line.is_empty();
        let line = if self.held.is_empty() {
            Cow::Borrowed(line)
        } else {
            let mut all = std::mem::take(&mut self.held);
            all.push(b'\n');
            all.extend_from_slice(protocol.more(line));
            Cow::Owned(all)
        };
        if line.is_empty() {
            return None;
        }
        if ends || line.len() > HELD || protocol.is_whole(&line) {
            return Some(line);
        }
        self.held = line.into_owned();
        None
    }

    /// Takes one line; `true` when nothing more comes.
    fn take(&mut self, line: &[u8], protocol: &dyn Protocol) -> Result<bool, Trouble> {
        let Some(line) = self.joined(line.trim_ascii(), protocol) else { return Ok(false) };
        let Some(piece) = protocol.read(&line, self.tokens > 0)? else { return Ok(false) };
        if let Some(content) = piece.content {
            if self.content.len() + content.len() > answer::LONGEST {
                return Err(Trouble::TooBig("an answer without end"));
            }
            self.content.push_str(&content);
        }
        self.first.get_or_insert_with(Instant::now);
        self.tokens = self.tokens.saturating_add(1);
        self.usage.prompt = piece.usage.prompt.or(self.usage.prompt);
        self.usage.answer = piece.usage.answer.or(self.usage.answer);
        self.ended = piece.ended.or(self.ended.take());
        Ok(piece.last)
    }

    /// The answer, when the model says that it is complete.
    fn complete(self) -> Result<Reply, Trouble> {
        match self.ended.as_deref() {
            Some("stop") => Ok(Reply { content: self.content, usage: self.usage }),
            Some("length") => Err(Trouble::Cut),
            Some(other) => Err(Trouble::Ended(other.to_owned())),
            None => Err(Trouble::Ended("it does not say which".to_owned())),
        }
    }
}
