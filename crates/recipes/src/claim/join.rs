//! Creating the znode of a claim, so that nobody's giving up leaves it behind.

use bytes::Bytes;
use zookit_client::{
    Acl, Answer, ChildList, Client, CreateMode, CreateOptions, Created, Perms, RetryPolicy, Zxid,
};
use zookit_proto::mutant::{self, Mutant};
use zookit_proto::path::join as join_path;

use super::Claim;
use super::sweep::sweep;
use super::task::to_its_end;
use super::wait::endless;
use crate::Error;
use crate::naming::{Kind, Naming};

/// How often a create is sent whose reply was lost each time and which was found not applied.
const MOST_ATTEMPTS: u32 = 5;

/// How the znodes of a recipe are made.
///
/// ```
/// use zookit_recipes::{ClaimOptions, Naming};
/// let beside_kazoo = ClaimOptions { naming: Naming::Kazoo, ..Default::default() };
/// let with_my_name = ClaimOptions { data: "host-1".into(), ..Default::default() };
/// # let _ = (beside_kazoo, with_my_name);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimOptions {
    /// Whose names they get; Curator's by default.
    pub naming: Naming,
    /// Their data: who this is, for those who look. Empty by default.
    pub data: Bytes,
    /// Who may do what to them, and to the parents that are made; everybody everything by default.
    /// Others must be able to see them: for a listing, READ on the parent.
    pub acl: Vec<Acl>,
    /// What becomes of parents that do not exist; containers by default.
    pub parents: Parents,
}

impl Default for ClaimOptions {
    fn default() -> Self {
        Self {
            naming: Naming::default(),
            data: Bytes::new(),
            acl: vec![Acl::world(Perms::ALL)],
            parents: Parents::default(),
        }
    }
}

impl ClaimOptions {
    /// Makes a persistent znode with this data, with its parents, unless it is there. To be done
    /// twice does no harm.
    pub(crate) async fn make_persistent(
        &self,
        client: &Client,
        path: &str,
        data: Bytes,
    ) -> Result<(), Error> {
        let create = || async {
            let (data, acl) = (data.clone(), self.acl.clone());
            let options = CreateOptions { mode: CreateMode::Persistent, acl, ttl: None };
            let created = match self.parents {
                Parents::Containers => {
                    client.create_with_container_parents(path, data, options).await
                }
                Parents::Persistent => client.create_with_parents(path, data, options).await,
                Parents::Expected => client.create(path, data, options).await,
            };
            created.map(drop)
        };
        let policy = RetryPolicy { lost_writes: true, ..RetryPolicy::default() };
        match client.retry(policy, |_| create()).await {
            Err(error) if !error.is_node_exists() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// What becomes of parents that do not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parents {
    /// They are made, as containers: the server deletes them some time after their last child is
    /// gone. With servers from 3.5.1.
    #[default]
    Containers,
    /// They are made, and stay.
    Persistent,
    /// They are not made: what needs them is refused with `NoNode`.
    Expected,
}

impl Parents {
    /// Makes this znode and those above it.
    pub(crate) async fn make(self, client: &Client, path: &str, acl: &[Acl]) -> Result<(), Error> {
        let options = |mode| CreateOptions { mode, acl: acl.to_vec(), ttl: None };
        let made = match self {
            Self::Containers => {
                let options = options(CreateMode::Container);
                client.create_with_container_parents(path, (), options).await
            }
            Self::Persistent => {
                client.create_with_parents(path, (), options(CreateMode::Persistent)).await
            }
            Self::Expected => return Ok(()),
        };
        match made {
            Err(error) if !error.is_node_exists() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// A place in a queue that is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Join<'a> {
    /// The znode whose children the queue is.
    pub(crate) parent: &'a str,
    pub(crate) kind: Kind,
    pub(crate) options: &'a ClaimOptions,
}

/// Joins a queue, in the session of now; answers the claim, and what the server listed behind its
/// creation, if it did.
///
/// # Errors
/// The client's. If it is unknown whether the znode was created, it is looked for and deleted in
/// the background.
///
/// # Cancel safety
/// Dropping the future deletes what is created.
pub(crate) async fn join(
    client: &Client,
    what: Join<'_>,
) -> Result<(Claim, Option<ChildList>), Error> {
    let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    join_looking(client, what, once).await
}

/// As [`join`], but what became of a create without a reply is asked for as long as its session lives:
/// for recipes in which a znode must not stand beside the one that was made in its place.
///
/// # Errors
/// As [`join`]; *no reply* only if the session ended before anybody could tell.
///
/// # Cancel safety
/// As [`join`].
pub(crate) async fn join_for_certain(
    client: &Client,
    what: Join<'_>,
) -> Result<(Claim, Option<ChildList>), Error> {
    join_looking(client, what, endless()).await
}

async fn join_looking(
    client: &Client,
    what: Join<'_>,
    looking: RetryPolicy,
) -> Result<(Claim, Option<ChildList>), Error> {
    let client = client.session();
    let name = what.options.naming.name(what.kind, &client.unique_id());
    let create = Create {
        path: join_path(what.parent, &name),
        parent: what.parent.to_owned(),
        options: what.options.clone(),
        client,
        looking,
    };
    if mutant::on(Mutant::JoinEndsWithCaller) {
        return create.run().await;
    }
    // In a task of its own, so that it ends whether anybody waits or not: a claim that nobody
    // takes is dropped, and deletes its znode.
    to_its_end(create.run()).await
}

struct Create {
    client: Client,
    path: String,
    parent: String,
    options: ClaimOptions,
    /// How long it is asked what became of a create without a reply.
    looking: RetryPolicy,
}

const MODE: CreateMode = CreateMode::EphemeralSequential;

impl Create {
    async fn run(self) -> Result<(Claim, Option<ChildList>), Error> {
        let mut attempt = 1;
        loop {
            let (create, names) = self.submit();
            let error = match create.await {
                Ok(created) => return Ok((self.claim(created).await?, names.await.ok())),
                Err(error) => error,
            };
            if attempt == MOST_ATTEMPTS {
                self.give_up(&error);
                return Err(error.into());
            }
            attempt += 1;
            if error.is_no_node() && self.options.parents != Parents::Expected {
                self.options.parents.make(&self.client, &self.parent, &self.options.acl).await?;
            } else if error.may_have_applied() {
                match self.find().await {
                    Ok(Some(created)) => return Ok((self.claim(created).await?, None)),
                    Ok(None) => {}
                    Err(_) => {
                        self.give_up(&error);
                        return Err(error.into());
                    }
                }
            } else {
                return Err(error.into());
            }
        }
    }

    /// What a create without a reply may have made.
    async fn find(&self) -> Result<Option<Created>, zookit_client::Error> {
        if mutant::on(Mutant::ClaimMadeAgain) {
            return Ok(None);
        }
        if mutant::on(Mutant::ClaimOfAnybody) {
            return self.client.find_unique(&join_path(&self.parent, "_c_"), MODE).await;
        }
        self.client.retry(self.looking, |_| self.client.find_unique(&self.path, MODE)).await
    }

    /// Both leave at once: the listing is read behind the create.
    fn submit(&self) -> (Answer<Created>, Answer<ChildList>) {
        let options = CreateOptions { mode: MODE, acl: self.options.acl.clone(), ttl: None };
        let create = self.client.create(&self.path, self.options.data.clone(), options);
        (create, self.client.get_child_list(&self.parent))
    }

    /// The claim on a znode that was created. Its creation names it, where the server told: those
    /// before 3.5 do not.
    async fn claim(&self, created: Created) -> Result<Claim, Error> {
        let mut claim = Claim::new(self.client.clone(), &created.path, Zxid(0));
        let stat = match created.stat {
            Some(stat) => Some(stat),
            None => self.client.retry(endless(), |_| self.client.exists(&created.path)).await?,
        };
        let ours = |owner| owner == claim.session_id() || mutant::on(Mutant::ClaimOfAnybody);
        match stat.filter(|stat| ours(stat.ephemeral_owner)) {
            Some(stat) => {
                claim.set_token(stat.czxid);
                Ok(claim)
            }
            None => Err(claim.found_deleted()),
        }
    }

    /// Nobody knows whether it was created, and nobody will ask.
    fn give_up(&self, error: &zookit_client::Error) {
        if error.may_have_applied() && !mutant::on(Mutant::LostCreateNotSwept) {
            tokio::spawn(sweep(self.client.clone(), self.path.clone(), MODE));
        }
    }
}
