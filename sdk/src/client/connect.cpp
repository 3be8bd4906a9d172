// SPDX-License-Identifier: Apache-2.0
// Finds out which era the server speaks and opens the connection in it.
// Spec: 2026-07-28 basic/transports/stdio, Backward Compatibility; basic/versioning; 2025-11-25 basic/lifecycle
#include "client/session.hpp"
#include "protocol/meta.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <vector>

namespace sumun::client {
namespace {

std::string joined(const std::vector<std::string>& versions) {
  std::string text;
  for (const auto& version : versions) text += (text.empty() ? "" : ", ") + version.substr(0, 64);
  return text.empty() ? "none" : text;
}

// The newest revision that is in the list and is not `refused` already.
std::optional<Revision> newest_of(const std::vector<std::string>& versions, std::optional<Revision> refused = std::nullopt) {
  for (const Revision revision : kRevisions) {
    const bool listed = std::find(versions.begin(), versions.end(), version_string(revision)) != versions.end();
    if (listed && revision != refused) return revision;
  }
  return std::nullopt;
}

Error no_common_revision(const std::vector<std::string>& theirs) {
  return fail(ErrorCode::unsupported_protocol_version, "the server speaks " + joined(theirs) + " and no revision that this client knows");
}

// The versions that an UnsupportedProtocolVersionError lists; nothing for every other error.
std::optional<std::vector<std::string>> supported_by(const Error& error) {
  if (error.code != ErrorCode::unsupported_protocol_version || !error.data.is_object()) return std::nullopt;
  auto data = protocol::decode<UnsupportedProtocolVersionData>(json(error.data), "data");
  if (!data) return std::nullopt;
  return std::move(data->supported);
}

// Errors that only a modern server gives. Anything else may come from a legacy one.
bool is_modern_error(const Error& error) {
  return error.code == ErrorCode::missing_required_client_capability || error.code == ErrorCode::header_mismatch;
}

std::optional<DiscoverResult> as_discovery(const WaitingPtr& probe) {
  if (!probe || !probe->answer || !*probe->answer) return std::nullopt;
  auto result = protocol::decode_result<DiscoverResult>(json(**probe->answer));
  if (!result) return std::nullopt;
  return *std::move(result);
}

}  // namespace

awaitable<Result<ServerDescription>> Session::connect() {
  const auto self = shared_from_this();
  if (started_ || closed_) co_return fail("connect() is called once");
  connecting_ = true;
  start();
  Result<void> opened;
  if (!options_.revision && options_.opening == ClientOptions::Opening::initialize) {
    auto result = co_await open_legacy(kLatestLegacyRevision, nullptr);
    opened = std::move(result);
  } else if (!options_.revision) {
    auto result = co_await open_either();
    opened = std::move(result);
  } else if (is_modern(*options_.revision)) {
    auto result = co_await open_modern(*options_.revision);
    opened = std::move(result);
  } else {
    auto result = co_await open_legacy(*options_.revision, nullptr);
    opened = std::move(result);
  }
  connecting_ = false;
  if (!opened) co_return opened.error();
  connected_ = true;
  co_return server_;
}

Result<WaitingPtr> Session::send_probe(Revision revision, std::chrono::milliseconds limit) {
  server_.revision = revision;
  RequestOptions options;
  options.limit = limit;
  return begin(std::string(protocol::name(protocol::Method::server_discover)), builder<protocol::Discover>({}), json::object(), std::move(options),
               std::make_shared<Bell>(executor_));
}

void Session::take(DiscoverResult discovered, Revision revision) {
  server_.revision = revision;
  server_.capabilities = std::move(discovered.capabilities);
  server_.instructions = std::move(discovered.instructions);
  if (!discovered._meta || !discovered._meta->is_object()) return;
  const auto info = discovered._meta->find(protocol::kServerInfoKey);
  if (info == discovered._meta->end()) return;
  // What cannot be read is not worth a failure: it is for display only.
  if (auto decoded = protocol::decode<Implementation>(json(*info), "serverInfo")) server_.info = *std::move(decoded);
}

awaitable<Result<void>> Session::open_modern(Revision revision) {
  const auto self = shared_from_this();
  auto probe = send_probe(revision, options_.connect_limit);
  if (!probe) co_return probe.error();
  auto answer = co_await answer_to(*probe);
  if (!answer) {
    if (const auto theirs = supported_by(answer.error())) {
      co_return fail(ErrorCode::unsupported_protocol_version,
                     "the server speaks " + joined(*theirs) + ", not " + std::string(version_string(revision)));
    }
    Error why = answer.error();
    if (static_cast<int>(why.code) < 0) why.message = "the server does not speak " + std::string(version_string(revision)) + ": " + why.message;
    co_return why;
  }
  auto discovered = protocol::decode_result<DiscoverResult>(*std::move(answer));
  if (!discovered) co_return malformed_answer("server/discover", discovered.error());
  const auto& theirs = discovered->supportedVersions;
  if (std::find(theirs.begin(), theirs.end(), version_string(revision)) == theirs.end()) {
    co_return fail(ErrorCode::unsupported_protocol_version, "the server speaks " + joined(theirs) + ", not " + std::string(version_string(revision)));
  }
  take(*std::move(discovered), revision);
  co_return Result<void>();
}

awaitable<Result<void>> Session::open_either() {
  const auto self = shared_from_this();
  auto sent = send_probe(kLatestRevision, options_.connect_limit);
  if (!sent) co_return sent.error();
  const WaitingPtr probe = *sent;
  const Instant patience = std::chrono::steady_clock::now() + options_.probe_limit;
  while (!probe->answer && std::chrono::steady_clock::now() < patience) {
    co_await probe->bell->listen(patience);
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
      give_up(*probe, fail(ErrorCode::cancelled, "connecting was cancelled"));
      break;
    }
  }
  auto opened = co_await after_probe(probe);
  co_return opened;
}

// The three outcomes of the probe.
awaitable<Result<void>> Session::after_probe(WaitingPtr probe) {
  const auto self = shared_from_this();
  std::optional<std::vector<std::string>> theirs;
  auto discovered = as_discovery(probe);
  if (discovered) {
    theirs = discovered->supportedVersions;
  } else if (probe->answer && !*probe->answer) {
    const Error& error = probe->answer->error();
    if (closed_ || error.code == ErrorCode::cancelled) co_return error;
    // Over HTTP only what the server itself said of the request counts: not that nobody could be asked, or is let in.
    // Spec: 2026-07-28 basic/transports/streamable-http, Backward Compatibility
    const bool refused = static_cast<int>(error.code) < 0 || error.code == ErrorCode::invalid_value;
    if (transport_->has_streams() && !refused) co_return error;
    if (is_modern_error(error)) co_return error;
    theirs = supported_by(error);
  }
  Revision chosen = kLatestLegacyRevision;
  if (theirs) {
    // A list is binding: nothing is tried that is not in it.
    const auto newest = newest_of(*theirs, discovered ? std::nullopt : std::optional(kLatestRevision));
    if (!newest) co_return no_common_revision(*theirs);
    chosen = *newest;
  }
  if (is_modern(chosen)) {
    if (discovered) {
      take(*std::move(discovered), chosen);
      co_return Result<void>();
    }
    auto opened = co_await open_modern(chosen);
    co_return opened;
  }
  auto opened = co_await open_legacy(chosen, probe);
  co_return opened;
}

Result<WaitingPtr> Session::send_initialize(Revision offer, std::shared_ptr<Bell> bell) {
  server_.revision = offer;
  InitializeRequestParams params;
  params.protocolVersion = std::string(version_string(offer));
  params.capabilities = capabilities();
  params.clientInfo = options_.info;
  RequestOptions options;
  options.limit = options_.connect_limit;
  auto sent = begin("initialize", builder<protocol::Initialize>(std::move(params)), json::object(), std::move(options), std::move(bell));
  // Spec: 2025-11-25 basic/utilities/cancellation: initialize must not be cancelled.
  if (sent) (*sent)->cancellable = false;
  return sent;
}

// `probe` is the unanswered or refused server/discover, or null. A server that is only slow to start may still answer
// it with success; then it is modern after all.
awaitable<Result<void>> Session::open_legacy(Revision offer, WaitingPtr probe) {
  const auto self = shared_from_this();
  const bool probe_open = probe && !probe->answer;
  auto sent = send_initialize(offer, probe_open ? probe->bell : std::make_shared<Bell>(executor_));
  if (!sent) co_return sent.error();
  const WaitingPtr initialize = *sent;
  while (probe_open && !initialize->answer && !probe->answer && std::chrono::steady_clock::now() < initialize->idle_until) {
    co_await initialize->bell->listen(initialize->idle_until);
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
      co_return fail(ErrorCode::cancelled, "connecting was cancelled");
    }
  }
  if (probe_open) {
    if (auto late = as_discovery(probe)) {
      if (const auto revision = newest_of(late->supportedVersions); revision && is_modern(*revision)) {
        pending_.fail(initialize->id, fail(ErrorCode::cancelled, "the server is a modern one"));
        take(*std::move(late), *revision);
        co_return Result<void>();
      }
    }
  }
  auto answer = co_await answer_to(initialize);
  // Nobody waits for the probe any more; a legacy server knows nothing of it, so it is not told.
  if (probe_open) pending_.fail(probe->id, fail(ErrorCode::cancelled, "the server is a legacy one"));
  if (!answer) {
    Error why = answer.error();
    if (const auto theirs = supported_by(why)) co_return no_common_revision(*theirs);
    if (why.code != ErrorCode::cancelled) why.message = "the server does not open a connection: " + why.message;
    co_return why;
  }
  auto result = protocol::decode_result<InitializeResult>(*std::move(answer));
  if (!result) co_return malformed_answer("initialize", result.error());
  co_return take(*std::move(result));
}

Result<void> Session::take(InitializeResult initialized) {
  const auto revision = revision_of(initialized.protocolVersion);
  const bool wanted = revision && allows(*revision, Feature::initialize) && (!options_.revision || *options_.revision == *revision);
  if (!wanted) {
    return fail(ErrorCode::unsupported_protocol_version,
                "the server wants to speak " + initialized.protocolVersion.substr(0, 64) + ", which this client " +
                    (revision && options_.revision ? "was told not to" : "does not know"));
  }
  server_.revision = *revision;
  server_.info = std::move(initialized.serverInfo);
  server_.capabilities = std::move(initialized.capabilities);
  server_.instructions = std::move(initialized.instructions);
  notify(protocol::name(protocol::Method::initialized), json::object());
  if (options_.log_level && server_.capabilities.logging) {
    // Nothing depends on the answer, so nobody waits for it.
    SetLevelRequestParams params;
    params.level = *options_.log_level;
    (void)begin("logging/setLevel", builder<protocol::SetLevel>(std::move(params)), json::object(), {}, std::make_shared<Bell>(executor_));
  }
  return {};
}

}  // namespace sumun::client
