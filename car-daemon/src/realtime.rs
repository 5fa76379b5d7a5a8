//! Real time: what this process may ask of the machine, and asking for it.
//!
//! What must never live here: who needs it.

use std::fmt;

use rustix::io::Errno;
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Resource, getrlimit};
use rustix::thread::{CapabilitySet, capabilities};
use thread_priority::{
    Error, RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Of 1 to 99, with SCHED_FIFO (sched(7)): above all that is ordinary, and like the kernel's own threads for
/// interrupts, which an I²C transfer waits for.
pub(crate) const PRIORITY: u8 = 50;

/// What this process may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    /// The highest real-time priority.
    pub(crate) priority: u64,
    /// Bytes that it may lock; `None`: all of them.
    pub(crate) memory: Option<u64>,
}

impl Rights {
    /// Of this process: by its limits, or by what it may do as root.
    pub(crate) fn mine() -> Self {
        let may = |capability| capabilities(None).is_ok_and(|sets| sets.effective.contains(capability));
        let (priority, memory) = (getrlimit(Resource::Rtprio).current, getrlimit(Resource::Memlock).current);
        Self {
            priority: if may(CapabilitySet::SYS_NICE) { 99 } else { priority.unwrap_or(99) },
            memory: memory.filter(|_| !may(CapabilitySet::IPC_LOCK)),
        }
    }

    /// Whether the control loop can have its priority.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn may_be_prior(&self) -> Result<(), Missing> {
        match self.priority < PRIORITY.into() {
            true => Err(Missing::Priority(format!("RLIMIT_RTPRIO is {}", self.priority))),
            false => Ok(()),
        }
    }

    /// Whether memory can be locked: all of it, or none, as a process that has locked what it has may not map
    /// a page past its limit, and dies of that.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn may_lock(&self) -> Result<(), Missing> {
        self.memory
            .map_or(Ok(()), |bytes| Err(Missing::Memory(format!("RLIMIT_MEMLOCK is {} KiB", bytes / 1024))))
    }
}

/// What a person can do something about, and why it is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Priority(String),
    Memory(String),
}

impl Missing {
    /// What to do: in a unit of systemd, and for a user.
    pub(crate) fn remedy(&self) -> (&'static str, &'static str) {
        match self {
            Self::Priority(_) => ("LimitRTPRIO=50", "rtprio 50"),
            Self::Memory(_) => ("LimitMEMLOCK=infinity", "memlock unlimited"),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Priority(why) => write!(f, "no real-time priority, as {why}"),
            Self::Memory(why) => write!(f, "memory may be swapped out, as {why}"),
        }
    }
}

/// Gives this thread its priority and locks the memory of the process, as far as that is permitted.
///
/// # Errors
/// All that is missing.
pub(crate) fn begin() -> Result<(), Vec<Missing>> {
    let missing: Vec<Missing> = [prior(), Rights::mine().may_lock().and_then(|()| lock())]
        .into_iter()
        .filter_map(Result::err)
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

/// The warning for what is missing; one line.
pub(crate) fn advice(missing: &[Missing]) -> String {
    let join = |texts: Vec<String>, by| texts.join(by);
    let what = join(missing.iter().map(Missing::to_string).collect(), "; ");
    let unit = join(missing.iter().map(|missing| missing.remedy().0.to_owned()).collect(), " and ");
    let user =
        join(missing.iter().map(|missing| format!("`USER - {}`", missing.remedy().1)).collect(), " and ");
    format!(
        "the control loop may be late when the machine is busy: {what}. In a unit of systemd write {unit}; for a \
         user write {user} into /etc/security/limits.d/car-daemon.conf and log in again; or set [linux] realtime = \
         false"
    )
}

fn prior() -> Result<(), Missing> {
    let refused = |why: &dyn fmt::Display| Missing::Priority(why.to_string());
    let priority = ThreadPriorityValue::try_from(PRIORITY).map_err(|why| refused(&why))?;
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let asked =
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(priority), policy);
    asked.map_err(|error| match error {
        Error::OS(errno) => match Rights::mine().may_be_prior() {
            Err(missing) => missing,
            Ok(()) => refused(&Errno::from_raw_os_error(errno)),
        },
        other => refused(&format!("{other:?}")),
    })
}

/// Pages stay once they were touched, which those of a loop soon were: whole stacks of threads that sleep
/// would only cost memory.
fn lock() -> Result<(), Missing> {
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    mlockall(flags).map_err(|errno| Missing::Memory(errno.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_its_remedy() {
        let rights = Rights { priority: 0, memory: Some(8 << 20) };
        let missing =
            [rights.may_be_prior().expect_err("no priority"), rights.may_lock().expect_err("8 MiB")];
        assert_eq!(
            advice(&missing),
            "the control loop may be late when the machine is busy: no real-time priority, as RLIMIT_RTPRIO is 0; \
             memory may be swapped out, as RLIMIT_MEMLOCK is 8192 KiB. In a unit of systemd write LimitRTPRIO=50 and \
             LimitMEMLOCK=infinity; for a user write `USER - rtprio 50` and `USER - memlock unlimited` into \
             /etc/security/limits.d/car-daemon.conf and log in again; or set [linux] realtime = false"
        );
        assert_eq!(advice(&missing[1..]).matches(" and `USER").count(), 0);
    }

    #[test]
    fn whoever_may_have_the_priority_and_all_the_memory_misses_nothing() {
        let rights = Rights { priority: PRIORITY.into(), memory: None };
        assert_eq!((rights.may_be_prior(), rights.may_lock()), (Ok(()), Ok(())));
    }

    #[test]
    fn a_thread_has_its_priority_or_is_told_what_is_missing() {
        let asked = std::thread::spawn(|| (prior(), thread_priority::thread_schedule_policy())).join();
        match asked.expect("no panic") {
            (Ok(()), policy) => {
                let fifo = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
                assert_eq!(policy, Ok(fifo));
            }
            (Err(missing), _) => assert!(matches!(missing, Missing::Priority(_)), "{missing}"),
        }
    }
}
