//! Who is meant by an address or an id.

use timeoff_cli::{UsageError, escaped};
use timeoff_ledger::PersonId;
use timeoff_models::Email;

use crate::books::{Books, Found};
use crate::office::now;

/// How alike an address must be to be suggested, from 0 to 1.
const ALIKE: f64 = 0.9;

/// The person with that e-mail address or id, in their home department if they have one.
///
/// # Errors
///
/// [`UsageError`] if there is none, or several people have that address.
pub(crate) fn find<'a>(books: &'a Books, text: &str) -> Result<Found<'a>, UsageError> {
    let text = text.trim();
    let found = match (text.parse::<PersonId>(), text.parse::<Email>()) {
        (Ok(id), _) => books.places_of(id).into_iter().next(),
        (_, Ok(email)) => {
            if let Some(holders) = books.shared_addresses(now()).get(&email) {
                return Err(UsageError(format!(
                    "{}; name one of them by their id",
                    shared(&email, holders)
                )));
            }
            books.with_address(&email, now())
        }
        (Err(_), Err(error)) => {
            return Err(UsageError(format!(
                "a person is named by their e-mail address or id, and {error}"
            )));
        }
    };
    found.ok_or_else(|| {
        let hint = match alike(books, text) {
            Some(address) => format!("; did you mean {}?", escaped(&address)),
            None => "; timeoff-admin people list shows who has".to_owned(),
        };
        UsageError(format!("{} has not been entered{hint}", escaped(text)))
    })
}

/// Says who has an address that several people have. Harmless for a terminal.
pub(super) fn shared(email: &Email, holders: &[Found<'_>]) -> String {
    let each = holders.iter().map(|found| {
        let person = found.entered.person();
        let name = escaped(person.name.as_str());
        format!("{name} of {} ({})", found.entered.home(), person.id)
    });
    let each: Vec<String> = each.collect();
    format!(
        "{} people have the address {}: {}",
        holders.len(),
        escaped(email.as_str()),
        each.join(" and ")
    )
}

/// The address that is most like a text.
fn alike(books: &Books, text: &str) -> Option<String> {
    books
        .everybody()
        .map(|found| found.entered.person().email.as_str())
        .map(|address| (strsim::jaro_winkler(address, text), address))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, address)| address.to_owned())
}
