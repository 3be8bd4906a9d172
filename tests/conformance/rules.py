# SPDX-License-Identifier: Apache-2.0
"""Rules of revision 2026-07-28 about HTTP that the official suite does not look at, each with the bytes that prove it.

usage: rules.py PATH/TO/http_probe [unittest's arguments]
requirements.tsv names these tests.
"""
import base64
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "hostile"))
import wire  # noqa: E402
from wire import META, Server, call, eventually, message  # noqa: E402

PROBE = None
TOKENS = ["--token", "alice", "a" * 40, "--token", "bob", "b" * 40, "-", "--token", "carol", "c" * 40, "demands",
          "--issuer", "http://127.0.0.1:9"]


class WithServer(unittest.TestCase):
    arguments = []

    @classmethod
    def setUpClass(cls):
        cls.server = Server([PROBE, *cls.arguments]).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.code), (status, code), answer.body)
        return answer


class Requests(WithServer):
    def test_a_request_is_answered_as_json_or_as_a_stream(self):
        plain = self.server.call("add", {"a": 2, "b": 3})
        self.assertEqual((plain.status, plain.header("content-type").split(";")[0]), (200, "application/json"))
        self.assertEqual(plain.json["result"]["structuredContent"], 5)
        told = self.server.once(call("tell", meta={"progressToken": "p"}))
        self.assertEqual((told.status, told.header("content-type").split(";")[0]), (200, "text/event-stream"))
        self.assertEqual(told.messages[-1]["result"]["content"][0]["text"], "told")

    def test_a_notification_is_202_without_a_body(self):
        answer = self.server.once(message("notifications/cancelled", {"requestId": 99}, id=None))
        self.assertEqual((answer.status, answer.body), (202, b""))

    def test_a_bad_notification_has_an_error_status(self):
        bad = message("notifications/cancelled", {"requestId": 99}, id=None)
        self.assertEqual(self.server.once(bad, headers={"Content-Type": "text/plain"}).status, 415)
        self.assertEqual(self.server.once(bad, headers={"Accept": "text/html"}).status, 406)
        for body in (b'{"jsonrpc":"2.0"', b'{"method":"notifications/cancelled"}', b'{"jsonrpc":"2.0","method":1}'):
            with self.subTest(body):
                self.assertEqual(self.server.once(body, headers={"MCP-Protocol-Version": wire.VERSION}).status, 400)

    def test_a_request_without_its_meta_is_400(self):
        for left_out in ("protocolVersion", "clientCapabilities"):
            with self.subTest(left_out):
                body = call("add", {"a": 1, "b": 2})
                del body["params"]["_meta"][META + left_out]
                self.refused(self.server.once(body), 400, -32602)

    def test_a_missing_capability_is_400(self):
        answer = self.refused(self.server.call("ask_model"), 400, -32021)
        self.assertIn("sampling", answer.json["error"]["data"]["requiredCapabilities"])

    def test_an_unknown_method_is_404(self):
        self.refused(self.server.once(message("nothing/here")), 404, -32601)

    def test_a_version_that_is_not_served_is_400_with_those_that_are(self):
        for version in ("2026-01-01", "2099-12-31"):
            with self.subTest(version):
                answer = self.server.once(message("tools/list", meta={META + "protocolVersion": version}))
                self.refused(answer, 400, -32022)
                self.assertIn("2026-07-28", answer.json["error"]["data"]["supported"])

    def test_an_answer_has_the_id_of_its_request(self):
        with self.server.connect() as connection:
            for id in (0, "0", 7, "seven", -1):
                connection.request(call("add", {"a": 1, "b": 1}, id=id))
                self.assertEqual(connection.response().json["id"], id)

    def test_two_requests_on_one_connection_share_nothing(self):
        with self.server.connect() as connection:
            able = {META + "clientCapabilities": {"sampling": {}}}
            connection.request(call("ask_model", meta=able))
            self.assertEqual(connection.response().json["result"]["resultType"], "input_required")
            connection.request(call("ask_model"))
            self.refused(connection.response(), 400, -32021)
            connection.request(call("tell", meta={META + "logLevel": "debug"}))
            self.assertIn("notifications/message", [one.get("method") for one in connection.response().messages])
            connection.request(call("tell"))
            self.assertNotIn("notifications/message", [one.get("method") for one in connection.response().messages])

    def test_lists_do_not_depend_on_the_connection(self):
        for method in ("tools/list", "prompts/list", "resources/list"):
            with self.subTest(method), self.server.connect() as connection:
                connection.request(message(method))
                first = connection.response().json
                connection.request(call("remember", {"text": "something"}))
                connection.response()
                connection.request(message(method))
                self.assertEqual(connection.response().json, first)
                self.assertEqual(self.server.once(message(method)).json, first)

    def test_every_page_has_the_same_cache_scope(self):
        scopes, cursor = [], None
        while True:
            result = self.server.once(message("tools/list", {"cursor": cursor} if cursor else {})).json["result"]
            scopes.append(result["cacheScope"])
            cursor = result.get("nextCursor")
            if cursor is None:
                break
        self.assertEqual(len(set(scopes)), 1)


class Streams(WithServer):
    def test_a_stream_tells_of_its_own_request_alone(self):
        with self.server.connect() as listener, self.server.connect() as caller:
            listener.request(message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, id="s"))
            stream = listener.stream()
            self.assertEqual(next(stream)["method"], "notifications/subscriptions/acknowledged")
            caller.request(call("tell", id=5, meta={"progressToken": "mine", META + "logLevel": "debug"}))
            told = caller.response().messages
            self.assertEqual([one.get("method", "result") for one in told],
                             ["notifications/progress", "notifications/message", "notifications/progress", "result"])
            self.assertEqual({one["params"]["progressToken"] for one in told if one.get("method") == "notifications/progress"}, {"mine"})
            self.server.call("grow")
            heard = next(stream)
            self.assertEqual((heard["method"], heard["params"]["_meta"][META + "subscriptionId"]), ("notifications/tools/list_changed", "s"))

    def test_a_stream_carries_no_requests(self):
        able = {META + "clientCapabilities": {"sampling": {}}, "progressToken": 1, META + "logLevel": "debug"}
        for tool in ("tell", "ask_model"):
            for told in self.server.once(call(tool, meta=able)).messages:
                self.assertFalse("id" in told and "method" in told, told)

    def test_a_client_that_goes_cancels_its_call(self):
        for name, tool, meta in (("before any answer", "sleep", None), ("with a progress token", "sleep", {"progressToken": 1})):
            with self.subTest(name):
                before = int(self.server.call("cancelled_sleeps").text)
                connection = self.server.connect()
                connection.request(call(tool, {"milliseconds": 60000}, meta=meta))
                self.assertTrue(connection.quiet(0.2))
                connection.close()
                eventually(lambda: int(self.server.call("cancelled_sleeps").text) == before + 1)

    def test_closing_a_stream_ends_its_subscription(self):
        for _ in range(3):
            with self.server.connect() as listener:
                listener.request(message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}))
                next(listener.stream())
        self.assertEqual(self.server.call("grow").text, "grown")


    def test_a_listener_hears_of_its_task(self):
        able = {META + "clientCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}}
        begun = self.server.once(call("job", {"milliseconds": 1000}, meta=able))
        self.assertEqual(begun.json["result"]["resultType"], "task", begun.body)
        task = begun.json["result"]["taskId"]
        with self.server.connect() as listener:
            listener.request(message("subscriptions/listen", {"notifications": {"taskIds": [task]}}, id="s", meta=able))
            stream = listener.stream()
            self.assertEqual(next(stream)["params"]["notifications"]["taskIds"], [task])
            heard = []
            while not heard or heard[-1]["status"] == "working":
                told = next(stream)
                self.assertEqual((told["method"], told["params"]["_meta"][META + "subscriptionId"]), ("notifications/tasks", "s"))
                self.assertEqual(told["params"]["taskId"], task)
                heard.append(told["params"])
        self.assertEqual(heard[-1]["status"], "completed")
        self.assertEqual(heard[-1]["result"]["content"][0]["text"], "worked")


class Headers(WithServer):
    def test_a_version_header_that_differs_is_a_header_mismatch(self):
        for name, headers in (("version", {"MCP-Protocol-Version": "2025-11-25"}), ("method", {"Mcp-Method": "tools/list"}),
                              ("name", {"Mcp-Name": "sleep"}), ("case of the method", {"Mcp-Method": "Tools/Call"})):
            with self.subTest(name):
                self.refused(self.server.call("add", {"a": 1, "b": 2}, headers=headers), 400, -32020)

    def test_names_of_headers_have_no_case(self):
        answer = self.server.call("add", {"a": 1, "b": 2}, drop=("MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"),
                                  headers={"mcp-protocol-version": "2026-07-28", "MCP-METHOD": "tools/call", "mCP-nAME": "add"})
        self.assertEqual(answer.status, 200)

    def test_an_encoded_name_is_decoded_before_it_is_compared(self):
        encoded = f"=?base64?{base64.b64encode(b'add').decode()}?="
        self.assertEqual(self.server.call("add", {"a": 1, "b": 2}, headers={"Mcp-Name": encoded}).status, 200)
        for name in ("=?base64?YWRkMg==?=", "=?BASE64?YWRk?=", "=?base64?!?=", "YWRk"):
            with self.subTest(name):
                self.refused(self.server.call("add", {"a": 1, "b": 2}, headers={"Mcp-Name": name}), 400, -32020)

    def test_parameters_stand_in_their_headers(self):
        rows = (
            ("as it is", {"region": "seoul"}, {"Mcp-Param-Region": "seoul"}, 200),
            ("encoded", {"region": "서울"}, {"Mcp-Param-Region": f"=?base64?{base64.b64encode('서울'.encode()).decode()}?="}, 200),
            ("a number", {"region": "x", "limit": 42}, {"Mcp-Param-Region": "x", "Mcp-Param-Limit": "42"}, 200),
            ("an equal number", {"region": "x", "limit": 42}, {"Mcp-Param-Region": "x", "Mcp-Param-Limit": "42.0"}, 200),
            ("a header too much that no tool names", {"region": "x"}, {"Mcp-Param-Region": "x", "Mcp-Param-Other": "y"}, 200),
            ("missing", {"region": "seoul"}, {}, 400),
            ("another", {"region": "seoul"}, {"Mcp-Param-Region": "busan"}, 400),
            ("another case", {"region": "seoul"}, {"Mcp-Param-Region": "Seoul"}, 400),
            ("a header without a value in the body", {"region": "x"}, {"Mcp-Param-Region": "x", "Mcp-Param-Limit": "1"}, 400),
        )
        for name, arguments, headers, status in rows:
            with self.subTest(name):
                answer = self.server.call("query", arguments, headers={key: value for key, value in headers.items()})
                self.assertEqual(answer.status, status, answer.body)
                if status == 400:
                    self.assertEqual(answer.code, -32020)


class Guard(WithServer):
    arguments = ["--origin", "https://app.example", "--host", "tools.example"]

    def test_a_foreign_origin_is_403(self):
        for origin in ("https://evil.example", "null", "https://app.example.evil.example", "http://app.example", "https://app.example:444",
                       "http://localhost.evil.example", "http://127.0.0.1.nip.io", "https://evil.example, https://app.example", "", "x" * 5000):
            with self.subTest(origin[:40]):
                self.assertEqual(self.server.call("add", {"a": 1, "b": 2}, headers={"Origin": origin}).status, 403)

    def test_an_own_origin_and_none_pass(self):
        self.assertEqual(self.server.call("add", {"a": 1, "b": 2}).status, 200)
        for origin in ("https://app.example", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080"):
            with self.subTest(origin):
                self.assertEqual(self.server.call("add", {"a": 1, "b": 2}, headers={"Origin": origin}).status, 200)

    def test_a_foreign_host_is_refused(self):
        for host in ("evil.example", "tools.example.evil.example", "127.0.0.1.nip.io", "localhost.evil.example", "", "tools.example@evil.example"):
            with self.subTest(host):
                self.assertIn(self.server.call("add", {"a": 1, "b": 2}, headers={"Host": host}).status, (400, 403, 421))
        for host in ("tools.example", "localhost", "127.0.0.1:1", "[::1]"):
            with self.subTest(host):
                self.assertEqual(self.server.call("add", {"a": 1, "b": 2}, headers={"Host": host}).status, 200)


class ModernOnly(WithServer):
    arguments = ["--modern-only"]

    def test_without_legacy_a_missing_version_header_is_refused(self):
        self.refused(self.server.call("add", {"a": 1, "b": 2}, drop=("MCP-Protocol-Version",)), 400, -32020)

    def test_get_and_delete_are_405(self):
        for method in ("GET", "DELETE", "PUT", "PATCH", "HEAD"):
            with self.subTest(method), self.server.connect() as connection:
                connection.request(method=method, headers={"Accept": "text/event-stream", "Mcp-Session-Id": "x"})
                self.assertEqual(connection.response(method).status, 405)

    def test_sessions_and_event_ids_are_ignored(self):
        answer = self.server.call("add", {"a": 1, "b": 2}, headers={"Mcp-Session-Id": "mine", "Last-Event-ID": "7"})
        self.assertEqual((answer.status, answer.header("Mcp-Session-Id")), (200, None))


class Authorization(WithServer):
    arguments = TOKENS

    def ask(self, token, **options):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.server.call("whoami", headers=headers, **options)

    def test_a_token_names_the_principal(self):
        self.assertEqual(self.ask("a" * 40).text, "alice")
        self.assertEqual(self.ask("b" * 40).text, "bob")
        body = call("whoami", meta={META + "clientInfo": {"name": "bob", "version": "1"}})
        answer = self.server.once(body, headers={"Authorization": "Bearer " + "a" * 40, "X-Forwarded-User": "bob"})
        self.assertEqual(answer.text, "alice")

    def test_without_a_good_token_nothing_is_done(self):
        for name, header in (("none", None), ("another", "Bearer " + "d" * 40), ("cut", "Bearer " + "a" * 39), ("empty", "Bearer "),
                             ("basic", "Basic YTpi"), ("no scheme", "a" * 40)):
            with self.subTest(name):
                answer = self.server.call("remember", {"text": "x"}, headers={"Authorization": header} if header else {})
                self.assertIn(answer.status, (400, 401))
                if header is None:
                    self.assertEqual(answer.status, 401)
                challenge = answer.header("WWW-Authenticate")
                self.assertTrue(challenge.startswith("Bearer") or "Bearer" in challenge, challenge)
                self.assertIn("resource_metadata=", challenge)
        self.assertEqual(self.server.call("recall", headers={"Authorization": "Bearer " + "a" * 40}).text, "")

    def test_a_token_in_the_address_is_no_token(self):
        answer = self.server.call("whoami", path=self.server.path + "?access_token=" + "a" * 40)
        self.assertIn(answer.status, (400, 401))

    def test_a_token_reaches_no_tool(self):
        for tool in ("seen", "whoami"):
            answer = self.server.once(call(tool), headers={"Authorization": "Bearer " + "a" * 40})
            self.assertEqual(answer.status, 200)
            self.assertNotIn(b"aaaa", answer.body)

    def test_a_scope_that_is_missing_is_403(self):
        answer = self.server.call("demanding", headers={"Authorization": "Bearer " + "b" * 40})
        self.assertEqual(answer.status, 403, answer.body)
        challenge = answer.header("WWW-Authenticate")
        self.assertIn('error="insufficient_scope"', challenge)
        self.assertIn("demands", challenge)
        self.assertEqual(self.server.call("demanding", headers={"Authorization": "Bearer " + "c" * 40}).text, "done")

    def test_a_hidden_tool_is_not_there(self):
        for token, there in (("b" * 40, False), ("c" * 40, True), ("a" * 40, True)):
            headers = {"Authorization": f"Bearer {token}"}
            with self.subTest(token[0]):
                listed = self.server.once(message("tools/list"), headers=headers).json["result"]
                names = [tool["name"] for tool in listed["tools"]]
                self.assertEqual(("hidden" in names, "demanding" in names), (there, True))
                self.assertEqual(listed["cacheScope"], "private")
                answer = self.server.call("hidden", headers=headers)
                if there:
                    self.assertEqual(answer.text, "done")
                else:
                    unknown = self.server.call("nowhere", headers=headers)
                    self.assertEqual((answer.status, answer.code), (unknown.status, unknown.code))

    def test_the_metadata_document_is_served_to_everybody(self):
        for path in ("/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"):
            with self.subTest(path), self.server.connect() as connection:
                connection.request(method="GET", path=path)
                answer = connection.response()
                self.assertEqual(answer.status, 200)
                self.assertIn("resource", answer.json)


class Exposure(unittest.TestCase):
    def test_a_public_address_without_tokens_is_refused(self):
        run = subprocess.run([PROBE, "--open", "0.0.0.0"], capture_output=True, text=True, timeout=wire.LIMIT)
        self.assertEqual(run.returncode, 1)
        self.assertIn("0.0.0.0", run.stderr)
        with Server([PROBE, "--open", "0.0.0.0", *TOKENS]) as server:
            self.assertIsNotNone(server.port)


if __name__ == "__main__":
    PROBE = sys.argv.pop(1)
    unittest.main()
