//! The tables of a database, and how their rows are named.

use rusqlite::{Connection, OptionalExtension as _};

/// A table.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) form: Form,
    /// The columns that tell its rows apart.
    pub(super) key: Vec<String>,
    /// Those that hold something.
    pub(super) columns: Vec<String>,
    /// Whether it is an index that keeps words and no texts.
    pub(super) indexes_nothing: bool,
}

/// What a table is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// An index of words that keeps the texts too.
    Words,
    /// An index of words over another table.
    Index,
}

/// All tables but those that belong to another one; indexes come last.
pub(super) fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut statement = connection.prepare("PRAGMA table_list")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(4)? == 1))
    })?;
    let mut tables = Vec::new();
    for row in rows {
        let (schema, name, kind, without_rowid): (String, String, String, bool) = row?;
        let own = name.starts_with("sqlite_");
        if schema == "main" && !own && matches!(kind.as_str(), "table" | "virtual") {
            tables.push(table(connection, name, kind == "virtual", without_rowid)?);
        }
    }
    tables.sort_by_key(|table| table.form == Form::Index);
    Ok(tables)
}

fn table(
    connection: &Connection,
    name: String,
    is_virtual: bool,
    without_rowid: bool,
) -> rusqlite::Result<Table> {
    let (mut columns, mut all, mut primary) = (Vec::new(), Vec::new(), Vec::new());
    let mut statement = connection.prepare(&format!("PRAGMA table_xinfo({})", quoted(&name)))?;
    let rows = statement.query_map([], |row| Ok((row.get(1)?, row.get(5)?, row.get(6)?)));
    // Of a kind of table that is not built in there is no telling, and reading it fails.
    for row in rows?.flatten() {
        let (column, key, hidden): (String, i64, i64) = row;
        all.push(column.to_ascii_lowercase());
        if key > 0 {
            primary.push((key, column.clone()));
        }
        // Others are hidden, or made of those by a rule.
        if hidden == 0 {
            columns.push(column);
        }
    }
    primary.sort();
    let key = match without_rowid {
        true => primary.into_iter().map(|(_, column)| column).collect(),
        false => {
            let names = ["rowid", "_rowid_", "oid"].into_iter();
            let free = names.filter(|name| !all.iter().any(|column| column == name));
            free.map(str::to_owned).take(1).collect()
        }
    };
    let (form, indexes_nothing) = match is_virtual {
        true => words(connection, &name)?,
        false => (Form::Plain, false),
    };
    Ok(Table { name, form, key, columns, indexes_nothing })
}

/// What a virtual table is, by how it was made.
fn words(connection: &Connection, name: &str) -> rusqlite::Result<(Form, bool)> {
    let made: Option<String> = connection
        .query_row("SELECT sql FROM sqlite_master WHERE name = ?", [name], |row| row.get(0))
        .optional()?;
    let made: String = made.unwrap_or_default().to_ascii_lowercase();
    let made: String = made.chars().filter(|c| !c.is_whitespace()).collect();
    if !["usingfts3", "usingfts4", "usingfts5"].iter().any(|kind| made.contains(kind)) {
        return Ok((Form::Plain, false));
    }
    Ok(match made.split_once("content=") {
        Some((_, of)) => {
            let nothing = of.starts_with("''") || of.starts_with("\"\"");
            (Form::Index, nothing)
        }
        None => (Form::Words, false),
    })
}

impl Table {
    /// All rows: keys, then columns.
    pub(super) fn select(&self) -> String {
        let all: Vec<_> = self.key.iter().chain(&self.columns).map(|name| quoted(name)).collect();
        format!("SELECT {} FROM {}", all.join(", "), quoted(&self.name))
    }

    /// New values for the columns with these numbers, of the row with a key.
    pub(super) fn update(&self, columns: &[usize]) -> String {
        let set: Vec<_> =
            columns.iter().map(|&at| format!("{} = ?", quoted(&self.columns[at]))).collect();
        let key: Vec<_> = self.key.iter().map(|name| format!("{} IS ?", quoted(name))).collect();
        let (set, key) = (set.join(", "), key.join(" AND "));
        format!("UPDATE {} SET {set} WHERE {key}", quoted(&self.name))
    }

    /// Makes an index of words anew.
    pub(super) fn rebuild(&self) -> String {
        let name = quoted(&self.name);
        format!(
            "INSERT INTO {name}({name}) VALUES('rebuild'); INSERT INTO {name}({name}) VALUES('optimize');"
        )
    }
}

/// A name within a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
