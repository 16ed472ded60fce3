//! Sessions, API tokens, calendar feeds and the sign-ins that were used, in an SQLite file of their own.
//!
//! They are no facts of the leave system, so they are not on the log. Of whatever would be believed, only the hash is
//! kept: whoever reads the file can sign in as nobody. Instances on one machine may share a file.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::calendars;
use super::secret::Hash;
use crate::problem::Problem;

/// The layout of the file, in SQLite's `user_version`.
const LAYOUT: i64 = 2;

/// The layout that had no calendar feeds.
const WITHOUT_CALENDARS: i64 = 1;

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(2);

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// How long it is known that a sign-in was used. Its code counts for minutes at most.
const USED_SECONDS: i64 = DAY;

/// How long a session lasts without being used: a working day.
const IDLE_SECONDS: i64 = 12 * 60 * MINUTE;

/// How long a session lasts.
pub(super) const SESSION_SECONDS: i64 = 7 * DAY;

/// How exactly it is known when a session was used last.
const SEEN_SECONDS: i64 = MINUTE;

/// How many tokens a person has at most.
pub(crate) const TOKENS: i64 = 100;

const TABLES: &str = "
    CREATE TABLE way (text TEXT NOT NULL) STRICT;
    CREATE TABLE used_sign_in (
        state BLOB PRIMARY KEY,
        used INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX used_sign_in_by_used ON used_sign_in (used);
    CREATE TABLE session (
        hash BLOB PRIMARY KEY,
        email TEXT NOT NULL,
        began INTEGER NOT NULL,
        seen INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE token (
        id TEXT PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        scope TEXT NOT NULL,
        made_by TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        ends_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX token_by_email ON token (email);
";

/// What may be done with an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TokenScope)]
pub(crate) enum Scope {
    /// See what its person may see.
    Read,
    /// Do what its person may do.
    Write,
}

impl Scope {
    fn text(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
        }
    }

    fn of(text: &str) -> Scope {
        match text {
            "write" => Scope::Write,
            _ => Scope::Read,
        }
    }
}

/// An API token. Times are seconds since 1970 (UTC).
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) id: String,
    /// In whose name it is believed.
    pub(crate) email: String,
    /// What its person calls it.
    pub(crate) name: String,
    pub(crate) scope: Scope,
    /// The e-mail address of who made it.
    pub(crate) made_by: String,
    pub(crate) made_at: i64,
    pub(crate) ends_at: i64,
}

/// What an API token is believed for.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) email: String,
    pub(super) scope: Scope,
    pub(super) made_by: String,
}

/// The file.
pub(crate) struct Accounts {
    /// Whoever only reads waits for nobody who writes.
    pub(super) reading: Lane,
    pub(super) writing: Lane,
}

/// A connection, which one after the other uses.
#[derive(Clone)]
pub(super) struct Lane(Arc<Mutex<Connection>>);

impl Lane {
    fn new(connection: Connection) -> Lane {
        Lane(Arc::new(Mutex::new(connection)))
    }

    /// Asks or changes the file, on a thread that may wait for the disk. Those who wait for their turn take up no thread.
    pub(super) async fn with<T: Send + 'static>(
        &self,
        action: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let mut connection = self.0.clone().lock_owned().await;
        match tokio::task::spawn_blocking(move || action(&mut connection)).await {
            Ok(done) => done.map_err(|error| {
                tracing::error!(%error, "the accounts cannot be used");
                Problem::no_accounts()
            }),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}

impl Accounts {
    /// Opens the file, which is made if it does not exist. Nobody but its owner may read it. `way` says how people sign
    /// in: what was made when everybody was believed must not count when nobody is.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, is not such a file, or was made for another way.
    pub(crate) fn open(path: &Path, way: &str) -> anyhow::Result<Accounts> {
        let opened = || -> anyhow::Result<Accounts> {
            create(path)?;
            let mut connection = connect(path)?;
            let made = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let layout: i64 = made.pragma_query_value(None, "user_version", |row| row.get(0))?;
            let is_empty: bool =
                made.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
                    row.get(0)
                })?;
            if is_empty {
                made.execute_batch(TABLES)?;
                made.execute_batch(calendars::TABLE)?;
                made.execute("INSERT INTO way (text) VALUES (?1)", [way])?;
                made.pragma_update(None, "user_version", LAYOUT)?;
            } else {
                ensure!(
                    matches!(layout, WITHOUT_CALENDARS | LAYOUT)
                        && made.table_exists(None, "way")?,
                    "it is not a file of accounts of this version: name another one with --accounts"
                );
                if layout == WITHOUT_CALENDARS {
                    made.execute_batch(calendars::TABLE)?;
                    made.pragma_update(None, "user_version", LAYOUT)?;
                }
            }
            let found: String = made.query_row("SELECT text FROM way", [], |row| row.get(0))?;
            ensure!(
                found == way,
                "its sessions, API tokens and calendar feeds were made with --sign-in {found}, and do not count with --sign-in {way}: \
                 name another one with --accounts"
            );
            made.commit()?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // A session that was ended must not come back with a power failure.
            connection.pragma_update(None, "synchronous", "FULL")?;
            Ok(Accounts {
                reading: Lane::new(connect(path)?),
                writing: Lane::new(connection),
            })
        };
        opened().with_context(|| format!("could not open the accounts in {}", path.display()))
    }

    /// Notes that a sign-in is used. False if it was used before.
    ///
    /// # Errors
    ///
    /// A problem of status 503 if the file cannot be used, as everything here.
    pub(super) async fn use_sign_in(&self, state: Hash, now: i64) -> Result<bool, Problem> {
        self.writing
            .with(move |connection| {
                let change = connection.transaction()?;
                change.execute(
                    "DELETE FROM used_sign_in WHERE used <= ?1",
                    [now - USED_SECONDS],
                )?;
                let added = change.execute(
                    "INSERT INTO used_sign_in (state, used) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                    params![state, now],
                )?;
                change.commit()?;
                Ok(added == 1)
            })
            .await
    }

    /// Keeps a new session, in place of the one that the browser had.
    pub(super) async fn begin_session(
        &self,
        session: Hash,
        email: String,
        before: Option<Hash>,
        now: i64,
    ) -> Result<(), Problem> {
        self.writing
            .with(move |connection| {
                let change = connection.transaction()?;
                change.execute(
                    "DELETE FROM session WHERE hash = ?1 OR began <= ?2 OR seen <= ?3",
                    params![before, now - SESSION_SECONDS, now - IDLE_SECONDS],
                )?;
                change.execute(
                    "INSERT INTO session (hash, email, began, seen) VALUES (?1, ?2, ?3, ?3)",
                    params![session, email, now],
                )?;
                change.commit()
            })
            .await
    }

    /// Whose session it is. `None` if there is none, or it has ended. `is_used`: that it is asked for keeps it alive.
    pub(super) async fn session(
        &self,
        session: Hash,
        is_used: bool,
        now: i64,
    ) -> Result<Option<String>, Problem> {
        let found = self
            .reading
            .with(move |connection| {
                connection
                    .prepare_cached("SELECT email, began, seen FROM session WHERE hash = ?1")?
                    .query_row([session], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .optional()
            })
            .await?;
        let Some((email, began, seen)): Option<(String, i64, i64)> = found else {
            return Ok(None);
        };
        if now - began >= SESSION_SECONDS || now - seen >= IDLE_SECONDS {
            return Ok(None);
        }
        if is_used && now - seen >= SEEN_SECONDS {
            self.note_use(session, now);
        }
        Ok(Some(email))
    }

    /// Notes that a session was used, if nobody writes at this moment: nobody waits for it, or fails for it.
    fn note_use(&self, session: Hash, now: i64) {
        let Ok(connection) = self.writing.0.clone().try_lock_owned() else {
            return;
        };
        tokio::task::spawn_blocking(move || {
            let noted = connection.execute(
                "UPDATE session SET seen = ?2 WHERE hash = ?1",
                params![session, now],
            );
            if let Err(error) = noted {
                tracing::warn!(%error, "could not note that a session is used");
            }
        });
    }

    /// Ends a session.
    pub(super) async fn end_session(&self, session: Hash) -> Result<(), Problem> {
        self.writing
            .with(move |connection| {
                connection.execute("DELETE FROM session WHERE hash = ?1", [session])?;
                Ok(())
            })
            .await
    }

    /// Keeps a new token. False if its person has [`TOKENS`] already.
    pub(crate) async fn add_token(&self, hash: Hash, token: Token) -> Result<bool, Problem> {
        self.writing
            .with(move |connection| {
                let change =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                change.execute("DELETE FROM token WHERE ends_at <= ?1", [token.made_at])?;
                let has: i64 = change.query_row(
                    "SELECT count(*) FROM token WHERE email = ?1",
                    [&token.email],
                    |row| row.get(0),
                )?;
                if has >= TOKENS {
                    return Ok(false);
                }
                change.execute(
                    "INSERT INTO token (id, hash, email, name, scope, made_by, made_at, ends_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        token.id,
                        hash,
                        token.email,
                        token.name,
                        token.scope.text(),
                        token.made_by,
                        token.made_at,
                        token.ends_at
                    ],
                )?;
                change.commit()?;
                Ok(true)
            })
            .await
    }

    /// In whose name a token is believed, and for what. `None` if there is none, or it has ended.
    pub(super) async fn token(&self, hash: Hash, now: i64) -> Result<Option<Known>, Problem> {
        self.reading
            .with(move |connection| {
                connection
                    .prepare_cached(
                        "SELECT email, scope, made_by FROM token WHERE hash = ?1 AND ends_at > ?2",
                    )?
                    .query_row(params![hash, now], |row| {
                        let scope: String = row.get(1)?;
                        Ok(Known {
                            email: row.get(0)?,
                            scope: Scope::of(&scope),
                            made_by: row.get(2)?,
                        })
                    })
                    .optional()
            })
            .await
    }

    /// The tokens of a person that have not ended, the oldest first.
    pub(crate) async fn tokens(&self, email: String, now: i64) -> Result<Vec<Token>, Problem> {
        self.reading
            .with(move |connection| {
                connection
                    .prepare_cached(
                        "SELECT id, email, name, scope, made_by, made_at, ends_at FROM token \
                     WHERE email = ?1 AND ends_at > ?2 ORDER BY id",
                    )?
                    .query_map(params![email, now], described)?
                    .collect()
            })
            .await
    }

    /// The token with this id.
    pub(crate) async fn token_with_id(&self, id: String) -> Result<Option<Token>, Problem> {
        self.reading.with(move |connection| {
            connection
                .prepare_cached(
                    "SELECT id, email, name, scope, made_by, made_at, ends_at FROM token WHERE id = ?1",
                )?
                .query_row([id], described)
                .optional()
        })
        .await
    }

    /// Ends a token. Whoever has it is believed no more.
    pub(crate) async fn end_token(&self, id: String) -> Result<(), Problem> {
        self.writing
            .with(move |connection| {
                connection.execute("DELETE FROM token WHERE id = ?1", [id])?;
                Ok(())
            })
            .await
    }
}

fn described(row: &Row<'_>) -> rusqlite::Result<Token> {
    let scope: String = row.get(3)?;
    Ok(Token {
        id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        scope: Scope::of(&scope),
        made_by: row.get(4)?,
        made_at: row.get(5)?,
        ends_at: row.get(6)?,
    })
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Makes an empty file that only its owner may read, if there is none. SQLite's other files get the same mode.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::{Accounts, IDLE_SECONDS, SESSION_SECONDS, Scope, Token};
    use crate::who::secret;

    const NOW: i64 = 1_800_000_000;

    fn accounts() -> (tempfile::TempDir, Accounts) {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = Accounts::open(&folder.path().join("accounts.db"), "demo").expect("a file");
        (folder, accounts)
    }

    fn token() -> Token {
        Token {
            id: "1".to_owned(),
            email: "ada@example.com".to_owned(),
            name: "payroll".to_owned(),
            scope: Scope::Read,
            made_by: "ada@example.com".to_owned(),
            made_at: NOW,
            ends_at: NOW + 10,
        }
    }

    async fn email_of(accounts: &Accounts, session: [u8; 32], now: i64) -> Option<String> {
        let found = accounts.session(session, true, now).await;
        // That it was used is noted by then.
        drop(accounts.writing.0.lock().await);
        found.expect("a file")
    }

    #[tokio::test]
    async fn a_session_ends_when_it_is_not_used_or_has_lasted_long_enough() {
        let (_folder, accounts) = accounts();
        let [one, other] = [(); 2].map(|()| secret::hash(&secret::new()));
        for session in [one, other] {
            accounts
                .begin_session(session, "ada@example.com".to_owned(), None, NOW)
                .await
                .expect("a file");
        }
        assert_eq!(email_of(&accounts, other, NOW + IDLE_SECONDS).await, None);
        let mut now = NOW;
        while now < NOW + SESSION_SECONDS {
            assert!(email_of(&accounts, one, now).await.is_some());
            now += IDLE_SECONDS - 1;
        }
        assert_eq!(email_of(&accounts, one, NOW + SESSION_SECONDS).await, None);
    }

    #[tokio::test]
    async fn a_new_session_ends_the_one_before_it() {
        let (_folder, accounts) = accounts();
        let [one, other] = [(); 2].map(|()| secret::hash(&secret::new()));
        for (session, before) in [(one, None), (other, Some(one))] {
            accounts
                .begin_session(session, "ada@example.com".to_owned(), before, NOW)
                .await
                .expect("a file");
        }
        assert_eq!(email_of(&accounts, one, NOW).await, None);
        assert!(email_of(&accounts, other, NOW).await.is_some());
        accounts.end_session(other).await.expect("a file");
        assert_eq!(email_of(&accounts, other, NOW).await, None);
    }

    #[tokio::test]
    async fn a_sign_in_is_used_once() {
        let (_folder, accounts) = accounts();
        let state = secret::hash(&secret::new());
        assert!(accounts.use_sign_in(state, NOW).await.expect("a file"));
        assert!(
            !accounts
                .use_sign_in(state, NOW + 600)
                .await
                .expect("a file")
        );
    }

    #[tokio::test]
    async fn what_was_made_when_everybody_was_believed_does_not_count_later() {
        let (folder, accounts) = accounts();
        drop(accounts);
        let path = folder.path().join("accounts.db");
        let refused = Accounts::open(&path, "proxy")
            .err()
            .expect("it is another way");
        assert!(
            format!("{refused:#}").contains("--sign-in demo"),
            "{refused:#}"
        );
        Accounts::open(&path, "demo").expect("it is the same way");
    }

    #[tokio::test]
    async fn a_token_is_believed_until_its_end() {
        let (_folder, accounts) = accounts();
        let hash = secret::hash(&secret::new());
        assert!(accounts.add_token(hash, token()).await.expect("a file"));
        for (now, is_believed) in [(NOW + 9, true), (NOW + 10, false)] {
            let found = accounts.token(hash, now).await.expect("a file");
            assert_eq!(found.is_some(), is_believed);
            let listed = accounts.tokens("ada@example.com".to_owned(), now).await;
            assert_eq!(listed.expect("a file").len(), usize::from(is_believed));
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_its_owner_reads_the_file_and_another_file_is_left_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, accounts) = accounts();
        let path = folder.path().join("accounts.db");
        let mode = |path| {
            std::fs::metadata(path)
                .expect("a file")
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!(mode(path.clone()), 0o600);
        accounts.add_token([0; 32], token()).await.expect("a file");
        assert_eq!(mode(folder.path().join("accounts.db-wal")), 0o600);
        let other = folder.path().join("other.db");
        let connection = rusqlite::Connection::open(&other).expect("a file");
        connection
            .execute_batch("CREATE TABLE mine (a)")
            .expect("a table");
        let refused = Accounts::open(&other, "demo")
            .err()
            .expect("it is no file of accounts");
        assert!(format!("{refused:#}").contains("not a file of accounts"));
        assert!(!connection.table_exists(None, "token").expect("a file"));
    }
}
