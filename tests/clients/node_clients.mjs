// The official clients for Node.js behind the gateway. Arguments: its address. The secret: STRIPE_KEY.

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const base = process.argv[2];
const secret = process.env.STRIPE_KEY;
const prompt = `Use the key ${secret} for the request.`;
const schema = { type: "object", properties: { url: { type: "string" } } };

/** Text keeps the reference; of tool calls the one that is allowed has the value. */
function check(text, calls) {
  assert.ok(text.includes("SECRETREF_stripe_key_") && !text.includes(secret), text);
  assert.ok("http_request" in calls);
  for (const [name, input] of Object.entries(calls)) {
    const bearer = input.headers.Authorization;
    if (name === "http_request") assert.equal(bearer, `Bearer ${secret}`);
    else assert.match(bearer, /SECRETREF_stripe_key_/);
  }
}

const openai = new OpenAI({ baseURL: `${base}/openai/v1`, apiKey: "not looked at", maxRetries: 0 });
const chat = { model: "m", messages: [{ role: "user", content: prompt }], tools: [{ type: "function", function: { name: "http_request", parameters: schema } }] };
const chatCalls = (message) => Object.fromEntries(message.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]));
const whole = (await openai.chat.completions.create(chat)).choices[0].message;
check(whole.content, chatCalls(whole));
const streamed = await openai.chat.completions.stream(chat).finalMessage();
check(streamed.content, chatCalls(streamed));

const response = await openai.responses.stream({ model: "m", input: prompt, tools: [{ type: "function", name: "http_request", parameters: schema, strict: false }] }).finalResponse();
check(response.output_text, { http_request: JSON.parse(response.output[1].arguments) });
await assert.rejects(openai.chat.completions.create({ model: secret, messages: [] }), OpenAI.BadRequestError);

const anthropic = new Anthropic({ baseURL: `${base}/anthropic`, apiKey: "not looked at", maxRetries: 0 });
const message = { model: "m", max_tokens: 100, messages: [{ role: "user", content: prompt }], tools: [{ name: "http_request", input_schema: schema }] };
for (const final of [await anthropic.messages.create(message), await anthropic.messages.stream(message).finalMessage()]) {
  const [text, ...blocks] = final.content;
  check(text.text, Object.fromEntries(blocks.map((block) => [block.name, block.input])));
}
await assert.rejects(anthropic.messages.create({ ...message, model: secret }), Anthropic.BadRequestError);
console.log("node: good");
