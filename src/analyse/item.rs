//! One question on its way: what it is about, and what is known of its answer.

use serde_json::Value;

use super::answer::{self, Opinion};
use super::cache;
use super::picture::{self, Picture};
use super::prompt::{self, Prompt};
use super::provider::Provider;
use super::question::Question;
use super::{Terms, marks};
use crate::sanitize::Sanitizer;

/// How exactly the context that a question needs is told, and where the looking for it ends, in tokens.
const STEP: u32 = 256;
const MOST: u32 = 16 * 1024;

/// What a question is about.
#[derive(Clone, Copy)]
pub(super) enum About<'a> {
    /// One incident.
    Incident(&'a Question),
    /// All of them.
    All(&'a [Question]),
}

/// What the model said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Opinion(Opinion),
    Picture(Picture),
}

/// An answer that counts, and sentences for notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub said: Said,
    pub remarks: Vec<String>,
}

impl About<'_> {
    /// What notices about it are about.
    pub fn subject(&self) -> &str {
        match self {
            Self::Incident(question) => &question.incident,
            Self::All(_) => "all incidents",
        }
    }

    pub const fn is_incident(&self) -> bool {
        matches!(self, Self::Incident(_))
    }

    pub fn prompt(&self, sanitizer: &Sanitizer, num_ctx: u32, shrink: usize) -> Option<Prompt> {
        match self {
            Self::Incident(question) => prompt::build(question, sanitizer, num_ctx, shrink),
            Self::All(questions) => picture::build(questions, sanitizer, num_ctx, shrink),
        }
    }

    /// The smallest context, in steps, that the question fits into.
    pub fn needs(&self, sanitizer: &Sanitizer, too_small: u32) -> Option<u32> {
        let first = (too_small / STEP + 1) * STEP;
        (first..=MOST).step_by(STEP as usize).find(|num_ctx| self.prompt(sanitizer, *num_ctx, 1).is_some())
    }

    pub fn schema(&self, prompt: &Prompt) -> Value {
        match self {
            Self::Incident(_) => answer::schema(&prompt.fixes),
            Self::All(questions) => picture::schema(questions),
        }
    }

    /// # Errors
    /// What is wrong with the answer, without any of its words.
    pub fn check(&self, content: &str, prompt: &Prompt, sanitizer: &Sanitizer) -> Result<Checked, String> {
        match self {
            Self::Incident(question) => {
                let answer::Checked { opinion, remarks } =
                    answer::check(content, &question.incident, prompt, sanitizer)?;
                Ok(Checked { said: Said::Opinion(opinion), remarks })
            }
            Self::All(questions) => {
                let (picture, remarks) = picture::check(content, questions, sanitizer)?;
                Ok(Checked { said: Said::Picture(picture), remarks })
            }
        }
    }

    /// The answer again, as [`Self::check`] reads it.
    pub fn content(&self, said: &Said) -> String {
        match (self, said) {
            (_, Said::Opinion(opinion)) => opinion.content(),
            (Self::All(questions), Said::Picture(picture)) => picture.content(questions),
            (Self::Incident(question), Said::Picture(picture)) => picture.content(std::slice::from_ref(question)),
        }
    }
}

impl Said {
    /// Marks what the model was not told, and tells whether there is any.
    pub fn mark(&mut self, prompt: &Prompt) -> bool {
        let (first, more) = match self {
            Self::Opinion(opinion) => (&mut opinion.root_cause, &mut opinion.fix_suggestions),
            Self::Picture(picture) => (&mut picture.summary, &mut picture.look_at),
        };
        let mut any = false;
        for text in std::iter::once(first).chain(more) {
            let (marked, some) = marks::mark(text, prompt);
            *text = marked;
            any |= some;
        }
        any
    }
}

/// One question on its way.
pub(super) struct Item<'a> {
    pub about: About<'a>,
    pub prompt: Prompt,
    pub key: String,
    /// The digest that the cache noted, and the answer.
    pub known: Option<(Option<String>, Checked)>,
    pub fresh: Option<Checked>,
    /// Asked without getting an answer.
    pub given_up: bool,
}

impl<'a> Item<'a> {
    /// The question, with what the cache knows; `None` when it does not fit into the context.
    pub fn new(about: About<'a>, terms: &Terms, provider: Option<&dyn Provider>) -> Option<Self> {
        let prompt = about.prompt(terms.sanitizer, terms.ai.num_ctx, 1)?;
        let (name, options) = provider.map_or(("none", Value::Null), |provider| (provider.name(), provider.options()));
        let key = cache::key(&prompt, name, &terms.ai.model, &about.schema(&prompt), &options);
        let entry = terms
            .store
            .filter(|_| !terms.fresh)
            .and_then(|store| cache::read(store, &key, terms.now, terms.ai.cache_ttl));
        let known = entry.and_then(|entry| {
            let mut checked = about.check(&entry.content, &prompt, terms.sanitizer).ok()?;
            // What was left out when it was fresh is no longer there to be noticed.
            let noted = entry.remarks.iter().take(8).map(|remark| terms.sanitizer.clean(remark.as_bytes(), 300));
            let again = std::mem::replace(&mut checked.remarks, noted.collect());
            checked.remarks.extend(again);
            Some((entry.digest, checked))
        });
        Some(Self { about, prompt, key, known, fresh: None, given_up: false })
    }

    pub fn is_open(&self) -> bool {
        self.known.is_none() && self.fresh.is_none() && !self.given_up
    }

    pub fn is_answered(&self) -> bool {
        self.known.is_some() || self.fresh.is_some()
    }

    /// The answer in the end, with its marks, and whether it came from the cache.
    pub fn settled(self) -> Option<(Checked, bool)> {
        let (mut checked, cached) = match (self.fresh, self.known) {
            (Some(checked), _) => (checked, false),
            (None, Some((_, checked))) => (checked, true),
            (None, None) => return None,
        };
        if checked.said.mark(&self.prompt) {
            let text = format!(
                "What carries {} in the model's words stands neither in the log nor in the configuration: it may be made up.",
                marks::MARK
            );
            checked.remarks.push(text);
        }
        Some((checked, cached))
    }
}
