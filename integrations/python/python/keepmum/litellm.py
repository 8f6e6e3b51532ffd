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

from keepmum._default import default
from keepmum._errors import Error, Refused
from keepmum._keepmum import Exit
from keepmum._redactor import Redactor

# Fields of a call that say how it is made, and go to no model. Their values are objects of LiteLLM's own, or addresses and
# keys that have to stay.
_HOW = frozenset({
    "api_base", "api_key", "api_version", "base_url", "custom_llm_provider", "extra_headers", "guardrails", "headers",
    "litellm_call_id", "litellm_metadata", "litellm_trace_id", "metadata", "mock_response", "model", "model_info",
    "organization", "secret_fields", "stream", "timeout",
})

# What the bodies of a call mean, by its type.
_APIS = {
    "completion": "openai-chat", "acompletion": "openai-chat",
    "responses": "openai-responses", "aresponses": "openai-responses",
    "anthropic_messages": "anthropic", "aanthropic_messages": "anthropic",
    "generate_content": "gemini", "agenerate_content": "gemini",
    "generate_content_stream": "gemini", "agenerate_content_stream": "gemini",
}


class Guardrail(CustomGuardrail):  # type: ignore[misc]
    """Puts references in the place of secrets before LiteLLM sends a call to a model, and `[[restore]]` rules of the
    configuration give values back in the tool calls of replies that do not stream (mode `post_call`).

    A call that must not be sent, or that cannot be looked through, is refused: nothing is sent then.

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
        try:
            self._redact(data, _APIS.get(call_type, "json"))
            # A copy of the request as it came, for those who log it.
            came = data.get("proxy_server_request")
            if isinstance(came, dict) and isinstance(came.get("body"), dict):
                self._redact(came["body"], _APIS.get(call_type, "json"))
        except Exception as error:
            raise self._refusal(error) from None
        return data

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
            if key not in _HOW and isinstance(value, (str, list, tuple, Mapping)) and key != "proxy_server_request"
        }
        old = json.dumps(body, default=_plain).encode()
        new = self._exit.redact_body(api, old)
        if new != old:
            before = json.loads(old)
            call.update((key, value) for key, value in json.loads(new).items() if value != before.get(key))

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
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError("an object that is no JSON")
    return dump(exclude_none=True)
