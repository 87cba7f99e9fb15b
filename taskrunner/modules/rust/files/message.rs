//! The message to answer, and the problems that an answer may have. Nothing to write here.
#![allow(dead_code)] // not every module needs every helper

use crate::json::Value;

/// Why an action does not go through, in two parts: `invalid ` and `Amount`.
#[derive(Clone, Copy)]
pub struct Problem {
    pub what: &'static str,
    pub which: &'static str,
}

impl Problem {
    pub const fn new(what: &'static str, which: &'static str) -> Problem {
        Problem { what, which }
    }
}

/// The message to answer. Tags are found without regard to case.
pub struct Message {
    json: Value<'static>,
    from: &'static str,
    data: Option<Value<'static>>,
    tags: Option<Value<'static>>,
}

impl Message {
    pub fn of(json: Value<'static>) -> Message {
        let mut message = Message { json, from: "", data: None, tags: None };
        for (name, value) in json.members() {
            match name.raw() {
                "\"From\"" => message.from = value.text().unwrap_or(""),
                "\"Data\"" => message.data = Some(value),
                "\"Tags\"" => message.tags = Some(value),
                _ => {}
            }
        }
        message
    }

    pub fn from(&self) -> &'static str {
        self.from
    }

    /// Who signed the message: what to ask for rights. `from` may be anybody's claim (a tag From-Process).
    pub fn owner(&self) -> &'static str {
        self.field("Owner")
    }

    pub fn action(&self) -> &'static str {
        self.tag("Action").unwrap_or("")
    }

    /// Whether this is slot 0, where the node hands over the process itself.
    pub fn is_spawn(&self) -> bool {
        self.tag("Type") == Some("Process")
    }

    pub fn data(&self) -> &'static str {
        self.data.and_then(|value| value.text()).unwrap_or("")
    }

    /// A field of the message itself: `Id`, `Owner`, `Target`, `Block-Height` ...
    pub fn field(&self, name: &str) -> &'static str {
        self.json.get(name).and_then(|value| value.text()).unwrap_or("")
    }

    pub fn tag(&self, name: &str) -> Option<&'static str> {
        for tag in self.tags?.items() {
            let found = tag.get("name").and_then(|value| value.text())?;
            if found.eq_ignore_ascii_case(name) {
                return tag.get("value").and_then(|value| value.text());
            }
        }
        None
    }

    /// An input of the plan: the data for `Data`, else the tag; None if it is not there.
    pub fn input(&self, name: &'static str) -> Option<&'static str> {
        if name.eq_ignore_ascii_case("Data") {
            let data = self.data();
            return if data.is_empty() { None } else { Some(data) };
        }
        self.tag(name)
    }

    pub fn text(&self, name: &'static str) -> Result<&'static str, Problem> {
        self.input(name).ok_or(Problem::new("missing ", name))
    }

    pub fn int(&self, name: &'static str) -> Result<i64, Problem> {
        let text = self.text(name)?;
        if text.starts_with('+') {
            return Err(Problem::new("invalid ", name));
        }
        text.parse().map_err(|_| Problem::new("invalid ", name))
    }

    pub fn number(&self, name: &'static str) -> Result<f64, Problem> {
        self.text(name)?.parse().map_err(|_| Problem::new("invalid ", name))
    }

    pub fn bool(&self, name: &'static str) -> Result<bool, Problem> {
        match self.text(name)?.trim_matches('"') {
            "true" | "?1" => Ok(true),
            "false" | "?0" => Ok(false),
            _ => Err(Problem::new("invalid ", name)),
        }
    }

    pub fn address(&self, name: &'static str) -> Result<&'static str, Problem> {
        let text = self.text(name)?;
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.len() == 43 && text.bytes().all(valid) {
            return Ok(text);
        }
        Err(Problem::new("invalid ", name))
    }

    pub fn json(&self, name: &'static str) -> Result<Value<'static>, Problem> {
        Value::parse(self.text(name)?.as_bytes()).ok_or(Problem::new("invalid ", name))
    }

    /// `result` if the input was sent, `default` if it was not.
    pub fn or<T>(&self, name: &'static str, result: Result<T, Problem>, default: T) -> Result<T, Problem> {
        if self.input(name).is_none() {
            return Ok(default);
        }
        result
    }
}
