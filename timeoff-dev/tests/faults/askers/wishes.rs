//! What is asked for next, and by whom.

use std::collections::VecDeque;

use fastrand::Rng;

use crate::checker::{BY_HAND, DEPARTMENTS};
use crate::company::Company;
use crate::wanted::{ADMIN, Somebody, Wanted, What};

/// The address of the person at the inbox, an approver.
pub(crate) const HAND: &str = "hand@example.com";

const BOSS: &str = "boss@example.com";
const GRACE: &str = "grace@example.com";
const LINUS: &str = "linus@example.com";
const CLERK: &str = "clerk@example.com";

/// Nobody has entered them.
const STRANGER: &str = "stranger@example.com";

/// Whoever is entered in each department at the start: address, name, role. The first one enters the others.
pub(super) const PEOPLE: [(&str, &str, &str); 5] = [
    (BOSS, "Bo Boss", ADMIN),
    (HAND, BY_HAND, APPROVER),
    (GRACE, "Grace Hopper", APPROVER),
    (LINUS, "Linus Approver", APPROVER),
    (CLERK, "Clara Clerk", "employee"),
];

const APPROVER: &str = "approver";

/// How many of the latest applications are remembered, and how many count as new.
const REMEMBERED: usize = 4_000;
const NEW: usize = 30;

/// An application that is on the log.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) partition: i32,
}

/// Chooses what is asked for.
#[derive(Default)]
pub(super) struct Wishes {
    seen: VecDeque<Seen>,
}

impl Wishes {
    pub(super) fn hear(&mut self, applications: Vec<Seen>) {
        self.seen.extend(applications);
        let over = self.seen.len().saturating_sub(REMEMBERED);
        self.seen.drain(..over);
    }

    /// The commands to send now, in this order.
    pub(super) fn next(&self, company: &Company<'_>, rng: &mut Rng) -> Vec<Wanted> {
        let Some(about) = self.choose(rng) else {
            return Vec::new();
        };
        let mut wanted = match rng.u8(..100) {
            0..42 => vec![decide(about, approver(rng), rng)],
            42..65 => vec![withdraw(about, &about.email, rng)],
            65..70 => vec![decide(about, CLERK, rng)],
            70..75 => vec![decide(about, STRANGER, rng)],
            75..80 => vec![withdraw(about, approver(rng), rng)],
            80..84 => self.promote(about, rng),
            84..88 => vec![decide(&elsewhere(about), approver(rng), rng)],
            _ => earlier(company, rng).into_iter().collect(),
        };
        if rng.u8(..8) == 0 {
            wanted.extend(wanted.last().cloned());
        }
        wanted
    }

    /// Half of the time a new one, which a manager may be deciding now.
    fn choose(&self, rng: &mut Rng) -> Option<&Seen> {
        let count = self.seen.len();
        let first = match rng.bool() {
            true => count.saturating_sub(NEW),
            false => 0,
        };
        (count > 0).then(|| &self.seen[rng.usize(first..count)])
    }

    /// An employee becomes an approver, and decides on their own leave, and on another one.
    fn promote(&self, own: &Seen, rng: &mut Rng) -> Vec<Wanted> {
        let (name, _) = own.email.split_once('@').unwrap_or_default();
        let person = Somebody {
            id: id(rng),
            email: own.email.clone(),
            name: format!("Promoted {name}"),
            role: APPROVER.to_owned(),
        };
        let enter = Wanted {
            id: id(rng),
            partition: own.partition,
            by: BOSS.to_owned(),
            what: What::Enter {
                is_first: false,
                person,
            },
        };
        let mut wanted = vec![enter, decide(own, &own.email, rng)];
        let others = |other: &&Seen| other.partition == own.partition && other.id != own.id;
        let another = self.seen.iter().rev().find(others);
        wanted.extend(another.map(|another| decide(another, &own.email, rng)));
        wanted
    }
}

/// The command that enters a person in a department, by their numbers. Always the same, so that it can be repeated.
pub(super) fn entering(department: usize, person: usize) -> Wanted {
    let (email, name, role) = PEOPLE[person];
    let mut rng = Rng::with_seed((department * PEOPLE.len() + person) as u64);
    Wanted {
        id: id(&mut rng),
        partition: i32::try_from(department).unwrap(),
        by: BOSS.to_owned(),
        what: What::Enter {
            is_first: person == 0,
            person: Somebody {
                id: id(&mut rng),
                email: email.to_owned(),
                name: name.to_owned(),
                role: role.to_owned(),
            },
        },
    }
}

/// The outcome does not follow the managers' policy.
fn decide(about: &Seen, by: &str, rng: &mut Rng) -> Wanted {
    let comment = (rng.u8(..4) == 0).then(|| format!("By command, {}", rng.u16(..)));
    let expected_version = match rng.u8(..16) {
        0 | 1 => Some(0),
        2 => Some(1),
        _ => None,
    };
    Wanted {
        id: id(rng),
        partition: about.partition,
        by: by.to_owned(),
        what: What::Decide {
            application: about.id.clone(),
            approve: rng.bool(),
            comment,
            expected_version,
        },
    }
}

fn withdraw(about: &Seen, by: &str, rng: &mut Rng) -> Wanted {
    Wanted {
        id: id(rng),
        partition: about.partition,
        by: by.to_owned(),
        what: What::Withdraw {
            application: about.id.clone(),
        },
    }
}

/// The same application, asked about in a department in which it is not.
fn elsewhere(about: &Seen) -> Seen {
    let departments = i32::try_from(DEPARTMENTS.len()).unwrap();
    Seen {
        partition: (about.partition + 1) % departments,
        ..about.clone()
    }
}

/// A command that was sent before, in this phase or an earlier one, acknowledged or not.
fn earlier(company: &Company<'_>, rng: &mut Rng) -> Option<Wanted> {
    let history = company.history();
    let count = history.wanted.len();
    let wanted = history.wanted.values().nth(rng.usize(..count.max(1)));
    wanted.cloned()
}

fn approver(rng: &mut Rng) -> &'static str {
    [GRACE, LINUS][rng.usize(..2)]
}

/// A UUID.
fn id(rng: &mut Rng) -> String {
    let digits = format!("{:032x}", rng.u128(1..));
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}
