//! What has to hold.

use stateright::Property;
use timeoff_ledger::{Fact, Fate};

use crate::cast::{GRANTED, LINUS, command_id, date, ken};
use crate::world::World;
use crate::{Books, Place, Protocol};

/// No promise is checked by the rules: they are what is checked.
pub(crate) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(NOT_OVERDRAWN, is_not_overdrawn),
        Property::always(ONE_ANSWER, has_one_answer_at_most),
        Property::always(ONE_RESULT, has_the_results_that_the_ledger_says),
        Property::always(NOTHING_LOST, has_everything_once),
        Property::always(STATE_AGREES, state_agrees_in_the_end),
        Property::eventually(ALL_ANSWERED, is_all_answered),
        // What is never reached is not checked.
        Property::sometimes(VOID_ANSWER, has_void_answer),
        Property::sometimes(REPEATED, has_repeated),
        Property::sometimes(REFUSED, has_refused_approval),
        Property::sometimes(ON_ITS_WAY, has_leave_on_its_way),
        Property::sometimes(BOOKED_THERE, has_booked_after_move),
        Property::sometimes(BACK, has_moved_back),
    ]
}

/// Minutes granted are no fewer than minutes booked.
pub const NOT_OVERDRAWN: &str = "no account is overdrawn, in a department or in both together";
/// Every command has one answer.
pub const ONE_ANSWER: &str = "a command has no second answer, and none in the wrong department";
/// Results and ledger agree.
pub const ONE_RESULT: &str = "an application has one result, as soon as the ledger says so";
/// Moves lose and double nothing.
pub const NOTHING_LOST: &str = "what is granted and booked is in one place, once";
/// The fold says what was recorded.
pub const STATE_AGREES: &str = "in the end, a department's state says what was recorded there";
/// Nothing stays unanswered.
pub const ALL_ANSWERED: &str = "in the end, every command is answered";

/// A takeover happens at the worst moment.
pub const VOID_ANSWER: &str = "a former owner has an answer in hand";
/// A command comes twice.
pub const REPEATED: &str = "a command is answered that has its answer";
/// Nothing is left to take for the second approval.
pub const REFUSED: &str = "an approval is refused";
/// A move takes booked leave along.
pub const ON_ITS_WAY: &str = "leave waits to be admitted";
/// Somebody is back with the leave that was booked before.
pub const BACK: &str = "somebody is back with booked leave";
/// What came along can be taken there.
pub const BOOKED_THERE: &str = "leave is booked after a move";

/// What a department's ledger says.
fn books(protocol: &Protocol, world: &World, at: Place) -> Books {
    let mut books = protocol.cast.books[at as usize].clone();
    for event in &world.log(at).ledger {
        books.enter(&event.says);
    }
    books
}

/// What waits to be admitted to a department.
fn admissions_on_their_way(world: &World, at: Place) -> Books {
    let mut books = Books::default();
    let log = world.log(at);
    for command in &log.commands {
        if log.answers_to(command.says.asked.command_id) == 0 {
            books.admit(&command.says);
        }
    }
    books
}

/// A department's books, with what is on its way there.
fn books_with_admissions(protocol: &Protocol, world: &World, at: Place) -> Books {
    let mut all = books(protocol, world, at);
    let on_its_way = admissions_on_their_way(world, at);
    all.granted.extend(on_its_way.granted);
    all.booked.extend(on_its_way.booked);
    all
}

fn is_not_overdrawn(protocol: &Protocol, world: &World) -> bool {
    let all = Place::ALL.map(|at| books_with_admissions(protocol, world, at));
    let booked: u32 = all.iter().map(Books::minutes_booked).sum();
    let each = |books: &Books| books.minutes_booked() <= books.minutes_granted();
    booked <= GRANTED && all.iter().all(each)
}

fn has_one_answer_at_most(_: &Protocol, world: &World) -> bool {
    Place::ALL.into_iter().all(|at| {
        let log = world.log(at);
        log.ledger.iter().all(|event| {
            event.says.cause.command_id.is_some_and(|id| {
                let mut commands = log.commands.iter();
                log.answers_to(id) == 1 && commands.any(|one| one.says.asked.command_id == id)
            })
        })
    })
}

fn has_the_results_that_the_ledger_says(protocol: &Protocol, world: &World) -> bool {
    Place::ALL.into_iter().all(|at| {
        let log = world.log(at);
        let decided = log
            .ledger
            .iter()
            .filter_map(|event| match &event.says.fact {
                Fact::LeaveBooked(decided) => Some((&decided.application, Fate::Approved)),
                Fact::LeaveDeclined(decided) => Some((&decided.application, Fate::Declined)),
                _ => None,
            })
            .map(|(id, fate)| (protocol.cast.number_of(id), fate));
        let mut decided: Vec<_> = decided.collect();
        let mut results = log.results.clone();
        decided.sort_by_key(|(number, _)| *number);
        results.sort_by_key(|(number, _)| *number);
        let has_two = results.windows(2).any(|two| two[0].0 == two[1].0);
        decided == results && !has_two
    })
}

/// All that was ever granted, and all that was ever booked and not given back, each in one department or on its way
/// there.
fn has_everything_once(protocol: &Protocol, world: &World) -> bool {
    let mut ever = protocol.cast.books[Place::It as usize].clone();
    for event in world.logs.iter().flat_map(|log| &log.ledger) {
        match &event.says.fact {
            Fact::LeaveBooked(_) | Fact::LeaveReleased { .. } => ever.enter(&event.says),
            _ => {}
        }
    }
    let mut now = Books::default();
    for at in Place::ALL {
        let there = books_with_admissions(protocol, world, at);
        now.granted.extend(there.granted);
        now.booked.extend(there.booked);
    }
    ever.booked.sort();
    now.booked.sort();
    ever == now
}

fn state_agrees_in_the_end(protocol: &Protocol, world: &World) -> bool {
    if !world.is_quiescent() {
        return true;
    }
    Place::ALL.into_iter().all(|at| {
        let state = protocol.fold(at, world.log(at)).state;
        let books = books(protocol, world, at);
        let balances = state.balances(ken(), date("2027-01-08"), &[]);
        let [balance] = balances.as_slice() else {
            // Nobody who is not there has an account.
            return books == Books::default();
        };
        let booked = balance.booked.iter();
        let booked: Vec<_> = booked
            .map(|one| (one.application.as_str().to_owned(), one.days.minutes()))
            .collect();
        let Some(explanation) = &balance.explanation else {
            return false;
        };
        let left_or_booked = explanation.available() + u64::from(books.minutes_booked());
        booked == books.booked && left_or_booked == u64::from(books.minutes_granted())
    })
}

fn is_all_answered(_: &Protocol, world: &World) -> bool {
    world.is_settled()
        && world.logs.iter().all(|log| {
            let mut commands = log.commands.iter();
            commands.all(|command| log.answers_to(command.says.asked.command_id) == 1)
        })
}

fn has_void_answer(_: &Protocol, world: &World) -> bool {
    world
        .owners()
        .any(|(at, owner)| owner.generation < world.log(at).generation && !owner.in_hand.is_empty())
}

fn has_repeated(_: &Protocol, world: &World) -> bool {
    let mut works = world.owners().flat_map(|(_, owner)| &owner.in_hand);
    works.any(|work| work.events.is_empty())
}

fn has_refused_approval(_: &Protocol, world: &World) -> bool {
    let mut ledger = world.log(Place::It).ledger.iter();
    ledger.any(|event| {
        event.says.cause.command_id == Some(command_id(LINUS))
            && matches!(event.says.fact, Fact::CommandRefused { .. })
    })
}

fn has_leave_on_its_way(_: &Protocol, world: &World) -> bool {
    admissions_on_their_way(world, Place::Hr).minutes_booked() > 0
}

fn has_booked_after_move(_: &Protocol, world: &World) -> bool {
    let mut ledger = world.log(Place::Hr).ledger.iter();
    ledger.any(|event| matches!(event.says.fact, Fact::LeaveBooked(_)))
}

fn has_moved_back(protocol: &Protocol, world: &World) -> bool {
    let mut ledger = world.log(Place::It).ledger.iter();
    let is_back = ledger.any(|event| matches!(event.says.fact, Fact::PersonEntered { .. }));
    is_back && books(protocol, world, Place::It).minutes_booked() > 0
}
