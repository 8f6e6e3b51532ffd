"""Sends events with fluent-logger: plain, with a secret in a value, and with times in nanoseconds."""

import os
import sys

from fluent import sender

password = os.environ["DB_PASSWORD"]
plain = sender.FluentSender("fluent-logger", host="127.0.0.1", port=int(sys.argv[1]))
assert plain.emit("a", {"clean": 1})
assert plain.emit("b", {"message": f"pw {password}", "n": 7, "in": [{"deep": password}]})
plain.close()
exact = sender.FluentSender("fluent-logger", host="127.0.0.1", port=int(sys.argv[1]), nanosecond_precision=True)
assert exact.emit("c", {password: "in a key"})
exact.close()
