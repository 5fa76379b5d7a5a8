//! What a person is told about a wrong file.

use super::*;

fn lines(faults: &Faults) -> Vec<String> {
    faults.to_string().lines().map(str::to_owned).collect()
}

#[test]
fn a_file_with_eight_faults_reports_eight_each_at_its_line() {
    let text = r#"name = 7
speed = 12.5
colour = "grene"

listen = ["1", "two",
          3]
[motor]
on = "yes"
[motor.deep]
extra = 1
"#;
    let reader = Reader::new("x.toml", text);
    let mut top = reader.root();
    assert_eq!(top.get("name").string(), None);
    assert_eq!(top.get("speed").number(0.0..=10.0, "m/s"), None);
    assert_eq!(top.get("colour").choice(&[("red", 1), ("green", 2)]), None);
    assert_eq!(top.get("listen").parsed_list::<u16>(), None);
    assert_eq!(top.need("wheels", "4").integer(1..=8, ""), None);
    let mut motor = top.get("motor").table().unwrap();
    assert_eq!(motor.get("on").boolean(), None);
    let mut deep = motor.get("deep").table().unwrap();
    assert_eq!(deep.get("extr").integer(0..=1, ""), None);
    deep.finish();
    motor.finish();
    top.finish();
    let faults = reader.into_result(Some(())).unwrap_err();
    assert_eq!(
        lines(&faults),
        [
            "x.toml:1: wheels: is missing; add wheels = 4",
            "x.toml:1: name: is the number 7; must be a string",
            "x.toml:2: speed: is 12.5; must be 0 to 10 m/s",
            "x.toml:3: colour: is `grene`; did you mean `green`?",
            "x.toml:5: listen[1]: is `two`; invalid digit found in string",
            "x.toml:6: listen[2]: is the number 3; must be a string",
            "x.toml:8: motor.on: is the string \"yes\"; must be true or false",
            "x.toml:10: motor.deep.extra: is not a known key; did you mean `extr`?",
        ]
    );
    assert_eq!(faults.faults[3].column, 10);
}

#[test]
fn two_lines_that_are_not_toml_are_two_faults_and_hide_no_other() {
    let text = "a = \nb = 1 2\nc = \"x\"\n";
    let reader = Reader::new("x.toml", text);
    let mut top = reader.root();
    assert!(!reader.is_clean());
    let _ = top.get("a").number(0.0..=1.0, "");
    let _ = top.get("b").number(0.0..=1.0, "");
    let _ = top.get("c").number(0.0..=1.0, "");
    let _ = top.need("d", "1").number(0.0..=1.0, "");
    top.finish();
    let faults = reader.into_result(Some(())).unwrap_err();
    let places: Vec<(usize, &str)> = faults.faults.iter().map(|f| (f.line, f.key.as_str())).collect();
    assert_eq!(places, [(1, ""), (2, ""), (3, "c")], "{faults}");
}

#[test]
fn a_key_given_twice_is_a_fault_at_the_second() {
    let reader = Reader::new("x.toml", "a = 1\na = 2\n");
    let faults = reader.into_result(Some(())).unwrap_err();
    assert_eq!(faults.faults.len(), 1);
    assert_eq!(faults.faults[0].line, 2);
}

#[test]
fn a_clean_file_gives_its_values() {
    let text = "n = 0x40\nf = 2\nl = ['a', 'b']\n[t.second]\nv = true\n[t.\"the.first\"]\nv = false\n[[many]]\nk = 1\n[[many]]\nk = 2\n";
    let reader = Reader::new("x.toml", text);
    let mut top = reader.root();
    assert_eq!(top.get("n").integer(0..=127, ""), Some(0x40));
    assert_eq!(top.get("f").number(0.0..=3.0, ""), Some(2.0));
    let list = top.get("l").strings().unwrap();
    assert_eq!(list.iter().map(|item| item.value.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let named: Vec<(String, Option<bool>)> = top
        .get("t")
        .named_tables()
        .into_iter()
        .map(|mut table| (table.key().to_owned(), table.get("v").boolean()))
        .collect();
    assert_eq!(named, [("second".to_owned(), Some(true)), ("the.first".to_owned(), Some(false))]);
    let many: Vec<Option<i64>> =
        top.get("many").tables().into_iter().map(|mut table| table.get("k").integer(0..=9, "")).collect();
    assert_eq!(many, [Some(1), Some(2)]);
    assert_eq!(top.get("nothing").string(), None);
    top.finish();
    assert!(reader.is_clean());
    assert_eq!(reader.into_result(Some(5)), Ok(5));
}

#[test]
fn a_fault_can_be_recorded_later_at_the_place_of_a_value() {
    let reader = Reader::new("x.toml", "min = 3\nmax = 2\nl = [\n  'a',\n  'é', 'b',\n]\n");
    let mut top = reader.root();
    let max = top.get("max");
    let list = top.get("l").strings().unwrap();
    reader.fault(&max.spot(), "is below min", "make it greater than 3");
    reader.fault(&list[2].spot, "is bad", "");
    let faults = reader.into_result(Some(())).unwrap_err();
    assert_eq!(
        lines(&faults),
        ["x.toml:2: max: is below min; make it greater than 3", "x.toml:5: l[2]: is bad"]
    );
    assert_eq!(faults.faults[1].column, 8, "columns count characters, not bytes");
}

#[test]
fn no_fault_repeats_a_secret() {
    let reader = Reader::new("x.toml", "a = 12345678\nb = ['hunter2']\nc = 'hunter2'\n");
    let mut top = reader.root();
    assert_eq!(top.get("a").secret().string(), None);
    assert!(top.get("b").secret().tables().is_empty() && top.get("c").secret().tables().is_empty());
    let faults = reader.into_result(Some(())).unwrap_err();
    assert_eq!(
        lines(&faults),
        [
            "x.toml:1: a: is something else; must be a string",
            "x.toml:2: b[0]: is something else; must be a table",
            "x.toml:3: c: is something else; must be a list",
        ]
    );
}

#[test]
fn not_a_number_is_no_number() {
    for text in ["x = nan", "x = inf", "x = -inf", "x = 1e999"] {
        let reader = Reader::new("x.toml", text);
        assert_eq!(reader.root().get("x").number(f64::MIN..=f64::MAX, ""), None, "{text}");
        assert!(reader.into_result(Some(())).is_err(), "{text}");
    }
}

#[test]
fn the_nearest_word_is_suggested_only_if_it_is_near() {
    assert_eq!(nearest("dmeo", ["demo", "l298n"]), Some("demo"));
    assert_eq!(nearest("Freenove4wd", ["demo", "freenove-4wd"]), Some("freenove-4wd"));
    assert_eq!(nearest("banana", ["demo", "l298n"]), None);
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault_without_a_line() {
    let faults = Faults::whole("no.toml", "cannot be read: no such file", "check the path");
    assert_eq!(faults.to_string(), "no.toml: cannot be read: no such file; check the path");
}

proptest::proptest! {
    #[test]
    fn no_text_at_all_makes_the_reader_panic(text in "[\\[\\]a-c.=\"'{}, \\n0-9é#]{0,60}") {
        let reader = Reader::new("x.toml", &text);
        let mut top = reader.root();
        let _ = top.get("a").strings();
        for mut table in top.get("b").named_tables() {
            let _ = table.need("a", "1").number(0.0..=1.0, "");
            table.finish();
        }
        let _ = top.get("c").tables();
        top.finish();
        let faults = reader.into_result(Some(()));
        if let Err(faults) = faults {
            let lines = text.matches('\n').count() + 1;
            proptest::prop_assert!(faults.faults.iter().all(|f| (1..=lines).contains(&f.line)));
        }
    }
}

#[test]
fn many_faults_are_found_in_one_pass_and_the_first_of_them_are_shown() {
    // Each on a line of its own, and all on one line; what is quadratic takes long here.
    for separator in ["\n", ", "] {
        let keys: Vec<String> = (0..20_000).map(|key| format!("k{key} = 1")).collect();
        let keys = keys.join(separator);
        let text = if separator == "\n" { format!("[t]\n{keys}") } else { format!("t = {{ {keys} }}") };
        let reader = Reader::new("x.toml", &text);
        let mut top = reader.root();
        top.get("t").table().expect("a table").finish();
        top.finish();
        let faults = reader.into_result(Some(())).unwrap_err();
        assert_eq!(faults.faults.len(), 20_000);
        let shown = lines(&faults);
        assert_eq!((shown.len(), shown[50].as_str()), (51, "x.toml: and 19950 more"));
        let places =
            faults.faults.windows(2).all(|two| (two[0].line, two[0].column) < (two[1].line, two[1].column));
        assert!(places);
    }
}

#[test]
fn what_a_fault_repeats_is_short_and_moves_no_cursor() {
    let long = "x".repeat(100_000);
    let text = format!("a = \"\\u001b[2J\\n\\u202e'\"\n\"\\u001b\" = 1\nb = \"{long}\"\n{long} = 1\n");
    let reader = Reader::new("x\u{1b}.toml", &text);
    let mut top = reader.root();
    assert_eq!((top.get("a").boolean(), top.get("b").choice(&[("one", 1)])), (None, None));
    top.finish();
    let shown = reader.into_result(Some(())).unwrap_err().to_string();
    assert!(!shown.contains(['\u{1b}', '\u{202e}']) && shown.len() < 10_000, "{shown:?}");
    let first = shown.lines().next().unwrap();
    assert_eq!(first, r#"x\u{1b}.toml:1: a: is the string "\u{1b}[2J\n\u{202e}'"; must be true or false"#);
    assert_eq!(shown.lines().count(), 4);
}

#[test]
fn only_a_regular_file_of_a_sane_size_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    let said = |path: &std::path::Path| read(path, "name another").unwrap_err().to_string();
    std::fs::write(&path, vec![b'#'; 1_000_000]).unwrap();
    assert_eq!(read(&path, "").unwrap().len(), 1_000_000);
    std::fs::write(&path, vec![b'#'; 1_000_001]).unwrap();
    assert!(said(&path).ends_with("x.toml: has more than 1 MB; name another"), "{}", said(&path));
    for odd in [std::path::Path::new("/dev/zero"), folder.path()] {
        assert!(said(odd).ends_with(": is no regular file; name another"), "{}", said(odd));
    }
    let endless = read_once(std::path::Path::new("/dev/zero"), "").unwrap_err().to_string();
    assert_eq!(endless, "/dev/zero: has more than 1 MB");
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success() && said(&pipe).ends_with("pipe: is no regular file; name another"));
}
