//! Brokers and registry behind TLS, with certificates of an authority that no system knows.
//!
//! TLS ends in a relay in front of a plain cluster. Clients speak only TLS and do not notice the relay.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use timeoff_dev::kafka::KafkaDev;
use timeoff_testkit::{AUTO, Bench};
use tokio::runtime::Runtime;
use tokio_native_tls::TlsAcceptor;
use tokio_native_tls::native_tls::{self, Identity};

#[test]
fn one_authority_vouches_for_brokers_and_registry() {
    let (brokers, registry) = (listen(), listen());
    let advertised = vec![brokers.local_addr().unwrap().port()];
    let Some(kafka) = KafkaDev::builder()
        .advertised_ports(advertised)
        .start_or_skip()
    else {
        return;
    };
    let authority = Authority::new();
    let runtime = Runtime::new().unwrap();
    let plain_registry = kafka.registry_url();
    let (scheme_and_host, path) = plain_registry.split_at(plain_registry.find("/apis").unwrap());
    let registry_port = scheme_and_host.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut bench = Bench::kafka(&kafka);
    let https = |host: &str| format!("https://{host}:{}{path}", port_of(&registry));
    let (by_name, by_address) = (https("localhost"), https("127.0.0.1"));
    bench.log = format!("kafka://127.0.0.1:{}", port_of(&brokers));
    relay(&runtime, brokers, kafka.brokers()[0].port(), &authority);
    relay(&runtime, registry, registry_port, &authority);
    bench.registry = None;

    let file = bench.folder.path().join("authority.pem");
    fs::write(&file, authority.certificate.to_pem().unwrap()).unwrap();
    let folder = bench.folder.path().join("authorities");
    fs::create_dir(&folder).unwrap();
    // Under the name by which OpenSSL looks for it in a folder.
    let hash = authority.certificate.subject_name_hash();
    fs::copy(&file, folder.join(format!("{hash:08x}.0"))).unwrap();

    let location = |path: &Path| format!("ssl.ca.location={}", path.display());
    let ssl = ["-X", "security.protocol=ssl"];
    let (in_file, in_folder) = (location(&file), location(&folder));
    let submit = |registry: &str, more: &[&str]| {
        let arguments = [
            &timeoff_testkit::submit("ada@example.com", "IT", "8"),
            &["--schema-registry", registry][..],
            &ssl,
            more,
        ];
        bench.run("employee-service", &arguments.concat())
    };

    let unknown = submit(&by_name, &[]).exited_with(1);
    unknown.said(&["certificate verify failed"]);
    let missing = location(&PathBuf::from("/nowhere.pem"));
    submit(&by_name, &["-X", &missing])
        .exited_with(1)
        .said(&["ssl.ca.location"]);

    submit(&by_name, &["-X", &in_file]).done();
    submit(&by_address, &["-X", &in_folder]).done();
    let mut pem = String::from("ssl.ca.pem=");
    pem.push_str(&fs::read_to_string(&file).unwrap());
    submit(&by_name, &["-X", &pem]).done();

    // With OpenSSL's variable alone.
    let file = file.display().to_string();
    bench.variables.push(("SSL_CERT_FILE", file));
    let by_variable = ["--schema-registry", &by_name, ssl[0], ssl[1]];
    let decide = [&AUTO[..], &["--until-caught-up"], &by_variable].concat();
    assert_eq!(bench.run("manager-service", &decide).done().out.len(), 3);
    let all = ["--from-beginning", "--until-caught-up"];
    let read = [&all[..], &by_variable].concat();
    assert_eq!(bench.run("result-reader", &read).done().out.len(), 3);
}

/// A certificate authority, and what it has issued to this machine.
struct Authority {
    certificate: X509,
    issued: Identity,
}

impl Authority {
    fn new() -> Authority {
        let key = new_key();
        let mut builder = unsigned("an authority of a test", &key);
        let is_authority = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(is_authority).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let certificate = builder.build();

        let its_key = new_key();
        let mut builder = unsigned("localhost", &its_key);
        builder.set_issuer_name(certificate.subject_name()).unwrap();
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .ip("127.0.0.1")
            .build(&builder.x509v3_context(Some(&certificate), None))
            .unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let pem = builder.build().to_pem().unwrap();
        let its_key = its_key.private_key_to_pem_pkcs8().unwrap();
        Authority {
            certificate,
            issued: Identity::from_pkcs8(&pem, &its_key).unwrap(),
        }
    }
}

fn new_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

/// A certificate that is valid for a day, names its subject as its issuer, and is not signed yet.
fn unsigned(name: &str, key: &PKey<Private>) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(1).unwrap())
        .unwrap();
    builder.set_pubkey(key).unwrap();
    builder
}

fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}

/// Takes TLS off incoming connections, and passes them on to a port of this machine, for as long as the runtime is
/// there.
fn relay(runtime: &Runtime, listener: TcpListener, to: u16, authority: &Authority) {
    let acceptor = native_tls::TlsAcceptor::new(authority.issued.clone()).unwrap();
    let acceptor = TlsAcceptor::from(acceptor);
    listener.set_nonblocking(true).unwrap();
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust us goes away.
                let Ok(mut client) = acceptor.accept(client).await else {
                    return;
                };
                let server = tokio::net::TcpStream::connect(("127.0.0.1", to)).await;
                if let Ok(mut server) = server {
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
}
