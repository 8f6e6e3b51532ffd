//! Databases of SQLite: every text in every row, and what is left of old ones on freed pages.
//!
//! ```text
//!   tables ▸ rows ▸ texts, as JSON or text ▸ updates, in one transaction ▸ indexes of words anew
//!                                            ▸ log written back ▸ file written anew ▸ bytes of the file looked through
//! ```
//!
//! - A text stays a text, and a blob that is text a blob. In other blobs known secrets are only told of: they have a form that
//!   nobody here knows.
//! - Triggers do not run. They would do what they do when the application changes something, such as keep the old value.
//! - Indexes of words (FTS) are made anew from what they index. One that keeps no text is told of, and so is a table of a kind
//!   that is not built in, and a row that a constraint lets nobody change.
//! - Rows of a table without a primary key of its own may get other row ids when the file is written anew.

mod raw;
mod schema;

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};
use zeroize::Zeroizing;

use self::raw::Values;
use self::schema::{Form, Table};
use super::error::SweepError;
use super::sweeper::Sweeper;
use super::visit::{Change, Left, Stays, Visit};
use crate::{Finding, Origin};

/// How long somebody else's lock is waited for.
const WAIT: Duration = Duration::from_secs(2);

/// Whether a database is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apply {
    /// It is only looked through.
    No,
    /// It is swept.
    Yes,
}

/// What was found in one value of a row. If nothing is told of it, it is what freed pages hold.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Row {
    /// Its table and column, as in `messages.content`.
    pub place: String,
    /// What is replaced in it; spans are those of the value.
    pub replaced: Vec<Finding>,
    /// The names of secrets that stay in it, where, and why.
    pub left: Vec<(String, String, Stays)>,
}

/// What became of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Database {
    /// How many values are others now, or would be.
    pub changed: u64,
    /// What was not looked through or could not be changed, and why.
    pub problems: Vec<String>,
}

/// A row to change: its key, and the columns with their new values.
type Update = (Vec<Value>, Vec<(usize, Value)>);

impl Sweeper {
    /// Sweeps the database at `path`, and tells `row` of every value in which something was found.
    ///
    /// # Errors
    ///
    /// It is no database, or in use, or cannot be read or written. Then nothing was changed, unless the error says so.
    pub fn database(
        &self,
        path: &Path,
        apply: Apply,
        row: &mut dyn FnMut(&Row),
    ) -> Result<Database, SweepError> {
        let connection = open(path, apply)?;
        let mut sweep = Sweep {
            sweeper: self,
            row,
            values: Values::default(),
            swept: Database::default(),
            left: 0,
        };
        let begin = if apply == Apply::Yes { "BEGIN IMMEDIATE" } else { "BEGIN" };
        connection.execute_batch(begin)?;
        for table in schema::tables(&connection)? {
            sweep.table(&connection, &table, apply)?;
        }
        if apply == Apply::Yes {
            connection.execute_batch("COMMIT")?;
        }
        sweep.freed(path, connection, apply)?;
        Ok(sweep.swept)
    }
}

fn open(path: &Path, apply: Apply) -> Result<Connection, SweepError> {
    let access = match apply {
        Apply::Yes => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Apply::No => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(WAIT)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    // Functions in the schema may be anybody's. What is deleted is overwritten.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    Ok(connection)
}

/// A sweep of one database.
struct Sweep<'a> {
    sweeper: &'a Sweeper,
    row: &'a mut dyn FnMut(&Row),
    values: Values,
    swept: Database,
    left: usize,
}

impl Sweep<'_> {
    fn table(
        &mut self,
        connection: &Connection,
        table: &Table,
        apply: Apply,
    ) -> Result<(), SweepError> {
        if table.form == Form::Index {
            self.index(connection, table, apply);
            return Ok(());
        }
        let updates = match self.updates(connection, table) {
            Ok(updates) => updates,
            Err(error) => {
                self.problem(table, &format!("it was not looked through: {error}"));
                return Ok(());
            }
        };
        self.swept.changed += updates.iter().map(|(_, values)| values.len() as u64).sum::<u64>();
        if apply == Apply::No || updates.is_empty() {
            return Ok(());
        }
        for update in updates {
            if let Err(error) = change(connection, table, update) {
                // Of the whole table one row is told of.
                self.problem(table, &format!("a row cannot be changed: {error}"));
                return Ok(());
            }
        }
        if table.form == Form::Words {
            self.rebuild(connection, table);
        }
        Ok(())
    }

    /// What changes in the rows of a table.
    fn updates(
        &mut self,
        connection: &Connection,
        table: &Table,
    ) -> Result<Vec<Update>, SweepError> {
        let mut statement = connection.prepare(&table.select())?;
        let mut rows = statement.query([])?;
        let mut updates = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::new();
            for (at, column) in table.columns.iter().enumerate() {
                let value = row.get_ref(table.key.len() + at)?;
                if let Some(new) = self.value(&format!("{}.{column}", table.name), value)? {
                    values.push((at, new));
                }
            }
            if !values.is_empty() {
                let key = (0..table.key.len()).map(|at| row.get(at));
                updates.push((key.collect::<Result<_, _>>()?, values));
            }
        }
        Ok(updates)
    }

    /// What becomes of a value; none if it stays.
    fn value(&mut self, place: &str, value: ValueRef<'_>) -> Result<Option<Value>, SweepError> {
        let (ValueRef::Text(bytes) | ValueRef::Blob(bytes)) = value else { return Ok(None) };
        let mut row = Row { place: place.to_owned(), ..Row::default() };
        let text = std::str::from_utf8(bytes).is_ok() && memchr::memchr(0, bytes).is_none();
        if !text {
            let found = self.sweeper.redactor.find(bytes);
            let known = found.into_iter().filter(|found| found.origin() == Origin::Secret);
            let stays = |found: Finding| {
                let place = format!("{place}: bytes that are no text");
                (found.name().to_owned(), place, Stays::Fixed)
            };
            row.left.extend(known.map(stays));
            self.tell(&row);
            return Ok(None);
        }
        let mut cell = Cell { value: bytes, new: Vec::new(), row, values: &mut self.values };
        self.sweeper.value(bytes, &mut cell)?;
        let Cell { new, row, .. } = cell;
        self.tell(&row);
        if new == bytes {
            return Ok(None);
        }
        Ok(Some(match value {
            ValueRef::Text(_) => Value::Text(String::from_utf8_lossy(&new).into_owned()),
            _ => Value::Blob(new),
        }))
    }

    fn tell(&mut self, row: &Row) {
        self.left += row.left.len();
        if !(row.replaced.is_empty() && row.left.is_empty()) {
            (self.row)(row);
        }
    }

    /// An index of words over another table, or over none.
    fn index(&mut self, connection: &Connection, table: &Table, apply: Apply) {
        match table.indexes_nothing {
            true => self.problem(table, "it keeps words of texts that are elsewhere"),
            false if apply == Apply::Yes && self.swept.changed > 0 => {
                self.rebuild(connection, table);
            }
            false => {}
        }
    }

    /// Makes an index of words anew: the old one has the words of the old texts.
    fn rebuild(&mut self, connection: &Connection, table: &Table) {
        if let Err(error) = connection.execute_batch(&table.rebuild()) {
            self.problem(table, &format!("its index cannot be made anew: {error}"));
        }
    }

    fn problem(&mut self, table: &Table, why: &str) {
        self.swept.problems.push(format!("table {}: {why}", table.name));
    }

    /// Freed pages, and the log, hold what rows held before. The file is written anew, and its bytes are looked through.
    fn freed(
        &mut self,
        path: &Path,
        connection: Connection,
        apply: Apply,
    ) -> Result<(), SweepError> {
        let known = &self.sweeper.redactor;
        // Where something stays it is found in the bytes too, and that is told already.
        let dirty = self.left == 0 && raw::known(known, path)?;
        if self.swept.changed == 0 && !dirty {
            return Ok(());
        }
        if self.swept.changed == 0 {
            self.swept.changed = 1;
            (self.row)(&Row { place: "freed pages".to_owned(), ..Row::default() });
        }
        if apply == Apply::No {
            return Ok(());
        }
        let anew = write_back(&connection)
            .and_then(|()| connection.execute_batch("VACUUM").map_err(SweepError::from))
            .and_then(|()| write_back(&connection));
        anew.map_err(|error| {
            SweepError::refused(format_args!(
                "its rows were swept, but freed pages may hold old ones: {error}"
            ))
        })?;
        drop(connection);
        if self.left == 0 && (self.values.stand_in(path)? || raw::known(known, path)?) {
            self.swept
                .problems
                .push("something is left in bytes of the file that no row has".to_owned());
        }
        Ok(())
    }
}

/// Writes the log back into the file, and empties it.
fn write_back(connection: &Connection) -> Result<(), SweepError> {
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(SweepError::refused("somebody reads it")) }
}

fn change(connection: &Connection, table: &Table, update: Update) -> rusqlite::Result<()> {
    let (key, values) = update;
    let columns: Vec<usize> = values.iter().map(|(at, _)| *at).collect();
    let mut statement = connection.prepare_cached(&table.update(&columns))?;
    let values = values.into_iter().map(|(_, value)| value).chain(key);
    statement.execute(params_from_iter(values)).map(drop)
}

/// A value in the making.
struct Cell<'a> {
    value: &'a [u8],
    new: Vec<u8>,
    row: Row,
    values: &'a mut Values,
}

impl Visit for Cell<'_> {
    fn kept(&mut self, bytes: &[u8]) {
        self.new.extend_from_slice(bytes);
    }

    fn changed(&mut self, change: &Change<'_>) {
        let (from, to) = (change.span.start() as usize, change.span.end() as usize);
        self.values.add(Zeroizing::new(self.value[from..to].to_vec()));
        self.new.extend_from_slice(change.with);
        self.row.replaced.extend(change.finding.cloned());
    }

    fn left(&mut self, left: &Left<'_>) {
        let place = format!("{}: {}", self.row.place, left.place);
        self.row.left.push((left.name.to_owned(), place, left.stays));
    }
}
