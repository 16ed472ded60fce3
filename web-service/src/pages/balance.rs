//! What somebody can take, and how that comes about.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use timeoff_ledger::account::{Share, Use};
use timeoff_ledger::{Balance, Date};

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use super::shown::{amount, date, when};
use crate::account::{Account, application_of};
use crate::api::{CaughtUp, Id, Query, day_asked, encoded, home_seen_by, nothing_of_that_name};
use crate::away::Period;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

#[derive(Template)]
#[template(path = "balance.html")]
struct BalancePage {
    frame: Frame,
    is_mine: bool,
    name: String,
    department: String,
    /// The day that is asked about: `2027-07-01`.
    at: String,
    /// The same for people.
    shown_at: String,
    /// `None` if no policy has been set.
    types: Option<Vec<ShownBalance>>,
}

/// What can be taken of a type of leave.
pub(super) struct ShownBalance {
    /// The type's name.
    pub(super) name: String,
    pub(super) label: String,
    /// `None` if the type needs no entitlement.
    pub(super) available: Option<String>,
    /// What can be taken only later: `240 h from Fri 1 Jan 2027`.
    pub(super) later: Option<String>,
    pub(super) grants: Vec<Grant>,
    /// Booked without an entitlement.
    pub(super) missing: Option<String>,
}

/// What was granted, and where it is.
pub(super) struct Grant {
    /// `240 h from Fri 1 Jan 2027 to Fri 31 Dec 2027`.
    what: String,
    /// What has become of it: `booked` and how much.
    parts: Vec<(&'static str, String)>,
    /// By the days.
    uses: Vec<ShownUse>,
}

/// What a leave uses of it.
struct ShownUse {
    address: String,
    when: String,
    amount: String,
    /// `Thu 1 Jul 2027, 8 h`.
    days: Vec<String>,
    /// Whether its application waits.
    is_waiting: bool,
}

impl ShownBalance {
    pub(super) fn of(balance: &Balance) -> ShownBalance {
        let explained = balance.explanation.as_ref();
        let shares = explained.map_or(&[][..], |why| &why.shares);
        let later: u64 = shares.iter().map(|share| share.later).sum();
        let opens = shares.iter().filter(|share| share.later > 0);
        let opens = opens.map(|share| share.entitlement.from).min();
        let is_first = |open: &Date| explained.is_some_and(|why| *open > why.date);
        let missing = explained.map_or(0, |why| why.missing.iter().map(|one| one.minutes).sum());
        ShownBalance {
            name: balance.leave_type.as_str().to_owned(),
            label: balance.label.clone(),
            available: explained.map(|why| amount(why.available())),
            later: (later > 0).then(|| match opens.filter(is_first) {
                Some(open) => format!("{} from {}", amount(later), date(open)),
                None => format!("{} later", amount(later)),
            }),
            grants: shares
                .iter()
                .filter(|share| share.entitlement.minutes > 0)
                .map(|share| Grant::of(balance, share))
                .collect(),
            missing: (missing > 0).then(|| amount(missing)),
        }
    }
}

impl Grant {
    fn of(balance: &Balance, share: &Share) -> Grant {
        let all = |uses: &[Use]| uses.iter().map(|one| one.minutes).sum::<u64>();
        let parts = [
            ("Booked", all(&share.booked)),
            ("Reserved by what waits", all(&share.reserved)),
            ("Can be taken then", share.available),
            ("Can be taken only later", share.later),
            ("Ended unused", share.expired),
        ];
        let mut uses: Vec<(Date, ShownUse)> = Vec::new();
        for (is_waiting, of) in [(false, &share.booked), (true, &share.reserved)] {
            let mut by_leave: BTreeMap<u32, Vec<&Use>> = BTreeMap::new();
            for one in of {
                by_leave.entry(one.leave).or_default().push(one);
            }
            for (leave, days) in by_leave {
                let id = application_of(balance, leave);
                let id = id.map_or("", |id| id.as_str());
                if let (Some(first), Some(last)) = (days.first(), days.last()) {
                    let shown = ShownUse {
                        address: format!("/applications/{}", encoded(id)),
                        when: when(Period {
                            first: first.date.naive(),
                            last: last.date.naive(),
                        }),
                        amount: amount(days.iter().map(|day| day.minutes).sum()),
                        days: days
                            .iter()
                            .map(|day| format!("{}, {}", date(day.date), amount(day.minutes)))
                            .collect(),
                        is_waiting,
                    };
                    uses.push((first.date, shown));
                }
            }
        }
        uses.sort_by_key(|(first, _)| *first);
        let entitlement = &share.entitlement;
        Grant {
            what: format!(
                "{} from {} to {}",
                amount(entitlement.minutes.into()),
                date(entitlement.from),
                date(entitlement.until)
            ),
            parts: parts
                .into_iter()
                .filter(|(_, minutes)| *minutes > 0)
                .map(|(what, minutes)| (what, amount(minutes)))
                .collect(),
            uses: uses.into_iter().map(|(_, one)| one).collect(),
        }
    }
}

/// The day that is asked about.
#[derive(Deserialize)]
pub(super) struct BalanceQuery {
    at: Option<String>,
}

/// One's own.
pub(super) async fn mine(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<BalanceQuery>,
) -> Result<Response, Problem> {
    let Some(id) = me.home_place(&service).map(|place| place.id.clone()) else {
        let detail = "You are at home in no department, so you have no balance.";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    shown(&service, me, id, asked).await
}

/// Somebody's.
pub(super) async fn of_person(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
    Query(asked): Query<BalanceQuery>,
) -> Result<Response, Problem> {
    shown(&service, me, id, asked).await
}

async fn shown(
    service: &Arc<Service>,
    me: Me,
    id: String,
    asked: BalanceQuery,
) -> Result<Response, Problem> {
    // A field that was left empty means today.
    let at = day_asked(asked.at.as_deref().filter(|text| !text.trim().is_empty()))?;
    let departments = service.contract.departments().clone();
    let who = me.clone();
    let found = service.reading.ask(move |queries| {
        let Some(place) = home_seen_by(queries, &departments, &who, &id)? else {
            return Ok(None);
        };
        let account = Account::of(queries, &departments, &place)?;
        Ok(Some((place, account)))
    });
    let (place, account) = found.await?.ok_or_else(|| nothing_of_that_name("person"))?;
    let balances = account.map(|account| account.balances(at));
    let is_mine = me.home_place(service).is_some_and(|own| own.id == place.id);
    let shown = BalancePage {
        frame: Frame::of(service, &me, Here::Elsewhere),
        is_mine,
        name: place.name,
        department: place.department,
        at: at.to_string(),
        shown_at: date(at),
        types: balances.map(|all| all.iter().map(ShownBalance::of).collect()),
    };
    Ok(page(StatusCode::OK, &shown))
}
