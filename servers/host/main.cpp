// SPDX-License-Identifier: Apache-2.0
// The command line of `sumun`: which commands there are, what they take, and examples of each.
#include "client_config.hpp"
#include "command_line.hpp"
#include "console.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <string>

namespace {

using namespace sumun::host;

void add_index(CLI::App& sub, std::filesystem::path& index) {
  sub.add_option("--index", index, "The index file (default: sumun/documents.db in $XDG_STATE_HOME or ~/.local/state)")->type_name("FILE");
}

void add_chunks(CLI::App& sub, ChunkSizes& chunks) {
  sub.add_option("--chunk-min", chunks.min_characters, "Smaller pieces are joined with their neighbours (characters, 300)")->type_name("N");
  sub.add_option("--chunk-max", chunks.max_characters, "Larger ones are split (characters, 800)")->type_name("N");
  sub.add_option("--chunk-overlap", chunks.overlap, "Share that is repeated where running text is split (0.12)")->type_name("X");
}

void add_server(CLI::App& sub, ServerChoice& server) {
  sub.add_option("--server", server.command, "Launch this server, in quotes; no shell (default: sumun serve)")->type_name("'CMD…'");
  sub.add_option("--url", server.url, "Reach this server over HTTP")->type_name("URL");
  sub.add_option("--token-env", server.token_env, "The environment variable that holds its bearer token")->type_name("NAME");
  sub.add_option("--token-file", server.token_file, "The file that holds it")->type_name("FILE");
  sub.add_option("--ca-file", server.ca_file, "PEM: trust these authorities too")->type_name("FILE");
  add_index(sub, server.index);
  sub.add_option("--revision", server.revision, "Speak this revision of MCP and no other (default: the newest that both know)")->type_name("DATE");
  sub.add_option("--timeout", server.timeout_seconds, "Seconds without an answer or progress (60)")->type_name("S");
  sub.add_option("--log-level", server.log_level, "Show the server's log messages from this level on")->type_name("LEVEL");
  sub.add_flag_callback("--no-input", [&server] { server.ask = false; }, "Decline what the server asks, even on a terminal");
}

void add_serve(CLI::App& app, Action& action) {
  auto* sub = app.add_subcommand("serve", "Serve over the standard streams, as a client launches it, or over HTTP");
  auto& command = attach<ServeCommand>(*sub, action);
  add_index(*sub, command.index);
  sub->add_option("--principal", command.principal, "Who calls (default: local: and the user's name)")->type_name("NAME");
  sub->add_option("--log-level", command.log_level, "Lowest level written to standard error (info)")->type_name("LEVEL");
  sub->add_option_function<std::string>("--http", [&command](const std::string& at) { command.http = at; },
                                        "Serve over HTTP; without ADDR:PORT where the configuration says (127.0.0.1:8080)")
      ->type_name("ADDR:PORT")
      ->expected(0, 1)
      ->default_str("");
  sub->add_flag("--modern-only", command.modern_only, "Over HTTP: revision 2026-07-28 alone, no sessions");
  add_config(*sub, command.config);
  sub->footer(
      "Standard output carries the protocol and nothing else; people read standard error.\n"
      "Over HTTP it listens on this computer alone unless told otherwise; others need [auth] in the configuration.\n"
      "A server without an index starts too: its search says how to make one.\n\n"
      "Examples:\n"
      "  sumun serve\n"
      "  sumun serve --index ~/work/handbook.db\n"
      "  sumun serve --http 127.0.0.1:8080");
}

void add_index_command(CLI::App& app, Action& action) {
  auto* sub = app.add_subcommand("index", "Read files and folders into the index, or bring it up to date");
  auto& command = attach<IndexCommand>(*sub, action);
  sub->add_option("paths", command.paths, "Files and folders")->required()->type_name("PATH");
  add_index(*sub, command.index);
  add_chunks(*sub, command.chunks);
  sub->add_flag("--hidden", command.hidden, "Also read what begins with a dot");
  sub->add_option("--max-file-mb", command.max_file_mb, "Skip larger files (64; JSON Lines are read whatever their size)")->type_name("N");
  add_json(*sub, command.output);
  sub->footer(
      "Markdown, plain text, HTML, source code and JSON Lines {_id, title, text}. Unchanged files are skipped,\n"
      "files that are gone leave the index, and an interrupted run goes on where it stopped.\n\n"
      "Examples:\n"
      "  sumun index ~/Documents/handbook\n"
      "  sumun index notes.md src/ --index project.db");
}

void add_search(CLI::App& app, Action& action) {
  auto* sub = app.add_subcommand("search", "Search the index");
  auto& command = attach<SearchCommand>(*sub, action);
  sub->add_option("query", command.words, "Words, codes or a question; \"in quotes\" = exactly these words")->required()->type_name("QUERY");
  add_index(*sub, command.index);
  sub->add_option("-k,--top-k", command.top_k, "How many hits, 1 to 50 (10)")->type_name("N");
  sub->add_option("--path", command.paths, "Only files that match: a glob, a file or a folder; may be repeated")->type_name("GLOB")->allow_extra_args(false);
  sub->add_option("--type", command.types, "Only markdown, text, html, code or jsonl; may be repeated")->type_name("TYPE")->allow_extra_args(false);
  sub->add_option("--since", command.since, "Only files changed on or after this day")->type_name("YYYY-MM-DD");
  sub->add_option("--before", command.before, "Only files changed before this day")->type_name("YYYY-MM-DD");
  add_json(*sub, command.output);
  sub->footer(
      "Examples:\n"
      "  sumun search how many days of leave\n"
      "  sumun search '\"parental leave\"' --path 'people/*.md' -k 3\n"
      "  sumun search DEC-0054 --json | jq '.hits[0].citation'");
}

void add_eval(CLI::App& app, Action& action) {
  auto* eval = app.add_subcommand("eval", "Measure quality against known answers");
  eval->require_subcommand(1);
  auto* sub = eval->add_subcommand("documents", "Measure document search over a folder in BEIR's layout");
  auto& command = attach<EvalDocumentsCommand>(*sub, action);
  sub->add_option("--beir", command.folder, "corpus.jsonl, queries.jsonl and qrels/test.tsv")->required()->type_name("DIR");
  sub->add_option("--index", command.index, "Keep the index here (default: a temporary one)")->type_name("FILE");
  add_chunks(*sub, command.chunks);
  sub->add_option("--at-least", command.at_least, "Exit with 1 where a figure is lower; may be repeated")->type_name("NAME=VALUE")->allow_extra_args(false);
  add_json(*sub, command.output);
  sub->footer(
      "Figures: ndcg_at_10, recall_at_5, recall_at_100, mrr_at_10, queries_per_second, index_mb_per_second.\n\n"
      "Examples:\n"
      "  sumun eval documents --beir scifact\n"
      "  sumun eval documents --beir scifact --json --at-least ndcg_at_10=0.68");
}

void add_tools(CLI::App& app, Action& action) {
  auto* sub = app.add_subcommand("tools", "List the tools of a server");
  auto& command = attach<ToolsCommand>(*sub, action);
  add_server(*sub, command.server);
  add_json(*sub, command.output);
  sub->footer(
      "Examples:\n"
      "  sumun tools\n"
      "  sumun tools --server 'npx -y @modelcontextprotocol/server-everything'\n"
      "  sumun tools --server 'API_KEY=abc ./my-server --verbose' --json\n"
      "  sumun tools --url https://tools.example/mcp --token-env TOOLS_TOKEN");
}

void add_call(CLI::App& app, Action& action) {
  auto* sub = app.add_subcommand("call", "Call a tool of a server");
  auto& command = attach<CallCommand>(*sub, action);
  sub->add_option("tool", command.tool, "The tool's name")->required()->type_name("TOOL");
  sub->add_option("arguments", command.words, "key=value, converted by the tool's input schema; a list by giving the key again")->type_name("KEY=VALUE");
  sub->add_option("--args", command.arguments, "All arguments as one JSON object; - = standard input, @FILE = a file")->type_name("JSON");
  add_server(*sub, command.server);
  add_json(*sub, command.output);
  sub->footer(
      "The exit code is 1 when the tool says that it failed. --json prints the structured result where there is one.\n\n"
      "Examples:\n"
      "  sumun call search_documents query='days of leave' top_k=3\n"
      "  sumun call add a=2 b=3 --server build/release/bin/calculator\n"
      "  sumun call add --args '{\"a\": 2, \"b\": 3}' --json --server calculator");
}

void add_resources(CLI::App& app, Action& action) {
  auto* sub = app.add_subcommand("resources", "List the resources of a server, or read one");
  auto& command = attach<ResourcesCommand>(*sub, action);
  sub->add_option("uri", command.uri, "Read this one")->type_name("URI");
  add_server(*sub, command.server);
  add_json(*sub, command.output);
  sub->footer("Examples:\n  sumun resources\n  sumun resources 'demo://greeting' --server ./my-server");
}

void add_prompts(CLI::App& app, Action& action) {
  auto* sub = app.add_subcommand("prompts", "List the prompts of a server, or get one");
  auto& command = attach<PromptsCommand>(*sub, action);
  sub->add_option("name", command.name, "Get this one")->type_name("NAME");
  sub->add_option("arguments", command.words, "Its arguments")->type_name("KEY=VALUE");
  add_server(*sub, command.server);
  add_json(*sub, command.output);
  sub->footer("Examples:\n  sumun prompts\n  sumun prompts answer_with_citations question='How many days of leave?'");
}

void add_policy_explain(CLI::App& policy, Action& action) {
  auto* sub = policy.add_subcommand("explain", "Print what the policy says of a call, and why; nothing is called");
  auto& command = attach<PolicyExplainCommand>(*sub, action);
  sub->add_option("target", command.target, "A tool's name, resource:URI or prompt:NAME")->required()->type_name("TOOL");
  sub->add_option("arguments", command.words, "key=value, as `sumun call` takes them")->type_name("KEY=VALUE");
  sub->add_option("--args", command.arguments, "All arguments as one JSON object; - = standard input, @FILE = a file")->type_name("JSON");
  sub->add_option("--as", command.principal, "Who calls")->required()->type_name("PRINCIPAL");
  sub->add_option("--group", command.groups, "One of the principal's groups; may be repeated")->type_name("G")->allow_extra_args(false);
  sub->add_option("--scope", command.scopes, "One that its token lists; may be repeated; without any there is no token")->type_name("S")->allow_extra_args(false);
  sub->add_option("--effect", command.effects, "Of a tool that is not here: reads, writes, destroys, reaches_out, idempotent; may be repeated")
      ->type_name("E")
      ->allow_extra_args(false);
  sub->add_option("--module", command.module, "The module of a tool that is not here")->type_name("NAME");
  add_config(*sub, command.config);
  add_json(*sub, command.output);
  sub->footer(
      "Examples:\n"
      "  sumun policy explain search_documents query=salaries --as local:alice\n"
      "  sumun policy explain resource:docsearch://document/42 --as alice --group staff\n"
      "  sumun policy explain create_refund amount_minor=9000 --effect writes --as alice --scope refunds");
}

void add_policy(CLI::App& app, Action& action) {
  auto* policy = app.add_subcommand("policy", "Who may do what: explain the rules, test them");
  policy->require_subcommand(1);
  add_policy_explain(*policy, action);
  auto* sub = policy->add_subcommand("test", "Hold the policy against a table of cases; exit 1 if one fails");
  auto& command = attach<PolicyTestCommand>(*sub, action);
  sub->add_option("file", command.file, "[[case]] tables with principal, target, arguments, decision and rule; TOML, or JSON (.json)")->required()->type_name("FILE");
  add_config(*sub, command.config);
  add_json(*sub, command.output);
  sub->footer("Examples:\n  sumun policy test policy-cases.toml\n  sumun policy test cases.json --config ./sumun.toml --json");
}

void add_client_config(CLI::App& app, Action& action) {
  auto* sub = app.add_subcommand("client-config", "Plug this program into an MCP client");
  auto& command = attach<ClientConfigCommand>(*sub, action);
  std::string clients;
  for (const auto& client : known_clients()) clients += (clients.empty() ? "" : ", ") + std::string(client.id);
  sub->add_option("client", command.client, clients)->required()->type_name("CLIENT");
  sub->add_flag("--write", command.write, "Merge it into the client's settings; the old file is kept as a backup");
  sub->add_option("--name", command.name, "What the client calls this server (sumun)")->type_name("NAME");
  sub->add_option("--file", command.file, "Another settings file")->type_name("FILE");
  sub->add_option("--url", command.url, "Reach this server over HTTP instead of launching this program; printed only")->type_name("URL");
  add_index(*sub, command.index);
  sub->footer(
      "Without --write it prints the settings and says where they belong. --write keeps everything else in the file,\n"
      "comments too, refuses a file that it cannot read, and changes nothing the second time.\n\n"
      "Examples:\n"
      "  sumun client-config claude-desktop\n"
      "  sumun client-config vscode --write\n"
      "  sumun client-config vscode --write --file .vscode/mcp.json --name handbook --index handbook.db");
}

void add_config_command(CLI::App& app, Action& action) {
  auto* config = app.add_subcommand("config", "The configuration file");
  config->require_subcommand(1);
  auto* sub = config->add_subcommand("check", "Print what holds, or what is wrong with the file; exit 1 if something is");
  auto& command = attach<ConfigCheckCommand>(*sub, action);
  add_config(*sub, command.config);
  add_json(*sub, command.output);
  sub->footer("Secrets are never printed.\n\nExamples:\n  sumun config check\n  sumun config check --config ./sumun.toml");
}

void add_no_hints(CLI::App& sub, NotesShown& shown) {
  sub.add_flag_callback("--no-hints", [&shown] { shown = NotesShown::faults; }, "Only what a client refuses or changes");
}

void add_schema_lint(CLI::App& schema, Action& action) {
  auto* sub = schema.add_subcommand("lint", "Say what known clients refuse or change in a tool's schema");
  auto& command = attach<SchemaLintCommand>(*sub, action);
  sub->add_option("file", command.file, "An input schema, a tool, a list of tools or what tools/list answers; - = standard input")->required()->type_name("FILE");
  add_no_hints(*sub, command.shown);
  add_json(*sub, command.output);
  sub->footer(
      "A note is one line: tool, place, client and what happens to it. \"refused\" = the tool, or every request with it,\n"
      "fails; \"changed\" = the model is shown something else; \"hint\" = it depends on version or model.\n"
      "Exit codes: 0 nothing found, 1 notes, 2 the file cannot be read.\n\n"
      "Examples:\n"
      "  sumun schema lint tool.schema.json\n"
      "  sumun tools --json --server ./my-server | sumun schema lint - --no-hints");
}

void add_schema_validate(CLI::App& schema, Action& action) {
  auto* sub = schema.add_subcommand("validate", "Validate JSON against a schema");
  auto& command = attach<SchemaValidateCommand>(*sub, action);
  sub->add_option("schema", command.schema, "The JSON Schema; - = standard input")->required()->type_name("SCHEMA");
  sub->add_option("instance", command.instance, "The JSON to validate; - = standard input")->required()->type_name("INSTANCE");
  sub->add_option("--output", command.output, "words, or the standard's formats: flag, basic (words)")->type_name("FORMAT");
  sub->add_flag_callback("--json", [&command] { command.output = "basic"; }, "Write JSON for programs, as --output basic")->excludes("--output");
  sub->add_flag("--formats", command.formats, "A text must be of its format (default: format says nothing about validity)");
  sub->add_option("--dialect", command.dialect, "Where the schema has no $schema: 2020-12, 2019-09 or draft-07 (2020-12)")->type_name("NAME");
  sub->add_option("--document", command.documents, "What a $ref to this URI means; nothing is ever fetched; may be repeated")->type_name("URI=FILE")->allow_extra_args(false);
  sub->add_flag("--fill", command.fill, "Print the instance with the schema's defaults filled in");
  sub->footer(
      "Exit codes: 0 valid, 1 not valid, 2 a file cannot be read or is no schema.\n\n"
      "Examples:\n"
      "  sumun schema validate order.schema.json order.json\n"
      "  echo '{\"a\": \"2\"}' | sumun schema validate sum.schema.json -\n"
      "  sumun schema validate order.schema.json order.json --document https://example.com/address=address.schema.json");
}

void add_schema_check(CLI::App& schema, Action& action) {
  auto* sub = schema.add_subcommand("check", "Lint the schemas of all tools of a server, and compile them");
  auto& command = attach<SchemaCheckCommand>(*sub, action);
  add_server(*sub, command.server);
  sub->add_option("server", command.server.command, "Launch this server, as with --server")->type_name("'CMD…'")->excludes("--server");
  add_no_hints(*sub, command.shown);
  add_json(*sub, command.output);
  sub->footer(
      "The notes are those of `sumun schema lint`.\n"
      "Exit codes: 0 nothing found, 1 notes, 2 the server cannot be reached.\n\n"
      "Examples:\n"
      "  sumun schema check './my-server --verbose'\n"
      "  sumun schema check --url https://tools.example/mcp --token-env TOOLS_TOKEN --no-hints");
}

void add_schema(CLI::App& app, Action& action) {
  auto* schema = app.add_subcommand("schema", "JSON Schema: lint tools, validate JSON");
  schema->require_subcommand(1);
  add_schema_lint(*schema, action);
  add_schema_validate(*schema, action);
  add_schema_check(*schema, action);
}

void add_store(CLI::App& app, Action& action) {
  auto* store = app.add_subcommand("store", "Look after what is kept of calls and tasks");
  store->require_subcommand(1);
  const auto add = [&](const char* name, const char* description, StoreCommand::What what, const char* footer) {
    auto* sub = store->add_subcommand(name, description);
    auto& command = attach<StoreCommand>(*sub, action);
    command.what = what;
    if (what == StoreCommand::What::backup) sub->add_option("to", command.to, "The copy; it must not exist")->required()->type_name("FILE");
    add_config(*sub, command.config);
    add_json(*sub, command.output);
    sub->footer(footer);
  };
  add("backup", "Copy it as of now, while servers go on", StoreCommand::What::backup,
      "PostgreSQL has pg_dump --schema=sumun for that.\n\nExamples:\n  sumun store backup store-monday.db");
  add("migrate", "Make its tables, or bring them up to this release", StoreCommand::What::migrate,
      "SQLite's file is brought up by itself, after a copy. PostgreSQL's tables only here.\n\n"
      "Examples:\n  sumun store migrate --config /etc/sumun/config.toml");
  add("gc", "Delete what has expired now, and give the room back", StoreCommand::What::gc,
      "Servers delete what has expired by themselves.\n\nExamples:\n  sumun store gc --json");
  add("rotate-keys", "Seal requestState with a new key from now on", StoreCommand::What::rotate_keys,
      "Servers that run take it up at once.\n\nExamples:\n  sumun store rotate-keys");
}

void add_doctor(CLI::App& app, Action& action) {
  auto* sub = app.add_subcommand("doctor", "Check that everything works; exit 1 if something is broken");
  auto& command = attach<DoctorCommand>(*sub, action);
  add_index(*sub, command.index);
  add_json(*sub, command.output);
  sub->footer("Examples:\n  sumun doctor\n  sumun doctor --json");
}

void describe(CLI::App& app, Action& action) {
  app.set_version_flag("--version", "sumun " SUMUN_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_serve(app, action);
  add_index_command(app, action);
  add_search(app, action);
  add_tools(app, action);
  add_call(app, action);
  add_resources(app, action);
  add_prompts(app, action);
  add_schema(app, action);
  add_client_config(app, action);
  add_config_command(app, action);
  add_policy(app, action);
  add_approvals(app, action);
  add_store(app, action);
  add_audit(app, action);
  add_doctor(app, action);
  add_eval(app, action);
  app.footer(
      "Exit codes: 0 done, 1 the work failed, 2 wrong usage.\n\n"
      "Examples:\n"
      "  sumun index ~/Documents/handbook              read documents\n"
      "  sumun search how many days of leave           search them here\n"
      "  sumun client-config claude-desktop --write    let Claude Desktop search them\n"
      "  sumun call search_documents query=leave       ask as a client does\n"
      "  sumun tools --server 'npx -y some-server'     look at any MCP server\n"
      "  sumun schema check 'npx -y some-server'       what clients make of its tools\n\n"
      "`sumun COMMAND --help` has more of each.");
}

// CLI11 knows what is wrong; which command was meant is ours to say.
int explain(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (argc < 2) {
    tell(app.help());
    return kWrongUsage;
  }
  const CLI::App* at = &app;
  std::string command = "sumun";
  int next = 1;  // the first word behind the names of commands
  for (auto chosen = at->get_subcommands(); !chosen.empty(); chosen = at->get_subcommands()) {
    at = chosen.front();
    command += " " + at->get_name();
    ++next;
  }
  const bool names_none = at->get_require_subcommand_min() > 0 && next < argc && argv[next][0] != '-';
  if (names_none) return wrong_usage("there is no command \"" + (at == &app ? "" : command.substr(6) + " ") + argv[next] + "\"; see: " + command + " --help");
  return wrong_usage(std::string(error.what()) + "; see: " + command + " --help");
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away (`sumun search x | head -1`) ends the program quietly; serving handles its own pipes.
  std::signal(SIGPIPE, SIG_DFL);
  CLI::App app{"Sumun searches your documents for MCP clients, and is a client of any MCP server itself.", "sumun"};
  Action action;
  describe(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {
    return app.exit(wanted);  // --help, --version
  } catch (const CLI::ParseError& error) {
    return explain(app, error, argc, argv);
  }
  try {
    const int code = action();
    if (const auto written = flush_output(); !written) return failed(written.error());
    return code;
  } catch (const std::exception& error) {
    tell(std::string("sumun: ") + error.what());
    return kFailed;
  }
}
