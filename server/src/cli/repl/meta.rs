//! What do the backslash commands do? Listings, settings, help. Ref: psql's meta-commands.

use super::super::print::Format;
use super::Repl;

const HELP: &str = r"Statements end with a semicolon. Commands:
  \l              list databases
  \dt [pattern]   list tables
  \dv             list views
  \d table        describe a table
  \dp table       list a table's partitions
  \c database     use another database
  \x              one line a value, or back to tables
  \f format       table, expanded, csv or json
  \limit rows     rows fetched at most
  \timing         time, bytes and price on or off
  \i file         run a file's statements
  \q              leave (so does Ctrl-D); Ctrl-C stops a running statement
";

/// Runs a command, given without its backslash. False when the session is to end.
pub(super) fn run(repl: &mut Repl, command: &str) -> bool {
    let (word, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let argument = argument.trim().trim_end_matches(';');
    match word.trim_end_matches(';') {
        "q" | "quit" => return false,
        "?" | "h" | "help" => print!("{HELP}"),
        "l" => repl.run_statement("SHOW DATABASES"),
        "dt" if argument.is_empty() => repl.run_statement("SHOW TABLES"),
        "dt" => repl.run_statement(&format!("SHOW TABLES '{}'", argument.replace('\'', "''"))),
        "dv" => repl.run_statement("SHOW VIEWS"),
        "d" if argument.is_empty() => repl.run_statement("SHOW TABLES"),
        "d" => repl.run_statement(&format!("DESCRIBE {argument}")),
        "dp" if !argument.is_empty() => repl.run_statement(&format!("SHOW PARTITIONS {argument}")),
        "c" if !argument.is_empty() => {
            repl.options.database = Some(argument.to_string());
            println!("using database '{argument}'");
        }
        "x" => set_format(repl, if repl.format == Format::Expanded { Format::Table } else { Format::Expanded }),
        "f" => match argument {
            "table" => set_format(repl, Format::Table),
            "expanded" => set_format(repl, Format::Expanded),
            "csv" => set_format(repl, Format::Csv),
            "json" => set_format(repl, Format::Json),
            other => eprintln!("'{other}' is no format: table, expanded, csv or json"),
        },
        "limit" => match argument.parse::<usize>() {
            Ok(rows) if rows > 0 => repl.options.rows_max = rows,
            Ok(_) | Err(_) => eprintln!("'{argument}' is no number of rows"),
        },
        "timing" => {
            repl.shows_timing = !repl.shows_timing;
            println!("timing is {}", if repl.shows_timing { "on" } else { "off" });
        }
        "i" if !argument.is_empty() => run_file(repl, argument),
        other => eprintln!("\\{other} is no command, or lacks its argument; \\? lists them"),
    }
    true
}

fn set_format(repl: &mut Repl, format: Format) {
    repl.format = format;
    println!("format is {format:?}");
}

fn run_file(repl: &mut Repl, path: &str) {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            for statement in super::super::query::statements(&text) {
                repl.run_statement(&statement);
            }
        }
        Err(error) => eprintln!("'{path}' cannot be read: {error}"),
    }
}
