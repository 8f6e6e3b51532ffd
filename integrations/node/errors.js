"use strict";

// Why something was not done. No text holds a value of a secret.

/** What keepmum throws. */
class KeepmumError extends Error {
  get name() {
    return this.constructor.name;
  }
}

/** A configuration is not in force. The text names the file and line, or the rule. */
class ConfigError extends KeepmumError {}

/** A source of secrets could not be read. Trying again later can help. */
class SourceError extends ConfigError {}

/** A secret is not looked for: its value would be found everywhere, or is too long. The text names it. */
class SecretError extends KeepmumError {}

/** An input crossed a limit. Nothing of it is given out. */
class LimitError extends KeepmumError {}

/** keepmum failed inside. Nothing is given out. */
class InternalError extends KeepmumError {}

/** A request that must not be sent: a secret stands where nothing may change, or it cannot be looked into. */
class Refused extends KeepmumError {
  constructor({ message, status, body }) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

const classes = { ConfigError, InternalError, LimitError, SecretError, SourceError, TypeError };

/** An error of the library's, as one of its class. */
function named(error) {
  const Class = classes[error?.code];
  return Class ? new Class(error.message) : error;
}

module.exports = { ConfigError, InternalError, KeepmumError, LimitError, Refused, SecretError, SourceError, named };
