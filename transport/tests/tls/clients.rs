//! Whom a listener lets in, and when.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::{BadPem, ClientTls, DialError, HandshakeError, Identity, Limits, Roots, ServerTls};

use crate::support::*;

#[tokio::test]
async fn a_client_that_shows_the_certificate_that_is_demanded_is_known_by_it() {
    let (car, driver) = (Certificate::of("localhost"), Certificate::of("driver"));
    for scheme in SCHEMES {
        let mut listener = car.listen(scheme, Some(&driver.as_root())).await;
        let to = listener.endpoint().clone();
        let shows = ClientTls { identity: Some(driver.identity.clone()), ..car.pinned() };
        let met = meet(&mut listener, &to, shows).await;
        let (dialled, accepted) = talk(met).await;
        assert_eq!(accepted.presented.certificate, Some(driver.identity.fingerprint()));
        assert_eq!(dialled.presented.certificate, None);
    }
}

#[tokio::test]
async fn a_client_without_the_certificate_that_is_demanded_is_turned_away_and_told_why() {
    let (car, driver, stranger) =
        (Certificate::of("localhost"), Certificate::of("driver"), Certificate::of("driver"));
    for (shown, told_driver, told_car) in [
        (None, "wants a client certificate", "showed no client certificate"),
        (Some(stranger.identity), "does not trust our certificate", "nobody whom we trust vouches"),
    ] {
        let mut listener = car.listen("tls", Some(&driver.as_root())).await;
        let to = listener.endpoint().clone();
        let (dialled, accepted) =
            meet(&mut listener, &to, ClientTls { identity: shown, ..car.pinned() }).await;
        let Err(HandshakeError::Protocol(why)) = accepted else { panic!("let in") };
        assert!(why.contains(told_car), "{why}");
        // In TLS 1.3 a client is done before its certificate is looked at.
        let error = dialled.unwrap().rx.next().await.unwrap().unwrap_err();
        assert!(error.to_string().contains(told_driver), "{error}");
    }
    let mut listener = car.listen("wss", Some(&driver.as_root())).await;
    let to = listener.endpoint().clone();
    let (dialled, _accepted) = meet(&mut listener, &to, car.pinned()).await;
    let Err(DialError::Handshake { source, .. }) = dialled else { panic!("let in") };
    assert!(source.to_string().contains("wants a client certificate"), "{source}");
}

#[tokio::test]
async fn a_handshake_that_comes_byte_by_byte_delays_nobody_and_times_out() {
    let car = Certificate::of("localhost");
    let limits = Limits { handshake: Duration::from_secs(2), ..Limits::default() };
    for scheme in SCHEMES {
        let mut listener = car.listen_with(scheme, None, &limits).await;
        let to = listener.endpoint().clone();
        let mut slow = TcpStream::connect(place(&to)).await.unwrap();
        let handshake = tokio::spawn(listener.accept().await.handshake);
        // The header of a record that never comes.
        for byte in [0x16, 3, 1, 2] {
            slow.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        let met = meet(&mut listener, &to, car.pinned()).await;
        talk(met).await;
        assert!(!handshake.is_finished(), "the slow one was still there");
        assert!(matches!(handshake.await.unwrap(), Err(HandshakeError::TimedOut(_))));
    }
}

#[tokio::test]
async fn who_finds_no_place_is_told_why() {
    let car = Certificate::of("localhost");
    let refusal = r#"{"why":"{}"}"#;
    let limits = Limits { connections: 1, refusal, ..Limits::default() };
    for scheme in SCHEMES {
        let mut listener = car.listen_with(scheme, None, &limits).await;
        let to = listener.endpoint().clone();
        let first = talk(meet(&mut listener, &to, car.pinned()).await).await;
        let (dialled, accepted) = meet(&mut listener, &to, car.pinned()).await;
        assert!(matches!(accepted, Err(HandshakeError::Full(_))));
        if scheme == "wss" {
            let error = dialled.unwrap_err().to_string();
            assert!(error.contains("503 Service Unavailable"), "{error}");
        } else {
            let mut dialled = dialled.unwrap();
            let said = dialled.rx.next().await.unwrap().unwrap();
            assert!(said.data.starts_with(br#"{"why":"all 1 connections"#), "{said:?}");
            assert!(dialled.rx.next().await.is_none());
        }
        drop(first);
    }
}

#[tokio::test]
async fn who_leaves_in_the_middle_of_a_handshake_is_no_more_than_that() {
    let car = Certificate::of("localhost");
    let mut listener = car.listen("tls", None).await;
    for sent in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00"] {
        let mut client = TcpStream::connect(place(listener.endpoint())).await.unwrap();
        client.write_all(sent).await.unwrap();
        drop(client);
        let gone = timeout(Duration::from_secs(4), listener.accept().await.handshake).await;
        let error = gone.expect("at once").unwrap_err().to_string();
        assert!(error.contains("the peer left before its TLS handshake was finished"), "{error}");
    }
}

#[tokio::test]
async fn garbage_instead_of_a_handshake_ends_at_once() {
    let car = Certificate::of("localhost");
    let mut listener = car.listen("wss", None).await;
    for garbage in [vec![0x16; 1000], [&[0x16, 3, 1, 0xFF, 0xFF][..], &[0; 70_000]].concat()] {
        let mut client = TcpStream::connect(place(listener.endpoint())).await.unwrap();
        let sending = tokio::spawn(async move {
            // May break off: the listener need not take all of it.
            let _ = client.write_all(&garbage).await;
            let _ = client.read_to_end(&mut Vec::new()).await;
        });
        let ended = timeout(Duration::from_secs(4), listener.accept().await.handshake).await;
        assert!(ended.expect("at once").is_err());
        sending.await.unwrap();
    }
}

#[test]
fn certificates_and_keys_that_cannot_be_used_say_what_would_be_right() {
    let (car, other) = (Certificate::of("localhost"), Certificate::of("localhost"));
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    for no_certificate in ["", "-----BEGIN CERTIFICATE-----\nAA", &key] {
        let error = Identity::from_pem(no_certificate.as_bytes(), key.as_bytes()).unwrap_err();
        assert_eq!(error, BadPem::NoCertificate);
        assert_eq!(Roots::from_pem(no_certificate.as_bytes()).unwrap_err(), BadPem::NoCertificate);
    }
    assert_eq!(Identity::from_pem(car.pem.as_bytes(), b"no key").unwrap_err(), BadPem::NoKey);
    let mixed = Identity::from_pem(other.pem.as_bytes(), key.as_bytes()).unwrap();
    assert!(matches!(ServerTls::new(&mixed, None), Err(BadPem::Unusable(_))));
    let printed = format!("{mixed:?} {:?}", ServerTls::new(&car.identity, None).unwrap());
    assert!(!printed.contains("key") && printed.contains("sha256:"), "{printed}");
}
