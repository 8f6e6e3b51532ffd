"""Calls of LiteLLM."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import litellm
import pytest
from conftest import SECRET
from litellm.exceptions import GuardrailRaisedException
from litellm.integrations.custom_logger import CustomLogger
from pydantic import BaseModel, Field
from test_transports import guard, server, upstream

import keepmum
from keepmum.litellm import Guardrail, NotSent

__all__ = ["guard", "server"]

REFERENCE = re.compile(r"SECRETREF_\w+")


@pytest.fixture
def rail(guard: dict[str, Any]) -> Iterator[Guardrail]:
    rail = Guardrail(guard["redactor"], key_file=str(guard["key_file"]), default_on=True, event_hook=["pre_call", "post_call"])
    litellm.callbacks = [rail]
    yield rail
    litellm.callbacks = []


MESSAGES = [{"role": "user", "content": f"use {SECRET}"}]
CALLS: dict[str, dict[str, Any]] = {
    "acompletion": {"messages": MESSAGES},
    "atext_completion": {"prompt": f"use {SECRET}"},
    "aresponses": {"input": f"use {SECRET}", "instructions": SECRET, "metadata": {"note": SECRET}},
    "aembedding": {"input": [SECRET]},
    "aimage_generation": {"prompt": SECRET},
    "amoderation": {"input": SECRET},
    "aspeech": {"input": SECRET, "voice": "alloy"},
}


@pytest.mark.parametrize("how", ["named", "default_on"])
@pytest.mark.parametrize("call", CALLS)
def test_every_call_of_a_program_is_looked_through(guard: dict[str, Any], server: str, call: str, how: str) -> None:
    options = {"default_on": True} if how == "default_on" else {}
    litellm.callbacks = [Guardrail(guard["redactor"], key_file=str(guard["key_file"]), event_hook="pre_call", **options)]
    named = {"guardrails": ["keepmum"]} if how == "named" else {}
    # The server has no answer to some of them that LiteLLM understands.
    with contextlib.suppress(Exception):
        asyncio.run(getattr(litellm, call)(model="openai/m", api_key="x", api_base=f"{server}/openai/v1", max_retries=0, **CALLS[call], **named))
    litellm.callbacks = []
    (seen,) = upstream.SEEN
    assert SECRET not in seen["body"] and REFERENCE.search(seen["body"])


@pytest.mark.parametrize("call", ["completion", "text_completion", "embedding"])
def test_a_synchronous_call_is_stopped(rail: Guardrail, server: str, call: str) -> None:
    to = {"model": "openai/m", "api_key": "x", "api_base": f"{server}/openai/v1", "max_retries": 0}
    with pytest.raises(NotSent) as stopped:
        getattr(litellm, call)(**to, **CALLS[f"a{call}"])
    assert upstream.SEEN == [] and SECRET not in str(stopped.value)


def test_responses_are_looked_through_in_synchronous_calls_too(rail: Guardrail, server: str) -> None:
    litellm.responses(model="openai/m", api_key="x", api_base=f"{server}/openai/v1", max_retries=0, input=SECRET)
    (seen,) = upstream.SEEN
    assert SECRET not in seen["body"] and REFERENCE.search(seen["body"])


def test_a_synchronous_call_is_sent_without_secrets_or_where_nobody_asked(rail: Guardrail, guard: dict[str, Any], server: str) -> None:
    to: dict[str, Any] = {"model": "openai/m", "api_key": SECRET, "api_base": f"{server}/openai/v1"}
    clean = [{"role": "user", "content": "hi"}]
    litellm.completion(messages=clean, extra_headers={"x-key": SECRET}, **to)
    litellm.callbacks = [Guardrail(guard["redactor"], key_file=str(guard["key_file"]), default_on=True, event_hook="post_call")]
    litellm.completion(messages=MESSAGES, **to)
    assert len(upstream.SEEN) == 2


def test_what_is_handed_over_by_its_place_is_refused(rail: Guardrail, server: str) -> None:
    to = {"api_key": "x", "api_base": f"{server}/openai/v1"}
    with pytest.raises(GuardrailRaisedException, match="by name") as refused:
        asyncio.run(litellm.acompletion("openai/m", MESSAGES, **to))
    assert upstream.SEEN == [] and SECRET not in str(refused.value)
    asyncio.run(litellm.acompletion("openai/m", [{"role": "user", "content": "hi"}], **to))
    assert len(upstream.SEEN) == 1


class Watching(CustomLogger):  # type: ignore[misc]
    """Keeps what callbacks of logs are told of its call, and not of those of tests before."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def keep(self, kwargs: Any, *others: Any) -> None:
        if kwargs.get("litellm_call_id") == "watched":
            self.told.append(repr((kwargs, others)))

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
        self.keep(kwargs, messages)

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.keep(kwargs)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.keep(kwargs)


def test_those_who_log_see_references(rail: Guardrail) -> None:
    watching = Watching()
    litellm.callbacks = [rail, watching]

    async def talk() -> None:
        await litellm.acompletion(
            model="openai/m", api_key="x", mock_response="fine", messages=MESSAGES, litellm_call_id="watched",
            metadata={"note": [SECRET], "user_api_key": "x"},
        )  # fmt: skip
        for _ in range(200):
            if len(watching.told) > 1:
                break
            await asyncio.sleep(0.01)

    asyncio.run(talk())
    assert len(watching.told) > 1 and all(SECRET not in told and REFERENCE.search(told) for told in watching.told)


def test_those_who_log_see_nothing_of_what_is_refused(guard: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "block.toml"
    path.write_text("env-file = ['.env']\n[proxy.modes]\n'*' = 'block'\n")
    watching = Watching()
    litellm.callbacks = [Guardrail(keepmum.Redactor(path), key_file=str(guard["key_file"]), default_on=True, event_hook="pre_call"), watching]

    async def talk() -> None:
        with pytest.raises(GuardrailRaisedException):
            await litellm.acompletion(
                model="openai/m", api_key="x", mock_response="fine", messages=MESSAGES, litellm_call_id="watched"
            )
        await asyncio.sleep(0.2)

    asyncio.run(talk())
    litellm.callbacks = []
    assert all(SECRET not in told for told in watching.told)


def test_objects_in_calls(rail: Guardrail) -> None:
    def hook(**data: Any) -> Any:
        return asyncio.run(rail.async_pre_call_hook(None, None, data, "acompletion"))

    class Answer(BaseModel):
        text: str = Field(description=SECRET)

    class Plain(BaseModel):
        text: str

    with pytest.raises(GuardrailRaisedException, match="response_format"):
        hook(response_format=Answer)
    assert hook(response_format=Plain)["response_format"] is Plain
    message = litellm.Message(role="user", content=SECRET)
    assert REFERENCE.search(json.dumps(hook(messages=[message])["messages"]))
    assert hook(aws_secret_access_key=SECRET, api_key=SECRET) == {"aws_secret_access_key": SECRET, "api_key": SECRET}
    sound = io.BytesIO(b"\xff\xfb" + SECRET.encode())
    assert hook(file=sound)["file"] is sound and sound.tell() == 0
    for unseen in (object(), {SECRET}, SECRET.encode(), ("a.jsonl", SECRET.encode()), io.BytesIO(SECRET.encode()), io.StringIO(SECRET)):
        with pytest.raises(GuardrailRaisedException) as refused:
            hook(file=unseen)
        assert SECRET not in str(refused.value)


def ask(**call: Any) -> Any:
    return asyncio.run(litellm.acompletion(model="openai/m", api_key="x", guardrails=["keepmum"], **call))


def test_a_call_is_sent_without_secrets(rail: Guardrail, server: str) -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": f"use {SECRET}"}]}]
    answer = ask(messages=messages, api_base=f"{server}/openai/v1")
    (seen,) = upstream.SEEN
    assert SECRET not in seen["body"] and REFERENCE.search(seen["body"])
    calls = {call.function.name: call.function.arguments for call in answer.choices[0].message.tool_calls}
    assert SECRET in calls["http_request"] and SECRET not in calls["write_file"]


def test_a_mocked_answer(rail: Guardrail) -> None:
    answer = ask(messages=[{"role": "user", "content": "clean"}], mock_response="fine")
    assert answer.choices[0].message.content == "fine"


def test_what_must_not_be_sent_is_refused(rail: Guardrail, server: str) -> None:
    tools = [{"type": "function", "function": {"name": SECRET.replace(" ", "_"), "parameters": {}}}]
    redactor = keepmum.Redactor.from_toml("", secrets={"tool": SECRET.replace(" ", "_")})
    litellm.callbacks = [Guardrail(redactor, default_on=True, event_hook="pre_call")]
    with pytest.raises(Exception, match="`tool` stands in tools") as refused:
        ask(messages=[{"role": "user", "content": "hi"}], tools=tools, api_base=f"{server}/openai/v1")
    assert SECRET.replace(" ", "_") not in str(refused.value) and upstream.SEEN == []


def test_the_proxys_calls(rail: Guardrail) -> None:
    def hook(data: dict[str, Any], call_type: str) -> dict[str, Any]:
        return asyncio.run(rail.async_pre_call_hook(None, None, data, call_type))

    logging_object = object()
    body = {"model": "m", "messages": [{"role": "user", "content": SECRET}]}
    data = {**json.loads(json.dumps(body)), "proxy_server_request": {"body": body}, "litellm_logging_obj": logging_object}
    new = hook(data, "acompletion")
    assert new is data and new["litellm_logging_obj"] is logging_object
    assert SECRET not in repr({**new, "litellm_logging_obj": None})
    assert SECRET not in repr(hook({"input": [SECRET]}, "aembedding"))
    system = hook({"system": SECRET, "messages": [], "metadata": {"user_api_key": "x"}}, "anthropic_messages")
    assert REFERENCE.fullmatch(system["system"]) and system["metadata"] == {"user_api_key": "x"}
    clean = [{"role": "user", "content": "clean"}]
    assert hook({"messages": clean}, "acompletion")["messages"] is clean
    with pytest.raises(GuardrailRaisedException):
        hook({"messages": [{"role": "user", "content": object()}]}, "acompletion")


def test_calls_that_are_taken_apart(rail: Guardrail) -> None:
    inputs: Any = {
        "texts": [SECRET, "clean"],
        "structured_messages": [{"role": "user", "content": SECRET}],
        "tools": [{"type": "function", "function": {"name": "f", "description": SECRET}}],
        "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"a": SECRET})}}],
    }
    new = asyncio.run(rail.apply_guardrail(inputs, {}, "request"))
    assert SECRET not in json.dumps(new) and new["texts"][1] == "clean"
    assert len(REFERENCE.findall(json.dumps(new))) == 4


def test_the_proxy_finds_it_by_its_name(guard: dict[str, Any], tmp_path: Path) -> None:
    from litellm.proxy.types_utils.utils import get_instance_fn

    named = get_instance_fn("keepmum.litellm.Guardrail", config_file_path=str(tmp_path / "config.yaml"))
    assert named is Guardrail
    rail = named(guardrail_name="k", event_hook="pre_call", default_on=True, config=str(tmp_path / "keepmum.toml"), key_file=str(guard["key_file"]))
    new = asyncio.run(rail.async_pre_call_hook(None, None, {"messages": [{"role": "user", "content": SECRET}]}, "acompletion"))
    assert REFERENCE.fullmatch(new["messages"][0]["content"])


def test_failures_refuse(rail: Guardrail, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Failing:
        def redact_body(self, api: str, body: bytes) -> bytes:
            raise ValueError(f"over {SECRET}")

    monkeypatch.setattr(rail, "_exit", Failing())
    with pytest.raises(GuardrailRaisedException) as refused:
        asyncio.run(rail.async_pre_call_hook(None, None, {"messages": [SECRET]}, "acompletion"))
    assert SECRET not in str(refused.value) and refused.value.__cause__ is None
