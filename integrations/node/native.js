"use strict";

const { named } = require("./errors");

// The library, which `build` puts here.
const native = require(`./keepmum.${process.platform}-${process.arch}.node`);

/** Calls the library. What it throws has the name of a class as its code, and becomes one of that class. */
function call(run) {
  try {
    return run();
  } catch (error) {
    throw named(error);
  }
}

module.exports = { call, native };
