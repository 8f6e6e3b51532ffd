// What keepmum costs in Node. CPU time of this process: the best of rounds in which all take turns. Needs `pino` beside it.
//
//     ./build && npm install --no-save pino && node bench.js
"use strict";

const { pino } = require("pino");
const { Redactor } = require("./index");
const { hooks } = require("./pino");

const ROUNDS = 7;
const CALLS = 100_000;
const SECRET = "correct horse battery staple";

const redactor = Redactor.fromToml("", { secrets: { pw: SECRET } });
const clean = "GET /api/v1/users/4711 200 in 12 ms; cache hit, 3 rows from replica eu-west-1b; ".repeat(3).slice(0, 200);
const dirty = `${clean.slice(0, 150)}${SECRET}`;
const bytes = Buffer.from(clean);
const log = Array.from({ length: 50_000 }, (_, line) => `${line} ${clean}\n`).join("");
const logBytes = Buffer.from(log);

// As people write them.
const expressions = [
  /AKIA[0-9A-Z]{16}/g, /gh[pousr]_[A-Za-z0-9]{36}/g, /sk_live_[0-9a-zA-Z]{24,}/g, /xox[baprs]-[0-9A-Za-z-]{10,}/g,
  /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g, /AIza[0-9A-Za-z_-]{35}/g, /Bearer\s+[\w.~+/-]+=*/gi, /(password|passwd|pwd)\s*[=:]\s*\S+/gi,
  /api[_-]?key\s*[=:]\s*\S+/gi, /\/\/[^/\s:]+:[^/\s@]+@/g,
];
const byHand = (text) => expressions.reduce((text, expression) => text.replace(expression, "[REDACTED]"), text);

const nowhere = { write() {} };
const record = { user: { id: 4711, password: "tomato" }, path: "/api/v1/users", ms: 12, headers: { authorization: "none" } };
const paths = ["user.password", "headers.authorization"];
const loggers = {
  "pino, nothing redacted": pino({}, nowhere),
  "pino with `redact` of two paths": pino({ redact: paths }, nowhere),
  "pino with keepmum's hooks": pino({ hooks: hooks({ redactor }) }, nowhere),
  "pino with the ten expressions in `streamWrite`": pino({ hooks: { streamWrite: byHand } }, nowhere),
};

const jsonLine = JSON.stringify({ level: 30, time: 1, msg: clean.slice(0, 163) });

const measured = {
  "`redact`, clean text of 200 characters": () => redactor.redact(clean),
  "`redact`, the same as a Buffer": () => redactor.redact(bytes),
  "`redact`, 178 characters with a known secret": () => redactor.redact(dirty),
  "`redactJson`, a line of JSON of 200 characters": () => redactor.redactJson(jsonLine),
  "ten expressions by hand, the clean text": () => byHand(clean),
  ...Object.fromEntries(Object.entries(loggers).map(([name, logger]) => [name, () => logger.info(record, "request")])),
};
/** Nanoseconds of CPU for each call. */
function once(run, calls) {
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) run();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / calls;
}

const best = {};
const take = (name, run, calls) => (best[name] = Math.min(best[name] ?? Infinity, once(run, calls)));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(measured)) take(name, run, CALLS);
  take("as a string", () => redactor.redact(log), 5);
  take("as a Buffer", () => redactor.redact(logBytes), 5);
}
console.log("| | ns each |\n|---|---|");
for (const name of Object.keys(measured)) console.log(`| ${name} | ${Math.round(best[name]).toLocaleString("en")} |`);
for (const name of ["as a string", "as a Buffer"]) console.log(`| log of ${log.length} characters, ${name} | ${Math.round((log.length * 1000) / best[name])} MB/s |`);
