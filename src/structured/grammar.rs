//! The grammar of JSON between its strings and scalars, one byte at a time.

/// What may come next.
///
/// ```text
///            ┌────────────── , ──────────────┐
///   Value ▸ value ▸ After ─┤                 ├▸ Value (array), Key (object)
///     ▴                    └▸ ] } ▸ After    │
///     └──── : ◂ Colon ◂ "key" ◂ Key ◂────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Value,
    /// The first of an array, or its end.
    ValueOrEnd,
    Key,
    /// The first of an object, or its end.
    KeyOrEnd,
    Colon,
    /// Behind a value, inside a container.
    After,
}

/// What a byte is where it may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Wrong,
    Space,
    /// A string that is a value.
    Text,
    /// A string that is a key.
    Name,
    Scalar,
    Colon,
    Comma,
    Object,
    Array,
    ObjectEnd,
    ArrayEnd,
}

/// By what may come next, and the byte that comes.
const TABLE: [[Token; 256]; 6] = table();

const fn table() -> [[Token; 256]; 6] {
    let mut table = [[Token::Wrong; 256]; 6];
    let all = [Next::Value, Next::ValueOrEnd, Next::Key, Next::KeyOrEnd, Next::Colon, Next::After];
    let (mut next, mut byte) = (0, 0);
    while next < all.len() {
        while byte < 256 {
            table[all[next] as usize][byte] = token(all[next], byte as u8);
            byte += 1;
        }
        (next, byte) = (next + 1, 0);
    }
    table
}

const fn token(next: Next, byte: u8) -> Token {
    match (next, byte) {
        (_, b' ' | b'\t' | b'\n' | b'\r') => Token::Space,
        (Next::Value | Next::ValueOrEnd, b'"') => Token::Text,
        (Next::Key | Next::KeyOrEnd, b'"') => Token::Name,
        (Next::Value | Next::ValueOrEnd, b'{') => Token::Object,
        (Next::Value | Next::ValueOrEnd, b'[') => Token::Array,
        (Next::Value | Next::ValueOrEnd, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Token::Scalar,
        (Next::Colon, b':') => Token::Colon,
        (Next::After, b',') => Token::Comma,
        (Next::After | Next::KeyOrEnd, b'}') => Token::ObjectEnd,
        (Next::After | Next::ValueOrEnd, b']') => Token::ArrayEnd,
        _ => Token::Wrong,
    }
}

/// What a byte of structure begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    Nothing,
    String,
    /// A number, `true`, `false` or `null`.
    Scalar,
}

/// Where in a document the input is. A document may follow another one: lines of JSON are one input.
#[derive(Clone, Debug)]
pub(super) struct Grammar {
    next: Next,
    /// Containers that are open, one bit each: set for an object.
    open: Vec<u64>,
    depth: usize,
    deepest: usize,
}

impl Grammar {
    pub(super) fn new(deepest: usize) -> Self {
        Self { next: Next::Value, open: Vec::new(), depth: 0, deepest }
    }

    /// Says that a document may begin.
    pub(super) fn restart(&mut self) {
        (self.depth, self.next) = (0, Next::Value);
    }

    /// Takes a byte outside of strings and scalars.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> Result<Begins, &'static str> {
        match TABLE[self.next as usize][usize::from(byte)] {
            Token::Space => {}
            Token::Text => {
                self.value_ended();
                return Ok(Begins::String);
            }
            Token::Name => {
                self.next = Next::Colon;
                return Ok(Begins::String);
            }
            Token::Scalar => {
                self.value_ended();
                return Ok(Begins::Scalar);
            }
            Token::Colon => self.next = Next::Value,
            Token::Comma => self.next = if self.in_object() { Next::Key } else { Next::Value },
            Token::Object => self.opened(true)?,
            Token::Array => self.opened(false)?,
            Token::ObjectEnd if self.in_object() => self.closed(),
            Token::ArrayEnd if !self.in_object() => self.closed(),
            Token::ObjectEnd | Token::ArrayEnd | Token::Wrong => {
                return Err("a byte that cannot stand here");
            }
        }
        Ok(Begins::Nothing)
    }

    /// Whether the input may end here.
    pub(super) fn is_complete(&self) -> bool {
        self.depth == 0 && self.next == Next::Value
    }

    fn in_object(&self) -> bool {
        let at = self.depth.wrapping_sub(1);
        self.open.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    fn opened(&mut self, object: bool) -> Result<(), &'static str> {
        if self.depth == self.deepest {
            return Err("it is nested too deep");
        }
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if word == self.open.len() {
            self.open.push(0);
        }
        self.open[word] = self.open[word] & !(1 << bit) | u64::from(object) << bit;
        self.depth += 1;
        self.next = if object { Next::KeyOrEnd } else { Next::ValueOrEnd };
        Ok(())
    }

    fn closed(&mut self) {
        self.depth -= 1;
        self.value_ended();
    }

    fn value_ended(&mut self) {
        self.next = if self.depth == 0 { Next::Value } else { Next::After };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Structure alone, with `s` for a string and `1` for a scalar.
    fn parses(text: &str) -> bool {
        let mut grammar = Grammar::new(8);
        let byte = |byte| if byte == b's' { b'"' } else { byte };
        text.bytes().all(|one| grammar.take(byte(one)).is_ok()) && grammar.is_complete()
    }

    #[test]
    fn structure_is_held_against_the_grammar() {
        for text in [
            "",
            "s",
            "1",
            "{}",
            "[]",
            "{s:1}",
            "[1,s,{s:[]}]",
            "{s:{},s:[[1]]}",
            "{}\n{}\n",
            "[ ] 1 s",
        ] {
            assert!(parses(text), "{text}");
        }
        for text in [
            "{", "]", "}", "{]", "[}", "{s}", "{s:}", "{s:1,}", "[1,]", "[,1]", "{1:1}", "[1 1]",
            ":", "x", "[s:1]",
        ] {
            assert!(!parses(text), "{text}");
        }
        assert!(parses(&format!("{}{}", "[".repeat(8), "]".repeat(8))));
        assert!(!parses(&format!("{}{}", "[".repeat(9), "]".repeat(9))));
    }
}
