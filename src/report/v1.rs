//! The JSON contract, version 1: its own structs, so that inner types may change and this may not.

mod convert;

use std::collections::BTreeMap;

use serde::Serialize;

/// A minor bump only adds, a major one breaks.
pub const FORMAT_VERSION: &str = "1.0";

/// The document that `heal --json` prints.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    format_version: String,
    run: RunInfo,
    /// `healthy`, `healing`, `degraded`, `critical` or `error`.
    status: String,
    summary: Summary,
    coverage: Vec<Coverage>,
    incidents: Vec<Incident>,
    plan: Plan,
    outcomes: Vec<Outcome>,
    analysis: Analysis,
    notices: Vec<Notice>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RunInfo {
    id: String,
    /// `dry_run`, `record`, `apply`, `review` or `apply_plan`.
    mode: String,
    host: String,
    /// RFC 3339 with offset.
    started_at: String,
    finished_at: String,
    heal_version: String,
}

#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Summary {
    /// Events of this run.
    errors: u64,
    /// Events of high and critical severity.
    high_priority: u64,
    incidents: usize,
    /// Events of this run by category.
    by_category: BTreeMap<String, u64>,
    fixes_planned: usize,
    fixes_applied: usize,
    recommendations: Vec<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Coverage {
    source: String,
    /// `ok`, `empty`, `silent`, `missing`, `unreadable`, `truncated` or `skipped`.
    state: String,
    lines: u64,
    bytes: u64,
    from: Option<String>,
    to: Option<String>,
    detail: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Incident {
    id: String,
    /// Null when no pattern knows it.
    pattern: Option<String>,
    template: String,
    category: String,
    severity: String,
    description: String,
    /// `new`, `ongoing`, `regressed`, `resolved` or `muted`.
    status: String,
    /// Events of this run.
    count: u64,
    /// Events of all runs.
    total: u64,
    first_seen: String,
    last_seen: String,
    samples: Vec<Sample>,
    /// What this run's events are about (hosts, files, names), the most frequent first.
    targets: Vec<Target>,
    diagnosis: Option<Diagnosis>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Sample {
    source: String,
    line: u64,
    text: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Target {
    name: String,
    /// Events of this run.
    count: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Diagnosis {
    facts: Vec<Fact>,
    likely_cause: Option<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Fact {
    kind: String,
    text: String,
    evidence: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Plan {
    steps: Vec<PlanStep>,
    held_back: Vec<HeldBack>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PlanStep {
    fix: String,
    incident: String,
    /// Other incidents that the same change is for.
    also_for: Vec<String>,
    /// The step's key, or `take_back`.
    kind: String,
    target: String,
    /// `safe`, `unsafe` or `display_only`.
    risk: String,
    reversible: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff_redacted: Option<bool>,
    /// What an action runs; of several commands the last, which does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    argv: Option<Vec<String>>,
    /// All that an action runs, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    commands: Option<Vec<Vec<String>>>,
    /// What an action acts on, as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// How it would be taken back, in words; null when it cannot be.
    undo: Option<String>,
    /// What must hold after the fix, in words.
    checks: Vec<String>,
    /// Of an edit: `replace`, or `in_place`, which is not atomic.
    #[serde(skip_serializing_if = "Option::is_none")]
    write_mode: Option<String>,
    /// What everybody should know before it is applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HeldBack {
    fix: String,
    incident: String,
    /// A fixed code `[a-z_]+`.
    reason: String,
    /// Of a `refused_edit` the fixed code of the refusal, as the README lists them; else null.
    code: Option<String>,
    detail: String,
    /// What would let it through as things are: `--unsafe`, `heal review`; empty when neither would.
    freed_by: Vec<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Outcome {
    fix: String,
    incident: String,
    kind: String,
    target: String,
    /// `done`, `failed`, `undone` or `undo_failed`.
    result: String,
    verdict: String,
    backup: Option<String>,
    detail: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Analysis {
    /// `ok`, `off`, `unavailable` or `partial`.
    state: String,
    model: String,
    requests: u32,
    cached: u32,
    /// Of questions, as the server counts them.
    prompt_tokens: u64,
    answer_tokens: u64,
    seconds: f64,
    diagnoses: Vec<Opinion>,
    /// Of all incidents together; null with one only.
    picture: Option<Picture>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Picture {
    summary: String,
    /// Incidents that are one trouble.
    together: Vec<Vec<String>>,
    /// The incident that probably came first.
    first: Option<String>,
    look_at: Vec<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ConfidenceRecord {
    /// The fix that it named was seen to have helped.
    confirmed: u64,
    of: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Opinion {
    incident: String,
    root_cause: String,
    severity: Option<String>,
    confidence: Option<String>,
    evidence: Vec<String>,
    fix_suggestions: Vec<String>,
    /// The registered fix that it names; changes no plan.
    fix: Option<String>,
    /// What became of earlier answers of the same confidence; null without any.
    confidence_record: Option<ConfidenceRecord>,
    /// The id of the edit that it proposes; null without one, and for one that was rejected.
    suggestion: Option<String>,
    /// What that edit would change; null as `suggestion`.
    suggested_edit: Option<SuggestedEdit>,
}

/// Suggested by the model, not applied.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SuggestedEdit {
    /// `new`, `open`, `accepted` or `changed`.
    state: String,
    target: String,
    /// Null once it was accepted.
    diff: Option<String>,
    diff_redacted: Option<bool>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Notice {
    stage: String,
    subject: String,
    text: String,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::Document;

    /// The order of keys must not depend on what another crate asks of `serde_json`.
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let keys: std::collections::BTreeMap<_, _> =
                    map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
                Value::Object(keys.into_iter().collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
            other => other,
        }
    }

    /// `SNAPSHOTS=overwrite cargo test` writes the schema anew; a change of it is a change of the contract.
    #[test]
    fn the_schema_is_the_one_that_was_published() {
        let schema = sorted(serde_json::to_value(schemars::schema_for!(Document)).unwrap());
        let schema = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        snapbox::assert_data_eq!(schema, snapbox::file!["v1.schema.json"]);
    }
}
