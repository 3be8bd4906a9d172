// SPDX-License-Identifier: Apache-2.0
// The server that tests/hostile, the rules of tests/conformance, the interop checks with a token and the benchmark talk to.
// usage: http_probe [--modern-only] [--short] [--threads N] [--workers N] [--open ADDRESS] [--host NAME] [--origin ORIGIN]
//                   [--token NAME TOKEN [SCOPE,SCOPE...]]... [--issuer ISSUER] [--resource URI]
//   --short   time limits of a second or less, and small ones for sizes and numbers: what a test can reach
//   --token   only who sends one of these tokens may call; SCOPE = what it is good for, "-" for no scope at all
#include <sumun/auth.hpp>
#include <sumun/http.hpp>
#include <sumun/sumun.hpp>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <span>

using namespace std::chrono_literals;
using sumun::Call;
using sumun::CallToolResult;
using sumun::Result;

namespace {

struct Sum {
  int a;
  int b;
};

struct Text {
  sumun::Field<std::string, "what to say", sumun::length<0, 65536>> text;
};

struct Nap {
  sumun::Field<int, "how long", sumun::range<0, 600000>> milliseconds;
};

struct Query {
  sumun::Field<std::string, "where", sumun::mcp_header<"Region">> region;
  std::optional<sumun::Field<int, "how many", sumun::mcp_header<"Limit">>> limit;
};

sumun::ToolOptions only_reads(sumun::Placement placement = sumun::Placement::pool) {
  sumun::ToolOptions options;
  options.effects = sumun::reads;
  options.placement = placement;
  return options;
}

CallToolResult echo(Text in) { return CallToolResult::text(in.text.get()); }
std::int64_t add(Sum in) { return std::int64_t{in.a} + in.b; }

void add_plain_tools(sumun::Server& server) {
  server.tool("add", "Add two integers", add, only_reads());
  server.tool("echo", "Says it again, in place", echo, only_reads(sumun::Placement::quick));
  server.tool("echo_pooled", "Says it again, on the worker pool", echo, only_reads());
  server.tool(
      "query", "Has arguments that headers repeat",
      [](Query in) { return CallToolResult::text(in.region.get()); }, only_reads());
  server.tool(
      "tell", "Reports progress and writes log lines",
      [](Call& call) {
        call.progress(1, 2, "half");
        call.log(sumun::LoggingLevel::warning, "told");
        call.progress(2, 2, "whole");
        return CallToolResult::text("told");
      },
      only_reads());
  server.tool(
      "ask_model", "Asks the client's model",
      [](Call& call) -> Result<CallToolResult> {
        sumun::CreateMessageRequestParams question;
        question.maxTokens = 10;
        question.messages.emplace_back().content = sumun::SamplingMessageContentBlock(sumun::text_content("?"));
        auto answer = call.sample(std::move(question));
        if (!answer) return std::move(answer).error();
        return CallToolResult::text("answered");
      },
      only_reads());
}

// What each principal said last: nobody may ever hear another's words.
void add_memory(sumun::Server& server) {
  struct Memory {
    std::mutex mutex;
    std::map<std::string, std::string> of;
  };
  auto memory = std::make_shared<Memory>();
  server.tool(
      "seen", "Says all that a handler can see of its caller",
      [](Call& call) {
        sumun::json seen{{"name", call.principal().name}, {"groups", call.principal().groups}, {"meta", call.meta()}};
        if (call.principal().scopes) seen["scopes"] = *call.principal().scopes;
        return CallToolResult::text(seen.dump());
      },
      only_reads());
  server.tool("whoami", "Names the caller", [](Call& call) { return CallToolResult::text(call.principal().name); }, only_reads());
  server.tool("remember", "Keeps the caller's words", [memory](Text in, Call& call) {
    std::scoped_lock lock(memory->mutex);
    memory->of[call.principal().name] = in.text.get();
    return CallToolResult::text(call.principal().name);
  });
  server.tool(
      "recall", "Gives the caller's words back",
      [memory](Call& call) {
        std::scoped_lock lock(memory->mutex);
        return CallToolResult::text(memory->of[call.principal().name]);
      },
      only_reads());
}

// Tools that not every token may call.
void add_scoped(sumun::Server& server) {
  auto options = only_reads();
  options.scopes = {"demands"};
  server.tool("demanding", "Wants a scope", [] { return CallToolResult::text("done"); }, options);
  options.scope_policy = sumun::ScopePolicy::hidden;
  server.tool("hidden", "Is there for those who have the scope", [] { return CallToolResult::text("done"); }, options);
}

void add_sleep(sumun::Server& server) {
  auto cut_short = std::make_shared<std::atomic<int>>(0);
  server.tool(
      "sleep", "Sleeps, or stops early when the call is cancelled",
      [cut_short](Nap nap, Call& call) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        auto stop = call.stop_token();
        wake.wait_for(lock, stop, std::chrono::milliseconds(nap.milliseconds.get()), [] { return false; });
        if (!stop.stop_requested()) return CallToolResult::text("slept");
        ++*cut_short;
        return CallToolResult::text("cut short");
      },
      only_reads());
  auto as_task = only_reads();
  as_task.task = sumun::TaskSupport::optional;
  server.tool(
      "job", "Works for a while, as a task where the client takes tasks",
      [](Nap nap, Call& call) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        call.progress(1, 2, "half");
        wake.wait_for(lock, call.stop_token(), std::chrono::milliseconds(nap.milliseconds.get()), [] { return false; });
        return CallToolResult::text("worked");
      },
      as_task);
  server.tool(
      "cancelled_sleeps", "Says how many sleeps were cancelled",
      [cut_short] { return CallToolResult::text(std::to_string(*cut_short)); }, only_reads(sumun::Placement::quick));
}

void add_changes(sumun::Server& server) {
  server.tool("grow", "Adds or removes a tool", [&server] {
    if (!server.remove_tool("passing"))
      server.tool("passing", "Is there after every other change", [] { return CallToolResult::text("here"); }, only_reads());
    return CallToolResult::text("grown");
  });
}

sumun::HttpLimits short_limits() {
  sumun::HttpLimits limits;
  limits.header_bytes = 8192;
  limits.body_bytes = 100'000;
  limits.connections = 200;
  limits.streams_of_principal = 20;
  limits.sessions = 20;
  limits.header_time = 500ms;
  limits.body_time = 500ms;
  limits.idle_time = 1000ms;
  limits.write_time = 1000ms;
  limits.keep_alive = 200ms;
  limits.drain_time = 3000ms;
  return limits;
}

std::vector<std::string> words(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    out.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Settings {
  sumun::HttpOptions http;
  sumun::AuthOptions auth{.resource = "http://127.0.0.1/mcp"};
};

// The settings of these arguments; none where an argument is not known.
std::optional<Settings> settings(std::span<char*> arguments) {
  Settings out;
  while (!arguments.empty()) {
    const std::string_view name = arguments.front();
    arguments = arguments.subspan(1);
    const auto next = [&arguments]() -> std::string {
      if (arguments.empty()) return {};
      std::string word = arguments.front();
      arguments = arguments.subspan(1);
      return word;
    };
    if (name == "--modern-only") out.http.eras = sumun::HttpEras::modern_only;
    else if (name == "--short") out.http.limits = short_limits();
    else if (name == "--threads") out.http.threads = number(next());
    else if (name == "--workers") out.http.workers = number(next());
    else if (name == "--open") out.http.address = next();
    else if (name == "--tls") out.http.tls = sumun::TlsOptions{next(), next()};
    else if (name == "--host") out.http.allowed_hosts.push_back(next());
    else if (name == "--origin") out.http.allowed_origins.push_back(next());
    else if (name == "--resource") out.auth.resource = next();
    else if (name == "--issuer") out.auth.issuers.push_back({.issuer = next()});
    else if (name == "--token") {
      sumun::StaticToken token;
      token.name = next();
      token.hash = sumun::hash_token(next());
      if (!arguments.empty() && !std::string_view(arguments.front()).starts_with("--")) {
        const std::string scopes = next();
        token.scopes = words(scopes == "-" ? "" : scopes);
      }
      out.auth.tokens.push_back(std::move(token));
    } else return std::nullopt;
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  auto chosen = settings({argv + 1, static_cast<std::size_t>(argc) - 1});
  if (!chosen) {
    std::fputs("http_probe: unknown argument; its source says which there are\n", stderr);
    return 2;
  }
  if (!chosen->auth.tokens.empty() || !chosen->auth.issuers.empty()) {
    auto authenticator = sumun::make_authenticator(std::move(chosen->auth));
    if (!authenticator) {
      std::fprintf(stderr, "http_probe: %s\n", authenticator.error().message.c_str());
      return 1;
    }
    chosen->http.authenticator = *std::move(authenticator);
  }
  sumun::Server server{"http_probe", "1.0.0"};
  add_plain_tools(server);
  add_memory(server);
  add_scoped(server);
  add_sleep(server);
  add_changes(server);
  return sumun::serve_http(server, std::move(chosen->http));
}
