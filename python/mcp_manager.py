"""Client of Proxy MCP: one URL for the active target, with the targets themselves as fallbacks.

    from mcp_manager import MCPManager

    manager = MCPManager("config.json")
    print(manager.check_health()["status"])
    tools = manager.send_request("tools/list").json()
    manager.set_active_server("cline")

Needs Python 3.8 or newer and requests.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import re
import shutil
import tempfile
import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

import requests

__all__ = ["MCPManager", "load_config"]

#: The entry of ``mcpServers`` that stands for the proxy.
PROXY = "unified_proxy"

#: What :func:`load_config` adds when the entry is missing.
DEFAULT_PROXY: Dict[str, Any] = {
    "url": "http://localhost:4000",
    "fallbacks": [
        {"name": "augment", "url": "http://localhost:3000"},
        {"name": "cline", "url": "http://localhost:5000"},
    ],
}

#: Seconds until a connection stands, and without a byte of the answer.
DEFAULT_TIMEOUT: Tuple[float, float] = (3.0, 30.0)

_NOT_SERVED = frozenset({502, 503, 504})
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_RETRY_DELAY = 0.1

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())


def load_config(config_path: str = "config.json") -> Dict[str, Any]:
    """Read a JSON config with ``mcpServers``; add ``unified_proxy`` and save the file when it is missing.

    Everything else in the file stays as it is: other keys, their order, the indentation, the file's mode. The file is
    replaced in one step, so that no reader ever sees half of it.

    Raises ``FileNotFoundError`` (or another ``OSError``) when the file can not be read, and ``ValueError`` when it does
    not hold an object with an object ``mcpServers``; both name the file. A file that can not be written is only warned of.
    """
    try:
        with open(config_path, encoding="utf-8-sig") as file:
            text = file.read()
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, "No config file; create it, or pass its path", str(config_path)) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{config_path} is not UTF-8: {error}") from error

    try:
        config = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{config_path} is not JSON: {error}") from error

    if not isinstance(config, dict):
        raise ValueError(f"{config_path} must hold an object, not {type(config).__name__}")

    servers = config.setdefault("mcpServers", {})
    if not isinstance(servers, dict):
        raise ValueError(f'"mcpServers" in {config_path} must be an object, not {type(servers).__name__}')

    if PROXY not in servers:
        servers[PROXY] = copy.deepcopy(DEFAULT_PROXY)
        try:
            _save(config_path, config, like=text)
        except OSError as error:
            _log.warning("%s can not be saved with %s in it: %s", config_path, PROXY, error)

    return config


def _save(path: str, config: Mapping[str, Any], like: str) -> None:
    """Replace a file in one step, indented like the text it had."""
    path = os.path.realpath(path)  # A link stays a link.
    indent = re.search(r"^([ \t]+)\S", like, re.MULTILINE)
    text = json.dumps(config, indent=indent.group(1) if indent else 2, ensure_ascii=False) + "\n"
    descriptor, temporary = tempfile.mkstemp(prefix=".config-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


class _Server(NamedTuple):
    name: str
    url: str
    headers: Dict[str, str]
    fallbacks: Tuple[_Server, ...] = ()


class MCPManager:
    """Sends requests through the proxy, and to its fallbacks when the proxy itself does not serve."""

    def __init__(
        self,
        config_path: str = "config.json",
        *,
        timeout: Union[float, Tuple[float, float]] = DEFAULT_TIMEOUT,
        session: Optional[requests.Session] = None,
    ) -> None:
        """Read the config (see :func:`load_config` for what it raises). ``timeout`` is as in requests: connect, read."""
        self.config_path = config_path
        self.config = load_config(config_path)
        self.timeout = timeout
        self.session = session or requests.Session()

    def __enter__(self) -> "MCPManager":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept for the next request."""
        self.session.close()

    def get_server_url(self, server_name: Optional[str] = None) -> str:
        """The URL of a server of ``mcpServers`` or of a fallback; of the proxy when no name is given.

        Raises ``ValueError`` for a name that is not known.
        """
        return self._server(server_name).url

    def set_active_server(self, server_name: str, force: bool = False) -> Dict[str, Any]:
        """Tell the proxy to make this target the active one; ``force`` even if it is down. Returns the proxy's answer.

        The proxy knows its targets better than the config does, so it is asked about any name. Raises ``ValueError`` for
        one it does not know, ``requests.HTTPError`` when it refuses (409: the target is down), and the other exceptions
        of requests when it does not answer. Naming the proxy itself changes nothing.
        """
        if server_name == PROXY:
            return {"success": True}

        body: Dict[str, Any] = {"system": server_name, "force": True} if force else {"system": server_name}
        try:
            return self._ask(self._server(None), "POST", "api/proxy/switch", data=body).json()
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code == 400:
                raise ValueError(f"Unknown server: {server_name} ({error})") from error
            raise
        except requests.RequestException as error:
            self._server_known(server_name, error)
            raise

    def send_request(
        self,
        endpoint: str,
        method: str = "GET",
        data: Any = None,
        params: Optional[Mapping[str, Any]] = None,
        server_name: Optional[str] = None,
    ) -> requests.Response:
        """Send a request through the proxy, or straight to the server named.

        ``data`` is sent as it is when it is text or bytes, else as JSON. An HTTP error answer raises ``requests.HTTPError``.
        When the proxy can not be reached, takes too long or answers 502, 503 or 504, its fallbacks are tried in order (a
        target may have seen the request by then), and the first error is raised when none of them serves either. An
        unknown server raises ``ValueError``.
        """
        server = self._server(server_name)
        try:
            return self._ask(server, method, endpoint, data, params)
        except requests.RequestException as error:
            if not _is_not_served(error):
                raise
            first = error

        for fallback in server.fallbacks:
            try:
                return self._ask(fallback, method, endpoint, data, params)
            except requests.RequestException as error:
                if isinstance(error, requests.HTTPError) and not _is_not_served(error):
                    raise  # It answered.
                _log.warning("%s does not serve either: %s", fallback.name, type(error).__name__)

        raise first

    def check_health(self, server_name: Optional[str] = None) -> Dict[str, Any]:
        """What ``/health`` says, as a dict with ``status``. Never raises: ``{"status": "unhealthy", "error": …}``."""
        try:
            body = _json(self._ask(self._server(server_name), "GET", "health"))
            return {"status": "healthy", **body} if isinstance(body, dict) else {"status": "healthy"}
        except Exception as error:  # pylint: disable=broad-except -- the promise
            body = _json(getattr(error, "response", None))
            return {"status": "unhealthy", "error": str(error), **(body if isinstance(body, dict) else {})}

    def get_config(self, server_name: Optional[str] = None) -> Dict[str, Any]:
        """What ``/config`` says. Never raises: ``{"error": …, "config": None}``."""
        try:
            body = self._ask(self._server(server_name), "GET", "config").json()
            return body if isinstance(body, dict) else {"config": body}
        except Exception as error:  # pylint: disable=broad-except -- the promise
            return {"error": str(error), "config": None}

    def _server(self, name: Optional[str]) -> _Server:
        servers = self.config["mcpServers"]
        proxy = servers.get(PROXY)
        fallbacks = _entries(proxy)
        if name is None or name == PROXY:
            return _server(PROXY, proxy, tuple(_server(str(entry.get("name")), entry) for entry in fallbacks))
        if name in servers:
            return _server(name, servers[name])
        for entry in fallbacks:
            if entry.get("name") == name:
                return _server(name, entry)
        known = ", ".join(dict.fromkeys([*servers, *(str(entry.get("name")) for entry in fallbacks)]))
        raise ValueError(f"Unknown server: {name}. Known in {self.config_path}: {known}")

    def _server_known(self, name: str, cause: Exception) -> None:
        """Raise ``ValueError`` when neither the config knows this name nor the proxy could be asked."""
        try:
            self._server(name)
        except ValueError as error:
            raise error from cause

    def _ask(self, server: _Server, method: str, endpoint: str, data: Any = None, params: Optional[Mapping[str, Any]] = None) -> requests.Response:
        """One request to one server; tried again once when it is safe: nothing was sent, or the method changes nothing."""
        url = f"{server.url.rstrip('/')}/{endpoint.lstrip('/')}"
        body = {"data": data} if data is None or isinstance(data, (str, bytes)) else {"json": data}
        method = method.upper()

        def send() -> requests.Response:
            return self.session.request(method, url, params=params, headers=server.headers, timeout=self.timeout, **body)

        try:
            response = send()
        except requests.ConnectionError as error:
            if isinstance(error, requests.Timeout) or not (method in _REPEATABLE or _is_refused(error)):
                raise
            time.sleep(_RETRY_DELAY)
            response = send()
        _raise_for_status(response)
        return response


def _entries(proxy: Any) -> List[Mapping[str, Any]]:
    fallbacks = proxy.get("fallbacks") if isinstance(proxy, dict) else None
    return [entry for entry in fallbacks or [] if isinstance(entry, dict) and isinstance(entry.get("url"), str)]


def _server(name: str, entry: Any, fallbacks: Tuple[_Server, ...] = ()) -> _Server:
    url = entry.get("url") if isinstance(entry, dict) else None
    if not isinstance(url, str) or not url:
        raise ValueError(f'Server {name} has no "url"')
    return _Server(name, url, dict(entry.get("headers") or {}), fallbacks)


def _json(response: Optional[requests.Response]) -> Any:
    try:
        return None if response is None else response.json()
    except ValueError:
        return None


def _raise_for_status(response: requests.Response) -> None:
    """As in requests, with the sentence that the proxy gives in ``error``."""
    try:
        response.raise_for_status()
    except requests.HTTPError as error:
        body = _json(response)
        if not isinstance(body, dict) or not isinstance(body.get("error"), str):
            raise
        raise requests.HTTPError(f"{error}: {body['error']}", request=response.request, response=response) from None


def _is_not_served(error: requests.RequestException) -> bool:
    if isinstance(error, requests.HTTPError):
        return error.response is not None and error.response.status_code in _NOT_SERVED
    return isinstance(error, (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError))


def _is_refused(error: requests.ConnectionError) -> bool:
    """Whether no connection came about, so that nothing can have been sent."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError")
