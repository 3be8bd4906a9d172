// SPDX-License-Identifier: Apache-2.0
// What a configuration file may say, what becomes of it, and what its faults are called.
#include "config.hpp"

#include <sumun/json.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace sumun::host;
using sumun::HttpLimits;
using sumun::json;

TEST_CASE("an empty configuration is the library's defaults") {
  const auto config = parse_config("", "/etc/sumun.toml");
  REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message));
  const HttpLimits own;
  const HttpLimits& said = config->http.limits;
  CHECK(said.header_bytes == own.header_bytes);
  CHECK(said.body_bytes == own.body_bytes);
  CHECK(said.connections == own.connections);
  CHECK(said.waiting == own.waiting);
  CHECK(said.buffered_bytes == own.buffered_bytes);
  CHECK(said.streams_of_principal == own.streams_of_principal);
  CHECK(said.sessions == own.sessions);
  CHECK(said.header_time == own.header_time);
  CHECK(said.body_time == own.body_time);
  CHECK(said.idle_time == own.idle_time);
  CHECK(said.write_time == own.write_time);
  CHECK(said.keep_alive == own.keep_alive);
  CHECK(said.session_idle == own.session_idle);
  CHECK(said.drain_time == own.drain_time);
  CHECK(config->http.address == "127.0.0.1");
  CHECK(config->http.port == 8080);
  CHECK(config->http.path == sumun::HttpOptions{}.path);
  CHECK_FALSE(config->http.tls.has_value());
  CHECK_FALSE(config->auth.has_value());
  CHECK(config->log_level == sumun::LoggingLevel::info);
  CHECK(config->index.empty());
}

TEST_CASE("what a file says becomes the options") {
  ::setenv("SUMUN_TEST_TOKEN", "the-secret-word", 1);
  const auto config = parse_config(R"(
[log]
level = "warning"
[documents]
index = "handbook.db"
[http]
address = "::1"
port = 9000
eras = "modern_only"
exposure = "public_without_authentication"
allowed_hosts = ["tools.example"]
tls = {certificate_file = "/c.pem", key_file = "keys/k.pem"}
[http.limits]
idle_seconds = 1.5
connections = 7
[auth]
resource = "https://tools.example/mcp"
dpop = "required"
clock_skew_seconds = 5
implied_scopes = {admin = ["read", "write"]}
[[auth.tokens]]
name = "ci"
token = {env = "SUMUN_TEST_TOKEN"}
[[auth.tokens]]
name = "nobody"
scopes = []
hash = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
[[auth.issuers]]
issuer = "https://login.example"
algorithms = ["EdDSA"]
)",
                                   "/etc/sumun/config.toml");
  REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message));
  CHECK(config->log_level == sumun::LoggingLevel::warning);
  CHECK(config->index == "/etc/sumun/handbook.db");
  CHECK(config->http.address == "::1");
  CHECK(config->http.port == 9000);
  CHECK(config->http.eras == sumun::HttpEras::modern_only);
  CHECK(config->http.exposure == sumun::HttpExposure::public_without_authentication);
  CHECK(config->http.allowed_hosts == std::vector<std::string>{"tools.example"});
  REQUIRE(config->http.tls.has_value());
  CHECK(config->http.tls->certificate_file == "/c.pem");
  CHECK(config->http.tls->key_file == "/etc/sumun/keys/k.pem");
  CHECK(config->http.limits.idle_time.count() == 1500);
  CHECK(config->http.limits.connections == 7);
  REQUIRE(config->auth.has_value());
  CHECK(config->auth->dpop == sumun::DpopMode::required);
  CHECK(config->auth->clock_skew.count() == 5);
  CHECK(config->auth->implied_scopes.at("admin").size() == 2);
  REQUIRE(config->auth->tokens.size() == 2);
  CHECK(config->auth->tokens[0].hash == sumun::hash_token("the-secret-word"));
  CHECK_FALSE(config->auth->tokens[0].scopes.has_value());
  REQUIRE(config->auth->tokens[1].scopes.has_value());
  CHECK(config->auth->tokens[1].scopes->empty());
  REQUIRE(config->auth->issuers.size() == 1);
  CHECK(config->auth->issuers[0].algorithms == std::vector{sumun::SignatureAlgorithm::EdDSA});
  CHECK(config->auth->issuers[0].principal_claim == "sub");
  CHECK(sumun::dump_json(config->holds).find("the-secret-word") == std::string::npos);
}

TEST_CASE("a fault has its file, its line, its name and what was expected, and never a secret") {
  ::unsetenv("SUMUN_TEST_ABSENT");
  struct {
    const char* name;
    const char* text;
    const char* want;
  } const table[] = {
      {"no TOML", "[http\nport = 1\n", "c.toml:1: "},
      {"a value that is none", "[http]\nport = eighty\n", "c.toml:2: "},
      {"a key twice", "[http]\nport = 1\nport = 2\n", "c.toml:3: "},
      {"an unknown section", "\n[htpp]\n", "c.toml:2: htpp: unknown property; did you mean \"http\"?"},
      {"an unknown key", "[http]\n\nadress = \"::1\"\n", "c.toml:3: http.adress: unknown property; did you mean \"address\"?"},
      {"a number that is too large", "[http]\nport = 70000\n", "c.toml:2: http.port: 70000 is more than the maximum 65535"},
      {"the wrong type", "[http]\nport = \"80\"\n", "c.toml:2: http.port: expected integer, found string"},
      {"a choice that is none", "[log]\nlevel = \"verbose\"\n", "c.toml:2: log.level: expected one of"},
      {"something missing", "[http.tls]\nkey_file = \"k\"\n", "c.toml:1: http.tls: the required property \"certificate_file\" is missing"},
      {"inside a list", "[http]\nallowed_hosts = [\n  \"a\",\n  5,\n]\n", "c.toml:4: http.allowed_hosts[1]: expected string, found number 5"},
      {"a date", "[log]\nlevel = 2026-01-01\n", "c.toml:2: log.level: expected one of"},
      {"a literal secret", "[auth]\nresource = \"https://a\"\n[[auth.tokens]]\nname = \"x\"\ntoken = \"secret-word\"\n",
       "c.toml:5: auth.tokens[0].token: expected {env = \"NAME\"} or {file = \"PATH\"}: a secret itself never stands in this file"},
      {"a secret in the place of a hash", "[auth]\nresource = \"https://a\"\n[[auth.tokens]]\nname = \"x\"\nhash = \"secret-word\"\n",
       "c.toml:5: auth.tokens[0].hash: expected \"sha256:\" and 64 hexadecimal digits"},
      {"a secret under a wrong name", "[auth]\nresource = \"https://a\"\n[[auth.tokens]]\nname = \"x\"\ntoken = {value = \"secret-word\"}\n", "c.toml:5: auth.tokens[0].token"},
      {"neither hash nor token", "[auth]\nresource = \"https://a\"\n[[auth.tokens]]\nname = \"x\"\n", "c.toml:3: auth.tokens[0]: expected either hash or token"},
      {"an address that is no secret", "[store]\nkind = \"postgres\"\nurl = \"postgresql://secret-word@db\"\n", "c.toml:3: store.url: expected {env = \"NAME\"}"},
      {"a pointer that is none", "[audit]\nenabled = true\nredact = [\"/a\",\n\"b\"]\n", "c.toml:4: audit.redact[1]: column 1: expected a JSON Pointer"},
      {"a pattern that is none", "[audit]\npatterns = [\"(\"]\n", "c.toml:2: audit.patterns[0]: "},
      {"PostgreSQL without an address", "[store]\nkind = \"postgres\"\n", "store: kind \"postgres\" needs url"},
      {"a variable that is not set", "[auth]\nresource = \"https://a\"\n[[auth.tokens]]\nname = \"x\"\ntoken = {env = \"SUMUN_TEST_ABSENT\"}\n",
       "c.toml:5: auth.tokens[0].token: the environment variable SUMUN_TEST_ABSENT is not set"},
      {"a bad glob", "[policy]\n[[policy.rule]]\ntarget = \"tool:a{b,c}\"\ndecision = \"deny\"\n", "c.toml:3: policy.rule[0].target: column 7: there are no sets"},
      {"a bad pointer", "[[policy.rule]]\ntarget = \"tool:a\"\nwhen = [\n  \"/a == 1\",\n  \"amount > 5\",\n]\ndecision = \"deny\"\n",
       "c.toml:5: policy.rule[0].when[1]: column 1: expected a JSON Pointer"},
      {"a bad predicate", "[[policy.rule]]\ntarget = \"tool:a\"\nwhen = [\"/a => 1\"]\ndecision = \"deny\"\n",
       "c.toml:3: policy.rule[0].when[0]: column 4: expected one of =="},
      {"a rule that decides nothing", "[[policy.rule]]\ntarget = \"tool:a\"\n", "c.toml:1: policy.rule[0]: the required property \"decision\" is missing"},
      {"more approvers than named", "[[policy.rule]]\ndecision = \"ask\"\nask = {approvers = [\"a\"], needed = 2}\n", "c.toml:3: policy.rule[0].ask: needed is 2, and 1 approver is named"},
      {"terms of a rule that does not ask", "[[policy.rule]]\ndecision = \"deny\"\nask = {user = true}\n", "c.toml:3: policy.rule[0].ask: the rule does not ask"},
      {"terms of no rule", "[policy]\nask = {approvers = [\"a\"], needed = 2}\n", "c.toml:2: policy.ask: needed is 2"},
      {"a time without its unit", "[policy]\nask = {pending = \"24\"}\n", "c.toml:2: policy.ask.pending:"},
      {"held for too long", "[approvals]\nhold = \"46s\"\n", "c.toml:2: approvals.hold: expected 45s at most"},
      {"a page without its id", "[approvals]\nurl = \"https://desk.example/\"\n", "c.toml:2: approvals.url: expected {id} in it"},
      {"a resource that is asked for", "[[policy.rule]]\ntarget = \"resource:a:**\"\ndecision = \"ask\"\n", "c.toml:3: policy.rule[0].decision: resources and prompts"},
      {"a file that is not there", "[auth]\nresource = \"https://a\"\n[[auth.tokens]]\nname = \"x\"\ntoken = {file = \"/nonexistent/t\"}\n",
       "c.toml:5: auth.tokens[0].token: there is no file /nonexistent/t"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    const auto config = parse_config(row.text, "c.toml");
    REQUIRE(config.has_error());
    CHECK(config.error().code == sumun::ErrorCode::invalid_value);
    CHECK_MESSAGE(config.error().message.find(row.want) != std::string::npos, config.error().message);
    CHECK_MESSAGE(config.error().message.find("secret-word") == std::string::npos, config.error().message);
  }
}

TEST_CASE("who is asked, and for how long, with what a rule does not say taken from the policy") {
  using namespace sumun;
  const auto some = parse_config(
      "[policy]\nask = {user = true, pending = \"7d\"}\n[[policy.rule]]\ntarget = \"tool:a\"\ndecision = \"ask\"\n[[policy.rule]]\ndecision = \"ask\"\n"
      "ask = {approvers = [\"alice\", \"bob\"], needed = 2, not_requester = true, pending = \"90s\", approved = \"5m\"}\n"
      "[approvals]\nhold = \"2s\"\nreplay = \"1h\"\nurl = \"https://desk.example/a/{id}\"\n",
      "c.toml");
  REQUIRE_MESSAGE(some.has_value(), (some ? "" : some.error().message));
  const PolicyOptions& options = some->policy->options();
  const AskTerms of_policy{.user = true, .pending = std::chrono::days(7)};
  CHECK(options.ask == of_policy);
  CHECK(options.rules.at(0).ask == of_policy);
  const AskTerms of_rule{.approvers = {"alice", "bob"}, .needed = 2, .not_requester = true, .pending = std::chrono::seconds(90), .approved = std::chrono::minutes(5)};
  CHECK(options.rules.at(1).ask == of_rule);
  CHECK(some->approvals.hold == std::chrono::seconds(2));
  CHECK(some->approvals.replay == std::chrono::hours(1));
  CHECK(some->approvals.url == "https://desk.example/a/{id}");
  const auto none = parse_config("", "c.toml");
  REQUIRE(none.has_value());
  CHECK(none->policy->options().ask == AskTerms{});
  CHECK(none->approvals.hold == kApprovalHold);
  CHECK(none->approvals.replay == kReplayWindow);
}

TEST_CASE("the policy of a configuration, and of none") {
  using namespace sumun;
  const Principal who{"local:a", {}, std::nullopt};
  const auto none = parse_config("", "c.toml");
  REQUIRE(none.has_value());
  REQUIRE(none->policy.has_value());
  const auto decide = [&](const Policy& policy, Effects effects) { return policy.decide({who, TargetKind::tool, "t", "", effects}).decision; };
  CHECK(decide(*none->policy, reads | idempotent) == Decision::allow);
  CHECK(decide(*none->policy, reads | reaches_out) == Decision::ask);
  CHECK(decide(*none->policy, writes) == Decision::ask);
  CHECK(decide(*none->policy, Effects::undeclared) == Decision::ask);
  const auto some = parse_config(
      "[policy]\nmode = \"observe\"\ndefault = \"deny\"\n[[policy.rule]]\nprincipal = \"local:*\"\neffects = [\"writes\", \"idempotent\"]\n"
      "decision = \"ask\"\nreason = \"r\"\n",
      "/etc/c.toml");
  REQUIRE_MESSAGE(some.has_value(), (some ? "" : some.error().message));
  const PolicyOptions& options = some->policy->options();
  CHECK(options.mode == PolicyMode::observe);
  CHECK(options.otherwise == Decision::deny);
  REQUIRE(options.rules.size() == 1);
  CHECK(options.rules[0].effects == (writes | idempotent));
  CHECK(options.rules[0].origin == "c.toml:4");
  CHECK(decide(*some->policy, writes | idempotent) == Decision::ask);
  CHECK(decide(*some->policy, writes) == Decision::deny);
}

TEST_CASE("the audit log is on, closed where it cannot be written, and has its heads where the file says") {
  using namespace sumun;
  const auto nothing = parse_config("", "/etc/sumun.toml");
  CHECK(nothing->audit.enabled);
  CHECK(nothing->audit.reads);
  CHECK(nothing->audit.standard_patterns);
  CHECK(nothing->audit.max_argument_bytes == AuditOptions().max_argument_bytes);
  CHECK((nothing->audit.store_failure == FailMode::closed));
  CHECK(nothing->store.heads.empty());
  const auto all = parse_config("[audit]\nenabled = false\nreads = false\nredact = [\"/a/*\"]\npatterns = [\"x+\"]\nstandard_patterns = false\n"
                                "max_argument_bytes = 5\nheads = \"heads.jsonl\"\nstore_failure = \"open\"\n", "/etc/sumun.toml");
  REQUIRE(all.has_value());
  CHECK_FALSE(all->audit.enabled);
  CHECK_FALSE(all->audit.reads);
  CHECK(all->audit.redact == std::vector<std::string>{"/a/*"});
  CHECK(all->audit.patterns == std::vector<std::string>{"x+"});
  CHECK_FALSE(all->audit.standard_patterns);
  CHECK(all->audit.max_argument_bytes == 5);
  CHECK((all->audit.store_failure == FailMode::open));
  CHECK(all->store.heads == "/etc/heads.jsonl");
}

TEST_CASE("the store is SQLite unless the file says otherwise; its address and its keys are secrets") {
  CHECK((parse_config("", "/etc/sumun.toml")->store.kind == StoreKind::sqlite));
  CHECK(parse_config("[store]\npath = \"s.db\"\n", "/etc/sumun.toml")->store.path == "/etc/s.db");
  CHECK((parse_config("[store]\nkind = \"memory\"\n", "c.toml")->store.kind == StoreKind::memory));
  ::setenv("SUMUN_TEST_STORE", "host=db password=secret-word", 1);
  const auto config = parse_config("[store]\nkind = \"postgres\"\nurl = {env = \"SUMUN_TEST_STORE\"}\nstate_keys = {env = \"SUMUN_TEST_STORE\"}\n", "c.toml");
  REQUIRE(config.has_value());
  CHECK((config->store.kind == StoreKind::postgres));
  CHECK(config->store.url == "host=db password=secret-word");
  CHECK(config->store.keys == config->store.url);
  CHECK(sumun::dump_json(config->holds).find("secret-word") == std::string::npos);
}

TEST_CASE("all faults are told, a line each") {
  const auto config = parse_config("[http]\nport = -1\npath = \"x\"\n[log]\nlevle = \"info\"\n", "c.toml");
  REQUIRE(config.has_error());
  const std::string& text = config.error().message;
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("a file that is named must be there, the default one need not") {
  std::string folder = (fs::temp_directory_path() / "sumun-config-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()));
  ::setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
  CHECK(default_config_path() == fs::path(folder) / "sumun/config.toml");
  const auto none = load_config({});
  REQUIRE(none.has_value());
  CHECK(none->file.empty());
  CHECK(load_config(fs::path(folder) / "other.toml").has_error());
  fs::create_directories(fs::path(folder) / "sumun");
  std::ofstream(default_config_path()) << "[http]\nport = 1\n";
  std::ofstream(fs::path(folder) / "token") << "the-secret-word\n";
  std::ofstream(fs::path(folder) / "other.toml") << "[auth]\nresource = \"https://a\"\n[[auth.tokens]]\nname = \"x\"\ntoken = {file = \"token\"}\n";
  const auto found = load_config({});
  REQUIRE(found.has_value());
  CHECK(found->http.port == 1);
  const auto other = load_config(fs::path(folder) / "other.toml");
  REQUIRE_MESSAGE(other.has_value(), (other ? "" : other.error().message));
  CHECK(other->auth->tokens.at(0).hash == sumun::hash_token("the-secret-word"));
  ::unsetenv("XDG_CONFIG_HOME");
  fs::remove_all(folder);
}

}  // namespace
