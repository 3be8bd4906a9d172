// SPDX-License-Identifier: Apache-2.0
// Discovery, the fetch that everybody shares, and what becomes of the keys after it.
#include "auth/key_set.hpp"

#include "auth/resource.hpp"
#include "base/json_text.hpp"
#include "runtime/within.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace sumun::auth {

namespace asio = boost::asio;

namespace {

constexpr ParseLimits kKeyLimits{.max_depth = kMaxClaimDepth, .max_values = kMaxClaimValues};

Error unavailable() { return fail(ErrorCode::busy, "the keys of the authorization server cannot be had now"); }

Result<json> read_object(std::string_view text) {
  auto value = parse_json(text, kKeyLimits);
  if (!value) return std::move(value).error();
  if (!value->is_object()) return fail(ErrorCode::invalid_value, "it is no JSON object");
  return value;
}

// Keys of types and uses that are not ours are passed over (RFC 7517, section 5).
Result<std::vector<std::shared_ptr<IssuerKey>>> read_keys(std::string_view text) {
  const auto set = read_object(text);
  if (!set) return set.error();
  const auto list = set->find("keys");
  if (list == set->end() || !list->is_array()) return fail(ErrorCode::invalid_value, "`keys` is missing or no array");
  if (list->size() > kMaxIssuerKeys)
    return fail(ErrorCode::invalid_value, "it holds more than " + std::to_string(kMaxIssuerKeys) + " keys");
  std::vector<std::shared_ptr<IssuerKey>> keys;
  for (const json& item : *list) {
    auto key = PublicKey::from_jwk(item);
    if (!key) continue;
    const std::string* kid = string_member(item, "kid");
    keys.push_back(std::make_shared<IssuerKey>(kid != nullptr ? *kid : std::string(), *std::move(key)));
  }
  return keys;
}

}  // namespace

// Somebody who waits for a fetch, on a strand of their own. `done` is touched on it only.
struct KeySet::Waiter {
  explicit Waiter(asio::any_io_executor executor) : timer(std::move(executor)) {
    timer.expires_after(kKeyFetchInterval + 2 * kKeyFetchLimit);  // should the fetch's own loop have ended
  }
  asio::steady_timer timer;
  bool done = false;
};

std::vector<std::string> metadata_uris(std::string_view issuer) {
  const std::size_t slash = issuer.find('/', issuer.find("://") + 3);
  const std::string origin(issuer.substr(0, slash));
  std::string path(slash == issuer.npos ? std::string_view() : issuer.substr(slash));
  if (path.ends_with('/')) path.pop_back();
  std::vector<std::string> uris = {origin + "/.well-known/oauth-authorization-server" + path,
                                   origin + "/.well-known/openid-configuration" + path};
  if (!path.empty()) uris.push_back(origin + path + "/.well-known/openid-configuration");
  return uris;
}

KeySet::KeySet(TrustedIssuer issuer, KeyFetcher fetcher, Pause pause, std::shared_ptr<const Clock> clock, LogSink log)
    : issuer_(std::move(issuer)),
      fetcher_(std::move(fetcher)),
      pause_(std::move(pause)),
      clock_(std::move(clock)),
      log_(std::move(log)),
      uri_(issuer_.jwks_uri) {}

std::shared_ptr<const IssuerKey> KeySet::find(const std::string* kid, SignatureAlgorithm algorithm) const {
  const auto now = clock_->now();
  std::shared_ptr<const IssuerKey> found;
  const std::lock_guard lock(mutex_);
  for (const auto& key : keys_) {
    if (key->key().algorithm() != algorithm || !key->good(now) || (kid != nullptr && key->kid() != *kid)) continue;
    if (found) return nullptr;  // which of them is meant cannot be told
    found = key;
  }
  return found;
}

bool KeySet::wants_renewal() const {
  return clock_->now().time_since_epoch().count() >= renew_at_.load(std::memory_order_relaxed) &&
         !flying_.load(std::memory_order_relaxed);
}

bool KeySet::take_off() {
  if (flying_) return false;
  flying_ = true;
  return true;
}

void KeySet::start(asio::any_io_executor executor) {
  auto self = shared_from_this();
  auto flight = fly(self);
  asio::co_spawn(std::move(executor), std::move(flight), [self](const std::exception_ptr& thrown) {
    if (thrown) self->land(fail("the fetch threw an exception"));
  });
}

void KeySet::renew(asio::any_io_executor executor) {
  {
    const std::lock_guard lock(mutex_);
    if (!take_off()) return;
  }
  start(std::move(executor));
}

asio::awaitable<Result<void>> KeySet::fetch() {
  auto executor = co_await asio::this_coro::executor;
  const auto waiter = std::make_shared<Waiter>(executor);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (!flying_ && failed_ && clock_->now() < next_fetch_) co_return unavailable();
    waiters_.push_back(waiter);
    first = take_off();
  }
  if (first) start(std::move(executor));
  auto outcome = co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!waiter->done) {
    const std::lock_guard lock(mutex_);
    std::erase(waiters_, waiter);
    if (std::get<0>(outcome)) co_return fail(ErrorCode::cancelled, "cancelled");
    co_return unavailable();
  }
  const std::lock_guard lock(mutex_);
  if (failed_) co_return unavailable();
  co_return Result<void>();
}

std::chrono::seconds KeySet::retry_after() const {
  const std::lock_guard lock(mutex_);
  return std::max(std::chrono::ceil<std::chrono::seconds>(next_fetch_ - clock_->now()), std::chrono::seconds(1));
}

void KeySet::expire() {
  const std::lock_guard lock(mutex_);
  make_old();
  expired_ = flying_;
}

void KeySet::make_old() {
  uri_ = issuer_.jwks_uri;
  next_fetch_ = {};
  renew_at_ = 0;
  failed_ = false;
}

// ---------------------------------------------------------------- one fetch

std::string KeySet::known_uri() const {
  const std::lock_guard lock(mutex_);
  return uri_;
}

asio::awaitable<void> KeySet::fly(std::shared_ptr<KeySet> self) {
  std::chrono::nanoseconds wait{0};
  {
    const std::lock_guard lock(self->mutex_);
    wait = self->next_fetch_ - self->clock_->now();
  }
  if (wait > wait.zero()) co_await self->pause_(wait);
  auto fetching = get(self);
  auto text = co_await within(kKeyFetchLimit, std::move(fetching));
  if (!text) {
    self->land(std::move(text).error());
  } else {
    self->land(read_keys(*text));
  }
}

asio::awaitable<Result<std::string>> KeySet::get(std::shared_ptr<KeySet> self) {
  std::string uri = self->known_uri();
  if (uri.empty()) {
    auto found = co_await discover(self);
    if (!found) co_return std::move(found).error();
    uri = *std::move(found);
    const std::lock_guard lock(self->mutex_);
    self->uri_ = uri;
  }
  auto text = co_await self->fetcher_(uri);
  if (text && text->size() > kMaxKeySetBytes) co_return fail(ErrorCode::invalid_value, "the key set is too long");
  co_return text;
}

asio::awaitable<Result<std::string>> KeySet::discover(std::shared_ptr<KeySet> self) {
  const std::string& issuer = self->issuer_.issuer;
  Error why = fail("no metadata");
  for (const std::string& uri : metadata_uris(issuer)) {
    auto text = co_await self->fetcher_(uri);
    if (!text) {
      why = std::move(text).error();
      continue;
    }
    const auto metadata = read_object(*text);
    const std::string* said = metadata ? string_member(*metadata, "issuer") : nullptr;
    const std::string* keys = metadata ? string_member(*metadata, "jwks_uri") : nullptr;
    // RFC 8414, section 3.3: metadata that speaks for somebody else must not be used.
    if (said == nullptr || *said != issuer) {
      why = fail(ErrorCode::invalid_value, "the metadata at " + in_quotes(uri) + " is not the issuer's");
    } else if (keys == nullptr || !check_secure_url(*keys)) {
      why = fail(ErrorCode::invalid_value, "the metadata at " + in_quotes(uri) + " has no jwks_uri that is safe to use");
    } else {
      co_return *keys;
    }
  }
  co_return why;
}

void KeySet::land(Result<Keys> keys) {
  std::vector<std::shared_ptr<Waiter>> waiting;
  const auto now = clock_->now();
  {
    const std::lock_guard lock(mutex_);
    failed_ = !keys;
    next_fetch_ = now + (keys ? kKeyFetchInterval : kKeyRetryInterval);
    renew_at_ = (keys ? now + kKeyLife : next_fetch_).time_since_epoch().count();
    if (keys) {
      for (auto& key : *keys) {
        const auto same = [&key](const auto& old) {
          return old->kid() == key->kid() && old->key().thumbprint() == key->key().thumbprint();
        };
        const auto old = std::find_if(keys_.begin(), keys_.end(), same);
        if (old != keys_.end()) key = *old;  // what was checked with it stays good
      }
      for (const auto& old : keys_) old->good_until_ = 0;
      keys_ = *std::move(keys);
      for (const auto& key : keys_) key->good_until_ = (now + kKeyMaxLife).time_since_epoch().count();
    } else {
      uri_ = issuer_.jwks_uri;  // it may have moved
    }
    if (std::exchange(expired_, false)) make_old();
    flying_ = false;
    waiting.swap(waiters_);
  }
  if (!keys && log_) log_(LoggingLevel::warning, "no keys from " + issuer_.issuer + ": " + keys.error().message);
  for (const auto& waiter : waiting) {
    asio::post(waiter->timer.get_executor(), [waiter] {
      waiter->done = true;
      waiter->timer.cancel();
    });
  }
}

}  // namespace sumun::auth
