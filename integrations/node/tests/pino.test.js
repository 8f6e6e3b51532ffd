// What loggers of pino write.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import test from "node:test";
import { promisify } from "node:util";
import pino from "pino";
import { hooks, redactingDestination } from "keepmum/pino";
import { NAMED, SECRET, folder, redactor, token } from "./shared.js";

const require = createRequire(import.meta.url);

/** A destination that keeps its lines. */
function kept() {
  const lines = [];
  return { lines, write: (line) => lines.push(line), read: () => lines.join("").trim().split("\n").map((line) => JSON.parse(line)) };
}

/** Logs a secret in all the ways there are. */
function log(logger) {
  const error = new Error(`no entry with ${SECRET}`, { cause: new Error(SECRET) });
  logger.info(`é message ${SECRET} 😀`);
  logger.info("formatted %s %o", SECRET, { deep: [SECRET] });
  logger.info({ object: { deep: { [SECRET]: SECRET } }, password: "tomato", n: 1.5 }, "object");
  logger.error(error);
  logger.error({ err: error }, `failed\n"${SECRET}"`);
  logger.child({ session: SECRET }).warn({ token: token() }, "bound");
}

function check(lines) {
  const text = JSON.stringify(lines);
  assert.equal(lines.length, 6);
  assert.ok(!text.includes("correct horse") && !text.includes("tomato") && !text.includes("ghp_"), text);
  assert.equal(lines[0].msg, `é message ${NAMED} 😀`);
  assert.deepEqual([lines[1].msg.includes(NAMED), lines[2].n, lines[2].level], [true, 1.5, 30]);
  assert.deepEqual(lines[2].object, { deep: { [NAMED]: NAMED } });
  assert.match(lines[3].err.stack, /no entry with \[REDACTED:pw\][^]*\n +at /);
  assert.equal(lines[4].msg, `failed\n"${NAMED}"`);
  assert.equal(lines[5].session, NAMED);
}

test("hooks guard whatever a logger writes", () => {
  const destination = kept();
  log(pino({ hooks: hooks({ redactor }) }, destination));
  check(destination.read());
});

test("a destination is guarded, and told of levels", () => {
  const [all, errors] = [kept(), kept()];
  const both = pino.multistream([{ level: "info", stream: all }, { level: "error", stream: errors }]);
  log(pino(redactingDestination(both, { redactor })));
  check(all.read());
  assert.equal(errors.read().length, 2);
  assert.throws(() => redactingDestination({}), TypeError);
});

test("a destination that asks for the object beside the line does not get it", () => {
  const destination = { ...kept(), [Symbol.for("pino.metadata")]: true };
  pino(redactingDestination(destination, { redactor })).info({ SECRET }, SECRET);
  assert.ok(destination.lastLevel === 30 && destination.lastTime > 0);
  assert.ok(!("lastObj" in destination) && !("lastMsg" in destination) && !("lastLogger" in destination));
});

test("lines that cannot be looked through are withheld", () => {
  const failing = { redactJson: () => { throw new Error(SECRET); } };
  const destination = kept();
  pino({ hooks: hooks({ redactor: failing }) }, destination).info(SECRET);
  assert.deepEqual(destination.read(), [{ level: 50, msg: "[keepmum: record withheld]" }]);
});

/** Ends a transport, whose thread keeps no process running, and waits for it. */
async function ended(transport) {
  const running = setInterval(() => {}, 1000);
  transport.end();
  await once(transport, "close");
  clearInterval(running);
}

const options = { toml: "", secrets: { pw: SECRET } };

test("a transport, in its thread", async () => {
  const path = join(folder(), "log");
  const transport = pino.transport({ target: "keepmum/pino", options: { ...options, destination: path } });
  const logger = pino(transport);
  for (let round = 0; round < 200; round++) log(logger);
  await ended(transport);
  const lines = readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, 1200);
  for (let round = 0; round < 200; round++) check(lines.slice(6 * round, 6 * round + 6));
});

test("a transport before another one", async () => {
  const path = join(folder(), "log");
  const pipeline = [
    { target: "keepmum/pino", options: { ...options, pipeline: true } },
    { target: "pino/file", options: { destination: path } },
  ];
  const transport = pino.transport({ pipeline });
  log(pino(transport));
  await ended(transport);
  check(readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line)));
});

test("hooks guard all targets of a transport", async () => {
  const paths = [join(folder(), "log"), join(folder(), "log")];
  const transport = pino.transport({ targets: paths.map((destination) => ({ target: "pino/file", options: { destination } })) });
  log(pino({ hooks: hooks({ redactor }) }, transport));
  await ended(transport);
  for (const path of paths) check(readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line)));
});

test("a transport that cannot be made is an error, and the standard output is flushed", async () => {
  const failed = pino.transport({ target: "keepmum/pino", options: { toml: "nope = 1" } });
  const running = setInterval(() => {}, 1000);
  const [error] = await once(failed, "error");
  clearInterval(running);
  assert.match(error.message, /nope/);
  const program = `
    const pino = require(${JSON.stringify(require.resolve("pino"))});
    const target = ${JSON.stringify(require.resolve("keepmum/pino"))};
    pino(pino.transport({ target, options: ${JSON.stringify(options)} })).info(${JSON.stringify(SECRET)});
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--eval", program]);
  assert.equal(JSON.parse(stdout).msg, NAMED);
});
