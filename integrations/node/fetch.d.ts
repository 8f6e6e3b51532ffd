import type { Redactor, Refused } from "./index.js";

export interface RequestOptions {
  /** By default the one of `defaultRedactor`. */
  redactor?: Redactor | undefined;
  /** The file with the key of references. By default the one that `[proxy] key-file` names, or this user's, as for the gateway. */
  keyFile?: string | URL | undefined;
}

export interface FetchOptions extends RequestOptions {
  /** Hosts that are looked through beside those of providers of models and Slack's. */
  hosts?: Iterable<string> | undefined;
  /** Looks through requests to every host. */
  everything?: boolean | undefined;
}

/**
 * Makes of `fetch` one whose requests to language models hold no secrets: references take their places, and nothing else of a
 * body changes, as the gateway does it.
 *
 * ```js
 * const client = new OpenAI({ fetch: wrapFetch() });
 * ```
 *
 * Requests to other hosts pass untouched. Bodies are read to their end before they are sent. A request that must not be sent
 * is answered as the provider would refuse it, and `refusalOf` tells why. `[[restore]]` rules of the configuration give values
 * back in replies.
 */
export function wrapFetch(fetch?: typeof globalThis.fetch, options?: FetchOptions): typeof globalThis.fetch;

/** Why a response stands in the place of a reply: the request was not sent. `undefined` for other responses. */
export function refusalOf(response: Response): Refused | undefined;
