//! One server.

use zookit_ensemble::{Mode, Server, Version};

use crate::releases::since;

#[tokio::test]
async fn a_server_runs_pauses_stops_and_starts_again() {
    for release in since(Version::new(3, 4, 0), "a server") {
        let begun = std::time::Instant::now();
        let server = Server::builder().release(&release).start().await.unwrap();
        println!("{} {:?}", release.version, begun.elapsed());
        assert_eq!(server.mode().await, Mode::Standalone);
        server.pause().await.unwrap();
        assert_eq!(server.mode().await, Mode::NotServing);
        server.resume().await.unwrap();
        assert_eq!(server.mode().await, Mode::Standalone);
        server.pause().await.unwrap();
        server.stop().await.unwrap();
        assert_eq!(server.mode().await, Mode::Down);
        server.restart().await.unwrap();
        server.kill().await.unwrap();
        server.start().await.unwrap();
        server.pause().await.unwrap();
        let directory = server.directory().to_owned();
        assert!(directory.exists());
        drop(server);
        assert!(!directory.exists());
    }
}
