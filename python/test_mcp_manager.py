"""Tests of the module against small servers of their own; test_daemon.py has those with a real proxy."""

from __future__ import annotations

import http.server
import json
import os
import socket
import stat
import tempfile
import threading
import unittest
from typing import Any, Callable, Dict, List, Optional, Tuple

import requests

from mcp_manager import DEFAULT_PROXY, MCPManager, load_config

Answer = Tuple[int, Any]


class Server:
    """Answers with what it is told to, and remembers what it was asked."""

    def __init__(self, test: unittest.TestCase, answer: Callable[[str, str], Optional[Answer]]) -> None:
        self.seen: List[Dict[str, Any]] = []
        seen = self.seen

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen.append({"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body})
                reply = answer(self.command, self.path)
                if reply is None:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, value = reply
                text = (value if isinstance(value, str) else json.dumps(value)).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except ConnectionError:
                    pass  # The client had no patience; some tests want that.

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        test.addCleanup(thread.join)
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)


def free_url() -> str:
    """A URL on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class Case(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "config.json")

    def write(self, text: str) -> None:
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self) -> str:
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def server(self, answer: Any) -> Server:
        return Server(self, answer if callable(answer) else lambda *_: answer)

    def manager(self, url: str, *fallbacks: str, **options: Any) -> MCPManager:
        entries = [{"name": f"f{number}", "url": fallback} for number, fallback in enumerate(fallbacks)]
        self.write(json.dumps({"mcpServers": {"unified_proxy": {"url": url, "fallbacks": entries}}}))
        manager = MCPManager(self.path, **options)
        self.addCleanup(manager.close)
        return manager


class LoadConfig(Case):
    def test_adds_the_proxy_and_saves_the_file(self) -> None:
        self.write('{"mcpServers": {}}')
        config = load_config(self.path)
        self.assertEqual(
            config["mcpServers"]["unified_proxy"],
            {
                "url": "http://localhost:4000",
                "fallbacks": [{"name": "augment", "url": "http://localhost:3000"}, {"name": "cline", "url": "http://localhost:5000"}],
            },
        )
        self.assertEqual(json.loads(self.read()), config)

    def test_leaves_a_proxy_that_is_there(self) -> None:
        text = '{"mcpServers":{"unified_proxy":{"url":"http://localhost:9"}}}'
        self.write(text)
        self.assertEqual(load_config(self.path)["mcpServers"]["unified_proxy"], {"url": "http://localhost:9"})
        self.assertEqual(self.read(), text)

    def test_keeps_other_keys_their_order_and_the_indentation(self) -> None:
        self.write('{\n    "z": "ü",\n    "mcpServers": {\n        "b": {"command": "x"},\n        "a": {}\n    },\n    "c": 1\n}\n')
        load_config(self.path)
        text = self.read()
        self.assertEqual(list(json.loads(text)), ["z", "mcpServers", "c"])
        self.assertEqual(list(json.loads(text)["mcpServers"]), ["b", "a", "unified_proxy"])
        self.assertTrue(text.startswith('{\n    "z": "ü",\n    "mcpServers": {\n        "b": {'))
        self.assertTrue(text.endswith("}\n"))

    def test_adds_mcp_servers_to_an_empty_object(self) -> None:
        self.write("{}")
        self.assertEqual(list(load_config(self.path)["mcpServers"]), ["unified_proxy"])

    def test_keeps_the_mode_of_the_file_and_leaves_nothing_beside_it(self) -> None:
        self.write("{}")
        os.chmod(self.path, 0o640)
        load_config(self.path)
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o640)
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["config.json"])

    def test_saves_through_a_link(self) -> None:
        self.write("{}")
        link = f"{self.path}.link"
        os.symlink(self.path, link)
        load_config(link)
        self.assertTrue(os.path.islink(link))
        self.assertIn("unified_proxy", self.read())

    def test_two_configs_share_nothing(self) -> None:
        self.write("{}")
        load_config(self.path)["mcpServers"]["unified_proxy"]["fallbacks"].clear()
        self.assertEqual(len(DEFAULT_PROXY["fallbacks"]), 2)

    def test_a_missing_file_is_named(self) -> None:
        with self.assertRaisesRegex(FileNotFoundError, "config.json"):
            load_config(self.path)

    def test_what_is_no_config_is_refused_and_left_alone(self) -> None:
        for text, reason in [("{", "is not JSON"), ("[]", "must hold an object"), ('{"mcpServers": []}', '"mcpServers".*must be an object')]:
            with self.subTest(text):
                self.write(text)
                with self.assertRaisesRegex(ValueError, f"config.json.*{reason}|{reason}.*config.json|\"mcpServers\" in .*config.json must be an object"):
                    load_config(self.path)
                self.assertEqual(self.read(), text)


class Names(Case):
    def test_the_proxy_is_the_default(self) -> None:
        self.write("{}")
        manager = MCPManager(self.path)
        self.assertEqual(manager.get_server_url(), "http://localhost:4000")
        self.assertEqual(manager.get_server_url("unified_proxy"), "http://localhost:4000")

    def test_fallbacks_and_other_servers_have_names_too(self) -> None:
        self.write('{"mcpServers": {"other": {"url": "http://localhost:7"}}}')
        manager = MCPManager(self.path)
        self.assertEqual(manager.get_server_url("augment"), "http://localhost:3000")
        self.assertEqual(manager.get_server_url("other"), "http://localhost:7")

    def test_an_unknown_server_is_a_value_error(self) -> None:
        manager = self.manager(free_url())
        for call in (manager.get_server_url, manager.set_active_server, lambda name: manager.send_request("/x", server_name=name)):
            with self.assertRaisesRegex(ValueError, "nobody"):
                call("nobody")

    def test_a_server_without_a_url_is_a_value_error(self) -> None:
        self.write('{"mcpServers": {"local": {"command": "x"}}}')
        with self.assertRaisesRegex(ValueError, "local"):
            MCPManager(self.path).get_server_url("local")


class SendRequest(Case):
    def test_sends_method_path_query_and_json(self) -> None:
        server = self.server((200, {"ok": True}))
        response = self.manager(server.url).send_request("a/b", "POST", {"x": [1]}, {"q": "1 2"})
        self.assertEqual(response.json(), {"ok": True})
        (seen,) = server.seen
        self.assertEqual((seen["method"], seen["path"], json.loads(seen["body"])), ("POST", "/a/b?q=1+2", {"x": [1]}))
        self.assertEqual(seen["headers"]["Content-Type"], "application/json")

    def test_sends_text_as_it_is(self) -> None:
        server = self.server((200, "ok"))
        self.manager(server.url).send_request("/x", "POST", "plain")
        self.assertEqual(server.seen[0]["body"], b"plain")

    def test_sends_the_headers_of_the_server(self) -> None:
        server = self.server((200, "ok"))
        self.write(json.dumps({"mcpServers": {"unified_proxy": {"url": server.url + "/", "headers": {"Authorization": "Bearer x"}}}}))
        MCPManager(self.path).send_request("/x")
        self.assertEqual((server.seen[0]["path"], server.seen[0]["headers"]["Authorization"]), ("/x", "Bearer x"))

    def test_a_named_server_is_asked_itself(self) -> None:
        proxy, target = self.server((200, "proxy")), self.server((200, "target"))
        self.assertEqual(self.manager(proxy.url, target.url).send_request("/x", server_name="f0").text, "target")
        self.assertEqual(proxy.seen, [])

    def test_an_error_answer_raises_with_the_proxys_sentence(self) -> None:
        proxy, fallback = self.server((404, {"error": "No such path."})), self.server((200, "fallback"))
        with self.assertRaisesRegex(requests.HTTPError, "404 .*No such path.") as caught:
            self.manager(proxy.url, fallback.url).send_request("/x")
        self.assertEqual(caught.exception.response.status_code, 404)
        self.assertEqual(fallback.seen, [])

    def test_goes_to_the_fallbacks_in_order_when_the_proxy_does_not_serve(self) -> None:
        for answer in [(502, "x"), (503, "x"), (504, "x"), None]:
            with self.subTest(answer):
                proxy, first, second = self.server(answer), self.server((503, "x")), self.server((200, "second"))
                response = self.manager(proxy.url, free_url(), first.url, second.url).send_request("/x", "POST", {"a": 1}, {"q": "1"})
                self.assertEqual(response.text, "second")
                self.assertEqual((len(proxy.seen), len(first.seen)), (1, 1))
                self.assertEqual((second.seen[0]["path"], json.loads(second.seen[0]["body"])), ("/x?q=1", {"a": 1}))

    def test_goes_to_the_fallbacks_when_nothing_listens_or_nothing_comes(self) -> None:
        release = threading.Event()
        self.addCleanup(release.set)
        silent = self.server(lambda *_: (200, "late") if release.wait(10) else None)
        for url in (free_url(), silent.url):
            fallback = self.server((200, "fallback"))
            self.assertEqual(self.manager(url, fallback.url, timeout=0.2).send_request("/x").text, "fallback")

    def test_an_error_answer_of_a_fallback_is_an_answer(self) -> None:
        proxy, first, second = self.server((503, "x")), self.server((400, "x")), self.server((200, "x"))
        with self.assertRaisesRegex(requests.HTTPError, "400"):
            self.manager(proxy.url, first.url, second.url).send_request("/x")
        self.assertEqual(second.seen, [])

    def test_raises_the_first_error_when_nobody_serves(self) -> None:
        proxy, fallback = self.server((504, "x")), self.server((503, "x"))
        with self.assertRaisesRegex(requests.HTTPError, "504"):
            self.manager(proxy.url, fallback.url, free_url(), "no url").send_request("/x")
        with self.assertRaises(requests.ConnectionError):
            self.manager(free_url(), fallback.url).send_request("/x")

    def test_repeats_what_is_safe_and_nothing_else(self) -> None:
        for method, attempts in [("GET", 2), ("POST", 1), ("DELETE", 1)]:
            with self.subTest(method):
                server = self.server(lambda *_: None)
                with self.assertRaises(requests.ConnectionError):
                    self.manager(server.url).send_request("/x", method)
                self.assertEqual(len(server.seen), attempts)


class Switch(Case):
    def test_tells_the_proxy(self) -> None:
        proxy = self.server((200, {"success": True, "activeSystem": "f0"}))
        manager = self.manager(proxy.url, free_url())
        self.assertEqual(manager.set_active_server("f0"), {"success": True, "activeSystem": "f0"})
        manager.set_active_server("known to the proxy only", force=True)
        self.assertEqual([(seen["method"], seen["path"]) for seen in proxy.seen], [("POST", "/api/proxy/switch")] * 2)
        self.assertEqual([json.loads(seen["body"]) for seen in proxy.seen], [{"system": "f0"}, {"system": "known to the proxy only", "force": True}])

    def test_a_name_the_proxy_refuses_is_a_value_error(self) -> None:
        proxy = self.server((400, {"error": "No target is called that."}))
        with self.assertRaisesRegex(ValueError, "f0.*No target is called that"):
            self.manager(proxy.url, free_url()).set_active_server("f0")

    def test_a_target_that_is_down_is_an_http_error(self) -> None:
        proxy = self.server((409, {"error": "f0 is down."}))
        with self.assertRaisesRegex(requests.HTTPError, "409.*f0 is down"):
            self.manager(proxy.url, free_url()).set_active_server("f0")

    def test_a_proxy_that_does_not_answer_raises(self) -> None:
        with self.assertRaises(requests.ConnectionError):
            self.manager(free_url(), free_url()).set_active_server("f0")

    def test_naming_the_proxy_changes_nothing(self) -> None:
        proxy = self.server((500, "x"))
        self.assertEqual(self.manager(proxy.url).set_active_server("unified_proxy"), {"success": True})
        self.assertEqual(proxy.seen, [])


class NeverRaise(Case):
    def test_health_and_config_are_what_the_server_says(self) -> None:
        proxy = self.server(lambda _, path: (200, {"status": "healthy", "path": path}))
        manager = self.manager(proxy.url)
        self.assertEqual(manager.check_health(), {"status": "healthy", "path": "/health"})
        self.assertEqual(manager.get_config(), {"status": "healthy", "path": "/config"})

    def test_a_health_page_without_json_is_healthy(self) -> None:
        self.assertEqual(self.manager(self.server((200, "OK")).url).check_health(), {"status": "healthy"})

    def test_an_unhealthy_proxy_says_so_itself(self) -> None:
        health = self.manager(self.server((503, {"status": "unhealthy", "systems": {}})).url).check_health()
        self.assertEqual((health["status"], health["systems"]), ("unhealthy", {}))
        self.assertIn("503", health["error"])

    def test_nothing_raises(self) -> None:
        for url in (free_url(), self.server((500, "x")).url, self.server((200, "{")).url + "/x", self.server(lambda *_: None).url, "no url"):
            manager = self.manager(url, timeout=1)
            self.assertEqual(manager.get_config()["config"], None)
            self.assertTrue(manager.get_config()["error"])
            if not url.endswith("/x"):
                self.assertEqual(manager.check_health()["status"], "unhealthy")
                self.assertTrue(manager.check_health()["error"])
        self.assertEqual(manager.check_health("nobody")["status"], "unhealthy")
        self.assertIn("nobody", manager.get_config("nobody")["error"])


if __name__ == "__main__":
    unittest.main()
