"use strict";

const { Writable } = require("node:stream");
const { StringDecoder } = require("node:string_decoder");
const { defaultRedactor } = require("./default");
const { Redactor } = require("./redactor");

const METADATA = Symbol.for("pino.metadata");
const WITHHELD = `${JSON.stringify({ level: 50, msg: "[keepmum: record withheld]" })}\n`;

/** A target of `pino.transport`, in a thread of its own. See `pino.d.ts`. */
function transport({ destination = 1, pipeline = false, mkdir = false, append = true, ...options } = {}) {
  const redactor = Object.keys(options).length > 0 ? new Redactor(options) : defaultRedactor();
  if (pipeline) return redactor.createStream({ json: true });
  return new Lines(redactor, require("pino").destination({ dest: destination, mkdir, append, sync: false }));
}

/** Lines that are written to a file. Is over when the file is. */
class Lines extends Writable {
  #stream;
  #decoder = new StringDecoder("utf8");
  #file;

  constructor(redactor, file) {
    super({ decodeStrings: false });
    this.#stream = redactor.stream({ json: true });
    this.#file = file;
    file.on("error", (error) => this.destroy(error));
  }

  _write(chunk, _, done) {
    try {
      this.#passed(this.#stream.push(typeof chunk === "string" ? chunk : this.#decoder.write(chunk)), done);
    } catch (error) {
      done(error);
    }
  }

  _final(done) {
    try {
      this.#passed(this.#stream.finish(), () => {
        this.#file.once("close", () => done());
        this.#file.end();
      });
    } catch (error) {
      done(error);
    }
  }

  _destroy(error, done) {
    this.#stream.abandon();
    done(error);
  }

  #passed(decided, done) {
    // Not every file takes empty texts.
    if (decided.length === 0 || this.#file.write(decided)) return done();
    this.#file.once("drain", () => done());
  }
}

/** Hooks of a logger: what it writes holds no secrets, wherever it goes. */
function hooks({ redactor = defaultRedactor() } = {}) {
  return { streamWrite: (line) => redacted(redactor, line) };
}

/** A destination that redacts what is written to it and hands it on to `destination`. */
function redactingDestination(destination, { redactor = defaultRedactor() } = {}) {
  if (typeof destination?.write !== "function") throw new TypeError("expected a destination");
  return new Destination(destination, redactor);
}

class Destination {
  #behind;
  #redactor;
  /** `pino(destination)` knows it for one by this; otherwise it would be options, and lines would go elsewhere. */
  writable = true;

  constructor(behind, redactor) {
    this.#behind = behind;
    this.#redactor = redactor;
  }

  write(line) {
    return this.#behind.write(redacted(this.#redactor, line));
  }

  flush(done) {
    if (typeof this.#behind.flush === "function") return this.#behind.flush(done);
    done?.();
  }

  flushSync() {
    this.#behind.flushSync?.();
  }

  end() {
    this.#behind.end?.();
  }

  // Of what a logger tells beside a line, the objects and texts are kept back: they are as they were.
  get [METADATA]() {
    return this.#behind[METADATA] === true;
  }

  set lastLevel(level) {
    this.#behind.lastLevel = level;
  }

  set lastTime(time) {
    this.#behind.lastTime = time;
  }
}

/** A line without secrets. What cannot be looked through is withheld: a logger must not throw. */
function redacted(redactor, line) {
  try {
    return redactor.redactJson(line);
  } catch {
    return WITHHELD;
  }
}

// `pino.transport` takes the default of a module, and imports of names find the others.
module.exports = transport;
module.exports.default = transport;
module.exports.hooks = hooks;
module.exports.redactingDestination = redactingDestination;
module.exports.transport = transport;
