//! The services' binaries, and the operator's, built in the profile that this code was built in.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The packages whose binaries are run. Each binary has the name of its package.
const SERVICES: [&str; 5] = [
    "employee-service",
    "manager-service",
    "result-reader",
    "timeoff-admin",
    "web-service",
];

/// A folder that has the services' binaries.
#[derive(Debug, Clone)]
pub struct Services {
    folder: PathBuf,
}

impl Services {
    /// Builds the services beside the running program, which cargo built: a demo, or a test.
    ///
    /// # Errors
    ///
    /// If cargo cannot be run or the build fails; cargo has said why on standard error.
    pub fn build() -> anyhow::Result<Services> {
        let own = std::env::current_exe().context("could not find this program's own file")?;
        // Test binaries lie in `deps`, one folder below the others.
        let folder = own
            .ancestors()
            .skip(1)
            .find(|folder| !folder.ends_with("deps"))
            .context("a program's file lies in a folder")?;
        build(folder, None)?;
        Ok(Services {
            folder: folder.to_owned(),
        })
    }

    /// Builds the services once more with a feature, for instance `manager-service/sabotage`, into another folder. Those
    /// in this folder stay as they are.
    ///
    /// # Errors
    ///
    /// As [`Services::build`], and if `folder` cannot be written.
    pub fn build_with(&self, feature: &str, folder: &Path) -> anyhow::Result<Services> {
        build(&self.folder, Some(feature))?;
        for service in SERVICES {
            std::fs::copy(self.path(service), folder.join(service))
                .with_context(|| format!("could not copy {service} to {}", folder.display()))?;
        }
        build(&self.folder, None)?;
        Ok(Services {
            folder: folder.to_owned(),
        })
    }

    /// The folder that cargo builds into, with a folder for each profile.
    pub(crate) fn target(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }

    /// A command that runs a service, by its name.
    pub fn command(&self, service: &str) -> Command {
        Command::new(self.folder.join(service))
    }

    /// The file of a service's binary.
    pub fn path(&self, service: &str) -> PathBuf {
        self.folder.join(service)
    }
}

/// Has cargo build the services, showing its progress. They land in `folder`, whose name gives the profile.
fn build(folder: &Path, feature: Option<&str>) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace()).args(["build", "--locked"]);
    if folder.ends_with("release") {
        command.arg("--release");
    }
    if let Some(feature) = feature {
        command.args(["--features", feature]);
    }
    for service in SERVICES {
        command.args(["--package", service]);
    }
    let status = command.status().context("could not run cargo")?;
    ensure!(status.success(), "cargo build ended with {status}");
    Ok(())
}

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}
