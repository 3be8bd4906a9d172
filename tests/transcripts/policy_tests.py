#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The policy of the program `sumun`, end to end: configuration, both transports, reload, observing, explain and test.

usage: policy_tests.py SUMUN [WORD]       WORD: only tests whose name holds it
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import transcript  # noqa: E402

SUMUN = sys.argv[1]
WORD = sys.argv[2] if len(sys.argv) > 2 else ""
LIMIT = 10 * transcript.TIME_SCALE
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}

DENY_LIST = '[[policy.rule]]\ntarget = "tool:list_documents"\ndecision = "deny"\nreason = "not today"\n'
ALLOW = '[policy]\ndefault = "allow"\n'


class Home:
    """A folder with a configuration, for the length of a `with`."""

    def __init__(self, text):
        self.text = text

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.file = self.path / "sumun.toml"
        self.write(self.text)
        self.env = {**os.environ, "HOME": str(self.path), "XDG_CONFIG_HOME": str(self.path / "config"), "XDG_STATE_HOME": str(self.path / "state")}
        self.running = []
        return self

    def __exit__(self, *_):
        for server in self.running:
            server.terminate()
            server.wait(timeout=LIMIT)
        self.folder.cleanup()

    def write(self, text):
        self.file.write_text(text, encoding="utf-8")

    def run(self, *words, code=0, env=None, config=True):
        configured = ["--config", str(self.file)] if config else []
        done = subprocess.run([SUMUN, *words, *configured], capture_output=True, text=True, timeout=LIMIT, env={**self.env, **(env or {})}, check=False)
        assert done.returncode == code, f"{words}: exit {done.returncode}, expected {code}: {done.stdout}{done.stderr}"
        return done

    def stdio(self):
        return transcript.Server([SUMUN, "serve", "--config", str(self.file), "--principal", "alice"], env=self.env)

    def http(self):
        """A server on a free port: its process and URL; what it says goes to `stderr.txt`."""
        said = self.path / "stderr.txt"
        with said.open("w") as out:
            server = subprocess.Popen([SUMUN, "serve", "--http", "127.0.0.1:0", "--config", str(self.file)], stderr=out, env=self.env)
        self.running.append(server)
        text = until(said.read_text, lambda text: "listening on " in text and text.endswith("\n"))
        return server, text.split("listening on ")[1].split()[0]


def until(look, enough):
    """What `look` gives once `enough` holds of it; waiting is bounded."""
    deadline = time.monotonic() + LIMIT
    while True:
        seen = look()
        if enough(seen):
            return seen
        assert time.monotonic() < deadline, f"it never came: {seen}"
        time.sleep(0.01)


def request(ident, method, **params):
    return (json.dumps({"jsonrpc": "2.0", "id": ident, "method": method, "params": {**params, "_meta": META}}) + "\n").encode()


def read(server):
    message = server.incoming.get(timeout=LIMIT)
    assert message is not None, f"the server has ended: {server.errors[-500:]}"
    return json.loads(message)


def ask(server, ident, method, **params):
    server.send(request(ident, method, **params))
    answer = read(server)
    assert answer.get("id") == ident, answer
    return answer


def tools(server, ident):
    return [tool["name"] for tool in ask(server, ident, "tools/list")["result"]["tools"]]


def said(server):
    errors = server.errors
    return errors.decode("utf-8", "replace") if isinstance(errors, (bytes, bytearray)) else "".join(errors)


def test_without_a_configuration_reads_are_allowed_and_the_rest_is_asked_for():
    with Home("") as home:
        assert home.run("policy", "explain", "search_documents", "query=x", "--as", "a", config=False).stdout.startswith("allow: the default, allow_reads\n")
        rest = home.run("policy", "explain", "create_refund", "--effect", "writes", "--as", "a", config=False).stdout
        assert rest.startswith("ask: no rule matches, and the default is ask\n") and "nobody is set up to approve" in rest and "sumun approvals init" in rest, rest
        assert home.run("policy", "explain", "refund", "--module", "orders", "--as", "a", config=False).stdout.startswith("ask: ")
        assert home.run("policy", "explain", "resource:docsearch://document/1", "--as", "a", config=False).stdout.startswith("allow: ")


def test_a_reload_over_stdio_holds_from_then_on_and_is_announced():
    with Home(ALLOW) as home:
        server = home.stdio()
        server.send(request("listen", "subscriptions/listen", notifications={"toolsListChanged": True, "promptsListChanged": True}))
        assert read(server)["method"] == "notifications/subscriptions/acknowledged"
        assert "list_documents" in tools(server, 1)
        home.write(ALLOW + DENY_LIST)
        server.process.send_signal(signal.SIGHUP)
        assert read(server)["method"] == "notifications/tools/list_changed"
        assert "list_documents" not in tools(server, 2)
        refused = ask(server, 3, "tools/call", name="list_documents", arguments={})["result"]
        assert refused["isError"] and "(not today)" in refused["content"][0]["text"], refused
        until(lambda: said(server), lambda errors: "the policy is reloaded: 1 rule\n" in errors)
        server.process.stdin.close()
        start = time.monotonic()
        assert server.process.wait(timeout=LIMIT) == 0
        took = time.monotonic() - start
        server.end()
        assert took < 0.4 * transcript.TIME_SCALE, f"{took:.2f} s to end"


def test_a_bad_file_changes_nothing_and_says_why():
    bad = [
        ('[policy]\n[[policy.rule]]\ntarget = "tool:a[b]"\ndecision = "deny"\n', "sumun.toml:3: policy.rule[0].target: column 7: "),
        ('[policy]\n[[policy.rule]]\ntarget = "tool:a"\nwhen = [\n  "/a",\n  "/a >",\n]\ndecision = "deny"\n', "sumun.toml:6: policy.rule[0].when[1]: column 5: "),
        ('[policy]\n[[policy.rule]]\ntarget = "list_documents"\ndecision = "deny"\n', "sumun.toml:3: policy.rule[0].target: "),
        ('[policy]\nmode = "off"\n', "sumun.toml:2: policy.mode: expected one of"),
        ("[policy\n", "sumun.toml:1: "),
        (ALLOW + '[http]\nport = -1\n', "sumun.toml:4: http.port: "),
    ]
    with Home(ALLOW + DENY_LIST) as home:
        server = home.stdio()
        assert "list_documents" not in tools(server, 1)
        for number, (text, words) in enumerate(bad):
            home.write(text)
            server.process.send_signal(signal.SIGHUP)
            until(lambda: said(server), lambda errors: words in errors)
            assert "the old one holds" in said(server)
            assert "list_documents" not in tools(server, 10 + number)
            assert words in home.run("config", "check", code=1).stderr
        home.file.unlink()
        server.process.send_signal(signal.SIGHUP)
        until(lambda: said(server), lambda errors: "there is no file" in errors)
        assert "list_documents" not in tools(server, 99)
        server.end()


def test_observing_refuses_nothing_and_says_what_it_would_have_done():
    with Home('[policy]\nmode = "observe"\ndefault = "allow"\n' + DENY_LIST) as home:
        server = home.stdio()
        assert "list_documents" in tools(server, 1)
        text = ask(server, 2, "tools/call", name="list_documents", arguments={})["result"]["content"][0]["text"]
        assert "was not run" not in text, text
        until(lambda: said(server), lambda errors: 'would be deny: tool "list_documents" for "alice" (rule 1, sumun.toml:4)' in errors)
        server.end()


HTTP = """
[http]
port = 0
[auth]
resource = "http://127.0.0.1:8080/mcp"
[[auth.tokens]]
name = "robot"
groups = ["bots"]
scopes = ["search"]
token = {env = "ROBOT"}
[[auth.tokens]]
name = "human"
scopes = ["search", "browse"]
token = {env = "HUMAN"}
[policy]
default = "deny"
[[policy.rule]]
group = "bots"
target = "tool:search_documents"
when = ["/top_k > 3"]
decision = "deny"
reason = "robots get three hits"
[[policy.rule]]
scope = "search"
target = "tool:search_documents"
decision = "allow"
"""
BROWSE = '[[policy.rule]]\nscope = "browse"\ntarget = "tool:list_documents"\ndecision = "allow"\n'
TOKENS = {"ROBOT": "robot-token-0123456789-abcdefghijklmnop", "HUMAN": "human-token-0123456789-abcdefghijklmnop"}


def test_over_http_rules_see_the_tokens_groups_and_scopes_and_a_reload_holds():
    with Home(HTTP + BROWSE) as home:
        home.env.update(TOKENS)
        server, url = home.http()

        def call(who, *words, code=0, revision=()):
            return home.run("call", *words, "--url", url, "--token-env", who, *revision, code=code, config=False).stdout

        def listed(who, revision=()):
            return {tool["name"] for tool in json.loads(home.run("tools", "--json", "--url", url, "--token-env", who, *revision, config=False).stdout)}

        for revision in ((), ("--revision", "2025-11-25")):
            assert "No documents" in call("ROBOT", "search_documents", "query=x", "top_k=3", revision=revision)
            assert "(robots get three hits)" in call("ROBOT", "search_documents", "query=x", "top_k=4", code=1, revision=revision)
            assert "No documents" in call("HUMAN", "search_documents", "query=x", "top_k=4", revision=revision)
            assert listed("ROBOT", revision) == {"search_documents"}
            assert listed("HUMAN", revision) == {"search_documents", "list_documents"}
        errors = home.path / "stderr.txt"
        home.write(HTTP + '[[policy.rule]]\ntarget = "nothing"\ndecision = "deny"\n')
        server.send_signal(signal.SIGHUP)
        until(errors.read_text, lambda text: "the old one holds: " in text)
        assert listed("HUMAN") == {"search_documents", "list_documents"}
        home.write(HTTP)
        server.send_signal(signal.SIGHUP)
        until(errors.read_text, lambda text: "the policy is reloaded: 2 rules" in text)
        assert listed("HUMAN") == {"search_documents"}
        for secret in TOKENS.values():
            assert secret not in errors.read_text()


EXPLAINED = """[policy]
default = "deny"

[[policy.rule]]
principal = "bob"
decision = "allow"

[[policy.rule]]
scope = "admin"
decision = "allow"

[[policy.rule]]
target = "tool:search_*"
when = ["/top_k <= 5"]
decision = "allow"

[[policy.rule]]
module = "orders"
effects = ["writes"]
decision = "ask"
reason = "money"
"""


def test_explain_says_which_rule_decides_and_why_the_others_do_not():
    with Home(EXPLAINED) as home:
        cases = [
            (["search_documents", "query=x", "--as", "bob"], "allow: rule 1 (sumun.toml:4)\n"),
            (["search_documents", "query=x", "--as", "eve"], "deny: no rule matches, and the default is deny\n"),
            (["search_documents", "query=x", "--as", "eve"], "rule 1 (sumun.toml:4) does not match: the principal \"eve\" is not bob\n"),
            (["search_documents", "query=x", "--as", "eve"], "there is no token that lists the scope admin\n"),
            (["search_documents", "query=x", "--as", "eve", "--scope", "other"], "the token does not list the scope admin\n"),
            (["search_documents", "query=x", "--as", "eve", "--scope", "other", "--scope", "admin"], "allow: rule 2 (sumun.toml:8)\n"),
            (["search_documents", "query=x", "--as", "eve"], "rule 3 (sumun.toml:12) does not match: /top_k <= 5 does not hold: it is 8\n"),
            (["search_documents", "query=x", "top_k=5", "--as", "eve"], "allow: rule 3 (sumun.toml:12)\n"),
            (["tool:search_documents", "--args", '{"query": "x", "top_k": 5.0}', "--as", "eve"], "allow: rule 3 (sumun.toml:12)\n"),
            (["create_refund", "--module", "orders", "--effect", "writes", "--as", "eve"], "ask: rule 4 (sumun.toml:17): money\n"),
            (["resource:docsearch://document/1", "--as", "eve"], "rule 3 (sumun.toml:12) does not match: the target is not tool:search_*\n"),
            (["prompt:answer_with_citations", "--as", "bob"], "allow: rule 1"),
        ]
        for words, want in cases:
            out = home.run("policy", "explain", *words).stdout
            assert want in out, f"{words}: {want!r} is not in {out!r}"
        value = json.loads(home.run("policy", "explain", "search_documents", "query=x", "top_k=5", "--as", "eve", "--json").stdout)
        assert (value["decision"], value["rule"], value["arguments"]["top_k"], len(value["readings"])) == ("allow", 3, 5, 3), value
        assert "there is no" in home.run("policy", "explain", "nosuch", "--as", "eve", code=1).stderr
        assert "top_k" in home.run("policy", "explain", "search_documents", "query=x", "top_k=many", "--as", "eve", code=2).stderr
        assert "--as" in home.run("policy", "explain", "search_documents", "query=x", code=2).stderr


CASES = """[[case]]
principal = "bob"
target = "tool:search_documents"
arguments = {query = "x", top_k = 50}
decision = "allow"
rule = 1

[[case]]
principal = "eve"
target = "tool:create_refund"
module = "orders"
effects = ["writes"]
decision = "ask"
rule = 4

[[case]]
principal = "eve"
scopes = ["admin"]
target = "prompt:answer_with_citations"
decision = "allow"
rule = 2

[[case]]
principal = "eve"
target = "resource:docsearch://document/1"
decision = "deny"
rule = "default"
"""


def test_a_table_of_cases_says_what_failed_and_counts():
    with Home(EXPLAINED) as home:
        cases = home.path / "cases.toml"
        cases.write_text(CASES)
        assert home.run("policy", "test", str(cases)).stdout == "4 passed, 0 failed\n"
        cases.write_text(CASES.replace('rule = 4', 'rule = 3') + '[[case]]\nname = "typed"\nprincipal = "eve"\ntarget = "tool:search_documents"\narguments = {query = 5}\ndecision = "deny"\n')
        out = home.run("policy", "test", str(cases), code=1).stdout
        assert out.endswith("3 passed, 2 failed\n"), out
        assert f"FAILED {cases}:8: eve tool:create_refund: expected ask by rule 3, got ask: rule 4 (sumun.toml:17)" in out, out
        assert "typed: invalid arguments for search_documents" in out, out
        value = json.loads(home.run("policy", "test", str(cases), "--json", code=1).stdout)
        assert (value["passed"], value["failed"], len(value["failures"])) == (3, 2, 2), value
        as_json = home.path / "cases.json"
        as_json.write_text('{"case": [{"principal": "bob", "target": "tool:list_documents", "decision": "allow"}]}')
        assert home.run("policy", "test", str(as_json)).stdout == "1 passed, 0 failed\n"
        cases.write_text('[[case]]\nprincipal = "eve"\n[[case]]\nprincipal = "a"\ntarget = "x"\ndecision = "maybe"\n')
        wrong = home.run("policy", "test", str(cases), code=1).stderr
        for words in ("cases.toml:1: /case/0: ", "cases.toml:5: /case/1/target: ", "cases.toml:6: /case/1/decision: "):
            assert words in wrong, wrong


def main():
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or WORD not in name:
            continue
        try:
            test()
        except Exception as error:  # a failure of one test must not hide the others
            failed += 1
            print(f"FAILED {name.removeprefix('test_').replace('_', ' ')}: {type(error).__name__}: {error}")
        else:
            passed += 1
    print(f"policy: {passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


sys.exit(main())
