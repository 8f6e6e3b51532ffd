"use strict";

const { Transform } = require("node:stream");
const { call, native } = require("./native");
const { bytes, isText } = require("./values");

/** An input that comes in pieces. See `index.d.ts`. */
class Stream {
  #stream;
  #text;

  constructor(redactor, { json = false, encoding = "utf8" } = {}) {
    if (encoding !== "utf8" && encoding !== "buffer") throw new TypeError('encoding is "utf8" or "buffer"');
    this.#text = encoding === "utf8";
    const Native = this.#text ? native.TextStream : native.ByteStream;
    this.#stream = call(() => new Native(redactor, Boolean(json)));
  }

  push(chunk) {
    if (isText(chunk) !== this.#text) throw new TypeError(`this is a stream of ${this.#text ? "strings" : "bytes"}`);
    return call(() => this.#stream.push(this.#text ? chunk : bytes(chunk)));
  }

  release() {
    return call(() => this.#stream.release());
  }

  finish() {
    return call(() => this.#stream.finish());
  }

  abandon() {
    this.#stream.abandon();
  }
}

/** What is piped through it. What is held when it is destroyed is dropped. */
class RedactStream extends Transform {
  #stream;

  constructor(redactor, { json = false, ...options } = {}) {
    super({ ...options, decodeStrings: true, objectMode: false, writableObjectMode: false });
    this.#stream = new Stream(redactor, { json, encoding: "buffer" });
  }

  _transform(chunk, _, done) {
    this.#given(() => this.#stream.push(chunk), done);
  }

  _flush(done) {
    this.#given(() => this.#stream.finish(), done);
  }

  _destroy(error, done) {
    this.#stream.abandon();
    done(error);
  }

  #given(take, done) {
    let decided;
    try {
      decided = take();
    } catch (error) {
      return done(error);
    }
    // An empty one would end a readable side in some modes.
    done(null, decided.length > 0 ? decided : undefined);
  }
}

module.exports = { RedactStream, Stream };
