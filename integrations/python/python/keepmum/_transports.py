"""Transports of HTTP clients: the same for each module that is made as httpx is."""

from __future__ import annotations

import functools
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from types import ModuleType
from typing import Any

from keepmum._errors import Refused
from keepmum._keepmum import Reply
from keepmum._redactor import Redactor
from keepmum._requests import Requests


class Exchange:
    """What becomes of a request, and of its response."""

    def __init__(self, http: ModuleType, requests: Requests) -> None:
        self._http = http
        self._requests = requests

    def api(self, request: Any) -> str | None:
        """What a request is; none if it passes untouched."""
        return self._requests.api(request.url.host, request.url.raw_path, request.headers.raw)

    def read(self, request: Any) -> bytes | None:
        """The body of a request, if it lies there."""
        try:
            content: bytes = request.content
            return content
        except self._http.RequestNotRead:
            return None

    @property
    def longest(self) -> int:
        """So many bytes of a body are read: a longer one is refused."""
        return self._requests.longest + 1

    def redact(self, api: str, request: Any, body: bytes) -> Any:
        """Makes of a request the one that may be sent; or gives what it is answered with. The request itself changes: a
        redirect sends the body again that it holds.
        """
        try:
            headers, new = self._requests.look(api, request.method, request.headers.raw, body)
        except Refused as refused:
            return self._refusal(request, refused)
        # The body is whole by now, however it was to come.
        headers = [header for header in headers if header[0].lower() != b"transfer-encoding"]
        sent = self._http.Request(
            request.method, request.url, headers=headers, content=new, extensions=request.extensions
        )
        vars(request).update(vars(sent))
        return None

    def restored(self, api: str, response: Any) -> Any:
        """A response in whose tool calls values come back where a rule allows it."""
        restoring = self._requests.reply(api, response.headers.raw)
        if restoring is None:
            return response
        reply, headers = restoring
        stream = _streams(self._http)[isinstance(response.stream, self._http.AsyncByteStream)]
        return self._http.Response(
            response.status_code,
            headers=headers,
            stream=stream(response.stream, reply),
            extensions=response.extensions,
        )

    def _refusal(self, request: Any, refused: Refused) -> Any:
        return self._http.Response(
            refused.status,
            headers={"content-type": "application/json"},
            content=refused.body,
            request=request,
            extensions={"keepmum": refused},
        )


class _Guarded:
    """What a transport is beside one of `http`."""

    http: ModuleType
    behind: str

    def __init__(
        self,
        transport: Any = None,
        *,
        redactor: Redactor | None = None,
        hosts: Iterable[str] = (),
        everything: bool = False,
        key_file: str | os.PathLike[str] | None = None,
    ) -> None:
        self._transport = transport or getattr(self.http, self.behind)()
        self._exchange = Exchange(self.http, Requests(redactor, hosts, everything, key_file))


class Looking(_Guarded):
    """A transport that looks through requests."""

    behind = "HTTPTransport"

    def handle_request(self, request: Any) -> Any:
        """Sends `request` without secrets, or refuses it."""
        api = self._exchange.api(request)
        if api is None:
            return self._transport.handle_request(request)
        refusal = self._exchange.redact(api, request, self._body(request))
        if refusal is not None:
            return refusal
        return self._exchange.restored(api, self._transport.handle_request(request))

    def _body(self, request: Any) -> bytes:
        if (body := self._exchange.read(request)) is not None:
            return body
        collected = bytearray()
        for chunk in request.stream:
            collected += chunk
            if len(collected) >= self._exchange.longest:
                break
        return bytes(collected)

    def close(self) -> None:
        """Closes the transport behind."""
        self._transport.close()


class AsyncLooking(_Guarded):
    """The same for asynchronous clients."""

    behind = "AsyncHTTPTransport"

    async def handle_async_request(self, request: Any) -> Any:
        """Sends `request` without secrets, or refuses it."""
        api = self._exchange.api(request)
        if api is None:
            return await self._transport.handle_async_request(request)
        refusal = self._exchange.redact(api, request, await self._body(request))
        if refusal is not None:
            return refusal
        return self._exchange.restored(api, await self._transport.handle_async_request(request))

    async def _body(self, request: Any) -> bytes:
        if (body := self._exchange.read(request)) is not None:
            return body
        collected = bytearray()
        async for chunk in request.stream:
            collected += chunk
            if len(collected) >= self._exchange.longest:
                break
        return bytes(collected)

    async def aclose(self) -> None:
        """Closes the transport behind."""
        await self._transport.aclose()


class _Restored:
    """A reply, passed on as it comes."""

    def __init__(self, stream: Any, reply: Reply) -> None:
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


class _AsyncRestored:
    """The same, asynchronous."""

    def __init__(self, stream: Any, reply: Reply) -> None:
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


@functools.cache
def _streams(http: ModuleType) -> tuple[Any, Any]:
    """Both as streams of a module, whose responses take no others."""
    return (
        type("Restored", (_Restored, http.SyncByteStream), {}),
        type("AsyncRestored", (_AsyncRestored, http.AsyncByteStream), {}),
    )
