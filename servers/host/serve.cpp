// SPDX-License-Identifier: Apache-2.0
// `sumun serve`: what a client launches. The modules are put on one server, which speaks over the standard streams.
#include "commands.hpp"
#include "console.hpp"
#include "log.hpp"

#include "docsearch/docsearch.hpp"

#include <sumun/run.hpp>
#include <sumun/server.hpp>

#include <string>

namespace sumun::host {

std::filesystem::path index_or_default(const std::filesystem::path& said) {
  return said.empty() ? docsearch::default_index_path() : std::filesystem::absolute(said);
}

Result<std::filesystem::path> own_program() {
  std::error_code code;
  auto path = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return fail(ErrorCode::io, "cannot find this program's own file: " + code.message());
  return path;
}

int run(const ServeCommand& command) {
  const auto level = log_level(command.log_level);
  if (!level) return wrong_usage("there is no log level \"" + command.log_level + "\"");
  const LogSink log = make_log(*level);

  ServerOptions options;
  options.title = "Sumun";
  options.description = "Searches the documents of this computer and cites them";
  options.instructions =
      "Search the user's own documents with search_documents before you answer a question about them, and cite what you use.";
  options.log = log;
  Server server("sumun", SUMUN_VERSION, std::move(options));

  docsearch::Config documents;
  documents.index_path = index_or_default(command.index);
  documents.open.log = log;
  docsearch::register_module(server, std::move(documents));

  if (is_interactive()) tell("serving MCP on standard input and output, where a client speaks it; Ctrl-C ends this");
  StdioOptions stdio;
  stdio.principal = command.principal;
  return serve_stdio(server, stdio);
}

}  // namespace sumun::host
