// Not run: read by `tsc`, as what a module of CommonJS is.
import keepmum = require("keepmum");
import transport = require("keepmum/pino");

const redactor: keepmum.Redactor = keepmum.Redactor.fromToml("");
const line: string = transport.hooks({ redactor }).streamWrite("{}");
const stream: NodeJS.WritableStream = transport({ pipeline: true });
stream.end(line);
