//! The steps of a program that find out by themselves what became of a lost reply.

use zookit_client::{CreateMode, Owned, RetryPolicy, Version};

use super::super::fates::Write;
use super::program::Program;

impl Program {
    pub(super) async fn protected(&mut self) {
        let (number, data) = self.notes.call("a protected create");
        let noted = self.notes.fates.begin(Write::create_below("/w/q", data.clone()));
        let (client, mode) = (self.handle(), CreateMode::EphemeralSequential);
        let future = client.create_protected("/w/q/p-", data, mode);
        if let Some(result) = self.answer(number, future).await {
            noted.end(&result);
        }
    }

    /// Each asks for a znode of its own: one that this session had before would count as its own.
    pub(super) async fn owned(&mut self) {
        let (number, data) = self.notes.call("an owned create");
        let path = format!("/w/o-{}", data.replace(':', "-"));
        let noted = self.notes.fates.begin(Write::create(&path, data.clone()));
        let client = self.handle();
        let future = client.create_owned(&path, data, CreateMode::Ephemeral);
        if let Some(result) = self.answer(number, future).await {
            match result {
                Ok(Owned::Theirs(_)) => drop(noted),
                result => noted.end(&result),
            }
        }
    }

    pub(super) async fn guarded(&mut self) {
        let (client, path) = (self.handle(), self.node());
        let (number, data) = self.notes.call("a guarded set");
        let Ok(node) = client.get_data(&path).await else { return };
        let noted = self.notes.fates.begin(Write::set_data(&path, data.clone()));
        let future = client.set_data_guarded(&path, data, node.stat.version);
        if let Some(result) = self.answer(number, future).await {
            noted.end(&result);
        }
    }

    pub(super) async fn guaranteed(&mut self) {
        let (number, data) = self.notes.call("a guaranteed delete");
        let path = format!("/w/g-{}", data.replace(':', "-"));
        let created = self.client.create(&path, data, CreateMode::Persistent).await;
        self.notes.ended(number, Some(&created));
        let delete = self.client.delete_guaranteed(&path, Version::Any);
        if self.rng.bool() {
            self.deletes.push(delete);
        }
    }

    pub(super) async fn retried(&mut self) {
        let (client, path) = (self.handle(), self.node());
        let (number, data) = self.notes.call("a retried set");
        let noted = self.notes.fates.begin(Write::set_data(&path, data.clone()));
        let future = client
            .retry(RetryPolicy::default(), |_| client.set_data(&path, data.clone(), Version::Any));
        if let Some(result) = self.answer(number, future).await {
            noted.end(&result);
        }
    }
}
