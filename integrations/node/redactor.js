"use strict";

const { fileURLToPath } = require("node:url");
const { inspect } = require("node:util");
const { SecretError, named } = require("./errors");
const { call, native } = require("./native");
const { RedactStream, Stream } = require("./stream");
const { bytes, isText } = require("./values");

function warned(text) {
  process.emitWarning(text, "KeepmumWarning");
}

/** Secrets and rules in force. See `index.d.ts`. */
class Redactor extends native.Redactor {
  #config;

  constructor(options = {}) {
    if (typeof options !== "object" || options === null) throw new TypeError("expected an object of options");
    const { config, toml, secrets = {}, rules = [], profile, disable = [], replacement, hide = [], warn = warned } = options;
    const values = Object.entries(secrets).map(([name, value]) => [name, secret(name, value)]);
    try {
      const path = config === undefined ? undefined : file(config);
      super({ config: path, toml, secrets: values, rules: rules.map(file), profile, disable, replacement, hide }, warn);
    } catch (error) {
      throw named(error);
    } finally {
      for (const [, value] of values) value.fill(0);
    }
    this.#config = config;
    for (const text of super.warnings()) warn(text);
  }

  static fromConfig(path) {
    return new this({ config: path });
  }

  static fromToml(toml, options = {}) {
    return new this({ ...options, toml });
  }

  redact(input) {
    return call(() => (isText(input) ? super.redactText(input) : super.redactBytes(bytes(input)))) ?? input;
  }

  redactJson(input) {
    return call(() => (isText(input) ? super.redactJsonText(input) : super.redactJsonBytes(bytes(input)))) ?? input;
  }

  redactField(name, value) {
    if (!isText(value)) throw new TypeError("expected a string");
    return call(() => super.redactFieldText(name, value)) ?? value;
  }

  find(input) {
    return call(() => (isText(input) ? super.findText(input) : super.findBytes(bytes(input))));
  }

  addSecret(name, value) {
    const copy = secret(name, value);
    try {
      call(() => super.addSecretBytes(name, copy));
    } finally {
      copy.fill(0);
    }
  }

  refresh() {
    call(() => super.refresh());
  }

  stream(options) {
    return new Stream(this, options);
  }

  createStream(options) {
    return new RedactStream(this, options);
  }

  [inspect.custom]() {
    return `Redactor {${this.#config === undefined ? "" : ` ${this.#config} `}}`;
  }
}

/** The path of a file that is named by it or by its address. */
function file(name) {
  return name instanceof URL ? fileURLToPath(name) : String(name);
}

/** A copy of a secret's bytes, which the caller wipes. */
function secret(name, value) {
  // What has no UTF-8 stands nowhere as it is here.
  if (isText(value) ? !value.isWellFormed() : !ArrayBuffer.isView(value)) {
    throw new SecretError(`secret \`${name}\` is no text and no bytes`);
  }
  const old = isText(value) ? new TextEncoder().encode(value) : bytes(value);
  // Not in the pool that small buffers share.
  const copy = Buffer.allocUnsafeSlow(old.length);
  copy.set(old);
  if (isText(value)) old.fill(0);
  return copy;
}

module.exports = { Redactor };
