"""Takes what comes over the Forward protocol and syslog, acknowledges it, and writes one line for each event to standard error."""

import socketserver
import sys
import threading

import msgpack


def tell(text):
    sys.stderr.write(text.replace("\n", "\\n") + "\n")
    sys.stderr.flush()


class Forward(socketserver.BaseRequestHandler):
    def handle(self):
        unpacker = msgpack.Unpacker(strict_map_key=False)
        while data := self.request.recv(65536):
            unpacker.feed(data)
            for message in unpacker:
                self.take(message)

    def take(self, message):
        option = message[-1] if isinstance(message[-1], dict) and len(message) > 2 else {}
        if isinstance(message[1], (bytes, str)):
            entries = msgpack.Unpacker(strict_map_key=False)
            entries.feed(message[1])
            records = [entry[1] for entry in entries]
        elif isinstance(message[1], list):
            records = [entry[1] for entry in message[1]]
        else:
            records = [message[2]]
        for record in records:
            tell(f"{message[0]} {record}")
        if "chunk" in option:
            self.request.sendall(msgpack.packb({"ack": option["chunk"]}))


class Syslog(socketserver.StreamRequestHandler):
    def handle(self):
        while first := self.rfile.read(1):
            if first in b"123456789":
                length = first
                while (digit := self.rfile.read(1)) != b" ":
                    length += digit
                tell("counted " + self.rfile.read(int(length)).decode())
            else:
                tell("line " + (first + self.rfile.readline()).decode().rstrip("\n"))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


for name, handler in (("forward", Forward), ("syslog", Syslog)):
    server = Server(("127.0.0.1", 0), handler)
    print(name, server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever).start()
