//! Numbers for what moves the car, where messages may overtake each other. Pure.

use protocol::Command;

/// Counts the motions and stops of one client.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    last: u64,
}

impl Numbering {
    /// Gives the next number to a motion or a stop that has none. Those that have one are counted on
    /// from.
    pub(crate) fn number(&mut self, command: &mut Command) {
        if let Command::Drive { seq, .. }
        | Command::Velocity { seq, .. }
        | Command::Test { seq, .. }
        | Command::Stop { seq } = command
        {
            let next = self.last.saturating_add(1);
            self.last = self.last.max(*seq.get_or_insert(next));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_number_gets_the_next_one() {
        let mut numbering = Numbering::default();
        let numbers = [None, None, Some(10), None, Some(3), None].map(|seq| {
            let mut stop = Command::Stop { seq };
            numbering.number(&mut stop);
            let Command::Stop { seq } = stop else { panic!("still a stop") };
            seq
        });
        assert_eq!(numbers, [1, 2, 10, 11, 3, 12].map(Some));
        let mut info = Command::Info;
        numbering.number(&mut info);
        assert_eq!(info, Command::Info);
    }
}
