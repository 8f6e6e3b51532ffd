// Models of the AI SDK.
import assert from "node:assert/strict";
import test from "node:test";
import { runInNewContext } from "node:vm";
import { embedMany, generateText, jsonSchema, stepCountIs, streamText, tool, wrapEmbeddingModel, wrapLanguageModel } from "ai";
import { MockEmbeddingModelV3, MockLanguageModelV3, simulateReadableStream } from "ai/test";
import { Refused } from "keepmum";
import { embeddingMiddleware, middleware } from "keepmum/ai";
import { REFERENCE, SECRET, guard } from "./shared.js";

const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
const finish = { unified: "stop", raw: "stop" };

/** A model that answers with the reference that it was sent: as text, and in calls of two tools. */
function model(calls = []) {
  const parts = (options) => {
    const [reference] = JSON.stringify(options.prompt).match(REFERENCE) ?? ["nothing"];
    const input = JSON.stringify({ url: "https://api.example.com/v1", key: reference });
    const last = options.prompt.at(-1).role === "tool";
    return [
      { type: "text", text: `I will use ${reference}.` },
      ...(last ? [] : ["http_request", "write_file"].map((toolName) => ({ type: "tool-call", toolCallId: `call_${toolName}`, toolName, input }))),
    ];
  };
  return new MockLanguageModelV3({
    doGenerate: async (options) => {
      calls.push(options);
      return { content: parts(options), finishReason: finish, usage, warnings: [] };
    },
    doStream: async (options) => {
      calls.push(options);
      const [{ text }, ...rest] = parts(options);
      const chunks = [
        { type: "stream-start", warnings: [] },
        { type: "text-start", id: "1" },
        ...text.match(/.{1,5}/g).map((delta) => ({ type: "text-delta", id: "1", delta })),
        { type: "text-end", id: "1" },
        ...rest.flatMap((call) => [
          { type: "tool-input-start", id: call.toolCallId, toolName: call.toolName },
          { type: "tool-input-delta", id: call.toolCallId, delta: call.input },
          { type: "tool-input-end", id: call.toolCallId },
          call,
        ]),
        { type: "finish", finishReason: finish, usage },
      ];
      return { stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }) };
    },
  });
}

/** Tools that keep what they are called with, and answer with the secret. */
function tools(seen) {
  const made = (name) => tool({
    description: `Calls with ${SECRET}`,
    inputSchema: jsonSchema({ type: "object", properties: { key: { type: "string", default: SECRET } } }),
    execute: (input) => ((seen[name] = input), { answer: SECRET, [SECRET]: 1, none: undefined }),
  });
  return { http_request: made("http_request"), write_file: made("write_file") };
}

const looked = (options) => JSON.stringify(options, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value));

for (const [name, generate] of [["generated", generateText], ["streamed", streamText]]) {
  test(`a ${name} reply: the model sees references, and the tool that may has the value`, async () => {
    const [calls, seen] = [[], {}];
    const wrapped = wrapLanguageModel({ model: model(calls), middleware: middleware(guard()) });
    const result = await generate({
      model: wrapped,
      system: `Never tell ${SECRET}`,
      prompt: `Use the key ${SECRET}.`,
      tools: tools(seen),
      stopWhen: stepCountIs(2),
      stopSequences: [SECRET],
    });
    const text = await result.text;
    assert.match(text, REFERENCE);
    assert.equal(seen.http_request.key, SECRET);
    assert.match(seen.write_file.key, REFERENCE);
    assert.equal(calls.length, 2);
    for (const call of calls) assert.ok(!looked(call).includes("correct horse"), looked(call));
    // The second call tells what the tools were called with and what they said.
    const answers = calls[1].prompt.at(-1).content;
    assert.deepEqual(answers.map(({ output }) => Object.keys(output.value).length), [2, 2]);
    assert.match(answers[0].output.value.answer, REFERENCE);
  });
}

test("without rules replies are as they are", async () => {
  const seen = {};
  const wrapped = wrapLanguageModel({ model: model(), middleware: middleware(guard({ restore: false })) });
  await generateText({ model: wrapped, prompt: SECRET, tools: tools(seen) });
  assert.match(seen.http_request.key, REFERENCE);
});

test("what is clean is handed on as it is", async () => {
  const calls = [];
  const wrapped = wrapLanguageModel({ model: model(calls), middleware: middleware(guard()) });
  const plain = model(calls);
  const image = new Uint8Array([1, 2, 3]);
  const content = [{ type: "text", text: "clean 😀" }, { type: "file", data: image, mediaType: "image/png" }];
  const providerOptions = { mock: { cacheControl: { type: "ephemeral" } } };
  for (const each of [wrapped, plain]) {
    await generateText({ model: each, messages: [{ role: "user", content, providerOptions }], tools: { none: { inputSchema: jsonSchema({}) } } });
  }
  const [one, other] = calls.map(({ prompt, tools, responseFormat, stopSequences }) => ({ prompt, tools, responseFormat, stopSequences }));
  assert.deepEqual(one, other);
});

test("files that are text, and addresses", async () => {
  const calls = [];
  const wrapped = wrapLanguageModel({ model: model(calls), middleware: middleware(guard()) });
  const bytes = new TextEncoder().encode(`key = ${SECRET}`);
  const content = [
    { type: "file", data: bytes, mediaType: "text/plain", filename: `${SECRET}.txt` },
    { type: "file", data: Buffer.from(bytes).toString("base64"), mediaType: "application/json" },
    { type: "image", image: Buffer.from(bytes).toString("base64"), mediaType: "text/csv" },
  ];
  const prompt = [{ role: "user", content }];
  await generateText({ model: wrapped, prompt });
  const files = calls[0].prompt[0].content;
  for (const { data } of files) {
    const text = data instanceof Uint8Array ? Buffer.from(data).toString() : Buffer.from(data, "base64").toString();
    assert.match(text, /^key = SECRETREF_stripe_key_/);
  }
  assert.match(files[0].filename, REFERENCE);
  // As version 7 of the SDK has them.
  const newer = [{ type: "file", mediaType: "text/plain", data: { type: "data", data: bytes } }, { type: "file", mediaType: "text/plain", data: { type: "text", text: SECRET } }];
  const { prompt: [{ content: [inner, text] }] } = await middleware(guard()).transformParams({ params: { prompt: [{ role: "user", content: newer }] } });
  assert.match(Buffer.from(inner.data.data).toString(), REFERENCE);
  assert.match(text.data.text, REFERENCE);
  const url = new URL(`https://example.com/?key=${encodeURIComponent(SECRET)}`);
  const { prompt: sent } = await middleware(guard()).transformParams({ params: { prompt: [{ role: "user", content: [{ type: "file", data: url, mediaType: "image/*" }] }] } });
  assert.match(sent[0].content[0].data.href, /^https:\/\/example.com\/\?key=SECRETREF_stripe_key_/);
  assert.ok(url.href.includes("correct"), "what was handed over stays");
});

test("files of any type, and objects of any class", async () => {
  class Part {
    constructor(text) {
      Object.assign(this, { type: "text", text });
    }
  }
  const there = runInNewContext(`({ type: "text", text: ${JSON.stringify(SECRET)}, data: new Uint8Array([...${JSON.stringify(SECRET)}].map((c) => c.charCodeAt())) })`);
  const text = Buffer.from(`select '${SECRET}'`);
  const sound = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90]), text, Buffer.from([0xfe, 0])]);
  const content = [
    { type: "file", mediaType: "application/sql", data: new Uint8Array(text) },
    { type: "file", mediaType: "application/octet-stream", data: text.toString("base64") },
    { type: "file", mediaType: "application/x-thing", data: text.buffer.slice(text.byteOffset, text.byteOffset + text.length) },
    { type: "file", mediaType: "audio/mpeg", data: sound.toString("base64") },
    { type: "file", mediaType: "text/plain", data: SECRET },
    new Part(SECRET),
    there,
    { type: "text", text: "clean", when: new Date(0), other: { toJSON: () => SECRET } },
  ];
  const params = { prompt: [{ role: "user", content }] };
  const { prompt: [sent] } = await middleware(guard()).transformParams({ params });
  const [sql, base64, buffer, heard, plain, part, other, last] = sent.content;
  assert.match(Buffer.from(sql.data).toString(), /^select 'SECRETREF_/);
  assert.match(Buffer.from(base64.data, "base64").toString(), /^select 'SECRETREF_/);
  assert.match(Buffer.from(buffer.data).toString(), /^select 'SECRETREF_/);
  const bytes = Buffer.from(heard.data, "base64");
  assert.match(bytes.toString("latin1"), /^\xff\xfb\x90select 'SECRETREF_\w+'\xfe\0$/);
  assert.match(plain.data, REFERENCE);
  assert.ok(part instanceof Part && REFERENCE.test(part.text));
  assert.match(other.text, REFERENCE);
  assert.match(Buffer.from(other.data).toString(), REFERENCE);
  assert.match(last.other, REFERENCE);
  assert.equal(content[5].text, SECRET, "what was handed over stays");
  class Hidden {
    #text = SECRET;
    get text() {
      return this.#text;
    }
  }
  for (const unseen of [new Hidden(), new Map([["text", SECRET]]), new Set([SECRET]), new Blob([SECRET])]) {
    const prompt = [{ role: "user", content: [unseen] }];
    await assert.rejects(middleware(guard()).transformParams({ params: { prompt } }), (error) => /cannot look through/.test(error.message));
  }
});

test("what must not be sent is an error", async () => {
  const calls = [];
  const blocked = middleware(guard({ more: "[proxy.modes]\nSTRIPE_KEY = 'block'\n" }));
  const wrapped = wrapLanguageModel({ model: model(calls), middleware: blocked });
  await assert.rejects(generateText({ model: wrapped, prompt: SECRET }), (error) => error instanceof Refused && !error.message.includes(SECRET));
  assert.deepEqual(calls, []);
});

test("values are redacted before they are embedded", async () => {
  let sent;
  const embedder = new MockEmbeddingModelV3({
    maxEmbeddingsPerCall: 9,
    doEmbed: async ({ values }) => ((sent = values), { embeddings: values.map(() => [1]), warnings: [] }),
  });
  await embedMany({ model: wrapEmbeddingModel({ model: embedder, middleware: embeddingMiddleware(guard()) }), values: [SECRET, "clean"] });
  assert.match(sent[0], REFERENCE);
  assert.equal(sent[1], "clean");
});
