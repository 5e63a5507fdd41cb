//! Child processes and what the kernel counts about them.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::clock;

/// The kernel counts CPU time for programs in hundredths of a second, on every architecture.
const TICK: Duration = Duration::from_millis(10);

const START: Duration = Duration::from_secs(120);
const STOP: Duration = Duration::from_secs(30);

/// How often a command that is to end is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// A running server. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// How long it took from exec to the line that says so.
    pub(crate) ready_after: Duration,
    _stdout: Receiver<String>,
}

impl Process {
    /// Starts a server and waits for the line in which it says where it listens. What it logs goes
    /// to a file.
    pub(crate) fn serve(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(log)?);
        let began = Instant::now();
        let mut child = command.spawn().with_context(|| format!("{:?} cannot be run", command.get_program()))?;
        let stdout = child.stdout.take().context("standard output is a pipe")?;
        let (send, lines) = channel();
        // Read to the end even when nobody listens: a full pipe would stop the server.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let address = wait_for_address(&lines, began + START);
        let ready_after = began.elapsed();
        match address {
            Some(address) => Ok(Self { child, address, ready_after, _stdout: lines }),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                bail!("the server does not start:\n{}", fs::read_to_string(log).unwrap_or_default())
            }
        }
    }

    /// CPU time it has used so far, in user and kernel.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        Stat::of(self.child.id()).map(|stat| stat.own).context("the server is gone")
    }

    /// The most memory it has held at once, in bytes.
    pub(crate) fn peak_memory(&self) -> anyhow::Result<u64> {
        peak_memory(self.child.id()).context("the server is gone")
    }

    /// SIGTERM; waits until it has ended.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let deadline = Instant::now() + STOP;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("the server does not stop within {STOP:?}");
            }
            clock::wait(GLANCE);
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Either fails when it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time that a process and its children have used so far, those counted that have ended.
pub(crate) fn family_cpu(process: u32) -> anyhow::Result<Duration> {
    let first = Stat::of(process).context("the server is gone")?;
    let mut sum = first.own + first.ended_children;
    for entry in fs::read_dir("/proc")? {
        let id = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        // One that ends while this looks is missing for a moment.
        let child = id.and_then(Stat::of).filter(|stat| stat.parent == process);
        sum += child.map(|stat| stat.own).unwrap_or_default();
    }
    Ok(sum)
}

/// What the kernel says about a process.
struct Stat {
    parent: u32,
    /// CPU time, in user and kernel.
    own: Duration,
    ended_children: Duration,
}

impl Stat {
    /// `None` of a process that is gone.
    fn of(process: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name in the second field may hold anything, its closing bracket last.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let number = |field: usize| fields.get(field)?.parse::<u32>().ok();
        Some(Self {
            parent: number(1)?,
            own: TICK * (number(11)? + number(12)?),
            ended_children: TICK * (number(13)? + number(14)?),
        })
    }
}

/// How a command went that was run to its end.
pub(crate) struct Ran {
    pub(crate) took: Duration,
    /// The most memory it held at once, in bytes.
    pub(crate) peak_memory: u64,
}

/// Runs a command to its end, within a time.
pub(crate) fn run(command: &mut Command, at_most: Duration) -> anyhow::Result<Ran> {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let mut peak = 0;
    let status: ExitStatus = loop {
        peak = peak_memory(child.id()).unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if began.elapsed() > at_most {
            let _ = child.kill();
            let _ = child.wait();
            bail!("{command:?} does not end within {at_most:?}");
        }
        clock::wait(GLANCE);
    };
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(Ran { took: began.elapsed(), peak_memory: peak })
}

/// `None` of a process that is gone.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn wait_for_address(lines: &Receiver<String>, deadline: Instant) -> Option<SocketAddr> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = lines.recv_timeout(left).ok()?;
        if let Some((_, rest)) = line.split_once("listening on http://") {
            return rest.split_whitespace().next()?.parse().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_or_lasts_too_long_is_an_error() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        assert!(run(&mut shell("exit 0"), STOP).is_ok_and(|ran| ran.took < STOP));
        assert!(run(&mut shell("exit 3"), STOP).is_err());
        assert!(run(&mut shell("read x < /dev/zero; sleep 60"), Duration::ZERO).is_err());
    }

    #[test]
    fn a_server_is_found_by_the_line_it_prints() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo hello; echo 'listening on http://127.0.0.1:81 now'; exec sleep 60"]);
        let process = Process::serve(command, log.path()).unwrap();
        assert_eq!(process.address.port(), 81);
        assert!(process.peak_memory().unwrap() > 0 && process.cpu().unwrap() < STOP);
        process.stop().unwrap();
    }
}
