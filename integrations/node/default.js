"use strict";

const { Redactor } = require("./redactor");

let made;

/** The redactor that functions use if they are given none: `new Redactor()`, made when it is first asked for. */
function defaultRedactor() {
  made ??= new Redactor();
  return made;
}

function redact(input) {
  return defaultRedactor().redact(input);
}

function redactJson(input) {
  return defaultRedactor().redactJson(input);
}

function find(input) {
  return defaultRedactor().find(input);
}

/** A stream to pipe through: of `redactor`, or of the default one. */
function createRedactStream({ redactor = defaultRedactor(), ...options } = {}) {
  return redactor.createStream(options);
}

module.exports = { createRedactStream, defaultRedactor, find, redact, redactJson };
