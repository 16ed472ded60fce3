//! The style, the script and the icon: in the program, each under an address that changes with it.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// A file that pages need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asset {
    Style,
    Script,
    Icon,
}

const ALL: [Asset; 3] = [Asset::Style, Asset::Script, Asset::Icon];

/// Their addresses, in the order of [`ALL`].
static ADDRESSES: LazyLock<[String; 3]> = LazyLock::new(|| {
    ALL.map(|asset| {
        let (name, extension, _) = asset.kind();
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(asset.text()));
        format!("/assets/{name}-{}.{extension}", &hash[..12])
    })
});

impl Asset {
    fn text(self) -> &'static str {
        match self {
            Asset::Style => include_str!("../../assets/style.css"),
            Asset::Script => include_str!("../../assets/script.js"),
            Asset::Icon => include_str!("../../assets/icon.svg"),
        }
    }

    /// Its name, its extension and its media type.
    fn kind(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Asset::Style => ("style", "css", "text/css; charset=utf-8"),
            Asset::Script => ("script", "js", "text/javascript; charset=utf-8"),
            Asset::Icon => ("icon", "svg", "image/svg+xml"),
        }
    }

    /// Its address. Another version has another one.
    pub(super) fn address(self) -> &'static str {
        &ADDRESSES[self as usize]
    }
}

/// A file that pages need. As its address changes with it, browsers keep it for as long as they like.
pub(super) async fn send(Path(name): Path<String>) -> Response {
    let asked = format!("/assets/{name}");
    match ALL.into_iter().find(|asset| asset.address() == asked) {
        Some(asset) => {
            let (_, _, media_type) = asset.kind();
            let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
                (header::CACHE_CONTROL, kept),
            ];
            (headers, asset.text()).into_response()
        }
        None => Problem::new(StatusCode::NOT_FOUND, "There is no such file.").into_response(),
    }
}
