//! Runs many random pairs of strategy and history in both evaluators: `agree --pairs 100000 --seed 1 --threads 2`; with
//! `--modules` also as emitted modules, under wasmtime and under wasmi. In the end it says how often each form of the language was written and each situation met.

use dunlin_tests::generate::{self, Forms};
use dunlin_tests::kit;
use dunlin_tests::pair::{compile, explain, run_seed};
use dunlin_tests::situations::SITUATIONS;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Instant;

struct Options {
    pairs: u64,
    seed: u64,
    threads: u64,
    /// How many differences are shown.
    show: usize,
    /// Shows differences as they were found, not as small as they get.
    plain: bool,
    /// Runs each pair as a module too.
    modules: bool,
    /// Only prints the strategy of the seed and whether it compiles.
    print: bool,
}

fn options() -> Option<Options> {
    let mut options = Options { pairs: 1000, seed: 1, threads: 2, show: 1, plain: false, modules: false, print: false };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || args.next().and_then(|n| n.parse::<u64>().ok());
        match arg.as_str() {
            "--pairs" => options.pairs = number()?,
            "--seed" => options.seed = number()?,
            "--threads" => options.threads = number()?.max(1),
            "--show" => options.show = usize::try_from(number()?).ok()?,
            "--plain" => options.plain = true,
            "--modules" => options.modules = true,
            "--print" => options.print = true,
            _ => return None,
        }
    }
    Some(options)
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("agree [--pairs N] [--seed S] [--threads N] [--show N] [--plain] [--modules] [--print]");
        return ExitCode::from(2);
    };
    if options.print {
        let text = generate::strategy(options.seed).0.text();
        println!("{text}\n{}", compile(&text).err().unwrap_or_default());
        println!("{}", explain(options.seed));
        return ExitCode::SUCCESS;
    }
    if run(&options) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Told = (u64, Result<(dunlin_tests::pair::Ran, Forms), String>);

fn run(options: &Options) -> bool {
    let (next, stop, began) = (AtomicU64::new(0), AtomicBool::new(false), Instant::now());
    let (sender, results) = mpsc::channel::<Told>();
    std::thread::scope(|scope| {
        for _ in 0..options.threads {
            let sender = sender.clone();
            scope.spawn(|| work(options, &next, &stop, sender));
        }
        drop(sender);
        gather(options, &results, &stop, began)
    })
}

fn work(options: &Options, next: &AtomicU64, stop: &AtomicBool, sender: mpsc::Sender<Told>) {
    while !stop.load(Ordering::Relaxed) {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= options.pairs {
            return;
        }
        let seed = options.seed.wrapping_add(n);
        let ran = run_seed(seed, !options.plain);
        let ran = if options.modules { ran.and_then(|ran| kit::run(seed).map(|()| ran)) } else { ran };
        if sender.send((seed, ran)).is_err() {
            return;
        }
    }
}

fn gather(options: &Options, results: &mpsc::Receiver<Told>, stop: &AtomicBool, began: Instant) -> bool {
    let (mut forms, mut said) = (Forms::new(), BTreeMap::<String, usize>::new());
    let mut met: Forms = SITUATIONS.into_iter().map(|one| (one, 0)).collect();
    let (mut agreed, mut steps, mut shown) = (0_u64, 0, 0);
    for (seed, told) in results {
        match told {
            Ok((ran, used)) => {
                agreed += 1;
                steps += ran.steps;
                used.into_iter().for_each(|(form, n)| *forms.entry(form).or_default() += n);
                ran.met.into_iter().for_each(|(one, n)| *met.entry(one).or_default() += n);
                ran.said.into_iter().for_each(|(what, n)| *said.entry(what).or_default() += n);
            }
            Err(words) => {
                println!("==== seed {seed}\n{words}");
                shown += 1;
                stop.store(shown >= options.show, Ordering::Relaxed);
            }
        }
        if agreed > 0 && agreed % 5000 == 0 {
            eprintln!("{agreed} pairs agree after {} s", began.elapsed().as_secs());
        }
    }
    println!("{agreed} pairs agree in {steps} steps from seed {}, {} s", options.seed, began.elapsed().as_secs());
    println!("forms: {forms:?}");
    println!("situations: {met:?}");
    println!("said: {said:?}");
    shown == 0
}
