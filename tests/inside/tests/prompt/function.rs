//! Functions that get a text.

use std::cell::RefCell;
use std::future::ready;

use keepmum::prompt::{Api, Why};

use crate::guard::{PASSWORD, at_most, blocks, guard, panics, reference};

#[test]
fn a_function_gets_redacted_text() {
    let ask = guard().before(Api::Json, |prompt: String| prompt.len());
    assert_eq!(ask("nothing to find").unwrap(), "nothing to find".len());
    let ask = guard().before(Api::Json, |prompt| prompt);
    assert_eq!(ask(&format!("ä {PASSWORD}!")).unwrap(), format!("ä {}!", reference()));
}

#[tokio::test]
async fn an_asynchronous_function_gets_it_too() {
    let ask = guard().before(Api::Anthropic, ready);
    assert_eq!(ask(PASSWORD).unwrap().await, reference());
}

#[test]
fn a_function_is_not_called_with_what_must_not_be_sent() {
    let asked = RefCell::new(0);
    let call = |_| *asked.borrow_mut() += 1;
    let refused = blocks().before(Api::Json, call)(PASSWORD).unwrap_err();
    assert!(matches!(refused.why(), Why::Blocked { name, .. } if name == "password"));
    let refused = at_most(9).before(Api::Json, call)("ten letters").unwrap_err();
    assert_eq!(refused.status(), 413);
    let refused = panics().before(Api::Json, call)(PASSWORD).unwrap_err();
    assert!(matches!(refused.why(), Why::Unreadable(_)));
    assert!(!refused.to_string().contains(PASSWORD));
    assert_eq!(*asked.borrow(), 0);
}
