"use strict";

const { Exit } = require("./exit");

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

const TEXTS = /^text\/|json|xml|yaml|toml|csv|javascript|x-sh/i;

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
  field(holder, key, mediaType) {
    const value = holder[key];
    if (FIXED.has(key)) return;
    if (key === "data" && isMedia(value)) this.#file(holder, key, mediaType);
    else if (JSONS.has(key) || (key === "value" && !isContent(holder))) this.#add(value, (put) => (holder[key] = put));
    else if (typeof value === "string") this.#add(value, (put) => (holder[key] = put));
    else if (value instanceof URL) this.#add(value.href, (put) => (holder[key] = new URL(put)));
    else if (Array.isArray(value)) this.#each((holder[key] = [...value]), value.keys());
    else if (isPlain(value)) this.#each((holder[key] = { ...value }), Object.keys(value), mediaType);
  }

  /** Has all of them looked through at once, and puts what changed. */
  redact(exit) {
    const old = this.#values.map((value) => JSON.stringify(value));
    const sent = exit.redactBody("json", `[${old.join(",")}]`);
    JSON.parse(sent).forEach((value, at) => {
      if (JSON.stringify(value) !== old[at]) this.#put[at](value);
    });
  }

  #each(copy, keys, mediaType) {
    for (const key of keys) this.field(copy, key, copy.mediaType ?? mediaType);
  }

  #add(value, put) {
    if (JSON.stringify(value) === undefined) return;
    this.#values.push(value);
    this.#put.push(put);
  }

  /** A file, of which only text can be looked through. */
  #file(holder, key, mediaType = "") {
    const value = holder[key];
    if (!TEXTS.test(mediaType)) return;
    if (typeof value === "string") {
      this.#add(Buffer.from(value, "base64").toString(), (put) => (holder[key] = Buffer.from(put).toString("base64")));
    } else {
      this.#add(Buffer.from(value).toString(), (put) => (holder[key] = new Uint8Array(Buffer.from(put))));
    }
  }
}

/** Bytes, or base64 of them: no address. */
function isMedia(value) {
  return value instanceof Uint8Array || (typeof value === "string" && !/^[a-z]+:/i.test(value));
}

/** Whether a tool's output has parts, as a prompt has. */
function isContent({ type }) {
  return type === "content" || type === "text" || type === "error-text";
}

function isPlain(value) {
  return typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));
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
