//! The keys that a person presses: bytes of a terminal, or lines of a pipe, as keys.
//!
//! What must never live here: what a key means.

use std::io::{self, IsTerminal, Read};
use std::thread;

use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use tokio::sync::mpsc;

/// A key that means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Enter,
    Left,
    Right,
    Up,
    Down,
    /// A letter is a small one.
    Char(char),
}

/// Keys that wait to be heard; whoever types faster than this waits.
const WAITING: usize = 16;

/// Standard input, key by key: at once where it is a terminal, which gets its old manners back on drop.
#[derive(Debug)]
pub(super) struct Keyboard {
    keys: mpsc::Receiver<Key>,
    before: Option<Termios>,
}

impl Keyboard {
    /// Takes standard input.
    ///
    /// # Errors
    /// The terminal does not let its manners be changed, or there can be no thread.
    pub(super) fn take() -> io::Result<Self> {
        let stdin = io::stdin();
        let before = if stdin.is_terminal() { Some(termios::tcgetattr(&stdin)?) } else { None };
        if let Some(before) = &before {
            let mut keys_at_once = before.clone();
            // Ctrl-C and Ctrl-\ stay signals, so that they work whatever this program does.
            keys_at_once.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            termios::tcsetattr(&stdin, OptionalActions::Now, &keys_at_once)?;
        }
        let mut decoder = Decoder::new(before.is_none());
        let (sender, keys) = mpsc::channel(WAITING);
        let keyboard = Self { keys, before };
        // A read of a terminal cannot be given up: the thread ends with the program, or with the input.
        thread::Builder::new().name("keys".into()).spawn(move || {
            let mut bytes = io::stdin().lock().bytes();
            while let Some(Ok(byte)) = bytes.next() {
                if let Decoded::End = decoder.byte(byte, |key| sender.blocking_send(key).is_ok()) {
                    return;
                }
            }
        })?;
        Ok(keyboard)
    }

    /// The next key; `None` at the end of the input.
    pub(super) async fn next(&mut self) -> Option<Key> {
        self.keys.recv().await
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // Nobody is left to tell, and the shell sets what it needs.
            let _ = termios::tcsetattr(io::stdin(), OptionalActions::Flush, before);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decoded {
    More,
    End,
}

/// Keys out of bytes. Of lines, as a pipe has them, the end of a line that says something is no key: `f` and
/// its line end are one answer.
#[derive(Debug)]
struct Decoder {
    lines: bool,
    escape: Escape,
    /// Something stands on this line already.
    said: bool,
    /// The last byte was a carriage return.
    returned: bool,
}

/// How much of `ESC [ C` was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    None,
    Begun,
    Open,
}

const ESC: u8 = 0x1b;
/// Ctrl-D: without lines the terminal itself does not take it for the end.
const END: u8 = 0x04;

impl Decoder {
    fn new(lines: bool) -> Self {
        Self { lines, escape: Escape::None, said: false, returned: false }
    }

    /// The next byte; `give` says whether somebody still listens.
    fn byte(&mut self, byte: u8, mut give: impl FnMut(Key) -> bool) -> Decoded {
        if byte == END {
            return Decoded::End;
        }
        match self.key(byte) {
            Some(key) if !give(key) => Decoded::End,
            _ => Decoded::More,
        }
    }

    fn key(&mut self, byte: u8) -> Option<Key> {
        let escape = std::mem::replace(&mut self.escape, Escape::None);
        let returned = std::mem::replace(&mut self.returned, byte == b'\r');
        match (escape, byte) {
            (_, ESC) => self.escape = Escape::Begun,
            (Escape::Begun, b'[' | b'O') => self.escape = Escape::Open,
            (Escape::Open, b'A') => return self.answer(Key::Up),
            (Escape::Open, b'B') => return self.answer(Key::Down),
            (Escape::Open, b'C') => return self.answer(Key::Right),
            (Escape::Open, b'D') => return self.answer(Key::Left),
            // The numbers of other keys' sequences, up to the letter that ends them.
            (Escape::Open, b'0'..=b'9' | b';') => self.escape = Escape::Open,
            (Escape::Open, _) => {}
            (_, b'\n') if returned => {}
            (_, b'\r' | b'\n') => {
                let answered = self.lines && std::mem::take(&mut self.said);
                return (!answered).then_some(Key::Enter);
            }
            (_, b' '..=b'~') => return self.answer(Key::Char(char::from(byte).to_ascii_lowercase())),
            _ => {}
        }
        None
    }

    fn answer(&mut self, key: Key) -> Option<Key> {
        self.said = true;
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(lines: bool, bytes: &str) -> Vec<Key> {
        let (mut decoder, mut keys) = (Decoder::new(lines), Vec::new());
        for byte in bytes.bytes() {
            let listening = |key| {
                keys.push(key);
                true
            };
            if decoder.byte(byte, listening) == Decoded::End {
                break;
            }
        }
        keys
    }

    #[test]
    fn a_terminal_gives_keys_and_arrows() {
        use Key::{Char, Down, Enter, Left, Right, Up};
        assert_eq!(keys(false, "\x1b[A\x1b[B\x1bOC\x1b[D"), [Up, Down, Right, Left]);
        assert_eq!(keys(false, "fF+\r\n"), [Char('f'), Char('f'), Char('+'), Enter]);
        assert_eq!(keys(false, "\x1b[15~\x1b[1;5Cx"), [Right, Char('x')], "others are passed over");
        assert_eq!(keys(false, "\x1b\x1b[A\u{e9}\x07q"), [Up, Char('q')]);
        assert_eq!(keys(false, "f\x04f"), [Char('f')], "Ctrl-D is the end");
    }

    #[test]
    fn the_end_of_a_line_that_says_something_is_no_key() {
        use Key::{Char, Enter};
        assert_eq!(keys(true, "f\n\n++\r\n\r\n"), [Char('f'), Enter, Char('+'), Char('+'), Enter]);
    }

    #[test]
    fn nothing_is_decoded_for_nobody() {
        assert_eq!(Decoder::new(false).byte(b'f', |_| false), Decoded::End);
    }
}
