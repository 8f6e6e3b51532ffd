"""Clients of httpx2 whose requests to language models hold no secrets.

    client = openai.OpenAI(http_client=httpx2.Client(transport=keepmum.httpx2.Transport()))

Clients of httpx have `keepmum.httpx`, which is the same. Newer OpenAI and Anthropic SDKs are made with httpx2.
"""

from __future__ import annotations

import httpx2

from keepmum._transports import AsyncLooking, Looking


class Transport(Looking, httpx2.BaseTransport):
    """Looks through requests before `transport` sends them, as the gateway does: references take the place of secrets, and
    nothing else of a body changes.

    Looked through are requests to providers of models and to Slack, to the further `hosts`, or to every host (`everything`);
    others pass untouched. A request that must not be sent is answered as the provider would refuse it, with `Refused` among
    the response's extensions, as `keepmum`. `[[restore]]` rules of the configuration give values back in replies.

    The key of references is in `key_file`, or in the file that `[proxy] key-file` names, or is this user's, as for the gateway.
    """

    http = httpx2


class AsyncTransport(AsyncLooking, httpx2.AsyncBaseTransport):
    """The same for asynchronous clients. Looking takes the time of the loop, also of a large body."""

    http = httpx2
