"""Requests of the OpenAI and Anthropic SDKs, over httpx and httpx2, to a server on this machine that answers as the providers do."""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import json
import re
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest
from conftest import SECRET

import keepmum
import keepmum.httpx
import keepmum.httpx2

REFERENCE = re.compile(r"SECRETREF_stripe_key_[A-Z2-9]+")
PROMPT = f"Use the key {SECRET} for the request."
SCHEMA = {"type": "object", "properties": {"url": {"type": "string"}}}
CLIENTS = [(httpx, keepmum.httpx), (httpx2, keepmum.httpx2)]
KEYS = pytest.mark.parametrize(("http", "guarded"), CLIENTS, ids=["httpx", "httpx2"])

# The gateway is tested with the same server.
_path = Path(__file__).parents[3] / "tests" / "clients" / "upstream.py"
_spec = importlib.util.spec_from_file_location("upstream", _path)
assert _spec is not None and _spec.loader is not None
upstream = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(upstream)


@pytest.fixture
def server() -> Iterator[str]:
    upstream.SEEN.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), upstream.Upstream)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def guard(tmp_path: Path) -> dict[str, Any]:
    """Arguments of a transport: one secret, which `http_request` gets back."""
    path = tmp_path / "keepmum.toml"
    path.write_text(
        "env-file = ['.env']\n[[restore]]\nsecret = 'STRIPE_KEY'\ntool = 'http_request'\nhost = 'api.example.com'\n"
    )
    (tmp_path / ".env").write_text(f"STRIPE_KEY='{SECRET}'\n")
    (tmp_path / "key").write_bytes(b"k" * 32)
    (tmp_path / "key").chmod(0o600)
    return {"redactor": keepmum.Redactor(path), "hosts": ["127.0.0.1"], "key_file": tmp_path / "key"}


def sent() -> list[str]:
    bodies = [seen["body"] for seen in upstream.SEEN]
    assert not any(SECRET in body for body in bodies)
    return bodies


def check(text: str, calls: dict[str, Any]) -> None:
    """Text keeps the reference; of tool calls the one that is allowed has the value."""
    assert REFERENCE.search(text), text
    assert calls["http_request"]["headers"]["Authorization"] == f"Bearer {SECRET}"
    for name, arguments in calls.items():
        assert name == "http_request" or REFERENCE.search(json.dumps(arguments)), arguments
    assert all(REFERENCE.search(body) for body in sent())


@KEYS
def test_openai(http: ModuleType, guarded: ModuleType, server: str, guard: dict[str, Any]) -> None:
    client = openai.OpenAI(
        base_url=f"{server}/openai/v1", api_key="x", max_retries=0,
        http_client=http.Client(transport=guarded.Transport(**guard)),
    )  # fmt: skip
    tools = [{"type": "function", "function": {"name": "http_request", "parameters": SCHEMA}}]
    request: Any = {"model": "m", "messages": [{"role": "user", "content": PROMPT}], "tools": tools}
    message = client.chat.completions.create(**request).choices[0].message
    calls = [call.function for call in message.tool_calls]
    check(message.content, {call.name: json.loads(call.arguments) for call in calls})
    text, names, arguments = "", {}, {}
    for chunk in client.chat.completions.create(**request, stream=True):
        delta = chunk.choices[0].delta
        text += delta.content or ""
        for call in delta.tool_calls or []:
            names[call.index] = call.function.name or names[call.index]
            arguments[call.index] = arguments.get(call.index, "") + call.function.arguments
    check(text, {names[index]: json.loads(whole) for index, whole in arguments.items()})
    tools = [{"type": "function", "name": "http_request", "parameters": SCHEMA, "strict": False}]
    response = client.responses.create(model="m", input=PROMPT, tools=tools)  # type: ignore[call-overload]
    check(response.output_text, {response.output[1].name: json.loads(response.output[1].arguments)})
    client.close()


@KEYS
def test_openai_asynchronous(http: ModuleType, guarded: ModuleType, server: str, guard: dict[str, Any]) -> None:
    async def talk() -> None:
        client = openai.AsyncOpenAI(
            base_url=f"{server}/openai/v1", api_key="x", max_retries=0,
            http_client=http.AsyncClient(transport=guarded.AsyncTransport(**guard)),
        )  # fmt: skip
        request: Any = {"model": "m", "messages": [{"role": "user", "content": PROMPT}]}
        message = (await client.chat.completions.create(**request)).choices[0].message
        calls = [call.function for call in message.tool_calls]
        check(message.content, {call.name: json.loads(call.arguments) for call in calls})
        text = ""
        async for chunk in await client.chat.completions.create(**request, stream=True):
            text += chunk.choices[0].delta.content or ""
        assert REFERENCE.search(text)
        with pytest.raises(openai.BadRequestError, match="keepmum did not send this request"):
            await client.chat.completions.create(model=SECRET, messages=[])
        await client.close()

    asyncio.run(talk())
    assert len(sent()) == 2


def test_anthropic(server: str, guard: dict[str, Any]) -> None:
    client = anthropic.Anthropic(
        base_url=f"{server}/anthropic", api_key="x", max_retries=0,
        http_client=httpx2.Client(transport=keepmum.httpx2.Transport(**guard)),
    )  # fmt: skip
    tools = [{"name": "http_request", "description": "d", "input_schema": SCHEMA}]
    request: Any = {
        "model": "m", "max_tokens": 100, "system": PROMPT, "tools": tools,
        "messages": [{"role": "user", "content": PROMPT}],
    }  # fmt: skip
    message: Any = client.messages.create(**request)
    check(message.content[0].text, {block.name: block.input for block in message.content[1:]})
    with client.messages.stream(**request) as stream:
        message = stream.get_final_message()
    check(message.content[0].text, {block.name: block.input for block in message.content[1:]})
    client.close()


def test_anthropic_asynchronous(server: str, guard: dict[str, Any]) -> None:
    async def talk() -> None:
        client = anthropic.AsyncAnthropic(
            base_url=f"{server}/anthropic", api_key="x", max_retries=0,
            http_client=httpx2.AsyncClient(transport=keepmum.httpx2.AsyncTransport(**guard)),
        )  # fmt: skip
        request: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": PROMPT}]}
        async with client.messages.stream(**request) as stream:
            message: Any = await stream.get_final_message()
        check(message.content[0].text, {block.name: block.input for block in message.content[1:]})
        await client.close()

    asyncio.run(talk())


@KEYS
def test_what_must_not_be_sent_is_refused_as_the_provider_would(
    http: ModuleType, guarded: ModuleType, server: str, guard: dict[str, Any]
) -> None:
    chat = openai.OpenAI(
        base_url=f"{server}/openai/v1", api_key="x", max_retries=0,
        http_client=http.Client(transport=guarded.Transport(**guard)),
    )  # fmt: skip
    with pytest.raises(openai.BadRequestError, match="`STRIPE_KEY` stands in model") as refused:
        chat.chat.completions.create(model=SECRET, messages=[])
    assert SECRET not in str(refused.value)
    assert isinstance(refused.value.response.extensions["keepmum"], keepmum.Refused)
    client = http.Client(transport=guarded.Transport(**guard))
    for headers, body, status in [
        ({"content-type": "application/json"}, b'{"messages": [', 400),
        ({"content-type": "application/json", "content-encoding": "lzma"}, b"{}", 415),
        ({"upgrade": "websocket"}, b"", 415),
    ]:
        answer = client.post(f"{server}/v1/messages", headers=headers, content=body)
        assert answer.status_code == status and answer.json()["error"]["message"]
    assert sent() == []


@KEYS
def test_only_the_secret_changes(http: ModuleType, guarded: ModuleType, server: str, guard: dict[str, Any]) -> None:
    client = http.Client(transport=guarded.Transport(**guard))
    odd = '{ "model":"m",\t"messages":[{"role":"user","content":"%s"}] ,"n":1.50}'
    for body in (odd % "clean", odd % SECRET):
        for content, headers in [
            (body.encode(), {}),
            (iter([body[:9].encode(), body[9:].encode()]), {}),
            (gzip.compress(body.encode()), {"content-encoding": "gzip"}),
        ]:
            compressed_and_clean = headers and SECRET not in body
            if compressed_and_clean:
                continue
            client.post(f"{server}/v1/chat/completions", content=content, headers={"content-type": "application/json", **headers})
    clean, streamed, *changed = sent()
    assert clean == streamed == odd % "clean"
    assert len(changed) == 3 and {REFERENCE.sub(SECRET, body) for body in changed} == {odd % SECRET}
    assert len(set(changed)) == 1


@KEYS
def test_other_hosts_pass(http: ModuleType, guarded: ModuleType, server: str, guard: dict[str, Any]) -> None:
    client = http.Client(transport=guarded.Transport(**{**guard, "hosts": []}))
    client.post(f"{server}/v1/chat/completions", content=SECRET.encode())
    assert SECRET in upstream.SEEN[0]["body"]
    client = http.Client(transport=guarded.Transport(**{**guard, "hosts": [], "everything": True}))
    client.post(f"{server}/anything", json={"a": SECRET})
    assert REFERENCE.search(upstream.SEEN[1]["body"])


def test_a_file_that_lies_around_restores_nothing(guard: dict[str, Any]) -> None:
    Path("keepmum.toml").write_text("[[restore]]\nsecret = '*'\ntool = '*'\n")
    with pytest.raises(keepmum.ConfigError, match="if you trust this file, name it"):
        keepmum.httpx.Transport(**{**guard, "redactor": keepmum.Redactor()})


def test_the_key_is_this_users_and_is_kept(server: str, tmp_path: Path) -> None:
    redactor = keepmum.Redactor.from_toml("", secrets={"stripe-key": SECRET})
    for _ in range(2):
        transport = keepmum.httpx.Transport(redactor=redactor, hosts=["127.0.0.1"])
        httpx.Client(transport=transport).post(f"{server}/v1/messages", json={"system": SECRET})
    first, second = sent()
    assert first == second and REFERENCE.search(first)
    assert (tmp_path / "home/.local/state/keepmum/reference.key").stat().st_mode & 0o777 == 0o600


@KEYS
def test_a_redirect_sends_the_same(http: ModuleType, guarded: ModuleType, guard: dict[str, Any]) -> None:
    seen: list[tuple[str, bytes]] = []

    def answer(request: Any) -> Any:
        seen.append((request.url.host, request.read()))
        if request.url.host == "api.openai.com":
            return http.Response(307, headers={"location": "https://elsewhere.example/x"})
        return http.Response(200)

    transport = guarded.Transport(http.MockTransport(answer), **guard)
    client = http.Client(transport=transport, follow_redirects=True)
    body = json.dumps({"messages": [{"role": "user", "content": SECRET}]}).encode()
    for content in (body, iter([body])):
        response = client.post("https://api.openai.com/v1/chat/completions", content=content)
        assert SECRET.encode() not in response.request.content + response.history[0].request.content
    assert [host for host, _ in seen] == ["api.openai.com", "elsewhere.example"] * 2
    assert all(REFERENCE.search(sent.decode()) and SECRET.encode() not in sent for _, sent in seen)


@KEYS
def test_a_body_without_end_is_refused(http: ModuleType, guarded: ModuleType, guard: dict[str, Any]) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * (16 << 20)

    async def endless_too() -> AsyncIterator[bytes]:
        for chunk in endless():
            yield chunk

    url = "https://api.openai.com/v1/chat/completions"
    client = http.Client(transport=guarded.Transport(http.MockTransport(lambda request: 1 / 0), **guard))
    assert client.post(url, content=endless()).status_code == 413

    async def talk() -> None:
        behind = http.MockTransport(lambda request: 1 / 0)
        async with http.AsyncClient(transport=guarded.AsyncTransport(behind, **guard)) as client:
            assert (await client.post(url, content=endless_too())).status_code == 413

    asyncio.run(talk())
