// SPDX-License-Identifier: Apache-2.0
// Over HTTP parts of a message are repeated in headers, which intermediaries read. They are taken from the very text
// that is sent, so that the two cannot differ.
// Spec: 2026-07-28 basic/transports/streamable-http, Request Metadata; 2025-11-25 basic/transports, Protocol Version Header
#include "client/session.hpp"

#include "base/json_text.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <set>

namespace sumun::client {

Result<Session::Headers> Session::headers_for(std::string_view text) const {
  Headers headers;
  const auto message = parse_json(text);
  if (!message || !message->is_object()) return headers;
  static const json kNone = json::object();
  const std::string method = message->value("method", "");
  // `initialize` opens the session; which revision it will have is not known yet.
  if (method == protocol::name(protocol::Method::initialize)) return headers;
  headers.emplace_back(protocol::kVersionHeader, version_string(revision()));
  if (!is_modern(revision()) || method.empty()) return headers;
  const auto params = message->find("params");
  const json& body = params == message->end() ? kNone : *params;
  headers.emplace_back(protocol::kMethodHeader, protocol::encode_header_value(method));
  const std::string* const name = protocol::mirrored_name(method, body);
  if (name) headers.emplace_back(protocol::kNameHeader, protocol::encode_header_value(*name));
  if (!name || method != protocol::name(protocol::Method::tools_call)) return headers;
  const auto marks = mirrored_.find(*name);
  if (marks == mirrored_.end()) return headers;
  auto repeated = protocol::param_headers(marks->second, body.value("arguments", json::object()));
  if (!repeated) return repeated.error();
  std::move(repeated->begin(), repeated->end(), std::back_inserter(headers));
  return headers;
}

// Remembers what the tools of one page want repeated, and takes out those that want it in a way that is not allowed.
void Session::learn(ListToolsResult& listed, bool from_the_start) {
  if (!transport_->has_streams() || !is_modern(revision())) return;
  if (from_the_start) mirrored_.clear();
  std::erase_if(listed.tools, [this](const Tool& tool) {
    auto marks = protocol::mirrored_params(tool.inputSchema);
    if (!marks) {
      complain("the tool " + in_quotes(tool.name) + " is left out: " + marks.error().message);
      return true;
    }
    mirrored_.erase(tool.name);
    if (!marks->empty()) mirrored_.emplace(tool.name, *std::move(marks));
    return false;
  });
}

// Lists the tools again until `tool` was seen. True = it is there.
awaitable<bool> Session::relearn(std::string tool, RequestOptions options) {
  const auto self = shared_from_this();
  options.progress = nullptr;
  std::set<std::string> seen;
  PaginatedRequestParams params;
  for (std::size_t page = 0; page < kMaxListPages; ++page) {
    auto listed = co_await call<protocol::ListTools>(params, options);
    if (!listed) co_return false;
    const bool found = std::any_of(listed->tools.begin(), listed->tools.end(), [&](const Tool& one) { return one.name == tool; });
    if (found) co_return true;
    if (!listed->nextCursor || !seen.insert(*listed->nextCursor).second) co_return false;
    params.cursor = std::move(listed->nextCursor);
  }
  co_return false;
}

}  // namespace sumun::client
