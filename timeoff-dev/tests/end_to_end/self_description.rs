//! Completions and man pages, as a person installs them.

use crate::newcomer::done;

/// Each program, and a command that it has.
const PROGRAMS: [(&str, &str); 5] = [
    ("employee-service", "import"),
    ("manager-service", "dead-letters"),
    ("result-reader", "completions"),
    ("timeoff-admin", "delegate"),
    ("timeoff-dev", "demo"),
];

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn the_completions_of_each_program_for_each_shell_name_its_commands() {
    let folder = tempfile::tempdir().unwrap();
    for (program, command) in PROGRAMS {
        for shell in SHELLS {
            let line = format!("{program} completions {shell}");
            let (script, said) = done(folder.path(), &line);
            assert!(script.contains(program), "{line}: {script}");
            assert!(script.contains(command), "{line}: {script}");
            assert_eq!(said, "", "{line}");
        }
    }
}

#[test]
fn bash_takes_the_completions_of_each_program_and_completes_its_commands_by_them() {
    let folder = tempfile::tempdir().unwrap();
    for (program, command) in PROGRAMS {
        done(
            folder.path(),
            &format!("{program} completions bash > {program}.bash && bash -n {program}.bash"),
        );
        // As bash calls it when a person has typed the program, the beginning of a command, and the tab key.
        let begun = &command[..3];
        let function = format!("_{}", program.replace('-', "__"));
        let typed = format!(
            "source ./{program}.bash; COMP_WORDS=({program} {begun}); COMP_CWORD=1; \
             {function} {program} {begun} {program}; echo ${{COMPREPLY[@]}}"
        );
        let (completed, said) = done(folder.path(), &format!("bash -c '{typed}'"));
        assert_eq!(completed.trim(), command, "{program}: {said}");
    }
}

#[test]
fn each_program_writes_a_man_page_for_itself_and_for_each_of_its_commands() {
    let folder = tempfile::tempdir().unwrap();
    for (program, command) in PROGRAMS {
        done(folder.path(), &format!("{program} man pages/man1"));
        for name in [program.to_owned(), format!("{program}-{command}")] {
            let page = folder.path().join(format!("pages/man1/{name}.1"));
            let page = std::fs::read_to_string(&page)
                .unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            assert!(page.contains(".SH SYNOPSIS"), "{page}");
        }
    }
    let (auto, _) = done(folder.path(), "cat pages/man1/manager-service-auto.1");
    assert!(auto.contains("TIMEOFF_LOG"), "{auto}");
}
