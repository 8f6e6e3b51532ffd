"""Clients of httpx whose requests to language models hold no secrets.

    client = openai.OpenAI(http_client=httpx.Client(transport=keepmum.httpx.Transport()))

Clients of httpx2, such as the newer OpenAI and Anthropic SDKs make, have `keepmum.httpx2`, which is the same.
"""

from __future__ import annotations

import httpx

from keepmum._transports import AsyncLooking, Looking


class Transport(Looking, httpx.BaseTransport):
    """Looks through requests before `transport` sends them, as the gateway does: references take the place of secrets, and
    nothing else of a body changes.

    Looked through are requests to providers of models and to Slack, to the further `hosts`, or to every host (`everything`);
    others pass untouched. A request that must not be sent is answered as the provider would refuse it, with `Refused` among
    the response's extensions, as `keepmum`. `[[restore]]` rules of the configuration give values back in replies.

    The key of references is in `key_file`, or in the file that `[proxy] key-file` names, or is this user's, as for the gateway.
    """

    http = httpx


class AsyncTransport(AsyncLooking, httpx.AsyncBaseTransport):
    """The same for asynchronous clients. Looking takes the time of the loop, also of a large body."""

    http = httpx
