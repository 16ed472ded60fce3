//! People who ask by commands: an admin who enters people, approvers who decide, employees who withdraw, and some who
//! have no right to what they ask. Some commands are sent again.

mod connection;
mod wishes;

use std::time::Duration;

use fastrand::Rng;

use self::connection::Connection;
use self::wishes::{PEOPLE, Wishes};
use crate::checker::DEPARTMENTS;
use crate::company::Company;
use crate::history::Queued;
use crate::wanted::Wanted;

pub(crate) use self::wishes::HAND;

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_millis(200);

/// At most this long nothing is asked, in milliseconds.
const QUIET: u64 = 60;

/// Asks for one thing after another until the company closes.
pub(crate) fn work(company: &Company<'_>, mut rng: Rng) {
    let Some(mut connection) = connect(company) else {
        return;
    };
    enter_people(company, &mut connection);
    let mut wishes = Wishes::default();
    while !company.is_closing() {
        {
            let _asking = company.asking.lock();
            wishes.hear(connection.new_applications());
        }
        for wanted in wishes.next(company, &mut rng) {
            send(company, &mut connection, &wanted);
        }
        std::thread::sleep(Duration::from_millis(rng.u64(..QUIET)));
    }
    connection.close();
}

/// Enters an admin in each department, and has them enter the approvers.
fn enter_people(company: &Company<'_>, connection: &mut Connection) {
    let commands = DEPARTMENTS.len() * PEOPLE.len();
    while !company.is_closing() {
        let number = company.history().entered;
        if number == commands {
            return;
        }
        let (department, person) = (number / PEOPLE.len(), number % PEOPLE.len());
        // After a failure the same command is sent again.
        match send(company, connection, &wishes::entering(department, person)) {
            true => company.history().entered += 1,
            false => std::thread::sleep(PAUSE),
        }
    }
}

/// Appends a command. Returns whether it is certain to be on the log.
fn send(company: &Company<'_>, connection: &mut Connection, wanted: &Wanted) -> bool {
    let asking = company.asking.lock();
    let id = wanted.id.clone();
    company.history().wanted.insert(id.clone(), wanted.clone());
    let queued = connection.append(wanted);
    // Noted before a power cut can come.
    company.history().queued.extend(queued.map(|offset| Queued {
        command_id: id,
        partition: wanted.partition,
        offset,
    }));
    drop(asking);
    queued.is_some()
}

/// Tries again while the log does not answer. `None` if the company closes meanwhile.
fn connect(company: &Company<'_>) -> Option<Connection> {
    while !company.is_closing() {
        let _asking = company.asking.lock();
        if let Some(connection) = Connection::open(company.stage) {
            return Some(connection);
        }
        std::thread::sleep(PAUSE);
    }
    None
}
