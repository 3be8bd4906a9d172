// SPDX-License-Identifier: Apache-2.0
// The public keys of one authorization server: fetched when they are wanted, fetched again when they are old or lack the
// one that a token names, dropped when they cannot be fetched for long. One fetch at a time, whoever waits for it.
#pragma once
#include "auth/jose.hpp"
#include "base/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace sumun::auth {

/// Gives the body behind a URL (a GET that was answered with 200), or why not. It gives up by itself.
using KeyFetcher = std::function<boost::asio::awaitable<Result<std::string>>(std::string url)>;
/// Waits; tests move their clock instead.
using Pause = std::function<boost::asio::awaitable<void>(std::chrono::nanoseconds)>;

/// A key as long as its authorization server stands by it. Thread: any.
class IssuerKey {
 public:
  IssuerKey(std::string kid, PublicKey key) : kid_(std::move(kid)), key_(std::move(key)) {}
  const std::string& kid() const { return kid_; }
  const PublicKey& key() const { return key_; }
  bool good(std::chrono::steady_clock::time_point now) const {
    return now.time_since_epoch().count() < good_until_.load(std::memory_order_relaxed);
  }

 private:
  friend class KeySet;
  const std::string kid_;  // empty = it has none
  const PublicKey key_;
  std::atomic<std::chrono::steady_clock::rep> good_until_{0};  // 0 = gone
};

/// Thread:  any.
/// Owner:   the authenticator; a fetch that runs keeps it.
class KeySet : public std::enable_shared_from_this<KeySet> {
 public:
  KeySet(TrustedIssuer issuer, KeyFetcher fetcher, Pause pause, std::shared_ptr<const Clock> clock, LogSink log);

  const TrustedIssuer& issuer() const { return issuer_; }
  /// The key of that id and algorithm; without an id, the only one of that algorithm. Null where there is none that is good.
  std::shared_ptr<const IssuerKey> find(const std::string* kid, SignatureAlgorithm algorithm) const;
  /// The keys are old and nobody fetches them: `renew` should be called.
  bool wants_renewal() const;
  /// Begins to fetch them, without waiting.
  void renew(boost::asio::any_io_executor executor);
  /// Fetches them, or waits for who does. Errors: busy (they cannot be had; `retry_after` says when to ask again), cancelled.
  boost::asio::awaitable<Result<void>> fetch();
  std::chrono::seconds retry_after() const;
  /// Makes them as old as can be: they are to be fetched again at once, and stay good until that succeeds.
  void expire();

 private:
  struct Waiter;
  using Keys = std::vector<std::shared_ptr<IssuerKey>>;

  bool take_off();
  void start(boost::asio::any_io_executor executor);
  static boost::asio::awaitable<void> fly(std::shared_ptr<KeySet> self);
  static boost::asio::awaitable<Result<std::string>> get(std::shared_ptr<KeySet> self);
  static boost::asio::awaitable<Result<std::string>> discover(std::shared_ptr<KeySet> self);
  void land(Result<Keys> keys);
  void make_old();
  std::string known_uri() const;

  const TrustedIssuer issuer_;
  const KeyFetcher fetcher_;
  const Pause pause_;
  const std::shared_ptr<const Clock> clock_;
  const LogSink log_;

  std::atomic<std::chrono::steady_clock::rep> renew_at_{0};  // 0 = at once
  std::atomic<bool> flying_{false};  // changed under mutex_
  mutable std::mutex mutex_;
  Keys keys_;
  std::string uri_;  // of the key set, as configured or discovered
  std::chrono::steady_clock::time_point next_fetch_{};  // not before
  bool failed_ = false;  // the last one
  bool expired_ = false;  // since the fetch that runs began
  std::vector<std::shared_ptr<Waiter>> waiters_;
};

/// Where an authorization server's metadata may lie, in the order of asking.
/// Spec: RFC 8414 section 3.1 and 5; 2026-07-28 basic/authorization/authorization-server-discovery
std::vector<std::string> metadata_uris(std::string_view issuer);

}  // namespace sumun::auth
