// SPDX-License-Identifier: Apache-2.0
// Merging an entry into other programs' settings: the entry is there afterwards, and nothing else has changed.
#include "client_config.hpp"
#include "files.hpp"
#include "json_edit.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace fs = std::filesystem;
using namespace sumun::host;
using sumun::json;

namespace {

const LaunchEntry kEntry{"sumun", "/opt/sumun/bin/sumun", {"serve"}};

std::string merged(std::string_view client, std::string_view text, const LaunchEntry& entry = kEntry) {
  const auto result = merge_settings(*find_client(client), text, entry);
  REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : result.error().message));
  return *result;
}

/// A folder that goes with the test.
struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "sumun-host-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  fs::path path;
};

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const fs::path& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

TEST_CASE("an entry is merged into JSON settings") {
  struct {
    std::string name;
    std::string client;
    const char* before;
    const char* after;
  } table[] = {
      {"no text", "claude-desktop", "",
       "{\n  \"mcpServers\": {\n    \"sumun\": {\n      \"command\": \"/opt/sumun/bin/sumun\",\n      \"args\": [\n        \"serve\"\n      ]\n    }\n  }\n}\n"},
      {"an empty object", "claude-desktop", "{}\n",
       "{\n  \"mcpServers\": {\n    \"sumun\": {\n      \"command\": \"/opt/sumun/bin/sumun\",\n      \"args\": [\n        \"serve\"\n      ]\n    }\n  }\n}\n"},
      {"other servers", "claude-desktop",
       "{\n    \"mcpServers\": {\n        \"git\": {\"command\": \"git-mcp\"}\n    },\n    \"theme\": \"dark\"\n}\n",
       "{\n    \"mcpServers\": {\n        \"git\": {\"command\": \"git-mcp\"},\n        \"sumun\": {\n            \"command\": \"/opt/sumun/bin/sumun\",\n"
       "            \"args\": [\n                \"serve\"\n            ]\n        }\n    },\n    \"theme\": \"dark\"\n}\n"},
      {"on one line", "windsurf", R"({"mcpServers": {"git": {"command": "g"}}})",
       R"({"mcpServers": {"git": {"command": "g"}, "sumun": {"command":"/opt/sumun/bin/sumun","args":["serve"]}}})"},
      {"comments and a trailing comma", "zed",
       "// mine\n{\n  \"theme\": \"One\", // the best\n  /* servers */\n  \"context_servers\": {\n    // git\n    \"git\": {\"command\": \"g\"}, // keep\n  },\n}\n",
       "// mine\n{\n  \"theme\": \"One\", // the best\n  /* servers */\n  \"context_servers\": {\n    // git\n    \"git\": {\"command\": \"g\"}, // keep\n"
       "    \"sumun\": {\n      \"command\": \"/opt/sumun/bin/sumun\",\n      \"args\": [\n        \"serve\"\n      ]\n    },\n  },\n}\n"},
      {"a remark behind the last member", "zed", "{\n  \"theme\": \"One\" // the best\n}\n",
       "{\n  \"theme\": \"One\", // the best\n  \"context_servers\": {\n    \"sumun\": {\n      \"command\": \"/opt/sumun/bin/sumun\",\n"
       "      \"args\": [\n        \"serve\"\n      ]\n    }\n  }\n}\n"},
      {"an empty object with a comment", "vscode", "{\n\t\"servers\": {\n\t\t// none yet\n\t}\n}\n",
       "{\n\t\"servers\": {\n\t\t// none yet\n\t\t\"sumun\": {\n\t\t\t\"type\": \"stdio\",\n\t\t\t\"command\": \"/opt/sumun/bin/sumun\",\n"
       "\t\t\t\"args\": [\n\t\t\t\t\"serve\"\n\t\t\t]\n\t\t}\n\t}\n}\n"},
      {"CR LF", "cursor", "{\r\n  \"a\": 1\r\n}\r\n",
       "{\r\n  \"a\": 1,\r\n  \"mcpServers\": {\r\n    \"sumun\": {\r\n      \"type\": \"stdio\",\r\n      \"command\": \"/opt/sumun/bin/sumun\",\r\n"
       "      \"args\": [\r\n        \"serve\"\r\n      ]\r\n    }\r\n  }\r\n}\r\n"},
      {"another command", "claude-desktop", "{\n  \"mcpServers\": {\n    \"sumun\": {\"command\": \"/old\", \"args\": [\"serve\"], \"env\": {\"A\": \"1\"}} // x\n  }\n}",
       "{\n  \"mcpServers\": {\n    \"sumun\": {\"command\": \"/opt/sumun/bin/sumun\", \"args\": [\"serve\"], \"env\": {\"A\": \"1\"}} // x\n  }\n}"},
      {"a string that looks like a comment", "claude-desktop", R"({"a": "// no \" /* comment", "mcpServers": {}})",
       "{\"a\": \"// no \\\" /* comment\", \"mcpServers\": {\n  \"sumun\": {\n    \"command\": \"/opt/sumun/bin/sumun\",\n    \"args\": [\n      \"serve\"\n    ]\n  }\n}}"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto result = merged(row.client, row.before);
    CHECK(result == row.after);
    CHECK(merged(row.client, result) == result);
  }
}

TEST_CASE("the entry of every client is found where the client looks for it") {
  struct {
    std::string client;
    const char* servers;
    bool typed;
  } table[] = {{"claude-desktop", "mcpServers", false}, {"claude-code", "mcpServers", true}, {"vscode", "servers", true},
               {"cursor", "mcpServers", true},          {"windsurf", "mcpServers", false},   {"zed", "context_servers", false}};
  for (const auto& row : table) {
    CAPTURE(row.client);
    for (const auto& text : {merged(row.client, ""), settings_snippet(*find_client(row.client), kEntry)}) {
      const json settings = json::parse(text);
      json want{{"command", kEntry.command}, {"args", kEntry.args}};
      if (row.typed) want["type"] = "stdio";
      CHECK(settings == json{{row.servers, {{"sumun", want}}}});
    }
  }
}

TEST_CASE("settings that hold the entry already stay as they are") {
  const char* table[] = {
      R"({"mcpServers":{"sumun":{"args":["serve"],"command":"/opt/sumun/bin/sumun"}}})",
      "{ // x\n \"mcpServers\" : {\"sumun\": {\"command\": \"/opt/sumun/bin/sumun\", \"args\": [\"serve\",], \"disabled\": true},},}",
  };
  for (const auto* text : table) {
    CAPTURE(text);
    CHECK(merged("claude-desktop", text) == text);
  }
  const std::string untyped = R"({"servers":{"sumun":{"command":"/opt/sumun/bin/sumun","args":["serve"]}}})";
  CHECK(merged("vscode", untyped) == untyped);
}

TEST_CASE("settings that cannot be understood are refused, with the line") {
  struct {
    std::string name;
    std::string client;
    const char* text;
    const char* part;
  } table[] = {
      {"no JSON", "vscode", "{\n  \"a\": 1,\n  b\n}", "line 3"},
      {"half a file", "vscode", "{\n  \"servers\": {\n", "line 3"},
      {"no comma", "vscode", "{\"a\": 1 \"b\": 2}", "line 1: expected a comma"},
      {"two values", "vscode", "{} {}", "nothing more"},
      {"an open comment", "vscode", "{} /*", "never closed"},
      {"an open string", "vscode", "{\"a\": \"b}", "never closed"},
      {"a bad escape", "vscode", "{\"a\": \"\\x\"}", "no valid JSON"},
      {"an unknown word", "vscode", "{\"a\": yes}", "\"yes\" is no JSON value"},
      {"an array", "vscode", "[]", "no JSON object"},
      {"servers is a list", "vscode", "{\"servers\": []}", "\"servers\" is no object"},
      {"a server by URL", "vscode", R"({"servers": {"sumun": {"type": "http", "url": "https://x"}}})", "another kind"},
      {"no TOML", "codex", "a = 1\nb = \n", "line 2"},
      {"a TOML string as servers", "codex", "mcp_servers = 'x'\n", "no table"},
      {"a TOML server by URL", "codex", "[mcp_servers.sumun]\nurl = 'https://x'\n", "another kind"},
      {"an inline TOML table", "codex", "mcp_servers = { git = { command = 'g' } }\n", "by hand"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto result = merge_settings(*find_client(row.client), row.text, kEntry);
    REQUIRE_FALSE(result.has_value());
    CAPTURE(result.error().message);
    CHECK(result.error().message.find(row.part) != std::string::npos);
  }
}

TEST_CASE("settings nested without end do not overflow the stack") {
  for (const char open : {'[', '{'}) {
    std::string text = "{\"a\": ";
    for (int i = 0; i < 200000; ++i) text += open == '[' ? "[" : "{\"a\":";
    const auto result = merge_settings(*find_client("zed"), text, kEntry);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message.find("too deeply") != std::string::npos);
  }
}

TEST_CASE("an entry is merged into TOML settings") {
  const std::string added = "[mcp_servers.sumun]\ncommand = \"/opt/sumun/bin/sumun\"\nargs = [\"serve\"]\n";
  struct {
    std::string name;
    std::string before;
    std::string after;
  } table[] = {
      {"no text", "", added},
      {"other settings", "model = \"x\" # best\n\n[mcp_servers.git]\ncommand = 'g'\n", "model = \"x\" # best\n\n[mcp_servers.git]\ncommand = 'g'\n\n" + added},
      {"no line end", "model = 1", "model = 1\n\n" + added},
      {"another command", "[mcp_servers.sumun]\ncommand = '/old' # mine\nargs = [ \"serve\" ]\nenv = { A = \"ä\" }\n[z]\n",
       "[mcp_servers.sumun]\ncommand = \"/opt/sumun/bin/sumun\" # mine\nargs = [ \"serve\" ]\nenv = { A = \"ä\" }\n[z]\n"},
      {"other arguments over lines", "[mcp_servers.sumun]\nargs = [\n  \"serve\", # x\n  \"--index\",\n]\ncommand = \"/opt/sumun/bin/sumun\"\n",
       "[mcp_servers.sumun]\nargs = [\"serve\"]\ncommand = \"/opt/sumun/bin/sumun\"\n"},
      {"no arguments yet", "[mcp_servers.sumun]\ncommand = \"/opt/sumun/bin/sumun\"\nstartup_timeout_sec = 20\n",
       "[mcp_servers.sumun]\nargs = [\"serve\"]\ncommand = \"/opt/sumun/bin/sumun\"\nstartup_timeout_sec = 20\n"},
      {"an entry on one line", "mcp_servers.sumun = { command = 'ä', args = [] } # z\n",
       "mcp_servers.sumun = { command = \"/opt/sumun/bin/sumun\", args = [\"serve\"] } # z\n"},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto result = merged("codex", row.before);
    CHECK(result == row.after);
    CHECK(merged("codex", result) == result);
  }
}

TEST_CASE("a name and a path of any characters survive") {
  const LaunchEntry odd{"my \"tools\".x", "/opt/ä b/su\"mun\\x", {"serve", "--index", "/tmp/a'b"}};
  for (const auto& client : known_clients()) {
    CAPTURE(client.id);
    const auto text = merged(client.id, "", odd);
    CHECK(merged(client.id, text, odd) == text);
  }
}

TEST_CASE("each client's settings lie where it reads them") {
  const UserFolders plain{"/home/u", "", "", ""};
  const UserFolders moved{"/home/u", "/cfg", "/codex", "/claude"};
  struct {
    std::string client;
    const char* plain;
    const char* moved;
  } table[] = {
      {"claude-desktop", "/home/u/.config/Claude/claude_desktop_config.json", "/cfg/Claude/claude_desktop_config.json"},
      {"claude-code", "/home/u/.claude.json", "/claude/.claude.json"},
      {"vscode", "/home/u/.config/Code/User/mcp.json", "/cfg/Code/User/mcp.json"},
      {"cursor", "/home/u/.cursor/mcp.json", "/home/u/.cursor/mcp.json"},
      {"windsurf", "/home/u/.codeium/windsurf/mcp_config.json", "/home/u/.codeium/windsurf/mcp_config.json"},
      {"zed", "/home/u/.config/zed/settings.json", "/cfg/zed/settings.json"},
      {"codex", "/home/u/.codex/config.toml", "/codex/config.toml"},
  };
  CHECK(known_clients().size() == std::size(table));
  for (const auto& row : table) {
    CAPTURE(row.client);
    CHECK(settings_file(*find_client(row.client), plain).value() == row.plain);
    CHECK(settings_file(*find_client(row.client), moved).value() == row.moved);
  }
  CHECK_FALSE(settings_file(*find_client("cursor"), UserFolders{}).has_value());
  CHECK(find_client("emacs") == nullptr);
}

TEST_CASE("a file is replaced whole, with a backup and its permissions") {
  const TemporaryFolder folder;
  const auto file = folder.path / "deep/er/settings.json";

  const auto first = replace_file(file, std::nullopt, "one");
  REQUIRE(first.has_value());
  CHECK(first->empty());
  CHECK(content(file) == "one");

  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  const auto second = replace_file(file, "one", "two");
  REQUIRE(second.has_value());
  CHECK(content(file) == "two");
  CHECK(content(*second) == "one");
  CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(fs::status(*second).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

  const auto third = replace_file(file, "two", "three");
  REQUIRE(third.has_value());
  CHECK(*third != *second);
  CHECK(content(*second) == "one");
  CHECK(std::distance(fs::directory_iterator(file.parent_path()), {}) == 3);
}

TEST_CASE("a symbolic link stays one and its target is replaced") {
  const TemporaryFolder folder;
  put(folder.path / "real.json", "one");
  fs::create_symlink("real.json", folder.path / "link.json");
  REQUIRE(replace_file(folder.path / "link.json", "one", "two").has_value());
  CHECK(fs::is_symlink(folder.path / "link.json"));
  CHECK(content(folder.path / "real.json") == "two");
}

TEST_CASE("a file that another program changed meanwhile is not replaced") {
  const TemporaryFolder folder;
  put(folder.path / "a", "theirs");
  for (const std::optional<std::string>& expected : {std::optional<std::string>("mine"), std::optional<std::string>()}) {
    const auto result = replace_file(folder.path / "a", expected, "new");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message.find("another program") != std::string::npos);
  }
  CHECK(content(folder.path / "a") == "theirs");
}

TEST_CASE("a file that may not be written is an error with its name") {
  const TemporaryFolder folder;
  put(folder.path / "plain", "x");
  const auto below_a_file = replace_file(folder.path / "plain/settings.json", std::nullopt, "new");
  REQUIRE_FALSE(below_a_file.has_value());
  CHECK(below_a_file.error().code == sumun::ErrorCode::io);
  CHECK(below_a_file.error().message.find("plain") != std::string::npos);
  if (::geteuid() == 0) return;  // root may write anywhere
  ::chmod((folder.path / "plain").c_str(), 0400);
  const auto read_only = replace_file(folder.path / "plain", "x", "new");
  REQUIRE_FALSE(read_only.has_value());
  CHECK(read_only.error().message.find("plain") != std::string::npos);
  CHECK(content(folder.path / "plain") == "x");
}

TEST_CASE("a missing file is no error, a folder is one") {
  const TemporaryFolder folder;
  const auto missing = read_file(folder.path / "no");
  REQUIRE(missing.has_value());
  CHECK_FALSE(missing->has_value());
  CHECK_FALSE(read_file(folder.path).has_value());
}

TEST_CASE("sizes are written for people") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 kB");
  CHECK(human_bytes(999'949) == "999.9 kB");
  CHECK(human_bytes(999'950) == "1.0 MB");
  CHECK(human_bytes(5'000'000'000'000'000) == "5000.0 TB");
}
