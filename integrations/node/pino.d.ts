import type { Writable } from "node:stream";
import type { Redactor, RedactorOptions } from "./index.js";

declare namespace transport {
  interface TransportOptions extends Omit<RedactorOptions, "warn"> {
    /** A path, or the number of a file that is open; by default 1, the standard output. */
    destination?: string | number | undefined;
    /** Stands in a `pipeline`: lines are handed on to the next target. */
    pipeline?: boolean | undefined;
    /** Makes the folder of `destination`. */
    mkdir?: boolean | undefined;
    /** Writes behind what is in the file; by default it does. */
    append?: boolean | undefined;
  }

  /** What a logger writes to. */
  interface Destination {
    write(line: string): unknown;
  }

  /**
   * Hooks of a logger: what it writes holds no secrets, whichever transports and targets it has.
   *
   * ```js
   * const logger = pino({ hooks: hooks() });
   * ```
   *
   * A line that cannot be looked through becomes one that says so.
   */
  function hooks(options?: { redactor?: Redactor | undefined }): { streamWrite(line: string): string };

  /** A destination that redacts what is written to it and hands it on to `destination`. */
  function redactingDestination(
    destination: Destination,
    options?: { redactor?: Redactor | undefined },
  ): Destination & { flush(done?: (error?: Error) => void): void; flushSync(): void; end(): void };

  export { Destination, TransportOptions, hooks, redactingDestination, transport };
}

/**
 * A target of `pino.transport`, in a thread of its own:
 *
 * ```js
 * const logger = pino(pino.transport({ target: "keepmum/pino", options: { config: "/etc/keepmum.toml" } }));
 * ```
 *
 * It guards what it writes itself, and no other target beside it: `hooks` does.
 */
declare function transport(options?: transport.TransportOptions): Writable;

export = transport;
