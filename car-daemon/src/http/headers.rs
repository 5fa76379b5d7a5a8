//! Headers that every answer has: what a browser must not do with it.
//!
//! What must never live here: what an answer says.

use http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

/// Nothing of others, nothing inline; `connect-src 'self'` is the page's own WebSocket, too.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
    connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Of what a browser can do, what a page that drives needs.
const PERMISSIONS: &str = "gamepad=(self), fullscreen=(self), screen-wake-lock=(self), clipboard-write=(self), \
    camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()";

const ALWAYS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Who may embed an answer that they cannot read.
const EMBEDDED_BY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// `embedded`: as an image it may stand in pages of others, which show it and cannot read it.
pub(super) fn harden(headers: &mut HeaderMap, embedded: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let whose = if embedded { "cross-origin" } else { "same-origin" };
    headers.insert(EMBEDDED_BY, HeaderValue::from_static(whose));
}
