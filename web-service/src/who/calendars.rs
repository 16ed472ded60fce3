//! Calendar feeds, in the file of accounts. An address with a secret is all that a calendar program has, so a feed is
//! believed by it, as an API token is. Only the secret's hash is kept.

use rusqlite::{OptionalExtension as _, Row, TransactionBehavior, params};

use super::accounts::Accounts;
use super::secret::Hash;
use crate::problem::Problem;

/// How many calendar feeds a person has at most.
pub(crate) const CALENDARS: i64 = 20;

/// The table, since the second layout of the file.
pub(super) const TABLE: &str = "
    CREATE TABLE calendar (
        id TEXT PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        person TEXT NOT NULL,
        name TEXT NOT NULL,
        department TEXT,
        made_at INTEGER NOT NULL,
        renewed_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX calendar_by_person ON calendar (person);
";

/// A calendar feed. Times are seconds since 1970 (UTC).
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    pub(crate) id: String,
    /// The id of the person whose it is: it shows what they may see. It stays theirs under another e-mail address, and
    /// does not go to whoever gets theirs.
    pub(crate) person: String,
    /// What its person calls it.
    pub(crate) name: String,
    /// The department whose people it shows; `None` if it shows the person's own leave.
    pub(crate) department: Option<String>,
    pub(crate) made_at: i64,
    /// When it got its present secret, if that is not its first one.
    pub(crate) renewed_at: Option<i64>,
}

const COLUMNS: &str = "id, person, name, department, made_at, renewed_at";

fn described(row: &Row<'_>) -> rusqlite::Result<Calendar> {
    Ok(Calendar {
        id: row.get(0)?,
        person: row.get(1)?,
        name: row.get(2)?,
        department: row.get(3)?,
        made_at: row.get(4)?,
        renewed_at: row.get(5)?,
    })
}

/// # Errors
///
/// Each fails with a problem of status 503 if the file cannot be used.
impl Accounts {
    /// Keeps a new feed. False if its person has [`CALENDARS`] already.
    pub(crate) async fn add_calendar(
        &self,
        hash: Hash,
        calendar: Calendar,
    ) -> Result<bool, Problem> {
        self.writing
            .with(move |connection| {
                let change =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let has: i64 = change.query_row(
                    "SELECT count(*) FROM calendar WHERE person = ?1",
                    [&calendar.person],
                    |row| row.get(0),
                )?;
                if has >= CALENDARS {
                    return Ok(false);
                }
                change.execute(
                    "INSERT INTO calendar (id, hash, person, name, department, made_at) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        calendar.id,
                        hash,
                        calendar.person,
                        calendar.name,
                        calendar.department,
                        calendar.made_at
                    ],
                )?;
                change.commit()?;
                Ok(true)
            })
            .await
    }

    /// The feed with this secret. `None` if there is none, or its secret was renewed.
    pub(crate) async fn calendar(&self, hash: Hash) -> Result<Option<Calendar>, Problem> {
        self.reading
            .with(move |connection| {
                connection
                    .prepare_cached(&format!("SELECT {COLUMNS} FROM calendar WHERE hash = ?1"))?
                    .query_row([hash], described)
                    .optional()
            })
            .await
    }

    /// The feeds of the person with this id, the oldest first.
    pub(crate) async fn calendars(&self, person: String) -> Result<Vec<Calendar>, Problem> {
        self.reading
            .with(move |connection| {
                connection
                    .prepare_cached(&format!(
                        "SELECT {COLUMNS} FROM calendar WHERE person = ?1 ORDER BY id"
                    ))?
                    .query_map([person], described)?
                    .collect()
            })
            .await
    }

    /// The feed with this id.
    pub(crate) async fn calendar_with_id(&self, id: String) -> Result<Option<Calendar>, Problem> {
        self.reading
            .with(move |connection| {
                connection
                    .prepare_cached(&format!("SELECT {COLUMNS} FROM calendar WHERE id = ?1"))?
                    .query_row([id], described)
                    .optional()
            })
            .await
    }

    /// Gives a feed another secret. From now on nothing is found under the one that it had. False if there is no such
    /// feed any more.
    pub(crate) async fn renew_calendar(
        &self,
        id: String,
        hash: Hash,
        now: i64,
    ) -> Result<bool, Problem> {
        self.writing
            .with(move |connection| {
                let changed = connection.execute(
                    "UPDATE calendar SET hash = ?2, renewed_at = ?3 WHERE id = ?1",
                    params![id, hash, now],
                )?;
                Ok(changed == 1)
            })
            .await
    }

    /// Ends a feed. Nothing is found under its secret any more.
    pub(crate) async fn end_calendar(&self, id: String) -> Result<(), Problem> {
        self.writing
            .with(move |connection| {
                connection.execute("DELETE FROM calendar WHERE id = ?1", [id])?;
                Ok(())
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::super::secret;
    use super::*;

    const ADA: &str = "01a22983-5104-7492-a50c-d4dbea440560";

    fn calendar(id: &str) -> Calendar {
        Calendar {
            id: id.to_owned(),
            person: ADA.to_owned(),
            name: "phone".to_owned(),
            department: None,
            made_at: 1,
            renewed_at: None,
        }
    }

    #[tokio::test]
    async fn a_feed_is_found_under_its_newest_secret_until_it_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::open(&folder.path().join("accounts.db"), "demo").expect("a file");
        let [first, second] = [(); 2].map(|()| secret::hash(&secret::new()));
        assert!(
            accounts
                .add_calendar(first, calendar("a"))
                .await
                .expect("a file")
        );
        let found = accounts.calendar(first).await.expect("a file");
        assert_eq!(found.expect("it was added").renewed_at, None);

        let renewed = accounts.renew_calendar("a".to_owned(), second, 9);
        assert!(renewed.await.expect("a file"));
        assert!(accounts.calendar(first).await.expect("a file").is_none());
        let found = accounts.calendar(second).await.expect("a file");
        assert_eq!(found.expect("it was renewed").renewed_at, Some(9));

        accounts.end_calendar("a".to_owned()).await.expect("a file");
        assert!(accounts.calendar(second).await.expect("a file").is_none());
        let renewed = accounts.renew_calendar("a".to_owned(), first, 10);
        assert!(!renewed.await.expect("a file"));
        assert!(accounts.calendar(first).await.expect("a file").is_none());
    }

    #[tokio::test]
    async fn nobody_has_more_than_so_many() {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::open(&folder.path().join("accounts.db"), "demo").expect("a file");
        for number in 0..CALENDARS {
            let hash = secret::hash(&secret::new());
            let added = accounts.add_calendar(hash, calendar(&number.to_string()));
            assert!(added.await.expect("a file"));
        }
        let hash = secret::hash(&secret::new());
        let added = accounts.add_calendar(hash, calendar("one more"));
        assert!(!added.await.expect("a file"));
        let listed = accounts.calendars(ADA.to_owned()).await.expect("a file");
        assert_eq!(listed.len() as i64, CALENDARS);
    }
}
