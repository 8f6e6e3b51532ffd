//! Requests to language models and to Slack. Tests that begin with `s` and a number, or `k` and a number, are the situations of
//! that number.

use std::borrow::Cow;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keepmum::prompt::{
    Api, KeyPolicy, Mode, Outgoing, PreSend, PreSendBuilder, Refused, Treatment, Why,
};
use keepmum::rule::template::expand;
use keepmum::{Redactor, ReferenceKey};
use serde_json::{Value, json};

/// A key as people paste it: lines, quotes, a backslash.
const LINES: &str = "first line \"of it\"\nsecond \\ line of it\n";
/// What is sent of a piece of which nothing can be said yet.
const NOTHING: &str = "\u{200b}";
const PASSWORD: &str = "correct horse battery";

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    let builder = Redactor::builder().builtin_rules();
    let builder = builder.secret("password", PASSWORD).unwrap().secret("lines", LINES).unwrap();
    builder.build().unwrap()
});

fn key() -> ReferenceKey {
    ReferenceKey::new(b"a key for tests")
}

fn builder() -> PreSendBuilder {
    PreSend::builder(REDACTOR.clone().into(), key())
}

fn reference(name: &str, value: &str) -> String {
    key().reference(name, value.as_bytes()).as_str().to_owned()
}

fn sent(api: Api, body: &str) -> (String, keepmum::prompt::Report) {
    let Outgoing { body, report, .. } =
        builder().build().unwrap().redact_body(api, body.as_bytes()).unwrap();
    (String::from_utf8(body.into_owned()).unwrap(), report)
}

fn refused(api: Api, body: &Value) -> Refused {
    let body = body.to_string();
    let refused = builder().build().unwrap().redact_body(api, body.as_bytes());
    let refused = refused.map(|sent| String::from_utf8_lossy(&sent.body).into_owned()).unwrap_err();
    assert!(!refused.to_string().contains(PASSWORD));
    serde_json::from_slice::<Value>(&refused.body()).unwrap();
    refused
}

/// A body whose text is `text`, for every interface.
fn bodies(text: &str) -> Vec<(Api, Value)> {
    vec![
        (Api::OpenAiChat, json!({"model": "m", "messages": [{"role": "user", "content": text}]})),
        (
            Api::OpenAiResponses,
            json!({"model": "m", "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}]}),
        ),
        (
            Api::Anthropic,
            json!({"model": "m", "max_tokens": 1, "system": [{"type": "text", "text": text}], "messages": []}),
        ),
        (Api::Gemini, json!({"contents": [{"role": "user", "parts": [{"text": text}]}]})),
        (Api::Bedrock, json!({"messages": [{"role": "user", "content": [{"text": text}]}]})),
        (Api::Ollama, json!({"model": "m", "messages": [{"role": "user", "content": text}]})),
        (Api::Slack, json!({"channel": "C1", "text": text})),
        (Api::Json, json!({"anything": [text]})),
    ]
}

#[test]
fn s1_without_a_secret_the_body_is_the_same_bytes() {
    let odd = "{ \"messages\" :[ {\"content\":\"a\\/b \\u003c \\uD83D\\uDE00\" ,\"role\":\"user\"}],\r\n\"n\":1.0,\"n\":1e3}\n";
    let guard = builder().build().unwrap();
    for api in Api::ALL {
        let sent = guard.redact_body(api, odd.as_bytes()).unwrap();
        assert!(matches!(sent.body, Cow::Borrowed(body) if body == odd.as_bytes()), "{api}");
        assert!(sent.report.is_unchanged() && sent.report.found.is_empty());
    }
}

#[test]
fn s2_only_the_span_of_the_secret_changes() {
    for (api, body) in bodies(&format!("pw: {PASSWORD}!")) {
        let body = body.to_string();
        let (out, report) = sent(api, &body);
        let stands = if api == Api::Slack {
            "[REDACTED:password]".into()
        } else {
            reference("password", PASSWORD)
        };
        assert_eq!(out, body.replace(PASSWORD, &stands), "{api}");
        let at = body.find(PASSWORD).unwrap() as u64;
        assert_eq!((report.first_changed, report.changed), (Some(at), PASSWORD.len() as u64));
        assert_eq!(report.found[0].finding.span().start(), at);
        assert_eq!(report.found[0].treatment, Treatment::Redacted);
    }
}

#[test]
fn s3_strings_in_strings_are_read_as_deep_as_they_go() {
    let stands = reference("lines", LINES);
    let mut inside = json!({"cmd": LINES, "n": 1}).to_string();
    for depth in 1..=4 {
        let body = json!({"messages": [{"role": "assistant", "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "run", "arguments": inside}}]}]});
        let (out, _) = sent(Api::OpenAiChat, &body.to_string());
        let mut value: Value = serde_json::from_str(&out).unwrap();
        value = value["messages"][0]["tool_calls"][0]["function"]["arguments"].take();
        for _ in 1..depth {
            value =
                serde_json::from_str::<Value>(value.as_str().unwrap()).unwrap()["deeper"].take();
        }
        let arguments: Value = serde_json::from_str(value.as_str().unwrap()).unwrap();
        assert_eq!(arguments, json!({"cmd": stands, "n": 1}), "depth {depth}");
        inside = json!({"deeper": inside}).to_string();
    }
}

#[test]
fn s4_any_spelling_is_the_same_secret() {
    let stands = reference("password", PASSWORD);
    let letters: String = PASSWORD.chars().map(|c| format!("\\u{:04X}", u32::from(c))).collect();
    for spelled in [
        PASSWORD.replace('o', "\\u006F"),
        letters.clone(),
        letters.to_lowercase().replace("\\u0020", " "),
    ] {
        let (out, _) = sent(Api::Json, &format!(r#"{{"a":"\u003c{spelled}\/"}}"#));
        assert_eq!(out, format!(r#"{{"a":"\u003c{stands}\/"}}"#));
    }
}

#[test]
fn s5_encoded_secrets_are_found() {
    let encoded = [
        STANDARD.encode(format!("user:{PASSWORD}")),
        PASSWORD.replace(' ', "%20"),
        PASSWORD.replace(' ', "+"),
        PASSWORD.bytes().map(|byte| format!("{byte:02x}")).collect(),
        PASSWORD.bytes().map(|byte| format!("{byte:02X}")).collect(),
    ];
    for text in encoded {
        for (api, body) in bodies(&text) {
            let (_, report) = sent(api, &body.to_string());
            assert_eq!(report.found.len(), 1, "{api}: {text}");
        }
    }
}

#[test]
fn s6_text_of_a_document_is_text_and_a_picture_stays() {
    let token = expand("ghp_{alnum:36}", 1).unwrap().text;
    let source = |source: Value| {
        json!({"messages": [{"role": "user", "content": [{"type": "document", "source": source}]}]})
            .to_string()
    };
    let (out, _) = sent(
        Api::Anthropic,
        &source(json!({"data": PASSWORD, "type": "text", "media_type": "text/plain"})),
    );
    assert!(out.contains(&reference("password", PASSWORD)));
    let picture = source(
        json!({"data": format!("iVBO {token} A"), "type": "base64", "media_type": "image/png"}),
    );
    let (out, report) = sent(Api::Anthropic, &picture);
    assert_eq!(out, picture);
    assert_eq!(report.unscanned.len(), 1);
    assert_eq!(report.unscanned[0].place, "messages[0].content[0].source.data");
}

#[test]
fn s7_text_in_base64_is_decoded_and_written_anew() {
    let (plain, redacted) =
        (format!("a {PASSWORD} b"), format!("a {} b", reference("password", PASSWORD)));
    let (plain, redacted) = (STANDARD.encode(plain), STANDARD.encode(redacted));
    let file = |data: &str| {
        json!({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": format!("data:text/plain;base64,{data}")}}]}]}).to_string()
    };
    assert_eq!(sent(Api::OpenAiChat, &file(&plain)).0, file(&redacted));
    let inline = |data: &str| {
        json!({"contents": [{"parts": [{"inlineData": {"data": data, "mimeType": "text/csv"}}]}]})
            .to_string()
    };
    let (out, report) = sent(Api::Gemini, &inline(&plain));
    assert_eq!(out, inline(&redacted));
    assert_eq!(report.found[0].place, "contents[0].parts[0].inlineData.data");
    let picture = json!({"contents": [{"parts": [{"inlineData": {"data": plain, "mimeType": "image/png"}}]}]});
    assert!(matches!(refused(Api::Gemini, &picture).why(), Why::Fixed { .. }));
}

#[test]
fn s8_what_a_caller_named_like_a_field_is_data() {
    let input = json!({"id": PASSWORD, "name": PASSWORD, "type": PASSWORD, "model": PASSWORD, "data": {"input_schema": PASSWORD}});
    let stands = reference("password", PASSWORD);
    let expected = input.to_string().replace(PASSWORD, &stands);
    let body = json!({"messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "t", "input": input}]}]}).to_string();
    assert!(sent(Api::Anthropic, &body).0.contains(&expected));
    let body = json!({"contents": [{"parts": [{"functionCall": {"name": "t", "args": input}}]}]})
        .to_string();
    assert!(sent(Api::Gemini, &body).0.contains(&expected));
}

#[test]
fn s8_json_that_somebody_wrote_is_text_whatever_its_fields_are_called() {
    let token = expand("ghp_{alnum:36}", 1).unwrap().text;
    let inside = json!([{"id": token, "type": "thinking", "thinking": PASSWORD, "signature": token, "source": {"type": "base64", "data": token}}]);
    let told = json!({"messages": [{"role": "tool", "content": inside.to_string()}], "input": [{"type": "message", "content": inside.to_string()}]});
    for api in [
        Api::Anthropic,
        Api::OpenAiChat,
        Api::OpenAiResponses,
        Api::Bedrock,
        Api::Gemini,
        Api::Ollama,
    ] {
        let (out, _) = sent(api, &told.to_string());
        assert!(!out.contains(&token) && !out.contains(PASSWORD), "{api}: {out}");
    }
    let blocks = json!([{"type": PASSWORD}]).to_string();
    assert!(matches!(refused(Api::Slack, &json!({"blocks": blocks})).why(), Why::Fixed { .. }));
}

#[test]
fn s9_ids_that_look_random_stay() {
    let id = |template: &str| expand(template, 3).unwrap().text;
    let signature = STANDARD.encode(id("{alnum:90}"));
    let body = json!({"messages": [
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "let me see", "signature": signature},
            {"type": "tool_use", "id": id("toolu_01{alnum:22}"), "name": "t", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id("toolu_01{alnum:22}"), "content": "ok"}]}]}).to_string();
    assert_eq!(sent(Api::Anthropic, &body).0, body);
    let body = json!({"previous_response_id": id("resp_{hex:48}"), "input": [
        {"type": "reasoning", "id": id("rs_{hex:48}"), "encrypted_content": signature, "summary": []},
        {"type": "function_call", "id": id("fc_{hex:48}"), "call_id": id("call_{alnum:24}"), "name": "t", "arguments": "{}"}]}).to_string();
    assert_eq!(sent(Api::OpenAiResponses, &body).0, body);
}

#[test]
fn s10_a_secret_in_a_key_is_redacted_or_refused() {
    let body = json!({"messages": [{"role": "assistant", "content": [{"type": "tool_use", "input": {PASSWORD: 1}}]}]}).to_string();
    let (out, report) = sent(Api::Anthropic, &body);
    assert_eq!(out, body.replace(PASSWORD, &reference("password", PASSWORD)));
    assert_eq!(report.found[0].place, "messages[0].content[0].input.*");
    let guard = builder().keys(KeyPolicy::Refuse).build().unwrap();
    let refused = guard.redact_body(Api::Anthropic, body.as_bytes()).unwrap_err();
    assert!(
        matches!(refused.why(), Why::Fixed { place, .. } if place == "a key of messages[0].content[0].input.*")
    );
}

#[test]
fn s11_s12_s13_a_secret_where_nothing_may_change_refuses_the_request() {
    let tool = json!({"name": "t", "input_schema": {"type": "object", "properties": {"a": {"enum": [PASSWORD]}}}});
    for (body, place) in [
        (
            json!({"messages": [{"role": "assistant", "content": [{"thinking": format!("it is {PASSWORD}"), "type": "thinking"}]}]}),
            "messages[0].content[0].thinking",
        ),
        (json!({"tools": [tool]}), "tools[0].input_schema.properties.a.enum[0]"),
        (json!({"stop_sequences": ["x", PASSWORD]}), "stop_sequences[1]"),
        (json!({"model": PASSWORD}), "model"),
        (json!({"metadata": {"user_id": PASSWORD}}), "metadata.user_id"),
        (json!({"requests": [{"params": {"model": PASSWORD}}]}), "requests[0].params.model"),
    ] {
        let refused = refused(Api::Anthropic, &body);
        assert_eq!(refused.why(), &Why::Fixed { name: "password".into(), place: place.into() });
        assert_eq!(refused.status(), 400);
        assert_eq!(
            serde_json::from_slice::<Value>(&refused.body()).unwrap()["error"]["type"],
            "invalid_request_error"
        );
    }
    let token = expand("ghp_{alnum:36}", 1).unwrap().text;
    assert!(matches!(refused(Api::OpenAiChat, &json!({"stop": [token]})).why(), Why::Fixed { .. }));
}

#[test]
fn s14_what_is_meant_for_the_provider_passes_and_is_counted() {
    let body = json!({"mcp_servers": [{"type": "url", "authorization_token": PASSWORD}], "messages": [{"role": "user", "content": PASSWORD}]}).to_string();
    let (out, report) = sent(Api::Anthropic, &body);
    assert_eq!(out.matches(PASSWORD).count(), 1);
    assert!(out.contains(&format!("\"authorization_token\":\"{PASSWORD}\"")));
    let treatments: Vec<_> = report.found.iter().map(|found| found.treatment).collect();
    assert!(
        treatments.contains(&Treatment::Credential) && treatments.contains(&Treatment::Redacted)
    );
    let body =
        json!({"tools": [{"type": "mcp", "headers": {"Authorization": PASSWORD}}], "input": "x"})
            .to_string();
    assert_eq!(sent(Api::OpenAiResponses, &body).0, body);
}

#[test]
fn s15_s16_a_history_that_grows_keeps_its_beginning() {
    let turn = |n: usize| {
        json!({"role": "user", "content": format!("turn {n}: {} and {PASSWORD}", expand("ghp_{alnum:36}", n as u64 % 7).unwrap().text)}).to_string()
    };
    let body = |turns: usize| {
        let turns: Vec<String> = (0..turns).map(turn).collect();
        format!("{{\"model\":\"m\",\"messages\":[{}]}}", turns.join(","))
    };
    let mut before = String::new();
    for turns in 1..60 {
        // Another process each time: nothing is remembered.
        let (out, _) = sent(Api::OpenAiChat, &body(turns));
        let out = out.strip_suffix("]}").unwrap().to_owned();
        assert!(out.starts_with(&before), "turn {turns}");
        before = out;
    }
}

#[test]
fn s17_what_was_redacted_stays() {
    let token = expand("ghp_{alnum:36}", 1).unwrap().text;
    for (api, body) in bodies(&format!(
        "password: {PASSWORD}, api_key = \"{token}\" {LINES} Authorization: Bearer {token}"
    )) {
        let (once, report) = sent(api, &body.to_string());
        assert!(report.found.len() >= 4, "{api}");
        assert_eq!(sent(api, &once), (once.clone(), keepmum::prompt::Report::default()), "{api}");
    }
}

#[test]
fn s18_overlapping_secrets_are_one() {
    let build = |secrets: [(&str, &str); 2]| {
        let builder =
            secrets.iter().fold(Redactor::builder().builtin_rules(), |builder, (name, value)| {
                builder.secret(name, *value).unwrap()
            });
        PreSend::builder(builder.build().unwrap().into(), key()).build().unwrap()
    };
    let guard = build([("a", "hunter2-old"), ("b", "hunter2-old-prod-key")]);
    let sent = guard
        .redact_body(Api::Json, br#"["hunter2-old-prod-key","hunter2-oldhunter2-old"]"#)
        .unwrap();
    let text = String::from_utf8(sent.body.into_owned()).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("prod"), "{text}");
    let token = expand("ghp_{alnum:36}", 1).unwrap().text;
    let guard = build([("part", &token[4..20]), ("other", "other password")]);
    let body = json!([token]).to_string();
    let sent = guard.redact_body(Api::Json, body.as_bytes()).unwrap();
    let text = String::from_utf8(sent.body.into_owned()).unwrap();
    assert_eq!(text, json!([reference("part", &token)]).to_string());
}

#[test]
fn s19_what_only_looks_like_a_secret_stays() {
    let text = format!(
        "commit {} id {} integrity sha512-{} MAX_TOKENS=4096 sk-learn task-notification #a1b2c3 font:{}",
        expand("{hex:40}", 1).unwrap().text,
        "123e4567-e89b-12d3-a456-426614174000",
        STANDARD.encode(expand("{alnum:64}", 2).unwrap().text),
        expand("{alnum:200}", 5).unwrap().text,
    );
    for (api, body) in bodies(&text) {
        assert_eq!(sent(api, &body.to_string()).0, body.to_string(), "{api}");
    }
}

#[test]
fn s20_hostile_bodies_are_refused_or_read() {
    let guard = builder().build().unwrap();
    let deep = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
    let bad: [&[u8]; 6] =
        [b"{\"a\":", b"\xef\xbb\xbf{}", b"{\"a\":\"\x00\"}", b"{]", b"nonsense", &deep];
    for body in bad {
        let refused = guard.redact_body(Api::OpenAiChat, body).unwrap_err();
        assert!(matches!(refused.why(), Why::Malformed(_)), "{refused}");
    }
    let broken = [b"{\"a\":\"\xff\xfe ", PASSWORD.as_bytes(), b"\"}"].concat();
    let sent = guard.redact_body(Api::Json, &broken).unwrap();
    assert!(sent.body.starts_with(b"{\"a\":\"\xff\xfe SECRETREF_"));
    for many in ["1,", "[],"] {
        let many = format!("[{}1]", many.repeat(5_000_000));
        let refused = guard.redact_body(Api::Json, many.as_bytes()).unwrap_err();
        assert!(matches!(refused.why(), Why::Malformed(_)), "{refused}");
    }
    let small = builder().longest(10).build().unwrap();
    assert_eq!(small.redact_body(Api::Json, b"[1,2,3,4,5]").unwrap_err().status(), 413);
    let many = format!("[{}]", vec!["\"x\""; 300_000].join(","));
    assert!(guard.redact_body(Api::Json, many.as_bytes()).unwrap().report.is_unchanged());
    let many = format!("[{}]", vec![format!("{{\"k\":\"{PASSWORD}\"}}"); 3_000].join(","));
    assert_eq!(guard.redact_body(Api::Json, many.as_bytes()).unwrap().report.found.len(), 3_000);
}

#[test]
fn s21_parts_of_a_form_are_read_as_what_they_are() {
    let guard = builder().build().unwrap();
    let body = |secret: &str| {
        format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--xyz\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\nContent-Type: application/octet-stream\r\n\r\n\
             {{\"custom_id\":\"1\",\"body\":{{\"messages\":[{{\"content\":\"{secret}\"}}]}}}}\n{{\"custom_id\":\"2\"}}\n\r\n--xyz--\r\n"
        )
    };
    let clean = body("nothing");
    let sent = guard
        .redact_request(Api::OpenAiChat, "multipart/form-data; boundary=xyz", clean.as_bytes())
        .unwrap();
    assert!(matches!(sent.body, Cow::Borrowed(_)));
    let dirty = body(PASSWORD);
    let sent = guard
        .redact_request(Api::OpenAiChat, "multipart/form-data; boundary=xyz", dirty.as_bytes())
        .unwrap();
    assert_eq!(sent.body, body(&reference("password", PASSWORD)).as_bytes());
    for hides in [
        json!({"a": "--xyz--", "messages": [{"content": PASSWORD}]}).to_string(),
        format!("{PASSWORD}\r\n{clean}"),
        format!("{clean}{PASSWORD}"),
    ] {
        assert!(
            guard
                .redact_request(
                    Api::OpenAiChat,
                    "multipart/form-data; boundary=xyz",
                    hides.as_bytes()
                )
                .is_err()
        );
    }
    let truncated = &dirty.as_bytes()[..dirty.len() - 12];
    assert!(
        guard
            .redact_request(Api::OpenAiChat, "multipart/form-data; boundary=xyz", truncated)
            .is_err()
    );
}

#[test]
fn s22_a_batch_is_as_many_bodies() {
    let line = |id: &str, text: &str| {
        json!({"custom_id": id, "method": "POST", "body": {"model": "m", "messages": [{"role": "user", "content": text}]}}).to_string()
    };
    let body = |text: &str| format!("{}\n{}\n", line("1", "x"), line("2", text));
    let guard = builder().build().unwrap();
    let dirty = body(PASSWORD);
    let sent =
        guard.redact_request(Api::OpenAiChat, "application/x-ndjson", dirty.as_bytes()).unwrap();
    assert_eq!(sent.body, body(&reference("password", PASSWORD)).as_bytes());
    let refused = guard
        .redact_body(
            Api::OpenAiChat,
            line("1", "x").replace("\"m\"", &format!("\"{PASSWORD}\"")).as_bytes(),
        )
        .unwrap_err();
    assert!(matches!(refused.why(), Why::Fixed { place, .. } if place == "body.model"));
}

#[test]
fn k1_every_field_of_a_message_is_read() {
    let guard = builder().build().unwrap();
    let (half, rest) = PASSWORD.split_at(9);
    let runs = json!({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
        {"type": "text", "text": format!("pw {half}")}, {"type": "text", "text": rest, "style": {"bold": true}}, {"type": "text", "text": " end"}]}]});
    let blocks = json!([
        {"type": "section", "text": {"type": "mrkdwn", "text": PASSWORD}, "fields": [{"type": "mrkdwn", "text": PASSWORD}]},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "go"}, "value": PASSWORD, "url": format!("https://u:{}@example.com/", PASSWORD.replace(' ', "%20"))}]},
        runs,
    ]);
    let message = json!({"channel": "C1", "text": PASSWORD, "blocks": blocks, "attachments": [{"fields": [{"title": "t", "value": PASSWORD}]}],
        "metadata": {"event_type": "e", "event_payload": {"type": PASSWORD}}});
    let message = message.to_string();
    let sent = guard.redact_body(Api::Slack, message.as_bytes()).unwrap();
    let out = String::from_utf8(sent.body.into_owned()).unwrap();
    assert!(
        !out.contains(PASSWORD)
            && !out.contains(half)
            && !out.contains(rest)
            && !out.contains("correct%20"),
        "{out}"
    );
    let out: Value = serde_json::from_str(&out).unwrap();
    let pieces = &out["blocks"][2]["elements"][0]["elements"];
    assert_eq!(
        (&pieces[0]["text"], &pieces[1]["text"], &pieces[2]["text"]),
        (&json!("pw [REDACTED:password]"), &json!(""), &json!(" end"))
    );

    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("token", PASSWORD)
        .append_pair("channel", "C1")
        .append_pair("blocks", &blocks.to_string());
    let form = form.finish();
    let sent = guard
        .redact_request(Api::Slack, "application/x-www-form-urlencoded", form.as_bytes())
        .unwrap();
    let pairs: Vec<(String, String)> = form_urlencoded::parse(&sent.body).into_owned().collect();
    assert_eq!((pairs[0].1.as_str(), pairs[1].1.as_str()), (PASSWORD, "C1"));
    assert_eq!(serde_json::from_str::<Value>(&pairs[2].1).unwrap(), out["blocks"]);
    assert!(
        String::from_utf8_lossy(&sent.body)
            .starts_with("token=correct+horse+battery&channel=C1&blocks=")
    );
}

#[test]
fn k2_an_entity_does_not_hide_a_secret() {
    let redactor = Redactor::builder().secret("pw", "correct & <horse>").unwrap().build().unwrap();
    let guard = PreSend::builder(redactor.into(), key()).build().unwrap();
    let sent = guard
        .redact_body(Api::Slack, br#"{"text":"it is correct &amp; &lt;horse&gt; ok"}"#)
        .unwrap();
    assert_eq!(&*sent.body, br#"{"text":"it is [REDACTED:pw] ok"}"#);
}

#[test]
fn k2_a_secret_over_several_pieces_of_a_message_is_found() {
    let guard = builder().build().unwrap();
    let text = format!("pw: {PASSWORD}!");
    for at in 1..text.len() {
        let pieces = [&text[..at], &text[at..], " c"];
        let bodies = pieces.map(|piece| {
            json!({"channel": "C1", "ts": format!("{at}"), "markdown_text": piece}).to_string()
        });
        let mut shown = String::new();
        for body in &bodies {
            let sent = guard.redact_body(Api::SlackAppend, body.as_bytes()).unwrap();
            let sent: Value = serde_json::from_slice(&sent.body).unwrap();
            shown += sent["markdown_text"].as_str().unwrap();
            assert!(!sent["markdown_text"].as_str().unwrap().is_empty());
            assert!(!shown.contains("corre"), "{shown}");
        }
        let stop = format!("channel=C1&ts={at}");
        let sent = guard
            .redact_request(Api::SlackStop, "application/x-www-form-urlencoded", stop.as_bytes())
            .unwrap();
        let rest = form_urlencoded::parse(&sent.body).find(|(key, _)| key == "markdown_text");
        shown += &rest.map(|(_, text)| text.into_owned()).unwrap_or_default();
        assert_eq!(shown.replace('\u{200b}', ""), "pw: [REDACTED:password]! c", "{at}");
    }
}

#[test]
fn k2_a_piece_that_is_sent_again_shows_nothing_of_a_secret() {
    let guard = builder().build().unwrap();
    let send = |piece: &str| {
        let body = json!({"channel": "C1", "ts": "again", "markdown_text": piece}).to_string();
        let sent = guard.redact_body(Api::SlackAppend, body.as_bytes()).unwrap();
        serde_json::from_slice::<Value>(&sent.body).unwrap()["markdown_text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = send("pw: correct horse batt");
    assert_eq!(first, "pw: ");
    assert_eq!(send("pw: correct horse batt"), first);
    assert_eq!(send("ery!"), "[REDACTED:password]!");
    // The last piece may well be the same as the one before.
    assert_eq!(send("correct horse"), NOTHING);
    let stop =
        json!({"channel": "C1", "ts": "again", "markdown_text": "correct horse"}).to_string();
    let sent = guard.redact_body(Api::SlackStop, stop.as_bytes()).unwrap();
    let last = serde_json::from_slice::<Value>(&sent.body).unwrap()["markdown_text"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(last.starts_with("correct horse"), "{last}");
}

#[test]
fn k3_another_ones_address_goes_and_ones_own_token_stays() {
    let own = expand("xoxb-{digit:12}-{digit:12}-{alnum:24}", 1).unwrap().text;
    let hook = expand("https://hooks.slack.com/services/T{upper:10}/B{upper:10}/{alnum:24}", 1)
        .unwrap()
        .text;
    let body = json!({"token": own, "text": hook}).to_string();
    let (out, report) = sent(Api::Slack, &body);
    assert!(out.contains(&own) && !out.contains(&hook), "{out}");
    assert_eq!(
        report.found.iter().filter(|found| found.treatment == Treatment::Credential).count(),
        1
    );
}

#[test]
fn modes_are_obeyed_by_name() {
    let token = expand("ghp_{alnum:36}", 1).unwrap().text;
    let body = json!({"messages": [{"role": "user", "content": format!("{token} {PASSWORD}")}]})
        .to_string();
    let with = |mode| builder().mode("github-*", mode).build().unwrap();
    let refused = with(Mode::Block).redact_body(Api::OpenAiChat, body.as_bytes()).unwrap_err();
    assert!(matches!(refused.why(), Why::Blocked { place, .. } if place == "messages[0].content"));
    for (mode, found) in [(Mode::Warn, 2), (Mode::Off, 1), (Mode::Redact, 2)] {
        let guard = with(mode);
        let sent = guard.redact_body(Api::OpenAiChat, body.as_bytes()).unwrap();
        let text = String::from_utf8_lossy(&sent.body);
        assert_eq!(text.contains(&token), mode != Mode::Redact);
        assert!(!text.contains(PASSWORD));
        assert_eq!(sent.report.found.len(), found, "{mode:?}");
        let warned = sent.report.found.iter().any(|found| found.treatment == Treatment::Warned);
        assert_eq!(warned, mode == Mode::Warn);
    }
    let all = builder().mode("*", Mode::Off).build().unwrap();
    let sent = all.redact_body(Api::OpenAiChat, body.as_bytes()).unwrap();
    assert!(!String::from_utf8_lossy(&sent.body).contains(PASSWORD), "a known secret never passes");
    assert!(builder().mode("[", Mode::Off).build().is_err());
}

#[test]
fn errors_have_the_shape_of_the_provider() {
    for (api, path) in [
        (Api::OpenAiChat, "/error/message"),
        (Api::OpenAiResponses, "/error/message"),
        (Api::Anthropic, "/error/message"),
        (Api::Gemini, "/error/message"),
        (Api::Bedrock, "/message"),
        (Api::Ollama, "/error"),
        (Api::Slack, "/error"),
        (Api::Json, "/error"),
    ] {
        let guard = builder().longest(1).build().unwrap();
        let body = guard.redact_body(api, b"{}").unwrap_err().body();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert!(body.pointer(path).is_some_and(Value::is_string), "{api}: {body}");
    }
}

#[test]
fn q1_nothing_that_is_told_holds_a_secret() {
    let guard = builder().build().unwrap();
    let body = json!({PASSWORD: {"x": PASSWORD}, "messages": [{"content": LINES}]}).to_string();
    let sent = guard.redact_body(Api::OpenAiChat, body.as_bytes()).unwrap();
    let told = format!("{:?} {guard:?}", sent.report);
    for value in [PASSWORD, "first line", "second"] {
        assert!(!told.contains(value), "{told}");
    }
}

/// A document as it is made up, with what its strings say.
enum Made {
    Text(String),
    /// A string that is itself JSON.
    Inside(Box<Made>),
    Object(Vec<(String, Made)>),
    Array(Vec<Made>),
    Number(u64),
}

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn made(&mut self, depth: u64) -> Made {
        let parts = self.below(4);
        match self.below(if depth == 0 { 2 } else { 7 }) {
            0 => Made::Number(self.below(1000)),
            1 | 2 => Made::Text(self.text()),
            3 | 4 => Made::Object(
                (0..parts)
                    .map(|at| (format!("k{at} {}", self.text()), self.made(depth - 1)))
                    .collect(),
            ),
            5 => Made::Array((0..parts).map(|_| self.made(depth - 1)).collect()),
            // Only containers are read as JSON inside of strings.
            _ => Made::Inside(Box::new(Made::Array(
                (0..parts).map(|_| self.made(depth - 1)).collect(),
            ))),
        }
    }

    fn text(&mut self) -> String {
        let words =
            ["{not", "[1,", "a\tb", "é", "😀", "\\", "\"", "/", PASSWORD, LINES.trim_end(), "word"];
        let words: Vec<&str> =
            (0..self.below(5)).map(|_| words[self.below(words.len() as u64) as usize]).collect();
        words.join(" _ ")
    }

    /// The text of a document, with its characters and white space spelled at random.
    fn written(&mut self, made: &Made) -> String {
        let space = ["", " ", "\n", "\t "][self.below(4) as usize];
        match made {
            Made::Number(number) => number.to_string(),
            Made::Text(text) => self.string(text),
            Made::Inside(inside) => {
                let inside = self.written(inside);
                self.string(&inside)
            }
            Made::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(key, made)| {
                        format!("{}:{space}{}", self.string(key), self.written(made))
                    })
                    .collect();
                format!("{{{space}{}}}", fields.join(&format!("{space},")))
            }
            Made::Array(items) => {
                let items: Vec<String> = items.iter().map(|made| self.written(made)).collect();
                format!("[{}{space}]", items.join(&format!(",{space}")))
            }
        }
    }

    fn string(&mut self, text: &str) -> String {
        let mut out = String::from("\"");
        for c in text.chars() {
            match (c, self.below(8)) {
                ('"' | '\\', 0..=5) => out.extend(['\\', c]),
                ('\n', 0..=5) => out += "\\n",
                ('\t', 0..=5) => out += "\\t",
                ('/', 0) => out += "\\/",
                (c, 0) | (c @ ('"' | '\\' | '\0'..='\u{1f}'), _) => {
                    c.encode_utf16(&mut [0; 2])
                        .iter()
                        .for_each(|unit| out += &format!("\\u{unit:04x}"));
                }
                (c, _) => out.push(c),
            }
        }
        out + "\""
    }
}

fn hidden(text: &str) -> String {
    let lines = LINES.trim_end();
    text.replace(PASSWORD, &reference("password", PASSWORD))
        .replace(lines, &reference("lines", lines))
}

fn holds(made: &Made, is: &Value) {
    match made {
        Made::Number(number) => assert_eq!(is.as_u64(), Some(*number)),
        Made::Text(text) => assert_eq!(is.as_str(), Some(&*hidden(text))),
        Made::Inside(inside) => holds(inside, &serde_json::from_str(is.as_str().unwrap()).unwrap()),
        Made::Object(fields) => {
            assert_eq!(is.as_object().unwrap().len(), fields.len());
            fields.iter().for_each(|(key, made)| holds(made, &is[hidden(key)]));
        }
        Made::Array(items) => {
            assert_eq!(is.as_array().unwrap().len(), items.len());
            items.iter().zip(is.as_array().unwrap()).for_each(|(made, is)| holds(made, is));
        }
    }
}

#[test]
fn documents_made_up_at_random_hold_what_they_held() {
    let guard = builder().build().unwrap();
    for seed in 0..3_000 {
        let mut random = Random(seed);
        let made = random.made(4);
        let body = random.written(&made);
        let sent = guard.redact_body(Api::Json, body.as_bytes()).unwrap();
        let out = std::str::from_utf8(&sent.body).unwrap();
        holds(
            &made,
            &serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}\n{body}\n{out}")),
        );
        let again = guard.redact_body(Api::Json, &sent.body).unwrap();
        assert!(again.report.is_unchanged(), "{out}");
    }
}

#[test]
fn the_name_in_a_reference_tells_nothing_of_what_stands_behind_it() {
    let stands = reference("password", PASSWORD);
    for text in [
        format!("{{\"k {stands}\":\"word\"}}"),
        format!("{{\"{stands}\": \"Xk9-word-9k\"}}"),
        format!("{stands} = \"Xk9-word-9k\""),
    ] {
        assert_eq!(REDACTOR.redact_str(&text), text);
        for size in [1, 7, 30] {
            let mut stream = REDACTOR.stream(Vec::new());
            text.as_bytes().chunks(size).for_each(|chunk| stream.push(chunk));
            assert_eq!(String::from_utf8(stream.finish()).unwrap(), text);
        }
    }
    let damaged =
        stands.replace("_password_", "_passwort_").replace("SECRETREF_", "SECRETREF_password_");
    let text = format!("{damaged} password = \"Xk9-word-9k\"");
    assert_ne!(REDACTOR.redact_str(&text), text);
}

#[test]
fn several_secrets_in_a_number_are_one_string() {
    let redactor = Redactor::builder().secret("pin", "48213377").unwrap().build().unwrap();
    let guard = PreSend::builder(redactor.into(), key()).build().unwrap();
    let sent = guard.redact_body(Api::Json, br#"{"n":48213377048213377,"m":1}"#).unwrap();
    let out: Value = serde_json::from_slice(&sent.body).unwrap();
    assert!(out["n"].as_str().unwrap().starts_with("SECRETREF_pin_") && out["m"] == 1);
    assert!(!String::from_utf8_lossy(&sent.body).contains("48213377"));
}

#[test]
fn what_is_called_text_is_read_as_what_it_is() {
    let guard = builder().build().unwrap();
    let token = expand("ghp_{alnum:36}", 1).unwrap().text;
    let body = format!(
        "{{\"messages\":[{{\"content\":\"{}\"}}],\"model\":\"m\"}}",
        token.replace('_', "\\u005f")
    );
    let sent =
        guard.redact_request(Api::OpenAiChat, "text/plain;charset=UTF-8", body.as_bytes()).unwrap();
    assert_eq!(sent.report.found[0].place, "messages[0].content");
    let latin = [b"log \xe9 ", token.as_bytes(), b" end"].concat();
    let off = builder().mode("github-*", Mode::Off).build().unwrap();
    assert!(off.redact_request(Api::Json, "application/octet-stream", &latin).is_ok());
    assert!(guard.redact_request(Api::Json, "application/octet-stream", &latin).is_err());
    let wrapped = STANDARD.encode(format!("{} {PASSWORD}", "x".repeat(60)));
    let wrapped = format!("{}\n{}\n", &wrapped[..76], &wrapped[76..]);
    let body = json!({"contents": [{"parts": [{"inlineData": {"data": wrapped, "mimeType": "text/plain"}}]}]}).to_string();
    assert_eq!(guard.redact_body(Api::Gemini, body.as_bytes()).unwrap().report.found.len(), 1);
}

#[test]
fn a_field_that_was_typed_in_is_what_its_name_says() {
    let own = expand("xoxb-{digit:12}-{digit:12}-{alnum:24}", 1).unwrap().text;
    let field = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body =
        |text: &str| format!("{}{}--x--\r\n", field("token", &own), field("initial_comment", text));
    let guard = builder().build().unwrap();
    let dirty = body(PASSWORD);
    let sent = guard
        .redact_request(Api::Slack, "multipart/form-data; boundary=x", dirty.as_bytes())
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&sent.body), body("[REDACTED:password]"));
}

#[test]
fn what_is_blocked_is_blocked_wherever_it_stands() {
    let guard = builder().mode("password", Mode::Block).build().unwrap();
    for (api, body) in [
        (Api::Anthropic, json!({"mcp_servers": [{"authorization_token": PASSWORD}]})),
        (
            Api::Anthropic,
            json!({"messages": [{"content": [{"type": "tool_result", "tool_use_id": PASSWORD}]}]}),
        ),
        (
            Api::SlackAppend,
            json!({"channel": "C", "ts": "blocked", "markdown_text": format!("{PASSWORD} ")}),
        ),
    ] {
        let body = body.to_string();
        let refused = guard.redact_body(api, body.as_bytes()).unwrap_err();
        assert!(matches!(refused.why(), Why::Blocked { .. }), "{refused}");
    }
}
