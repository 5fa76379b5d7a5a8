//! `docs/board-file.md` is true: its examples are boards, and what it says of each key is what the reader
//! asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::Board;
use crate::file::asked::{self, Asked};

const PAGE: &str = include_str!("../../../docs/board-file.md");

/// Its range depends on other keys, which its row names.
const DEPENDENT: [&str; 1] = ["servos.NAME.center_deg"];

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

/// Every section of the page, in its order.
fn sections() -> Vec<Section> {
    let (mut all, mut table, mut example) = (vec![Section::default()], String::new(), None::<String>);
    for line in PAGE.lines() {
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
                    table = name.replace("[[", "").replace("]]", "[]").trim_matches(['[', ']']).to_owned();
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

/// `| key | what | value | default |`, where the key is one.
fn row(line: &str, table: &str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix("| `")?.split(" | ").collect();
    let [key, _, value, default] = cells[..] else { return None };
    let key = key.strip_suffix('`')?.to_owned();
    // The table of pins has no keys.
    let path = match table {
        "" if key.contains(':') => return None,
        "" => key.clone(),
        table => format!("{table}.{key}"),
    };
    Some(Row { path, key, value: value.to_owned(), default: default.trim_end_matches(" |").to_owned() })
}

/// The examples as boards: all together; where one says again what another said, each in its turn.
fn boards(sections: &[Section]) -> Vec<String> {
    let examples: Vec<&String> = sections.iter().flat_map(|section| &section.examples).collect();
    let first = |example: &str| example.lines().next().unwrap_or_default().to_owned();
    let mut rivals: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for example in examples {
        let header = first(example);
        // Of these there may be several in one board.
        let key = if header.starts_with("[[") { example.clone() } else { header };
        rivals.entry(key).or_default().push(example);
    }
    let count = rivals.values().map(Vec::len).max().unwrap_or_default();
    let board = |turn: usize| {
        // What belongs to no table must come first.
        let mut texts: Vec<&String> =
            rivals.values().map(|rivals| rivals[turn.min(rivals.len() - 1)]).collect();
        texts.sort_by_key(|text| text.starts_with('['));
        texts.into_iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    };
    (0..count).map(board).collect()
}

/// `motors.l298n.encoder.a` is `motors.NAME.encoder.a`, `chips[3].bus` is `chips[].bus`.
fn general(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    let named = |at: usize| at == 1 && parts.len() > 2 && ["motors", "servos", "outputs"].contains(&parts[0]);
    let part = |(at, part): (usize, &&str)| match part.split_once('[') {
        _ if named(at) => "NAME".to_owned(),
        Some((list, _)) => format!("{list}[]"),
        None => (*part).to_owned(),
    };
    parts.iter().enumerate().map(part).collect::<Vec<_>>().join(".")
}

/// What the reader asked for while it read the examples.
fn asked(boards: &[String]) -> Asked {
    asked::take();
    for board in boards {
        Board::parse("docs/board-file.md", board).unwrap();
    }
    let (found, mut general_) = (asked::take(), Asked::default());
    for (path, there) in found.keys {
        *general_.keys.entry(general(&path)).or_default() |= there;
    }
    general_.ranges = found.ranges.into_iter().map(|(path, range)| (general(&path), range)).collect();
    for (path, (known, there)) in found.words {
        let words = general_.words.entry(general(&path)).or_default();
        words.0.extend(known);
        words.1.extend(there);
    }
    general_
}

/// What is in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What is different, as `(what the page lacks, what it has too much)`.
fn assert_same(what: &str, page: &BTreeSet<(String, String)>, reader: &BTreeSet<(String, String)>) {
    let missing: Vec<_> = reader.difference(page).collect();
    let too_much: Vec<_> = page.difference(reader).collect();
    assert!(missing.is_empty(), "docs/board-file.md lacks these {what}: {missing:?}");
    assert!(
        too_much.is_empty(),
        "docs/board-file.md has {what} that no example or no reader knows: {too_much:?}"
    );
}

#[test]
fn every_key_of_the_page_is_read_and_every_key_that_is_read_is_on_the_page() {
    let sections = sections();
    let asked = asked(&boards(&sections));
    let read = asked.keys.keys().map(|path| (path.clone(), String::new())).collect();
    let rows = sections.iter().flat_map(|section| &section.rows);
    let page = rows.map(|row| (row.path.clone(), String::new())).collect();
    assert_same("keys", &page, &read);
    let unseen: Vec<_> = asked.keys.iter().filter(|(_, there)| !**there).collect();
    assert!(unseen.is_empty(), "no example of docs/board-file.md has {unseen:?}");
}

#[test]
fn every_range_and_every_word_on_the_page_is_the_readers() {
    let sections = sections();
    let Asked { ranges, words, .. } = asked(&boards(&sections));
    let rows = || sections.iter().flat_map(|s| &s.rows).filter(|row| !DEPENDENT.contains(&row.path.as_str()));
    let number = |row: &&Row| row.value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let of_page = rows().filter(number).map(|row| (row.path.clone(), row.value.clone())).collect();
    let of_reader = ranges.into_iter().filter(|(path, _)| !DEPENDENT.contains(&path.as_str())).collect();
    assert_same("ranges", &of_page, &of_reader);

    let of_page = rows().flat_map(|row| {
        let words = if row.value.starts_with('`') { quoted(&row.value) } else { BTreeSet::new() };
        words.into_iter().map(|word| (row.path.clone(), word))
    });
    let pairs = |(path, words): (&String, &BTreeSet<String>)| {
        words.iter().map(|word| (path.clone(), word.clone())).collect::<Vec<_>>()
    };
    let of_reader: BTreeSet<_> = words.iter().flat_map(|(path, (known, _))| pairs((path, known))).collect();
    assert_same("words", &of_page.collect(), &of_reader);
    // Which keys there are hangs on these words, so each must be in an example.
    let decides = |path: &String| ["driver", "bridge", "kind"].iter().any(|key| path.ends_with(key));
    let deciding = || words.iter().filter(|(path, _)| decides(path));
    let known = deciding().flat_map(|(path, (known, _))| pairs((path, known))).collect();
    let shown = deciding().flat_map(|(path, (_, shown))| pairs((path, shown))).collect();
    assert_same("words in examples", &shown, &known);
}

#[test]
fn a_key_that_is_left_out_means_its_default() {
    let sections = sections();
    let boards = boards(&sections);
    let mut count = 0;
    for section in &sections {
        for row in section.rows.iter().filter(|row| row.default.starts_with('`')) {
            let default = row.default.split('`').nth(1).expect("in backticks");
            let is_it = |line: &&str| line.split([' ', '=']).next() == Some(row.key.as_str());
            let example = section.examples.iter().find(|example| example.lines().any(|l| is_it(&l)));
            // The rows of a table may stand far above its examples.
            let example = example.or_else(|| {
                sections
                    .iter()
                    .flat_map(|s| &s.examples)
                    .find(|e| of_table(e, row) && e.lines().any(|l| is_it(&l)))
            });
            let example = example.unwrap_or_else(|| panic!("no example has {}", row.path));
            let line = example.lines().find(is_it).expect("it is there");
            let board = boards.iter().find(|board| board.contains(example.as_str())).expect("in a board");
            let with = |line_instead: &str| {
                let changed = example.replacen(line, line_instead, 1);
                Board::parse("docs/board-file.md", &board.replacen(example.as_str(), &changed, 1))
                    .unwrap_or_else(|faults| panic!("{} as {line_instead:?}: {faults}", row.path))
            };
            assert_eq!(with(""), with(&format!("{} = {default}", row.key)), "{}", row.path);
            count += 1;
        }
    }
    assert!(count > 25, "{count} defaults were found");
}

/// Whether the first table of an example is that of a row.
fn of_table(example: &str, row: &Row) -> bool {
    let header = example.lines().next().unwrap_or_default();
    let list = if header.starts_with("[[") { "[]" } else { "" };
    general(&format!("{}{list}.{}", header.trim_matches(['[', ']']), row.key)) == row.path
}
