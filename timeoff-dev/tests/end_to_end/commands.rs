//! Commands: whoever holds a department answers them, while people and rules decide there, too.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use timeoff_contract::{CommandWriter, Contract, TopicNames};
use timeoff_ledger::{Asked, Command, CommandId, Event, Fact, Person, PersonId, Request};
use timeoff_log::{KafkaSettings, Log, ReadEvent, ReadFrom};
use timeoff_models::{ApplicationId, Departments, LeaveApplication, Outcome, Ticks};
use timeoff_testkit::wording::{ASKS_COMMENT, HOLDS_ALL};
use timeoff_testkit::{Bench, Key, Running, Terminal, tell};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::applications::{Shown, parse};
use crate::letters::list_among;
use crate::repeated::append_the_first_again;

/// How long an answer may take; only a failure takes so long.
const DEADLINE: Duration = Duration::from_secs(60);

/// More than a manager is killed in a test.
const MOST_LIVES: usize = 2_000;

const ADMIN: &str = "admin@example.com";
const GRACE: &str = "grace@example.com";
const LINUS: &str = "linus@example.com";
const ADA: &str = "ada@example.com";

/// Somebody who asks by commands, and reads the ledger.
struct Asker {
    runtime: Runtime,
    contract: Contract,
    writer: CommandWriter,
}

/// What the ledger answers to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Accepted,
    Refused(String),
}

impl Asker {
    fn open(bench: &Bench) -> Asker {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let mut settings = KafkaSettings::new();
        if let Some(registry) = &bench.registry {
            settings.set_schema_registry(registry.parse().unwrap());
        }
        let url = bench.log.parse().unwrap();
        let topics = TopicNames {
            applications: bench.applications.as_str().into(),
            results: bench.results.as_str().into(),
            dead_letters: bench.dead_letters.as_str().into(),
            commands: bench.commands.as_str().into(),
            ledger: bench.ledger.as_str().into(),
        };
        let (contract, writer) = runtime.block_on(async {
            let log = Log::open(&url, &settings).await.unwrap();
            let contract = Contract::open_with_ledger(&log, topics, Departments::default())
                .await
                .unwrap();
            let writer = contract.command_writer().await.unwrap();
            (contract, writer)
        });
        Asker {
            runtime,
            contract,
            writer,
        }
    }

    /// Puts a command onto the log, without waiting for its answer.
    fn send(&self, department: &str, by: &str, id: CommandId, request: Request) {
        let command = Command {
            asked: Asked {
                command_id: id,
                by: by.parse().unwrap(),
                at: Ticks::of(std::time::SystemTime::now().into()),
            },
            request,
        };
        let departments = self.contract.departments();
        let department = departments.parse(department).unwrap();
        let partition = departments.partition_of(&department).unwrap();
        let record = self.writer.record(partition, &command.to_record());
        self.runtime
            .block_on(self.contract.log().append(vec![record]))
            .unwrap();
    }

    /// Queues Ada's applications in IT with these ids.
    fn apply(&self, ids: &[&str]) {
        let writer = self.runtime.block_on(self.contract.application_writer());
        let writer = writer.unwrap();
        let application = LeaveApplication {
            email: ADA.parse().unwrap(),
            department: "IT".parse().unwrap(),
            hours: "8".parse().unwrap(),
            start: "2027-07-01".parse().unwrap(),
            details: None,
        };
        let record = |id: &&str| writer.record(&ApplicationId::from_key(*id), &application);
        let queued = self.contract.log().append(ids.iter().map(record).collect());
        self.runtime.block_on(queued).unwrap();
    }

    /// Asks, and waits for the answer.
    fn ask(&self, department: &str, by: &str, request: Request) -> Said {
        let id = new_id();
        self.send(department, by, id, request);
        self.answer(id)
    }

    /// Waits for the answer to a command.
    fn answer(&self, id: CommandId) -> Said {
        let asked_at = Instant::now();
        loop {
            if let Some(answers) = self.answers().remove(&id) {
                assert_eq!(answers.len(), 1, "{answers:?}");
                return answers[0].clone();
            }
            assert!(asked_at.elapsed() < DEADLINE, "no answer to {id}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All answers on the ledger, by command.
    fn answers(&self) -> BTreeMap<CommandId, Vec<Said>> {
        let mut answers: BTreeMap<CommandId, Vec<Said>> = BTreeMap::new();
        for (id, said) in self.runtime.block_on(self.read_answers()) {
            answers.entry(id).or_default().push(said);
        }
        answers
    }

    async fn read_answers(&self) -> Vec<(CommandId, Said)> {
        let topic = &self.contract.topics().ledger;
        let log = self.contract.log();
        let mut reader = log.read(topic, ReadFrom::Beginning).await.unwrap();
        let mut answers = Vec::new();
        loop {
            let record = match reader.next().await.unwrap() {
                ReadEvent::Record(record) => record,
                ReadEvent::CaughtUp => return answers,
                // A killed manager's transaction, until the next one or the broker ends it.
                ReadEvent::Hidden { .. } => continue,
                other => panic!("the reader says {other:?}"),
            };
            let event = self.contract.read_ledger(&record).await.unwrap();
            let event = Event::from_record(event, self.contract.departments()).unwrap();
            let said = match event.fact {
                Fact::CommandRefused { reason, .. } => Said::Refused(reason.0.into_owned()),
                _ => Said::Accepted,
            };
            answers.extend(event.cause.command_id.map(|id| (id, said)));
        }
    }

    /// Enters an admin, two approvers and an employee in IT.
    fn enter_people(&self) {
        let admin = Request::NameFirstAdmin {
            person: new_person(),
            email: ADMIN.parse().unwrap(),
            name: "Annie Admin".parse().unwrap(),
            department: "IT".parse().unwrap(),
        };
        assert_eq!(self.ask("IT", ADMIN, admin), Said::Accepted);
        for (email, name, role) in [
            (GRACE, "Grace Hopper", "approver"),
            (LINUS, "Linus Approver", "approver"),
            (ADA, "Ada Lovelace", "employee"),
        ] {
            let person = Person {
                id: new_person(),
                email: email.parse().unwrap(),
                name: name.parse().unwrap(),
                role: role.parse().unwrap(),
                region: None,
                schedule: None,
                from: None,
                until: None,
                tags: "".parse().unwrap(),
                earlier: None,
            };
            let enter = Request::EnterPerson {
                person: Box::new(person),
                department: "IT".parse().unwrap(),
            };
            assert_eq!(self.ask("IT", ADMIN, enter), Said::Accepted, "{email}");
        }
    }
}

fn new_id() -> CommandId {
    CommandId::try_from(Uuid::now_v7()).unwrap()
}

fn new_person() -> PersonId {
    PersonId::try_from(Uuid::now_v7()).unwrap()
}

fn decide(id: &str, outcome: Outcome) -> Request {
    Request::DecideApplication {
        application: ApplicationId::from_key(id).into_owned(),
        outcome,
        comment: None,
        expected_version: None,
        accept_warnings: false,
    }
}

fn withdraw(id: &str) -> Request {
    Request::WithdrawApplication {
        application: ApplicationId::from_key(id).into_owned(),
    }
}

/// Queues an application in IT, and returns its id.
fn submit(bench: &Bench, email: &str, hours: u32) -> String {
    let hours = hours.to_string();
    let mut arguments = timeoff_testkit::submit(email, "IT", &hours).to_vec();
    arguments.extend(["--output", "json"]);
    let ended = bench.run("employee-service", &arguments).done();
    let queued: serde_json::Value = serde_json::from_str(&ended.out[0]).unwrap();
    queued["id"].as_str().unwrap().to_owned()
}

fn results(bench: &Bench) -> Vec<Shown> {
    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    parse(&bench.run("result-reader", &arguments).done().out)
}

pub(crate) fn a_command_is_answered_once_and_decides_as_a_person_would(bench: &Bench) {
    let asker = Asker::open(bench);
    let serving = bench.start("manager-service", &["serve"]);
    let first = submit(bench, ADA, 8);
    // Nobody has been entered yet, so nobody has a right that a command needs.
    let refused = asker.ask("IT", GRACE, decide(&first, Outcome::Approved));
    assert!(
        matches!(&refused, Said::Refused(reason) if reason.contains("Nobody has been entered")),
        "{refused:?}"
    );
    asker.enter_people();
    let own = submit(bench, GRACE, 8);
    for (by, what, reason) in [
        (ADA, &first, "Only an approver or an admin"),
        (GRACE, &own, "own"),
        ("eve@example.com", &first, "Nobody with your e-mail address"),
        (GRACE, &"no such id".to_owned(), "No such application"),
    ] {
        let refused = asker.ask("IT", by, decide(what, Outcome::Approved));
        assert!(
            matches!(&refused, Said::Refused(told) if told.contains(reason)),
            "{by}: {refused:?}"
        );
    }
    let id = new_id();
    for _ in 0..3 {
        asker.send("IT", GRACE, id, decide(&first, Outcome::Approved));
    }
    assert_eq!(asker.answer(id), Said::Accepted);
    assert_eq!(
        asker.ask("IT", LINUS, decide(&own, Outcome::Declined)),
        Said::Accepted
    );
    let taken_back = submit(bench, ADA, 16);
    let by_another = asker.ask("IT", GRACE, withdraw(&taken_back));
    assert!(matches!(by_another, Said::Refused(_)), "{by_another:?}");
    assert_eq!(asker.ask("IT", ADA, withdraw(&taken_back)), Said::Accepted);
    let too_late = asker.ask("IT", LINUS, decide(&taken_back, Outcome::Approved));
    assert!(
        matches!(&too_late, Said::Refused(told) if told.contains("withdrawn")),
        "{too_late:?}"
    );
    // One answer each, the repeated one too.
    for (id, answers) in asker.answers() {
        assert_eq!(answers.len(), 1, "{id}: {answers:?}");
    }
    serving.signal("TERM");
    serving.wait().exited_with(0);
    let told: Vec<_> = results(bench)
        .into_iter()
        .map(|shown| (shown.id, shown.outcome, shown.processed_by, shown.result))
        .collect();
    let sentence = |outcome: Outcome| outcome.sentence().to_owned();
    assert_eq!(
        told,
        [
            (
                first,
                "approved".to_owned(),
                "Grace Hopper".to_owned(),
                sentence(Outcome::Approved)
            ),
            (
                own,
                "declined".to_owned(),
                "Linus Approver".to_owned(),
                sentence(Outcome::Declined)
            ),
            (
                taken_back,
                "declined".to_owned(),
                "Ada Lovelace".to_owned(),
                "Declined: Withdrawn by the employee.".to_owned()
            ),
        ]
    );
}

pub(crate) fn what_a_command_decides_leaves_the_inbox_of_who_looks_at_it(bench: &Bench) {
    let asker = Asker::open(bench);
    let first = submit(bench, ADA, 8);
    let second = submit(bench, ADA, 16);
    let mut unnamed = Terminal::open(&bench.command("manager-service", &[]));
    unnamed.wait_for(&[HOLDS_ALL]);
    unnamed.wait_for(&["2 applications wait"]);
    asker.enter_people();
    assert_eq!(
        asker.ask("IT", GRACE, decide(&first, Outcome::Approved)),
        Said::Accepted
    );
    unnamed.wait_for(&["approved by Grace Hopper, by a command: 8 hours from", ADA]);
    unnamed.wait_for(&["1 application waits"]);
    // From now on a person has to say who they are.
    unnamed.type_text("a");
    unnamed.wait_for(&[ASKS_COMMENT]);
    unnamed.press(Key::Enter);
    unnamed.wait_for(&["Not decided", "--as EMAIL"]);
    unnamed.type_text("q");
    unnamed.done();

    let mut employee = Terminal::open(&bench.command("manager-service", &["--as", ADA]));
    employee.wait_for(&["16 h"]);
    employee.type_text("a");
    employee.wait_for(&[ASKS_COMMENT]);
    employee.press(Key::Enter);
    employee.wait_for(&["Not decided"]);
    employee.type_text("q");
    employee.done();

    let mut approver = Terminal::open(&bench.command("manager-service", &["--as", LINUS]));
    approver.wait_for(&["16 h"]);
    approver.type_text("a");
    approver.wait_for(&[ASKS_COMMENT]);
    approver.enter("Enjoy");
    approver.wait_for(&["approved: 16 hours"]);
    approver.type_text("q");
    approver.done();

    // The ledger remembers for longer than any manager.
    let (_, copy) = append_the_first_again(bench);
    let mut approver = Terminal::open(&bench.command("manager-service", &["--as", LINUS]));
    approver.wait_for(&["1 application waits"]);
    approver.type_text("a");
    approver.wait_for(&[ASKS_COMMENT]);
    approver.press(Key::Enter);
    approver.wait_for(&["Not decided", "Grace Hopper"]);
    approver.wait_for(&["No application waits"]);
    // Whoever leaves at once leaves it to the next manager.
    let until = Instant::now() + DEADLINE;
    let mut letters = list_among(bench, "HR,IT,OPS");
    while letters.is_empty() && Instant::now() < until {
        letters = list_among(bench, "HR,IT,OPS");
    }
    approver.type_text("q");
    approver.done();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].from_offset, Some(copy.offset));
    assert!(letters[0].reason.starts_with("its id was used before: "));
    let told: Vec<_> = results(bench)
        .into_iter()
        .map(|shown| (shown.id, shown.processed_by, shown.comment))
        .collect();
    assert_eq!(
        told,
        [
            (first, "Grace Hopper".to_owned(), None),
            (
                second,
                "Linus Approver".to_owned(),
                Some("Enjoy".to_owned())
            ),
        ]
    );
}

pub(crate) fn commands_are_answered_while_a_person_is_asked_something(bench: &Bench) {
    let asker = Asker::open(bench);
    let [first, second, third] = [8, 16, 24].map(|hours| submit(bench, ADA, hours));
    let serving = bench.start("manager-service", &["serve"]);
    asker.enter_people();
    serving.signal("TERM");
    serving.wait().exited_with(0);

    let mut inbox = Terminal::open(&bench.command("manager-service", &["--as", LINUS]));
    inbox.wait_for(&[HOLDS_ALL]);
    inbox.wait_for(&["3 applications wait"]);
    inbox.wait_for(&[">", "8 h"]);
    inbox.type_text("d");
    inbox.wait_for(&[ASKS_COMMENT]);
    inbox.type_text("Not in");
    // Another one, then the very one that the person writes about.
    for id in [&second, &first] {
        let said = asker.ask("IT", GRACE, decide(id, Outcome::Approved));
        assert_eq!(said, Said::Accepted);
    }
    inbox.enter(" release week");
    inbox.wait_for(&["approved by Grace Hopper, by a command: 16 hours"]);
    inbox.wait_for(&["approved by Grace Hopper, by a command: 8 hours"]);
    inbox.wait_for(&["1 application waits"]);
    // What was written is kept for the next one.
    inbox.type_text("d");
    inbox.wait_for(&[ASKS_COMMENT, "kept"]);
    inbox.press(Key::Up);
    inbox.wait_for(&["Not in release week"]);
    inbox.press(Key::Enter);
    inbox.wait_for(&["declined: 24 hours"]);
    inbox.type_text("q");
    inbox.done();
    let told: Vec<_> = results(bench)
        .into_iter()
        .map(|shown| (shown.id, shown.outcome, shown.comment))
        .collect();
    let approved = || ("approved".to_owned(), None);
    let declined = (
        "declined".to_owned(),
        Some("Not in release week".to_owned()),
    );
    let expected = [(second, approved()), (first, approved()), (third, declined)];
    let expected = expected.map(|(id, (outcome, comment))| (id, outcome, comment));
    assert_eq!(told, expected);
}

pub(crate) fn what_is_far_behind_in_the_backlog_is_decided_by_a_command_at_once(bench: &Bench) {
    let asker = Asker::open(bench);
    let csv = crate::applications::write_csv(bench, 3_000);
    let file = csv.to_str().unwrap();
    bench.run("employee-service", &["import", file]).done();
    let last = submit(bench, ADA, 8);
    let mut inbox = Terminal::open(&bench.command("manager-service", &[]));
    inbox.wait_for(&[HOLDS_ALL]);
    asker.enter_people();
    assert_eq!(
        asker.ask("IT", GRACE, decide(&last, Outcome::Declined)),
        Said::Accepted
    );
    inbox.type_text("q");
    inbox.done();
    let told: Vec<_> = results(bench).into_iter().map(|shown| shown.id).collect();
    assert_eq!(told, [last]);
}

/// Commands are handed out before applications, so each of these finds its application before that is handed out.
pub(crate) fn what_a_refused_command_is_about_is_decided_in_its_turn(bench: &Bench) {
    let asker = Asker::open(bench);
    let queued: Vec<String> = (0..3).map(|_| submit(bench, ADA, 8)).collect();
    let ids: Vec<CommandId> = queued
        .iter()
        .map(|application| {
            let id = new_id();
            asker.send("IT", GRACE, id, withdraw(application));
            id
        })
        .collect();
    let arguments = [&timeoff_testkit::AUTO[..], &["--until-caught-up"]].concat();
    bench.run("manager-service", &arguments).done();
    for id in ids {
        assert!(matches!(asker.answer(id), Said::Refused(_)));
    }
    let told: Vec<_> = results(bench)
        .into_iter()
        .map(|shown| (shown.id, shown.outcome))
        .collect();
    let approved = queued.into_iter().map(|id| (id, "approved".to_owned()));
    assert_eq!(told, approved.collect::<Vec<_>>());
}

pub(crate) fn managers_who_were_there_before_the_first_command_answer_it(bench: &Bench) {
    let mut inbox = Terminal::open(&bench.command("manager-service", &[]));
    inbox.wait_for(&[HOLDS_ALL]);
    let waits = submit(bench, ADA, 8);
    inbox.wait_for(&["1 application waits"]);
    // Only now are there topics of commands and the ledger.
    let asker = Asker::open(bench);
    asker.enter_people();
    let said = asker.ask("IT", GRACE, decide(&waits, Outcome::Approved));
    assert_eq!(said, Said::Accepted);
    inbox.wait_for(&["approved by Grace Hopper, by a command"]);
    inbox.type_text("q");
    inbox.done();
    let told: Vec<_> = results(bench).into_iter().map(|shown| shown.id).collect();
    assert_eq!(told, [waits]);
}

pub(crate) fn a_command_with_an_id_of_hundreds_of_kilobytes_is_answered(bench: &Bench) {
    let mut serving = bench.start("manager-service", &["serve"]);
    serving.wait_until_said(HOLDS_ALL);
    let asker = Asker::open(bench);
    asker.enter_people();
    let record = |id, application: String| {
        let command = Command {
            asked: Asked {
                command_id: id,
                by: GRACE.parse().unwrap(),
                at: Ticks::of(std::time::SystemTime::now().into()),
            },
            request: Request::WithdrawApplication {
                application: ApplicationId::from_key(application),
            },
        };
        asker.writer.record(1, &command.to_record())
    };
    for key_is_long in [false, true] {
        if key_is_long && bench.registry.is_some() {
            // On Kafka the command itself would be too large.
            continue;
        }
        let id = new_id();
        let mut long = record(id, "a".repeat(600_000));
        if !key_is_long {
            long.key = record(id, "a".to_owned()).key;
        }
        let appending = asker.contract.log().append(vec![long]);
        asker.runtime.block_on(appending).unwrap();
        let Said::Refused(reason) = asker.answer(id) else {
            panic!("it was carried out");
        };
        assert!(reason.contains("longer than 1024 bytes"), "{reason}");
    }
    serving.signal("TERM");
    serving.wait().done();
}

pub(crate) fn a_department_decides_on_its_own_applications_only(bench: &Bench) {
    let asker = Asker::open(bench);
    let serving = bench.start("manager-service", &["serve"]);
    asker.enter_people();
    let admin_of_hr = Request::NameFirstAdmin {
        person: new_person(),
        email: "hr@example.com".parse().unwrap(),
        name: "Herbert Reed".parse().unwrap(),
        department: "HR".parse().unwrap(),
    };
    let named = asker.ask("HR", "hr@example.com", admin_of_hr);
    assert_eq!(named, Said::Accepted);
    let of_it = submit(bench, ADA, 8);
    for _ in 0..2 {
        let refused = asker.ask("HR", "hr@example.com", decide(&of_it, Outcome::Approved));
        assert!(
            matches!(&refused, Said::Refused(told) if told.contains("No such application")),
            "{refused:?}"
        );
    }
    let said = asker.ask("IT", GRACE, decide(&of_it, Outcome::Declined));
    assert_eq!(said, Said::Accepted);
    serving.signal("TERM");
    serving.wait().exited_with(0);
    let told: Vec<_> = results(bench)
        .into_iter()
        .map(|shown| (shown.id, shown.outcome, shown.processed_by))
        .collect();
    let declined = (of_it, "declined".to_owned(), "Grace Hopper".to_owned());
    assert_eq!(told, [declined]);
}

pub(crate) fn managers_of_another_group_are_told_whose_the_ledger_is(bench: &Bench) {
    let asker = Asker::open(bench);
    let serving = bench.start("manager-service", &["serve"]);
    asker.enter_people();
    serving.signal("TERM");
    serving.wait().exited_with(0);
    let before = asker.answers();
    let other = Bench {
        managers: format!("{}-other", bench.managers),
        services: bench.services.clone(),
        variables: bench.variables.clone(),
        log: bench.log.clone(),
        registry: bench.registry.clone(),
        applications: bench.applications.clone(),
        results: bench.results.clone(),
        dead_letters: bench.dead_letters.clone(),
        commands: bench.commands.clone(),
        ledger: bench.ledger.clone(),
        readers: bench.readers.clone(),
        folder: tempfile::tempdir().unwrap(),
    };
    let remedy = format!("start with --group '{}'", bench.managers);
    for arguments in [&["serve"][..], &timeoff_testkit::AUTO] {
        let refused = other.run("manager-service", arguments).exited_with(1);
        refused.said(&["the ledger of IT", &remedy]);
    }
    assert_eq!(asker.answers(), before);
}

pub(crate) fn two_approvers_who_decide_at_the_same_moment_have_one_result_between_them(
    bench: &Bench,
) {
    const ROUNDS: usize = 4;
    let rounds = timeoff_testkit::asked_for("TIMEOFF_RACES").unwrap_or(ROUNDS);
    let asker = Asker::open(bench);
    let mut managers = vec![bench.start("manager-service", &["serve"])];
    asker.enter_people();
    for round in 0..rounds {
        let id = submit(bench, ADA, 8);
        let (by_grace, by_linus) = (new_id(), new_id());
        asker.send("IT", GRACE, by_grace, decide(&id, Outcome::Approved));
        // The department moves between two managers while the two decide.
        if round % 2 == 0 {
            managers.push(bench.start("manager-service", &["serve"]));
        } else {
            managers.remove(0).kill();
        }
        asker.send("IT", LINUS, by_linus, decide(&id, Outcome::Declined));
        let (first, second) = (asker.answer(by_grace), asker.answer(by_linus));
        assert_eq!(first, Said::Accepted);
        assert!(
            matches!(&second, Said::Refused(told) if told.contains("approved it already")),
            "{second:?}"
        );
        let of_this = results(bench)
            .into_iter()
            .filter(|shown| shown.id == id)
            .count();
        assert_eq!(of_this, 1, "round {round}");
    }
    for manager in managers {
        manager.signal("TERM");
        manager.wait().exited_with(0);
    }
}

/// Nobody has been entered, so only the log tells a command what the rule decides at that moment.
pub(crate) fn a_withdrawal_of_what_a_rule_is_deciding_is_answered(bench: &Bench) {
    const ROUNDS: usize = 60;
    let rounds = timeoff_testkit::asked_for("TIMEOFF_RACES").unwrap_or(ROUNDS);
    let asker = Asker::open(bench);
    let deciding = bench.start("manager-service", &timeoff_testkit::AUTO);
    let asked: Vec<CommandId> = (0..rounds)
        .map(|round| {
            let (key, id) = (format!("round {round}"), new_id());
            asker.apply(&[&key]);
            asker.send("IT", ADA, id, withdraw(&key));
            id
        })
        .collect();
    for id in asked {
        asker.answer(id);
    }
    deciding.signal("TERM");
    deciding.wait().exited_with(0);
    assert_eq!(results(bench).len(), rounds);
}

/// The answer to one of two commands that come together is larger than what the manager's client sends.
#[test]
fn a_command_is_answered_though_the_answer_to_the_one_before_it_cannot_be_recorded() {
    let Some(bench) = Bench::shared_kafka() else {
        return;
    };
    let asker = Asker::open(&bench);
    let serving = bench.start("manager-service", &["serve"]);
    asker.enter_people();
    serving.signal("TERM");
    serving.wait().exited_with(0);
    // Twice on the event, and short enough to be named there.
    let long = "x".repeat(900);
    asker.apply(&[&long, "short"]);
    let (first, second) = (new_id(), new_id());
    asker.send("IT", GRACE, first, decide(&long, Outcome::Approved));
    asker.send("IT", GRACE, second, decide("short", Outcome::Approved));

    let limited = bench.command("manager-service", &["-X", "message.max.bytes=1000"]);
    let mut inbox = Terminal::open(&limited);
    assert_eq!(asker.answer(second), Said::Accepted);
    inbox.wait_for(&["Not recorded"]);
    assert!(!asker.answers().contains_key(&first));
    inbox.type_text("q");
    inbox.done();
    let serving = bench.start("manager-service", &["serve"]);
    assert_eq!(asker.answer(first), Said::Accepted);
    serving.signal("TERM");
    serving.wait().exited_with(0);
    let told: Vec<_> = results(&bench).into_iter().map(|shown| shown.id).collect();
    assert_eq!(told, ["short".to_owned(), long]);
}

/// A manager that is killed again and again, at random moments, and started again.
struct Mortal {
    is_done: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Mortal {
    fn start(bench: &Bench, lives_for: Range<u64>) -> Mortal {
        let is_done = Arc::new(AtomicBool::new(false));
        let done = is_done.clone();
        let command = move |bench: &Bench| bench.command("manager-service", &["serve"]);
        let mut next = Some(command(bench));
        // A command can be started once, so the lives that may be needed are prepared.
        let mut lives: Vec<_> = (0..MOST_LIVES).map(|_| command(bench)).collect();
        let thread = std::thread::spawn(move || {
            let mut killed = 0;
            while !done.load(Ordering::SeqCst) {
                let Some(command) = next.take() else {
                    panic!("it was killed {killed} times and the end was not reached");
                };
                let mut running = Running::start(command);
                running.wait_until_said(HOLDS_ALL);
                std::thread::sleep(Duration::from_millis(fastrand::u64(lives_for.clone())));
                running.kill();
                killed += 1;
                next = lives.pop();
            }
            killed
        });
        Mortal { is_done, thread }
    }

    /// How many times it was killed.
    fn end(self) -> usize {
        self.is_done.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

pub(crate) fn whenever_the_manager_is_killed_the_end_is_the_same(bench: &Bench) {
    const ROUNDS: usize = 2;
    let rounds = timeoff_testkit::asked_for("TIMEOFF_KILLS").unwrap_or(ROUNDS);
    let asker = Asker::open(bench);
    // From when it has taken over: about as long as a step of what follows takes.
    let lives_for = match bench.registry {
        None => 0..120,
        Some(_) => 0..3_000,
    };
    let mortal = Mortal::start(bench, lives_for);
    asker.enter_people();
    let mut expected = Vec::new();
    for round in 0..rounds {
        let approved = submit(bench, ADA, 8);
        let withdrawn = submit(bench, ADA, 16);
        let (by_grace, again) = (new_id(), decide(&approved, Outcome::Approved));
        asker.send("IT", GRACE, by_grace, again.clone());
        assert_eq!(asker.ask("IT", ADA, withdraw(&withdrawn)), Said::Accepted);
        asker.send("IT", GRACE, by_grace, again);
        assert_eq!(asker.answer(by_grace), Said::Accepted, "round {round}");
        let too_late = asker.ask("IT", LINUS, decide(&approved, Outcome::Declined));
        assert!(matches!(too_late, Said::Refused(_)), "{too_late:?}");
        expected.push((approved, "approved".to_owned(), "Grace Hopper".to_owned()));
        expected.push((withdrawn, "declined".to_owned(), "Ada Lovelace".to_owned()));
    }
    let killed = mortal.end();
    tell(&format!("killed {killed} times in {rounds} rounds"));
    let mut told: Vec<_> = results(bench)
        .into_iter()
        .map(|shown| (shown.id, shown.outcome, shown.processed_by))
        .collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    for (id, answers) in asker.answers() {
        assert_eq!(answers.len(), 1, "{id}: {answers:?}");
    }
}
