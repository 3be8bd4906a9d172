// SPDX-License-Identifier: Apache-2.0
// Wires the HTTP server, the endpoint and the sessions, and keeps them until the program is told to stop.
#include "http/server.hpp"
#include "runtime/descendants.hpp"
#include "runtime/stop_signals.hpp"
#include "runtime/worker_pool.hpp"
#include "server/core.hpp"
#include "server/session.hpp"
#include "transport/http_endpoint.hpp"
#include "transport/http_sessions.hpp"

#include <sumun/http.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sumun {
inline namespace v0 {
namespace {

constexpr std::chrono::milliseconds kJoinLimit{500};   // what handlers that were told to stop may still take
constexpr std::chrono::milliseconds kChildLimit{100};  // what processes that they started may take to end
constexpr std::string_view kNobody = "anonymous";      // who calls where nobody asks for a token

// One descriptor a connection: as many as the system allows.
void allow_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

struct Address {
  std::string text;   // as sockets want it
  std::string host;   // as URLs want it
  HttpGuard::Reach reach = HttpGuard::Reach::network;
};

Result<Address> read_address(const HttpOptions& options) {
  boost::system::error_code failed;
  const std::string text = options.address == "localhost" ? "127.0.0.1" : options.address;
  const auto address = boost::asio::ip::make_address(text, failed);
  if (failed) return fail(ErrorCode::invalid_value, "'" + options.address + "' is no IP address");
  Address read;
  read.text = text;
  read.host = address.is_v6() ? "[" + text + "]" : text;
  if (address.is_loopback()) read.reach = HttpGuard::Reach::loopback;
  if (read.reach == HttpGuard::Reach::network && !options.authenticator && options.exposure == HttpExposure::refuse_public)
    return fail(ErrorCode::invalid_value,
                "refusing to serve everybody at " + options.address +
                    ", which others can reach: set an authenticator, or allow public access without authentication");
  return read;
}

http::ServerLimits limits_of(const HttpLimits& limits) {
  http::ServerLimits out;
  out.request = {limits.header_bytes, limits.body_bytes};
  out.connections = limits.connections;
  out.buffered_bytes = limits.buffered_bytes;
  out.header_time = limits.header_time;
  out.body_time = limits.body_time;
  out.idle_time = limits.idle_time;
  out.write_time = limits.write_time;
  out.keep_alive = limits.keep_alive;
  out.drain_time = limits.drain_time;
  out.linger = limits.linger;
  return out;
}

// SIGHUP: certificates and keys again. What cannot be read leaves the old in place.
struct Reloader : std::enable_shared_from_this<Reloader> {
  Reloader(http::Server& of, std::shared_ptr<Authenticator> with, std::shared_ptr<server::Core> telling, std::function<void()> also)
      : server(of), authenticator(std::move(with)), core(std::move(telling)), more(std::move(also)), signals(of.main_executor(), SIGHUP) {}

  void wait() {
    signals.async_wait([self = shared_from_this()](boost::system::error_code failed, int) {
      if (failed) return;
      if (auto loaded = self->server.reload(); !loaded)
        self->core->log(LoggingLevel::error, "not reloaded: " + loaded.error().message);
      else
        self->core->log(LoggingLevel::notice, "reloaded");
      if (self->authenticator) self->authenticator->reload();
      if (self->more) self->more();
      self->wait();
    });
  }

  http::Server& server;
  std::shared_ptr<Authenticator> authenticator;
  std::shared_ptr<server::Core> core;
  std::function<void()> more;
  boost::asio::signal_set signals;
};

int refuse(const Server& server, const Error& why) {
  std::fprintf(stderr, "%s: %s\n", server.name().c_str(), why.message.c_str());
  return 1;
}

}  // namespace

int serve_http(Server& server, HttpOptions options) {
  mallopt(M_ARENA_MAX, 4);
  allow_descriptors();
  const auto address = read_address(options);
  if (!address) return refuse(server, address.error());
  auto guard = HttpGuard::make(address->reach, options.allowed_hosts, options.allowed_origins);
  if (!guard) return refuse(server, guard.error());

  const auto core = server.core();
  const LogSink log = [core](LoggingLevel level, std::string_view line) { core->log(level, std::string(line)); };
  WorkerPool pool(WorkerPoolOptions{options.workers, log});
  http::Server* listening = nullptr;

  HttpEndpointOptions endpoint_options;
  endpoint_options.path = options.path;
  endpoint_options.authenticator = options.authenticator;
  endpoint_options.waiting = options.limits.waiting;
  endpoint_options.answering_bytes = options.limits.answering_bytes;
  endpoint_options.streams_of_principal = options.limits.streams_of_principal;
  endpoint_options.ready = [&listening, core] { return listening != nullptr && !listening->draining() && core->is_ready(); };
  const auto eras = options.eras == HttpEras::both ? server::Eras::both : server::Eras::modern_only;
  endpoint_options.serve = [core, &pool, eras, grace = options.limits.drain_time](Transport& transport,
                                                                                  boost::asio::any_io_executor executor) {
    server::SessionOptions session_options;
    session_options.principal.name = kNobody;
    session_options.eras = eras;
    session_options.grace = grace;
    std::weak_ptr<server::Session> session =
        server::Session::start(core, transport, std::move(executor), pool, std::move(session_options), [] {});
    return [session] {
      if (auto alive = session.lock()) alive->end();
    };
  };
  std::unique_ptr<HttpSessions> sessions;  // null = the modern era alone
  if (options.eras == HttpEras::both) {
    HttpSessionOptions store;
    store.serve = endpoint_options.serve;
    store.next_executor = [&listening] { return listening->next_executor(); };
    store.authenticator = options.authenticator;
    store.sessions = options.limits.sessions;
    store.idle = options.limits.session_idle;
    sessions = std::make_unique<HttpSessions>(std::move(store));
    endpoint_options.sessions = sessions.get();
  }
  HttpEndpoint endpoint(std::move(endpoint_options), *std::move(guard));

  http::ServerOptions server_options;
  server_options.address = address->text;
  server_options.port = options.port;
  server_options.threads = options.threads;
  if (options.tls) server_options.tls = http::TlsFiles{options.tls->certificate_file, options.tls->key_file};
  server_options.limits = limits_of(options.limits);
  server_options.serve = [&endpoint](http::Connection& connection) { return endpoint.serve(connection); };
  server_options.refusal = HttpEndpoint::refusal;
  server_options.log = log;
  auto made = http::Server::listen(std::move(server_options));
  if (!made) return refuse(server, made.error());
  const std::unique_ptr<http::Server> http_server = *std::move(made);
  listening = http_server.get();

  {
    const StopSignals signals(http_server->main_executor(), [&](int) {
      http_server->drain();
      if (sessions) sessions->drain();
    });
    if (sessions) sessions->watch(http_server->main_executor());
    const auto reloader = std::make_shared<Reloader>(*http_server, options.authenticator, core, options.reload);
    reloader->wait();
    std::fprintf(stderr, "listening on %s://%s:%u%s\n", options.tls ? "https" : "http", address->host.c_str(),
                 static_cast<unsigned>(http_server->port()), options.path.c_str());
    if (options.listening) options.listening(http_server->port());
    core->tell_without_policy();
    core->tasks().start(http_server->main_executor());
    http_server->run();
    core->tasks().stop();
    core->settle(kJoinLimit);
    reloader->signals.cancel();
    pool.stop();
    end_descendants(kChildLimit);
  }
  const auto end = std::chrono::steady_clock::now() + kJoinLimit;
  if (sessions) sessions->end();
  sessions.reset();
  http_server->settle(kJoinLimit);
  const auto rest = std::max(end - std::chrono::steady_clock::now(), std::chrono::steady_clock::duration::zero());
  if (!pool.join_for(std::chrono::duration_cast<std::chrono::milliseconds>(rest))) {
    core->log(LoggingLevel::warning, "a handler did not stop when it was told to; leaving it behind");
    std::fflush(nullptr);
    _exit(0);
  }
  core->settle(kJoinLimit);  // what the last of them asked of the store answers to the server's executors
  return 0;
}

}  // namespace v0
}  // namespace sumun
