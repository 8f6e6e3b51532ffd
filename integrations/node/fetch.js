"use strict";

const { Refused } = require("./errors");
const { Exit } = require("./exit");

const refusals = new WeakMap();

/** Makes of `fetch` one whose requests to language models hold no secrets. See `fetch.d.ts`. */
function wrapFetch(fetch = globalThis.fetch, options = {}) {
  if (typeof fetch !== "function") throw new TypeError("expected a fetch function");
  const exit = new Exit(options);
  return async function keepmumFetch(input, init) {
    const request = head(input, init);
    const api = exit.api(request.url, [...request.headers]);
    if (api === undefined) return fetch(input, init);
    let sent;
    try {
      sent = await looked(exit, api, new Request(input, init));
    } catch (error) {
      if (error instanceof Refused) return refused(error);
      throw error;
    }
    const response = await fetch(input, { ...init, ...sent });
    return restored(exit, api, response);
  };
}

/** Why `response` stands in the place of a reply: the request was not sent. Nothing for other responses. */
function refusalOf(response) {
  return refusals.get(response);
}

/** The address and the headers of a request, whose body is left alone. */
function head(input, init) {
  const whole = input instanceof Request;
  return new Request(whole ? input.url : input, { headers: init?.headers ?? (whole ? input.headers : undefined) });
}

/** What of a request may be sent in the place of what it was. */
async function looked(exit, api, request) {
  const { method } = request;
  const body = await collected(exit, api, request);
  const { headers, body: sent } = exit.look(api, method, [...request.headers], body);
  // The client counts the bytes that it sends.
  const counted = headers.filter(([name]) => name !== "content-length");
  const bodiless = request.body === null;
  return { method, headers: counted, ...(bodiless ? {} : { body: sent, duplex: undefined }) };
}

/** All of a body, however it was to come. */
async function collected(exit, api, { body, signal }) {
  signal.throwIfAborted();
  const reader = body?.getReader();
  const chunks = [];
  let length = 0;
  // A body that stands still would not hear of it.
  const abort = () => reader?.cancel().catch(() => {});
  signal.addEventListener("abort", abort);
  try {
    for (let read; reader && !(read = await reader.read()).done; ) {
      // Any other chunk has no length that could be counted, and the client sends none.
      if (!(read.value instanceof Uint8Array)) throw new TypeError("a chunk that is no bytes");
      length += read.value.byteLength;
      if (length > exit.longest) throw exit.refusal(api, true);
      chunks.push(read.value);
    }
  } catch (error) {
    abort();
    // What a stream says when it fails could quote what it read.
    throw error instanceof Refused ? error : exit.refusal(api, false);
  } finally {
    signal.removeEventListener("abort", abort);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks, length);
}

/** The answer that the provider itself would give. */
function refused(refusal) {
  const { status, body } = refusal;
  const response = new Response(body, { status, headers: { "content-type": "application/json" } });
  refusals.set(response, refusal);
  return response;
}

/** A reply, in whose tool calls values come back where a rule allows it. */
function restored(exit, api, response) {
  if (response.body === null) return response;
  const restoring = exit.reply(api, [...response.headers]);
  if (restoring === undefined) return response;
  const { reply, headers } = restoring;
  const passing = new TransformStream({
    transform(chunk, controller) {
      given(controller, reply.push(chunk));
    },
    flush(controller) {
      given(controller, reply.finish());
    },
  });
  const { status, statusText, url } = response;
  const made = new Response(response.body.pipeThrough(passing), { status, statusText, headers });
  // Not settable; clients name it in errors.
  Object.defineProperty(made, "url", { value: url });
  return made;
}

function given(controller, bytes) {
  if (bytes.length > 0) controller.enqueue(new Uint8Array(bytes));
}

module.exports = { refusalOf, wrapFetch };
