//! `zk admin` on AdminServers of Apache ZooKeeper from 3.5 on. The servers that are listed for other
//! tests have theirs off, so as not all to want port 8080; so these are started here.

use std::path::Path;

use super::own::{Kind, Server, on_each_own};
use crate::zk::{Ran, run};

struct WithAdminServer;

impl Kind for WithAdminServer {
    fn prepare(&self, _: &Path, port: &str) -> Vec<String> {
        vec![format!("admin.serverPort={port}\nadmin.serverAddress=127.0.0.1")]
    }

    fn answers(&self, server: &Server) -> Option<bool> {
        if ask(server, "server_stats").code != Some(0) {
            return None;
        }
        let configuration = ask(server, "configuration").exits(0).json();
        Some(configuration["answer"]["client_port"].as_u64() == server.client_port.parse().ok())
    }
}

fn ask(server: &Server, command: &str) -> Ran {
    run(&["-s", "127.0.0.1", "admin", command, "--port", &server.port, "-o", "json"])
}

#[test]
fn every_version_from_3_5_on_answers() {
    let what = "zk admin on a real AdminServer";
    on_each_own(
        what,
        [3, 5, 0],
        || WithAdminServer,
        |version, server, _| {
            let monitor = ask(server, "monitor").exits(0).quietly().json();
            assert!(monitor["answer"]["znode_count"].as_i64().unwrap() > 0, "{version}: {monitor}");
            let stats = ask(server, "server_stats").exits(0).json();
            assert!(stats["answer"]["version"].as_str().unwrap().starts_with(version), "{stats}");
            assert_eq!(stats["answer"]["server_stats"]["server_state"], "standalone", "{version}");
            ask(server, "nosuch").exits(10).says("Unknown command: nosuch");
            // What it says by four-letter words it says by default in `srvr` alone.
            let servers = format!("127.0.0.1:{}", server.client_port);
            run(&["-s", &servers, "ruok"]).exits(10).says("4lw.commands.whitelist");
            let ran = run(&["-s", &servers, "doctor"]).exits(0);
            assert!(
                ran.text().contains("is without isro, mntr, conf, cons"),
                "{version}: {ran:#?}"
            );
        },
    );
}
