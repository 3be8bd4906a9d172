// SPDX-License-Identifier: Apache-2.0
// A desk whose tools people decide about, for the interop tests, and the people at it.
// usage: approvals_server STORE serve [--http] [--principal NAME] [--token NAME TOKEN]... [--hold MS] [--url URL] [--describe WORDS] [--ahead SECONDS]
//        approvals_server STORE add NAME | list | approve ID NAME | deny ID NAME REASON
//   --ahead   its clock is so far ahead of the machine's
// What was paid back is in STORE.refunds, a line each.
#include <sumun/approvals.hpp>
#include <sumun/auth.hpp>
#include <sumun/http.hpp>
#include <sumun/store.hpp>
#include <sumun/sumun.hpp>

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {
std::time_t ahead = 0;  // seconds
}

// The C library's, for this program and the libraries that it loads.
extern "C" __attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* at) noexcept {
  const auto failed = syscall(SYS_clock_gettime, clock, at);
  if (failed == 0 && clock == CLOCK_REALTIME) at->tv_sec += ahead;
  return static_cast<int>(failed);
}
extern "C" __attribute__((visibility("default"))) int gettimeofday(timeval* at, void*) noexcept {
  timespec now{};
  const int failed = clock_gettime(CLOCK_REALTIME, &now);
  *at = {now.tv_sec, static_cast<suseconds_t>(now.tv_nsec / 1000)};
  return failed;
}

namespace {

constexpr const char* kPassword = "a password of the interop tests";

struct Refund {
  std::string order;
  std::int64_t amount = 1;
};
struct Note {
  std::string text;
};

// Faults of the store, not the heads of its log.
std::shared_ptr<sumun::Store> open(const std::string& file) {
  sumun::StoreOptions options;
  options.log = [](sumun::LoggingLevel level, std::string_view line) {
    if (level >= sumun::LoggingLevel::warning) std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  };
  return sumun::open_sqlite_store(file, std::move(options));
}

struct Settings {
  std::string store;
  std::string principal;
  std::string description = "Pays money back";
  bool http = false;
  sumun::ApprovalOptions approvals;
  std::vector<sumun::StaticToken> tokens;
};

sumun::PolicyRule asking(std::string target, sumun::AskTerms terms) {
  sumun::PolicyRule rule;
  rule.target = "tool:" + std::move(target);
  rule.decision = sumun::Decision::ask;
  rule.ask = std::move(terms);
  rule.reason = "money is paid out";
  return rule;
}

sumun::Policy policy() {
  sumun::AskTerms user;
  user.user = true;
  sumun::AskTerms others;
  others.approvers = {"bob"};
  others.not_requester = true;
  return sumun::Policy::compile({.rules = {asking("refund", user), asking("refund_with_note", user), asking("refund_by_others", others)},
                                 .otherwise = sumun::Decision::allow})
      .value();
}

void add_tools(sumun::Server& server, const Settings& settings) {
  const sumun::Effects pays = sumun::writes | sumun::reaches_out;
  const auto pay = [file = settings.store + ".refunds"](const Refund& in) {
    const std::string line = in.order + " " + std::to_string(in.amount);
    std::ofstream(file, std::ios::app) << line + "\n";
    return "refunded " + line;
  };
  server.tool("refund", settings.description, pay, {.effects = pays});
  server.tool("refund_by_others", settings.description, pay, {.effects = pays});
  server.tool("refund_with_note", settings.description, [pay](Refund in, sumun::Call& call) -> sumun::Result<std::string> {
    auto note = call.elicit<Note>("What should stand on it?");
    if (!note) return std::move(note).error();
    if (!*note) return "nothing was paid";
    in.order += "/" + (*note)->text;
    return pay(in);
  }, {.effects = pays});
  server.tool("look", "Says what was paid back", [file = settings.store + ".refunds"] {
    std::ifstream paid(file);
    return std::string(std::istreambuf_iterator<char>(paid), {});
  }, {.effects = sumun::reads});
}

int serve(Settings settings) {
  sumun::ServerOptions options;
  options.policy = policy();
  options.store = open(settings.store);
  options.approvals = settings.approvals;
  sumun::Server server{"approvals_server", "1.0.0", std::move(options)};
  add_tools(server, settings);
  if (!settings.http) return sumun::serve_stdio(server, {.principal = settings.principal});
  sumun::HttpOptions http;
  http.authenticator = sumun::make_authenticator({.resource = "http://127.0.0.1/mcp", .tokens = std::move(settings.tokens)}).value();
  return sumun::serve_http(server, std::move(http));
}

int fails(const std::string& why) {
  std::fprintf(stderr, "approvals_server: %s\n", why.c_str());
  return 1;
}

int list(sumun::Approvals& approvals) {
  const auto all = approvals.list();
  if (!all) return fails(all.error().message);
  for (const sumun::Approval& one : *all) {
    const sumun::json line{{"id", one.id}, {"state", sumun::name_of(one.state)}, {"principal", one.principal}, {"tool", one.tool}, {"arguments", one.arguments}};
    std::puts(line.dump().c_str());
  }
  return 0;
}

int decide(sumun::Approvals& approvals, const std::string& id, const std::string& name, bool approves, const std::string& reason) {
  const auto voter = approvals.log_in(name, kPassword);
  if (!voter) return fails(voter.error().message);
  sumun::Decided decided;
  decided.approve = approves;
  decided.reason = reason;
  const auto now = approvals.decide(id, *voter, decided);
  return now ? 0 : fails(now.error().message);
}

// The words of the command line, one after the other; empty when there is none left.
class Words {
 public:
  Words(int argc, char** argv) : words_(argv + 1, argv + argc) {}
  bool left() const { return at_ < words_.size(); }
  std::string next() { return left() ? words_[at_++] : std::string(); }

 private:
  std::vector<std::string> words_;
  std::size_t at_ = 0;
};

int serve(const std::string& store, Words words) {
  Settings settings;
  settings.store = store;
  while (words.left()) {
    const std::string name = words.next();
    if (name == "--http") settings.http = true;
    else if (name == "--principal") settings.principal = words.next();
    else if (name == "--hold") settings.approvals.hold = std::chrono::milliseconds(std::atoi(words.next().c_str()));
    else if (name == "--url") settings.approvals.url = words.next();
    else if (name == "--describe") settings.description = words.next();
    else if (name == "--ahead") ahead = std::atol(words.next().c_str());
    else if (name == "--token") {
      sumun::StaticToken token;
      token.name = words.next();
      token.hash = sumun::hash_token(words.next());
      settings.tokens.push_back(std::move(token));
    } else return fails("unknown argument " + name);
  }
  return serve(std::move(settings));
}

}  // namespace

int main(int argc, char** argv) {
  Words words(argc, argv);
  const std::string store = words.next();
  const std::string mode = words.next();
  if (mode == "serve") return serve(store, std::move(words));
  sumun::Approvals approvals(open(store));
  if (mode == "list") return list(approvals);
  if (mode == "add") {
    const std::string name = words.next();
    const auto added = approvals.add_approver({name, name, 0}, kPassword, std::nullopt);
    return added ? 0 : fails(added.error().message);
  }
  if (mode != "approve" && mode != "deny") return fails("unknown mode " + mode);
  const std::string id = words.next();
  const std::string name = words.next();
  return decide(approvals, id, name, mode == "approve", words.next());
}
