// SPDX-License-Identifier: Apache-2.0
// Launching a server over stdio and answering for the person.
#include "remote.hpp"

#include "console.hpp"
#include "files.hpp"
#include "form.hpp"
#include "log.hpp"
#include "url.hpp"
#include "words.hpp"

#include <sumun/http_client.hpp>
#include <sumun/json.hpp>
#include <sumun/launch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>

namespace sumun::host {
namespace {

bool is_assignment(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  const auto is_name = [](unsigned char c) { return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), is_name) && !(word[0] >= '0' && word[0] <= '9');
}

Result<CommandLine> command_of(const ServerChoice& choice) {
  if (!choice.command.empty()) return parse_command_line(choice.command);
  auto program = own_program();
  if (!program) return program.error();
  CommandLine line;
  line.words = {program->string(), "serve", "--log-level", "warning"};
  if (!choice.index.empty()) {
    line.words.push_back("--index");
    line.words.push_back(std::filesystem::absolute(choice.index).string());
  }
  return line;
}

// Without what may be behind the path: it is shown to people.
std::string shown_url(const ServerChoice& choice) { return choice.url.substr(0, choice.url.find_first_of("?#")); }

std::string name_of(const ServerChoice& choice) {
  if (!choice.url.empty()) return "The server (" + shown_url(choice) + ")";
  return choice.command.empty() ? "sumun" : "The server (" + choice.command + ")";
}

// The token is in none of the messages.
Result<std::string> token_of(const ServerChoice& choice) {
  if (!choice.token_env.empty()) {
    const char* value = std::getenv(choice.token_env.c_str());
    if (!value || !*value) return fail(ErrorCode::invalid_value, "--token-env: the environment variable " + choice.token_env + " is not set");
    return std::string(value);
  }
  if (choice.token_file.empty()) return std::string();
  auto text = read_file(choice.token_file);
  if (!text) return text.error();
  if (!*text) return fail(ErrorCode::io, "--token-file: there is no file " + choice.token_file.string());
  std::string token = **std::move(text);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.empty()) return fail(ErrorCode::invalid_value, "--token-file: " + choice.token_file.string() + " is empty");
  return token;
}

Result<TransportFactory> server_of(const ServerChoice& choice) {
  if (choice.url.empty()) {
    auto line = command_of(choice);
    if (!line) return line.error();
    LaunchOptions launch;
    launch.command = std::move(line->words);
    launch.environment = std::move(line->environment);
    return TransportFactory(launch_stdio(std::move(launch)));
  }
  auto token = token_of(choice);
  if (!token) return token.error();
  if (!token->empty() && is_readable_by_others(choice.url)) tell("sumun: the token leaves this computer unencrypted; use https");
  HttpClientOptions http;
  http.url = choice.url;
  http.token = *std::move(token);
  http.ca_file = choice.ca_file.string();
  return TransportFactory(http_server(std::move(http)));
}

// Whoever cannot be asked declines; the tool then knows that it has to do without.
PlainHandlers handlers_for(const ServerChoice& choice) {
  const bool ask = choice.ask && is_interactive();
  const std::string server = name_of(choice);
  PlainHandlers handlers;
  handlers.elicit_form = [ask, server](ElicitRequestFormParams form) -> Result<ElicitResult> {
    if (ask) return ask_form(std::cin, std::cerr, server, form);
    tell("the server asks: " + form.message + " (declined: nobody is at a terminal)");
    return ElicitResult{ElicitAction::decline, {}, {}};
  };
  handlers.elicit_url = [ask, server](ElicitRequestURLParams page) -> Result<ElicitResult> {
    if (ask) return ask_url(std::cin, std::cerr, server, page);
    tell("the server asks to open " + page.url + ": " + page.message + " (declined: nobody is at a terminal)");
    return ElicitResult{ElicitAction::decline, {}, {}};
  };
  return handlers;
}

}  // namespace

Result<CommandLine> parse_command_line(const std::string& text) {
  auto words = split_words(text);
  if (!words) return words.error();
  CommandLine line;
  std::size_t first = 0;
  while (first < words->size() && is_assignment((*words)[first])) {
    const auto equals = (*words)[first].find('=');
    line.environment.emplace_back((*words)[first].substr(0, equals), (*words)[first].substr(equals + 1));
    ++first;
  }
  line.words.assign(words->begin() + static_cast<std::ptrdiff_t>(first), words->end());
  if (line.words.empty()) return fail(ErrorCode::invalid_value, "there is no program to launch in \"" + text + "\"");
  return line;
}

Result<void> check(const ServerChoice& choice) {
  if (!choice.command.empty()) {
    const auto line = parse_command_line(choice.command);
    if (!line) return fail(ErrorCode::invalid_value, "--server: " + line.error().message);
  }
  if (!choice.url.empty()) {
    if (!is_url(choice.url)) return fail(ErrorCode::invalid_value, "--url: expected http://… or https://…");
    if (!choice.command.empty()) return fail(ErrorCode::invalid_value, "--url and --server are two servers; give one");
    if (!choice.index.empty()) return fail(ErrorCode::invalid_value, "--index is for the server that is launched here; leave it out with --url");
    if (!choice.token_env.empty() && !choice.token_file.empty()) return fail(ErrorCode::invalid_value, "--token-env and --token-file are two tokens; give one");
  } else if (!choice.token_env.empty() || !choice.token_file.empty() || !choice.ca_file.empty()) {
    return fail(ErrorCode::invalid_value, "--token-env, --token-file and --ca-file go with --url");
  }
  if (!choice.revision.empty() && !revision_of(choice.revision)) {
    std::string known;
    for (const Revision revision : kRevisions) known += (known.empty() ? "" : ", ") + std::string(version_string(revision));
    return fail(ErrorCode::invalid_value, "--revision: \"" + choice.revision + "\" is none of " + known);
  }
  if (!(choice.timeout_seconds > 0) || choice.timeout_seconds > 86400) return fail(ErrorCode::invalid_value, "--timeout must be over 0 and at most 86400 seconds");
  if (!choice.log_level.empty() && !log_level(choice.log_level)) return fail(ErrorCode::invalid_value, "--log-level: there is no level \"" + choice.log_level + "\"");
  return {};
}

namespace {
std::chrono::milliseconds patience_of(const ServerChoice& choice) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(choice.timeout_seconds * 1000));
}
}  // namespace

Result<BlockingClient> connect(const ServerChoice& choice) {
  auto server = server_of(choice);
  if (!server) return server.error();
  ClientOptions options;
  options.info.name = "sumun";
  options.info.title = "Sumun command line";
  options.info.version = SUMUN_VERSION;
  if (!choice.revision.empty()) options.revision = revision_of(choice.revision);
  if (!choice.log_level.empty()) options.log_level = log_level(choice.log_level);
  options.probe_limit = std::min(options.probe_limit, patience_of(choice));
  options.connect_limit = std::min(options.connect_limit, patience_of(choice));
  options.log = make_log(LoggingLevel::warning);
  options.handlers.log_message = [](LoggingMessageNotificationParams message) {
    tell("[server] " + (message.logger ? *message.logger + ": " : "") + (message.data.is_string() ? message.data.get<std::string>() : dump_json(message.data)));
  };
  return BlockingClient::connect(*std::move(server), std::move(options), handlers_for(choice));
}

RequestOptions request_options(const ServerChoice& choice) {
  RequestOptions options;
  options.limit = patience_of(choice);
  const auto line = std::make_shared<ProgressLine>();
  options.progress = [line](const ProgressNotificationParams& p) {
    std::string text = p.message.value_or("working");
    if (p.total && *p.total > 0) text += " " + std::to_string(static_cast<int>(100 * p.progress / *p.total)) + " %";
    line->show(text);
  };
  return options;
}

}  // namespace sumun::host
