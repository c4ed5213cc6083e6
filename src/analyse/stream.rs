//! A streamed answer, whatever the protocol: lines as they come, the words that they bring, and when it is complete.

use std::time::{Duration, Instant};

use super::answer;
use super::provider::{Reply, Step, Usage, Watch};
use super::trouble::Trouble;
use super::wire::{Body, Event, Wire};

/// Between two tokens; the first may take all the time of the question.
const BETWEEN: Duration = Duration::from_secs(60);

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
        let idle = answer.first.map(|_| BETWEEN);
        let step = answer.step(asked);
        let mut tick = |watch: &mut Watch| watch.tell(answer.step(asked));
        match exchange.next(watch, idle, &mut tick)? {
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
            Event::End | Event::Failed(_) if !matches!(status, 0 | 200) => {
                return Err(protocol.refusal(status, &refusal));
            }
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

    /// Takes one line; `true` when nothing more comes.
    fn take(&mut self, line: &[u8], protocol: &dyn Protocol) -> Result<bool, Trouble> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(false);
        }
        let Some(piece) = protocol.read(line, self.tokens > 0)? else { return Ok(false) };
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
