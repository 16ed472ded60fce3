//! What a person can do about an error.

use std::fmt;
use std::path::Path;

/// What can be done about an error, as a value.
///
/// `Display` gives general advice: "name another file". A program with options, or a page with fields, can give the
/// advice in its own terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// The file is something other than a log: leave it alone, and name another one.
    OtherFile,
    /// Run the newer version that wrote the file, or name another file.
    NewerVersion,
    /// Run the version that wrote the file, or name another file.
    WritersVersion,
    /// The file is damaged: restore it, or name another one.
    RestoreFile,
    /// There is no log at the address: name it.
    NameFile,
    /// Let this user write the file, or use another one.
    AllowWriting {
        /// The file.
        path: Box<Path>,
    },
    /// Copy the file and its WAL to a folder where this user may write, and name the copy.
    CopyBoth {
        /// The file.
        path: Box<Path>,
        /// Its WAL.
        wal: Box<Path>,
    },
    /// Move the file to a local disk, or name another one.
    LocalDisk {
        /// The file.
        path: Box<Path>,
    },
    /// A part of the path is not a folder: name another file.
    NoFolder {
        /// That part.
        path: Box<Path>,
    },
    /// The path is that of a folder: name a file in it.
    FileInFolder {
        /// The folder.
        path: Box<Path>,
    },
    /// Make the folder of the file.
    MakeFolder {
        /// The folder.
        path: Box<Path>,
    },
    /// Check that the path is that of a file that this user may write.
    CheckFile {
        /// The path.
        path: Box<Path>,
    },
    /// Put the file back that was removed or replaced while it was in use.
    PutFileBack {
        /// The file.
        path: Box<Path>,
    },
    /// Put back the file that the WAL belongs to, or move the WAL away.
    MoveWalAway {
        /// The file.
        path: Box<Path>,
        /// The WAL of another file.
        wal: Box<Path>,
    },
    /// Put the file back beside its WAL, or move the WAL away.
    JoinWal {
        /// The file that is missing.
        path: Box<Path>,
        /// Its WAL.
        wal: Box<Path>,
    },
    /// Start again with the log that is there now, or put the previous one back.
    StartAgain,
    /// Free space on the disk of the file.
    FreeSpace {
        /// The file.
        path: Box<Path>,
    },
    /// Check the disk of the file.
    CheckDisk {
        /// The file.
        path: Box<Path>,
    },
    /// Find the process that does not let go of the file.
    FindProcess {
        /// The file.
        path: Box<Path>,
    },
    /// Name a file that does not exist yet for the backup.
    OtherBackup {
        /// The file that exists.
        path: Box<Path>,
    },
    /// Name a file in a folder that this user may write for the backup.
    BackupElsewhere,
    /// SQLite accepts no record of that size: send a smaller one.
    SmallerRecord,
    /// Check the topic's name and the number of its partitions.
    CheckTopic,
    /// Choose another name for the topic.
    OtherTopicName,
    /// The topic's name has characters that Kafka does not accept, or collides with another topic's name.
    ValidTopicName,
    /// Check that the topic exists on the cluster.
    TopicOnCluster,
    /// Make the topic with the cluster's own tools.
    MakeTopicByHand,
    /// Raise the topic's limit on the size of records.
    RaiseTopicLimit {
        /// The topic.
        topic: Box<str>,
    },
    /// Raise a limit that is a property of the client.
    RaiseProperty {
        /// The property.
        name: &'static str,
    },
    /// The log's address names the brokers, not a property.
    BrokersByAddress,
    /// The program names the group, not a property.
    GroupByProgram,
    /// Check that a broker answers at the address.
    CheckBroker,
    /// Check that a broker listens at the address: the machine answers, but refuses the connection.
    CheckPort,
    /// Check the host's name.
    CheckHost,
    /// Check the user and password for the brokers.
    CheckCredentials,
    /// Give user and password as properties rather than in the address.
    CredentialsByProperty,
    /// Check the TLS settings and the broker's certificate.
    CheckTls,
    /// Ask the cluster's administrator for a right.
    AskForRight,
    /// Have the group begin anew, if the topic was made again, or go on behind the lost end.
    ResetOffsets {
        /// The topic.
        topic: Box<str>,
        /// The offset after its partition's last record.
        end: i64,
    },
    /// Check the address of the schema registry.
    CheckRegistry,
    /// Check the path in the address of the schema registry.
    CheckRegistryPath,
    /// Check the user and password for the registry.
    CheckRegistryCredentials,
    /// Ask the registry's administrator for a right, or to register the schemas.
    AskRegistryForRight,
    /// Have the schema registered by somebody who may: the registry is read-only.
    RegisterByHand,
    /// The registry's rules refuse the schema as incompatible.
    Compatibility,
    /// The registry asks for fewer requests.
    FewerCalls,
    /// The registry itself has trouble: see its log.
    SeeRegistryLog,
    /// Check the certificates of the certificate authorities.
    CheckCertificates,
    /// Check the limits on processes and memory.
    CheckLimits,
    /// Try again.
    TryAgain,
    /// Run the version that recorded the progress.
    RunWriter,
}

impl Remedy {
    /// Whether waiting cannot help: until a person does this, the log is none that this program can read. Services end
    /// at such an error, so these are for nothing that passes.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Remedy::OtherFile
                | Remedy::NewerVersion
                | Remedy::WritersVersion
                | Remedy::StartAgain
                | Remedy::RestoreFile
        )
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remedy::OtherFile => f.write_str("leave that file alone or name another file"),
            Remedy::NewerVersion => {
                f.write_str("run the newer version that wrote it, or name another file")
            }
            Remedy::WritersVersion => {
                f.write_str("run the version that wrote it, or name another file")
            }
            Remedy::RestoreFile => f.write_str(
                "the file is damaged: restore it from a backup or name another file",
            ),
            Remedy::NameFile => f.write_str("name the log"),
            Remedy::AllowWriting { path } => write!(
                f,
                "give this user the right to write {} and its folder, copy the log to where this user may write, or \
                 name another file",
                path.display()
            ),
            Remedy::CopyBoth { path, wal } => write!(
                f,
                "copy {} and {} together to a folder where this user may write, and name that copy",
                path.display(),
                wal.display()
            ),
            Remedy::LocalDisk { path } => write!(
                f,
                "move {} to a disk of this machine, or name another file",
                path.display()
            ),
            Remedy::NoFolder { path } => {
                write!(f, "{} is not a folder: name another file", path.display())
            }
            Remedy::FileInFolder { path } => {
                write!(f, "{} is a folder: name a file in it", path.display())
            }
            Remedy::MakeFolder { path } => write!(f, "make the folder {} first", path.display()),
            Remedy::CheckFile { path } => write!(
                f,
                "check that {} is a file, and that this user may write it and its folder",
                path.display()
            ),
            Remedy::PutFileBack { path } => write!(
                f,
                "put it back (first {0}-wal, if there is one, then {0})",
                path.display()
            ),
            Remedy::MoveWalAway { path, wal } => write!(
                f,
                "put the file back that {wal} belongs to; or, if {} is whole without it (a backup, or a copy made \
                 after everybody had ended), move {wal} away",
                path.display(),
                wal = wal.display()
            ),
            Remedy::JoinWal { path, wal } => write!(
                f,
                "put {} back beside it, as it has what was written last; or move {} away, to begin a new log",
                path.display(),
                wal.display()
            ),
            Remedy::StartAgain => {
                f.write_str("start again to use that log, or put back the one that was there")
            }
            Remedy::FreeSpace { path } => {
                write!(f, "free space on the disk that holds {}", path.display())
            }
            Remedy::CheckDisk { path } => write!(
                f,
                "check the disk that holds {}: it may be full or failing",
                path.display()
            ),
            Remedy::FindProcess { path } => write!(
                f,
                "find the process that does not let go of the file (fuser {}), then continue or end it",
                path.display()
            ),
            Remedy::OtherBackup { path } => write!(
                f,
                "name a file that does not exist, or remove {} if you do not need it",
                path.display()
            ),
            Remedy::BackupElsewhere => {
                f.write_str("name a file in a folder where this user may write")
            }
            Remedy::SmallerRecord => f.write_str("SQLite keeps no record of a gigabyte or more"),
            Remedy::CheckTopic => f.write_str("check the topic's name and its partitions"),
            Remedy::OtherTopicName => f.write_str("choose another name"),
            Remedy::ValidTopicName => f.write_str(
                "choose another name: up to 249 letters, digits, '.', '_' and '-'; a cluster accepts only one of two \
                 names that differ just in '.' and '_'",
            ),
            Remedy::TopicOnCluster => f.write_str(
                "check that the topic exists and has that partition; a service makes its topics when it starts",
            ),
            Remedy::MakeTopicByHand => f.write_str(
                "make the topic by hand, as the cluster's rules require (kafka-topics --create)",
            ),
            Remedy::RaiseTopicLimit { topic } => write!(
                f,
                "raise max.message.bytes of {topic} (kafka-configs --alter --entity-type topics --entity-name \
                 {topic} --add-config max.message.bytes=…)"
            ),
            Remedy::RaiseProperty { name } => write!(f, "raise the client's {name}"),
            Remedy::BrokersByAddress => f.write_str("name the brokers in the log's address"),
            Remedy::GroupByProgram => f.write_str("name the group as the program asks for it"),
            Remedy::CheckBroker => f.write_str(
                "check that a broker answers at the log's address, and the property security.protocol",
            ),
            Remedy::CheckPort => f.write_str("check that a broker listens at the log's address"),
            Remedy::CheckHost => f.write_str("check the host name in the log's address"),
            Remedy::CheckCredentials => f.write_str(
                "check the user and password (the properties sasl.username and sasl.password)",
            ),
            Remedy::CredentialsByProperty => {
                f.write_str("give user and password as the properties sasl.username and sasl.password")
            }
            Remedy::CheckTls => f.write_str(
                "check TLS: the properties security.protocol and ssl.ca.location, and the broker's certificate",
            ),
            Remedy::AskForRight => {
                f.write_str("ask the cluster's administrator for the missing right")
            }
            Remedy::ResetOffsets { topic, end } => write!(
                f,
                "if the topic was deleted and made again, nothing that is on it is decided: have the group begin \
                 anew in all its partitions (kafka-consumer-groups --reset-offsets --to-earliest --topic {topic} \
                 --execute). If its end was lost (a restore, an unclean election), most that is on it is decided, \
                 and beginning anew would decide it twice: have the group go on behind it (--to-offset, with the \
                 offset of the first record that came afterwards, {end} if none did)"
            ),
            Remedy::CheckRegistry => {
                f.write_str("check that a schema registry answers at the registry's address")
            }
            Remedy::CheckRegistryPath => f.write_str(
                "check the path in the registry's address: a Confluent-compatible API is expected there",
            ),
            Remedy::CheckRegistryCredentials => f.write_str(
                "check the registry's user and password (the property basic.auth.user.info)",
            ),
            Remedy::AskRegistryForRight => f.write_str(
                "ask the registry's administrator for the right to do that, or to register the schemas; or check \
                 the user (the property basic.auth.user.info)",
            ),
            Remedy::RegisterByHand => f.write_str(
                "the registry is read-only and does not have this schema: ask somebody with the right to register it, \
                 or to set the subject's mode to READWRITE",
            ),
            Remedy::Compatibility => {
                f.write_str("the registry's compatibility rules refuse the schema")
            }
            Remedy::FewerCalls => {
                f.write_str("the registry gets too many requests; start again a little later")
            }
            Remedy::SeeRegistryLog => f.write_str(
                "the registry itself has trouble; see its log, or start again later",
            ),
            Remedy::CheckCertificates => f.write_str("check the CA certificates"),
            Remedy::CheckLimits => f.write_str("check the limits on processes and memory"),
            Remedy::TryAgain => f.write_str("try again"),
            Remedy::RunWriter => f.write_str(
                "run the version that wrote it; on Kafka, resetting the group's offset there helps as well",
            ),
        }
    }
}
