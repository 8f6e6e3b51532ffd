//! Databases of SQLite: every text in every row, and what is left of old ones on freed pages.
//!
//! ```text
//!   tables ▸ rows ▸ texts, as JSON or text ▸ updates, in one transaction ▸ indexes of words anew
//!     ▸ log written back ▸ file written anew ▸ indexes over other tables once more ▸ bytes of the file looked through
//! ```
//!
//! - A text stays a text, and a blob that is text a blob. In other blobs known secrets, and what a rule is sure of, are only
//!   told of: they have a form that nobody here knows.
//! - Triggers do not run. They would do what they do when the application changes something, such as keep the old value.
//! - Indexes of words (FTS) are made anew from what they index. One that keeps no text is told of, and so is a table of a kind
//!   that is not built in, and a row that a constraint lets nobody change.
//! - Rows of a table without a primary key of its own may get other row ids when the file is written anew. An index over such
//!   a table would lead to other rows, so it is made a second time.

mod raw;
mod schema;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};
use zeroize::Zeroizing;

use self::raw::{Bytes, Values};
use self::schema::{Form, Table};
use super::bytes;
use super::error::SweepError;
use super::sweeper::Sweeper;
use super::visit::{Change, Left, Stays, Visit};
use crate::Finding;
use crate::structured::is_json;

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

/// A row to change.
struct Update {
    key: Vec<Value>,
    /// The columns with their new values.
    values: Vec<(usize, Value)>,
    /// What was found in it.
    names: Vec<String>,
}

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
        let path = in_real_folder(path)?;
        // Opened before the connection, and so closed after it.
        let bytes = Bytes::open(&path)?;
        let connection = open(&path, apply)?;
        if !bytes.has_its_name()? {
            return Err(SweepError::refused("another file has its name now"));
        }
        let mut sweep = Sweep {
            sweeper: self,
            row,
            values: Values::default(),
            swept: Database::default(),
            left: BTreeSet::new(),
        };
        let begin = if apply == Apply::Yes { "BEGIN IMMEDIATE" } else { "BEGIN" };
        connection.execute_batch(begin)?;
        let tables = schema::tables(&connection)?;
        for table in &tables {
            sweep.table(&connection, table, apply)?;
        }
        if apply == Apply::Yes {
            connection.execute_batch("COMMIT")?;
        }
        sweep.freed(&bytes, connection, &tables, apply)?;
        Ok(sweep.swept)
    }
}

/// The path without links on its way. SQLite is told to follow none, and would refuse a folder behind one.
fn in_real_folder(path: &Path) -> Result<PathBuf, SweepError> {
    let name = path.file_name().ok_or_else(|| SweepError::refused("it is no file"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).canonicalize()?.join(name))
}

fn open(path: &Path, apply: Apply) -> Result<Connection, SweepError> {
    let access = match apply {
        Apply::Yes => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Apply::No => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
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
    /// The names of what stays somewhere: it is found in the bytes too, and told of already.
    left: BTreeSet<String>,
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
        if apply == Apply::No {
            self.swept.changed += updates.iter().map(Update::count).sum::<u64>();
        } else if !updates.is_empty() {
            self.change(connection, table, updates);
            if table.form == Form::Words {
                self.rebuild(connection, table);
            }
        }
        Ok(())
    }

    /// Changes rows. Those that cannot be changed hold nobody up: they are counted, and why is told of the first.
    fn change(&mut self, connection: &Connection, table: &Table, updates: Vec<Update>) {
        let (mut failed, mut why) = (0, None);
        for update in updates {
            match update.run(connection, table) {
                Ok(()) => self.swept.changed += update.count(),
                Err(error) => {
                    failed += 1;
                    why.get_or_insert(error);
                    self.left.extend(update.names);
                }
            }
        }
        if let Some(error) = why {
            let rows = if failed == 1 { "a row".to_owned() } else { format!("{failed} rows") };
            self.problem(table, &format!("{rows} cannot be changed: {error}"));
        }
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
            let (mut values, mut names) = (Vec::new(), Vec::new());
            for (at, column) in table.columns.iter().enumerate() {
                let value = row.get_ref(table.key.len() + at)?;
                let place = format!("{}.{column}", table.name);
                if let Some((new, found)) = self.value(&place, value)? {
                    values.push((at, new));
                    names.extend(found);
                }
            }
            if !values.is_empty() {
                let key = (0..table.key.len()).map(|at| row.get(at));
                updates.push(Update { key: key.collect::<Result<_, _>>()?, values, names });
            }
        }
        Ok(updates)
    }

    /// What becomes of a value, and what was found in it; none if it stays.
    fn value(
        &mut self,
        place: &str,
        value: ValueRef<'_>,
    ) -> Result<Option<(Value, Vec<String>)>, SweepError> {
        let (ValueRef::Text(bytes) | ValueRef::Blob(bytes)) = value else { return Ok(None) };
        let mut row = Row { place: place.to_owned(), ..Row::default() };
        if !is_text(value, bytes) {
            let redactor = &self.sweeper.redactor;
            let found = redactor.find(bytes).into_iter();
            row.left.extend(found.filter(|found| bytes::is_sure(redactor, found)).map(|found| {
                let place = format!("{place}: {}", bytes::PLACE);
                (found.name().to_owned(), place, Stays::Fixed)
            }));
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
        let names = row.replaced.iter().map(|found| found.name().to_owned()).collect();
        let new = match value {
            ValueRef::Text(_) => Value::Text(String::from_utf8_lossy(&new).into_owned()),
            _ => Value::Blob(new),
        };
        Ok(Some((new, names)))
    }

    fn tell(&mut self, row: &Row) {
        self.left.extend(row.left.iter().map(|(name, ..)| name.clone()));
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
        let problem = format!("table {}: {why}", table.name);
        if !self.swept.problems.contains(&problem) {
            self.swept.problems.push(problem);
        }
    }

    /// Freed pages, and the log, hold what rows held before. The file is written anew, and its bytes are looked through.
    fn freed(
        &mut self,
        bytes: &Bytes,
        connection: Connection,
        tables: &[Table],
        apply: Apply,
    ) -> Result<(), SweepError> {
        let redactor = &self.sweeper.redactor;
        if self.swept.changed == 0 {
            if !bytes.hold(redactor, &self.left)? {
                return Ok(());
            }
            self.swept.changed = 1;
            (self.row)(&Row { place: "freed pages".to_owned(), ..Row::default() });
        }
        if apply == Apply::No {
            return Ok(());
        }
        self.anew(&connection, tables).map_err(|error| {
            SweepError::refused(format_args!(
                "its rows were swept, but freed pages may hold old ones: {error}"
            ))
        })?;
        drop(connection);
        if bytes.hold_one(&self.values, &self.left)? || bytes.hold(redactor, &self.left)? {
            self.swept
                .problems
                .push("something is left in bytes of the file that no row has".to_owned());
        }
        Ok(())
    }

    /// Writes the file anew, in which rows may have other numbers than indexes over their tables know.
    fn anew(&mut self, connection: &Connection, tables: &[Table]) -> Result<(), SweepError> {
        write_back(connection)?;
        connection.execute_batch("VACUUM")?;
        let over = |table: &&Table| table.form == Form::Index && !table.indexes_nothing;
        tables.iter().filter(over).for_each(|table| self.rebuild(connection, table));
        write_back(connection)
    }
}

/// Whether a value is text, which may be rewritten.
fn is_text(value: ValueRef<'_>, bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).is_ok() && memchr::memchr(0, bytes).is_none();
    text && (matches!(value, ValueRef::Text(_)) || is_plain(bytes))
}

/// Whether nothing in a blob counts its bytes, so that other ones may be longer. What does (protobuf, archives) has control
/// characters; a message of protobuf may have a single one, which looks like a line end in front.
fn is_plain(bytes: &[u8]) -> bool {
    let begin = bytes.trim_ascii_start().first();
    let document = matches!(begin, Some(b'{' | b'[')) && is_json(bytes).is_ok();
    let control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    let starts = bytes.first().is_none_or(|first| !first.is_ascii_control());
    document || starts && !bytes.iter().any(control)
}

/// Writes the log back into the file, and empties it.
fn write_back(connection: &Connection) -> Result<(), SweepError> {
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(SweepError::refused("somebody reads it")) }
}

impl Update {
    /// How many values it changes.
    fn count(&self) -> u64 {
        self.values.len() as u64
    }

    fn run(&self, connection: &Connection, table: &Table) -> rusqlite::Result<()> {
        let columns: Vec<usize> = self.values.iter().map(|(at, _)| *at).collect();
        let mut statement = connection.prepare_cached(&table.update(&columns))?;
        let values = self.values.iter().map(|(_, value)| value).chain(&self.key);
        statement.execute(params_from_iter(values)).map(drop)
    }
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
        self.values.add(change.name(), Zeroizing::new(self.value[from..to].to_vec()));
        self.new.extend_from_slice(change.with);
        self.row.replaced.extend(change.finding.cloned());
    }

    fn left(&mut self, left: &Left<'_>) {
        let place = format!("{}: {}", self.row.place, left.place);
        self.row.left.push((left.name.to_owned(), place, left.stays));
    }
}
