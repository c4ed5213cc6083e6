//! The model's words, marked as its opinion.

use std::io::{self, Write};

use super::{Style, heading, wrapped};
use crate::report::Run;

pub(super) fn write(run: &Run, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if run.analysis.diagnoses.is_empty() {
        return Ok(());
    }
    heading(&format!("The opinion of {} (a model: it may be wrong)", run.analysis.model), style, out)?;
    for opinion in &run.analysis.diagnoses {
        let open = run.incidents.iter().find(|incident| incident.record.id == opinion.incident);
        let name = open.and_then(|open| open.record.pattern.as_deref()).unwrap_or(&opinion.incident);
        let confidence = opinion.confidence.map_or("no", |confidence| confidence.as_str());
        writeln!(out, "  {}  {}", style.paint.bold(name), style.paint.dim(&format!("{confidence} confidence")))?;
        wrapped(&opinion.root_cause, "    > ", out)?;
        for suggestion in &opinion.fix_suggestions {
            wrapped(&format!("- {suggestion}"), "    > ", out)?;
        }
        if style.verbose {
            for quote in &opinion.evidence {
                wrapped(&format!("evidence: {quote}"), "    > ", out)?;
            }
        }
    }
    Ok(())
}
