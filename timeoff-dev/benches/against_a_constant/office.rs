//! A log with people on it, and the web service.

use std::net::SocketAddr;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response};
use serde_json::Value;
use timeoff_testkit::{Bench, Running, on_runtime, staffed, start_web};

use crate::wrk::{Request, Server};

/// An employee of IT, and an approver of IT.
pub(crate) const ADA: &str = "ada@example.com";
const LINUS: &str = "linus@example.com";

const PEOPLE: &str = "email,name,department,role\n\
    ada@example.com,Ada Lovelace,IT,employee\n\
    linus@example.com,Linus Approver,IT,approver\n";

/// What is applied for.
pub(crate) const APPLICATION: &str = r#"{"hours": 16, "start": "2027-07-01"}"#;

const APPLICATIONS: &str = "/api/v1/applications";
const POSITION: &str = "timeoff-position";

/// How many people follow what happens, besides.
pub(crate) const FOLLOWERS: usize = 32;

/// The e-mail address of one of them.
pub(crate) fn follower(number: usize) -> String {
    format!("follower-{number}@example.com")
}

/// The web service on a log with people, and one application that has been decided.
pub(crate) struct Office {
    address: SocketAddr,
    web: Running,
    /// The address of the application.
    decided: String,
    _bench: Bench,
}

impl Office {
    /// Enters the people, has the application decided, and dismisses the manager: only what is measured runs on.
    pub(crate) fn open() -> Office {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let log = format!("sqlite:{}", folder.path().join("timeoff.db").display());
        let bench = Bench::on(log, None, folder);
        let followers = (0..FOLLOWERS)
            .map(|number| format!("{},Follower {number},IT,employee\n", follower(number)));
        let people: String = [PEOPLE.to_owned()].into_iter().chain(followers).collect();
        let manager = staffed(&bench, &people);
        let (web, address) = start(&bench);
        let decided = decide_one(&bench, address);
        manager.signal("TERM");
        manager.wait().done();
        let office = Office {
            address,
            web,
            decided,
            _bench: bench,
        };
        office.catch_up();
        office
    }

    /// The web service's process.
    pub(crate) fn server(&self) -> Server {
        Server {
            address: self.address,
            pid: self.web.pid(),
        }
    }

    /// The path of the application that has been decided.
    pub(crate) fn decided_application(&self) -> String {
        self.decided.clone()
    }

    /// The body that a request is answered with.
    pub(crate) fn answer_to(&self, request: &Request) -> String {
        let method = match request.body {
            Some(_) => Method::POST,
            None => Method::GET,
        };
        on_runtime(async {
            let path = &request.path;
            let response = ask(self.address, ADA, method, path, request.body, None).await;
            response.text().await.unwrap()
        })
    }

    /// Waits until the view has everything that was queued, so that its fold costs nothing that comes after it.
    pub(crate) fn catch_up(&self) {
        on_runtime(async {
            let body = Some(APPLICATION);
            let last = ask(self.address, ADA, Method::POST, APPLICATIONS, body, None).await;
            let position = last.headers()[POSITION].to_str().unwrap().to_owned();
            ask(
                self.address,
                ADA,
                Method::GET,
                "/api/v1/me",
                None,
                Some(position),
            )
            .await;
        });
    }

    /// Stops the web service. Says how much memory it has had.
    pub(crate) fn close(self) -> String {
        self.web.signal("TERM");
        let ended = self.web.wait().done();
        format!("the most memory, KiB: {}", ended.peak_kib)
    }
}

fn start(bench: &Bench) -> (Running, SocketAddr) {
    let rate = u32::MAX.to_string();
    let options = [
        ["--sign-in", "demo"],
        ["--listen", "127.0.0.1:0"],
        ["--writes-per-minute", &rate],
    ];
    start_web(bench, options.as_flattened())
}

/// Returns the path of the application.
fn decide_one(bench: &Bench, address: SocketAddr) -> String {
    let (path, position, id) = on_runtime(async {
        let body = Some(APPLICATION);
        let response = ask(address, ADA, Method::POST, APPLICATIONS, body, None).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let (path, position) = (header("location"), header(POSITION));
        let body = response.text().await.unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        (path, position, body["id"].as_str().unwrap().to_owned())
    });
    let decide = [
        "decide",
        &id,
        "approve",
        "--as",
        LINUS,
        "--comment",
        "Enjoy",
    ];
    bench.run("timeoff-admin", &decide).done();
    on_runtime(ask(address, ADA, Method::GET, &path, None, Some(position)));
    path
}

/// The body of a page as this person sees it.
pub(crate) fn body_of(address: SocketAddr, path: &str, user: &str) -> String {
    on_runtime(async {
        let page = ask(address, user, Method::GET, path, None, None).await;
        page.text().await.unwrap()
    })
}

/// Asks in somebody's name. It must succeed.
async fn ask(
    address: SocketAddr,
    user: &str,
    method: Method,
    path: &str,
    body: Option<&'static str>,
    position: Option<String>,
) -> Response {
    let url = format!("http://{address}{path}");
    let mut request = reqwest::Client::new()
        .request(method, url)
        .basic_auth(user, Some(""));
    if let Some(body) = body {
        request = request.header(CONTENT_TYPE, "application/json").body(body);
    }
    if let Some(position) = position {
        request = request.header(POSITION, position);
    }
    let response = request.send().await.unwrap();
    response.error_for_status().unwrap()
}
