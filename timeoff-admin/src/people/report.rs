//! What is done, or would be, about the people of a file.

use std::io::Write;

use timeoff_cli::{Field, OutputFormat, counted, escaped, write_json_line};
use timeoff_models::{Department, Departments};

use super::plan::{Plan, Step};
use crate::fate::Fate;
use crate::office::Errand;

/// The steps, and the commands that were made of them, person by person.
pub(super) struct Report<'a> {
    pub(super) plans: &'a [Plan],
    pub(super) errands: &'a [Vec<Errand>],
    pub(super) departments: &'a Departments,
}

impl Report<'_> {
    /// Prints it on standard output.
    ///
    /// # Errors
    ///
    /// If it cannot be printed.
    pub(super) fn print(
        &self,
        output: OutputFormat,
        fate: impl Fn(&Errand) -> Fate,
    ) -> anyhow::Result<()> {
        let mut out = timeoff_cli::stdout();
        for (plan, errands) in self.plans.iter().zip(self.errands) {
            let steps = plan.steps.iter().zip(errands);
            let mut steps = steps.map(|(step, errand)| (step, errand, fate(errand)));
            match output {
                OutputFormat::Text if plan.steps.is_empty() => {}
                OutputFormat::Text => {
                    let parts: Vec<String> =
                        steps.map(|(step, _, fate)| text(step, &fate)).collect();
                    writeln!(out, "{}: {}", plan.email, parts.join("; "))?;
                }
                OutputFormat::Json => steps.try_for_each(|(step, errand, fate)| {
                    self.write_json(&mut out, plan, step, errand, &fate)
                })?,
            }
        }
        // Where something was refused or has no answer, the error says more.
        let fates: Vec<Fate> = self.errands.iter().flatten().map(fate).collect();
        let is_planned = fates.iter().any(|fate| matches!(fate, Fate::Planned));
        let is_whole = |fate: &Fate| matches!(fate, Fate::Planned | Fate::Accepted);
        if output == OutputFormat::Text && fates.iter().all(is_whole) {
            writeln!(out, "{}", self.summary(is_planned))?;
        }
        out.flush()?;
        Ok(())
    }

    fn write_json(
        &self,
        out: &mut impl Write,
        plan: &Plan,
        step: &Step,
        errand: &Errand,
        fate: &Fate,
    ) -> std::io::Result<()> {
        let id = errand.id().to_string();
        let department = self.departments.at(errand.partition);
        write_json_line(
            out,
            &[
                ("email", plan.email.as_str().into()),
                (
                    "command_id",
                    Field::from(fate.is_sent().then_some(id.as_str())),
                ),
                ("department", department.map(Department::as_str).into()),
                ("change", step.change.as_str().into()),
                ("answer", fate.as_str().into()),
                ("reason", fate.reason().into()),
            ],
        )
    }

    /// How many people are new, changed, and as they were.
    fn summary(&self, is_planned: bool) -> String {
        let people = |count: usize| counted(count as u64, "person", "people");
        let differing = self.plans.iter().filter(|plan| !plan.steps.is_empty());
        let (known, new): (Vec<&Plan>, Vec<&Plan>) = differing.partition(|plan| plan.is_known);
        let same = self.plans.len() - known.len() - new.len();
        if known.is_empty() && new.is_empty() {
            let verb = if same == 1 { "is" } else { "are" };
            return format!("Nothing differs: {} {verb} as the file says.", people(same));
        }
        let verb = if is_planned { "would be " } else { "" };
        format!(
            "{}: {} {verb}entered, {} {verb}changed, {same} as they were.",
            people(self.plans.len()),
            new.len(),
            known.len()
        )
    }
}

fn text(step: &Step, fate: &Fate) -> String {
    let change = step.in_short.as_ref().unwrap_or(&step.change);
    match fate {
        Fate::Planned | Fate::Accepted => change.clone(),
        Fate::Foreseen(reason) => format!("{change} (would be refused: {})", escaped(reason)),
        Fate::Unanswered => format!("{change} (no answer yet)"),
        Fate::Refused(reason) => format!("{change} (refused: {})", escaped(reason)),
    }
}
