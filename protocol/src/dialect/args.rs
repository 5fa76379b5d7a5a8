//! The parameters of one call, by name or by position, and the checks that make them valid values
//! of the model.

use std::borrow::Cow;

use serde_json::Value;

use super::hint::{did_you_mean, list, nearest, quoted};
use super::methods::{Method, Params};
use super::node::Node;
use crate::{
    Angle, AngularSpeed, Fault, Heading, Level, LinearSpeed, Moment, Place, Power, Pulse, Rate, Stretch,
    Token, Topic, Topics, Ttl,
};

/// Most parameters of a method.
pub(super) const MOST: usize = 7;

/// Longest text parameter, in characters.
const TEXT: usize = 64;

/// What a text parameter must be.
const LINE: &str = "text of at most 64 characters on one line";

/// Up to here a double holds every integer exactly: 2^53 - 1.
const EXACT: f64 = 9_007_199_254_740_991.0;

/// What a call was given, each in the place that the method's row gives it.
pub(super) struct Args<'a> {
    names: &'static [&'static str],
    lenient: bool,
    slots: [Option<Node<'a>>; MOST],
}

impl<'a> Args<'a> {
    /// Puts `params` in their places; `null` is as good as absent.
    pub(super) fn new(method: &Method, params: Node<'a>) -> Result<Self, Fault> {
        match method.params {
            Params::Named(names) | Params::Lenient(names) => {
                let lenient = matches!(method.params, Params::Lenient(_));
                let mut args = Self { names, lenient, slots: Default::default() };
                match params {
                    Node::Object(members) => args.by_name(members)?,
                    Node::List(items) => args.by_position(items)?,
                    // The caller made sure that there is nothing else, but for a lenient method.
                    _ => {}
                }
                Ok(args)
            }
            Params::Any(name) => {
                let mut args = Self { names: name, lenient: false, slots: Default::default() };
                args.slots[0] = Some(whole(name[0], params));
                Ok(args)
            }
        }
    }

    fn by_name(&mut self, members: Vec<(Cow<'a, str>, Node<'a>)>) -> Result<(), Fault> {
        for (key, node) in members {
            let Some(place) = self.names.iter().position(|name| *name == key) else {
                if self.lenient {
                    continue;
                }
                let hint = match nearest(&key, self.names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => self.usage(),
                };
                return Err(Fault::params(format!("no parameter {}; {hint}", quoted(&key))));
            };
            if self.slots[place].replace(node).is_some() && !self.lenient {
                return Err(Fault::params(format!("`{key}` is given twice")));
            }
        }
        Ok(())
    }

    fn by_position(&mut self, items: Vec<Node<'a>>) -> Result<(), Fault> {
        if items.len() > self.names.len() && !self.lenient {
            return Err(Fault::params(format!("too many parameters; {}", self.usage())));
        }
        for (slot, node) in self.slots.iter_mut().zip(items) {
            *slot = Some(node);
        }
        Ok(())
    }

    /// `the parameters are throttle, steer`
    fn usage(&self) -> String {
        match self.names {
            [] => "it takes no parameters".to_owned(),
            names => format!("the parameters are {}", list(names.iter().copied())),
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Node<'a>> {
        let place = self.names.iter().position(|known| *known == name)?;
        self.slots[place].take().filter(|node| *node != Node::Null)
    }

    fn required(&mut self, name: &'static str) -> Result<Node<'a>, Fault> {
        self.take(name).ok_or_else(|| Fault::params(format!("`{name}` is missing; {}", self.usage())))
    }

    /// A parameter that may be absent. A wrong one of a lenient method is as good as absent.
    pub(super) fn maybe<T>(
        &mut self,
        name: &'static str,
        read: fn(&mut Self, &'static str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let Some(place) = self.names.iter().position(|known| *known == name) else { return Ok(None) };
        match self.slots[place] {
            None | Some(Node::Null) => Ok(None),
            Some(_) if self.lenient => Ok(read(self, name).ok()),
            Some(_) => read(self, name).map(Some),
        }
    }

    pub(super) fn number(&mut self, name: &'static str) -> Result<f64, Fault> {
        let node = self.required(name)?;
        node.number().ok_or_else(|| wrong(name, &node, "a number"))
    }

    pub(super) fn power(&mut self, name: &'static str) -> Result<Power, Fault> {
        Ok(Power::new(name, self.number(name)?)?)
    }

    pub(super) fn level(&mut self, name: &'static str) -> Result<Level, Fault> {
        Ok(Level::new(name, self.number(name)?)?)
    }

    pub(super) fn linear(&mut self, name: &'static str) -> Result<LinearSpeed, Fault> {
        Ok(LinearSpeed::new(name, self.number(name)?)?)
    }

    pub(super) fn angular(&mut self, name: &'static str) -> Result<AngularSpeed, Fault> {
        Ok(AngularSpeed::new(name, self.number(name)?)?)
    }

    pub(super) fn angle(&mut self, name: &'static str) -> Result<Angle, Fault> {
        Ok(Angle::new(name, self.number(name)?)?)
    }

    pub(super) fn rate(&mut self, name: &'static str) -> Result<Rate, Fault> {
        Ok(Rate::new(name, self.number(name)?)?)
    }

    pub(super) fn pulse(&mut self, name: &'static str) -> Result<Pulse, Fault> {
        Ok(Pulse::new(name, self.number(name)?)?)
    }

    pub(super) fn ttl(&mut self, name: &'static str) -> Result<Ttl, Fault> {
        Ok(Ttl::from_ms(self.number(name)?)?)
    }

    pub(super) fn place(&mut self, name: &'static str) -> Result<Place, Fault> {
        Ok(Place::new(name, self.number(name)?)?)
    }

    pub(super) fn heading(&mut self, name: &'static str) -> Result<Heading, Fault> {
        Ok(Heading::new(name, self.number(name)?)?)
    }

    pub(super) fn stretch(&mut self, name: &'static str) -> Result<Stretch, Fault> {
        Ok(Stretch::from_ms(self.number(name)?)?)
    }

    pub(super) fn moment(&mut self, name: &'static str) -> Result<Moment, Fault> {
        Ok(Moment::new(name, self.number(name)?)?)
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, Fault> {
        match self.required(name)? {
            Node::Bool(flag) => Ok(flag),
            node => Err(wrong(name, &node, "true or false")),
        }
    }

    /// Whatever was shown, as long as it is no longer than a token: what it is worth is not known here.
    pub(super) fn token(&mut self, name: &'static str) -> Result<Token, Fault> {
        match self.required(name)? {
            Node::Text(given) => token(name, &given),
            _ => token_fault(name),
        }
    }

    /// A whole number that is not negative. One that was written as a fraction, `3.0`, will do.
    pub(super) fn integer(&mut self, name: &'static str) -> Result<u64, Fault> {
        match self.required(name)? {
            Node::Unsigned(whole) => Ok(whole),
            Node::Float(got) if (0.0..=EXACT).contains(&got) && got.fract() == 0.0 => Ok(got as u64),
            node => Err(wrong(name, &node, "a whole number from 0 to 2^64 - 1")),
        }
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<String, Fault> {
        match self.required(name)? {
            Node::Text(given) => text(name, &given),
            node => Err(wrong(name, &node, LINE)),
        }
    }

    /// Why the emergency stop was said, as far as it can be shown.
    pub(super) fn reason(&mut self, name: &'static str) -> Result<Option<String>, Fault> {
        match self.required(name)? {
            Node::Text(given) => Ok(fitted(&given)),
            node => Err(wrong(name, &node, LINE)),
        }
    }

    pub(super) fn topics(&mut self, name: &'static str) -> Result<Topics, Fault> {
        let names = || Topic::ALL.into_iter().map(Topic::name);
        let topic = |node: Node<'_>| match &node {
            Node::Text(text) => Topic::ALL.into_iter().find(|topic| topic.name() == text).ok_or_else(|| {
                let hint = did_you_mean(text, names());
                Fault::params(format!("no topic {}; the topics are {}{hint}", quoted(text), list(names())))
            }),
            _ => Err(wrong(name, &node, "a list of names of topics")),
        };
        match self.required(name)? {
            Node::List(items) => items.into_iter().map(topic).collect(),
            node => Err(wrong(name, &node, "a list of names of topics")),
        }
    }

    /// Anything that JSON has.
    pub(super) fn json(&mut self, name: &'static str) -> Result<Value, Fault> {
        self.take(name).unwrap_or(Node::Null).into_json().map_err(|what| {
            Fault::params(format!("`{name}` holds {what}: only what JSON has can be handed back"))
        })
    }
}

/// Text of a client, short and on one line.
pub(super) fn text(name: &str, given: &str) -> Result<String, Fault> {
    if given.chars().nth(TEXT).is_some() || given.contains(is_hidden) {
        return Err(Fault::params(format!("`{name}` is the text {}: it must be {LINE}", quoted(given))));
    }
    Ok(given.to_owned())
}

/// What of a text fits: on one line, cut to its longest; `None` where nothing is left.
pub(super) fn fitted(given: &str) -> Option<String> {
    let shown = |c: char| if is_hidden(c) { ' ' } else { c };
    // From the first that shows on: spaces in front would use up the room.
    let line = given.chars().map(shown).skip_while(|c| c.is_whitespace()).take(TEXT).collect::<String>();
    Some(line.trim_end().to_owned()).filter(|line| !line.is_empty())
}

/// Whether text with it may not be shown as it is.
fn is_hidden(c: char) -> bool {
    c.is_control() || is_unseen(c)
}

/// Whether a character changes how others are shown, or ends a line: a name must not pretend to be
/// something else (Unicode 15, general category Cf as far as text can hide in it, Zl, Zp).
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What a client shows as its token.
pub(super) fn token(name: &str, given: &str) -> Result<Token, Fault> {
    if given.chars().nth(Token::MAX).is_some() { token_fault(name) } else { Ok(Token::new(given)) }
}

/// Not a word of what was shown: it may be most of a secret.
fn token_fault(name: &str) -> Result<Token, Fault> {
    Err(Fault::params(format!("`{name}` must be text of at most {} characters", Token::MAX)))
}

fn wrong(name: &str, node: &Node<'_>, right: &str) -> Fault {
    Fault::params(format!("`{name}` is {}: it must be {right}", node.described()))
}

/// The one value of a method that takes anything: the only parameter, or all of them as they are.
fn whole<'a>(name: &str, params: Node<'a>) -> Node<'a> {
    match params {
        // Many libraries write an empty list or object where there are no parameters.
        Node::Object(members) if members.is_empty() => Node::Null,
        Node::List(items) if items.is_empty() => Node::Null,
        Node::Object(mut members) if members.len() == 1 && members[0].0 == name => members.remove(0).1,
        Node::List(mut items) if items.len() == 1 => items.remove(0),
        params => params,
    }
}
