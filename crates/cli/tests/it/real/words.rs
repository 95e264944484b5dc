//! Four-letter words and the doctor.

use super::on_each;
use crate::zk::run;

#[test]
fn every_word_is_answered_in_both_forms() {
    on_each("words", |place| {
        for word in [
            "ruok", "srvr", "stat", "mntr", "cons", "conf", "dump", "envi", "wchs", "wchc", "wchp",
            "isro",
        ] {
            let ran = place.zk(&[word]).exits(0).quietly();
            assert!(!ran.stdout.is_empty(), "{word}");
            let document = place.zk(&[word, "-o", "json"]).exits(0).quietly().json();
            assert_eq!(document["word"], word);
            // What this version does not know would stand there.
            assert!(document["answer"]["other"].is_null(), "{document}");
        }
        assert_eq!(place.zk(&["ruok"]).text(), "imok");
        let srvr = place.zk(&["srvr", "-o", "json"]).json();
        assert_eq!(srvr["answer"]["mode"], "standalone");
        let dirs = place.zk(&["dirs", "-o", "json"]);
        if place.is_from(3, 5, 1) {
            assert!(dirs.exits(0).json()["answer"]["datadir_size"].is_number());
        } else {
            dirs.exits(10).says("does not know the word");
        }
    });
}

#[test]
fn the_doctor_finds_real_servers_well() {
    on_each("doctor", |place| {
        let ran = place.zk(&["doctor"]).exits(0).quietly();
        for part in
            ["its jute.maxbuffer seems to be 1048575", "its clock and ours agree", "all is well"]
        {
            assert!(ran.text().contains(part), "{ran:#?}");
        }
        let missing = format!("{}{}", place.servers, place.at("missing"));
        let ran = run(&["-s", &missing, "doctor"]).exits(1);
        assert!(ran.text().contains("does not exist"), "{ran:#?}");
    });
}
