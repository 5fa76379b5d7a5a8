//! Whether the page on a file format is true: its examples are such files, and what it says of each key is what
//! the reader asks for.
//!
//! What lives here: the reading of a page, and what it is held against; for tests of whoever has a format, with the
//! feature `document`. What must never live here: what any key means.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::Faults;
use super::asked::{self, Asked};

/// A page, and the reader of what it is about. A heading with `[table]` in backticks says where the keys of the
/// rows below it stand; a row is `| key | what | value | default |`, and an example a block marked `toml`.
#[derive(Clone, Copy, Debug)]
pub struct Document<T> {
    /// As people find it: `docs/board-file.md`.
    pub name: &'static str,
    /// The page.
    pub text: &'static str,
    /// The reader: the name of a file, and its text.
    pub read: fn(&str, &str) -> Result<T, Faults>,
    /// Tables whose own keys are names that people choose.
    pub named: &'static [&'static str],
    /// Keys whose range depends on others, which their rows name.
    pub dependent: &'static [&'static str],
    /// Ends of the keys on whose words it hangs which keys there are, so each word must be in an example.
    pub deciding: &'static [&'static str],
}

/// What stands between two headings.
#[derive(Debug, Default)]
struct Section {
    rows: Vec<Row>,
    examples: Vec<String>,
}

/// A row of a table of keys.
#[derive(Debug)]
struct Row {
    /// `servos.NAME.min_us`
    path: String,
    key: String,
    value: String,
    default: String,
}

impl<T: PartialEq + Debug> Document<T> {
    /// Every key of the page is read, every key that is read is on the page, and each is in an example.
    ///
    /// # Panics
    /// With what is different.
    pub fn assert_keys(&self) {
        let sections = self.sections();
        let asked = self.asked(&files(&sections));
        let read = asked.keys.keys().map(|path| (path.clone(), String::new())).collect();
        let rows = sections.iter().flat_map(|section| &section.rows);
        let page = rows.map(|row| (row.path.clone(), String::new())).collect();
        self.assert_same("keys", &page, &read);
        let unseen: Vec<_> = asked.keys.iter().filter(|(_, there)| !**there).collect();
        assert!(unseen.is_empty(), "no example of {} has {unseen:?}", self.name);
    }

    /// Every range and every word on the page is the reader's.
    ///
    /// # Panics
    /// With what is different.
    pub fn assert_ranges_and_words(&self) {
        let sections = self.sections();
        let Asked { ranges, words, .. } = self.asked(&files(&sections));
        let depends = |path: &String| self.dependent.contains(&path.as_str());
        let rows = || sections.iter().flat_map(|s| &s.rows).filter(|row| !depends(&row.path));
        let number = |row: &&Row| row.value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let of_page = rows().filter(number).map(|row| (row.path.clone(), row.value.clone())).collect();
        let of_reader = ranges.into_iter().filter(|(path, _)| !depends(path)).collect();
        self.assert_same("ranges", &of_page, &of_reader);

        let of_page = rows().flat_map(|row| {
            let words = if row.value.starts_with('`') { quoted(&row.value) } else { BTreeSet::new() };
            words.into_iter().map(|word| (row.path.clone(), word))
        });
        let pairs = |(path, words): (&String, &BTreeSet<String>)| {
            words.iter().map(|word| (path.clone(), word.clone())).collect::<Vec<_>>()
        };
        let of_reader: BTreeSet<_> =
            words.iter().flat_map(|(path, (known, _))| pairs((path, known))).collect();
        self.assert_same("words", &of_page.collect(), &of_reader);
        let decides = |path: &String| self.deciding.iter().any(|key| path.ends_with(key));
        let deciding = || words.iter().filter(|(path, _)| decides(path));
        let known = deciding().flat_map(|(path, (known, _))| pairs((path, known))).collect();
        let shown = deciding().flat_map(|(path, (_, shown))| pairs((path, shown))).collect();
        self.assert_same("words in examples", &shown, &known);
    }

    /// A key that is left out means its default. Says how many defaults were tried.
    ///
    /// # Panics
    /// Where it means something else, and where no example has the key.
    #[must_use]
    pub fn assert_defaults(&self) -> usize {
        let sections = self.sections();
        let files = files(&sections);
        let rows = sections.iter().flat_map(|section| section.rows.iter().map(move |row| (section, row)));
        let with_default = rows.filter(|(_, row)| row.default.starts_with('`'));
        with_default.map(|(section, row)| self.assert_default(&sections, &files, section, row)).count()
    }

    fn assert_default(&self, sections: &[Section], files: &[String], section: &Section, row: &Row) {
        let default = row.default.split('`').nth(1).expect("in backticks");
        let is_it = |line: &&str| line.split([' ', '=']).next() == Some(row.key.as_str());
        let example = section.examples.iter().find(|example| example.lines().any(|l| is_it(&l)));
        // The rows of a table may stand far above its examples.
        let example = example.or_else(|| {
            let mut all = sections.iter().flat_map(|section| &section.examples);
            all.find(|example| self.is_of_table(example, row) && example.lines().any(|l| is_it(&l)))
        });
        let example = example.unwrap_or_else(|| panic!("no example has {}", row.path));
        let line = example.lines().find(is_it).expect("it is there");
        let file = files.iter().find(|file| file.contains(example.as_str())).expect("in a file");
        let with = |line_instead: &str| {
            let changed = example.replacen(line, line_instead, 1);
            (self.read)(self.name, &file.replacen(example.as_str(), &changed, 1))
                .unwrap_or_else(|faults| panic!("{} as {line_instead:?}: {faults}", row.path))
        };
        assert_eq!(with(""), with(&format!("{} = {default}", row.key)), "{}", row.path);
    }

    /// Every section of the page, in its order.
    fn sections(&self) -> Vec<Section> {
        let (mut all, mut table, mut example) = (vec![Section::default()], String::new(), None::<String>);
        for line in self.text.lines() {
            if let Some(text) = &mut example {
                if line == "```" {
                    let text = example.take().expect("an example");
                    all.last_mut().expect("a section").examples.push(text);
                } else {
                    *text += &format!("{line}\n");
                }
            } else if line == "```toml" {
                example = Some(String::new());
            } else if let Some(heading) = line.strip_prefix('#') {
                let quoted = heading.split('`').nth(1);
                match quoted {
                    Some(name) if name.starts_with('[') => {
                        table =
                            name.replace("[[", "").replace("]]", "[]").trim_matches(['[', ']']).to_owned();
                        if name.starts_with("[[") {
                            table += "[]";
                        }
                    }
                    // A kind of the table above.
                    Some(_) => {}
                    None => table.clear(),
                }
                all.push(Section::default());
            } else if let Some(row) = row(line, &table) {
                all.last_mut().expect("a section").rows.push(row);
            }
        }
        all
    }

    /// What the reader asked for while it read the examples.
    fn asked(&self, files: &[String]) -> Asked {
        let found = asked::during(|| {
            for file in files {
                drop((self.read)(self.name, file).unwrap_or_else(|faults| panic!("{faults}")));
            }
        });
        let mut general = Asked::default();
        for (path, there) in found.keys {
            *general.keys.entry(self.general(&path)).or_default() |= there;
        }
        general.ranges = found.ranges.into_iter().map(|(path, range)| (self.general(&path), range)).collect();
        for (path, (known, there)) in found.words {
            let words = general.words.entry(self.general(&path)).or_default();
            words.0.extend(known);
            words.1.extend(there);
        }
        general
    }

    /// `motors.l298n.encoder.a` is `motors.NAME.encoder.a`, `chips[3].bus` is `chips[].bus`, and an item of the list
    /// at a key is at that key.
    fn general(&self, path: &str) -> String {
        let parts: Vec<&str> = path.split('.').collect();
        let named = |at: usize| at == 1 && parts.len() > 2 && self.named.contains(&parts[0]);
        let part = |(at, part): (usize, &&str)| match part.split_once('[') {
            _ if named(at) => "NAME".to_owned(),
            Some((list, _)) if at + 1 == parts.len() => list.to_owned(),
            Some((list, _)) => format!("{list}[]"),
            None => (*part).to_owned(),
        };
        parts.iter().enumerate().map(part).collect::<Vec<_>>().join(".")
    }

    /// Whether the first table of an example is that of a row.
    fn is_of_table(&self, example: &str, row: &Row) -> bool {
        let header = example.lines().next().unwrap_or_default();
        let list = if header.starts_with("[[") { "[]" } else { "" };
        self.general(&format!("{}{list}.{}", header.trim_matches(['[', ']']), row.key)) == row.path
    }

    fn assert_same(
        &self,
        what: &str,
        page: &BTreeSet<(String, String)>,
        reader: &BTreeSet<(String, String)>,
    ) {
        let missing: Vec<_> = reader.difference(page).collect();
        let too_much: Vec<_> = page.difference(reader).collect();
        let name = self.name;
        assert!(missing.is_empty(), "{name} lacks these {what}: {missing:?}");
        assert!(too_much.is_empty(), "{name} has {what} that no example or no reader knows: {too_much:?}");
    }
}

/// `| key | what | value | default |`, where the key is one.
fn row(line: &str, table: &str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix("| `")?.split(" | ").collect();
    let [key, _, value, default] = cells[..] else { return None };
    let key = key.strip_suffix('`')?.to_owned();
    // A table of pins has no keys.
    let path = match table {
        "" if key.contains(':') => return None,
        "" => key.clone(),
        table => format!("{table}.{key}"),
    };
    Some(Row { path, key, value: value.to_owned(), default: default.trim_end_matches(" |").to_owned() })
}

/// The examples as files: all together; where one says again what another said, each in its turn.
fn files(sections: &[Section]) -> Vec<String> {
    let examples: Vec<&String> = sections.iter().flat_map(|section| &section.examples).collect();
    let first = |example: &str| example.lines().next().unwrap_or_default().to_owned();
    let mut rivals: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for example in examples {
        let header = first(example);
        // Of these there may be several in one file.
        let key = if header.starts_with("[[") { example.clone() } else { header };
        rivals.entry(key).or_default().push(example);
    }
    let count = rivals.values().map(Vec::len).max().unwrap_or_default();
    let file = |turn: usize| {
        // What belongs to no table must come first.
        let mut texts: Vec<&String> =
            rivals.values().map(|rivals| rivals[turn.min(rivals.len() - 1)]).collect();
        texts.sort_by_key(|text| text.starts_with('['));
        texts.into_iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    };
    (0..count).map(file).collect()
}

/// What is in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
