//! Whom a dialler believes.

use futures_util::StreamExt;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use transport::{ClientTls, DialError, HandshakeError, Table};

use crate::support::*;

#[tokio::test]
async fn a_dialler_that_was_told_nothing_believes_nobody_and_says_whom_it_saw() {
    let car = Certificate::of("localhost");
    for scheme in SCHEMES {
        let mut listener = car.listen(scheme, None).await;
        let to = listener.endpoint().clone();
        let (dialled, accepted) = meet(&mut listener, &to, ClientTls::default()).await;
        let Err(error @ DialError::Handshake { source: HandshakeError::Untrusted(met), .. }) = &dialled
        else {
            panic!("{dialled:?}")
        };
        assert_eq!(met.seen, car.identity.fingerprint());
        let words = error.to_string();
        assert!(words.contains(&met.seen.to_string()) && words.contains("pin it"), "{words}");
        assert!(accepted.is_err());
    }
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_is_refused_with_both() {
    let (car, other) = (Certificate::of("localhost"), Certificate::of("localhost"));
    let mut listener = car.listen("tls", None).await;
    let to = listener.endpoint().clone();
    let by_option = refusal(&mut listener, &to, other.pinned()).await;
    let pin = other.identity.fingerprint().to_string();
    let with_pin = to.clone().with_option("pin", &pin).unwrap();
    // A root that vouches for it does not help: the pin was named.
    let rooted = ClientTls { roots: Some(car.as_root()), ..ClientTls::default() };
    let by_url = refusal(&mut listener, &with_pin, rooted).await;
    // Nor does a pin that fits, where another does not.
    let by_both = refusal(&mut listener, &with_pin, car.pinned()).await;
    for words in [by_option, by_url, by_both] {
        assert!(words.contains(&pin) && words.contains(&car.identity.fingerprint().to_string()), "{words}");
    }
}

#[tokio::test]
async fn a_pin_in_the_url_is_as_good_as_one_in_the_options() {
    let car = Certificate::of("localhost");
    for scheme in SCHEMES {
        let mut listener = car.listen(scheme, None).await;
        let pin = car.identity.fingerprint().to_string().to_uppercase();
        let to = listener.endpoint().clone().with_option("pin", &pin).unwrap();
        let met = meet(&mut listener, &to, ClientTls::default()).await;
        let (_, accepted) = talk(met).await;
        assert_eq!(accepted.presented, transport::Presented::default());
    }
}

#[tokio::test]
async fn for_a_pinned_certificate_neither_name_nor_date_matter() {
    let old = Certificate::until("elsewhere.example", 2000);
    let mut listener = old.listen("tls", None).await;
    let to = listener.endpoint().clone();
    let met = meet(&mut listener, &to, old.pinned()).await;
    talk(met).await;
}

#[tokio::test]
async fn a_root_vouches_for_the_host_that_was_dialled_and_for_no_other() {
    for host in ["localhost", "127.0.0.1"] {
        let car = Certificate::of(host);
        let mut listener = car.listen("tls", None).await;
        let trust = || ClientTls { roots: Some(car.as_root()), ..ClientTls::default() };
        let named = at_host(&*listener, host);
        let met = meet(&mut listener, &named, trust()).await;
        talk(met).await;
        let misnamed = at_host(&*listener, if host == "localhost" { "127.0.0.1" } else { "localhost" });
        let words = refusal(&mut listener, &misnamed, trust()).await;
        assert!(words.contains("does not name the host that was dialled"), "{words}");
    }
}

#[tokio::test]
async fn a_root_vouches_for_nothing_that_is_expired_or_not_its_own() {
    let (old, car, other) =
        (Certificate::until("localhost", 2000), Certificate::of("localhost"), Certificate::of("localhost"));
    for (shown, root, why) in
        [(&old, &old, "it has expired"), (&car, &other, "no root that is trusted vouches for it")]
    {
        let mut listener = shown.listen("tls", None).await;
        let to = at_host(&*listener, "localhost");
        let trust = ClientTls { roots: Some(root.as_root()), ..ClientTls::default() };
        let words = refusal(&mut listener, &to, trust).await;
        assert!(words.contains(why) && words.contains(&shown.identity.fingerprint().to_string()), "{words}");
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_off_is_no_end() {
    let car = Certificate::of("localhost");
    let mut listener = car.listen("tls", None).await;
    let at = place(listener.endpoint());
    let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("tls://{}", between.local_addr().unwrap()).parse().unwrap();
    let relay = tokio::spawn(async move {
        let (mut near, _) = between.accept().await.unwrap();
        let mut far = TcpStream::connect(at).await.unwrap();
        let _ = copy_bidirectional(&mut near, &mut far).await;
    });
    let met = meet(&mut listener, &to, car.pinned()).await;
    let (mut dialled, mut accepted) = talk(met).await;
    relay.abort();
    for end in [&mut dialled, &mut accepted] {
        let error = end.rx.next().await.unwrap().unwrap_err();
        assert!(error.is_fatal() && error.to_string().contains("cut off"), "{error}");
    }
}

#[tokio::test]
async fn a_table_without_a_certificate_listens_on_no_scheme_over_tls() {
    for scheme in SCHEMES {
        let at = format!("{scheme}://127.0.0.1:0").parse().unwrap();
        let error = Table::new(&transport::Limits::default()).bind(&at).await.unwrap_err();
        assert!(error.to_string().contains("no certificate"), "{error}");
    }
}

#[tokio::test]
async fn a_pin_is_no_option_for_whoever_listens() {
    let car = Certificate::of("localhost");
    let tls = Some(transport::ServerTls::new(&car.identity, None).unwrap());
    let security = transport::Security { tls, ..transport::Security::default() };
    let table = Table::with(&transport::Limits::default(), &security);
    let at = format!("tls://127.0.0.1:0?pin={}", car.identity.fingerprint()).parse().unwrap();
    assert!(table.bind(&at).await.unwrap_err().to_string().contains("for whoever dials"));
}
