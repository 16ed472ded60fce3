//! A cluster whose clients authenticate with a password: a client is still computing for that when the process may be
//! about to end.

use timeoff_dev::kafka::KafkaDev;
use timeoff_testkit::{AUTO, Bench, asked_for, submit};

/// How often each command is run, unless this variable says otherwise. Seven of a hundred lists used to crash.
const ROUNDS: usize = 8;
const ROUNDS_VARIABLE: &str = "TIMEOFF_PASSWORD_ROUNDS";

/// How many of the commands that only read are run at once.
const AT_ONCE: usize = 4;

#[test]
fn every_command_ends_as_it_should_where_clients_say_a_password() {
    let builder = KafkaDev::builder().scram(true);
    let Some(kafka) = builder.start_or_skip() else {
        return;
    };
    let scram = kafka.scram().expect("it was asked for");
    let mut bench = Bench::kafka(&kafka);
    bench.log = scram.log_url();
    let file = scram.properties_file().display().to_string();
    bench.variables.push(("TIMEOFF_KAFKA_CONFIG", file));
    bench.make_topics();

    let elsewhere = ["--departments", "HR,IT,SALES"];
    let bury = [&elsewhere[..], &AUTO, &["--until-caught-up"]].concat();
    for round in 0..asked_for(ROUNDS_VARIABLE).unwrap_or(ROUNDS) {
        let submitted = bench.run("employee-service", &submit("ada@example.com", "OPS", "8"));
        assert_eq!(submitted.done().out.len(), 1);
        // OPS is not in this list of departments, so the application becomes a dead letter.
        bench.run("manager-service", &bury).done();
        let list = || bench.start("manager-service", &["dead-letters", "list"]);
        let lists: Vec<_> = (0..AT_ONCE).map(|_| list()).collect();
        for list in lists {
            let listed = list.wait().done().said(&["1 dead letter waits."]);
            assert_eq!(listed.out.len(), 1);
        }
        let retry = ["dead-letters", "retry"];
        let put_back = bench.run("manager-service", &retry).done();
        put_back.said(&["Put back: 1; left: 0."]);
        let decide = [&AUTO[..], &["--until-caught-up"]].concat();
        let decided = bench.run("manager-service", &decide).done();
        assert_eq!(decided.out.len(), 1);
        let readers = ["--group", &bench.readers, "--until-caught-up"];
        let shown = bench.run("result-reader", &readers).done();
        assert_eq!(shown.out.len(), 1);
        let all = ["--from-beginning", "--until-caught-up"];
        let shown = bench.run("result-reader", &all).done();
        assert_eq!(shown.out.len(), round + 1);
    }
}
