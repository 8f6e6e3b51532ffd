"""Calls of LiteLLM."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import litellm
import pytest
from conftest import SECRET
from litellm.exceptions import GuardrailRaisedException
from test_transports import guard, server, upstream

import keepmum
from keepmum.litellm import Guardrail

__all__ = ["guard", "server"]

REFERENCE = re.compile(r"SECRETREF_\w+")


@pytest.fixture
def rail(guard: dict[str, Any]) -> Iterator[Guardrail]:
    rail = Guardrail(guard["redactor"], key_file=str(guard["key_file"]), default_on=True, event_hook=["pre_call", "post_call"])
    litellm.callbacks = [rail]
    yield rail
    litellm.callbacks = []


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
