//! Rounds: the limit, every variant in a random order, the limit again; and the table of it all.
//!
//! A ratio is taken within a round, against the mean of its two runs of the limit, so that what
//! slows the whole machine for a while cancels out. A round in which the two differ by more than
//! 15 %, or in which others take more than 10 % of the processor, says nothing, and another one
//! takes its place, up to three times as many as asked for.

use std::net::SocketAddr;
use std::time::Duration;

use crate::Res;
use crate::foreign::{self, Watch};
use crate::load::{Latencies, Plan, Sample, latencies};
use crate::statistics::{interval, median};
use crate::variant::Variant;

/// By how much the limit may move within a round.
const MOST_MOVED: f64 = 0.15;

/// What to run.
#[derive(Debug)]
pub struct Campaign {
    /// Where the server is.
    pub address: SocketAddr,
    /// The process of the stub, which knows how to be the limit; none is a real server, whose share
    /// of the processor cannot be told from others'.
    pub stub: Option<u32>,
    /// Rounds to be kept, for each window.
    pub rounds: usize,
    /// Reads in flight.
    pub windows: Vec<usize>,
    /// Which variants.
    pub variants: Vec<Variant>,
    /// How long each run measures.
    pub span: Duration,
}

/// What the rounds say of one variant at one window.
#[derive(Debug)]
struct Line {
    variant: Variant,
    rates: Vec<f64>,
    cpus: Vec<f64>,
    rate_ratios: Vec<f64>,
    cpu_ratios: Vec<f64>,
    allocations: Option<f64>,
    latencies: Latencies,
}

impl Line {
    fn new(variant: Variant) -> Res<Self> {
        Ok(Self {
            variant,
            rates: Vec::new(),
            cpus: Vec::new(),
            rate_ratios: Vec::new(),
            cpu_ratios: Vec::new(),
            allocations: None,
            latencies: latencies()?,
        })
    }

    fn note(&mut self, sample: &Sample, raw: Option<(f64, f64)>) -> Res<()> {
        self.rates.push(sample.rate);
        self.cpus.push(sample.cpu);
        if let Some((rate, cpu)) = raw {
            self.rate_ratios.push(sample.rate / rate);
            self.cpu_ratios.push(sample.cpu / cpu);
        }
        self.allocations = sample.allocations.or(self.allocations);
        if let Some(latencies) = &sample.latencies {
            self.latencies.add(latencies)?;
        }
        Ok(())
    }

    fn row(&self, window: usize) -> String {
        let (low, high) = interval(&self.rate_ratios);
        let ratio = match self.rate_ratios[..] {
            [] => String::from("-"),
            _ => format!("{:.3} ({low:.3}-{high:.3})", median(&self.rate_ratios)),
        };
        let cpu_ratio = match self.cpu_ratios[..] {
            [] => String::from("-"),
            _ => format!("{:.2}", median(&self.cpu_ratios)),
        };
        let quantile = |quantile: f64| match self.latencies.len() {
            0 => String::from("-"),
            _ => format!("{:.1}", self.latencies.value_at_quantile(quantile) as f64 / 1000.0),
        };
        format!(
            "| {window} | {} | {:.0} | {ratio} | {:.0} | {cpu_ratio} | {} | {} | {} |",
            self.variant,
            median(&self.rates) / 1000.0,
            median(&self.cpus),
            self.allocations.map_or(String::from("-"), |count| format!("{count:.3}")),
            quantile(0.5),
            quantile(0.99),
        )
    }
}

impl Campaign {
    /// Runs, and prints the table as it grows.
    ///
    /// # Errors
    /// A run fails.
    pub fn run(&self) -> Res<()> {
        println!(
            "| in flight | client | 1000 ops/s | ops/s ÷ RAW (95 %) | CPU ns/op | CPU ÷ RAW \
             | allocations/op | p50 µs | p99 µs |"
        );
        println!("|--:|:--|--:|--:|--:|--:|--:|--:|--:|");
        let mut notes = Vec::new();
        for &window in &self.windows {
            notes.push(self.window(window)?);
        }
        println!("\n{}", notes.join("\n"));
        Ok(())
    }

    /// All rounds of one window; what to say below the table.
    fn window(&self, window: usize) -> Res<String> {
        let variants: Vec<_> =
            self.variants.iter().copied().filter(|variant| variant.runs_at(window)).collect();
        let mut raw = Line::new(Variant::RAW)?;
        let mut lines = Vec::new();
        for variant in variants {
            lines.push(Line::new(variant)?);
        }
        let (mut kept, mut uneven, mut disturbed) = (0, 0, 0);
        while kept < self.rounds && kept + uneven + disturbed < 3 * self.rounds {
            let watch = self.stub.map(Watch::begin).transpose()?;
            let samples = self.round(window, &lines, kept == 0)?;
            if watch.map_or(Ok(0.0), |watch| watch.share())? > foreign::MOST {
                disturbed += 1;
                continue;
            }
            let (limit, moved) = match &samples.raw {
                Some([before, after]) => {
                    let rate = f64::midpoint(before.rate, after.rate);
                    let cpu = f64::midpoint(before.cpu, after.cpu);
                    (Some((rate, cpu)), (before.rate - after.rate).abs() / rate)
                }
                None => (None, 0.0),
            };
            if moved > MOST_MOVED {
                uneven += 1;
                continue;
            }
            kept += 1;
            if let Some(both) = &samples.raw {
                both.iter().try_for_each(|sample| raw.note(sample, limit))?;
            }
            for (index, sample) in &samples.variants {
                lines[*index].note(sample, limit)?;
            }
        }
        if kept > 0 {
            if self.stub.is_some() {
                println!("{}", raw.row(window));
            }
            lines.iter().for_each(|line| println!("{}", line.row(window)));
        }
        Ok(format!(
            "{window} in flight: {kept} rounds; discarded: {uneven} uneven, {disturbed} in which \
             others worked.{}",
            times(&lines)
        ))
    }

    fn round(&self, window: usize, lines: &[Line], first: bool) -> Res<Samples> {
        let (span, allocations) = (self.span, first);
        let plan = Plan { window, span, allocations, latencies: true, ..Plan::default() };
        let limit = || -> Res<Option<Sample>> {
            self.stub.map(|_| Variant::RAW.run(self.address, plan)).transpose()
        };
        let mut order: Vec<usize> = (0..lines.len()).collect();
        fastrand::shuffle(&mut order);
        let before = limit()?;
        let mut variants = Vec::new();
        for index in order {
            variants.push((index, lines[index].variant.run(self.address, plan)?));
        }
        let raw = before.zip(limit()?).map(|(before, after)| [before, after]);
        Ok(Samples { raw, variants })
    }
}

struct Samples {
    raw: Option<[Sample; 2]>,
    /// With the index of the line.
    variants: Vec<(usize, Sample)>,
}

/// How much faster than the best of the others.
fn times(lines: &[Line]) -> String {
    let best = |lines: &mut dyn Iterator<Item = &Line>| {
        lines.map(|line| median(&line.rates)).fold(f64::NAN, f64::max)
    };
    let ours = best(&mut lines.iter().filter(|line| line.variant.is_ours_on_ct()));
    let theirs = best(&mut lines.iter().filter(|line| line.variant.is_peer()));
    if ours.is_nan() || theirs.is_nan() {
        return String::new();
    }
    format!(" Best shape on ct against the best of the other crates: {:.1} times.", ours / theirs)
}
