//! A campaign: each kind of fault alone, then all of them at once. After each phase nothing may be amiss.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use fastrand::Rng;
use timeoff_testkit::tell;

use crate::checker;
use crate::clock::Clock;
use crate::company::Company;
use crate::evidence::Evidence;
use crate::history::{History, Place};
use crate::injectors::{inject, pause};
use crate::kind::{Kind, Tally};
use crate::settings::Settings;
use crate::stage::Stage;

/// How many times as long as each of the others the phase with all kinds is.
const MIXED_SHARE: u32 = 3;

/// How long beyond its time a phase waits for its fault to happen at all. A cluster on a slow machine may need a minute
/// to recover from one fault, and until then there is no work that another could hit.
const PATIENCE: Duration = Duration::from_secs(240);

/// How long at most work goes on between two faults of a kind, in milliseconds: alone, and among others.
const PAUSE: u64 = 300;
const MIXED_PAUSE: u64 = 2_500;

/// How many violations are shown.
const SHOWN: usize = 15;

/// What is wrong with a history, for a person.
#[derive(Debug)]
pub(crate) struct Violations(pub(crate) String);

/// Runs a campaign on a log, with the faults that the environment asks for.
///
/// # Errors
///
/// As [`run_with`].
///
/// # Panics
///
/// As [`run_with`].
pub(crate) fn run(name: &str, stage: &dyn Stage) -> Result<(), Violations> {
    run_with(name, stage, &Settings::from_environment(stage.kinds()))
}

/// Runs a campaign on a log.
///
/// # Errors
///
/// If a promise was broken. The first phase after which that shows is the last.
///
/// # Panics
///
/// If a kind of fault did not happen, or the campaign could not go on.
pub(crate) fn run_with(
    name: &str,
    stage: &dyn Stage,
    settings: &Settings,
) -> Result<(), Violations> {
    tell(&format!(
        "{name}: faults for about {} s, seed {} \
         (TIMEOFF_FAULTS_SECONDS, TIMEOFF_FAULTS_SEED, TIMEOFF_FAULTS_ONLY change that)",
        settings.seconds, settings.seed
    ));
    // This also builds the services, so that nothing waits for that later.
    stage.bench().make_topics();
    let mut campaign = Campaign {
        name,
        stage,
        seed: settings.seed,
        rng: Rng::with_seed(settings.seed),
        history: Mutex::new(History {
            unmarked: stage.unmarked(),
            ..History::default()
        }),
        evidence: Evidence::collect(name),
        settled: BTreeMap::new(),
        tally: Tally::default(),
        phases: 0,
    };
    let kinds = &settings.kinds;
    let is_mixed = kinds.len() > 1;
    let shares = kinds.len() as u32 + if is_mixed { MIXED_SHARE } else { 0 };
    let share = Duration::from_secs(settings.seconds) / shares;
    for &kind in kinds {
        campaign.phase(&[kind], share)?;
    }
    if is_mixed {
        campaign.phase(kinds, share * MIXED_SHARE)?;
    }
    campaign.report();
    for &kind in kinds {
        let [alone, mixed] = campaign.tally.of(kind);
        let evidence = campaign.evidence.folder().display();
        assert!(alone > 0, "{kind} did not happen; see {evidence}");
        assert!(
            mixed > 0 || !is_mixed,
            "{kind} did not happen among others; see {evidence}"
        );
    }
    Ok(())
}

struct Campaign<'a> {
    name: &'a str,
    stage: &'a dyn Stage,
    seed: u64,
    rng: Rng,
    history: Mutex<History>,
    evidence: Evidence,
    /// The applications that were seen to be decided and the commands that were seen to be answered, and when.
    settled: BTreeMap<Place, Instant>,
    tally: Tally,
    phases: usize,
}

impl Campaign<'_> {
    /// Lets everybody work while faults of these kinds happen, then has the work finished and checks it.
    fn phase(&mut self, kinds: &[Kind], share: Duration) -> Result<(), Violations> {
        let title = match kinds {
            [one] => one.name(),
            _ => "all of them",
        };
        self.phases += 1;
        let is_clock_set = kinds.contains(&Kind::ClockBack);
        let clock = is_clock_set.then(|| Clock::new(self.stage.bench().folder.path()));
        let mut rng = self.rng.fork();
        let company = Company::new(
            self.stage,
            self.phases,
            clock.as_ref(),
            &self.history,
            &self.evidence,
        );
        let tally = Mutex::new(std::mem::take(&mut self.tally));
        let began = Instant::now();
        std::thread::scope(|scope| {
            company.open(scope, &mut rng);
            let is_mixed = kinds.len() > 1;
            let injectors: Vec<_> = kinds
                .iter()
                .map(|&kind| {
                    let (mut rng, company, tally) = (rng.fork(), &company, &tally);
                    scope.spawn(move || {
                        let mut has_happened = false;
                        while began.elapsed() < share
                            || (!has_happened && began.elapsed() < share + PATIENCE)
                        {
                            pause(&mut rng, if is_mixed { MIXED_PAUSE } else { PAUSE });
                            let happens = inject(kind, company, &mut rng);
                            has_happened |= happens;
                            tally.lock().unwrap().count(kind, is_mixed, happens);
                        }
                    })
                })
                .collect();
            let outcomes: Vec<_> = injectors.into_iter().map(|thread| thread.join()).collect();
            company.close();
            for outcome in outcomes {
                if let Err(panic) = outcome {
                    std::panic::resume_unwind(panic);
                }
            }
        });
        self.tally = tally.into_inner().unwrap();
        let took = began.elapsed();
        company.finish();
        self.check(title, took)
    }

    fn check(&mut self, title: &str, took: Duration) -> Result<(), Violations> {
        let history = self.history.get_mut().unwrap();
        if !history.wrong_ends.is_empty() {
            // Whoever was killed may have left a file that nobody can read alone.
            let violations = std::mem::take(&mut history.wrong_ends);
            return Err(self.violated(title, &violations));
        }
        history.scan = self.stage.scan();
        let violations = checker::violations(history, &self.settled);
        let now = Instant::now();
        for place in checker::settled(history) {
            self.settled.entry(place).or_insert(now);
        }
        let (applications, runs) = (history.scan.applications.len(), history.managers.len());
        tell(&format!(
            "{}: {title}: {:.0} s; {applications} applications by now, decided in {runs} runs of managers",
            self.name,
            took.as_secs_f32()
        ));
        if violations.is_empty() {
            return Ok(());
        }
        Err(self.violated(title, &violations))
    }

    fn violated(&self, title: &str, violations: &[String]) -> Violations {
        self.report();
        let count = violations.len();
        let shown = violations[..count.min(SHOWN)].join("\n  ");
        Violations(format!(
            "{}, seed {}, {title}: {count} violations; all output is in {}\n  {shown}",
            self.name,
            self.seed,
            self.evidence.folder().display()
        ))
    }

    fn report(&self) {
        let history = self.history.lock().unwrap();
        let decisions: usize = history.managers.iter().map(|run| run.decisions.len()).sum();
        tell(&format!(
            "{}, seed {}: {} applications, {} results, {decisions} decisions reported by {} runs of auto; \
             {} refused as late, {} of unknown fate; {}\n{}",
            self.name,
            self.seed,
            history.scan.applications.len(),
            history.scan.results.len(),
            history.managers.len(),
            history.refused_late,
            history.unknown,
            checker::answers_in_figures(&history),
            self.tally
        ));
    }
}
