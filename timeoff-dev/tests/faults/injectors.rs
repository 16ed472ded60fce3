//! Faults that hit processes, on either log.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fastrand::Rng;

use crate::company::Company;
use crate::employees;
use crate::kind::Kind;
use crate::seat::Seat;

/// Injects one fault and waits until it has passed. Returns whether it did happen.
pub(crate) fn inject(kind: Kind, company: &Company<'_>, rng: &mut Rng) -> bool {
    match kind {
        Kind::Kill => kill(company, rng),
        Kind::Zombie => zombie(company, rng),
        Kind::JoinLeave => join_leave(company, rng),
        Kind::ClockBack => clock_back(company),
        of_log => company.stage.inject(of_log, company, rng),
    }
}

fn kill(company: &Company<'_>, rng: &mut Rng) -> bool {
    // Managers with a policy are hit more often than the others.
    let seats = company.seats();
    let Some(&seat) = seats.get(rng.usize(..9) % 7) else {
        return company.hand.signal("KILL");
    };
    hit_at_work(seat, rng);
    let past = seat.kill();
    past.is_some_and(|past| {
        note(company, seat, &past);
        past.was_killed()
    })
}

fn note(company: &Company<'_>, seat: &Seat, past: &crate::seat::Past) {
    if std::ptr::eq(seat, &company.submitter) {
        company.note_end(past);
        employees::note_submitted(company, &past.process);
    } else if std::ptr::eq(seat, &company.importer) {
        // It does not report what it has queued by then.
        company.note_end(past);
    } else {
        company.note(seat, past);
    }
}

/// Half of the time, waits for the moment after a batch, when the next one is being put together, recorded or
/// committed.
fn hit_at_work(seat: &Seat, rng: &mut Rng) {
    if rng.bool() {
        seat.wait_for_work();
        pause(rng, 12);
    }
}

fn zombie(company: &Company<'_>, rng: &mut Rng) -> bool {
    let sleep = company.stage.session() + Duration::from_millis(rng.u64(300..2_500));
    let [declining, leaving] = &company.managers;
    let signal: Box<dyn Fn(&str) -> bool> = match rng.u8(..6) {
        0 | 1 => Box::new(|name| declining.signal(name)),
        2 | 3 => Box::new(|name| leaving.signal(name)),
        4 => Box::new(|name| company.hand.signal(name)),
        _ => Box::new(|name| company.reader.signal(name)),
    };
    hit_at_work(declining, rng);
    if !signal("STOP") {
        return false;
    }
    std::thread::sleep(sleep);
    signal("CONT")
}

fn join_leave(company: &Company<'_>, rng: &mut Rng) -> bool {
    if rng.u8(..3) == 0 {
        let seat = &company.managers[rng.usize(..2)];
        let past = seat.dismiss();
        if let Some(past) = &past {
            company.note(seat, past);
        }
        pause(rng, 500);
        return past.is_some();
    }
    company.join(rng.usize(..3));
    let share = " holds assignment.held=[";
    let mut has_share = false;
    // It has joined when it has its assignment, even an empty one.
    for _ in 0..500 {
        has_share = company.joiner.said().contains(share);
        if has_share || company.is_closing() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    pause(rng, 800);
    if let Some(past) = company.joiner.dismiss() {
        company.note(&company.joiner, &past);
    }
    has_share
}

fn clock_back(company: &Company<'_>) -> bool {
    let Some(clock) = company.clock else {
        return false;
    };
    let (before, step) = (clock.told(), company.stage.step_back());
    clock.set(real_now() - before + i64::try_from(step.as_secs()).unwrap());
    let has_stepped = clock.told() < before;
    std::thread::sleep(company.stage.session());
    has_stepped
}

fn real_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Waits for a random time of up to `most` milliseconds.
pub(crate) fn pause(rng: &mut Rng, most: u64) {
    std::thread::sleep(Duration::from_millis(rng.u64(..=most)));
}
