// Requests of the OpenAI and Anthropic SDKs to a server on this machine that answers as the providers do.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { KeepmumError, Refused } from "keepmum";
import { refusalOf, wrapFetch } from "keepmum/fetch";
import { REFERENCE, SECRET, guard } from "./shared.js";

const prompt = `Use the key ${SECRET} for the request.`;
const schema = { type: "object", properties: { url: { type: "string" } } };
const hosts = ["127.0.0.1"];
let server, base;

// The gateway is tested with the same server.
before(async () => {
  server = spawn("python3", [process.env.UPSTREAM], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = await once(createInterface({ input: server.stdout }), "line");
  base = `http://127.0.0.1:${port}`;
});

after(() => server.kill());

/** What arrived at the server since it was last asked; the value never does. */
const asked = { count: 0 };
async function arrived() {
  const all = await (await fetch(`${base}/seen`)).json();
  const seen = all.slice(asked.count);
  asked.count = all.length;
  assert.ok(!JSON.stringify(seen).includes("correct horse"));
  return seen.map(({ body }) => body);
}

/** Text keeps the reference; of tool calls the one that is allowed has the value. */
function check(text, calls) {
  assert.match(text, REFERENCE);
  assert.ok("http_request" in calls);
  for (const [name, { headers }] of Object.entries(calls)) {
    if (name === "http_request") assert.equal(headers.Authorization, `Bearer ${SECRET}`);
    else assert.match(headers.Authorization, REFERENCE);
  }
}

test("the OpenAI SDK", async () => {
  const client = new OpenAI({ baseURL: `${base}/openai/v1`, apiKey: "x", maxRetries: 0, fetch: wrapFetch(fetch, { ...guard(), hosts }) });
  const chat = { model: "m", messages: [{ role: "user", content: prompt }], tools: [{ type: "function", function: { name: "http_request", parameters: schema } }] };
  const calls = (message) => Object.fromEntries(message.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]));
  const whole = (await client.chat.completions.create(chat)).choices[0].message;
  check(whole.content, calls(whole));
  const streamed = await client.chat.completions.stream(chat).finalMessage();
  check(streamed.content, calls(streamed));
  const tools = [{ type: "function", name: "http_request", parameters: schema, strict: false }];
  const response = await client.responses.stream({ model: "m", input: prompt, tools }).finalResponse();
  check(response.output_text, { http_request: JSON.parse(response.output[1].arguments) });
  const bodies = await arrived();
  assert.ok(bodies.length === 3 && bodies.every((body) => REFERENCE.test(body)), bodies);
  await assert.rejects(client.chat.completions.create({ model: SECRET, messages: [] }), (error) => {
    return error instanceof OpenAI.BadRequestError && /STRIPE_KEY/.test(error.message) && !error.message.includes(SECRET);
  });
  assert.deepEqual(await arrived(), []);
});

test("the Anthropic SDK", async () => {
  const client = new Anthropic({ baseURL: `${base}/anthropic`, apiKey: "x", maxRetries: 0, fetch: wrapFetch(fetch, { ...guard(), hosts }) });
  const message = { model: "m", max_tokens: 100, messages: [{ role: "user", content: prompt }], tools: [{ name: "http_request", input_schema: schema }] };
  for (const final of [await client.messages.create(message), await client.messages.stream(message).finalMessage()]) {
    const [text, ...blocks] = final.content;
    check(text.text, Object.fromEntries(blocks.map((block) => [block.name, block.input])));
  }
  await assert.rejects(client.messages.create({ ...message, model: SECRET }), Anthropic.BadRequestError);
  assert.equal((await arrived()).length, 2);
});

test("only secrets change, and the same bytes go out each time", async () => {
  const guarded = wrapFetch(undefined, { ...guard(), hosts });
  const spaced = (content) => `{ "model":"m",\n "messages": [ {"role":"user","content":"${content}"} ], "n": 1.50 }`;
  const headers = { "content-type": "application/json" };
  const url = `${base}/openai/v1/chat/completions`;
  for (const _ of [1, 2]) await guarded(url, { method: "POST", headers, body: spaced(SECRET) });
  await guarded(url, { method: "POST", headers, body: spaced("clean") });
  const [first, second, clean] = await arrived();
  assert.equal(first, second);
  assert.equal(first, spaced(first.match(REFERENCE)[0]));
  assert.equal(clean, spaced("clean"));
});

test("bodies of every kind", async () => {
  const guarded = wrapFetch(fetch, { ...guard(), hosts });
  const url = new URL(`${base}/openai/v1/chat/completions`);
  const json = JSON.stringify({ model: "m", messages: [{ role: "user", content: SECRET }] });
  const headers = { "content-type": "application/json" };
  const form = new FormData();
  form.set("note", SECRET);
  const requests = [
    [new Request(url, { method: "POST", headers, body: json })],
    [new Request(url, { method: "PUT", headers, body: "{}" }), { method: "POST", body: json }],
    [url, { method: "POST", headers, body: new Blob([json]).stream(), duplex: "half" }],
    [url, { method: "POST", headers, body: new TextEncoder().encode(json) }],
    [url, { method: "POST", headers: { ...headers, "content-encoding": "gzip", "content-length": "9" }, body: gzipSync(json) }],
    [String(url), { method: "POST", body: new URLSearchParams({ note: SECRET }) }],
    [url, { method: "POST", body: form }],
  ];
  for (const [input, init] of requests) assert.equal((await guarded(input, init)).status, 200);
  const bodies = await arrived();
  assert.ok(bodies.length === requests.length && bodies.every((body) => REFERENCE.test(body)), bodies);
});

test("what must not be sent is answered as the provider would", async () => {
  const guarded = wrapFetch(fetch, { ...guard(), hosts });
  const url = `${base}/anthropic/v1/messages`;
  const post = (body, more) => guarded(url, { method: "POST", headers: { "content-type": "application/json", ...more }, body, duplex: "half" });
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error(SECRET)) });
  for (const [reply, status] of [
    [await post(JSON.stringify({ model: SECRET, messages: [] })), 400],
    [await post(`{"model": ${SECRET}`), 400],
    [await post("{}", { "content-encoding": "rot13" }), 415],
    [await post(broken), 415],
  ]) {
    assert.equal(reply.status, status);
    assert.ok(refusalOf(reply) instanceof Refused && refusalOf(reply) instanceof KeepmumError);
    const { type, error } = await reply.json();
    assert.deepEqual([type, error.type], ["error", "invalid_request_error"]);
    assert.ok(!error.message.includes(SECRET));
  }
  const strings = new ReadableStream({ pull: (controller) => controller.enqueue(SECRET.repeat(1 << 20)) });
  assert.equal((await post(strings)).status, 415);
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16 << 20)) });
  assert.equal((await post(endless)).status, 413);
  assert.deepEqual(await arrived(), []);
});

test("what is aborted is not sent", async () => {
  const guarded = wrapFetch(fetch, { ...guard(), hosts });
  const url = `${base}/openai/v1/chat/completions`;
  const aborted = AbortSignal.abort(new Error("no more"));
  await assert.rejects(guarded(url, { method: "POST", body: "{}", signal: aborted }), /no more/);
  const controller = new AbortController();
  const body = new ReadableStream({ pull: () => controller.abort(new Error("no more")) });
  await assert.rejects(guarded(url, { method: "POST", body, duplex: "half", signal: controller.signal }), /no more/);
  assert.deepEqual(await arrived(), []);
});

test("other hosts pass untouched, unless everything is looked through", async () => {
  const calls = [];
  const behind = async (input, init) => (calls.push([input, init]), new Response("{}"));
  const init = { method: "POST", body: new Blob([SECRET]).stream(), duplex: "half", dispatcher: {} };
  await wrapFetch(behind, guard())("https://shop.example.com/buy", init);
  assert.equal(calls[0][1], init);
  await wrapFetch(behind, { ...guard(), everything: true })("https://shop.example.com/buy", init);
  assert.match(Buffer.from(calls[1][1].body).toString(), REFERENCE);
  assert.equal(calls[1][1].dispatcher, init.dispatcher, "what the client knows beside is kept");
  await wrapFetch(behind, guard())("https://api.openai.com/v1/models");
  assert.deepEqual([calls[2][0], calls[2][1].method, calls[2][1].body], ["https://api.openai.com/v1/models", "GET", undefined]);
});
