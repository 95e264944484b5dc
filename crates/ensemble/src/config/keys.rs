//! The table of the keys: a line for each, with its field and its form.

use super::ServerConfig;
use super::forms::{
    Boolean, Count, Factory, Form, Millis, Number, PathForm, PeerType, Text, Words, YesNo,
};

/// A key of `zoo.cfg`, and the field of [`ServerConfig`] that has its value.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// The value, if there is one, as it is written; or what is wrong with it.
    pub(super) write: fn(&ServerConfig) -> Option<Result<String, String>>,
    /// Takes what was read.
    pub(super) read: fn(&mut ServerConfig, &str) -> Result<(), String>,
}

impl Key {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }
}

macro_rules! keys {
    ($($name:literal => $($field:ident).+ as $form:ty;)*) => {
        /// In the order in which they are written.
        pub(super) const KEYS: &[Key] = &[$(Key {
            name: $name,
            write: |config| config.$($field).+.as_ref().map(<$form>::write),
            read: |config, text| {
                config.$($field).+ = Some(<$form>::read(text)?);
                Ok(())
            },
        }),*];
    };
}

keys! {
    "tickTime" => tick_time as Millis;
    "initLimit" => init_limit as Count;
    "syncLimit" => sync_limit as Count;
    "connectToLearnerMasterLimit" => connect_to_learner_master_limit as Count;
    "dataDir" => data_dir as PathForm;
    "dataLogDir" => data_log_dir as PathForm;
    "clientPort" => client_port as Number<u16>;
    "clientPortAddress" => client_port_address as Text;
    "secureClientPort" => secure_client_port as Number<u16>;
    "secureClientPortAddress" => secure_client_port_address as Text;
    "maxClientCnxns" => max_client_cnxns as Count;
    "minSessionTimeout" => min_session_timeout as Millis;
    "maxSessionTimeout" => max_session_timeout as Millis;
    "serverCnxnFactory" => server_cnxn_factory as Factory;
    "peerType" => peer_type as PeerType;
    "dynamicConfigFile" => dynamic_config_file as PathForm;
    "reconfigEnabled" => reconfig_enabled as Boolean;
    "standaloneEnabled" => standalone_enabled as Boolean;
    "quorumListenOnAllIPs" => quorum_listen_on_all_ips as Boolean;
    "localSessionsEnabled" => local_sessions_enabled as Boolean;
    "localSessionsUpgradingEnabled" => local_sessions_upgrading_enabled as Boolean;
    "extendedTypesEnabled" => extended_types_enabled as Boolean;
    "DigestAuthenticationProvider.superDigest" => super_digest as Text;
    "4lw.commands.whitelist" => four_letter_words as Words;
    "ssl.keyStore.location" => tls.key_store as PathForm;
    "ssl.keyStore.password" => tls.key_store_password as Text;
    "ssl.keyStore.type" => tls.key_store_type as Text;
    "ssl.trustStore.location" => tls.trust_store as PathForm;
    "ssl.trustStore.password" => tls.trust_store_password as Text;
    "ssl.trustStore.type" => tls.trust_store_type as Text;
    "ssl.clientAuth" => tls.client_auth as Text;
    "admin.enableServer" => admin.enabled as Boolean;
    "admin.serverAddress" => admin.address as Text;
    "admin.serverPort" => admin.port as Number<u16>;
    "autopurge.snapRetainCount" => auto_purge_snap_retain_count as Count;
    "autopurge.purgeInterval" => auto_purge_interval_hours as Count;
    "forceSync" => force_sync as YesNo;
    "preAllocSize" => pre_alloc_size_kib as Count;
    "snapCount" => snap_count as Count;
}
