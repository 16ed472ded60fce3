//! Against a registry that gives scripted answers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use timeoff_log::{LogError, RegistrySettings, Remedy};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{Found, SchemaRegistry, TRY_AGAIN_WITHIN};

/// A status and a body. If the body has an empty line, what comes before it is a header.
type Answer = (u16, &'static str);

const NOT_THERE: Answer = (404, r#"{"error_code":40403,"message":"Schema not found"}"#);
const ID_7: Answer = (
    200,
    r#"{"subject":"s","id":7,"version":1,"schema":"\"string\""}"#,
);

/// A registry that gives these answers one after the other, and remembers what it was asked.
struct Scripted {
    registry: SchemaRegistry,
    asked: Arc<Mutex<Vec<String>>>,
    authorization: Arc<Mutex<Option<String>>>,
}

impl Scripted {
    async fn answering(answers: impl IntoIterator<Item = Answer>) -> Scripted {
        Scripted::as_user("", answers).await
    }

    /// `user` is what stands before the host in the address.
    async fn as_user(user: &str, answers: impl IntoIterator<Item = Answer>) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("bound");
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let authorization: Arc<Mutex<Option<String>>> = Arc::default();
        let mut answers: VecDeque<Answer> = answers.into_iter().collect();
        let (heard, seen) = (asked.clone(), authorization.clone());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let mut connection = BufReader::new(connection);
                let mut request = String::new();
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if connection.read_line(&mut line).await.unwrap_or(0) < 3 {
                        break;
                    }
                    let lower = line.to_lowercase();
                    if let Some(text) = lower.strip_prefix("content-length:") {
                        length = text.trim().parse().expect("a number");
                    }
                    if lower.starts_with("authorization:") {
                        let value = line.split_once(':').expect("a colon").1.trim().to_owned();
                        *seen.lock().expect("locked") = Some(value);
                    }
                    if request.is_empty() {
                        request = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
                    }
                }
                let mut body = vec![0; length];
                let _ = connection.read_exact(&mut body).await;
                heard.lock().expect("locked").push(request);
                let (status, text) = answers.pop_front().unwrap_or((500, "no more answers"));
                let (header, body) = text.split_once("\r\n\r\n").unwrap_or(("X: y", text));
                let answer = format!(
                    "HTTP/1.1 {status} -\r\nContent-Length: {}\r\nConnection: close\r\n{header}\r\n\r\n{body}",
                    body.len()
                );
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        let url = format!("http://{user}{address}")
            .parse()
            .expect("an address");
        Scripted {
            registry: SchemaRegistry::new(&RegistrySettings::at(url)).expect("a client"),
            asked,
            authorization,
        }
    }

    async fn register(&self) -> Result<u32, LogError> {
        self.registry.register("s", r#""string""#).await
    }

    /// The error of a registration that fails.
    async fn refusal(&self) -> String {
        let error = self.register().await.expect_err("refused");
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let remedy = error.remedy().expect("something can be done");
        format!("{error}; {remedy}: {}", cause.unwrap_or_default())
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("locked").clone()
    }
}

#[tokio::test]
async fn what_is_there_is_not_registered() {
    let scripted = Scripted::answering([ID_7]).await;
    assert_eq!(scripted.register().await.expect("found"), 7);
    assert_eq!(scripted.asked(), ["POST /subjects/s"]);
}

#[tokio::test]
async fn what_is_not_there_or_may_not_be_looked_up_is_registered() {
    let no_subject = (404, r#"{"error_code":40401,"message":"Subject not found"}"#);
    let may_not_look = (403, r#"{"error_code":40301,"message":"not yours"}"#);
    for first in [NOT_THERE, no_subject, may_not_look] {
        let scripted = Scripted::answering([first, (200, r#"{"id":8}"#)]).await;
        assert_eq!(scripted.register().await.expect("registered"), 8);
        let asked = ["POST /subjects/s", "POST /subjects/s/versions"];
        assert_eq!(scripted.asked(), asked);
    }
}

#[tokio::test]
async fn who_may_not_register_what_is_missing_is_told_the_reason() {
    let read_only = r#"{"error_code":42205,"message":"Subject s is in read-only mode"}"#;
    let incompatible = r#"{"error_code":42201,"message":"Invalid"}"#;
    for (status, body, remedy) in [
        (401, "", "user and password"),
        (
            403,
            r#"{"error_code":40301,"message":"denied"}"#,
            "the right to do that",
        ),
        (422, read_only, "the registry is read-only"),
        (422, incompatible, "compatibility rules"),
        (
            409,
            r#"{"error_code":409,"message":"incompatible"}"#,
            "compatibility rules",
        ),
    ] {
        let answers = [NOT_THERE, (status, body)].into_iter().cycle().take(40);
        let scripted = Scripted::answering(answers).await;
        let told = scripted.refusal().await;
        assert!(told.contains(remedy), "{told}");
        assert!(told.contains("could not register a schema as s"), "{told}");
        assert!(told.contains(&status.to_string()), "{told}");
        let is_compatibility = told.contains("compatibility");
        assert_eq!(is_compatibility, remedy.starts_with("compat"), "{told}");
    }
}

#[tokio::test]
async fn what_fails_for_the_moment_is_tried_again() {
    let conflict = (409, r#"{"error_code":409,"message":"at once"}"#);
    for answers in [
        vec![(429, "slow down"), ID_7],
        vec![(503, ""), (500, ""), ID_7],
        vec![NOT_THERE, (502, ""), NOT_THERE, ID_7],
        vec![NOT_THERE, conflict, ID_7],
    ] {
        let scripted = Scripted::answering(answers.clone()).await;
        let registered = scripted.register().await;
        assert_eq!(registered.expect("in the end"), 7, "{answers:?}");
        assert_eq!(scripted.asked().len(), answers.len(), "{answers:?}");
    }
}

#[tokio::test]
async fn a_registry_that_asks_for_a_pause_gets_it_if_it_is_short() {
    let began = Instant::now();
    let short = (429, "Retry-After: 1\r\n\r\n");
    let scripted = Scripted::answering([short, ID_7]).await;
    assert_eq!(scripted.register().await.expect("after a second"), 7);
    assert!(began.elapsed().as_millis() >= 1_000);

    let long = (503, "Retry-After: 120\r\n\r\n");
    let scripted = Scripted::answering([long, ID_7]).await;
    let told = scripted.refusal().await;
    assert!(
        told.contains("503") && told.contains("again later"),
        "{told}"
    );
    assert_eq!(scripted.asked().len(), 1);
}

#[tokio::test]
async fn trouble_that_does_not_pass_is_told_soon() {
    let began = Instant::now();
    let scripted = Scripted::answering([]).await;
    let told = scripted.refusal().await;
    assert!(told.contains("the registry itself has trouble"), "{told}");
    assert!(scripted.asked().len() > 2);
    assert!(
        began.elapsed() < 2 * TRY_AGAIN_WITHIN,
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_user_and_password_with_signs_are_sent_as_they_are() {
    // me:p@ss
    const EXPECTED: Option<&str> = Some("Basic bWU6cEBzcw==");
    let scripted = Scripted::as_user("me:p%40ss@", [ID_7]).await;
    scripted.register().await.expect("found");
    let authorization = scripted.authorization.lock().expect("locked").clone();
    assert_eq!(authorization.as_deref(), EXPECTED, "writing");

    let scripted = Scripted::as_user("me:p%40ss@", [ID_7]).await;
    scripted.registry.by_id(7).await.expect("found");
    let authorization = scripted.authorization.lock().expect("locked").clone();
    assert_eq!(authorization.as_deref(), EXPECTED, "reading");
}

#[tokio::test]
async fn a_registry_that_is_silent_is_said_to_be_whatever_it_is_asked() {
    // The system accepts connections for it, and it never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = silent.local_addr().expect("bound");
    let url = format!("http://{address}").parse().expect("an address");
    let registry = SchemaRegistry::new(&RegistrySettings::at(url)).expect("a client");
    let (read, written) = tokio::join!(registry.by_id(7), registry.register("s", "{}"));
    for error in [read.expect_err("silent"), written.expect_err("silent")] {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let cause = cause.unwrap_or_default();
        assert_eq!(cause, "no answer within 5 s", "{error}");
    }
}

#[tokio::test]
async fn a_subject_is_one_part_of_the_path_whatever_is_in_it() {
    let refers = (
        200,
        r#"{"schema":"\"A\"","references":[{"name":"A","subject":":.x:a/b?","version":3}]}"#,
    );
    let scripted = Scripted::answering([refers, NOT_THERE]).await;
    let found = scripted.registry.by_id(9).await.expect("answers");
    assert!(matches!(found, Found::Unresolvable(_)), "{found:?}");
    let asked = [
        "GET /schemas/ids/9?deleted=true",
        "GET /subjects/:.x:a%2Fb%3F/versions/3",
    ];
    assert_eq!(scripted.asked(), asked);
}

#[tokio::test]
async fn a_reference_that_cannot_be_asked_for_now_is_not_missing() {
    let refers = (
        200,
        r#"{"schema":"\"A\"","references":[{"name":"A","subject":"a","version":3}]}"#,
    );
    for answer in [
        (500, ""),
        (401, ""),
        (404, "not a registry"),
        (200, "hello"),
    ] {
        let scripted = Scripted::answering([refers, answer]).await;
        let asked = scripted.registry.by_id(9).await;
        let told = asked.expect_err("not known").to_string();
        assert!(told.contains("look up version 3 of schema a"), "{told}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    static LONG: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| " ".repeat(2 << 20));
    let scripted = Scripted::answering([(200, LONG.as_str())]).await;
    let told = scripted.refusal().await;
    assert!(told.contains("it is longer than"), "{told}");
}

#[tokio::test]
async fn a_registry_that_does_not_answer_is_named_with_the_step_and_a_remedy() {
    let url = "http://me:canary@127.0.0.1:1".parse().expect("an address");
    let registry = SchemaRegistry::new(&RegistrySettings::at(url)).expect("a client");
    let error = registry.by_id(7).await.expect_err("nobody listens");
    let text = format!("{error} {error:?}");
    assert!(text.contains("http://127.0.0.1:1:"), "{text}");
    assert!(text.contains("look up schema id 7"), "{text}");
    assert_eq!(error.remedy(), Some(Remedy::CheckRegistry));
    assert!(!text.contains("canary"), "{text}");
}
