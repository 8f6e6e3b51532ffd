// Not run: read by `tsc`.
import { embed, wrapEmbeddingModel, wrapLanguageModel, type EmbeddingModel, type LanguageModel } from "ai";
import OpenAI from "openai";
import pino from "pino";
import { createRedactStream, redact, Redactor, Refused, type Finding } from "keepmum";
import { embeddingMiddleware, middleware } from "keepmum/ai";
import { refusalOf, wrapFetch } from "keepmum/fetch";
import transport, { hooks, redactingDestination } from "keepmum/pino";

const redactor = new Redactor({ secrets: { pw: "x", pin: new Uint8Array(8) }, profile: "precise", replacement: "fixed:***" });
const text: string = redactor.redact("text" as string);
const bytes: Uint8Array = redact(Buffer.from("bytes"));
const found: Finding[] = redactor.find(bytes);
const start: number | undefined = found[0]?.start;
const pushed: string = redactor.stream().push(text);
const finished: Buffer = redactor.stream({ encoding: "buffer", json: true }).finish();
process.stdin.pipe(createRedactStream({ redactor, highWaterMark: start })).pipe(process.stdout);

// @ts-expect-error: a number is no text.
redactor.redact(7);
// @ts-expect-error: a stream of text takes text.
redactor.stream().push(finished);
// @ts-expect-error: no such profile.
new Redactor({ profile: "loose" });
// @ts-expect-error: made by keepmum alone.
new Refused();

const client = new OpenAI({ fetch: wrapFetch(fetch, { redactor, hosts: ["llm.example.com"], everything: false }), apiKey: pushed });
const status: number | undefined = refusalOf(await wrapFetch()("https://api.openai.com"))?.status;
pino({ hooks: hooks({ redactor }), level: String(status) }, redactingDestination(pino.destination(1)));
transport({ destination: "log", profile: "paranoid" }).end();

declare const model: Exclude<LanguageModel, string> & { specificationVersion: "v3" };
declare const embedder: Exclude<EmbeddingModel, string> & { specificationVersion: "v3" };
wrapLanguageModel({ model, middleware: middleware({ redactor, keyFile: new URL("file:///key") }) });
await embed({ model: wrapEmbeddingModel({ model: embedder, middleware: embeddingMiddleware() }), value: String(client) });
