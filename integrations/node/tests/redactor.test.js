// The redactor and its streams.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import * as keepmum from "keepmum";
import { NAMED, SECRET, folder, redactor, token } from "./shared.js";

const { ConfigError, Redactor, SecretError, SourceError } = keepmum;

test("text and bytes", () => {
  assert.equal(redactor.redact(`pw ${SECRET}!`), `pw ${NAMED}!`);
  assert.deepEqual(redactor.redact(Buffer.from(`é ${SECRET}`)), Buffer.from(`é ${NAMED}`));
  const part = new Uint8Array(Buffer.from(`ab ${SECRET}`)).subarray(3);
  assert.equal(redactor.redact(part).toString(), NAMED);
  const shared = new Uint8Array(new SharedArrayBuffer(SECRET.length));
  shared.set(Buffer.from(SECRET));
  assert.equal(redactor.redact(shared).toString(), NAMED);
  assert.match(redactor.redact(`t=${token()}`), /^t=\[REDACTED:github-/);
});

test("what is clean is given back itself", () => {
  for (const clean of ["", "hello", "é".repeat(3000), "x".repeat(100_000), "\ud800 alone", Buffer.from([0xff, 0]), new Uint8Array()]) {
    assert.equal(redactor.redact(clean), clean);
    assert.equal(redactor.redactJson(clean), clean);
  }
});

test("halves of surrogate pairs stay and hide nothing", () => {
  for (const [before, after] of [["\ud800", "\udfff"], ["\udc00\ud800", ""], ["\ufffd", "\ud83d"], ["😀\udc00", "\ud800\ud800"]]) {
    assert.equal(redactor.redact(`${before}${SECRET}${after}`), `${before}${NAMED}${after}`);
    assert.equal(redactor.redactJson(`${before}${SECRET}${after}`), `${before}${NAMED}${after}`);
    const stream = redactor.stream();
    const out = [...`${before}${SECRET}${after}`].map((char) => stream.push(char)).join("");
    assert.equal(out + stream.finish(), `${before}${NAMED}${after}`);
  }
});

test("what is no text and no bytes is an error", () => {
  for (const wrong of [undefined, null, 7, [SECRET], {}, Symbol("x"), new ArrayBuffer(8)]) {
    for (const run of [redactor.redact, redactor.redactJson, redactor.find]) {
      assert.throws(() => run.call(redactor, wrong), TypeError);
    }
  }
});

test("findings say where", () => {
  const text = `é😀 ${SECRET} é`;
  const [found, ...others] = redactor.find(text);
  assert.deepEqual([found.name, found.origin, text.slice(found.start, found.end), others], ["pw", "secret", SECRET, []]);
  const [there] = redactor.find(Buffer.from(text));
  assert.equal(Buffer.from(text).subarray(there.start, there.end).toString(), SECRET);
  assert.ok(!inspect(found).includes(SECRET));
});

test("JSON stays JSON", () => {
  const spelled = SECRET.replaceAll("o", "\\u006f");
  assert.equal(redactor.redactJson(`{"a": "${spelled}", "n": 1.50}`), `{"a": "${NAMED}", "n": 1.50}`);
  assert.equal(redactor.redactJson(Buffer.from(`["${SECRET}"]`)).toString(), `["${NAMED}"]`);
});

test("names of fields tell", () => {
  const hiding = Redactor.fromToml("", { hide: ["sauce"] });
  assert.ok(hiding.hides("sauce") && hiding.hides("password") && !hiding.hides("colour"));
  assert.ok(!hiding.redactField("sauce", "tomato").includes("tomato"));
  assert.equal(hiding.redactField("colour", "tomato"), "tomato");
  assert.equal(redactor.redactField("note", `\ud800${SECRET}\udfff`), `\ud800${NAMED}\udfff`);
});

test("a stream is cut anywhere", () => {
  const pieces = [SECRET, SECRET.slice(0, 9), "é", "😀", "\n", "abc ", '"', "\ud800"];
  // A generator of numbers whose failures come again.
  let state = 1;
  const draw = (below) => (state = (state * 48271) % 2147483647) % below;
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: 20 }, () => pieces[draw(pieces.length)]).join("");
    const [strings, buffers] = [redactor.stream(), redactor.stream({ encoding: "buffer" })];
    let out = "";
    for (let at = 0, cut; at < text.length; at = cut) {
      cut = at + 1 + draw(9);
      out += strings.push(text.slice(at, cut));
    }
    assert.equal(out + strings.finish(), redactor.redact(text));
    const [bytes, parts] = [Buffer.from(text), []];
    for (let at = 0, cut; at < bytes.length; at = cut) {
      cut = at + 1 + draw(9);
      parts.push(buffers.push(bytes.subarray(at, cut)));
    }
    assert.deepEqual(Buffer.concat([...parts, buffers.finish()]), Buffer.from(redactor.redact(bytes)));
  }
});

test("a stream is prompt and ends", () => {
  const stream = redactor.stream();
  assert.equal(stream.push("Enter a value: "), "Enter a value: ");
  assert.equal(stream.push("correct"), "");
  assert.equal(stream.release(), "correct");
  stream.push("correct ho");
  stream.abandon();
  assert.throws(() => stream.push("rse"), /finished/);
  assert.throws(() => stream.finish(), /finished/);
  assert.throws(() => redactor.stream({ encoding: "buffer" }).push("text"), TypeError);
  assert.throws(() => redactor.stream({ encoding: "latin1" }), TypeError);
});

test("streams are piped through", async () => {
  const text = `é ${SECRET} `.repeat(5000);
  const chunks = Readable.from(Buffer.from(text).toString("latin1").match(/.{1,7}/gs).map((chunk) => Buffer.from(chunk, "latin1")));
  assert.equal(await textOf(chunks.pipe(redactor.createStream())), redactor.redact(text));
  const json = Readable.from([`{"a": "${SECRET.slice(0, 9)}`, `${SECRET.slice(9)}"}\nno json\n`]);
  assert.equal(await textOf(json.pipe(keepmum.createRedactStream({ redactor, json: true }))), `{"a": "${NAMED}"}\nno json\n`);
});

test("JSON that is too deep is looked through as text", async () => {
  const deep = (said) => `${"[".repeat(100_000)}"${said}"\n`;
  assert.equal(redactor.redactJson(deep(SECRET)), deep(NAMED));
  assert.equal(await textOf(Readable.from([deep(SECRET)]).pipe(redactor.createStream({ json: true }))), deep(NAMED));
});

test("a stream that is destroyed lets nothing out", async () => {
  const stream = redactor.createStream();
  const out = [];
  stream.on("data", (chunk) => out.push(chunk));
  stream.write("pw: correct ho");
  stream.destroy(new Error("no more"));
  await assert.rejects(finished(stream), /no more/);
  assert.ok(!Buffer.concat(out).includes("correct"));
});

test("a configuration that is wrong says where", () => {
  assert.throws(() => Redactor.fromToml("nope = 1"), (error) => error instanceof ConfigError && /configuration:1: .*nope/.test(error.message));
  assert.throws(() => Redactor.fromConfig(join(folder(), "none.toml")), ConfigError);
  assert.throws(() => new Redactor({ toml: "", profile: "loose" }), ConfigError);
  assert.throws(() => new Redactor({ toml: "", replacement: "loose" }), ConfigError);
  const source = "[[source]]\nkind = 'file'\nname = 'pin'\npath = '/nowhere/at/all'\n";
  assert.throws(() => Redactor.fromToml(source), SourceError);
  assert.throws(() => new Redactor("keepmum.toml"), TypeError);
});

test("secrets that would be found everywhere are refused by name", () => {
  for (const value of ["x", "true", 7, "\ud800 correct horse", undefined]) {
    assert.throws(
      () => Redactor.fromToml("", { secrets: { pin: value } }),
      (error) => error instanceof SecretError && /pin/.test(error.message) && error.name === "SecretError",
    );
  }
  const bytes = Buffer.from(SECRET);
  const own = Redactor.fromToml("replacement = 'mask'");
  const running = own.stream();
  assert.throws(() => own.addSecret("pin", "x"), SecretError);
  own.addSecret("pin", bytes);
  assert.equal(own.redact(SECRET), "*".repeat(SECRET.length));
  assert.equal(running.push(`${SECRET}!`) + running.finish(), `${"*".repeat(SECRET.length)}!`);
  assert.equal(bytes.toString(), SECRET, "what the caller has stays");
});

test("secrets are followed as they change, and warnings are heard", async () => {
  const path = folder();
  const write = (value) => {
    writeFileSync(join(path, "new"), value);
    renameSync(join(path, "new"), join(path, "pin"));
  };
  write("first value of a pin");
  writeFileSync(join(path, "keepmum.toml"), "[[source]]\nkind = 'file'\nname = 'pin'\npath = 'pin'\n");
  const heard = [];
  const own = new Redactor({ config: pathToFileURL(join(path, "keepmum.toml")), warn: (text) => heard.push(text) });
  assert.equal(own.redact("first value of a pin"), "[REDACTED:pin]");
  write("second value of a pin");
  own.refresh();
  while (own.redact("second value of a pin") !== "[REDACTED:pin]") await new Promise((done) => setImmediate(done));
  assert.equal(own.redact("first value of a pin"), "[REDACTED:pin]", "covered for an overlap");
  assert.deepEqual(heard, []);
  write("x");
  own.refresh();
  while (heard.length === 0) await new Promise((done) => setTimeout(done, 1));
  assert.match(heard.join("\n"), /pin/);
});

test("warnings of a short program are heard", () => {
  const program = `new (require("keepmum").Redactor)({ toml: "env-file = ['.env']" })`;
  const path = folder();
  writeFileSync(join(path, ".env"), "PIN=x\n");
  const { stderr } = run(program, path);
  assert.match(stderr, /KeepmumWarning: .*PIN/);
});

test("a redactor that is looked at shows no value, and keeps no process running", () => {
  for (const shown of [inspect(redactor, { showHidden: true, depth: 9 }), JSON.stringify(redactor), String(redactor), inspect(redactor.stream(), { showHidden: true })]) {
    assert.ok(!shown.includes(SECRET) && !shown.includes("horse"), shown);
  }
  const { stdout } = run(`
    const { redact } = require("keepmum");
    console.log(redact("https://user:${token()}@example.com"));
  `);
  assert.match(stdout, /^https:\/\/user:\[REDACTED:[a-z-]+\]@example.com\n$/);
});

test("both kinds of modules are the same, and threads have one each", async () => {
  assert.equal(createRequire(import.meta.url)("keepmum").Redactor, Redactor);
  const program = `
    const { Redactor } = require("keepmum");
    const { parentPort } = require("node:worker_threads");
    parentPort.postMessage(Redactor.fromToml("", { secrets: { pw: ${JSON.stringify(SECRET)} } }).redact(${JSON.stringify(SECRET)}));
  `;
  for (const _ of [1, 2, 3]) {
    const said = await new Promise((done, failed) => {
      const worker = new Worker(program, { eval: true });
      let said;
      worker.on("message", (message) => (said = message));
      worker.on("error", failed);
      worker.on("exit", () => done(said));
    });
    assert.equal(said, NAMED);
  }
  assert.throws(() => structuredClone(redactor).redact(SECRET), TypeError);
});

test("the files of the package are all there", () => {
  const { exports } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve("keepmum/package.json")));
  assert.deepEqual(Object.keys(exports), [".", "./fetch", "./pino", "./ai", "./package.json"]);
});

function run(program, cwd = import.meta.dirname) {
  const preload = createRequire(import.meta.url).resolve("keepmum");
  const here = program.replaceAll('require("keepmum")', `require(${JSON.stringify(preload)})`);
  const errors = join(folder(), "stderr");
  const stdout = execFileSync("sh", ["-c", `exec "$0" --eval "$1" 2>"$2"`, process.execPath, here, errors], { cwd, encoding: "utf8", timeout: 60_000 });
  return { stdout, stderr: readFileSync(errors, "utf8") };
}
