//! What a browser has in place of a token: a word that this daemon has drawn, keeps while it runs, and tells nobody else.
//!
//! What must never live here: what a token is worth, and how a browser keeps a word.
//!
//! A cookie is sent to every server of its host. One that held the token would give it to each of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::Token;
use tokio_util::sync::CancellationToken;

use crate::access::Access;

/// Most words for one token: a class that shares one, with a browser or two each. Whoever logs in oftener pushes out only
/// who came by the same token.
const MOST: usize = 128;

/// Bytes that are drawn for a word.
const DRAWN: usize = 16;

/// The words that were given. Prints without them.
#[derive(Default)]
pub(super) struct Passes(Mutex<Given>);

#[derive(Default)]
struct Given {
    passes: HashMap<String, Pass>,
    /// How many there ever were.
    count: u64,
}

struct Pass {
    token: Token,
    number: u64,
    /// Cancelled when it is worth nothing any more.
    ended: CancellationToken,
}

impl fmt::Debug for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passes")
    }
}

impl Passes {
    /// A new word for a token. Those of tokens that are gone are forgotten, and the oldest of a token that has its
    /// most.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn give(&self, token: &Token, access: &Access) -> Result<String, getrandom::Error> {
        let mut drawn = [0; DRAWN];
        getrandom::fill(&mut drawn)?;
        let word = format!("{:032x}", u128::from_be_bytes(drawn));
        let mut given = self.lock();
        given.passes.retain(|_, pass| access.knows(&pass.token));
        let of_token = given.passes.iter().filter(|(_, pass)| pass.token == *token);
        let numbers: Vec<u64> = of_token.map(|(_, pass)| pass.number).collect();
        if let Some(oldest) = numbers.iter().min().filter(|_| numbers.len() >= MOST) {
            given.passes.retain(|_, pass| pass.number != *oldest);
        }
        given.count += 1;
        let pass = Pass { token: token.clone(), number: given.count, ended: CancellationToken::new() };
        given.passes.insert(word.clone(), pass);
        Ok(word)
    }

    /// The token for which a word was given, while that is known, and what is cancelled when the word is forgotten.
    pub(super) fn pass(&self, word: &str, access: &Access) -> Option<(Token, CancellationToken)> {
        let given = self.lock();
        let pass = given.passes.get(word).filter(|pass| access.knows(&pass.token))?;
        Some((pass.token.clone(), pass.ended.clone()))
    }

    /// The word is worth nothing any more, and what it opened ends.
    pub(super) fn forget(&self, word: &str) {
        if let Some(pass) = self.lock().passes.remove(word) {
            pass.ended.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Given> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use protocol::Role;

    use super::*;
    use crate::config::{Auth, TokenRow};

    fn access(tokens: &[&str]) -> Access {
        let row = |token: &&str| TokenRow {
            token: Token::new(*token),
            role: Role::Driver,
            name: (*token).to_owned(),
            priority: None,
        };
        Access::new(Auth { tokens: tokens.iter().map(row).collect(), ..Auth::default() }, 0)
    }

    fn shown(passes: &Passes, word: &str, access: &Access) -> Option<String> {
        passes.pass(word, access).map(|(token, _)| token.expose().to_owned())
    }

    #[test]
    fn a_word_stands_for_its_token_until_either_is_gone() {
        let (both, one) = (access(&["of-anna-1", "of-bert-1"]), access(&["of-bert-1"]));
        let passes = Passes::default();
        let [anna, bert] =
            ["of-anna-1", "of-bert-1"].map(|token| passes.give(&Token::new(token), &both).expect("drawn"));
        assert!(anna.len() == 32 && anna != bert);
        assert_eq!(shown(&passes, &anna, &both).as_deref(), Some("of-anna-1"));
        assert_eq!(shown(&passes, &bert, &both).as_deref(), Some("of-bert-1"));
        assert_eq!(shown(&passes, "of-anna-1", &both), None, "a token is no word");
        assert_eq!(shown(&passes, &anna, &one), None);
        let (_, ended) = passes.pass(&bert, &both).expect("known");
        passes.forget(&bert);
        assert!(ended.is_cancelled());
        assert_eq!(shown(&passes, &bert, &both), None);
        passes.give(&Token::new("of-bert-1"), &one).expect("drawn");
        assert_eq!(shown(&passes, &anna, &both), None, "forgotten with its token");
    }

    #[test]
    fn who_logs_in_without_end_costs_no_more_memory_and_pushes_out_nobody_else() {
        let access = access(&["of-anna-1", "of-bert-1"]);
        let passes = Passes::default();
        let anna = passes.give(&Token::new("of-anna-1"), &access).expect("drawn");
        let berts: Vec<String> =
            (0..=MOST).map(|_| passes.give(&Token::new("of-bert-1"), &access).expect("drawn")).collect();
        assert_eq!(passes.lock().passes.len(), MOST + 1);
        let stays = |word| shown(&passes, word, &access).is_some();
        assert!(stays(&anna) && !stays(&berts[0]) && stays(&berts[1]) && stays(&berts[MOST]));
    }
}
