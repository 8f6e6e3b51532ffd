//! The secrets that are planted: known ones as they are and as encoders spell them, and tokens that rules know.

use base64::Engine as _;
use keepmum::Redactor;
use keepmum::rule::{Rule, builtin_rules, template::expand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::sites::Site;

/// Known secrets: plain, with what formatters escape, and with what addresses do.
const KNOWN: [(&str, &str); 3] = [
    ("plain", "correct horse battery staple"),
    ("escaped", r#"päss "wörd" with\slash"#),
    ("address", "p@ss+w0rd&more=yes/no?"),
];

/// No rule and no secret: only the name of its field tells.
pub(crate) const TELLING: &str = "open sesame";

/// So many letters of a known secret's beginning are not to arrive either.
const PREFIX: usize = 8;

/// Of how many rules there is a token. Batches are bounded; the rules are taken from all over the catalogue.
const RULES: usize = 40;

/// One kind of secret.
pub(crate) struct Plant {
    pub(crate) name: String,
    /// What is planted.
    pub(crate) text: String,
    /// What of it is secret.
    secret: String,
    /// What is to arrive.
    placeholder: String,
    origin: Origin,
}

#[derive(PartialEq)]
enum Origin {
    Known,
    Rule,
}

/// All of them.
pub(crate) struct Plants {
    pub(crate) all: Vec<Plant>,
}

/// What the program plants: each text of `texts` at each site, and `telling` in a field whose name tells.
pub(crate) struct Texts {
    pub(crate) texts: Vec<String>,
    pub(crate) telling: &'static str,
}

impl Plants {
    pub(crate) fn new() -> Self {
        let mut all: Vec<_> =
            KNOWN.iter().flat_map(|(name, value)| spellings(name, value)).collect();
        all.extend(tokens());
        Self { all }
    }

    pub(crate) fn rules(&self) -> usize {
        self.all.iter().filter(|plant| plant.origin == Origin::Rule).count()
    }

    pub(crate) fn secrets(&self) -> Texts {
        let texts = self.all.iter().map(|plant| plant.text.clone()).collect();
        Texts { texts, telling: TELLING }
    }

    pub(crate) fn placeholders(&self) -> Texts {
        let texts = self.all.iter().map(|plant| plant.placeholder.clone()).collect();
        Texts { texts, telling: "[REDACTED:field]" }
    }
}

impl Plant {
    /// What must not be seen: the beginning of a known secret, the whole of a token, as what begins it is the same for all.
    pub(crate) fn telling_part(&self) -> &str {
        match self.origin {
            Origin::Rule => &self.secret,
            Origin::Known => {
                let end =
                    self.secret.char_indices().nth(PREFIX).map_or(self.secret.len(), |(at, _)| at);
                &self.secret[..end]
            }
        }
    }
}

/// The built-in rules and the known secrets.
pub(crate) fn redactor() -> Redactor {
    let builder = Redactor::builder().builtin_rules();
    let known =
        KNOWN.iter().try_fold(builder, |builder, (name, value)| builder.secret(name, *value));
    known.and_then(keepmum::RedactorBuilder::build).unwrap()
}

fn spellings(name: &str, value: &str) -> Vec<Plant> {
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let json: String = value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let base64 = base64::engine::general_purpose::STANDARD.encode(value);
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    // Of base64 the padding stays, and a last letter that the value alone does not determine.
    let stays = base64[value.len() * 8 / 6..].to_owned();
    let spellings = [
        ("as it is", value.to_owned(), ""),
        ("base64", base64, stays.as_str()),
        ("hex", hex, ""),
        ("percent", percent, ""),
        ("JSON", json, ""),
    ];
    let plant = |(spelling, text, stays): (&str, String, &str)| Plant {
        name: format!("{name} {spelling}"),
        secret: text.clone(),
        text,
        placeholder: format!("[REDACTED:{name}]{stays}"),
        origin: Origin::Known,
    };
    spellings.map(plant).into()
}

/// One token of each rule that has an example in one plain line, of as many rules as are planted.
fn tokens() -> Vec<Plant> {
    let redactor = Redactor::builder().builtin_rules().build().unwrap();
    let tokens: Vec<_> = builtin_rules().iter().filter_map(|rule| token(rule, &redactor)).collect();
    let step = tokens.len().div_ceil(RULES);
    tokens.into_iter().step_by(step.max(1)).collect()
}

/// An example that this rule alone claims, wherever it is planted.
fn token(rule: &Rule, redactor: &Redactor) -> Option<Plant> {
    let expanded =
        rule.positive.iter().flat_map(|template| (0..5).map(move |seed| expand(template, seed)));
    expanded.map(Result::unwrap).find_map(|example| {
        let (before, after) =
            (&example.text[..example.secret.start], &example.text[example.secret.end..]);
        let placeholder = format!("{before}[REDACTED:{}]{after}", rule.id);
        let plain =
            |letter: char| letter == ' ' || letter.is_ascii_graphic() && !"\"'\\".contains(letter);
        let site = Site::Message;
        let fits = example.text.chars().all(plain)
            && redactor.redact_str(&site.text(&example.text)) == site.text(&placeholder);
        fits.then(|| Plant {
            name: rule.id.clone(),
            secret: example.text[example.secret.clone()].to_owned(),
            text: example.text,
            placeholder,
            origin: Origin::Rule,
        })
    })
}
