//! `zk admin` on AdminServers of Apache ZooKeeper from 3.5 on. The servers that are listed for other
//! tests have theirs off, so as not all to want port 8080; so these are started here.

use zookit_ensemble::blocking::Server;
use zookit_ensemble::{ServerConfig, Version};

use super::own::on_each_own;
use crate::zk::{Ran, run};

fn with_admin_server(config: &mut ServerConfig) {
    config.admin.enabled = Some(true);
    // As a server is by default.
    config.four_letter_words = None;
}

fn ask(server: &Server, command: &str) -> Ran {
    let port = server.admin_address().unwrap().port().to_string();
    run(&["-s", "127.0.0.1", "admin", command, "--port", &port, "-o", "json"])
}

#[test]
fn every_version_from_3_5_on_answers() {
    let what = "zk admin on a real AdminServer";
    on_each_own(what, Version::new(3, 5, 0), with_admin_server, |version, server| {
        let monitor = ask(server, "monitor").exits(0).quietly().json();
        assert!(monitor["answer"]["znode_count"].as_i64().unwrap() > 0, "{version}: {monitor}");
        let stats = ask(server, "server_stats").exits(0).json();
        assert!(stats["answer"]["version"].as_str().unwrap().starts_with(version), "{stats}");
        assert_eq!(stats["answer"]["server_stats"]["server_state"], "standalone", "{version}");
        let configuration = ask(server, "configuration").exits(0).json();
        let port = server.address().port();
        assert_eq!(configuration["answer"]["client_port"], port, "{version}");
        ask(server, "nosuch").exits(10).says("Unknown command: nosuch");
        // What it says by four-letter words it says by default in `srvr` alone.
        let servers = server.address().to_string();
        run(&["-s", &servers, "ruok"]).exits(10).says("4lw.commands.whitelist");
        let ran = run(&["-s", &servers, "doctor"]).exits(0);
        assert!(ran.text().contains("is without isro, mntr, conf, cons"), "{version}: {ran:#?}");
    });
}
