"""Tests of the module against a real proxy; test/e2e/python.ts starts it and says in PROXY_MCP_CONFIG where it is.

The targets `a` (active) and `b` answer with their names, `gone` is down. `Stopped` is run after the proxy has ended.
"""

from __future__ import annotations

import os
import unittest

import requests

from mcp_manager import MCPManager


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.manager = MCPManager(os.environ["PROXY_MCP_CONFIG"], timeout=5)
        self.addCleanup(self.manager.close)

    def active(self) -> str:
        return str(self.manager.send_request("api/proxy/status").json()["activeSystem"])


class Running(Case):
    def setUp(self) -> None:
        super().setUp()
        self.manager.set_active_server("a")

    def test_a_request_goes_to_the_active_target(self) -> None:
        response = self.manager.send_request("/some/path", params={"x": "1"})
        self.assertEqual((response.status_code, response.text), (200, "a GET /some/path?x=1 "))

    def test_a_body_goes_along(self) -> None:
        self.assertEqual(self.manager.send_request("call", "POST", {"x": 1}).text, 'a POST /call {"x": 1}')

    def test_a_switch_moves_the_next_request(self) -> None:
        answer = self.manager.set_active_server("b")
        self.assertEqual((answer["success"], answer["activeSystem"], self.active()), (True, "b", "b"))
        self.assertTrue(self.manager.send_request("x").text.startswith("b "))

    def test_an_unknown_target_is_a_value_error_and_changes_nothing(self) -> None:
        with self.assertRaises(ValueError):
            self.manager.set_active_server("nobody")
        self.assertEqual(self.active(), "a")

    def test_a_target_that_is_down_is_refused(self) -> None:
        with self.assertRaises(requests.HTTPError) as caught:
            self.manager.set_active_server("gone")
        self.assertEqual(caught.exception.response.status_code, 409)
        self.assertEqual(self.active(), "a")

    def test_a_forced_switch_to_a_dead_target_leaves_the_fallback(self) -> None:
        self.assertEqual(self.manager.set_active_server("gone", force=True)["activeSystem"], "gone")
        self.assertTrue(self.manager.send_request("x").text.startswith("b "))

    def test_a_named_server_is_asked_whatever_is_active(self) -> None:
        self.assertTrue(self.manager.send_request("x", server_name="b").text.startswith("b "))

    def test_health_names_the_systems(self) -> None:
        health = self.manager.check_health()
        self.assertEqual((health["status"], health["activeSystem"]), ("healthy", "a"))
        self.assertEqual([name for name, system in health["systems"].items() if system["isHealthy"]], ["a", "b"])

    def test_config_names_the_targets(self) -> None:
        config = self.manager.get_config()
        self.assertEqual(list(config["proxy"]["targets"]), ["a", "b", "gone"])
        self.assertNotIn("S3CRET", str(config))

    def test_an_error_of_the_proxy_raises(self) -> None:
        with self.assertRaisesRegex(requests.HTTPError, "404"):
            self.manager.send_request("targets/nobody/x")


class Stopped(Case):
    def test_requests_go_to_the_fallback(self) -> None:
        self.assertEqual(self.manager.send_request("mcp", "POST", {"x": 1}).text, 'b POST /mcp {"x": 1}')

    def test_health_and_config_say_so_without_raising(self) -> None:
        self.assertEqual(self.manager.check_health()["status"], "unhealthy")
        self.assertIsNone(self.manager.get_config()["config"])

    def test_a_switch_raises(self) -> None:
        with self.assertRaises(requests.ConnectionError):
            self.manager.set_active_server("b")


if __name__ == "__main__":
    unittest.main()
