"use strict";

// Text and bytes as callers hand them over.

function isText(value) {
  return typeof value === "string";
}

/** Bytes that nobody changes meanwhile, as a Buffer over them. */
function bytes(value) {
  if (!ArrayBuffer.isView(value)) throw new TypeError(`expected a string or bytes, not ${value === null ? "null" : typeof value}`);
  // Another thread could write to shared memory while it is looked through.
  const own = value.buffer instanceof ArrayBuffer ? value.buffer : value.buffer.slice(0);
  return Buffer.from(own, value.byteOffset, value.byteLength);
}

module.exports = { bytes, isText };
