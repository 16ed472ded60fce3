//! Somebody who follows what happens, and is cut off again and again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use timeoff_testkit::{AUTO, Bench, asked_for, on_runtime};

use crate::client::Client;
use crate::office::{ADA, BOB, LINUS, OLE, Web, dismiss, staffed};

/// How many applications are decided meanwhile, and how often the follower is cut off.
const APPLICATIONS: usize = 120;
const CUTS: usize = 40;

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(240);

/// An event as it came.
#[derive(Debug, Clone)]
struct Told {
    id: String,
    kind: String,
    data: Value,
}

impl Told {
    /// Its topic, partition and offset.
    fn place(&self) -> (String, i64, i64) {
        let at = match &*self.kind {
            "application" => &self.data["queued"],
            _ => &self.data,
        };
        let number = |name: &str| at[name].as_i64().unwrap();
        (self.kind.clone(), number("partition"), number("offset"))
    }
}

pub(crate) fn whoever_is_cut_off_again_and_again_is_told_everything_once_and_in_order(
    bench: &Bench,
) {
    let cuts = asked_for("TIMEOFF_CUTS").unwrap_or(CUTS);
    let applications = APPLICATIONS.max(3 * cuts);
    let serving = staffed(bench);
    dismiss(serving);
    // Each follows at another one.
    let services = [Web::start(bench, "one"), Web::start(bench, "other")];
    let clients = [&services[0], &services[1]].map(|web| web.client(LINUS));
    let nothing_yet = "a0=0";

    let told = std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            for number in 0..applications {
                let (name, department) = match number % 3 {
                    0 => (ADA, "IT"),
                    1 => (BOB, "IT"),
                    _ => (OLE, "OPS"),
                };
                bench.submit(name, department, 8).done();
                if number % 20 == 19 {
                    let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
                    bench.run("manager-service", &arguments).done();
                }
            }
            let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
            bench.run("manager-service", &arguments).done();
        });
        // Of IT: three people and an admin, all applications, all decisions.
        let of_it = (0..applications).filter(|number| number % 3 < 2).count();
        let expected = 4 + 2 * of_it;
        let told = on_runtime(follow(&clients, nothing_yet, cuts, expected));
        working.join().unwrap();
        told
    });
    let mut next: BTreeMap<(String, i64), i64> = BTreeMap::new();
    for one in &told {
        let (kind, partition, offset) = one.place();
        assert_eq!(partition, 1, "he may see this department only: {one:?}");
        let next = next.entry((kind, partition)).or_insert(0);
        assert!(offset >= *next, "{one:?} was told before, or too late");
        *next = offset + 1;
    }

    // An employee is told of what is theirs, and nobody of what is not there.
    let ole = services[0].client(OLE);
    let theirs = applications / 3;
    let told = on_runtime(follow(
        &[ole.clone(), ole.clone()],
        nothing_yet,
        0,
        1 + 2 * theirs,
    ));
    assert!(told.iter().all(|one| one.place().1 == 2));
    ole.with("last-event-id", "nonsense")
        .get("/api/v1/events")
        .is(400);
    for web in services {
        web.stop();
    }
}

/// Follows until so many events have come. Cut off so many times, in the middle of whatever comes.
async fn follow(clients: &[Client; 2], from: &str, cuts: usize, expected: usize) -> Vec<Told> {
    let until = Instant::now() + PATIENCE;
    let mut told: Vec<Told> = Vec::new();
    let mut cut = 0;
    while told.len() < expected {
        let places = || -> Vec<_> { told.iter().map(Told::place).collect() };
        assert!(
            Instant::now() < until,
            "{expected} events, not {:?}",
            places()
        );
        let last = told.last().map_or(from, |last| &last.id);
        let client = clients[cut % 2].with("last-event-id", last);
        // As many bytes as come with some events, so that it ends within one as often as not.
        let most = match cut < cuts {
            true => 300 + 61 * (cut % 17),
            false => usize::MAX,
        };
        told.extend(read(&client, most, expected - told.len(), until).await);
        cut += 1;
    }
    assert!(cut > cuts, "it was cut off only {cut} times");
    told
}

/// Reads some bytes of the stream, or until so many events have come. What has not come whole is not there.
async fn read(client: &Client, most: usize, wanted: usize, until: Instant) -> Vec<Told> {
    let mut response = client.begin("/api/v1/events").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    while text.len() < most && text.matches("\n\n").count() < wanted {
        let left = until.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left, response.chunk()).await {
            Ok(chunk) => match chunk.unwrap() {
                Some(chunk) => text.push_str(std::str::from_utf8(&chunk).unwrap()),
                None => break,
            },
            Err(_) => break,
        }
    }
    let end = text.rfind("\n\n").map_or(0, |end| end + 2);
    text[..end]
        .split("\n\n")
        .filter_map(event)
        .take(wanted)
        .collect()
}

fn event(text: &str) -> Option<Told> {
    let field = |name: &str| {
        let lines = text.lines().find_map(|line| line.strip_prefix(name));
        lines.map(|value| value.trim_start().to_owned())
    };
    Some(Told {
        id: field("id:")?,
        kind: field("event:")?,
        data: serde_json::from_str(&field("data:")?).unwrap(),
    })
}
