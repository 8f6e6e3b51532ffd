"""A guardrail for LiteLLM, in its proxy and in programs.

    guardrails:
      - guardrail_name: keepmum
        litellm_params:
          guardrail: keepmum.litellm.Guardrail
          mode: [pre_call, post_call]
          default_on: true
          config: /etc/keepmum.toml
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import litellm
from litellm.exceptions import GuardrailRaisedException
from litellm.integrations.custom_guardrail import CustomGuardrail
from litellm.types.guardrails import GuardrailEventHooks
from litellm.types.router import CredentialLiteLLMParams
from litellm.types.utils import all_litellm_params

from keepmum._default import default
from keepmum._errors import Error, Refused
from keepmum._keepmum import Exit
from keepmum._redactor import Redactor
from keepmum._values import WITHHELD

# Of what LiteLLM keeps for itself, what comes to be a part of a prompt all the same.
_SAID = frozenset({
    "assistant_continue_message", "custom_prompt_dict", "final_prompt_value", "id", "initial_prompt_value",
    "litellm_system_prompt", "prompt_variables", "tags", "user_continue_message",
})

# Fields of a call that say how it is made, and go to no model. Their values are objects of LiteLLM's own, or addresses and
# keys that have to stay.
_HOW = frozenset({
    "api_base", "api_key", "base_url", "extra_headers", "headers", "model", "organization", "stream", "timeout",
    *all_litellm_params, *CredentialLiteLLMParams.model_fields,
}) - _SAID  # fmt: skip

# What callers say about a call. Some providers are sent it, and loggers have it.
_ABOUT = ("metadata", "litellm_metadata")

# How LiteLLM's own entries of it begin: who calls, with which key.
_OURS = ("_", "user_api_key")

# Where the text of a call stands, by name. It can be handed over by its place too, where no hook can change it.
_CONTENTS = ("contents", "document", "file", "input", "messages", "prompt", "query")

# What the bodies of a call mean, by its type.
_APIS = {
    "completion": "openai-chat", "acompletion": "openai-chat",
    "responses": "openai-responses", "aresponses": "openai-responses",
    "anthropic_messages": "anthropic", "aanthropic_messages": "anthropic",
    "generate_content": "gemini", "agenerate_content": "gemini",
    "generate_content_stream": "gemini", "agenerate_content_stream": "gemini",
}


class NotSent(BaseException):
    """A synchronous call with a secret in it was stopped. No `Exception`: LiteLLM would log that one, and send the call."""


class Guardrail(CustomGuardrail):  # type: ignore[misc]
    """Puts references in the place of secrets before LiteLLM sends a call to a model, and `[[restore]]` rules of the
    configuration give values back in the tool calls of replies that do not stream (mode `post_call`).

    Looked through is every asynchronous call, of whichever type, that names it (`guardrails=["keepmum"]`) or, with
    `default_on`, each. A call that must not be sent, or that cannot be looked through, is refused: nothing is sent then.
    Synchronous calls cannot be changed: with a secret in it, one of those is stopped (`NotSent`).

    The configuration is that of `redactor`, or in the file `config`, or at a usual place; `key_file` is as for
    `keepmum.httpx.Transport`. Other arguments are LiteLLM's own, such as `guardrail_name`, `event_hook`, `default_on`.
    """

    # Calls are looked through as a whole and not text by text: what a field means says what may change.
    use_native_lifecycle_hooks = True

    def __init__(
        self,
        redactor: Redactor | None = None,
        *,
        config: str | None = None,
        key_file: str | None = None,
        **kwargs: Any,
    ) -> None:
        if redactor is None:
            redactor = default() if config is None else Redactor(config)
        kwargs.setdefault("guardrail_name", "keepmum")
        supported = [GuardrailEventHooks.pre_call, GuardrailEventHooks.post_call]
        kwargs.setdefault("supported_event_hooks", supported)
        super().__init__(**kwargs)
        self._exit = Exit(redactor, key_file, None)

    async def async_pre_call_hook(
        self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: str
    ) -> dict[str, Any]:
        """The call as it may be sent, in place. Raises `GuardrailRaisedException`."""
        api, log = _APIS.get(call_type, "json"), data.get("litellm_logging_obj")
        try:
            self._redact(data, api)
            self._redact_about(data)
            # A copy of the request as it came, for those who log it.
            came = data.get("proxy_server_request")
            if isinstance(came, dict) and isinstance(came.get("body"), dict):
                self._redact(came["body"], api)
                self._redact_about(came["body"])
            if self._redact_log(log) and not any(name in data for name in _CONTENTS):
                raise Error("keepmum changes what LiteLLM is handed by name: `messages=`, `input=`, `prompt=`, `contents=`")
        except Exception as error:
            _logged(log, lambda _: WITHHELD)
            raise self._refusal(error) from None
        return data

    async def async_pre_call_deployment_hook(
        self, kwargs: dict[str, Any], call_type: Any
    ) -> dict[str, Any]:
        """The same for calls of programs. LiteLLM's own hook sees chats alone, and those that name it."""
        if self.should_run_guardrail(data=kwargs, event_type=GuardrailEventHooks.pre_call) is True:
            kind = str(getattr(call_type, "value", call_type))
            return await self.async_pre_call_hook(None, None, kwargs, kind)
        return kwargs

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: dict[str, Any]) -> None:
        """Stops what is about to be sent with a secret in it: a synchronous call, which has no hook that could change it."""
        if not self._guards(kwargs):
            return
        sent = (kwargs.get("additional_args") or {}).get("complete_input_dict")
        if isinstance(sent, dict):
            sent = {key: value for key, value in sent.items() if key not in _HOW}
        try:
            clean = self._clean([sent, kwargs.get("input"), messages]) is None
        except Exception:
            clean = False
        if not clean:
            raise NotSent("keepmum stopped a call of LiteLLM with a secret in it: use its asynchronous one, or a Transport")

    def _guards(self, kwargs: dict[str, Any]) -> bool:
        """Whether a call that is about to be sent asked for it. LiteLLM goes on telling callbacks that were taken out."""
        applied = kwargs.get("applied_guardrails") or []
        there = any(callback is self for callback in litellm.callbacks)
        call = {**(kwargs.get("litellm_params") or {}), "guardrails": applied}
        return (
            there
            and self.guardrail_name in applied
            and self.should_run_guardrail(call, GuardrailEventHooks.pre_call) is True
        )

    async def apply_guardrail(
        self, inputs: Any, request_data: dict[str, Any], input_type: str, logging_obj: Any = None
    ) -> Any:
        """Texts, messages, tools and tool calls without secrets, for calls that LiteLLM takes apart itself."""
        try:
            new = dict(inputs)
            if inputs.get("texts"):
                new["texts"] = [self._exit.redact_text("openai-chat", text) for text in inputs["texts"]]
            for key, field in (("structured_messages", "messages"), ("tools", "tools"), ("tool_calls", "tool_calls")):
                if inputs.get(key):
                    body = {field: inputs[key]}
                    self._redact(body, "openai-chat" if field != "tool_calls" else "json")
                    new[key] = body[field]
            return new
        except Exception as error:
            raise self._refusal(error) from None

    async def async_post_call_success_hook(
        self, data: dict[str, Any], user_api_key_dict: Any, response: Any
    ) -> Any:
        """The reply, in whose tool calls values come back where a rule allows it."""
        if not isinstance(response, litellm.ModelResponse):
            return response
        restoring = self._exit.reply("openai-chat", [(b"content-type", b"application/json")])
        if restoring is None:
            return response
        reply, _ = restoring
        old = response.model_dump_json().encode()
        new = reply.push(old) + reply.finish()
        return response if new == old else litellm.ModelResponse(**json.loads(new))

    def _redact(self, call: dict[str, Any], api: str) -> None:
        """Redacts the fields of a call that go to a model. What LiteLLM keeps there for itself stays."""
        body = {
            key: value
            for key, value in call.items()
            if key not in _HOW and not isinstance(value, (bool, int, float, type(None)))
        }
        for key, files in [(key, files) for key, value in body.items() if (files := _files(value))]:
            del body[key]
            for file in files:
                self._look_at_file(file)
        call.update(self._changed(body, api))

    def _redact_about(self, call: dict[str, Any]) -> None:
        """Redacts what the caller says about a call, in place: logs hold the very same."""
        for about in (call.get(name) for name in _ABOUT):
            if isinstance(about, dict):
                said = {key: value for key, value in about.items() if not str(key).startswith(_OURS)}
                about.update(self._changed(said, "json", str))

    def _redact_log(self, log: Any) -> bool:
        """Redacts what was kept for logs before anybody could look. Whether there was something, or it cannot be told."""
        dirty = self._clean(getattr(log, "messages", None)) is not None
        if dirty:
            _logged(log, lambda value: self._clean(value) or value)
        # Of what is handed over by its place this is all that is seen, and of these calls it is not all that there is.
        return dirty or _APIS.get(getattr(log, "call_type", "")) == "gemini"

    def _changed(self, body: dict[str, Any], api: str, plain: Any = None) -> dict[str, Any]:
        """The fields of a body that change, as they may be sent."""
        old = json.dumps(body, default=plain or _plain).encode()
        new = self._exit.redact_body(api, old)
        if new == old:
            return {}
        before = json.loads(old)
        return {key: value for key, value in json.loads(new).items() if value != before.get(key)}

    def _clean(self, value: Any) -> Any:
        """A value as it may be kept; none if it may stay."""
        return self._changed({"value": value}, "json", str).get("value")

    def _look_at_file(self, file: Any) -> None:
        """Refuses a file of text with a secret in it. Sound and pictures are none."""
        data = _read(file) if hasattr(file, "read") else file
        try:
            text = bytes(data).decode() if isinstance(data, (bytes, bytearray)) else str(data)
        except UnicodeDecodeError:
            return
        if self._exit.redact_text("json", text) != text:
            raise Error("keepmum does not change files that are sent with LiteLLM: redact it first")

    def _refusal(self, error: Exception) -> GuardrailRaisedException:
        # Texts of other errors can quote what was being read.
        said = str(error) if isinstance(error, Error) else "keepmum could not look through this call"
        return GuardrailRaisedException(
            guardrail_name=self.guardrail_name,
            message=said,
            should_wrap_with_default_message=False,
            blocked_content=isinstance(error, Refused),
        )


def _plain(value: Any) -> Any:
    """Objects that stand in calls, as what is sent of them."""
    for name, arguments in (("model_json_schema", {}), ("model_dump", {"exclude_none": True})):
        dump = getattr(value, name, None)
        # A class of Pydantic's has both, and stands for its schema; of an object the fields are sent.
        if dump is not None and isinstance(value, type) == (name == "model_json_schema"):
            return dump(**arguments)
    raise TypeError("an object that is no JSON")


def _files(value: Any) -> list[Any]:
    """What stands where a file is sent: its bytes, or what reads them, with its name beside it or not; nothing elsewhere."""
    parts = list(value) if isinstance(value, (list, tuple)) else [value]
    found = any(isinstance(part, (bytes, bytearray)) or hasattr(part, "read") for part in parts)
    return parts if found else []


def _logged(log: Any, new: Any) -> None:
    """Changes what LiteLLM keeps of a call for those who log it."""
    if hasattr(log, "messages"):
        log.messages = new(log.messages)
    details = getattr(log, "model_call_details", {})
    details.update({key: new(details[key]) for key in ("input", "messages", "prompt") if key in details})


def _read(file: Any) -> Any:
    """What a file holds, which is put back to where it was. One that cannot be is an error."""
    at = file.tell()
    try:
        return file.read()
    finally:
        file.seek(at)
