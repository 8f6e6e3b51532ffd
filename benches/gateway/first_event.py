"""How long the first event of a streamed reply takes, and the gaps between events: straight from an upstream, and through others.

first_event.py UPSTREAM NAME=PORT…   Each round asks all of them in turn. The upstream writes 20 events, 2 ms apart, the first at once.
"""

import http.client
import json
import statistics
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EVENTS, GAP, ROUNDS = 20, 0.002, 100
LINE = "fn main() {\n    println!(\"hello\");\n}\n" * 20
BODY = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": LINE}] * 120})


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 0

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("X-Accel-Buffering", "no")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(EVENTS):
            chunk = {"choices": [{"index": 0, "delta": {"content": f"word {number} "}, "finish_reason": None}]}
            event = f"data: {json.dumps(chunk)}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            time.sleep(GAP)
        self.wfile.write(b"0\r\n\r\n")


def ask(connection):
    """Milliseconds until the first event, and until the last."""
    started = time.perf_counter()
    connection.request("POST", "/openai/v1/chat/completions", BODY, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    assert reply.status == 200, reply.read()
    reply.readline()
    first = time.perf_counter() - started
    reply.read()
    return first * 1e3, (time.perf_counter() - started) * 1e3


def main():
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ways = dict(way.split("=") for way in sys.argv[2:])
    connections = {name: http.client.HTTPConnection("127.0.0.1", int(port)) for name, port in ways.items()}
    for connection in connections.values():
        ask(connection)
        connection.sock.setsockopt(6, 1, 1)
    times = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, connection in connections.items():
            times[name].append(ask(connection))
    print(f"| through | request | first event, ms p50 | p99 | whole reply of {EVENTS} events, ms p50 |\n|---|---|---|---|---|")
    for name, all in times.items():
        first = sorted(first for first, _ in all)
        whole = statistics.median(whole for _, whole in all)
        print(f"| {name} | {len(BODY)} bytes | {statistics.median(first):.2f} | {first[-2]:.2f} | {whole:.1f} |")


main()
