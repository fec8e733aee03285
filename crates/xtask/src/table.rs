//! Tables for people, on stderr.

use serde_json::{Map, Value};

/// Prints the cells of rows by the names of their columns.
pub fn print(columns: &[&str], rows: &[Map<String, Value>]) {
    let line = |cells: Vec<String>| {
        let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>20}")).collect();
        eprintln!("{}", cells.concat());
    };
    line(columns.iter().map(|column| (*column).to_owned()).collect());
    for row in rows {
        let cell = |column: &&str| match row.get(*column) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) if column.ends_with("bytes") => {
                format!("{:.0} MB", number.as_f64().unwrap_or(0.0) / 1e6)
            }
            Some(Value::Number(number)) => format!("{:.1}", number.as_f64().unwrap_or(0.0)),
            _ => "-".to_owned(),
        };
        line(columns.iter().map(cell).collect());
    }
}
