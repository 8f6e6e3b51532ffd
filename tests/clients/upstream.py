"""Answers as the providers do, and keeps what it was sent."""

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFERENCE = re.compile(r"SECRETREF_[a-z0-9_]+_[A-Z][A-Z2-9]{11}")
SEEN = []


def pieces(text, size=3):
    return [text[at : at + size] for at in range(0, len(text), size)]


def arguments(reference):
    return json.dumps({"url": "https://api.example.com/v1", "headers": {"Authorization": f"Bearer {reference}"}})


def openai_chat(reference, stream):
    text = f"I will use {reference}."
    calls = [("call_1", "http_request"), ("call_2", "write_file")]
    if not stream:
        tools = [{"id": id, "type": "function", "function": {"name": name, "arguments": arguments(reference)}} for id, name in calls]
        message = {"role": "assistant", "content": text, "tool_calls": tools}
        return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}

    def chunk(delta, reason=None):
        return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    events = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"content": piece}) for piece in pieces(text)]
    for index, (id, name) in enumerate(calls):
        events.append(chunk({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}]}))
        events += [chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}) for piece in pieces(arguments(reference))]
    events.append(chunk({}, "tool_calls"))
    return [(None, event) for event in events] + [(None, "[DONE]")]


def openai_responses(reference, stream):
    text = f"I will use {reference}."
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "http_request", "arguments": arguments(reference), "status": "completed"}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": text, "annotations": []}]}
    response = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "output": [message, call], "status": "completed", "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    if not stream:
        return response
    events = [{"type": "response.created", "response": {**response, "output": [], "status": "in_progress"}}]
    empty = {**message, "content": [], "status": "in_progress"}
    part = {"type": "output_text", "text": "", "annotations": []}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events.append({"type": "response.output_item.added", "output_index": 0, "item": empty})
    events.append({"type": "response.content_part.added", **at, "part": part})
    events += [{"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []} for piece in pieces(text)]
    events.append({"type": "response.output_text.done", **at, "text": text, "logprobs": []})
    events.append({"type": "response.content_part.done", **at, "part": {**part, "text": text}})
    events.append({"type": "response.output_item.done", "output_index": 0, "item": message})
    events.append({"type": "response.output_item.added", "output_index": 1, "item": {**call, "arguments": "", "status": "in_progress"}})
    at = {"item_id": "fc_1", "output_index": 1}
    events += [{"type": "response.function_call_arguments.delta", **at, "delta": piece} for piece in pieces(arguments(reference))]
    events.append({"type": "response.function_call_arguments.done", **at, "name": "http_request", "arguments": arguments(reference)})
    events.append({"type": "response.output_item.done", "output_index": 1, "item": call})
    events.append({"type": "response.completed", "response": response})
    return [(event["type"], {**event, "sequence_number": number}) for number, event in enumerate(events)]


def anthropic(reference, stream):
    text = f"I will use {reference}."
    tools = [{"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": json.loads(arguments(reference))} for name in ("http_request", "write_file")]
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": text}, *tools], "stop_reason": "tool_use", "stop_sequence": None, "usage": usage}
    if not stream:
        return message
    events = [("message_start", {"message": {**message, "content": [], "stop_reason": None}}), ("ping", {})]
    blocks = [({"type": "text", "text": ""}, "text_delta", "text", text)]
    blocks += [({**tool, "input": {}}, "input_json_delta", "partial_json", arguments(reference)) for tool in tools]
    for index, (block, kind, field, whole) in enumerate(blocks):
        events.append(("content_block_start", {"index": index, "content_block": block}))
        events += [("content_block_delta", {"index": index, "delta": {"type": kind, field: piece}}) for piece in pieces(whole)]
        events.append(("content_block_stop", {"index": index}))
    events.append(("message_delta", {"delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": usage}))
    events.append(("message_stop", {}))
    return [(name, {"type": name, **event}) for name, event in events]


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(SEEN)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        SEEN.append({"path": self.path, "body": body})
        reference = REFERENCE.search(body)
        reference = reference.group() if reference else "nothing"
        stream = '"stream":true' in body.replace(" ", "")
        for end, provider in (("/chat/completions", openai_chat), ("/responses", openai_responses), ("/messages", anthropic)):
            if self.path.split("?")[0].endswith(end):
                return self.answer(provider(reference, stream))
        self.answer({"ok": True, "channel": "C1", "ts": "1.1"})

    def answer(self, reply):
        events = isinstance(reply, list) and reply and isinstance(reply[0], tuple)
        self.send_response(200)
        if not events:
            text = json.dumps(reply).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            return
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for name, event in reply:
            text = f"event: {name}\n" if name else ""
            text += f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n"
            self.wfile.write(f"{len(text.encode()):x}\r\n{text}\r\n".encode())
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    print(server.server_address[1], flush=True)
    sys.stdout.close()
    server.serve_forever()
