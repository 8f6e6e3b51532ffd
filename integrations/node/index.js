"use strict";

const { createRedactStream, defaultRedactor, find, redact, redactJson } = require("./default");
const { ConfigError, InternalError, KeepmumError, LimitError, Refused, SecretError, SourceError } = require("./errors");
const { Redactor } = require("./redactor");
const { RedactStream, Stream } = require("./stream");

// Written out, so that `import { … }` finds the names.
module.exports = {
  ConfigError,
  InternalError,
  KeepmumError,
  LimitError,
  RedactStream,
  Redactor,
  Refused,
  SecretError,
  SourceError,
  Stream,
  createRedactStream,
  defaultRedactor,
  find,
  redact,
  redactJson,
};
