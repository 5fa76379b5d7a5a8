//! A network that loses, repeats and delays whatever is said.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What happens to one datagram: after which delays it arrives, if ever.
fn fate() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0..1500_u64, 0..3)
}

/// Whom a datagram is for, and the datagram.
type Post = (End, Bytes);

/// Datagrams on their way, by the time of their arrival.
#[derive(Default)]
struct Network {
    under_way: BTreeMap<(Instant, usize), Post>,
    sent: usize,
    fates: Vec<Vec<u64>>,
}

impl Network {
    /// Beyond the fates that were drawn the network is good.
    fn send(&mut self, to: End, datagram: impl Into<Bytes>, now: Instant) {
        let datagram = datagram.into();
        for delay in self.fates.pop().unwrap_or_else(|| vec![10]) {
            self.sent += 1;
            let when = now + Duration::from_millis(delay);
            self.under_way.insert((when, self.sent), (to, datagram.clone()));
        }
    }
}

proptest! {
    #[test]
    fn a_handshake_comes_about_and_every_frame_counts_once(fates in prop::collection::vec(fate(), 0..12)) {
        let start = Instant::now();
        let mut now = start;
        let mut door = reception(now);
        let mut greeting = greeting(now);
        let mut network = Network { fates, ..Network::default() };
        let (mut dialler, mut session) = (None::<Guard>, None::<Guard>);
        let (mut spoken, mut heard) = (0, Vec::new());
        while heard.is_empty() {
            prop_assert!(now - start < 60 * SECOND, "it never came about");
            if dialler.is_none() && let Some(said) = greeting.speak(now) {
                spoken += 1;
                network.send(End::Listener, said, now);
            }
            let Some(arrival) = network.under_way.first_entry() else {
                now = greeting.due();
                if let Some(dialler) = &mut dialler {
                    network.send(End::Listener, say(dialler, "again"), now);
                }
                continue;
            };
            if dialler.is_none() && arrival.key().0 > greeting.due() {
                now = greeting.due();
                continue;
            }
            let ((when, _), (to, datagram)) = arrival.remove_entry();
            now = now.max(when);
            match to {
                End::Dialler if dialler.is_none() => {
                    dialler = greeting.hear(&datagram, now);
                    if let Some(dialler) = &mut dialler {
                        (0..3).for_each(|_| network.send(End::Listener, say(dialler, "up"), now));
                    }
                }
                End::Dialler => {}
                End::Listener => match door.knock(here(), &datagram, now) {
                    Knock::Answer(answer) => network.send(End::Dialler, answer, now),
                    Knock::Enter(frame, guard) => {
                        prop_assert!(session.is_none(), "nobody enters twice by one handshake");
                        heard.push(frame.to_vec());
                        session = Some(guard);
                    }
                    Knock::Refuse(_) => {}
                },
            }
        }
        prop_assert!(spoken <= 3 + (now - start).as_millis() / 250, "{} in {:?}", spoken, now - start);
        // What is still under way counts once at most, and makes nobody enter again.
        let mut session = session.unwrap();
        let mut left: Vec<_> = network.under_way.into_values().filter(|(to, _)| *to == End::Listener).collect();
        left.extend(left.clone());
        for (_, datagram) in left {
            if session.opener.open(&datagram).is_ok() {
                heard.push(datagram.to_vec());
            } else {
                let knock = door.knock(here(), &datagram, now);
                prop_assert!(!matches!(knock, Knock::Enter(..)));
            }
        }
        let count = heard.len();
        heard.sort();
        heard.dedup();
        prop_assert_eq!(heard.len(), count);
    }
}
