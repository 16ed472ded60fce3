//! The whole protocol keeps its promises in every order of steps.
//!
//! `cargo test --test whole -- --nocapture` prints what was tried. With other bounds, as nine numbers (how often each
//! letter of the cast is sent, crashes, takeovers, answers in hand):
//!
//! ```sh
//! TIMEOFF_MODEL_BOUNDS="2 1 1 1 0 0 1 1 1" cargo test --release --test whole -- --ignored --nocapture
//! ```

#![expect(clippy::print_stdout, reason = "what was tried is to be read")]

use std::time::Instant;

use stateright::{Checker as _, Expectation, Model as _};
use timeoff_model::{
    BACK, BOOKED_THERE, Bounds, ON_ITS_WAY, Protocol, REFUSED, REPEATED, VOID_ANSWER, World, tell,
};

#[test]
fn approvals_a_cancellation_and_a_repeated_command_with_takeovers_a_crash_and_two_answers_in_hand()
{
    keeps_every_promise(
        Bounds {
            letters: [2, 1, 0, 0, 1, 0],
            crashes: 1,
            takeovers: 1,
            in_hand: 2,
        },
        &[VOID_ANSWER, REPEATED, REFUSED],
    );
}

#[test]
fn approvals_here_and_there_and_a_move_with_a_takeover() {
    keeps_every_promise(
        Bounds {
            letters: [1, 1, 1, 1, 0, 0],
            crashes: 0,
            takeovers: 1,
            in_hand: 1,
        },
        &[VOID_ANSWER, REFUSED, ON_ITS_WAY, BOOKED_THERE],
    );
}

#[test]
fn approvals_here_and_there_a_move_and_a_repeated_command_with_a_crash() {
    keeps_every_promise(
        Bounds {
            letters: [2, 1, 1, 1, 0, 0],
            crashes: 1,
            takeovers: 0,
            in_hand: 1,
        },
        &[REPEATED, REFUSED, ON_ITS_WAY, BOOKED_THERE],
    );
}

#[test]
fn a_move_there_and_back_with_a_crash() {
    keeps_every_promise(
        Bounds {
            letters: [1, 0, 1, 1, 0, 1],
            crashes: 1,
            takeovers: 0,
            in_hand: 1,
        },
        &[ON_ITS_WAY, BOOKED_THERE, BACK],
    );
}

#[test]
#[ignore = "takes longer, with bounds of your own"]
fn within_the_bounds_of_the_variable() {
    let bounds = from_variable().unwrap_or(Bounds {
        letters: [2, 1, 1, 1, 0, 0],
        crashes: 1,
        takeovers: 1,
        in_hand: 1,
    });
    keeps_every_promise(bounds, &[]);
}

/// Tries every order of steps within the bounds. What is never reached is not checked: this is to be reached.
fn keeps_every_promise(bounds: Bounds, reached: &[&'static str]) {
    let began = Instant::now();
    let checker = Protocol::new(bounds)
        .checker()
        .threads(2)
        .symmetry_fn(World::representative)
        .spawn_dfs()
        .join();
    println!(
        "{} different states, by {} steps; paths of up to {} steps; {:.1} s\n  {bounds:?}",
        checker.unique_state_count(),
        checker.state_count() - 1,
        checker.max_depth() - 1,
        began.elapsed().as_secs_f32(),
    );
    let mut discoveries = checker.discoveries();
    for property in checker.model().properties() {
        if let Expectation::Sometimes = property.expectation {
            continue;
        }
        if let Some(path) = discoveries.remove(property.name) {
            let story = tell(checker.model(), path);
            panic!("broken: {}\n{story}", property.name);
        }
    }
    for name in reached {
        assert!(discoveries.contains_key(name), "never reached: {name}");
    }
}

fn from_variable() -> Option<Bounds> {
    let text = std::env::var("TIMEOFF_MODEL_BOUNDS").ok()?;
    let numbers = text
        .split_whitespace()
        .map(|number| number.parse().expect("numbers from 0 to 255"));
    let numbers: Vec<u8> = numbers.collect();
    let numbers = <[u8; 9]>::try_from(numbers).expect("nine numbers");
    let [a, b, c, d, e, f, crashes, takeovers, in_hand] = numbers;
    Some(Bounds {
        letters: [a, b, c, d, e, f],
        crashes,
        takeovers,
        in_hand: in_hand.into(),
    })
}
