//! System calls per operation, counted by `strace` in a process of its own for each figure.
//!
//! Each variant runs twice, with few operations and with many, and the difference is divided by
//! the difference, so that what a start costs drops out. Tracing slows the client down, and not
//! the stub; a client that batches then finds fuller batches, so small figures are lower bounds.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::Res;
use crate::stub::Stub;
use crate::variant::Variant;

/// Operations of the longer run: enough for how a run happens to begin not to show, and not more
/// than a few seconds of tracing.
fn many(window: usize) -> usize {
    (16_000 * window.min(8)).next_multiple_of(10 * window).max(60 * window)
}

/// Prints the table.
///
/// # Errors
/// `strace` is not installed or may not trace.
pub fn run(stub: &Stub, windows: &[usize], variants: &[Variant]) -> Res<()> {
    println!("| in flight | client | system calls/op |\n|--:|:--|--:|");
    for &window in windows {
        for variant in variants.iter().filter(|variant| variant.runs_at(window)) {
            let ops = [many(window) / 10, many(window)];
            let few = traced(stub.address, *variant, window, ops[0])?;
            let many = traced(stub.address, *variant, window, ops[1])?;
            let per_op = (many - few) / (ops[1] - ops[0]) as f64;
            println!("| {window} | {variant} | {per_op:.3} |");
        }
    }
    Ok(())
}

/// All system calls of one run.
fn traced(address: SocketAddr, variant: Variant, window: usize, ops: usize) -> Res<f64> {
    let mut command = Command::new("strace");
    command.args(["-f", "-c", "-U", "calls", "-o", "|cat"]).arg(std::env::current_exe()?);
    command.args(["one", &address.to_string(), &variant.to_string()]);
    command.args([window.to_string(), ops.to_string()]);
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("cannot run strace: {error}"))?;
    if !output.status.success() {
        return Err(format!("strace: {}", output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let total = text.lines().rev().find_map(|line| line.strip_suffix(" total"));
    let total = total.and_then(|count| count.trim().parse().ok());
    total.ok_or_else(|| format!("strace counted nothing: {text}").into())
}
