import type { Transform, TransformOptions } from "node:stream";

/** What a redactor is made of. Options say more than the file. */
export interface RedactorOptions {
  /**
   * The path of a `keepmum.toml`. Without it and `toml` it is the file at a usual place, as for the program: `keepmum.toml`
   * in the working folder, or `keepmum/keepmum.toml` in the user's configuration folder; if there is none the built-in rules
   * are in force.
   */
  config?: string | URL | undefined;
  /** A text in the format of `keepmum.toml`, in place of a file. `""` is the built-in rules, whatever files lie around. */
  toml?: string | undefined;
  /** Values by name, covered in every form and spelling, for good. */
  secrets?: Readonly<Record<string, string | Uint8Array>> | undefined;
  /** Files of further rules. */
  rules?: readonly string[] | undefined;
  profile?: "known-only" | "precise" | "balanced" | "paranoid" | undefined;
  /** Ids of rules, or vendors, that are left out. */
  disable?: readonly string[] | undefined;
  /** What stands in the place of a secret. */
  replacement?: "named" | "fingerprint" | "mask" | "partial" | "remove" | `fixed:${string}` | undefined;
  /** Further names of fields whose values are hidden as a whole, where values have names. */
  hide?: readonly string[] | undefined;
  /** Is told what somebody should look at; by default `process.emitWarning`. */
  warn?: ((text: string) => void) | undefined;
}

export interface StreamOptions {
  /** Lines of JSON: strings are looked through as what they say. */
  json?: boolean | undefined;
}

/** What is redacted, and where. Holds nothing of the secret itself. */
export interface Finding {
  /** The secret's name or the rule's id. */
  readonly name: string;
  /** `limit`: taken out undecided, because a limit was crossed. */
  readonly origin: "limit" | "rule" | "secret";
  /** Where it begins: in UTF-16 units of a string, as it counts itself, or in bytes. */
  readonly start: number;
  /** Where it ends, in the same units. */
  readonly end: number;
  /** The same for the same value, where that cannot be guessed. */
  readonly fingerprint?: string | undefined;
}

/**
 * Secrets and rules in force, kept fresh as the configuration says.
 *
 * ```js
 * const redactor = Redactor.fromToml("", { secrets: { "db-password": "correct horse" } });
 * redactor.redact("pw: correct horse"); // "pw: [REDACTED:db-password]"
 * ```
 *
 * Threads have one each: it is not sent to workers.
 */
export class Redactor {
  /**
   * @throws ConfigError, SourceError if a source of secrets cannot be read, SecretError for a value that would be found
   * everywhere.
   */
  constructor(options?: RedactorOptions);
  /** What the file at `path` says, and nothing else. */
  static fromConfig(path: string | URL): Redactor;
  /** What a text in the format of `keepmum.toml` says. */
  static fromToml(toml: string, options?: Omit<RedactorOptions, "config" | "toml">): Redactor;

  /**
   * Replaces the secrets in text or bytes. What is clean is given back itself. Whatever goes wrong is an exception, and never
   * the input.
   */
  redact<T extends string | Uint8Array>(input: T): T extends string ? string : Uint8Array;
  /**
   * Replaces the secrets in JSON, or in lines of it: strings are looked through as what they say, however they are escaped,
   * and stay strings; numbers that hold a secret become strings; all other bytes stay. What is no JSON, or is too deep, is
   * redacted as text to the end of its line.
   */
  redactJson<T extends string | Uint8Array>(input: T): T extends string ? string : Uint8Array;
  /** Replaces the secrets in the value of a field, whose name can tell what it is: a value called `password` is hidden. */
  redactField(name: string, value: string): string;
  /** Whether the value of a field of that name is hidden, whatever it is. */
  hides(name: string): boolean;
  /** What would be redacted, in order. */
  find(input: string | Uint8Array): Finding[];
  /**
   * Covers one more secret, for good: in every form and spelling, and from now on also in streams that are running.
   *
   * @throws SecretError for a value that would be found everywhere.
   */
  addSecret(name: string, value: string | Uint8Array): void;
  /** Has every source of secrets read again, now. Returns at once; `warn` hears of failures. */
  refresh(): void;
  /** A stream of strings. */
  stream(options?: StreamOptions & { encoding?: "utf8" | undefined }): Stream<string>;
  /** A stream of bytes. */
  stream(options: StreamOptions & { encoding: "buffer" }): Stream<Uint8Array>;
  /** A stream to pipe through. */
  createStream(options?: StreamOptions & TransformOptions): RedactStream;
}

/**
 * Redacts an input that comes in pieces. However it is cut, also between the halves of a surrogate pair, the output is the same.
 *
 * A piece leaves as soon as nothing can claim it; what could still become a secret is held. Made by `Redactor.stream`.
 */
export class Stream<T extends string | Uint8Array = string> {
  private constructor();
  /** Takes the next piece; gives what is decided by now. After an exception the stream is over. */
  push(chunk: T): T extends string ? string : Buffer;
  /** Says that the input pauses, as at a prompt; gives a held beginning of a possible secret of under 8 bytes. */
  release(): T extends string ? string : Buffer;
  /** Says that the input is over; gives the rest. */
  finish(): T extends string ? string : Buffer;
  /** Ends it; what it holds is dropped. */
  abandon(): void;
}

/** A stream of bytes to pipe through. What is held when it is destroyed is dropped. */
export class RedactStream extends Transform {
  constructor(redactor: Redactor, options?: StreamOptions & TransformOptions);
}

/** A stream to pipe through: of `redactor`, or of the default one. */
export function createRedactStream(options?: StreamOptions & TransformOptions & { redactor?: Redactor | undefined }): RedactStream;

/** The redactor that functions use if they are given none: `new Redactor()`, made when it is first asked for. */
export function defaultRedactor(): Redactor;
/** As `Redactor.redact`, with the default redactor. */
export function redact<T extends string | Uint8Array>(input: T): T extends string ? string : Uint8Array;
/** As `Redactor.redactJson`, with the default redactor. */
export function redactJson<T extends string | Uint8Array>(input: T): T extends string ? string : Uint8Array;
/** As `Redactor.find`, with the default redactor. */
export function find(input: string | Uint8Array): Finding[];

/** What keepmum throws. No text holds a value of a secret. */
export class KeepmumError extends Error {}
/** A configuration is not in force. The text names the file and line, or the rule. */
export class ConfigError extends KeepmumError {}
/** A source of secrets could not be read. Trying again later can help. */
export class SourceError extends ConfigError {}
/** A secret is not looked for: its value would be found everywhere, or is too long. The text names it. */
export class SecretError extends KeepmumError {}
/** An input crossed a limit. Nothing of it is given out. */
export class LimitError extends KeepmumError {}
/** keepmum failed inside. Nothing is given out. */
export class InternalError extends KeepmumError {}
/** A request that must not be sent: a secret stands where nothing may change, or it cannot be looked into. */
export class Refused extends KeepmumError {
  private constructor();
  /** The HTTP status that says so. */
  readonly status: number;
  /** The same in JSON, as the provider itself would put it. */
  readonly body: Buffer;
}
