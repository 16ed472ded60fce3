//! The description is one that other programs understand: a validator finds no mistake in it, and a client that a
//! generator has made of it applies for leave and decides.

use std::path::{Path, PathBuf};
use std::process::Command;

use timeoff_dev::services::workspace;
use timeoff_testkit::Bench;

use crate::client::Client;
use crate::needed::{installed, says_its_version, skip};
use crate::office::{ADA, LINUS, Web, dismiss, staffed};

/// What the program prints that uses the client: `java/ApplyAndDecide.java`.
const SAID: &str = "\
queued: waiting
sent again: the same
read: waiting 16 2027-07-01 null
decided: 200 accepted LeaveBooked
command: accepted
read: approved Linus Approver Enjoy!
history: 1 LeaveBooked
refused: 412 Precondition Failed
approved: 1 ada@example.com
departments: 3
";

#[test]
fn a_validator_finds_no_mistake_in_the_description() {
    let Some(validator) = installed("openapi-spec-validator") else {
        skip("there is no openapi-spec-validator; .ci/schemathesis installs it");
        return;
    };
    let bench = Bench::sqlite();
    let file = bench.folder.path().join("openapi.json");
    let proxy = ["--sign-in", "proxy", "--trusted-proxy", "127.0.0.1"];
    for sign_in in [&["--sign-in", "demo"][..], &proxy] {
        let web = Web::start_at(&bench, "view", "127.0.0.1:0", sign_in);
        let description = Client::nobody(web.address).get("/api/openapi.json").is(200);
        std::fs::write(&file, description.body.to_string()).unwrap();
        let mut command = Command::new(&validator);
        run(command.args(["--validation-errors", "all"]).arg(&file));
        web.stop();
    }
}

#[test]
fn a_client_generated_from_the_description_applies_and_decides() {
    let fetched = workspace().join("target/openapi-generator");
    // The folder is renamed into place when it is complete.
    if !fetched.join("pom.xml").is_file() {
        skip("there is no openapi-generator; .ci/openapi-generator fetches it");
        return;
    }
    if !says_its_version(&jdk("javac")) {
        skip("there is no javac, which compiles the generated client: install a JDK");
        return;
    }
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let address = format!("http://{}", web.address);
    let client = bench.folder.path().join("client");

    let packages =
        "invokerPackage=timeoff.client,apiPackage=timeoff.api,modelPackage=timeoff.model";
    run(java()
        .arg("-jar")
        .arg(fetched.join("openapi-generator-cli.jar"))
        .args(["generate", "--generator-name", "java"])
        .args(["--input-spec", &format!("{address}/api/openapi.json")])
        .args(["--additional-properties", packages])
        // Without it, whatever may be null needs another library.
        .args(["--additional-properties", "openApiNullable=false"])
        .arg("--output")
        .arg(&client));
    list_sources(&client);
    let jars = fetched.join("jars/*").display().to_string();
    let program = workspace().join("timeoff-dev/java/ApplyAndDecide.java");
    run(Command::new(jdk("javac"))
        .current_dir(&client)
        .args(["-proc:none", "-encoding", "UTF-8", "-d", "classes"])
        .args(["-cp", &jars, "@sources"])
        .arg(program));
    let said = run(java()
        .current_dir(&client)
        .args(["-cp", &format!("classes:{jars}"), "ApplyAndDecide"])
        .args([&address, ADA, LINUS]));
    assert_eq!(said, SAID);
    web.stop();
    dismiss(manager);
}

/// Writes the names of the client's sources to a file, so that all of them are compiled and not only those that the
/// program uses.
fn list_sources(client: &Path) {
    let files = std::fs::read_to_string(client.join(".openapi-generator/FILES")).unwrap();
    let sources: Vec<&str> = files
        .lines()
        .filter(|file| file.starts_with("src/main/java/") && file.ends_with(".java"))
        .collect();
    assert!(sources.len() > 20, "{files}");
    std::fs::write(client.join("sources"), sources.join("\n")).unwrap();
}

fn java() -> Command {
    let mut java = Command::new(jdk("java"));
    java.args(["-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]);
    java
}

/// A program of the JDK of JAVA_HOME, or else the one on the PATH.
fn jdk(program: &str) -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").map(PathBuf::from);
    home.map(|home| home.join("bin").join(program))
        .filter(|path| path.is_file())
        .unwrap_or_else(|| program.into())
}

/// Runs a program to its end. Returns what it has printed.
fn run(command: &mut Command) -> String {
    let ended = command.output().unwrap();
    let [out, err] = [ended.stdout, ended.stderr].map(|said| String::from_utf8(said).unwrap());
    assert!(ended.status.success(), "{command:?}:\n{out}\n{err}");
    out
}
