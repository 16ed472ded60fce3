//! Asking for people and delegations.

use rusqlite::{Row, ToSql};

use super::page::{Key, Page, PageRequest};
use super::queries::Queries;
use crate::error::ViewError;
use crate::place::Place;

/// A person. Dates are .NET ticks, as on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// The partition of the ledger that they are in.
    pub partition: i32,
    /// E-mail address, in lower case.
    pub email: String,
    /// Their name.
    pub name: String,
    /// The department, in upper case.
    pub department: String,
    /// employee, approver or admin.
    pub role: String,
    /// Code of the region whose holidays apply.
    pub region: Option<String>,
    /// Working minutes for Monday to Sunday.
    pub schedule: Option<String>,
    /// First day of employment.
    pub from_date: Option<i64>,
    /// Last day of employment, as far as it was known when the person was entered or changed.
    pub until_date: Option<i64>,
    /// Words that policies may name, separated by spaces.
    pub tags: String,
    /// Their last day, if they leave or have left.
    pub left_on: Option<i64>,
    /// Region and schedule of earlier times, as on the wire.
    pub earlier_terms: Option<String>,
}

/// Which people. What is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct PersonFilter {
    /// The department, in upper case.
    pub department: Option<String>,
    /// employee, approver or admin.
    pub role: Option<String>,
    /// They have not left before this day: its midnight in ticks.
    pub until: Option<i64>,
    /// This text is in their name or their e-mail address. Of letters, a to z are the same in either case.
    pub text: Option<String>,
    /// In the order of their names, not of their ids. Pages of the one do not go on from pages of the other.
    pub by_name: bool,
}

/// An approver for whom another one stands in. Dates are .NET ticks, as on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The partition of the event.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Id of the approver.
    pub person: String,
    /// Id of the person who stands in.
    pub other_person: String,
    /// From this day on.
    pub from_date: i64,
    /// Until this day.
    pub until_date: i64,
}

const COLUMNS: &str = "id, partition, email, name, department, role, region, schedule, from_date, until_date, tags, \
    left_on, earlier_terms";

const PLACES: &str = "SELECT person, partition, email, name, department, role, region, schedule, from_date, \
    until_date, tags, left_on, earlier_terms FROM stays WHERE";

/// The order of names, each with its id: no two are alike. A name has no control character.
const BY_NAME: &str = "lower(name) || char(31) || id";

fn read(row: &Row<'_>) -> rusqlite::Result<Person> {
    read_from(row, 0)
}

/// A person whose columns begin at this one.
fn read_from(row: &Row<'_>, first: usize) -> rusqlite::Result<Person> {
    Ok(Person {
        id: row.get(first)?,
        partition: row.get(first + 1)?,
        email: row.get(first + 2)?,
        name: row.get(first + 3)?,
        department: row.get(first + 4)?,
        role: row.get(first + 5)?,
        region: row.get(first + 6)?,
        schedule: row.get(first + 7)?,
        from_date: row.get(first + 8)?,
        until_date: row.get(first + 9)?,
        tags: row.get(first + 10)?,
        left_on: row.get(first + 11)?,
        earlier_terms: row.get(first + 12)?,
    })
}

fn read_delegation(row: &Row<'_>) -> rusqlite::Result<Delegation> {
    let place = Place::of_number(row.get(0)?);
    Ok(Delegation {
        partition: place.partition(),
        offset: place.offset(),
        person: row.get(1)?,
        other_person: row.get(2)?,
        from_date: row.get(3)?,
        until_date: row.get(4)?,
    })
}

/// What LIKE finds a text by.
fn pattern(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

impl Queries {
    /// The person with this id, or else with this e-mail address (in lower case). Of several who have had the address,
    /// one who has not left, and of these the one who was entered last.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn person(&self, id_or_email: &str) -> Result<Option<Person>, ViewError> {
        let by_id = format!("SELECT {COLUMNS} FROM people WHERE id = ?1");
        if let Some(person) = self.ask(&by_id, &[&id_or_email], read)?.pop() {
            return Ok(Some(person));
        }
        let by_email = format!(
            "SELECT {COLUMNS} FROM people WHERE email = ?1 \
             ORDER BY left_on IS NULL DESC, entered_ms DESC, id DESC LIMIT 1"
        );
        Ok(self.ask(&by_email, &[&id_or_email], read)?.pop())
    }

    /// Where the people with this e-mail address (in lower case) are entered: at home, and wherever they are guests. One
    /// row for each place, as that department has them; of several people in a place, the one who was entered last comes
    /// first. Whoever has moved away is not there any more; whoever has left
    /// is, with their last day.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn places_of(&self, email: &str) -> Result<Vec<Person>, ViewError> {
        let sql =
            format!("{PLACES} email = ?1 AND moved_to IS NULL ORDER BY partition, entered DESC");
        self.ask(&sql, &[&email], read)
    }

    /// Where a person is entered: as [`Queries::places_of`], by the person's id.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn places_of_person(&self, id: &str) -> Result<Vec<Person>, ViewError> {
        let sql = format!("{PLACES} person = ?1 AND moved_to IS NULL ORDER BY partition");
        self.ask(&sql, &[&id], read)
    }

    /// At most `limit` people who are entered in a partition, guests too, in the order of their names. Whoever has moved
    /// away is not there any more; whoever has left is.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn entered_in(&self, partition: i32, limit: u32) -> Result<Vec<Person>, ViewError> {
        let sql = format!(
            "{PLACES} partition = ?1 AND moved_to IS NULL ORDER BY lower(name), person LIMIT ?2"
        );
        self.ask(&sql, &[&partition, &limit], read)
    }

    /// People.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn people(
        &self,
        filter: &PersonFilter,
        page: &PageRequest,
    ) -> Result<Page<Person>, ViewError> {
        let mut sql = format!("SELECT {COLUMNS} FROM people WHERE true");
        let mut values: Vec<&dyn ToSql> = Vec::new();
        let cursor = page.after.as_ref().map(ToString::to_string);
        let order = match filter.by_name {
            true => BY_NAME,
            false => "id",
        };
        let after = format!("{order} >");
        for (column, value) in [
            ("department =", &filter.department),
            ("role =", &filter.role),
            (&*after, &cursor),
        ] {
            if let Some(value) = value {
                values.push(value);
                sql += &format!(" AND {column} ?{}", values.len());
            }
        }
        if let Some(day) = &filter.until {
            values.push(day);
            let number = values.len();
            sql += &format!(
                " AND coalesce(until_date, ?{number}) >= ?{number} AND coalesce(left_on, ?{number}) >= ?{number}"
            );
        }
        let pattern = filter.text.as_deref().map(pattern);
        if let Some(pattern) = &pattern {
            values.push(pattern);
            let number = values.len();
            sql += &format!(
                " AND (name LIKE ?{number} ESCAPE '!' OR email LIKE ?{number} ESCAPE '!')"
            );
        }
        sql = sql.replacen("SELECT ", &format!("SELECT {order}, "), 1);
        sql += &format!(" ORDER BY {order} LIMIT {}", page.limit());
        let rows = self.ask(&sql, &values, |row| {
            Ok((Key::Text(row.get(0)?), read_from(row, 1)?))
        })?;
        Ok(Page::of(rows, page))
    }

    /// The partitions from which people have moved to this department, in order.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn came_from(&self, department: &str) -> Result<Vec<i32>, ViewError> {
        let sql = "SELECT DISTINCT partition FROM stays WHERE moved_to = ?1 ORDER BY partition";
        self.ask(sql, &[&department], |row| row.get(0))
    }

    /// The delegations by which a person stands in for somebody, in the order of their partitions and offsets.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn delegations_to(&self, person: &str) -> Result<Vec<Delegation>, ViewError> {
        let sql = "SELECT place, person, other_person, from_date, until_date FROM delegations \
                   WHERE other_person = ?1 ORDER BY place";
        self.ask(sql, &[&person], read_delegation)
    }

    /// At most `limit` delegations of a partition: those that end last first. `of` a person: those in which they stand in,
    /// or somebody stands in for them.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn delegations_in(
        &self,
        partition: i32,
        of: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Delegation>, ViewError> {
        let (first, end) = Place::range_of(partition);
        let sql = "SELECT place, person, other_person, from_date, until_date FROM delegations \
                   WHERE place >= ?1 AND place < ?2 AND (?3 IS NULL OR person = ?3 OR other_person = ?3) \
                   ORDER BY until_date DESC, place DESC LIMIT ?4";
        self.ask(sql, &[&first, &end, &of, &limit], read_delegation)
    }

    /// Delegations, those of one approver or all, in the order of their partitions and offsets.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub fn delegations(
        &self,
        of: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Delegation>, ViewError> {
        let mut sql =
            "SELECT place, person, other_person, from_date, until_date FROM delegations WHERE true"
                .to_owned();
        let mut values: Vec<&dyn ToSql> = Vec::new();
        if let Some(person) = &of {
            values.push(person);
            sql += " AND person = ?1";
        }
        let cursor = page.after.as_ref().map(|cursor| cursor.key());
        if let Some((_, place)) = &cursor {
            values.push(place);
            sql += &format!(" AND place > ?{}", values.len());
        }
        sql += &format!(" ORDER BY place LIMIT {}", page.limit());
        let rows = self.ask(&sql, &values, |row| {
            Ok((Key::Numbers(0, row.get(0)?), read_delegation(row)?))
        })?;
        Ok(Page::of(rows, page))
    }
}
