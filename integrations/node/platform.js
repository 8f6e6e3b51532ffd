"use strict";

/** What the library is called for: `linux-x64`, `linux-arm64-musl`. */
function platform() {
  const parts = [process.platform, process.arch];
  if (process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime) parts.push("musl");
  return parts.join("-");
}

module.exports = platform();
