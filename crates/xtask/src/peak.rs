//! What a command takes: its time, and the most memory of each program that runs in it. Linux only, from `/proc`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::paths;

/// What a command took.
pub struct Cost {
    pub time: Duration,
    /// The most resident bytes of a process with that name, of whichever process it was the most.
    resident: BTreeMap<String, u64>,
}

impl Cost {
    /// The most resident bytes of a process whose name starts like this, 0 if there was none.
    pub fn resident(&self, program: &str) -> u64 {
        let named = self
            .resident
            .iter()
            .filter(|(name, _)| name.starts_with(program));
        named.map(|(_, bytes)| *bytes).max().unwrap_or(0)
    }
}

/// Runs a command and watches it and everything that it starts. `None` if one of its processes held more than
/// `limit` bytes, and the command was ended for that.
pub fn measure(mut command: Command, limit: u64) -> Result<Option<Cost>> {
    /// Short against any compilation; what a process gains after the last look is missed.
    const INTERVAL: Duration = Duration::from_millis(20);
    let program = command.get_program().display().to_string();
    let log = paths::work()?.join("measured.log");
    let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let begin = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let mut resident = BTreeMap::new();
    let status = loop {
        for process in family(child.id())? {
            let most: &mut u64 = resident.entry(process.name).or_default();
            *most = process.resident.max(*most);
            if *most > limit {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(INTERVAL);
    };
    let time = begin.elapsed();
    if !status.success() {
        let output = fs::read_to_string(&log).unwrap_or_default();
        bail!("`{program}` failed ({status}):\n{}", output.trim_end());
    }
    Ok(Some(Cost { time, resident }))
}

/// Resident bytes of the process and all that descend from it, pages that several of them have mapped counted
/// once.
pub fn proportional(root: u32) -> Result<u64> {
    let kibibytes = family(root)?.into_iter().map(|process| {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id));
        let rollup = rollup.unwrap_or_default();
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
            .unwrap_or(0)
    });
    Ok(kibibytes.sum::<u64>() * 1024)
}

struct Process {
    id: u32,
    parent: u32,
    name: String,
    /// The high-water mark, in bytes.
    resident: u64,
}

/// The process and all that descend from it.
fn family(root: u32) -> Result<Vec<Process>> {
    let mut others = Vec::new();
    for entry in fs::read_dir("/proc").context("memory is measured on Linux only")? {
        let name = entry?.file_name();
        if let Some(id) = name.to_str().and_then(|name| name.parse().ok()) {
            others.extend(process(id));
        }
    }
    let mut members = BTreeSet::from([root]);
    let mut family = Vec::new();
    loop {
        let (found, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(|process| {
            members.contains(&process.id) || members.contains(&process.parent)
        });
        if found.is_empty() {
            return Ok(family);
        }
        members.extend(found.iter().map(|process| process.id));
        family.extend(found);
        others = rest;
    }
}

/// A process, unless it has ended meanwhile.
fn process(id: u32) -> Option<Process> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_start_matches(':').trim().to_owned())
    };
    let kibibytes: u64 = field("VmHWM")?.strip_suffix("kB")?.trim().parse().ok()?;
    Some(Process {
        id,
        parent: field("PPid")?.parse().ok()?,
        name: field("Name")?,
        resident: kibibytes * 1024,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn finds_a_process_and_what_it_started() {
        let mut child = Command::new("sh")
            .args(["-c", "sleep 30 & wait"])
            .spawn()
            .unwrap();
        let begin = Instant::now();
        let names = loop {
            let mut names: Vec<_> = family(child.id())
                .unwrap()
                .into_iter()
                .map(|process| process.name)
                .collect();
            names.sort();
            if names.len() == 2 || begin.elapsed() > Duration::from_secs(10) {
                break names;
            }
        };
        let family = family(child.id()).unwrap();
        for process in family.iter().filter(|process| process.name == "sleep") {
            let kill = Command::new("kill").arg(process.id.to_string()).status();
            assert!(kill.unwrap().success());
        }
        child.wait().unwrap();
        assert_eq!(names, ["sh", "sleep"]);
    }
}
