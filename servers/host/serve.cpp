// SPDX-License-Identifier: Apache-2.0
// `sumun serve`: the modules are put on one server, which speaks over the standard streams, as a client launches it, or
// over HTTP. What the command line says goes over the configuration.
#include "approvals.hpp"
#include "commands.hpp"
#include "config.hpp"
#include "console.hpp"
#include "log.hpp"
#include "serve.hpp"
#include "store.hpp"

#include "docsearch/docsearch.hpp"

#include <sumun/auth.hpp>
#include <sumun/http.hpp>
#include <sumun/run.hpp>
#include <sumun/server.hpp>

#include <functional>
#include <string>

namespace sumun::host {

namespace {

std::filesystem::path index_of(const Config& config) { return config.index.empty() ? docsearch::default_index_path() : config.index; }

// Errors: of the configuration's [auth].
Result<HttpOptions> http_options(const ServeCommand& command, const Config& config, const LogSink& log) {
  HttpOptions http = config.http;
  if (!command.http->empty()) {
    if (auto read = read_listen_address(*command.http, http); !read) return read.error();
  }
  if (command.modern_only) http.eras = HttpEras::modern_only;
  if (!config.auth) return http;
  AuthOptions auth = *config.auth;
  auth.log = log;
  auto authenticator = make_authenticator(std::move(auth));
  if (!authenticator) return fail(ErrorCode::failed, config.file.string() + ": auth: " + authenticator.error().message);
  http.authenticator = *std::move(authenticator);
  return http;
}

// SIGHUP: of the configuration only the policy; a file with any fault changes nothing.
std::function<void()> reload_of(Server& server, const ServeCommand& command, const LogSink& log) {
  return [&server, file = command.config, log] {
    auto config = load_config(file);
    if (!config) return log(LoggingLevel::error, "the policy is not reloaded, the old one holds: " + config.error().message);
    const std::size_t rules = config->holds["policy"]["rule"].size();
    server.set_policy(*std::move(config->policy));
    log(LoggingLevel::notice, "the policy is reloaded: " + std::to_string(rules) + (rules == 1 ? " rule" : " rules"));
  };
}

}  // namespace

std::unique_ptr<Server> make_server(const Config& config, const std::filesystem::path& index, LogSink log) {
  ServerOptions options;
  options.title = "Sumun";
  options.description = "Searches the documents of this computer and cites them";
  options.instructions =
      "Search the user's own documents with search_documents before you answer a question about them, and cite what you use.";
  options.log = log;
  options.policy = config.policy;
  options.approvals = config.approvals;
  options.approvals.how = approval_command(config);
  options.audit = config.audit;
  options.store = open_store(config.store, log);
  auto server = std::make_unique<Server>("sumun", SUMUN_VERSION, std::move(options));

  docsearch::Config documents;
  documents.index_path = index.empty() ? index_of(config) : std::filesystem::absolute(index);
  documents.open.log = std::move(log);
  docsearch::register_module(*server, std::move(documents));
  return server;
}

std::filesystem::path index_or_default(const std::filesystem::path& said) {
  if (!said.empty()) return std::filesystem::absolute(said);
  const auto config = load_config({});
  if (config) return index_of(*config);
  tell("sumun: the configuration is passed over: " + config.error().message);
  return docsearch::default_index_path();
}

Result<std::filesystem::path> own_program() {
  std::error_code code;
  auto path = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return fail(ErrorCode::io, "cannot find this program's own file: " + code.message());
  return path;
}

int run(const ServeCommand& command) {
  if (command.http && !command.principal.empty()) return wrong_usage("--principal is for the standard streams; over HTTP the token says who calls");
  if (command.modern_only && !command.http) return wrong_usage("--modern-only goes with --http");
  if (command.http && !command.http->empty()) {
    HttpOptions unused;
    if (const auto read = read_listen_address(*command.http, unused); !read) return wrong_usage("--http " + read.error().message);
  }
  const auto said_level = log_level(command.log_level);
  if (!command.log_level.empty() && !said_level) return wrong_usage("there is no log level \"" + command.log_level + "\"");
  const auto config = load_config(command.config);
  if (!config) return failed(config.error());
  const LogSink log = make_log(said_level.value_or(config->log_level));

  const auto server = make_server(*config, command.index, log);
  const auto reload = reload_of(*server, command, log);

  if (command.http) {
    auto http = http_options(command, *config, log);
    if (!http) return failed(http.error());
    http->reload = reload;
    return serve_http(*server, *std::move(http));
  }
  if (is_interactive()) tell("serving MCP on standard input and output, where a client speaks it; Ctrl-C ends this");
  StdioOptions stdio;
  stdio.principal = command.principal;
  stdio.reload = reload;
  return serve_stdio(*server, stdio);
}

}  // namespace sumun::host
