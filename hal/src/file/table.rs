//! Tables and the fields in them: typed getters that record a fault instead of returning one.
//!
//! What must never live here: how a fault is displayed.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::suggestion;
use super::{Reader, name};

/// A place in a file, where a fault can be recorded later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    key: String,
    /// How many bytes of `key` are its last part, which may itself contain dots.
    last: usize,
    offset: usize,
}

impl Spot {
    /// The whole path of the key: `motors.left.in1`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }
}

/// A value of a list, and where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<T> {
    /// The value.
    pub value: T,
    /// Where it was.
    pub spot: Spot,
}

/// A table. Ask for every key that is known, then [`finish`](Self::finish).
#[derive(Debug)]
pub struct Table<'r> {
    reader: &'r Reader<'r>,
    table: &'r DeTable<'r>,
    spot: Spot,
    asked: Vec<String>,
}

impl<'r> Table<'r> {
    pub(super) fn root(reader: &'r Reader<'r>, table: &'r DeTable<'r>) -> Self {
        let spot = Spot { key: String::new(), last: 0, offset: 0 };
        Self { reader, table, spot, asked: Vec::new() }
    }

    /// The last part of this table's own key: `left` of `[motors.left]`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.spot.key[self.spot.key.len() - self.spot.last..]
    }

    /// The same, where it is a name that people read and clients send.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        named(self.reader, &self.spot, self.key().to_owned())
    }

    /// Where the table begins.
    #[must_use]
    pub fn spot(&self) -> Spot {
        self.spot.clone()
    }

    /// What is at `key`, which from now on counts as known.
    pub fn get(&mut self, key: &str) -> Field<'r> {
        if !self.asked.iter().any(|asked| asked == key) {
            self.asked.push(key.to_owned());
        }
        let found = self.table.get_key_value(key);
        let spot = self.below(key, found.map_or(self.spot.offset, |(name, value)| spot_of(name, value)));
        #[cfg(any(test, feature = "document"))]
        super::asked::key(spot.key(), found.is_some());
        let value = found.map(|(_, value)| value.get_ref());
        Field { reader: self.reader, spot, value, example: String::new(), secret: false }
    }

    /// Whether there is something at `key`, which does not make it known.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The same, and a fault if there is nothing. `example` is a value as it could be written.
    pub fn need(&mut self, key: &str, example: &str) -> Field<'r> {
        let field = Field { example: example.to_owned(), ..self.get(key) };
        if field.value.is_none() {
            let hint = format!("add {key} = {example}");
            self.reader.record(&field.spot, "is missing".to_owned(), hint, true);
        }
        field
    }

    /// Records a fault for each key that nobody asked for.
    pub fn finish(self) {
        let asked: Vec<&str> = self.asked.iter().map(String::as_str).collect();
        for (name, _) in self.table {
            let key: &str = name.get_ref();
            if !asked.contains(&key) {
                let spot = self.below(key, name.span().start);
                self.reader.fault(&spot, "is not a known key", suggestion(key, &asked));
            }
        }
    }

    fn below(&self, key: &str, offset: usize) -> Spot {
        let path = match self.spot.key.as_str() {
            "" => key.to_owned(),
            outer => format!("{outer}.{key}"),
        };
        Spot { key: path, last: key.len(), offset }
    }
}

/// What is at a key: perhaps nothing. Every getter answers `None` for nothing; for something of
/// the wrong kind it records a fault and answers `None` too.
#[derive(Clone, Debug)]
pub struct Field<'r> {
    reader: &'r Reader<'r>,
    spot: Spot,
    value: Option<&'r DeValue<'r>>,
    /// A value as it could be written; may be empty.
    example: String,
    secret: bool,
}

impl<'r> Field<'r> {
    /// The same, where no fault may repeat what is there; nor of the items, where it is a list.
    #[must_use]
    pub fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// Where the value is, or the table in which it is not.
    #[must_use]
    pub fn spot(&self) -> Spot {
        self.spot.clone()
    }

    /// Records that what is here is wrong.
    pub fn fault(&self, what: impl Display, hint: impl Display) {
        self.reader.fault(&self.spot, what, hint);
    }

    /// Whether something is there.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.value.is_some()
    }

    /// Whether a string is there.
    #[must_use]
    pub fn is_string(&self) -> bool {
        self.value.is_some_and(DeValue::is_str)
    }

    /// Whether a list is there.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.value.is_some_and(DeValue::is_array)
    }

    /// What `read` makes of what is there; `default` if nothing is; `None` if it is wrong.
    ///
    /// ```
    /// # let reader = hal::file::Reader::new("car.toml", "rate_hz = 50");
    /// # let mut top = reader.root();
    /// let rate_hz = top.get("rate_hz").or(100.0, |field| field.number(10.0..=1000.0, "hertz"));
    /// let name = top.get("name").or("car".to_owned(), |field| field.string());
    /// # assert_eq!((rate_hz, name.as_deref()), (Some(50.0), Some("car")));
    /// ```
    #[must_use]
    pub fn or<T>(&self, default: T, read: impl FnOnce(&Self) -> Option<T>) -> Option<T> {
        if self.is_present() { read(self) } else { Some(default) }
    }

    /// A string.
    #[must_use]
    pub fn string(&self) -> Option<String> {
        self.typed("a string", |value| value.as_str().map(str::to_owned))
    }

    /// A string that is a name.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        named(self.reader, &self.spot, self.string()?)
    }

    /// A string on one line.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let text = self.string()?;
        let sound = name::is_line(&text);
        if !sound {
            self.fault("is not one line", "leave out what is not seen, and line breaks");
        }
        sound.then_some(text)
    }

    /// `true` or `false`.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        self.typed("true or false", DeValue::as_bool)
    }

    /// A number in `range`, counted in `unit`, which only the fault needs.
    #[must_use]
    pub fn number(&self, range: RangeInclusive<f64>, unit: &str) -> Option<f64> {
        self.within(self.typed("a number", to_f64)?, &range, unit)
    }

    /// A whole number in `range`, counted in `unit`, which only the fault needs.
    #[must_use]
    pub fn integer(&self, range: RangeInclusive<i64>, unit: &str) -> Option<i64> {
        self.within(self.typed("a whole number", to_i64)?, &range, unit)
    }

    /// A list of so many numbers, each in `range` and counted in `unit`.
    #[must_use]
    pub fn numbers<const N: usize>(&self, range: RangeInclusive<f64>, unit: &str) -> Option<[f64; N]> {
        let items = self.items_as(&format!("a list of {N} numbers"))?;
        if items.len() != N {
            self.fault(format_args!("has {} items", items.len()), format_args!("must be {N} numbers"));
        }
        // Every item is looked at before the verdict, so that every fault is found.
        let all: Vec<_> = items.iter().map(|field| field.number(range.clone(), unit)).collect();
        all.into_iter().collect::<Option<Vec<f64>>>()?.try_into().ok()
    }

    /// One of the words of `choices`.
    #[must_use]
    pub fn choice<T: Clone>(&self, choices: &[(&str, T)]) -> Option<T> {
        let word = self.string()?;
        #[cfg(any(test, feature = "document"))]
        super::asked::words(self.spot.key(), choices.iter().map(|(name, _)| *name), &word);
        let found = choices.iter().find(|(name, _)| *name == word);
        if found.is_none() {
            let known: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.reader.fault(&self.spot, format!("is `{word}`"), suggestion(&word, &known));
        }
        found.map(|(_, value)| value.clone())
    }

    /// A string that says how to read itself. Its error is the fault.
    #[must_use]
    pub fn parsed<T: FromStr<Err: Display>>(&self) -> Option<T> {
        parse(self.reader, &self.spot, &self.string()?)
    }

    /// A list of strings.
    #[must_use]
    pub fn strings(&self) -> Option<Vec<Item<String>>> {
        let items = self.items()?;
        let all = items.iter().map(|field| Some(Item { value: field.string()?, spot: field.spot() }));
        // Every item is looked at before the verdict, so that every fault is found.
        all.collect::<Vec<_>>().into_iter().collect()
    }

    /// A list of strings that say how to read themselves.
    #[must_use]
    pub fn parsed_list<T: FromStr<Err: Display>>(&self) -> Option<Vec<Item<T>>> {
        let items = self.items()?;
        let all = items.iter().map(|field| Some(Item { value: field.parsed()?, spot: field.spot() }));
        all.collect::<Vec<_>>().into_iter().collect()
    }

    /// A table.
    #[must_use]
    pub fn table(&self) -> Option<Table<'r>> {
        self.table_as("a table")
    }

    fn table_as(&self, wanted: &str) -> Option<Table<'r>> {
        let table = self.typed(wanted, DeValue::as_table)?;
        Some(Table { reader: self.reader, table, spot: self.spot(), asked: Vec::new() })
    }

    /// A list of tables, `[[name]]` or `name = [{ … }]`; empty where there is none.
    #[must_use]
    pub fn tables(&self) -> Vec<Table<'r>> {
        if self.value.is_some_and(DeValue::is_table) {
            let hint = format!("there may be several: write [[{}]]", self.spot.key);
            self.reader.fault(&self.spot, "is a single table", hint);
            self.reader.expect_list(&self.spot);
        }
        let Some(items) = self.value.filter(|value| !value.is_table()).and_then(|_| {
            self.items_as(&format!("a list of tables: write [[{}]] and its keys below", self.spot.key))
        }) else {
            return Vec::new();
        };
        let wanted = format!("a table: write [[{}]] and its keys below", self.spot.key);
        items.iter().filter_map(|item| item.table_as(&wanted)).collect()
    }

    /// A table of tables, `[name.key]`, in the order of the file; empty where there is none.
    #[must_use]
    pub fn named_tables(&self) -> Vec<Table<'r>> {
        let Some(outer) = self.table() else { return Vec::new() };
        let mut fields: Vec<Field<'r>> = outer
            .table
            .iter()
            .map(|(name, value)| Field {
                reader: self.reader,
                spot: outer.below(name.get_ref(), spot_of(name, value)),
                value: Some(value.get_ref()),
                example: String::new(),
                secret: self.secret,
            })
            .collect();
        fields.sort_by_key(|field| field.spot.offset);
        fields.iter().filter_map(Field::table).collect()
    }

    /// What is in a list.
    #[must_use]
    pub fn items(&self) -> Option<Vec<Field<'r>>> {
        self.items_as("a list")
    }

    fn items_as(&self, wanted: &str) -> Option<Vec<Field<'r>>> {
        let array = self.typed(wanted, DeValue::as_array)?;
        let fields = array.iter().enumerate().map(|(index, item)| {
            let key = format!("{}[{index}]", self.spot.key);
            let last = key.len();
            let spot = Spot { key, last, offset: item.span().start };
            let (value, example) = (Some(item.get_ref()), String::new());
            Field { reader: self.reader, spot, value, example, secret: self.secret }
        });
        Some(fields.collect())
    }

    fn typed<T>(&self, wanted: &str, read: impl Fn(&'r DeValue<'r>) -> Option<T>) -> Option<T> {
        let value = self.value?;
        let typed = read(value);
        if typed.is_none() {
            let what =
                if self.secret { "is something else".to_owned() } else { format!("is {}", described(value)) };
            self.reader.fault(&self.spot, what, format!("must be {wanted}{}", self.as_in(value)));
        }
        typed
    }

    /// How to write what is wanted: without quotes, where nothing else is wrong, or like the example.
    fn as_in(&self, value: &DeValue<'_>) -> String {
        match value.as_str().filter(|text| !self.secret && is_bare(text)) {
            Some(bare) => format!(", without quotes: {bare}"),
            None if self.example.is_empty() => String::new(),
            None => format!(", as in {}", self.example),
        }
    }

    fn within<T: PartialOrd + Display>(&self, value: T, range: &RangeInclusive<T>, unit: &str) -> Option<T> {
        let right = format!("{} to {} {unit}", range.start(), range.end());
        #[cfg(any(test, feature = "document"))]
        super::asked::range(self.spot.key(), right.trim_end());
        if range.contains(&value) {
            return Some(value);
        }
        self.reader.fault(&self.spot, format!("is {value}"), format_args!("must be {}", right.trim_end()));
        None
    }
}

fn named(reader: &Reader<'_>, spot: &Spot, text: String) -> Option<String> {
    let sound = name::is_name(&text);
    if !sound {
        reader.fault(spot, format!("`{text}` is no name"), name::RIGHT);
    }
    sound.then_some(text)
}

fn parse<T: FromStr<Err: Display>>(reader: &Reader<'_>, spot: &Spot, text: &str) -> Option<T> {
    text.parse().map_err(|error| reader.fault(spot, format!("is `{text}`"), error)).ok()
}

/// Where a fault of this pair is shown. Of a table the header, which is where its key is: the span
/// of a table that only its children name says nothing.
fn spot_of(name: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) -> usize {
    if value.get_ref().is_table() || value.get_ref().is_array() {
        name.span().start
    } else {
        value.span().start
    }
}

/// Whether the text of a string would mean a number, or true or false, without its quotes. A string is never
/// wrong where one is wanted, so it is one of these that is.
fn is_bare(text: &str) -> bool {
    let hex = text.strip_prefix("0x").is_some_and(|digits| u32::from_str_radix(digits, 16).is_ok());
    let number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-') && text.parse::<f64>().is_ok();
    hex || number || text == "true" || text == "false"
}

fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string \"{text}\""),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(_) => "a date or time".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn to_i64(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Either kind of number; not `nan` and not infinite.
fn to_f64(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Float(number) => number.as_str().parse().ok()?,
        // Above 2^53 an integer is rounded; no quantity in these files is near that.
        _ => to_i64(value)? as f64,
    };
    f64::is_finite(number).then_some(number)
}
