//! Wrong settings: the error says which one it is and how it was given, but nothing that may be a secret.

use std::process::Child;

use crate::program::{Ended, Folder, MADE, ended};

/// Is in every value that may be a secret, and must be in nothing that is printed.
const CANARY: &str = "canary7";

/// A port where nobody could listen but the system's administrator.
const NOBODY: &str = "kafka://127.0.0.1:1";

const SUBMIT: [&str; 9] = [
    "submit",
    "--email",
    "ada@example.com",
    "--department",
    "IT",
    "--hours",
    "16",
    "--start",
    "2027-07-01",
];

fn started(folder: &Folder, variables: &[(&str, &str)], options: &[&str]) -> Child {
    let mut command = folder.command(&[&SUBMIT[..], options].concat());
    command.envs(variables.iter().copied());
    command.spawn().expect("started")
}

fn run(folder: &Folder, variables: &[(&str, &str)], options: &[&str]) -> Ended {
    ended(started(folder, variables, options))
}

#[test]
fn nothing_that_came_as_the_value_of_a_property_or_in_an_address_is_printed() {
    let folder = Folder::new();
    folder.write("no-equals", format!("# mine\nsasl.password {CANARY}\n"));
    folder.write("unknown", format!("sasl.pasword={CANARY}\n"));
    folder.write(
        "java",
        format!("sasl.jaas.config=org.Login \\\n  password=\"{CANARY}\";\n"),
    );
    folder.write(
        "passwords",
        format!(
            "security.protocol=sasl_plaintext\nsasl.mechanism=PLAIN\nsasl.username=me-{CANARY}\n\
            sasl.password={CANARY}\nbasic.auth.user.info=me:{CANARY}\nssl.ca.pem={CANARY}\nclient.id={CANARY}\n"
        ),
    );
    let with_canary = |text: &str| text.replace('%', CANARY);
    let properties = [
        "%",
        "sasl.password",
        "sasl.password:%",
        "sasl.pasword=%",
        "sasl.jaas.config=org.Login required password=\"%\";",
        "basic.auth.user.infos=me:%",
        "no.such.property=%",
        "Base64-%==",
        "=%",
        "acks=%",
        "linger.ms=%",
        "debug=%",
        "security.protocol=%",
        "ssl.endpoint.identification.algorithm=%",
        "ssl.key.pem=%",
        "ssl.ca.pem=-----BEGIN CERTIFICATE-----%",
        "ssl.ca.location=/%",
        "ssl.keystore.location=/%",
        "plugin.library.paths=/%",
        "sasl.oauthbearer.config=%",
        "schema.registry.url=%",
        "schema.registry.url=http://me:%@a:b",
        "group.id=%",
    ]
    .map(with_canary);
    let words = [
        "sasl.password=%",
        "-xsasl.password=%",
        "-x=sasl.password=%",
        "--sasl.password=%",
        "--property=sasl.password=%",
        "--quiet=sasl.password=%",
        "kafka://me:%@a:1",
    ]
    .map(with_canary);
    let addresses = [
        "kafka://me:%@a:1",
        "kafka://a:%",
        "%",
        "http://me:%@a:1",
        "kafka://a:1@%",
    ]
    .map(with_canary);
    let registries = [
        "%",
        "ftp://me:%@a",
        "http://me:%@a:b",
        "http://a:1/?token=%",
    ]
    .map(with_canary);

    let mut all: Vec<(String, Child)> = Vec::new();
    let mut start = |variables: &[(&str, &str)], options: &[&str]| {
        let child = started(&folder, variables, options);
        all.push((format!("{variables:?} {options:?}"), child));
    };
    for property in &properties {
        start(&[], &["-vvv", "--log", NOBODY, "-X", property]);
    }
    for word in &words {
        start(&[], &["-vvv", "--log", NOBODY, word]);
    }
    for address in &addresses {
        start(&[], &["-vvv", "--log", address]);
        start(&[("TIMEOFF_LOG", address)], &["-vvv"]);
        start(&[("TIMEOFF_LOG", address)], &["--help"]);
    }
    for registry in &registries {
        start(
            &[],
            &["-vvv", "--log", NOBODY, "--schema-registry", registry],
        );
        start(
            &[("TIMEOFF_SCHEMA_REGISTRY", registry)],
            &["-vvv", "--log", NOBODY],
        );
        start(&[("TIMEOFF_SCHEMA_REGISTRY", registry)], &["--help"]);
    }
    for file in ["no-equals", "unknown", "java", "passwords"] {
        start(
            &[("TIMEOFF_KAFKA_CONFIG", file)],
            &["-vvv", "--log", NOBODY],
        );
        let debug = ["-X", "debug=all", "--kafka-config", file];
        start(&[], &[&["-vvv", "--log", NOBODY][..], &debug].concat());
    }
    let secret = with_canary("http://me:%@127.0.0.1:1");
    start(
        &[],
        &["-vvv", "--log", NOBODY, "--schema-registry", &secret],
    );

    for (what, child) in all {
        let Ended {
            code,
            stdout,
            stderr,
        } = ended(child);
        let printed = stdout + &stderr;
        assert!(!printed.contains(CANARY), "{what} prints:\n{printed}");
        assert!(!printed.is_empty(), "{what} says nothing");
        let is_help = what.contains("--help");
        assert_eq!(
            code == Some(0),
            is_help,
            "{what} exits with {code:?}:\n{printed}"
        );
    }
}

#[test]
fn a_refused_property_is_told_with_its_name_how_it_was_given_and_what_is_wrong() {
    let folder = Folder::new();
    folder.write("client.properties", "linger.ms=3\nsasl.pasword=x\n");
    let kafka = ["--log", NOBODY];
    for (variables, options, told) in [
        (
            &[][..],
            &["-X", "sasl.pasword=x"][..],
            "error: -X: property sasl.pasword cannot be set: there is no such property; did you mean sasl.password?",
        ),
        (
            &[],
            &["-X", "nonsense"],
            "error: -X: a property is given as key=value, and one has no '='",
        ),
        (
            &[],
            &["--kafka-config", "client.properties"],
            "error: --kafka-config: client.properties, line 2: property sasl.pasword cannot be set",
        ),
        (
            &[("TIMEOFF_KAFKA_CONFIG", "client.properties")],
            &[],
            "error: TIMEOFF_KAFKA_CONFIG: client.properties, line 2: property sasl.pasword",
        ),
        (
            &[("TIMEOFF_KAFKA_CONFIG", "missing.properties")],
            &[],
            "error: TIMEOFF_KAFKA_CONFIG: missing.properties: it could not be read",
        ),
    ] {
        let ended = run(&folder, variables, &[&kafka[..], options].concat());
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.starts_with(told), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}

#[test]
fn what_is_said_by_an_option_is_refused_elsewhere_and_the_option_is_named() {
    let folder = Folder::new();
    folder.write("client.properties", "bootstrap.servers=a:1\n");
    for (options, option) in [
        (
            &["--log", "kafka://me:canary7@a:1"][..],
            "-X sasl.password=…",
        ),
        (
            &["--log", NOBODY, "-X", "bootstrap.servers=a:1"],
            "with --log",
        ),
        (
            &["--log", NOBODY, "--kafka-config", "client.properties"],
            "with --log",
        ),
        (&["--log", NOBODY, "-X", "group.id=g"], "with --group"),
    ] {
        let ended = run(&folder, &[], options);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(option), "{option}: {}", ended.stderr);
        assert!(!ended.stderr.contains(CANARY), "{}", ended.stderr);
    }
}

#[test]
fn a_wrong_variable_is_named_and_not_the_option_that_nobody_gave() {
    let folder = Folder::new();
    for (variable, option, value) in [
        ("TIMEOFF_LOG", "--log", "timeoff.db"),
        (
            "TIMEOFF_SCHEMA_REGISTRY",
            "--schema-registry",
            "registry:8081",
        ),
        ("TIMEOFF_DEPARTMENTS", "--departments", "HR,,IT"),
        ("TIMEOFF_APPLICATIONS_TOPIC", "--applications-topic", "a b"),
        ("TIMEOFF_RESULTS_TOPIC", "--results-topic", "."),
        ("TIMEOFF_DEAD_LETTERS_TOPIC", "--dead-letters-topic", "a/b"),
        ("TIMEOFF_COMMANDS_TOPIC", "--commands-topic", ".."),
        ("TIMEOFF_LEDGER_TOPIC", "--ledger-topic", "a:b"),
    ] {
        let of_variable = run(&folder, &[(variable, value)], &[]);
        assert_eq!(of_variable.code, Some(2), "{of_variable:?}");
        let told = &of_variable.stderr;
        assert!(told.starts_with(&format!("error: {variable}: ")), "{told}");
        assert!(
            !told
                .lines()
                .next()
                .unwrap_or_default()
                .contains(&format!("{option} <")),
            "{told}"
        );
        let of_option = run(&folder, &[], &[option, value]);
        assert_eq!(of_option.code, Some(2), "{of_option:?}");
        let told = &of_option.stderr;
        assert!(told.starts_with(&format!("error: {option}: ")), "{told}");
    }
    let mut command = folder.command(&["submit", "--department", "IT", "--hours", "8"]);
    let child = command
        .args(["--start", "2027-07-01"])
        .env("TIMEOFF_EMAIL", "ada");
    let told = ended(child.spawn().expect("started")).stderr;
    assert!(told.starts_with("error: TIMEOFF_EMAIL: "), "{told}");
    assert!(!folder.has_log());
}

#[test]
fn an_empty_variable_is_one_that_is_not_set() {
    let folder = Folder::new();
    let empty = [
        ("TIMEOFF_LOG", ""),
        ("TIMEOFF_SCHEMA_REGISTRY", ""),
        ("TIMEOFF_DEPARTMENTS", ""),
        ("TIMEOFF_APPLICATIONS_TOPIC", ""),
        ("TIMEOFF_RESULTS_TOPIC", ""),
        ("TIMEOFF_DEAD_LETTERS_TOPIC", ""),
        ("TIMEOFF_COMMANDS_TOPIC", ""),
        ("TIMEOFF_LEDGER_TOPIC", ""),
        ("TIMEOFF_KAFKA_CONFIG", ""),
        ("TIMEOFF_EMAIL", ""),
    ];
    let ended = run(&folder, &empty, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, MADE);
    assert!(folder.has_log());
    // An empty option counts as given.
    let ended = run(&folder, &[], &["--log", ""]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[test]
fn options_for_kafka_have_no_effect_on_a_file_and_that_is_said_of_those_that_were_given() {
    let folder = Folder::new();
    let of_all_services = [
        ("TIMEOFF_SCHEMA_REGISTRY", "http://registry:8081"),
        ("TIMEOFF_KAFKA_CONFIG", "missing.properties"),
    ];
    let ended = run(&folder, &of_all_services, &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), MADE));
    folder.write("client.properties", "linger.ms=3\n");
    let given = [
        "-X",
        "linger.ms=3",
        "--kafka-config",
        "client.properties",
        "--schema-registry",
        "http://registry:8081",
    ];
    let ended = run(&folder, &[], &given);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told = "Without effect, as sqlite:timeoff.db is a file: --schema-registry and --kafka-config and -X.";
    assert!(ended.stderr.starts_with(told), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("Queued"), "{}", ended.stdout);
    let quiet = run(&folder, &[], &[&given[..], &["-q"]].concat());
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
}
