//! A cache of a tree: how fast it is built, what it takes, and what a lookup costs.

use std::collections::VecDeque;
use std::time::Instant;

use tokio::runtime::Builder;
use zookit_client::{AddWatchMode, Client, CreateMode, Created, MultiRead};
use zookit_recipes::cache::TreeCache;

use super::server::Embedded;
use crate::Res;
use crate::alloc;
use crate::load::Mark;
use crate::statistics::{interval, median};

const ROOT: &str = "/cache";
const DATA: [u8; 100] = [b'x'; 100];

/// Znodes below each directory, with the directory itself.
const IN_ONE: usize = 1000;

/// As the cache makes its reads: so many in a multiRead, so many under way.
const READS: usize = 32;
const UNDER_WAY: usize = 1024;

/// All that is to be said of a cache of so many znodes.
///
/// # Errors
/// The server cannot be started, or does not answer.
pub fn cache(znodes: usize, rounds: usize) -> Res<()> {
    let server = Embedded::start()?;
    let address = server.address.to_string();
    let directories = (znodes / IN_ONE).max(1);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::connect(&*address).await?;
        fill(&client, directories).await?;
        let (mut built, mut thrown, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let (mut cpus, mut thrown_cpus) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let (before, before_cpu) = throw_away(&client, directories).await?;
            let (wall, cpu) = build(&client).await?;
            let (after, after_cpu) = throw_away(&client, directories).await?;
            let limit = f64::midpoint(before, after);
            built.push(wall);
            cpus.push(cpu);
            thrown.push(limit);
            thrown_cpus.push(f64::midpoint(before_cpu, after_cpu));
            ratios.push(limit / wall);
        }
        let count = (directories * IN_ONE + 1) as f64;
        let (low, high) = interval(&ratios);
        println!(
            "| znodes | built, 1000/s | thrown away, 1000/s | ratio (95 %) | CPU ns each, built | CPU \
             ns each, thrown away |"
        );
        println!("|--:|--:|--:|--:|--:|--:|");
        println!(
            "| {count:.0} | {:.0} | {:.0} | {:.2} ({low:.2}-{high:.2}) | {:.0} | {:.0} |\n",
            count / median(&built) / 1e3,
            count / median(&thrown) / 1e3,
            median(&ratios),
            median(&cpus) / count * 1e9,
            median(&thrown_cpus) / count * 1e9,
        );
        heap_and_lookups(&client, directories).await
    })
}

fn directory(number: usize) -> String {
    format!("{ROOT}/{number:04}")
}

fn path(directory: &str, number: usize) -> String {
    format!("{directory}/znode-{number:06}")
}

async fn fill(client: &Client, directories: usize) -> Res<()> {
    client.create(ROOT, &DATA[..], CreateMode::Persistent).await?;
    for number in 0..directories {
        let mut batch = client.batch::<Created>();
        let parent = directory(number);
        batch.create(&parent, &DATA[..], CreateMode::Persistent);
        for number in 1..IN_ONE {
            batch.create(&path(&parent, number), &DATA[..], CreateMode::Persistent);
        }
        for created in batch.submit().await {
            created?;
        }
    }
    Ok(())
}

/// Seconds until it is built, and seconds of CPU of this process.
async fn build(client: &Client) -> Res<(f64, f64)> {
    let mark = Mark::now();
    let cache = TreeCache::start(client, ROOT);
    cache.initialized().await?;
    let took = mark.since();
    drop(cache);
    // Until the task that followed is gone, and its watch.
    client.sync(ROOT).await?;
    Ok(took)
}

/// The same requests, in the same order and as many under way; nothing is made of what is answered.
async fn throw_away(client: &Client, directories: usize) -> Res<(f64, f64)> {
    let mark = Mark::now();
    let watch = client.add_watch(ROOT, AddWatchMode::PersistentRecursive).await?;
    let mut several = Several { client, reads: MultiRead::new(), under_way: VecDeque::new() };
    several.read(ROOT).await?;
    several.finish().await?;
    drop(client.get_child_names(ROOT).await?);
    let parents: Vec<_> = (0..directories).map(directory).collect();
    for parent in &parents {
        several.read(parent).await?;
    }
    several.finish().await?;
    for parents in parents.chunks(UNDER_WAY / READS) {
        let lists: Vec<_> = parents.iter().map(|parent| client.get_child_names(parent)).collect();
        for list in lists {
            drop(list.await?);
        }
        for parent in parents {
            for number in 1..IN_ONE {
                several.read(&path(parent, number)).await?;
            }
        }
    }
    several.finish().await?;
    let took = mark.since();
    drop(watch);
    Ok(took)
}

type Outcomes = Vec<Result<zookit_client::MultiReadOutcome, zookit_client::Error>>;

struct Several<'a> {
    client: &'a Client,
    reads: MultiRead,
    under_way: VecDeque<zookit_client::Answer<Outcomes>>,
}

impl Several<'_> {
    async fn read(&mut self, path: &str) -> Res<()> {
        self.reads = std::mem::take(&mut self.reads).get_data(path);
        if self.reads.len() == READS {
            self.submit();
        }
        while self.under_way.len() * READS >= UNDER_WAY {
            self.throw_one_away().await?;
        }
        Ok(())
    }

    fn submit(&mut self) {
        let reads = std::mem::take(&mut self.reads);
        if !reads.is_empty() {
            self.under_way.push_back(self.client.multi_read(reads));
        }
    }

    async fn throw_one_away(&mut self) -> Res<()> {
        if let Some(answer) = self.under_way.pop_front() {
            drop(answer.await?);
        }
        Ok(())
    }

    async fn finish(&mut self) -> Res<()> {
        self.submit();
        while !self.under_way.is_empty() {
            self.throw_one_away().await?;
        }
        Ok(())
    }
}

async fn heap_and_lookups(client: &Client, directories: usize) -> Res<()> {
    alloc::count(true);
    let before = alloc::live_bytes();
    let cache = TreeCache::start(client, ROOT);
    cache.initialized().await?;
    // What was under way is done with.
    client.sync(ROOT).await?;
    let heap = alloc::live_bytes() - before;
    alloc::count(false);
    let count = directories * IN_ONE + 1;
    if cache.len() != count {
        return Err(format!("{} znodes of {count} are there", cache.len()).into());
    }
    let own: usize = cache.with(|tree| {
        tree.iter().map(|node| node.path().len() + node.data().map_or(0, <[u8]>::len)).sum()
    });
    let beyond = (heap - i64::try_from(own)?) as f64 / count as f64;
    // In no order that a cache of the processor's likes.
    let mut paths: Vec<_> = (0..directories)
        .flat_map(|number| (1..IN_ONE).map(move |other| path(&directory(number), other)))
        .collect();
    fastrand::Rng::with_seed(1).shuffle(&mut paths);
    alloc::count(true);
    let (allocated, begun) = (alloc::allocations(), Instant::now());
    let mut found = 0;
    for path in &paths {
        found += usize::from(cache.get(path).is_some());
    }
    let nanoseconds = begun.elapsed().as_secs_f64() * 1e9 / paths.len() as f64;
    let allocated = alloc::allocations() - allocated;
    alloc::count(false);
    if found != paths.len() {
        return Err(format!("{found} of {} lookups found their znode", paths.len()).into());
    }
    println!(
        "| znodes | heap bytes each, beyond path and data | lookup ns | allocations of {found} lookups |"
    );
    println!("|--:|--:|--:|--:|");
    println!("| {count} | {beyond:.0} | {nanoseconds:.0} | {allocated} |");
    Ok(())
}
