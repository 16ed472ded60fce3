//! A member that is a process of its own, to be killed.
//!
//! The process is this test program once more, told to run [`a_member_process`] only.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use timeoff_log::{Event, Log, Membership};

use crate::bench::{Bench, quick_settings, record, text};

const JOB: &str = "TIMEOFF_CONFORMANCE_MEMBER";

/// A process that takes deliveries, and settles them in an order of its own, each with one result that repeats it.
/// It is killed when this is dropped.
pub(crate) struct MemberProcess {
    child: Child,
}

impl MemberProcess {
    /// `seed` decides in which order and in what batches it settles.
    pub(crate) fn start(bench: &Bench, topic: &Arc<str>, results: &Arc<str>, seed: u8) -> Self {
        let job = serde_json::json!({
            "url": bench.url.to_string(),
            "group": bench.membership(topic).group,
            "topic": &**topic,
            "results": &**results,
            "seed": seed,
        });
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "process::a_member_process"])
            .env(JOB, job.to_string())
            // It ends when this end of the pipe is closed, so it cannot outlive its test.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        MemberProcess { child }
    }

    /// Ends it where it stands, with no chance to do anything about it. Fails if it has ended by itself before.
    pub(crate) fn kill(mut self) {
        const SIGKILL: i32 = 9;
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(SIGKILL), "it has ended: {status}");
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
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(1);
    });
    let job: serde_json::Value = serde_json::from_str(&job).unwrap();
    let of_job = |key: &str| -> Arc<str> { job[key].as_str().unwrap().into() };
    let membership = Membership {
        group: of_job("group").to_string(),
        topic: of_job("topic"),
        max_in_hand: 40,
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
            let seed = job["seed"].as_u64().unwrap() as u8;
            decide_for_ever(&log, membership, &of_job("results"), seed).await;
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
        // Take what there is, and wait only with empty hands.
        while in_hand.len() < 20 {
            let event = match member.try_next().unwrap() {
                Some(event) => event,
                None if in_hand.is_empty() => member.next().await.unwrap(),
                None => break,
            };
            if let Event::Delivery(delivery) = event {
                in_hand.push(delivery);
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
