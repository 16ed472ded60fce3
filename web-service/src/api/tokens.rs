//! API tokens: for programs, in a person's name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use timeoff_models::Email;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::Body;
use super::dates::instant_of_seconds;
use super::id::Id;
use super::nothing_of_that_name;
use super::page::Query;
use super::position::CaughtUp;
use crate::problem::{FieldError, Problem};
use crate::service::{Service, now_in_seconds};
use crate::who::{self, Credential, Me, Scope, TOKEN_PREFIX};

/// The most characters of the name of a token or a calendar feed.
const NAME: usize = 100;

/// For how many days a token can be made.
const DAYS: i64 = 366;

/// A token that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// What to call it, for whoever looks through the list later.
    #[schema(min_length = 1, max_length = 100, example = "payroll")]
    name: String,
    /// What may be done with it.
    scope: Scope,
    /// The last day (UTC) on which it counts: today, or up to 366 days from now.
    #[schema(format = "date", example = "2027-07-01")]
    until: String,
    /// In whose name it is believed; without it, one's own. An admin makes those of others, for reading only.
    #[schema(format = "email")]
    email: Option<String>,
}

/// A token, without what it is believed by.
#[derive(Serialize, ToSchema)]
pub(super) struct Token {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// In whose name it is believed.
    #[schema(format = "email")]
    email: String,
    /// What it is called.
    name: String,
    /// What may be done with it.
    scope: Scope,
    /// The e-mail address of who made it.
    #[schema(format = "email")]
    made_by: String,
    /// When it was made.
    #[schema(format = "date-time")]
    made_at: Option<String>,
    /// When it ends.
    #[schema(format = "date-time")]
    ends_at: Option<String>,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    #[serde(flatten)]
    about: Token,
    /// What to send as `Authorization: Bearer …`. It is shown this once.
    #[schema(example = "timeoff_Yk3…")]
    token: String,
}

/// The tokens of a person.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    /// Those that have not ended, the oldest first.
    tokens: Vec<Token>,
}

/// Whose tokens.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TokensQuery {
    /// The person's e-mail address; without it, one's own.
    #[param(format = "email")]
    email: Option<String>,
}

impl From<who::Token> for Token {
    fn from(token: who::Token) -> Token {
        Token {
            id: token.id,
            email: token.email,
            name: token.name,
            scope: token.scope,
            made_by: token.made_by,
            made_at: instant_of_seconds(token.made_at),
            ends_at: instant_of_seconds(token.ends_at),
        }
    }
}

/// Make a token.
///
/// Whoever sends it is believed to be its person, within its scope. A token makes no others. What is done with a token of
/// scope `write` counts as done by its person, so nobody else can make one. What an admin has made for somebody ends when
/// they are no admin of all that person's departments any more.
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "make_token", tag = "tokens", security(("who" = [])),
    params(CaughtUp), request_body = NewToken,
    responses((status = 201, description = "It is made", body = MadeToken),
        Problem))]
pub(super) async fn make(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Body(wanted): Body<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    is_no_token(&me)?;
    let mut mistakes = Vec::new();
    let name = named(&wanted.name).map_err(|mistake| mistakes.push(mistake));
    let ends_at = end_of(&wanted.until).map_err(|mistake| mistakes.push(mistake));
    let email = match &wanted.email {
        None => Ok(me.email.clone()),
        Some(email) => email.parse::<Email>().map_err(|error| {
            mistakes.push(FieldError::new("email", "address", error));
        }),
    };
    let (Ok(name), Ok(ends_at), Ok(email)) = (name, ends_at, email) else {
        return Err(Problem::mistakes(mistakes));
    };
    if email != me.email {
        may_administer(&service, &me, &email).await?;
        if wanted.scope == Scope::Write {
            let detail = "What is done with a token of scope write counts as its person's own, so only they can make it: \
                          choose scope read.";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
    }
    let token = format!("{TOKEN_PREFIX}{}", who::new_secret());
    let about = who::Token {
        id: Uuid::now_v7().to_string(),
        email: email.to_string(),
        name: name.to_owned(),
        scope: wanted.scope,
        made_by: me.email.to_string(),
        made_at: now_in_seconds(),
        ends_at,
    };
    let accounts = &service.authentication.accounts;
    if !accounts.add_token(who::hash(&token), about.clone()).await? {
        let detail = format!("There are {} tokens already: end one first.", who::TOKENS);
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let made = MadeToken {
        about: about.into(),
        token,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// The tokens of a person: one's own, or as an admin of all departments in which they are or decide.
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "list_tokens", tag = "tokens", security(("who" = [])),
    params(TokensQuery, CaughtUp),
    responses((status = 200, description = "They", body = Tokens),
        Problem))]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(asked): Query<TokensQuery>,
) -> Result<Json<Tokens>, Problem> {
    let email = whose(&service, &me, asked.email.as_deref()).await?;
    let accounts = &service.authentication.accounts;
    let tokens = accounts.tokens(email.to_string(), now_in_seconds()).await?;
    Ok(Json(Tokens {
        tokens: tokens.into_iter().map(Token::from).collect(),
    }))
}

/// End a token: one's own, or as an admin of all departments in which its person is or decides. Whoever has it is
/// believed no more.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", operation_id = "end_token", tag = "tokens", security(("who" = [])),
    params(("id" = String, Path, format = "uuid", description = "Its id"), CaughtUp),
    responses((status = 204, description = "It has ended"),
        Problem))]
pub(super) async fn end(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    is_no_token(&me)?;
    let accounts = &service.authentication.accounts;
    let nothing = || nothing_of_that_name("token");
    let token = accounts
        .token_with_id(id.clone())
        .await?
        .ok_or_else(nothing)?;
    let owner: Email = token.email.parse().map_err(|_| nothing())?;
    if owner != me.email && !me.administers(&service, &owner).await? {
        return Err(nothing());
    }
    accounts.end_token(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a token or a calendar feed is called.
///
/// # Errors
///
/// What is wrong with the field `name`.
pub(super) fn named(name: &str) -> Result<&str, FieldError> {
    let name = name.trim();
    if (1..=NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    let message = format!("a name has 1 to {NAME} characters, none of them a control character");
    Err(FieldError::said("name", "length", message))
}

/// Tokens and calendar feeds are made and ended by people: whoever has found a token could otherwise keep what it allows.
pub(super) fn is_no_token(me: &Me) -> Result<(), Problem> {
    match me.credential {
        Credential::Token { .. } | Credential::Calendar(_) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "An API token neither makes nor ends tokens and calendar feeds: sign in yourself.",
        )),
        Credential::Said | Credential::Session(_) => Ok(()),
    }
}

/// Whose tokens or calendar feeds are asked for: one's own, unless an address is named.
///
/// # Errors
///
/// A problem of status 400 if that is no address, 403 if whoever asks may not administer whoever has it.
pub(super) async fn whose(
    service: &Service,
    me: &Me,
    asked: Option<&str>,
) -> Result<Email, Problem> {
    let Some(asked) = asked else {
        return Ok(me.email.clone());
    };
    let email: Email = asked
        .parse()
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "email is not an e-mail address."))?;
    if email != me.email {
        may_administer(service, me, &email).await?;
    }
    Ok(email)
}

async fn may_administer(service: &Service, me: &Me, email: &Email) -> Result<(), Problem> {
    match me.administers(service, email).await? {
        true => Ok(()),
        false => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "Only they, and an admin of all their departments, may do that.",
        )),
    }
}

/// The end of a day, if it is one until which a token can be made: seconds since 1970 (UTC).
fn end_of(until: &str) -> Result<i64, FieldError> {
    let today = Utc::now().date_naive();
    let day = (until.len() == "2027-07-01".len())
        .then(|| until.parse::<NaiveDate>().ok())
        .flatten()
        .filter(|&day| today <= day && day <= today + TimeDelta::days(DAYS));
    let end = day.and_then(|day| Some(day.succ_opt()?.and_hms_opt(0, 0, 0)?.and_utc()));
    end.map(|end| end.timestamp()).ok_or_else(|| {
        let message =
            format!("{until:?} is not a day from {today} to {DAYS} days after it, as YYYY-MM-DD");
        FieldError::said("until", "range", message)
    })
}
