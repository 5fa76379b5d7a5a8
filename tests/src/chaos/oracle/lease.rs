//! Who may drive: the lease, told from what was delivered alone.
//!
//! The contract leaves some moments open (when exactly the end of a link, of a motion or of a silence is
//! noticed, and whether a motion was accepted by hardware that fails). So there is not one answer but a
//! list of worlds: all that are possible. What none of them allows is wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::Command;

use super::motion::{Motion, Wheels};
use super::rules::Verdict;
use super::{LINK_END, TURN};

/// Who asked for the lease longer ago has given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The lease in all worlds that are possible.
#[derive(Debug)]
pub(super) struct Lease {
    worlds: Vec<World>,
    guests: BTreeMap<u64, Guest>,
    /// Whoever has not driven for this long loses it.
    silence: Duration,
    /// Who held it lately in some world, and until when that may be told.
    lately: Vec<(u64, Duration)>,
    /// Who has it in all worlds, or that nobody has; and since when that is sure.
    sure: Option<(Option<u64>, Duration)>,
}

#[derive(Clone, Copy, Debug)]
struct Guest {
    linked: bool,
    priority: u8,
    /// Its link has ended, heard out or not.
    cut: Option<Duration>,
}

#[derive(Clone, Debug, Default)]
struct World {
    held: Option<Held>,
    /// Who waits, and since when; the first has waited longest.
    asking: Vec<(u64, Duration)>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    by: u64,
    /// By word; not by a motion alone.
    acquired: bool,
    /// When it last drove: not before the first of these, and not after the second.
    drove: (Duration, Duration),
}

/// Whom somebody takes the lease from by force.
#[derive(Debug, Default)]
pub(super) struct Robbed {
    pub(super) whom: Vec<u64>,
    /// In every world.
    pub(super) sure: bool,
}

impl Held {
    fn new(by: u64, acquired: bool, now: Duration) -> Self {
        Self { by, acquired, drove: (now, now) }
    }
}

impl World {
    fn holder(&self) -> Option<u64> {
        self.held.map(|held| held.by)
    }

    fn give(&mut self, to: u64, acquired: bool, now: Duration) {
        let had = self.held.is_some_and(|held| held.by == to && held.acquired);
        self.asking.retain(|(who, _)| *who != to);
        self.held = Some(Held::new(to, acquired || had, now));
    }

    /// Whoever asked first gets it.
    fn free(&mut self, now: Duration) {
        self.held = None;
        self.asking.retain(|(_, since)| now.saturating_sub(*since) < PATIENCE);
        if let Some((next, _)) = self.asking.first() {
            self.give(*next, true, now);
        }
    }

    /// Neither has nor wants it any more.
    fn without(mut self, who: u64, now: Duration) -> Self {
        self.asking.retain(|(other, _)| *other != who);
        if self.holder() == Some(who) {
            self.free(now);
        }
        self
    }

    /// Differs from another only in times.
    fn is_like(&self, other: &Self) -> bool {
        let gist = |held: Option<Held>| held.map(|held| (held.by, held.acquired));
        gist(self.held) == gist(other.held)
            && self.asking.iter().map(|(who, _)| who).eq(other.asking.iter().map(|(who, _)| who))
    }
}

impl Lease {
    pub(super) fn new(silence: Duration) -> Self {
        let sure = Some((None, Duration::ZERO));
        Self { worlds: vec![World::default()], guests: BTreeMap::new(), silence, lately: Vec::new(), sure }
    }

    pub(super) fn opened(&mut self, session: u64, linked: bool, priority: u8) {
        self.guests.insert(session, Guest { linked, priority, cut: None });
    }

    /// Whom this takes the lease from.
    pub(super) fn robbed(&self, session: u64, command: &Command) -> Robbed {
        let Command::Acquire { force: true } = command else { return Robbed::default() };
        let mut robbed = Robbed { whom: Vec::new(), sure: true };
        for world in &self.worlds {
            match world.holder() {
                Some(holder) if self.outranks(session, holder) => robbed.whom.push(holder),
                _ => robbed.sure = false,
            }
        }
        robbed.whom.dedup();
        robbed.sure &= robbed.whom.len() == 1;
        robbed
    }

    /// Somebody said something that is no motion.
    pub(super) fn heard(&mut self, session: u64, command: &Command, now: Duration) {
        match command {
            Command::Acquire { force } => {
                let guests = self.guests.clone();
                self.each(now, |mut world| {
                    match world.holder() {
                        Some(holder)
                            if holder != session && !(*force && outranks(&guests, session, holder)) =>
                        {
                            if !force && world.asking.iter().all(|(who, _)| *who != session) {
                                world.asking.push((session, now));
                            }
                        }
                        _ => world.give(session, true, now),
                    }
                    vec![world]
                });
            }
            Command::Release => self.each(now, |world| vec![world.without(session, now)]),
            _ => {}
        }
    }

    /// Whether it lets somebody drive. Zeros change nothing, unless they are the driver's.
    pub(super) fn verdict(&self, session: u64, wheels: Wheels) -> Verdict {
        let lets = self.worlds.iter().filter(|world| lets(world, session, wheels)).count();
        match lets {
            0 => Verdict::No,
            some if some == self.worlds.len() => Verdict::Yes,
            _ => Verdict::Maybe,
        }
    }

    /// Somebody drives, as far as the lease lets it; `certain` if nothing else may have refused it.
    pub(super) fn drove(&mut self, session: u64, wheels: Wheels, certain: bool, now: Duration) {
        self.each(now, |world| {
            if !lets(&world, session, wheels) {
                return vec![world];
            }
            let mut taken = world.clone();
            taken.give(session, false, now);
            if certain { vec![taken] } else { vec![world, taken] }
        });
    }

    pub(super) fn link_ended(&mut self, session: u64, now: Duration) {
        if let Some(guest) = self.guests.get_mut(&session).filter(|guest| guest.linked) {
            guest.cut.get_or_insert(now);
        }
    }

    pub(super) fn closed(&mut self, session: u64, now: Duration) {
        self.guests.remove(&session);
        self.each(now, |world| vec![world.without(session, now)]);
    }

    /// Whatever time alone ends: a silence, a link that is gone, and without a link a lease that came
    /// with a motion when the motion is over.
    pub(super) fn pass(&mut self, alive: &[Motion], now: Duration) {
        let (guests, silence) = (self.guests.clone(), self.silence);
        for (who, cut) in guests.iter().filter_map(|(who, guest)| Some((*who, guest.cut?))) {
            let over = now > cut + LINK_END;
            self.each(now, |world| {
                let gone = world.clone().without(who, now);
                if over { vec![gone] } else { vec![world, gone] }
            });
        }
        self.each(now, |mut world| {
            let Some(held) = &mut world.held else { return vec![world] };
            let moves = moves(held.by, alive, now);
            match moves {
                Verdict::Yes => held.drove = (now, now),
                Verdict::Maybe => held.drove.1 = now,
                Verdict::No => {}
            }
            let borrowed = !held.acquired && guests.get(&held.by).is_some_and(|guest| !guest.linked);
            let (early, late) = held.drove;
            let must = now > late + silence + TURN || (borrowed && moves == Verdict::No);
            let may = now >= early + silence || (borrowed && moves == Verdict::Maybe);
            if !must && !may {
                return vec![world];
            }
            let mut freed = world.clone();
            freed.free(now);
            if must { vec![freed] } else { vec![world, freed] }
        });
    }

    /// Whether somebody holds it.
    pub(super) fn holds(&self, session: u64) -> Verdict {
        match self.worlds.iter().filter(|world| world.holder() == Some(session)).count() {
            0 => Verdict::No,
            some if some == self.worlds.len() => Verdict::Yes,
            _ => Verdict::Maybe,
        }
    }

    /// Whether a state of just now may say that this one drives, or nobody.
    pub(super) fn may_be_told(&self, driver: Option<u64>, now: Duration) -> bool {
        match driver {
            Some(who) => {
                self.holds(who) != Verdict::No
                    || self.lately.iter().any(|(other, until)| *other == who && now <= *until)
            }
            None => !matches!(self.sure, Some((Some(_), since)) if now > since + LINK_END + TURN),
        }
    }

    fn outranks(&self, session: u64, holder: u64) -> bool {
        outranks(&self.guests, session, holder)
    }

    /// What becomes of each world.
    fn each(&mut self, now: Duration, mut step: impl FnMut(World) -> Vec<World>) {
        let mut worlds: Vec<World> = Vec::new();
        for world in std::mem::take(&mut self.worlds) {
            if let Some(who) = world.holder() {
                self.lately.retain(|(other, until)| *other != who && now <= *until);
                self.lately.push((who, now + LINK_END));
            }
            for new in step(world) {
                match worlds.iter_mut().find(|world| world.is_like(&new)) {
                    Some(World { held: Some(held), .. }) => {
                        let (early, late) = new.held.map_or(held.drove, |held| held.drove);
                        held.drove = (held.drove.0.min(early), held.drove.1.max(late));
                    }
                    Some(_) => {}
                    None => worlds.push(new),
                }
            }
        }
        let first = worlds.first().and_then(World::holder);
        let agree = worlds.iter().all(|world| world.holder() == first);
        if !agree {
            self.sure = None;
        } else if self.sure.is_none_or(|(who, _)| who != first) {
            self.sure = Some((first, now));
        }
        self.worlds = worlds;
    }
}

fn outranks(guests: &BTreeMap<u64, Guest>, session: u64, holder: u64) -> bool {
    let priority = |who: u64| guests.get(&who).map_or(0, |guest| guest.priority);
    session != holder && priority(session) > priority(holder)
}

fn lets(world: &World, session: u64, wheels: Wheels) -> bool {
    match world.holder() {
        Some(holder) => holder == session,
        None => wheels != Wheels::REST,
    }
}

/// Whether a motion of somebody is in force.
fn moves(session: u64, alive: &[Motion], now: Duration) -> Verdict {
    match alive {
        [only] if only.session == session && only.certain && only.is_good(now) => Verdict::Yes,
        some if some.iter().any(|motion| motion.session == session) => Verdict::Maybe,
        _ => Verdict::No,
    }
}
