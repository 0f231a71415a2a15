//! `[[experiments]]`.

use super::{METRIC, check_all};
use crate::config::Known;
use crate::domain::business::{Experiment, ExperimentKind, ExperimentStatus, ExperimentUnit, Variant};
use crate::settings::kinds::{boolean, date, decimal, id, list_of, one_of, some_of, text, whole_number};
use crate::settings::reader::Section;
use crate::settings::values::quoted;
use rust_decimal::{Decimal, dec};

const KINDS: [(&str, ExperimentKind); 3] =
    [("split", ExperimentKind::Split), ("geo", ExperimentKind::Geo), ("holdout", ExperimentKind::Holdout)];
const UNITS: [(&str, ExperimentUnit); 4] = [
    ("visitor", ExperimentUnit::Visitor),
    ("session", ExperimentUnit::Session),
    ("customer", ExperimentUnit::Customer),
    ("region", ExperimentUnit::Region),
];
const STATES: [(&str, ExperimentStatus); 4] = [
    ("planned", ExperimentStatus::Planned),
    ("running", ExperimentStatus::Running),
    ("stopped", ExperimentStatus::Stopped),
    ("done", ExperimentStatus::Done),
];
/// The usual power of a test.
const POWER: Decimal = dec!(0.80);
const MOST_LOOKS: u64 = 50;

pub(super) fn read(top: &mut Section<'_>, known: &Known) -> Vec<Experiment> {
    let mut experiments: Vec<Experiment> = Vec::new();
    for section in top.list("experiments") {
        let line = section.line;
        let Some(experiment) = experiment(section, known) else { continue };
        if experiments.iter().any(|other| other.id == experiment.id) {
            let message = format!("[[experiments]]: the id {} is there twice", quoted(&experiment.id));
            top.problem(line, &message, "give each experiment an id of its own");
        }
        experiments.push(experiment);
    }
    experiments
}

fn experiment(mut section: Section<'_>, known: &Known) -> Option<Experiment> {
    section.about("A planned comparison of variants.");
    let own_id = section.required("id", "\"shorter_checkout\"", id().about("Names it in files and reports; unique."));
    let hypothesis = section.required(
        "hypothesis",
        "\"a shorter checkout brings more orders\"",
        text().about("What is expected, and why."),
    );
    let kind = section.required(
        "type",
        "\"split\"",
        one_of(&KINDS).about("How it divides: visitors, regions, a part left out."),
    );
    let some = "name at least one metric";
    let metrics = section.required("metrics", "[\"orders\"]", some_of(id(), some).about("What it decides on."));
    let guardrails = section.optional("guardrails", list_of(id()).about("Metrics that must not become worse."));
    let unit = section.required("unit", "\"visitor\"", one_of(&UNITS).about("What is assigned to a variant."));
    let effect = section.required(
        "minimum_effect",
        "\"0.05\"",
        decimal().about("The smallest relative change worth finding, as a fraction."),
    );
    let power =
        section.optional("power", decimal().about("The wanted chance to find that change; \"0.80\" if left out."));
    let looks = section.optional(
        "looks",
        whole_number(1, MOST_LOOKS).about("How often results are looked at, the last time included; 1 if left out."),
    );
    let has_end = section.has("end");
    let start = section.required("start", "2026-11-16", date().about("The first day."));
    let end = section.optional("end", date().about("The last day that counts; open if left out."));
    let status = section.required("status", "\"planned\"", one_of(&STATES).about("How it stands."));
    let variants = variants(&mut section);
    if let Some(effect) = effect.as_ref().filter(|effect| effect.value <= Decimal::ZERO) {
        let message = "[[experiments]]: minimum_effect is not above 0";
        section.problem(effect.line, message, "write 5% as \"0.05\"");
    }
    if let Some(power) = power.as_ref().filter(|power| power.value <= Decimal::ZERO || power.value >= Decimal::ONE) {
        section.problem(power.line, "[[experiments]]: power is not between 0 and 1", "write 80% as \"0.80\"");
    }
    if let (Some(start), Some(end)) = (&start, &end)
        && end.value < start.value
    {
        section.problem(end.line, "[[experiments]]: end lies before start", "write the last day that counts");
    }
    if let Some(status) = &status
        && !has_end
        && matches!(status.value, ExperimentStatus::Stopped | ExperimentStatus::Done)
    {
        let message = "[[experiments]]: an experiment that is over has an end";
        section.problem(status.line, message, "add end = 2026-11-30, the last day that counted");
    }
    let metrics = metrics.map(|metrics| check_all(&section, Some(metrics), known.metrics.as_ref(), METRIC));
    let guardrails = check_all(&section, guardrails, known.metrics.as_ref(), METRIC);
    section.finish();
    Some(Experiment {
        id: own_id?.value,
        hypothesis: hypothesis?.value,
        kind: kind?.value,
        metrics: metrics?,
        guardrails,
        variants,
        unit: unit?.value,
        minimum_effect: effect?.value,
        power: power.map_or(POWER, |at| at.value),
        looks: looks.map_or(1, |at| u32::try_from(at.value).unwrap_or(1)),
        start: start?.value,
        end: end.map(|at| at.value),
        status: status?.value,
    })
}

/// `[[experiments.variants]]`; what is wrong with them as a whole is reported at the experiment.
fn variants(experiment: &mut Section<'_>) -> Vec<Variant> {
    let line = experiment.line;
    let mut variants: Vec<Variant> = Vec::new();
    let mut is_whole = true;
    for mut section in experiment.list("variants") {
        section.about("One of the things compared.");
        let id = section.required("id", "\"control\"", id().about("Unique in the experiment."));
        let share = section.required("share", "\"0.50\"", decimal().about("Of all units; shares sum to 1."));
        let control = section.optional("control", boolean().about("Whether the others are compared with it."));
        let line = section.line;
        if let Some(share) = share.as_ref().filter(|share| share.value <= Decimal::ZERO) {
            section.problem(share.line, "[[variants]]: the share is not above 0", "write half of all as \"0.50\"");
            is_whole = false;
        }
        section.finish();
        let (Some(id), Some(share)) = (id, share) else {
            is_whole = false;
            continue;
        };
        if variants.iter().any(|other| other.id == id.value) {
            let message = format!("[[variants]]: the id {} is there twice", quoted(&id.value));
            experiment.problem(line, &message, "give each variant an id of its own");
        }
        let is_control = control.is_some_and(|at| at.value);
        variants.push(Variant { id: id.value, share: share.value, is_control });
    }
    // A variant that could not be read is reported already; sums without it mean nothing.
    if !is_whole {
        return variants;
    }
    if variants.len() < 2 {
        let message = "[[experiments]]: there are fewer than two variants to compare";
        experiment.problem(line, message, "add [[experiments.variants]] with id, share and one control = true");
        return variants;
    }
    let sum: Decimal = variants.iter().map(|variant| variant.share).sum();
    if sum != Decimal::ONE {
        let message = format!("[[experiments]]: the variants' shares sum to {}, not to 1", sum.normalize());
        experiment.problem(line, &message, "divide all units, as \"0.50\" and \"0.50\"");
    }
    let controls = variants.iter().filter(|variant| variant.is_control).count();
    if controls != 1 {
        let message = format!("[[experiments]]: {controls} variants are the control");
        experiment.problem(line, &message, "write control = true at exactly one of them");
    }
    variants
}
