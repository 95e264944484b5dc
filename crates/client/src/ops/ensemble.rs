//! The configuration of the ensemble, and who this client is to it.

use zookit_proto::Text;
use zookit_proto::ops::get_data::{GetData, GetDataReply, GetDataRequest};
use zookit_proto::ops::reconfig::{Reconfig as Wire, ReconfigRequest};
use zookit_proto::ops::who_am_i::{WhoAmI, WhoAmIReply};
use zookit_proto::types::Id;
use zookit_proto::wire::decode;
use zookit_session::WatchKind;

use super::Call;
use super::watch::one_shot;
use crate::answer::{Answer, Fault};
use crate::client::Client;
use crate::ensemble::{Change, EnsembleConfig, Member, Reconfig};
use crate::watch::OneShotWatch;

/// Where servers keep it; outside every chroot.
const CONFIG: &str = "/zookeeper/config";

impl Client {
    /// Reads the configuration of the ensemble: its members and their version. It lies outside
    /// every chroot, and is read there.
    ///
    /// # Errors
    /// *Refused* with `NoNode` by servers before 3.5, or with `NoAuth` where READ permission was
    /// taken away.
    ///
    /// # If no reply comes
    /// A read has no effect: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet.
    ///
    /// # Ordering
    /// As [`exists`](Self::exists).
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// let config = client.get_config().await?;
    /// for member in config.members {
    ///     println!("{member}");
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "getConfig")]
    #[doc(alias = "config")]
    pub fn get_config(&self) -> Answer<EnsembleConfig> {
        let body = GetDataRequest { path: Text::from(CONFIG), watch: false };
        let call = Call::on::<GetData>(CONFIG, |_, body| config(body));
        self.submit::<GetData, _>(call, Ok(body))
    }

    /// As [`get_config`](Self::get_config), and leaves a watch that fires once, when the
    /// configuration changes. Its event has the path `/zookeeper/config`, also with a chroot.
    ///
    /// # Errors
    /// As [`get_config`](Self::get_config); there is then no watch.
    ///
    /// # If no reply comes
    /// There is no watch either: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet, and removes the watch if it has.
    ///
    /// # Ordering
    /// As [`get_data_and_watch`](Self::get_data_and_watch).
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let (config, changed) = client.get_config_and_watch().await?;
    /// println!("{} members", config.members.len());
    /// changed.await?;
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "getConfig")]
    pub fn get_config_and_watch(&self) -> Answer<(EnsembleConfig, OneShotWatch)> {
        let path = Text::from(CONFIG);
        let body = GetDataRequest { path: path.clone(), watch: true };
        let call = Call::on::<GetData>(CONFIG, |frame, body| Ok((config(body)?, one_shot(frame))));
        self.submit::<GetData, _>(call.watching(WatchKind::Data, path), Ok(body))
    }

    /// Changes the members of the ensemble; answers the configuration that it then has.
    ///
    /// # Errors
    /// *Refused* with `ReconfigDisabled` where it is switched off, which it is by default;
    /// `NoAuth` without WRITE permission for `/zookeeper/config`; `BadVersion`; `BadArguments` for
    /// members that cannot be; `NewConfigNoQuorum`, `ReconfigInProgress`, or `Unimplemented` by
    /// a standalone server.
    ///
    /// # If no reply comes
    /// The members may have changed: [`get_config`](Self::get_config) tells. With
    /// [`from_version`](Reconfig::from_version) the same call can be made again.
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing back.
    ///
    /// # Ordering
    /// As [`set_data`](Self::set_data).
    ///
    /// # Examples
    /// ```no_run
    /// # use zookit_client::{Client, Reconfig};
    /// # async fn f(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let now = client.get_config().await?;
    /// let member = "server.4=zoo4:2888:3888;2181".parse()?;
    /// let change = Reconfig::incremental().joining(member).from_version(now.version);
    /// println!("{} members", client.reconfig(change).await?.members.len());
    /// # Ok(()) }
    /// ```
    #[doc(alias = "reconfigure")]
    #[doc(alias = "IncrementalReconfig")]
    #[doc(alias = "Reconfig")]
    pub fn reconfig(&self, change: Reconfig) -> Answer<EnsembleConfig> {
        let members = |members: &[Member]| {
            let members: Vec<_> = members.iter().map(Member::to_string).collect();
            Some(Text::from(members.join(",")))
        };
        let (joining_servers, leaving_servers, new_members) = match &change.change {
            Change::Incremental { joining, leaving } => {
                let leaving: Vec<_> = leaving.iter().map(i64::to_string).collect();
                let joining = members(joining).filter(|joining| !joining.is_empty());
                let leaving = Some(Text::from(leaving.join(","))).filter(|text| !text.is_empty());
                (joining, leaving, None)
            }
            Change::Members(all) => (None, None, members(all)),
        };
        let cur_config_id = change.from_version.unwrap_or(-1);
        let body = ReconfigRequest { joining_servers, leaving_servers, new_members, cur_config_id };
        let call = Call::on::<Wire>(CONFIG, |_, body| config(body));
        self.submit::<Wire, _>(call, Ok(body))
    }

    /// Lists the identities that the server knows this connection by: its address, and what
    /// [`add_auth`](Self::add_auth), SASL or a certificate added. Never a password.
    ///
    /// # Errors
    /// *Refused* with `Unimplemented` by servers before 3.7, which close the connection behind it.
    ///
    /// # If no reply comes
    /// A read has no effect: ask again.
    ///
    /// # Cancel safety
    /// Dropping the future skips the read if it has not left yet.
    ///
    /// # Ordering
    /// Shows the identities added before.
    ///
    /// # Examples
    /// ```
    /// # async fn f(client: zookit_client::Client) -> Result<(), zookit_client::Error> {
    /// for id in client.who_am_i().await? {
    ///     println!("{}:{}", id.scheme, id.id);
    /// }
    /// # Ok(()) }
    /// # zookit_doctest::with_client(f);
    /// ```
    #[doc(alias = "whoAmI")]
    #[doc(alias = "whoami")]
    pub fn who_am_i(&self) -> Answer<Vec<Id>> {
        let call = Call::new::<WhoAmI>("whoAmI", None, |_, body| {
            let WhoAmIReply { client_info } = decode("WhoAmIReply", body)?;
            let id = |info: zookit_proto::ops::who_am_i::ClientInfo| Id {
                scheme: info.auth_scheme,
                id: info.user,
            };
            Ok(client_info.into_iter().map(id).collect())
        });
        self.submit::<WhoAmI, _>(call, Ok(()))
    }
}

fn config(body: bytes::Bytes) -> Result<EnsembleConfig, Fault> {
    let GetDataReply { data, stat } = decode("GetDataReply", body)?;
    Ok(EnsembleConfig::parse(data.as_ref(), stat))
}
