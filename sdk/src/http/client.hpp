// SPDX-License-Identifier: Apache-2.0
// The HTTP/1.1 client: one request and its answer, or an answer that streams; plain or TLS; connections are kept and
// used again. Redirects are not followed: a caller that trusts one host has not said that it trusts another.
//
//   auto keys = co_await http::fetch(request, options);                     // one answer, all of it
//   http::Client client(executor, {.ca_file = "ca.pem"});                   // the same with kept connections
//   auto stream = co_await client.open(request, options);                   // status and headers, then piece by piece
#pragma once
#include "http/url.hpp"

#include <sumun/limits.hpp>
#include <sumun/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sumun::http {

template <class T>
using awaitable = boost::asio::awaitable<T>;

/// In the order of the wire; a name may come more than once.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first header of that name, in any case; null where there is none.
const std::string* find_header(const Headers& headers, std::string_view name);

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;   // Host, Content-Length and Connection are ours to set
  std::string body;  // sent with a Content-Length where it is not empty or the method is POST or PUT
};

struct HttpResponse {
  unsigned status = 0;
  Headers headers;
  std::string body;
};

/// How a connection is made.
struct Trust {
  enum class Verify { peer, nothing };  // `nothing` is for tests: whoever answers is believed
  std::string ca_file;                  // PEM, on top of the system's authorities; empty = those alone
  Verify verify = Verify::peer;         // the chain and the host's name
};

/// For one request.
struct FetchLimits {
  std::chrono::milliseconds limit = kFetchLimit;  // from the first look-up to the last byte; for `open` to the last header
  std::size_t max_body = kMaxFetchedBytes;
};

struct FetchOptions : FetchLimits {
  Trust trust;
};

/// An answer that is read piece by piece.
/// Thread:  the client's strand. Owner: whoever opened it.
/// Ends by: the end of the body, `close`, or the destructor; the connection is given back only where the body was read
///          to its end.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  unsigned status = 0;
  Headers headers;

  /// The next piece of the body; nothing = it is complete.
  /// Errors: closed (the connection was lost in the middle, or `close`), invalid_value (it is no HTTP).
  virtual awaitable<Result<std::optional<std::string>>> read() = 0;
  /// Ends the connection; a `read` that waits ends with `closed`.
  virtual void close() = 0;
};

/// Thread:  one strand, the executor's, for every member; several requests may run at once, each on a connection of its own.
/// Owner:   the program's transport or authenticator. Requests that run keep what they need.
/// Bounds:  kMaxIdleConnections are kept; one that was idle for kIdleConnectionLife is not used again.
class Client {
 public:
  Client(boost::asio::any_io_executor executor, Trust trust = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends the request and waits for the whole answer, whatever its status.
  /// Errors:  invalid_value (the URL; an answer that is no HTTP or is over max_body), io (no such host, nobody listens, TLS
  ///          refused: the message names the origin and says which), timeout, closed (lost before the answer was
  ///          complete), cancelled. No message holds a header's value, a body, or more of the URL than its origin.
  /// Repeats: a request that changes nothing (GET, HEAD, OPTIONS) is sent once more where a kept connection turns out to be gone.
  /// Cancels: closes the connection.
  awaitable<Result<HttpResponse>> fetch(HttpRequest request, FetchLimits limits = {});

  /// The same, up to the headers. `max_body` does not count here: the reader has its own bounds.
  awaitable<Result<std::shared_ptr<ResponseStream>>> open(HttpRequest request, FetchLimits limits = {});

  /// Connections that wait to be used again.
  std::size_t idle() const;

  class Pool;

 private:
  std::shared_ptr<Pool> pool_;
};

/// One request on a connection of its own, on the caller's executor.
awaitable<Result<HttpResponse>> fetch(HttpRequest request, FetchOptions options = {});

}  // namespace sumun::http
