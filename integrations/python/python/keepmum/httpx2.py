"""Clients of httpx whose requests to language models hold no secrets.

    client = openai.OpenAI(http_client=httpx2.Client(transport=keepmum.httpx2.Transport()))

Clients of httpx have `keepmum.httpx`, which is the same. Newer OpenAI and Anthropic SDKs are made with httpx2.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Iterator

import httpx2

from keepmum._errors import Refused
from keepmum._keepmum import Reply
from keepmum._redactor import Redactor
from keepmum._requests import Headers, Requests


class Transport(httpx2.BaseTransport):
    """Looks through requests before `transport` sends them, as the gateway does: references take the place of secrets, and
    nothing else of a body changes.

    Looked through are requests to providers of models and to Slack, to the further `hosts`, or to every host (`everything`);
    others pass untouched. A request that must not be sent is answered as the provider would refuse it, with `Refused` among
    the response's extensions, as `keepmum`. `[[restore]]` rules of the configuration give values back in replies.

    The key of references is in `key_file`, or in the file that `[proxy] key-file` names, or is this user's, as for the gateway.
    """

    def __init__(
        self,
        transport: httpx2.BaseTransport | None = None,
        *,
        redactor: Redactor | None = None,
        hosts: Iterable[str] = (),
        everything: bool = False,
        key_file: str | os.PathLike[str] | None = None,
    ) -> None:
        self._transport = transport or httpx2.HTTPTransport()
        self._requests = Requests(redactor, hosts, everything, key_file)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends `request` without secrets, or refuses it."""
        api = _api(self._requests, request)
        if api is None:
            return self._transport.handle_request(request)
        try:
            sent = _sent(self._requests, api, request, request.read())
        except Refused as refused:
            return _refusal(request, refused)
        response = self._transport.handle_request(sent)
        restoring = self._requests.reply(api, response.headers.raw)
        if restoring is None:
            return response
        reply, headers = restoring
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return _response(response, headers, _Restored(response.stream, reply))

    def close(self) -> None:
        """Closes the transport behind."""
        self._transport.close()


class AsyncTransport(httpx2.AsyncBaseTransport):
    """The same for asynchronous clients. Looking takes the time of the loop, also of a large body."""

    def __init__(
        self,
        transport: httpx2.AsyncBaseTransport | None = None,
        *,
        redactor: Redactor | None = None,
        hosts: Iterable[str] = (),
        everything: bool = False,
        key_file: str | os.PathLike[str] | None = None,
    ) -> None:
        self._transport = transport or httpx2.AsyncHTTPTransport()
        self._requests = Requests(redactor, hosts, everything, key_file)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends `request` without secrets, or refuses it."""
        api = _api(self._requests, request)
        if api is None:
            return await self._transport.handle_async_request(request)
        try:
            sent = _sent(self._requests, api, request, await request.aread())
        except Refused as refused:
            return _refusal(request, refused)
        response = await self._transport.handle_async_request(sent)
        restoring = self._requests.reply(api, response.headers.raw)
        if restoring is None:
            return response
        reply, headers = restoring
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return _response(response, headers, _AsyncRestored(response.stream, reply))

    async def aclose(self) -> None:
        """Closes the transport behind."""
        await self._transport.aclose()


class _Restored(httpx2.SyncByteStream):
    """A reply, passed on as it comes."""

    def __init__(self, stream: httpx2.SyncByteStream, reply: Reply) -> None:
        self._stream = stream
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            if restored := self._reply.push(chunk):
                yield restored
        if rest := self._reply.finish():
            yield rest

    def close(self) -> None:
        self._stream.close()


class _AsyncRestored(httpx2.AsyncByteStream):
    """The same, asynchronous."""

    def __init__(self, stream: httpx2.AsyncByteStream, reply: Reply) -> None:
        self._stream = stream
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            if restored := self._reply.push(chunk):
                yield restored
        if rest := self._reply.finish():
            yield rest

    async def aclose(self) -> None:
        await self._stream.aclose()


def _api(requests: Requests, request: httpx2.Request) -> str | None:
    return requests.api(request.url.host, request.url.raw_path, request.headers.raw)


def _sent(requests: Requests, api: str, request: httpx2.Request, body: bytes) -> httpx2.Request:
    """The request that may be sent: the same one if nothing of it changes."""
    headers, new = requests.look(api, request.method, request.headers.raw, body)
    if new == body and headers == request.headers.raw:
        return request
    # The body is whole by now, however it was to come.
    headers = [header for header in headers if header[0].lower() != b"transfer-encoding"]
    return httpx2.Request(
        request.method, request.url, headers=headers, content=new, extensions=request.extensions
    )


def _refusal(request: httpx2.Request, refused: Refused) -> httpx2.Response:
    return httpx2.Response(
        refused.status,
        headers={"content-type": "application/json"},
        content=refused.body,
        request=request,
        extensions={"keepmum": refused},
    )


def _response(
    response: httpx2.Response, headers: Headers, stream: httpx2.SyncByteStream | httpx2.AsyncByteStream
) -> httpx2.Response:
    return httpx2.Response(
        response.status_code, headers=headers, stream=stream, extensions=response.extensions
    )
