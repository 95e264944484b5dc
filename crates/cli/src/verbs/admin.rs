//! `zk admin COMMAND`: a command of the AdminServer, asked of every server, without a session.

use serde_json::{Value, json};
use zookit::Endpoint;
use zookit::admin::http::AdminServer;

use super::word::{Tally, each};
use crate::args::Admin;
use crate::connection::Setup;
use crate::error::Failure;
use crate::interrupt;
use crate::output::{Output, escape};

pub(crate) async fn run(
    command: &Admin,
    setup: &Setup,
    output: &mut Output,
) -> Result<(), Failure> {
    interrupt::at_once()?;
    let options = setup.ask_options();
    let ask = |server: Endpoint| {
        let server = Endpoint::new(server.host, command.port);
        let server = AdminServer::new(server, options.clone());
        let (server, name) = (server.with_command_url(&command.url), command.command.clone());
        async move { server.command(&name).await }
    };
    let answers = each(setup, ask).await;
    let mut tally = Tally::new(answers.len());
    for (server, answer) in answers {
        let server = Endpoint::new(server.host, command.port).to_string();
        match answer {
            Ok(answer) if output.is_json() => output
                .json(&json!({ "server": server, "command": command.command, "answer": answer })),
            Ok(answer) => {
                if tally.several() {
                    output.line(&format!("--- {}", escape::line(&server)));
                }
                output.bytes(format!("{:#}\n", Value::Object(answer)).as_bytes());
            }
            Err(error) => tally.note(error),
        }
    }
    output.flush().await?;
    tally.end()
}
