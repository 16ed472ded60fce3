use crate::program::Folder;

#[test]
fn without_a_terminal_the_form_names_the_command_to_use_instead() {
    let folder = Folder::new();
    let ended = folder.run(&[]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(
        ended.stderr,
        "error: there is no terminal to ask questions on; use 'employee-service submit --email E --department D \
         --hours N --start YYYY-MM-DD' instead\n"
    );
    assert!(!folder.has_log());
}

#[test]
fn help_names_the_options_their_variables_and_examples() {
    let folder = Folder::new();
    for (arguments, parts) in [
        (
            &["--help"][..],
            &[
                "submit",
                "import",
                "TIMEOFF_EMAIL",
                "TIMEOFF_LOG",
                "Examples:",
            ][..],
        ),
        (
            &["submit", "--help"],
            &[
                "--email",
                "TIMEOFF_EMAIL",
                "YYYY-MM-DD",
                "1 to 8784",
                "Examples:",
            ],
        ),
        (
            &["import", "--help"],
            &[
                "--skip-invalid",
                "email,department,hours,start",
                "UTF-8",
                "Examples:",
            ],
        ),
    ] {
        let ended = folder.run(arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        for part in parts {
            assert!(ended.stdout.contains(part), "{part} in {}", ended.stdout);
        }
    }
}

#[test]
fn help_shows_no_value_that_may_be_secret() {
    let folder = Folder::new();
    let output = folder
        .command(&["submit", "--help"])
        .env("TIMEOFF_SCHEMA_REGISTRY", "https://user:hunter2@registry")
        .env("TIMEOFF_EMAIL", "hunter2@example.com")
        .output()
        .expect("run");
    assert!(output.status.success());
    let help = String::from_utf8_lossy(&output.stdout);
    assert!(help.contains("TIMEOFF_SCHEMA_REGISTRY"), "{help}");
    assert!(!help.contains("hunter2"), "{help}");
}
