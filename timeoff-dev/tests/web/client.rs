//! A program that asks the web service.

use std::net::SocketAddr;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use timeoff_testkit::on_runtime;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// Checks the status. Every error must be a problem that says what is wrong.
    pub(crate) fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:?}");
        if status >= 400 {
            assert_eq!(self.header("content-type"), "application/problem+json");
            assert_eq!(self.body["status"], status);
            assert!(!self.body["detail"].as_str().unwrap().is_empty());
        }
        self
    }

    /// Checks the status of what a browser is answered.
    pub(crate) fn page(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:?}");
        if status >= 400 {
            self.shows(status, &["<h1>"]);
        }
        self
    }

    /// Checks that it is a page with this status, in which these texts stand.
    pub(crate) fn shows(&self, status: u16, texts: &[&str]) -> &str {
        let page = self.body.as_str().unwrap_or_default();
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8");
        let policy = self.header("content-security-policy");
        assert!(!policy.contains("unsafe") && policy.starts_with("default-src 'none'"));
        for text in texts {
            assert!(page.contains(text), "{text} is not in {page}");
        }
        page
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        let value = self.body.pointer(pointer);
        value
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{pointer} of {}", self.body))
    }
}

/// A program that asks in somebody's name.
#[derive(Clone)]
pub(crate) struct Client {
    base: String,
    headers: HeaderMap,
    http: reqwest::Client,
}

impl Client {
    /// One that says whose name it asks in, as the service's demo wants it.
    pub(crate) fn of(address: SocketAddr, email: &str) -> Client {
        use base64::Engine as _;
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{email}:"));
        Client::nobody(address).with("authorization", &format!("Basic {credentials}"))
    }

    /// One that does not say so.
    pub(crate) fn nobody(address: SocketAddr) -> Client {
        Client {
            base: format!("http://{address}"),
            headers: HeaderMap::new(),
            // What sends it elsewhere is an answer, too.
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
        }
    }

    /// The same one, which asks another server: `http://127.0.0.1:8080`.
    pub(crate) fn at(&self, base: &str) -> Client {
        let mut other = self.clone();
        base.clone_into(&mut other.base);
        other
    }

    /// The same one, which also sends this header.
    pub(crate) fn with(&self, name: &str, value: &str) -> Client {
        let mut other = self.clone();
        let name: HeaderName = name.parse().unwrap();
        let mut value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        value.set_sensitive(name == AUTHORIZATION);
        other.headers.insert(name, value);
        other
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> reqwest::Result<Answer> {
        let body = body.map(|body| ("application/json", body));
        self.ask_with(method, path, body).await
    }

    /// With a body of a media type.
    async fn ask_with(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, &str)>,
    ) -> reqwest::Result<Answer> {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.request(method, url).headers(self.headers.clone());
        if let Some((media_type, body)) = body {
            request = request
                .header(CONTENT_TYPE, media_type)
                .body(body.to_owned());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        Ok(Answer {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        })
    }

    /// Begins to get something that may not end.
    pub(crate) async fn begin(&self, path: &str) -> reqwest::Response {
        let url = format!("{}{path}", self.base);
        let asked = self.http.get(url).headers(self.headers.clone());
        asked.send().await.unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        on_runtime(self.ask(Method::GET, path, None)).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        on_runtime(self.ask(Method::POST, path, Some(body))).unwrap()
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        on_runtime(self.ask(Method::DELETE, path, None)).unwrap()
    }

    /// Sends what a page's form sends.
    pub(crate) fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let form = form.extend_pairs(fields).finish();
        on_runtime(self.ask_with(
            Method::POST,
            path,
            Some(("application/x-www-form-urlencoded", &form)),
        ))
        .unwrap()
    }

    /// A POST without a body.
    pub(crate) fn post_nothing(&self, path: &str) -> Answer {
        on_runtime(self.ask(Method::POST, path, None)).unwrap()
    }
}
