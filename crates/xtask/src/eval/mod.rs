//! How good the agent is: the sets of tests/evals, put to the native executable one item after another.
//!
//! Every item is a process of its own, in an empty folder, with a temperature of 0 as the commands
//! have it. Results are kept below the target directory under the hash of the executable, so that a run
//! that was cut goes on, and one after a change of the executable starts over.

mod akio;
mod compare;
mod score;
mod sets;

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{thread, time::Duration};

use anyhow::{Context, Result};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::edition::Edition;
use crate::{build, paths, step};
use akio::Akio;
use score::Counts;
use sets::Item;
pub use sets::{Half, Set};

/// One line of the file of results.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    id: String,
    counts: Counts,
    wrong: Option<String>,
}

pub fn eval(edition: Edition, half: Half, sets: &[Set], verbose: bool) -> Result<()> {
    build::executable(edition)?;
    let program = paths::dist().join(edition.artefact());
    let folder = paths::work()?
        .join("eval")
        .join(&step::hex(&Sha256::digest(fs::read(&program)?))[..16]);
    fs::create_dir_all(&folder)?;

    let all = Set::value_variants();
    let sets = if sets.is_empty() { all } else { sets };
    let mut rows = Vec::new();
    let mut json = Counts::new();
    for set in sets {
        let file = folder.join(format!("{}-{}.jsonl", half.name(), set.name()));
        let results = run(*set, half, &program, &file)?;
        let mut sum = Counts::new();
        for kept in &results {
            score::add(&mut sum, &kept.counts);
            if let (Some(wrong), true) = (&kept.wrong, verbose) {
                println!("{}: {wrong}", kept.id);
            }
        }
        if let Some(valid) = sum.remove("valid JSON") {
            *json.entry("valid JSON".into()).or_default() += valid;
        }
        rows.extend(sum);
    }
    rows.extend(json);
    println!(
        "| {} half, {} | |",
        half.name(),
        edition.model().lock()?.name
    );
    println!("| --- | --- |");
    for (measure, count) in rows {
        println!("| {measure} | {} |", count.describe());
    }
    Ok(())
}

/// The results of all items of a set, those of earlier runs among them.
fn run(set: Set, half: Half, program: &Path, file: &Path) -> Result<Vec<Kept>> {
    let items = set.items(half)?;
    let known = read(file)?;
    let open = items.iter().filter(|item| !known.contains_key(&item.id));
    let open: Vec<&Item> = open.collect();
    let style = ProgressStyle::with_template("  {prefix} {pos} of {len} {bar:30} {elapsed}")?;
    let bar = ProgressBar::new(items.len() as u64)
        .with_style(style)
        .with_prefix(set.name());
    bar.set_position(known.len() as u64);
    bar.enable_steady_tick(Duration::from_millis(500));

    let out = OpenOptions::new().create(true).append(true).open(file)?;
    let (out, known, next) = (Mutex::new(out), Mutex::new(known), AtomicUsize::new(0));
    let work = |worker: usize| -> Result<()> {
        let akio = Akio {
            program: program.to_owned(),
            folder: scratch(file, worker),
        };
        while let Some(item) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            akio.begin()?;
            let outcome = set
                .run(item, half, &akio)
                .with_context(|| format!("item {}", item.id))?;
            let kept = Kept {
                id: item.id.clone(),
                counts: outcome.counts,
                wrong: outcome.wrong,
            };
            let line = serde_json::to_string(&kept)? + "\n";
            lock(&out).write_all(line.as_bytes())?;
            lock(&known).insert(item.id.clone(), kept);
            bar.inc(1);
        }
        Ok(())
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|worker| scope.spawn(move || work(worker)))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a worker panicked")))
        })
    })?;
    bar.finish_and_clear();
    let mut known = known.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(items
        .iter()
        .filter_map(|item| known.remove(&item.id))
        .collect())
}

fn scratch(file: &Path, worker: usize) -> PathBuf {
    file.with_extension(format!("work-{worker}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What earlier runs left. A line that was cut off is left out.
fn read(file: &Path) -> Result<HashMap<String, Kept>> {
    let mut known = HashMap::new();
    if file.exists() {
        for line in BufReader::new(File::open(file)?).lines() {
            if let Ok(kept) = serde_json::from_str::<Kept>(&line?) {
                known.insert(kept.id.clone(), kept);
            }
        }
    }
    Ok(known)
}
