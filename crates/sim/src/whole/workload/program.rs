//! What a client does: calls of the public API, one random one after the other.

use std::future::Future;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, sleep, timeout};
use zookit_client::{
    AddWatchMode, BatchValue, Client, CreateMode, Deadline, Error, GuaranteedDelete, MultiRead,
    OneShotWatch, PersistentWatch, Transaction, Version,
};
use zookit_server::core::Time;

use super::super::fates::Write;
use super::Violation;
use super::notes::Notes;

/// At most so many watches of each kind are held.
const MOST_WATCHES: usize = 20;

/// A client's program, and what it holds.
pub(super) struct Program {
    pub(super) client: Client,
    pub(super) notes: Notes,
    pub(super) rng: Rng,
    nodes: usize,
    origin: Instant,
    one_shots: Vec<OneShotWatch>,
    persistent: Vec<PersistentWatch>,
    pub(super) deletes: Vec<GuaranteedDelete>,
}

/// What a step is.
type Step = for<'a> fn(&'a mut Program) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// All of them. Those that stand here twice are twice as likely.
const STEPS: &[Step] = &[
    |program| Box::pin(program.set()),
    |program| Box::pin(program.set()),
    |program| Box::pin(program.create()),
    |program| Box::pin(program.create()),
    |program| Box::pin(program.create_and_delete()),
    |program| Box::pin(program.pipeline()),
    |program| Box::pin(program.multi()),
    |program| Box::pin(program.batch()),
    |program| Box::pin(program.reads()),
    |program| Box::pin(program.reads()),
    |program| Box::pin(program.other_reads()),
    |program| Box::pin(program.multi_read()),
    |program| Box::pin(program.fenced()),
    |program| Box::pin(program.watch()),
    |program| Box::pin(program.watch()),
    |program| Box::pin(program.read_watches()),
    |program| Box::pin(program.protected()),
    |program| Box::pin(program.owned()),
    |program| Box::pin(program.guarded()),
    |program| Box::pin(program.guaranteed()),
    |program| Box::pin(program.retried()),
    |program| Box::pin(program.parents()),
    |program| Box::pin(program.reserved()),
];

impl Program {
    pub(super) fn new(
        client: Client,
        notes: Notes,
        rng: Rng,
        nodes: usize,
        origin: Instant,
    ) -> Self {
        let (one_shots, persistent, deletes) = (Vec::new(), Vec::new(), Vec::new());
        Self { client, notes, rng, nodes, origin, one_shots, persistent, deletes }
    }

    /// Steps for so long, and then the end of all that they began.
    pub(super) async fn run(mut self, lasting: Duration) -> Result<(), Violation> {
        let end = Instant::now() + lasting;
        while Instant::now() < end {
            let step = STEPS[self.rng.usize(0..STEPS.len())];
            step(&mut self).await;
            self.look()?;
            let pause = [0, 0, 20, 500][self.rng.usize(0..4)];
            sleep(Duration::from_millis(self.rng.u64(0..=pause))).await;
        }
        for delete in self.deletes.drain(..) {
            // Whatever it says: that it ends is what counts.
            let _ = delete.await;
        }
        Ok(())
    }

    /// What the client knows of the history, and until when it trusts its session.
    fn look(&self) -> Result<(), Violation> {
        let zxid = self.client.zxid();
        if !self.notes.sees(zxid) {
            let client = self.notes.client();
            return Err(Violation::new(format!("client {client} went back to {zxid}")));
        }
        if let Some(until) = self.client.trusted_until() {
            let until = Time::since_origin(until.saturating_duration_since(self.origin));
            self.notes.trusts(self.client.session_id(), until);
        }
        Ok(())
    }

    /// A handle to ask with: plain, pinned to the session, or in a hurry.
    pub(super) fn handle(&mut self) -> Client {
        match self.rng.u8(0..8) {
            0 => self.client.session(),
            1 => {
                let most = [1, 50, 2000][self.rng.usize(0..3)];
                let within = Duration::from_millis(self.rng.u64(0..most));
                self.client.with_deadline(Deadline::After(within))
            }
            2 => self.client.with_deadline(Deadline::Never),
            _ => self.client.clone(),
        }
    }

    pub(super) fn node(&mut self) -> String {
        format!("/w/n{}", self.rng.usize(0..self.nodes))
    }

    /// Waits for an answer; or for a moment, and drops it.
    pub(super) async fn answer<T>(
        &mut self,
        number: u64,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Option<Result<T, Error>> {
        let result = if self.rng.u8(0..8) == 0 {
            let moment = Duration::from_millis(self.rng.u64(0..100));
            timeout(moment, future).await.ok()
        } else {
            Some(future.await)
        };
        self.notes.ended(number, result.as_ref());
        result
    }

    /// A write that is one request: submitted by `submit`, looking so in the history.
    async fn plain<T, F>(
        &mut self,
        what: &str,
        write: impl FnOnce(&str) -> Write,
        submit: impl FnOnce(&Client, String) -> F,
    ) where
        F: Future<Output = Result<T, Error>>,
    {
        let (number, data) = self.notes.call(what);
        let noted = self.notes.fates.begin(write(&data));
        let client = self.handle();
        self.notes.plain(number, client.generation());
        let future = submit(&client, data);
        if let Some(result) = self.answer(number, future).await {
            noted.end(&result);
        }
    }

    async fn set(&mut self) {
        let path = self.node();
        let write = |data: &str| Write::set_data(&path, data);
        self.plain("setData", write, |client, data| client.set_data(&path, data, Version::Any))
            .await;
    }

    async fn create(&mut self) {
        use CreateMode::{Ephemeral, EphemeralSequential, Persistent, PersistentSequential};
        let modes = [Persistent, Ephemeral, PersistentSequential, EphemeralSequential];
        let mode = modes[self.rng.usize(0..modes.len())];
        let path = if mode.is_sequential() {
            "/w/q/s-".to_owned()
        } else {
            format!("/w/e{}", self.rng.usize(0..self.nodes))
        };
        let write = |data: &str| {
            if mode.is_sequential() {
                Write::create_below("/w/q", data)
            } else {
                Write::create(&path, data)
            }
        };
        self.plain("create", write, |client, data| client.create(&path, data, mode)).await;
        if !mode.is_sequential() && self.rng.bool() {
            let (number, _) = self.notes.call("delete");
            let future = self.handle().delete(&path, Version::Any);
            self.answer(number, future).await;
        }
    }

    /// Both submitted before either is answered.
    async fn create_and_delete(&mut self) {
        let (number, data) = self.notes.call("create and delete");
        let path = format!("/w/{}", data.replace(':', "-"));
        let client = self.handle();
        let fates = self.notes.fates.clone();
        let created = fates.begin(Write::create(&path, data.clone()));
        let deleted = fates.begin(Write::delete(&path));
        self.notes.plain(number, client.generation());
        let create = client.create(&path, data, CreateMode::Persistent);
        let delete = client.delete(&path, Version::Any);
        let both = async {
            created.end(&create.await);
            let result = delete.await;
            deleted.end(&result);
            result
        };
        self.answer(number, both).await;
    }

    /// Several at once: they take effect in order.
    async fn pipeline(&mut self) {
        let client = self.handle();
        let mut answers = Vec::new();
        for _ in 0..self.rng.usize(2..12) {
            let (number, data) = self.notes.call("setData in a pipeline");
            let path = self.node();
            let noted = self.notes.fates.begin(Write::set_data(&path, data.clone()));
            self.notes.plain(number, client.generation());
            answers.push((number, noted, client.set_data(&path, data, Version::Any)));
        }
        for (number, noted, answer) in answers {
            if let Some(result) = self.answer(number, answer).await {
                noted.end(&result);
            }
        }
    }

    async fn multi(&mut self) {
        let (path, other) = (self.node(), self.node());
        let (number, data) = self.notes.call("multi");
        let client = self.handle();
        let fates = self.notes.fates.clone();
        let set = fates.begin(Write::set_data(&path, data.clone()));
        let created = fates.begin(Write::create_below("/w/q", data.clone()));
        self.notes.plain(number, client.generation());
        let mut transaction = Transaction::new()
            .check(&other, Version::Any)
            .set_data(&path, data.clone(), Version::Any)
            .create("/w/q/m-", data, CreateMode::EphemeralSequential);
        if self.rng.u8(0..4) == 0 {
            transaction = transaction.delete("/w/none", Version::Any);
        }
        let future = client.multi(transaction);
        if let Some(result) = self.answer(number, future).await {
            set.end(&result);
            created.end(&result);
        }
    }

    async fn batch(&mut self) {
        let client = self.handle();
        let mut batch = client.batch::<BatchValue>();
        let mut all = Vec::new();
        for _ in 0..self.rng.usize(1..6) {
            let (number, data) = self.notes.call("setData in a batch");
            let path = self.node();
            all.push(self.notes.fates.begin(Write::set_data(&path, data.clone())));
            self.notes.plain(number, client.generation());
            batch.set_data(&path, data, Version::Any).get_data(&path);
        }
        let answers = batch.submit();
        let (number, _) = self.notes.call("batch");
        let answers = async { Ok(answers.await) };
        if let Some(Ok(results)) = self.answer(number, answers).await {
            for (noted, result) in all.into_iter().zip(results.iter().step_by(2)) {
                noted.end(result);
            }
        }
    }

    async fn reads(&mut self) {
        let path = self.node();
        let client = self.handle();
        let (number, _) = self.notes.call("a read");
        match self.rng.u8(0..6) {
            0 => drop(self.answer(number, client.exists(&path)).await),
            1 => drop(self.answer(number, client.get_data(&path)).await),
            2 => drop(self.answer(number, client.get_children("/w/q")).await),
            3 => drop(self.answer(number, client.get_child_names("/w")).await),
            4 => drop(self.answer(number, client.get_acl(&path)).await),
            _ => drop(self.answer(number, client.sync(&path)).await),
        }
    }

    async fn other_reads(&mut self) {
        let client = self.handle();
        let (number, _) = self.notes.call("a read of the ensemble");
        match self.rng.u8(0..4) {
            0 => drop(self.answer(number, client.all_children_number("/w")).await),
            1 => drop(self.answer(number, client.ephemerals("/w")).await),
            2 => drop(self.answer(number, client.get_config()).await),
            _ => drop(self.answer(number, client.who_am_i()).await),
        }
    }

    async fn multi_read(&mut self) {
        let reads = MultiRead::new().get_data(&self.node()).get_child_names("/w/q");
        let (number, _) = self.notes.call("multiRead");
        let future = self.handle().multi_read(reads);
        self.answer(number, future).await;
    }

    async fn fenced(&mut self) {
        let (client, path) = (self.handle(), self.node());
        let (number, _) = self.notes.call("a fence");
        if self.rng.bool() {
            self.answer(number, client.fence()).await;
        } else {
            let read = client.linearizable_read(|client| client.get_data(&path));
            self.answer(number, read).await;
        }
    }

    async fn watch(&mut self) {
        let (client, path) = (self.handle(), self.node());
        let (number, _) = self.notes.call("a watch");
        let watch = match self.rng.u8(0..4) {
            0 => {
                let modes = [AddWatchMode::Persistent, AddWatchMode::PersistentRecursive];
                let mode = modes[self.rng.usize(0..2)];
                let answer = self.answer(number, client.add_watch(&path, mode)).await;
                self.persistent.extend(answer.and_then(Result::ok));
                None
            }
            1 => {
                let answer = self.answer(number, client.get_data_and_watch(&path)).await;
                answer.and_then(Result::ok).map(|(_, watch)| watch)
            }
            2 => {
                let path = format!("/w/e{}", self.rng.usize(0..self.nodes));
                let answer = self.answer(number, client.exists_and_watch(&path)).await;
                answer.and_then(Result::ok).map(|(_, watch)| watch)
            }
            _ => {
                let answer = self.answer(number, client.get_children_and_watch("/w/q")).await;
                answer.and_then(Result::ok).map(|(_, watch)| watch)
            }
        };
        self.one_shots.extend(watch);
    }

    /// Reads some, and drops some.
    async fn read_watches(&mut self) {
        let moment = Duration::from_millis(self.rng.u64(0..200));
        if let Some(mut watch) = self.one_shots.pop() {
            if timeout(moment, &mut watch).await.is_err() && self.rng.bool() {
                self.one_shots.push(watch);
            }
        }
        if let Some(mut watch) = self.persistent.pop() {
            let told = timeout(moment, watch.next()).await;
            if !matches!(told, Ok(None)) && self.rng.bool() {
                self.persistent.push(watch);
            }
        }
        self.one_shots.truncate(MOST_WATCHES);
        self.persistent.truncate(MOST_WATCHES);
    }

    async fn parents(&mut self) {
        let client = self.handle();
        let (number, data) = self.notes.call("a create with parents");
        if self.rng.u8(0..3) == 0 {
            let delete = async { client.delete_recursive("/w/p").await.map_err(|_| ()) };
            let moment = Duration::from_millis(self.rng.u64(1..2000));
            let _ = timeout(moment, delete).await;
            return;
        }
        let path = format!("/w/p/a/{}", data.replace(':', "-"));
        let noted = self.notes.fates.begin(Write::create(&path, data.clone()));
        let future = client.create_with_parents(&path, data, CreateMode::Persistent);
        if let Some(result) = self.answer(number, future).await {
            noted.end(&result);
        }
    }

    async fn reserved(&mut self) {
        let (client, path) = (self.handle(), self.node());
        let (number, _) = self.notes.call("a reservation");
        let wanted = self.rng.usize(1..16);
        if let Some(Ok(room)) = self.answer(number, client.reserve(wanted)).await {
            let (number, _) = self.notes.call("a read with room");
            self.answer(number, room.get_data(&path)).await;
        }
    }
}
