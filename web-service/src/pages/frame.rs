//! What all pages have in common.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::asset::Asset;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::Me;

/// Which page it is, for the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Home,
    New,
    Inbox,
    Wallchart,
    Log,
    People,
    Elsewhere,
}

/// Who looks at a page.
pub(super) struct Visitor {
    pub(super) name: String,
    pub(super) email: String,
    /// Whether they have an inbox, and see who works in their departments.
    pub(super) decides: bool,
}

/// What is around a page's content.
pub(super) struct Frame {
    pub(super) here: Here,
    pub(super) visitor: Option<Visitor>,
    /// Whether everybody is believed.
    pub(super) is_demo: bool,
    /// Whether there is a session that can be ended here.
    pub(super) signs_out: bool,
}

impl Frame {
    pub(super) fn of(service: &Service, me: &Me, here: Here) -> Frame {
        let visitor = Visitor {
            name: me.name().to_owned(),
            email: me.email.to_string(),
            decides: !me.decides_in.is_empty(),
        };
        Frame {
            here,
            visitor: Some(visitor),
            signs_out: service.authentication.has_sign_in(),
            ..Frame::of_nobody(service)
        }
    }

    pub(super) fn of_nobody(service: &Service) -> Frame {
        Frame {
            here: Here::Elsewhere,
            visitor: None,
            is_demo: service.authentication.is_demo(),
            signs_out: false,
        }
    }
}

/// A page, as it is sent.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    let html = template.render().expect("a String takes everything");
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(header::CONTENT_TYPE, html_type)], html).into_response()
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: &'a Frame,
    title: &'a str,
    detail: &'a str,
}

/// A problem as a page.
pub(super) fn problem_page(frame: &Frame, problem: &Problem) -> Response {
    let shown = ProblemPage {
        frame,
        title: match problem.status() {
            StatusCode::FORBIDDEN => "That is not for you",
            StatusCode::NOT_FOUND => "There is nothing here",
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => "Not at this moment",
            StatusCode::TOO_MANY_REQUESTS => "Too often",
            _ => problem.title(),
        },
        detail: problem.detail(),
    };
    page(problem.status(), &shown)
}
