// SPDX-License-Identifier: Apache-2.0
// Each of our requests is answered exactly once, by the peer, by its caller or by the end of the connection.
#include "jsonrpc/pending.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace sumun;
using namespace sumun::jsonrpc;

namespace {

// Notes down how each request ended: "1=value", "2!code".
struct Log {
  std::vector<std::string> lines;

  PendingRequests::Answer entry(std::string name) {
    return [this, name = std::move(name)](Result<json> result) {
      lines.push_back(result ? name + "=" + result->dump() : name + "!" + std::to_string(static_cast<int>(result.error().code)));
    };
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("an answer finds its request by id") {
  Log log;
  PendingRequests pending;
  const Id first = pending.add(log.entry("a"));
  const Id second = pending.add(log.entry("b"));
  CHECK(first != second);
  CHECK(pending.resolve(Response{second, "two"}));
  CHECK(pending.resolve(ErrorResponse{first, fail(ErrorCode::invalid_params, "no")}));
  CHECK(log.lines == Lines{"b=\"two\"", "a!-32602"});
  CHECK(pending.size() == 0);
}

TEST_CASE("a second reply to one request is refused") {
  Log log;
  PendingRequests pending;
  const Id id = pending.add(log.entry("a"));
  CHECK(pending.resolve(Response{id, 1}));
  CHECK_FALSE(pending.resolve(Response{id, 2}));
  CHECK_FALSE(pending.resolve(ErrorResponse{id, fail("late")}));
  CHECK_FALSE(pending.fail(id, fail(ErrorCode::timeout, "late")));
  CHECK(log.lines == Lines{"a=1"});
}

TEST_CASE("an answer to nothing that was asked is refused") {
  Log log;
  PendingRequests pending;
  (void)pending.add(log.entry("a"));
  CHECK_FALSE(pending.resolve(Response{"1", 1}));
  CHECK_FALSE(pending.resolve(Response{99, 1}));
  CHECK_FALSE(pending.resolve(Response{UINT64_MAX, 1}));
  CHECK_FALSE(pending.resolve(ErrorResponse{std::nullopt, fail("whose")}));
  CHECK(log.lines.empty());
  CHECK(pending.size() == 1);
}

TEST_CASE("a caller that gives up is answered with its reason") {
  Log log;
  PendingRequests pending;
  const Id id = pending.add(log.entry("a"));
  CHECK(pending.fail(id, fail(ErrorCode::timeout, "too late")));
  CHECK_FALSE(pending.resolve(Response{id, 1}));
  CHECK(log.lines == Lines{"a!3"});
}

TEST_CASE("above the bound the oldest request fails") {
  Log log;
  PendingRequests pending(2);
  (void)pending.add(log.entry("a"));
  (void)pending.add(log.entry("b"));
  (void)pending.add(log.entry("c"));
  CHECK(log.lines == Lines{"a!503"});
  CHECK(pending.size() == 2);
}

TEST_CASE("closing fails all, oldest first, and everything that is added later") {
  Log log;
  PendingRequests pending;
  (void)pending.add(log.entry("a"));
  (void)pending.add(log.entry("b"));
  pending.close();
  CHECK(log.lines == Lines{"a!4", "b!4"});
  (void)pending.add(log.entry("c"));
  CHECK(log.lines.back() == "c!4");
  pending.close();
  CHECK(log.lines.size() == 3);
}

TEST_CASE("a table that goes away answers what waits") {
  Log log;
  {
    PendingRequests pending;
    (void)pending.add(log.entry("a"));
  }
  CHECK(log.lines == Lines{"a!4"});
}

TEST_CASE("an answer may ask the next question") {
  Log log;
  PendingRequests pending;
  const Id first = pending.add([&](Result<json>) { (void)pending.add(log.entry("next")); });
  CHECK(pending.resolve(Response{first, 1}));
  CHECK(pending.size() == 1);
  // Also while the table closes: the new one fails at once, and closing ends.
  (void)pending.add([&](Result<json>) { (void)pending.add(log.entry("last")); });
  pending.close();
  CHECK(log.lines == Lines{"next!4", "last!4"});
}

TEST_CASE("an answer that owns something gives it back") {
  auto owned = std::make_shared<int>(1);
  PendingRequests pending;
  const Id id = pending.add([owned](Result<json>) {});
  CHECK(owned.use_count() == 2);
  CHECK(pending.resolve(Response{id, 1}));
  CHECK(owned.use_count() == 1);
}
