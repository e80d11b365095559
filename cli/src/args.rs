//! What can be written behind `dunlin`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Dunlin: strategies for collecting claims, compiled to deterministic state machines.
#[derive(Debug, Parser)]
#[command(name = "dunlin", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a first strategy with tests, a sample case and events, ready to run
    New(New),
    /// Say every error and warning of strategies, and what they come to
    Check(Check),
    /// Lay strategies out in the one format
    Fmt(Fmt),
    /// Run the tests that stand in strategies
    Test(Test),
    /// Run one case, event by event
    Run(Box<Run>),
    /// Show what happens if the debtor never answers
    Timeline(Timeline),
    /// Compute the value of an expression
    Eval(Eval),
    /// Compile a strategy to a machine
    Build(Build),
    /// Draw the state chart of a strategy
    Graph(Graph),
    /// Run a portfolio of cases through strategies
    Simulate(Simulate),
    /// Turn other people's files into tables of cases and events
    Import(Import),
    /// Print the completions of a shell
    Completions(Completions),
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

/// `dunlin new`.
#[derive(Debug, Args)]
pub struct New {
    /// The folder to make
    pub dir: PathBuf,
    /// The country whose law the strategy uses
    #[arg(long, default_value = "de", value_parser = ["de"])]
    pub country: String,
}

/// `dunlin check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Strategies and libraries
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Later rows of dated values
    #[arg(long, value_name = "FILE")]
    pub figures: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `dunlin fmt`.
#[derive(Debug, Args)]
pub struct Fmt {
    /// Strategies and libraries
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Change nothing; say which files are laid out otherwise
    #[arg(long)]
    pub check: bool,
    /// The language of the words
    #[arg(long, value_parser = ["en", "de"], value_name = "LANGUAGE")]
    pub to: Option<String>,
}

/// `dunlin test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Strategies
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Say which stages and rules no test reaches
    #[arg(long)]
    pub coverage: bool,
    /// Later rows of dated values
    #[arg(long, value_name = "FILE")]
    pub figures: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// How a run is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// For people
    Human,
    /// One JSON value
    Json,
    /// One JSON object a line, for each effect, move and refusal
    Jsonl,
}

/// What runs a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// Straight from the tables of the machine
    Interpreter,
    /// The machine as WebAssembly, compiled for this computer
    Wasm,
}

/// `dunlin run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The strategy (.dun), or a machine (.dunm)
    pub file: PathBuf,
    /// The case, as JSON
    #[arg(long, required_unless_present = "resume", conflicts_with = "resume")]
    pub case: Option<PathBuf>,
    /// Its events, as JSON lines
    #[arg(long)]
    pub events: Option<PathBuf>,
    /// Go on until the end of this day, or this instant; without it, up to the last event
    #[arg(long, value_name = "INSTANT")]
    pub until: Option<String>,
    /// Go on from a case that an earlier run left: its last line, or what --save wrote
    #[arg(long, value_name = "STATE")]
    pub resume: Option<PathBuf>,
    /// Keep the case as it stands at the end, in the compact form
    #[arg(long, value_name = "STATE")]
    pub save: Option<PathBuf>,
    /// Wake each time so much too late: "36 hours", "2 days"
    #[arg(long, value_name = "DURATION")]
    pub late: Option<String>,
    /// Later rows of dated values
    #[arg(long, value_name = "FILE")]
    pub figures: Option<PathBuf>,
    /// What runs the case
    #[arg(long, value_enum, default_value = "interpreter")]
    pub engine: EngineChoice,
    /// How to print
    #[arg(long, value_enum, default_value = "human")]
    pub format: RunFormat,
}

/// How a timeline is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TimelineFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For calendars
    Ics,
}

/// `dunlin timeline`.
#[derive(Debug, Args)]
pub struct Timeline {
    /// The strategy (.dun), or a machine (.dunm)
    pub file: PathBuf,
    /// The case, as JSON; without it, a consumer who owes 100 since two weeks
    #[arg(long)]
    pub case: Option<PathBuf>,
    /// The day on which the case without --case opens; today if left out
    #[arg(long, value_name = "DATE", conflicts_with = "case")]
    pub open: Option<String>,
    /// Where to stop; two years after the opening if left out
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// Later rows of dated values
    #[arg(long, value_name = "FILE")]
    pub figures: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "human")]
    pub format: TimelineFormat,
}

/// `dunlin eval`.
#[derive(Debug, Args)]
pub struct Eval {
    /// The expression
    pub expression: String,
    /// Modules whose names it may read: `de.consumer`, or a strategy in this folder
    #[arg(long = "use", value_name = "MODULE")]
    pub uses: Vec<String>,
    /// A strategy whose facts and parameters it may read
    #[arg(long, value_name = "FILE")]
    pub strategy: Option<PathBuf>,
    /// The case that it may read, as JSON
    #[arg(long)]
    pub case: Option<PathBuf>,
    /// What `today` is; the day of the computer's clock if left out
    #[arg(long, value_name = "DATE", conflicts_with = "case")]
    pub today: Option<String>,
    /// Later rows of dated values
    #[arg(long, value_name = "FILE")]
    pub figures: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `dunlin build`.
#[derive(Debug, Args)]
pub struct Build {
    /// The strategy
    pub file: PathBuf,
    /// Where the machine goes: .dunm, or .txt for reading
    #[arg(short, long)]
    pub output: PathBuf,
}

/// `dunlin graph`.
#[derive(Debug, Args)]
pub struct Graph {
    /// The strategy (.dun), or a machine (.dunm)
    pub file: PathBuf,
    /// Where the drawing goes: .svg, .dot or .mmd; without it, Mermaid on standard output
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

/// `dunlin simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Strategies (.dun), or machines (.dunm)
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The table of cases: .csv, .jsonl or .parquet
    #[arg(long, value_name = "TABLE")]
    pub cases: PathBuf,
    /// The table of their events
    #[arg(long, value_name = "TABLE")]
    pub events: Option<PathBuf>,
    /// The last day; without it, the last day of the tables
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// Where the tables of results go
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How many threads; all cores if left out. The result is the same
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Later rows of dated values
    #[arg(long, value_name = "FILE")]
    pub figures: Option<PathBuf>,
    /// What runs the cases
    #[arg(long, value_enum, default_value = "interpreter")]
    pub engine: EngineChoice,
    /// How to print
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `dunlin import`.
#[derive(Debug, Args)]
pub struct Import {
    /// What comes in
    #[command(subcommand)]
    pub from: ImportFrom,
}

/// What comes in.
#[derive(Debug, Subcommand)]
pub enum ImportFrom {
    /// A CSV file in which each row is one receivable
    Csv(ImportCsv),
}

/// `dunlin import csv`.
#[derive(Debug, Args)]
pub struct ImportCsv {
    /// The file
    pub input: PathBuf,
    /// The folder that the tables of cases and events go to
    #[arg(short, long)]
    pub output: PathBuf,
    /// Which column means what
    #[arg(long, value_name = "MAP.toml")]
    pub map: PathBuf,
}

/// `dunlin completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
