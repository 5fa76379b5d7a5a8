//! The terminal itself: taken, read, drawn on, and given back as it was, whatever ends this.
//!
//! Nothing here is waited for by who drives: a terminal that takes no more bytes holds up a thread of its own. Its
//! keys are read here and not by crossterm, which reads a terminal that is closed for ever without telling so.
//!
//! What must never live here: what a key means, and what is drawn.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use std::{env, panic, thread};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use ratatui::crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::crossterm::{cursor, execute};
use ratatui::layout::Rect;
use ratatui::{Terminal as Canvas, TerminalOptions, Viewport};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::keys::{ARE_YOU_THERE, WHICH_PROTOCOL};
use super::screen::{Paint, draw};
use super::view::View;
use crate::error::Error;

/// Reads that wait to be heard; who types faster waits.
const WAITING: usize = 16;

/// Bytes of one read.
const READ: usize = 1024;

/// How long a terminal may take to take its last bytes.
const FAREWELL: Duration = Duration::from_millis(500);

/// What the thread that draws is to do next.
#[derive(Default)]
struct Desk {
    /// Newer ones replace older ones.
    view: Option<View>,
    /// Ask whether the terminal is there.
    asks: bool,
    ends: bool,
}

type Shared = Arc<(Mutex<Desk>, Condvar)>;

/// A terminal in raw mode, with a screen of its own.
pub(super) struct Terminal {
    before: Termios,
    desk: Shared,
    bytes: mpsc::Receiver<Vec<u8>>,
    /// Says when drawing has ended; or that it never will again.
    drawn: oneshot::Receiver<()>,
    left: bool,
}

/// Whether there is a terminal to drive from.
///
/// # Errors
/// In words, where input or output are none, or one that can place nothing.
pub(super) fn check() -> Result<(), Error> {
    let wrong = if !io::stdin().is_terminal() {
        "standard input is no terminal"
    } else if !io::stdout().is_terminal() {
        "standard output is no terminal"
    } else if env::var("TERM").is_ok_and(|term| term == "dumb") {
        "this terminal (TERM=dumb) cannot place text"
    } else {
        return Ok(());
    };
    Err(Error::NoTerminal(wrong))
}

impl Terminal {
    /// Takes it.
    ///
    /// # Errors
    /// It does not let itself be changed, or there can be no thread.
    pub(super) fn take() -> Result<Self, Error> {
        let before = tcgetattr(io::stdin()).map_err(|error| Error::Keyboard(error.into()))?;
        restore_on_panic(before.clone());
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw).map_err(|error| Error::Keyboard(error.into()))?;
        let (desk, (keys, bytes), (ended, drawn)) =
            (Shared::default(), mpsc::channel(WAITING), oneshot::channel());
        let drawing = Arc::clone(&desk);
        // From here on its drop gives the terminal back.
        let terminal = Self { before, desk, bytes, drawn, left: false };
        thread::Builder::new()
            .name("screen".into())
            .spawn(move || {
                // A terminal that takes nothing any more: whoever drives hears of it by the end of this.
                let _ = paint(&drawing);
                let _ = ended.send(());
            })
            .map_err(Error::Keyboard)?;
        // A read of a terminal cannot be given up: the thread ends with the program, or with the input.
        thread::Builder::new().name("keys".into()).spawn(move || read(&keys)).map_err(Error::Keyboard)?;
        Ok(terminal)
    }

    /// What the terminal said next; `None` where it is gone.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        tokio::select! {
            biased;
            _ = &mut self.drawn, if !self.left => {
                self.left = true;
                None
            }
            bytes = self.bytes.recv() => bytes,
        }
    }

    /// Shows it, instead of what was not shown yet.
    pub(super) fn show(&self, view: View) {
        self.tell(|desk| desk.view = Some(view));
    }

    /// Asks the terminal whether it is there.
    pub(super) fn ask(&self) {
        self.tell(|desk| desk.asks = true);
    }

    /// Throws away what was typed and not read.
    pub(super) fn forget(&mut self) {
        // Where that cannot be done the terminal is gone, which the next read tells.
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        while self.bytes.try_recv().is_ok() {}
    }

    /// Gives the screen back. A terminal that takes no more bytes is left as it is.
    pub(super) async fn leave(mut self) {
        self.tell(|desk| desk.ends = true);
        if !self.left {
            let _ = timeout(FAREWELL, &mut self.drawn).await;
            self.left = true;
        }
    }

    fn tell(&self, what: impl FnOnce(&mut Desk)) {
        what(&mut self.desk.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.desk.1.notify_one();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tell(|desk| desk.ends = true);
        if !self.left {
            // Not left in peace: then nobody waits for the thread that draws.
            restore_screen();
        }
        restore_keys(&self.before);
    }
}

/// The manners of before, without what was typed for the car: the shell would do it.
fn restore_keys(before: &Termios) {
    // Nobody is left to tell.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
}

fn restore_screen() {
    let mut out = io::stdout();
    let _ = execute!(
        out,
        PopKeyboardEnhancementFlags,
        DisableBracketedPaste,
        DisableFocusChange,
        cursor::Show,
        LeaveAlternateScreen
    );
}

/// What a panic says belongs on the screen of before.
fn restore_on_panic(before: Termios) {
    let told = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        restore_screen();
        restore_keys(&before);
        told(panic);
    }));
}

fn read(keys: &mpsc::Sender<Vec<u8>>) {
    let mut bytes = [0; READ];
    loop {
        match rustix::io::read(io::stdin(), &mut bytes) {
            Ok(0) => return,
            Ok(count) if keys.blocking_send(bytes[..count].to_vec()).is_ok() => {}
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}

/// Draws until it is to end, or cannot.
fn paint(shared: &Shared) -> io::Result<()> {
    let mut out = io::stdout();
    execute!(
        out,
        EnterAlternateScreen,
        cursor::Hide,
        EnableFocusChange,
        EnableBracketedPaste,
        PushKeyboardEnhancementFlags(
            KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
                | KeyboardEnhancementFlags::REPORT_EVENT_TYPES
                | KeyboardEnhancementFlags::REPORT_ALTERNATE_KEYS
                | KeyboardEnhancementFlags::REPORT_ALL_KEYS_AS_ESCAPE_CODES,
        )
    )?;
    write!(out, "{WHICH_PROTOCOL}")?;
    out.flush()?;
    let page = Page::default();
    // The size is asked for here, and a canvas of another size is a new one: crossterm would ask /dev/tty, which may
    // be another terminal or none, and read where the cursor is from the person's keys.
    let new = |area| {
        let fixed = TerminalOptions { viewport: Viewport::Fixed(area) };
        Canvas::with_options(CrosstermBackend::new(page.clone()), fixed)
    };
    let mut area = size()?;
    let mut canvas = new(area)?;
    let paint = Paint { colour: env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) };
    loop {
        let (view, asks, ends) = next(shared);
        if asks {
            write!(out, "{ARE_YOU_THERE}")?;
            out.flush()?;
        }
        if let Some(view) = view {
            let now = size()?;
            if now != area {
                area = now;
                canvas = new(area)?;
                execute!(page.clone(), Clear(ClearType::All))?;
            }
            canvas.draw(|frame| draw(frame, &view, paint))?;
            out.write_all(&page.0.take())?;
            out.flush()?;
        }
        if ends {
            restore_screen();
            return Ok(());
        }
    }
}

/// What a picture is written into, so that it goes to the terminal as a whole; and so that ratatui has nothing to
/// say about a terminal that is gone.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits for something to do.
fn next(shared: &Shared) -> (Option<View>, bool, bool) {
    let desk = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
    let idle = |desk: &mut Desk| desk.view.is_none() && !desk.asks && !desk.ends;
    let mut desk = shared.1.wait_while(desk, idle).unwrap_or_else(PoisonError::into_inner);
    (desk.view.take(), std::mem::take(&mut desk.asks), desk.ends)
}

/// Columns and rows; those of a terminal that does not know are the VT100's.
fn size() -> io::Result<Rect> {
    let size = tcgetwinsize(io::stdout())?;
    Ok(match (size.ws_col, size.ws_row) {
        (0, _) | (_, 0) => Rect::new(0, 0, 80, 24),
        (columns, rows) => Rect::new(0, 0, columns, rows),
    })
}
