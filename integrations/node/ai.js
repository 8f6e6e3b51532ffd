"use strict";

const { isUtf8 } = require("node:buffer");
const { isAnyArrayBuffer } = require("node:util/types");
const { Exit } = require("./exit");
const { bytes } = require("./values");

/** Middleware for `wrapLanguageModel` of the AI SDK. See `ai.d.ts`. */
function middleware(options) {
  const exit = new Exit({ ...options, everything: true });
  return {
    specificationVersion: "v3",
    async transformParams({ params }) {
      return redacted(exit, params, ["prompt", "tools", "responseFormat", "stopSequences"]);
    },
    async wrapGenerate({ doGenerate }) {
      const result = await doGenerate();
      return { ...result, content: result.content.map((part) => restored(exit, part)) };
    },
    async wrapStream({ doStream }) {
      const result = await doStream();
      const passing = new TransformStream({
        transform(part, controller) {
          controller.enqueue(restored(exit, part));
        },
      });
      return { ...result, stream: result.stream.pipeThrough(passing) };
    },
  };
}

/** Middleware for `wrapEmbeddingModel`. */
function embeddingMiddleware(options) {
  const exit = new Exit({ ...options, everything: true });
  return {
    specificationVersion: "v3",
    async transformParams({ params }) {
      return redacted(exit, params, ["values"]);
    },
  };
}

/** Names of things, as programs and providers know them, and what is meant for the provider alone. */
const FIXED = new Set([
  "approvalId", "fileId", "id", "kind", "mediaType", "name", "providerOptions", "reference", "role", "toolCallId", "toolName", "type",
]);

/** JSON of any shape, in which keys can hold secrets too. */
const JSONS = new Set(["args", "input", "inputExamples", "inputSchema", "schema"]);

/** `params` with references in the place of secrets in some of its fields; the rest is as it was. Throws `Refused`. */
function redacted(exit, params, fields) {
  const places = new Places();
  const copy = { ...params };
  for (const field of fields) places.field(copy, field);
  places.redact(exit);
  return copy;
}

/** Where something stands that is looked through, in copies of what was handed over. */
class Places {
  #values = [];
  #put = [];

  /** Looks at a field of a copy, and puts a copy there. */
  field(holder, key) {
    const value = holder[key];
    if (FIXED.has(key)) return;
    if (isBytes(value) || (key === "data" && isBase64(value))) this.#file(holder, key);
    else if (JSONS.has(key) || (key === "value" && !isContent(holder))) this.#add(value, (put) => (holder[key] = put));
    else if (typeof value === "string") this.#add(value, (put) => (holder[key] = put));
    else if (value instanceof URL) this.#add(value.href, (put) => (holder[key] = new URL(put)));
    else if (Array.isArray(value)) this.#each((holder[key] = [...value]), value.keys());
    else if (typeof value?.toJSON === "function") this.#add(value, (put) => (holder[key] = put));
    else if (typeof value === "object" && value !== null) this.#each((holder[key] = copied(value)), Object.keys(value));
  }

  /** Has all of them looked through at once, and puts what changed. */
  redact(exit) {
    const old = this.#values.map((value) => JSON.stringify(value));
    const sent = exit.redactBody("json", `[${old.join(",")}]`);
    JSON.parse(sent).forEach((value, at) => {
      if (JSON.stringify(value) !== old[at]) this.#put[at](value);
    });
  }

  #each(copy, keys) {
    for (const key of keys) this.field(copy, key);
  }

  #add(value, put) {
    if (JSON.stringify(value) === undefined) return;
    this.#values.push(value);
    this.#put.push(put);
  }

  /** A file, of whichever type it is called: text, or any other bytes, of which each is a character then. */
  #file(holder, key) {
    const inBase64 = typeof holder[key] === "string";
    const data = inBase64 ? Buffer.from(holder[key], "base64") : bytes(asView(holder[key]));
    const encoding = isUtf8(data) ? "utf8" : "latin1";
    this.#add(data.toString(encoding), (put) => {
      const changed = Buffer.from(put, encoding);
      holder[key] = inBase64 ? changed.toString("base64") : new Uint8Array(changed);
    });
  }
}

function isBytes(value) {
  return ArrayBuffer.isView(value) || isAnyArrayBuffer(value);
}

function asView(value) {
  return ArrayBuffer.isView(value) ? value : new Uint8Array(value);
}

/** Base64 of bytes, and nothing that it could not be: no address, no text. */
function isBase64(value) {
  return typeof value === "string" && /^[A-Za-z0-9+/_-]*[=\s]*$/.test(value);
}

/** A copy of an object, of the same class. What shows more than it holds cannot be looked through. */
function copied(value) {
  let shows = Object.getPrototypeOf(value);
  // The root of all objects, of whichever realm, has nothing behind it.
  for (; shows !== null && Object.getPrototypeOf(shows) !== null; shows = Object.getPrototypeOf(shows)) {
    if (Object.values(Object.getOwnPropertyDescriptors(shows)).some(({ get }) => get)) {
      throw new TypeError("keepmum cannot look through a call with an object of such a class in it");
    }
  }
  return Object.assign(Object.create(Object.getPrototypeOf(value)), value);
}

/** Whether a tool's output has parts, as a prompt has. */
function isContent({ type }) {
  return type === "content" || type === "text" || type === "error-text";
}

/** A part of a reply. In a call of a tool that runs here values come back where a rule allows it. */
function restored(exit, part) {
  if (part.type !== "tool-call" || part.providerExecuted) return part;
  const restoring = exit.reply("openai-chat", [["content-type", "application/json"]]);
  if (restoring === undefined) return part;
  // What is known of calls is known of the replies that carry them.
  const call = { id: part.toolCallId, type: "function", function: { name: part.toolName, arguments: part.input } };
  const message = { role: "assistant", tool_calls: [call] };
  const { reply } = restoring;
  const pushed = reply.push(Buffer.from(JSON.stringify({ choices: [{ index: 0, message }] })));
  const whole = JSON.parse(Buffer.concat([pushed, reply.finish()]).toString());
  return { ...part, input: whole.choices[0].message.tool_calls[0].function.arguments };
}

module.exports = { embeddingMiddleware, middleware };
