// SPDX-License-Identifier: Apache-2.0
// The HTTP server: listens, hands connections to one loop a thread in turn, ends in good order. What is served is a
// Service, one a connection; this knows of HTTP only.
#pragma once
#include "http/request.hpp"
#include "http/request_reader.hpp"

#include <sumun/log.hpp>
#include <sumun/result.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sumun::http {

class Connection;

/// Answers what comes over one connection, one request at a time.
/// Thread: the connection's loop.
/// Owner:  the connection.
class Service {
 public:
  virtual ~Service() = default;

  enum class Next {
    taken,  // it is or will be answered; the views are not needed any more
    held,   // the same request comes again after Connection::resume()
  };
  virtual Next on_request(const Request& request) = 0;
  /// The connection is gone, also in the middle of an answer. Nothing follows.
  virtual void on_gone() = 0;
  /// The server stops while a stream is open: it should come to its end.
  virtual void on_drain() = 0;
};

struct ServerLimits {
  RequestBounds request;
  std::size_t connections = kMaxHttpConnections;
  std::size_t buffered_bytes = kMaxHttpBuffered;
  std::chrono::milliseconds header_time{10'000};
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds idle_time{75'000};
  std::chrono::milliseconds write_time{30'000};
  std::chrono::milliseconds keep_alive{15'000};
  std::chrono::milliseconds drain_time{30'000};
  std::chrono::milliseconds linger{500};
};

struct TlsFiles {
  std::string certificate;
  std::string key;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::size_t threads = 0;  // 0 = as many as cores
  std::optional<TlsFiles> tls;
  ServerLimits limits;
  std::function<std::unique_ptr<Service>(Connection&)> serve;
  /// The body of an answer to what never became a request.
  std::function<std::string(int status, std::string_view why)> refusal;
  LogSink log;
};

/// Thread:  `listen` and `run` the same one; the rest any.
/// Ends by: `drain`: stops listening, answers what was taken, then `run` returns.
class Server {
 public:
  /// Errors: io (the address is taken or not ours), invalid_value (it is none; a certificate cannot be used).
  static Result<std::unique_ptr<Server>> listen(ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  /// The loop of the thread that runs `run`: for signals. Only before and inside `run`.
  boost::asio::any_io_executor main_executor() const;
  /// The loop whose turn it is, for work that belongs to no connection.
  boost::asio::any_io_executor next_executor();

  /// Serves until it has drained. `ended` runs on every thread's loop... never; it returns when the last connection is gone.
  void run();
  /// Lets what is left on the loops come to its end, for `limit` at most. After `run`.
  void settle(std::chrono::milliseconds limit);

  void drain();
  bool draining() const;
  /// Reads the certificate files again; connections that are open keep what they have.
  Result<void> reload();

  class Impl;

 private:
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sumun::http
