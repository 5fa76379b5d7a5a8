//! What no peer may foresee or see twice: random numbers, and the epochs of sessions. The system is
//! asked for them here and nowhere else.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// Random bytes.
pub(super) fn random<const LEN: usize>() -> io::Result<[u8; LEN]> {
    let mut bytes = [0; LEN];
    getrandom::fill(&mut bytes).map_err(io::Error::from)?;
    Ok(bytes)
}

/// Larger than every one before it in this process, and than those of earlier processes as long as the
/// system's clock is not set back: microseconds since 1970.
pub(super) fn epoch() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
    let later = |last: u64| now.max(last.saturating_add(1));
    // The closure never refuses.
    LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(later(last))).map_or(now, later)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_epoch_is_larger_than_the_one_before_it() {
        let epochs: Vec<_> = (0..1000).map(|_| epoch()).collect();
        assert!(epochs.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn random_bytes_do_not_come_twice() {
        assert_ne!(random::<16>().unwrap(), random::<16>().unwrap());
    }
}
