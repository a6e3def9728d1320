//! Which commands has the program? One file each; the settings of `config::SETTINGS` are flags of those that need a server.

pub mod client;
pub mod cost;
pub mod course;
pub mod demo;
pub mod print;
pub mod query;
pub mod repl;
pub mod serve;
pub mod stopping;
pub mod tpch;

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use self::client::{Access, Client, QueryOptions};
use self::print::Format;
use crate::config::{Config, SETTINGS, Tls};

/// Stack of a thread that answers requests: statements are parsed there, and the shortest ones run there.
const REQUEST_STACK_BYTES: usize = serve::QUERY_STACK_BYTES;

/// Where `query` and `repl` leave their results unless told otherwise.
const RESULTS_BUCKET: &str = "owlake-results";

/// Runs the command of the process's arguments.
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    let outcome = match matches.subcommand() {
        Some(("serve", arguments)) => serve_command(arguments),
        Some(("demo", arguments)) => demo_command(arguments),
        Some(("tpch", arguments)) => tpch_command(arguments),
        Some(("query", arguments)) => query_command(arguments),
        Some(("cost", arguments)) => cost_command(arguments),
        Some(("repl", arguments)) => repl_command(arguments),
        _ => Ok(()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("owlake: {text}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Command {
    Command::new("owlake")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A local, Athena-compatible SQL query server over a Parquet data lake")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(with_settings(Command::new("serve").about("Answer Athena, Glue, S3 and STS on one loopback port")))
        .subcommand(
            with_settings(Command::new("demo").about("Make a small taxi lake, query it, and say what to try"))
                .arg(Arg::new("serve").long("serve").action(ArgAction::SetTrue).help("go on serving the lake afterwards"))
                .arg(
                    Arg::new("course")
                        .long("course")
                        .action(ArgAction::SetTrue)
                        .help("turn CSV into partitioned Parquet by SQL, and print what the same query scans and costs before and after"),
                ),
        )
        .subcommand(with_settings(Command::new("tpch").about("Make the TPC-H tables at a scale and register them")).arg(
            Arg::new("scale").long("scale").value_parser(value_parser!(f64)).default_value("0.1").help("1 is about 250 MB of Parquet"),
        ))
        .subcommand(
            with_settings(with_connection(Command::new("query").about("Run statements and print their rows")))
                .arg(Arg::new("execute").short('e').long("execute").value_name("SQL").help("the statements").conflicts_with("file"))
                .arg(Arg::new("file").short('f').long("file").value_name("FILE").help("a file of statements; - for standard input"))
                .arg(
                    Arg::new("format")
                        .long("format")
                        .value_parser(value_parser!(Format))
                        .default_value("table")
                        .help("how rows are printed"),
                )
                .arg(Arg::new("limit").long("limit").value_parser(value_parser!(usize)).default_value("10000").help("rows fetched at most"))
                .arg(Arg::new("quiet").short('q').long("quiet").action(ArgAction::SetTrue).help("no line with time, bytes and price")),
        )
        .subcommand(
            with_settings(with_connection(Command::new("cost").about("Say what statements read and what Athena would bill for it")))
                .arg(Arg::new("execute").short('e').long("execute").value_name("SQL").help("the statements").conflicts_with("file"))
                .arg(Arg::new("file").short('f').long("file").value_name("FILE").help("a file of statements; - for standard input"))
                .arg(
                    Arg::new("max-bytes")
                        .long("max-bytes")
                        .value_name("BYTES")
                        .value_parser(value_parser!(u64))
                        .help("fail when all statements together scan more"),
                )
                .arg(
                    Arg::new("max-usd")
                        .long("max-usd")
                        .value_name("USD")
                        .value_parser(value_parser!(f64))
                        .help("fail when all statements together cost more"),
                )
                .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("print one JSON document")),
        )
        .subcommand(with_settings(with_connection(Command::new("repl").about("Work with a server line by line"))))
}

/// The flags of every setting, and the file they may come from.
fn with_settings(command: Command) -> Command {
    let file = Arg::new("config").long("config").value_name("FILE").value_parser(value_parser!(PathBuf)).help("a TOML file of settings");
    let flags =
        SETTINGS.iter().map(|setting| Arg::new(setting.key).long(setting.key.replace('_', "-")).value_name("VALUE").help(setting.help));
    command.arg(file).args(flags)
}

fn with_connection(command: Command) -> Command {
    command
        .arg(
            Arg::new("endpoint")
                .long("endpoint")
                .value_name("URL")
                .help("a running server; without one, the configured port, then a server of its own"),
        )
        .arg(Arg::new("database").short('d').long("database").value_name("NAME").help("the database statements run in"))
        .arg(Arg::new("results").long("results").value_name("S3-URI").help("where results are left"))
}

fn config(arguments: &ArgMatches) -> Result<Config, String> {
    let flags: Vec<(String, String)> = SETTINGS
        .iter()
        .filter_map(|setting| arguments.get_one::<String>(setting.key).map(|value| (setting.key.to_string(), value.clone())))
        .collect();
    let file = arguments.get_one::<PathBuf>("config");
    Config::load(file.map(PathBuf::as_path), &flags).map_err(|error| error.to_string())
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(REQUEST_STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime can be started: {error}"))
}

fn serve_command(arguments: &ArgMatches) -> Result<(), String> {
    let config = config(arguments)?;
    serve::start_logging(&config.log, config.log_format);
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        let server = serve::Server::start(config).await.map_err(|error| error.to_string())?;
        println!("owlake {} serves Athena, Glue, S3 and STS at {}", env!("CARGO_PKG_VERSION"), server.endpoint());
        server.run_until_signal().await.map_err(|error| error.to_string())
    });
    // Work that was cut off must not keep the process.
    runtime.shutdown_background();
    outcome
}

fn demo_command(arguments: &ArgMatches) -> Result<(), String> {
    let config = config(arguments)?;
    serve::start_logging("warn", config.log_format);
    demo::write_lake(&config.data_dir).map_err(|error| error.to_string())?;
    let (keeps_serving, takes_course) = (arguments.get_flag("serve"), arguments.get_flag("course"));
    runtime()?.block_on(async {
        let access = Access::of(&config);
        let server = serve::Server::start(config).await.map_err(|error| error.to_string())?;
        let client = Client::with_access(server.endpoint(), access)?;
        let outcome = if takes_course { course::run(&client).await } else { demo::run(&client).await };
        outcome.map_err(|error| error.to_string())?;
        if keeps_serving {
            println!("\nServing at {} until Ctrl-C.", server.endpoint());
            return server.run_until_signal().await.map_err(|error| error.to_string());
        }
        println!("\nThe lake stays; `owlake serve` with the same --data-dir serves it.");
        server.stop().await.map_err(|error| error.to_string())
    })
}

fn tpch_command(arguments: &ArgMatches) -> Result<(), String> {
    let config = config(arguments)?;
    serve::start_logging("warn", config.log_format);
    let scale = arguments.get_one::<f64>("scale").copied().unwrap_or(0.1);
    let ddl = tpch::write_tables(&config.data_dir, scale).map_err(|error| error.to_string())?;
    runtime()?.block_on(async {
        let access = Access::of(&config);
        let server = serve::Server::start(config).await.map_err(|error| error.to_string())?;
        tpch::register(&Client::with_access(server.endpoint(), access)?, &ddl).await.map_err(|error| error.to_string())?;
        server.stop().await.map_err(|error| error.to_string())
    })
}

/// A client of the server that was asked for, or of one started for this command alone.
async fn connect(arguments: &ArgMatches, config: Config) -> Result<(Client, Option<serve::Server>), String> {
    let access = Access::of(&config);
    if let Some(endpoint) = arguments.get_one::<String>("endpoint") {
        let client = Client::with_access(endpoint, access)?;
        return if client.is_alive().await { Ok((client, None)) } else { Err(format!("no owlake server answers at {endpoint}")) };
    }
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    let running = Client::with_access(&format!("{scheme}://{}:{}", config.bind, config.port), access.clone())?;
    if config.port != 0 && running.is_alive().await {
        return Ok((running, None));
    }
    // A server for this command alone is nobody else's business.
    let bind = "127.0.0.1".to_owned();
    let server = serve::Server::start(Config { port: 0, bind, tls: Tls::default(), ..config }).await.map_err(|error| error.to_string())?;
    Ok((Client::with_access(server.endpoint(), access)?, Some(server)))
}

/// Where results go: as asked for, else into a bucket of their own, which is made when it is missing.
async fn results_location(arguments: &ArgMatches, client: &Client) -> Result<String, String> {
    if let Some(location) = arguments.get_one::<String>("results") {
        return Ok(location.clone());
    }
    client.create_bucket(RESULTS_BUCKET).await.map_err(|error| error.to_string())?;
    Ok(format!("s3://{RESULTS_BUCKET}/"))
}

fn query_command(arguments: &ArgMatches) -> Result<(), String> {
    let config = config(arguments)?;
    serve::start_logging("warn", config.log_format);
    let sql = given_sql(arguments)?;
    runtime()?.block_on(async {
        let (client, server) = connect(arguments, config).await?;
        let command = query::QueryCommand {
            sql,
            options: QueryOptions {
                database: arguments.get_one::<String>("database").cloned(),
                output_location: Some(results_location(arguments, &client).await?),
                rows_max: arguments.get_one::<usize>("limit").copied().unwrap_or(usize::MAX),
            },
            format: arguments.get_one::<Format>("format").copied().unwrap_or(Format::Table),
            shows_statistics: !arguments.get_flag("quiet"),
        };
        let outcome = query::run(&client, &command).await.map_err(|error| error.to_string());
        if let Some(server) = server {
            server.stop().await.map_err(|error| error.to_string())?;
        }
        outcome
    })
}

/// The statements of `--execute`, of `--file` or of the standard input.
fn given_sql(arguments: &ArgMatches) -> Result<String, String> {
    match (arguments.get_one::<String>("execute"), arguments.get_one::<String>("file").map(String::as_str)) {
        (Some(sql), _) => Ok(sql.clone()),
        (None, None | Some("-")) => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|error| format!("the input cannot be read: {error}"))?;
            Ok(text)
        }
        (None, Some(path)) => std::fs::read_to_string(path).map_err(|error| format!("'{path}' cannot be read: {error}")),
    }
}

fn cost_command(arguments: &ArgMatches) -> Result<(), String> {
    let config = config(arguments)?;
    serve::start_logging("warn", config.log_format);
    let sql = given_sql(arguments)?;
    let usd_per_tb = config.usd_per_tb;
    runtime()?.block_on(async {
        let (client, server) = connect(arguments, config).await?;
        let command = cost::CostCommand {
            sql,
            options: QueryOptions {
                database: arguments.get_one::<String>("database").cloned(),
                output_location: Some(results_location(arguments, &client).await?),
                rows_max: usize::MAX,
            },
            usd_per_tb,
            bytes_max: arguments.get_one::<u64>("max-bytes").copied(),
            usd_max: arguments.get_one::<f64>("max-usd").copied(),
            is_json: arguments.get_flag("json"),
        };
        let outcome = cost::run(&client, &command).await;
        if let Some(server) = server {
            server.stop().await.map_err(|error| error.to_string())?;
        }
        outcome
    })
}

fn repl_command(arguments: &ArgMatches) -> Result<(), String> {
    let config = config(arguments)?;
    serve::start_logging("warn", config.log_format);
    let history = config.data_dir.join("repl-history");
    let runtime = runtime()?;
    let (client, server) = runtime.block_on(connect(arguments, config))?;
    let results = runtime.block_on(results_location(arguments, &client))?;
    let database = arguments.get_one::<String>("database").cloned();
    let history = history.parent().is_some_and(std::path::Path::is_dir).then_some(history);
    let outcome = repl::Repl::new(client, runtime.handle().clone(), database, results).run(history);
    if let Some(server) = server {
        runtime.block_on(server.stop()).map_err(|error| error.to_string())?;
    }
    outcome
}
