//! Right keys, wrong keys and none.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt};
use transport::{BindError, DialError, Frame, Limits, Table};

use crate::support::{SECRET, accept, hear, key, listen, table};

#[tokio::test]
async fn the_name_of_the_key_that_was_proven_comes_out() {
    let limits = Limits::default();
    let mut listener = listen(&limits, "psk").await;
    for (name, secret) in [("phone", "another secret"), ("tablet", SECRET)] {
        let mut dialled = table(&limits, &[key(name, secret)]).dial(listener.endpoint()).await.unwrap();
        dialled.tx.send(Frame::text("up")).await.unwrap();
        let mut accepted = accept(&mut listener).await;
        assert_eq!(hear(&mut accepted).await, Frame::text("up"));
        for end in [&dialled, &accepted] {
            assert_eq!(end.presented.psk.as_deref(), Some(name));
            assert!(!end.caps.linked && !end.caps.reliable);
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_name_are_told_only_that_nobody_has_proven_anything() {
    let limits = Limits { handshake: Duration::from_millis(600), ..Limits::default() };
    let mut listener = listen(&limits, "psk").await;
    for (name, secret) in [("tablet", "a wrong secret"), ("nobody", SECRET)] {
        let error = table(&limits, &[key(name, secret)]).dial(listener.endpoint()).await.unwrap_err();
        assert!(matches!(error, DialError::Handshake { .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.contains(&format!("the key `{name}`")) && !said.contains(secret), "{said}");
    }
    assert!(listener.accept().now_or_never().is_none());
}

#[tokio::test]
async fn without_a_key_or_with_datagrams_too_short_nobody_listens_or_dials() {
    let at = "udp://127.0.0.1:0?integrity=psk".parse().unwrap();
    let keyless = Table::new(&Limits::default());
    let bound = keyless.bind(&at).await.unwrap_err();
    assert!(matches!(&bound, BindError::Option { reason, .. } if reason.contains("needs a key")), "{bound}");
    let dialled = keyless.dial(&at).await.unwrap_err();
    assert!(
        matches!(&dialled, DialError::Option { reason, .. } if reason.contains("needs a key")),
        "{dialled}"
    );
    let short = table(&Limits { datagram: 122, ..Limits::default() }, &[key("tablet", SECRET)]);
    let bound = short.bind(&at).await.unwrap_err().to_string();
    assert!(bound.contains("123 bytes") && bound.contains("122"), "{bound}");
}

#[tokio::test]
async fn dialling_with_a_key_where_nobody_listens_fails_with_the_systems_word() {
    let limits = Limits::default();
    let listener = listen(&limits, "psk").await;
    let at = listener.endpoint().clone();
    listener.close().await;
    let error = table(&limits, &[key("tablet", SECRET)]).dial(&at).await.unwrap_err();
    assert!(matches!(error, DialError::Io { .. }), "{error}");
}
