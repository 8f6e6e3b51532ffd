import type { EmbeddingModelMiddleware, LanguageModelMiddleware } from "ai";
import type { RequestOptions } from "./fetch.js";

/**
 * Middleware for `wrapLanguageModel` of the AI SDK: references take the places of secrets in prompts, calls and results of
 * tools, and definitions of tools, before any provider gets them. `[[restore]]` rules of the configuration give values back in
 * calls of tools that run here.
 *
 * ```js
 * const model = wrapLanguageModel({ model: openai("gpt-5"), middleware: middleware() });
 * ```
 *
 * A call that must not be sent throws `Refused`, and one with an object that cannot be looked through, of a class that has getters,
 * a `TypeError`.
 */
export function middleware(options?: RequestOptions): LanguageModelMiddleware;

/** Middleware for `wrapEmbeddingModel`: values are redacted before they are embedded. */
export function embeddingMiddleware(options?: RequestOptions): EmbeddingModelMiddleware;
