//! A member in its own process, to be killed or stopped.
//!
//! The process is this test program once more, started to run only [`a_member_process`].

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use timeoff_log::{BYTES_IN_HAND, Event, Log, Membership, Settled};
use tokio::sync::mpsc;

use crate::bench::{Bench, DEADLINE, quick_settings, record, text};

const JOB: &str = "TIMEOFF_CONFORMANCE_MEMBER";

/// Marks the lines of the process among those of the test harness.
const MARK: &str = "member process: ";

/// What a member process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// [`decide_for_ever`].
    Decide { seed: u8 },
    /// Takes two deliveries, says so, waits for [`MemberProcess::tell`], settles the second one, and says what became
    /// of it.
    Hold { with_output: bool },
}

/// The process. It is killed when this is dropped.
pub(crate) struct MemberProcess {
    child: Child,
    said: mpsc::UnboundedReceiver<String>,
}

impl MemberProcess {
    pub(crate) fn start(
        bench: &Bench,
        membership: &Membership,
        results: &Arc<str>,
        task: Task,
    ) -> Self {
        let task = match task {
            Task::Decide { seed } => serde_json::json!({ "seed": seed }),
            Task::Hold { with_output } => serde_json::json!({ "with_output": with_output }),
        };
        let job = serde_json::json!({
            "url": bench.url.to_string(),
            "group": membership.group,
            "topic": &*membership.topic,
            "alongside": membership.alongside.iter().map(|topic| &**topic).collect::<Vec<_>>(),
            "results": &**results,
            "task": task,
        });
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "process::a_member_process"])
            .arg("--nocapture")
            .env(JOB, job.to_string())
            // The process ends when this end of the pipe is closed, so it cannot outlive its test.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, said) = mpsc::unbounded_channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // The harness does not end its own line first.
                if let Some((_, said)) = line.split_once(MARK) {
                    let _ = sender.send(said.to_owned());
                }
            }
        });
        MemberProcess { child, said }
    }

    /// Kills the process where it stands, without a chance to clean up. Fails if it had already ended.
    pub(crate) fn kill(mut self) {
        const SIGKILL: i32 = 9;
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(SIGKILL), "it has ended: {status}");
    }

    /// The next line that the process says.
    pub(crate) async fn says(&mut self) -> String {
        tokio::time::timeout(DEADLINE, self.said.recv())
            .await
            .expect("the process says something")
            .expect("the process lives")
    }

    /// Stops the process where it stands, until [`MemberProcess::go_on`].
    pub(crate) fn stop(&self) {
        self.signal("STOP");
    }

    /// Tells the process to go on with its task. May be called while the process is stopped.
    pub(crate) fn tell(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", "kill -s $0 $1", name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }
}

impl Drop for MemberProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "not a test: the process that other tests start and kill"]
fn a_member_process() {
    let Ok(job) = std::env::var(JOB) else {
        panic!("{JOB} does not say what to do");
    };
    let (sender, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut input = std::io::stdin();
        while input.read(&mut [0]).is_ok_and(|bytes| bytes > 0) {
            let _ = sender.send(());
        }
        std::process::exit(1);
    });
    let job: serde_json::Value = serde_json::from_str(&job).unwrap();
    let of_job = |key: &str| -> Arc<str> { job[key].as_str().unwrap().into() };
    let membership = Membership {
        group: of_job("group").to_string(),
        topic: of_job("topic"),
        alongside: job["alongside"]
            .as_array()
            .unwrap()
            .iter()
            .map(|topic| topic.as_str().unwrap().into())
            .collect(),
        max_in_hand: 40,
        max_bytes_in_hand: BYTES_IN_HAND,
        announce_caught_up: false,
    };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let url = of_job("url").parse().unwrap();
            let log = Log::open(&url, &quick_settings()).await.unwrap();
            let results = of_job("results");
            match job["task"]["seed"].as_u64() {
                Some(seed) => decide_for_ever(&log, membership, &results, seed as u8).await,
                None => {
                    let output = job["task"]["with_output"].as_bool().unwrap();
                    let output = output.then_some(&results);
                    hold_two_and_settle_one(&log, membership, output, told).await;
                }
            }
        });
}

/// Takes deliveries and settles them, in batches and in an order that `seed` decides, each with one result that
/// repeats it.
pub(crate) async fn decide_for_ever(
    log: &Log,
    membership: Membership,
    results: &Arc<str>,
    seed: u8,
) {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut member = log.subscribe(membership).await.unwrap();
    let settler = member.settler();
    let mut in_hand = Vec::new();
    loop {
        // Take the deliveries that are there, and wait only with empty hands.
        while in_hand.len() < 20 {
            let event = match member.try_next().unwrap() {
                Some(event) => event,
                None if in_hand.is_empty() => member.next().await.unwrap(),
                None => break,
            };
            match event {
                Event::Delivery(delivery) => in_hand.push(delivery),
                Event::Expired { .. } => panic!("nothing has expired, but {event:?}"),
                // A log may be out of reach while a member beside this one is killed.
                _ => {}
            }
        }
        let settlements = (0..rng.random_range(1..=3))
            .map_while(|_| {
                let last = in_hand.len().checked_sub(1)?;
                let delivery = in_hand.swap_remove(rng.random_range(0..=last));
                let partition = delivery.position().partition;
                let output = record(results, partition, &text(delivery.record()));
                Some(delivery.settle_with(vec![output]))
            })
            .collect();
        settler.settle(settlements).await.unwrap();
        // Slow enough to be interrupted before all is done, whatever the log.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn hold_two_and_settle_one(
    log: &Log,
    membership: Membership,
    results: Option<&Arc<str>>,
    mut told: mpsc::UnboundedReceiver<()>,
) {
    #[expect(
        clippy::print_stdout,
        reason = "the pipe to the test that started this process"
    )]
    let say = |text: &str| println!("{MARK}{text}");
    let mut member = log.subscribe(membership).await.unwrap();
    let mut in_hand = Vec::new();
    while in_hand.len() < 2 {
        if let Event::Delivery(delivery) = member.next().await.unwrap() {
            in_hand.push(delivery);
        }
    }
    say("holding");
    told.recv().await.unwrap();
    let outputs = results.map(|results| record(results, 0, "late"));
    let settlement = in_hand.remove(1).settle_with(Vec::from_iter(outputs));
    let settled = member.settler().settle(vec![settlement]).await.unwrap();
    say(match settled[0] {
        Settled::Recorded(_) => "recorded",
        Settled::Stale => "stale",
        Settled::Unknown => "unknown",
    });
    // It must not decide what it is given after the stop; it only must not end yet.
    told.recv().await.unwrap();
}
