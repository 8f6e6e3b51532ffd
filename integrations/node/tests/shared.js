// What tests share.
import { randomInt } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redactor } from "keepmum";

export const SECRET = "correct horse battery staple";
export const NAMED = "[REDACTED:pw]";
export const REFERENCE = /SECRETREF_stripe_key_[A-Z2-9]+/;

/** The built-in rules, and one known secret. Shared: add nothing to it. */
export const redactor = Redactor.fromToml("", { secrets: { pw: SECRET } });

/** A token of GitHub's, made up now. */
export function token() {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return ["gh", "p_", ...Array.from({ length: 36 }, () => letters[randomInt(letters.length)])].join("");
}

export function folder() {
  return mkdtempSync(join(tmpdir(), "keepmum-"));
}

/** A configuration with one secret, which `http_request` gets back, and a key. */
export function guard({ restore = true, more = "" } = {}) {
  const path = folder();
  const rule = "[[restore]]\nsecret = 'STRIPE_KEY'\ntool = 'http_request'\nhost = 'api.example.com'\n";
  writeFileSync(join(path, ".env"), `STRIPE_KEY='${SECRET}'\n`);
  writeFileSync(join(path, "keepmum.toml"), `env-file = ['.env']\n${more}${restore ? rule : ""}`);
  writeFileSync(join(path, "key"), Buffer.alloc(32, "k"), { mode: 0o600 });
  return { redactor: Redactor.fromConfig(join(path, "keepmum.toml")), keyFile: join(path, "key") };
}
