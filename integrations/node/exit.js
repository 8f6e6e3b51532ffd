"use strict";

const { fileURLToPath } = require("node:url");
const { defaultRedactor } = require("./default");
const { Refused } = require("./errors");
const { call, native } = require("./native");
const { bytes } = require("./values");

/** Looks through what goes to models, and through what they answer. */
class Exit {
  #exit;

  constructor({ redactor = defaultRedactor(), hosts = [], everything = false, keyFile } = {}) {
    const key = keyFile instanceof URL ? fileURLToPath(keyFile) : keyFile;
    this.#exit = call(() => new native.Exit(redactor, key, everything ? undefined : [...hosts]));
  }

  /** What a request is; nothing if it passes untouched. */
  api(url, headers) {
    const { hostname, pathname } = new URL(url);
    return call(() => this.#exit.api(hostname, pathname, headers)) ?? undefined;
  }

  /** The longest body that is looked through, in bytes. */
  get longest() {
    return this.#exit.longest;
  }

  /** Headers and body as they may be sent. Throws `Refused`. */
  look(api, method, headers, body) {
    return sent(call(() => this.#exit.look(api, method, headers, bytes(body))));
  }

  /** Why a body is not sent that could not be read to its end: it is too long, or breaks off. */
  refusal(api, tooLong) {
    return new Refused(call(() => this.#exit.refusal(api, tooLong)));
  }

  /** What restores the reply behind these headers, and its headers then; nothing if it passes as it comes. */
  reply(api, headers) {
    return call(() => this.#exit.reply(api, headers)) ?? undefined;
  }

  /** A JSON body as it may be sent. Throws `Refused`. */
  redactBody(api, json) {
    return sent(call(() => this.#exit.redactBody(api, Buffer.from(json)))).body.toString();
  }
}

function sent({ headers, body, refusal }) {
  if (refusal) throw new Refused(refusal);
  return { headers, body };
}

module.exports = { Exit };
