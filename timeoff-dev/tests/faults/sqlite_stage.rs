//! The SQLite log: a file on a separate disk that fills up, is write-protected, and loses power.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastrand::Rng;
use rusqlite::{Connection, OpenFlags};
use timeoff_dev::services::workspace;
use timeoff_testkit::{AUTO, Bench};

use crate::checker;
use crate::company::Company;
use crate::disk::Disk;
use crate::heard::{answers, decisions};
use crate::history::{History, ManagerRun};
use crate::kind::Kind;
use crate::raw::{RawRecord, Scan, name_of};
use crate::seat::Seat;
use crate::settings::asked_for_seconds;
use crate::stage::Stage;
use crate::words::{IS_FULL, IS_PROTECTED};

/// How long the services may take to say that they cannot write.
const COMPLAINT: Duration = Duration::from_secs(10);

/// The file's name, and that of its write-ahead log.
const FILES: [&str; 2] = ["timeoff.db", "timeoff.db-wal"];

pub(crate) struct SqliteStage {
    // First, so that it is unmounted before its folder is removed.
    disk: Option<Disk>,
    pub(crate) bench: Bench,
    file: PathBuf,
    kinds: Vec<Kind>,
}

impl SqliteStage {
    /// A file that does not exist yet, on a separate disk where there can be one.
    pub(crate) fn new() -> SqliteStage {
        let target = workspace().join("target");
        // Cargo may build into another folder, so this one may not exist.
        std::fs::create_dir_all(&target).unwrap();
        let folder = tempfile::tempdir_in(target).unwrap();
        let disk = Disk::mount_or_skip(folder.path(), asked_for_seconds());
        let file = disk
            .as_ref()
            .map_or(folder.path(), Disk::folder)
            .join(FILES[0]);
        let bench = Bench::on(format!("sqlite:{}", file.display()), None, folder);
        let is_possible = |kind: &Kind| match kind {
            Kind::DiskFull | Kind::ReadOnly | Kind::PowerCut => disk.is_some(),
            _ => true,
        };
        let kinds = Kind::OF_SQLITE
            .iter()
            .copied()
            .filter(is_possible)
            .collect();
        SqliteStage {
            disk,
            bench,
            file,
            kinds,
        }
    }

    fn disk_full(&self, company: &Company<'_>) -> bool {
        let Some(disk) = &self.disk else { return false };
        let _ballast = disk.fill();
        is_complained(company, IS_FULL)
    }

    fn read_only(&self, company: &Company<'_>) -> bool {
        let Some(disk) = &self.disk else { return false };
        // Not the index beside them: it is mapped into memory, where a failed write ends the process.
        let protected = FILES.map(|name| disk.protect(name));
        protected.iter().all(Option::is_some) && is_complained(company, IS_PROTECTED)
    }

    /// Stops everybody at one instant and cuts the power. What is left of the disk must have everything that was
    /// acknowledged before.
    fn power_cut(&self, company: &Company<'_>) -> bool {
        let Some(disk) = &self.disk else { return false };
        let mut known = known(company);
        let folder = tempfile::tempdir_in(self.bench.folder.path()).unwrap();
        let stopped = (
            company.seats().map(Seat::hold),
            company.hand.hold(),
            company.asking.lock(),
        );
        let left = disk.after_power_cut(folder.path());
        drop(stopped);
        let Some(left) = left else { return false };
        // More may have been asked for since then, and may be on the disk, too.
        known.asked.clone_from(&company.history().asked);
        known.wanted.clone_from(&company.history().wanted);
        let file = left.folder().join(FILES[0]);
        let lost = match scan(&file, &self.bench) {
            Ok(scan) => {
                known.scan = scan;
                checker::missing(&known)
            }
            Err(error) => vec![format!("{} cannot be read: {error}", file.display())],
        };
        if !lost.is_empty() {
            let shown = first_of("lost in a power cut", &lost);
            company.history().wrong_ends.push(shown);
            return true;
        }

        // A manager that goes on from there must decide what is left, and nothing twice.
        let mut bench = Bench::on(
            format!("sqlite:{}", file.display()),
            None,
            tempfile::tempdir().unwrap(),
        );
        bench.applications.clone_from(&self.bench.applications);
        bench.results.clone_from(&self.bench.results);
        bench.dead_letters.clone_from(&self.bench.dead_letters);
        bench.commands.clone_from(&self.bench.commands);
        bench.ledger.clone_from(&self.bench.ledger);
        bench.managers.clone_from(&self.bench.managers);
        let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
        let went_on = bench.run("manager-service", &arguments);
        let before = known.scan.results.len();
        let decided = decisions(&went_on.out).len() + decided_by_commands(&went_on.out);
        let violations = match scan(&file, &bench) {
            _ if !went_on.status.success() => vec![format!("no manager goes on: {}", went_on.err)],
            Err(error) => vec![format!("{} cannot be read: {error}", file.display())],
            Ok(scan) if scan.results.len() != before + decided => {
                let now = scan.results.len();
                vec![format!(
                    "{before} results, {decided} decided, {now} results"
                )]
            }
            Ok(scan) => {
                known.scan = scan;
                checker::violations_on_the_log(&known)
            }
        };
        if !violations.is_empty() {
            let shown = first_of("after a power cut", &violations);
            company.history().wrong_ends.push(shown);
        }
        true
    }
}

impl Stage for SqliteStage {
    fn bench(&self) -> &Bench {
        &self.bench
    }

    fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Seven heartbeats of 200 ms.
    fn session(&self) -> Duration {
        Duration::from_millis(1_400)
    }

    fn step_back(&self) -> Duration {
        Duration::from_secs(3_600)
    }

    fn options(&self) -> &[&'static str] {
        &[]
    }

    fn inject(&self, kind: Kind, company: &Company<'_>, _: &mut Rng) -> bool {
        match kind {
            Kind::DiskFull => self.disk_full(company),
            Kind::ReadOnly => self.read_only(company),
            Kind::PowerCut => self.power_cut(company),
            _ => unreachable!("{kind} is not a fault of a file"),
        }
    }

    /// All services have ended, the last of them cleanly, so the file alone must have everything. The scan copies it as
    /// people copy a file, throws away everything else, and puts the copy back. The next phase goes on with the copy.
    fn scan(&self) -> Scan {
        let copy = self.bench.folder.path().join("copy.db");
        std::fs::copy(&self.file, &copy).unwrap();
        for beside in ["", "-wal", "-shm"] {
            // It may not exist.
            let _ = std::fs::remove_file(format!("{}{beside}", self.file.display()));
        }
        std::fs::copy(&copy, &self.file).unwrap();
        // A copied file has to be synced like any other: a power cut may come soon.
        for path in [&*self.file, self.file.parent().unwrap()] {
            let copied = std::fs::File::open(path).unwrap();
            copied.sync_all().unwrap();
        }
        scan(&self.file, &self.bench).unwrap()
    }
}

/// Whether a service soon complains that it cannot write. Earlier complaints do not count.
fn is_complained(company: &Company<'_>, words: &[&str]) -> bool {
    let complaints = || -> usize {
        let said = company.seats().map(|seat| seat.said());
        let count = |text: &String| {
            words
                .iter()
                .map(|word| text.matches(word).count())
                .sum::<usize>()
        };
        said.iter().map(count).sum()
    };
    let (mut before, began) = (complaints(), Instant::now());
    while began.elapsed() < COMPLAINT && !company.is_closing() {
        let now = complaints();
        if now > before {
            // The other services get a chance to notice as well.
            std::thread::sleep(Duration::from_millis(200));
            return true;
        }
        // The count may have dropped: when a process ends, its output goes with it.
        before = now;
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

fn first_of(title: &str, found: &[String]) -> String {
    format!("{title}: {} violations, {:?}", found.len(), found.first())
}

/// How many applications were decided by commands, according to a manager's lines of JSON.
fn decided_by_commands(lines: &[String]) -> usize {
    let decides = |line: &&String| line.contains(r#""said":"Leave"#);
    lines.iter().filter(decides).count()
}

/// The history with everything that is acknowledged by now.
fn known(company: &Company<'_>) -> History {
    let mut known = company.history().clone();
    let [declining, leaving] = &company.managers;
    for seat in [declining, leaving, &company.joiner] {
        let run = ManagerRun {
            name: "a manager at work".to_owned(),
            signs: None,
            may_be_unsaid: usize::MAX,
            started: Instant::now(),
            ended: Instant::now(),
            decisions: decisions(&seat.printed()),
            answers: answers(&seat.printed()),
            log: Vec::new(),
            lost: BTreeMap::new(),
        };
        known.managers.push(run);
    }
    known
}

/// Everything in a file, read with plain SQL and without changing it.
fn scan(file: &Path, bench: &Bench) -> rusqlite::Result<Scan> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // All reads see one state of the file, whatever is written meanwhile.
    let transaction = connection.unchecked_transaction()?;
    Ok(Scan {
        applications: records(&transaction, &bench.applications)?,
        results: records(&transaction, &bench.results)?,
        dead_letters: records(&transaction, &bench.dead_letters)?.len(),
        commands: records(&transaction, &bench.commands)?,
        ledger: records(&transaction, &bench.ledger)?,
        types: types(&transaction)?,
        ..Scan::default()
    })
}

/// The names of the schemas. A key's has none.
fn types(connection: &Connection) -> rusqlite::Result<BTreeMap<u32, String>> {
    let mut select = connection.prepare("SELECT id, schema FROM schemas")?;
    let rows = select.query_map([], |row| {
        let (id, schema): (u32, String) = (row.get(0)?, row.get(1)?);
        Ok(name_of(&schema).map(|name| (id, name)))
    })?;
    rows.filter_map(Result::transpose).collect()
}

fn records(connection: &Connection, topic: &str) -> rusqlite::Result<Vec<RawRecord>> {
    let mut select = connection.prepare(
        "SELECT partition, offset, key, value FROM records \
         WHERE topic = (SELECT id FROM topics WHERE name = ?1) ORDER BY partition, offset",
    )?;
    let rows = select.query_map([topic], |row| {
        Ok(RawRecord {
            partition: row.get(0)?,
            offset: row.get(1)?,
            key: row.get(2)?,
            value: row.get(3)?,
        })
    })?;
    rows.collect()
}
