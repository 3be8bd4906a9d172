// SPDX-License-Identifier: Apache-2.0
// Reaches a server over Streamable HTTP, of both eras.
//
//   auto server = sumun::BlockingClient::connect(sumun::http_server({.url = "https://tools.example/mcp", .token = token}));
#pragma once
#include <sumun/export.hpp>
#include <sumun/result.hpp>
#include <sumun/transport.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sumun {
inline namespace v0 {

struct HttpClientOptions {
  std::string url;      // the MCP endpoint, http or https; redirects are not followed
  std::string token;    // bearer token; sent to this URL and nowhere else, part of no message; empty = none
  std::string ca_file;  // PEM, trusted on top of the system's authorities; empty = those alone
  std::vector<std::pair<std::string, std::string>> headers;  // further ones for every request
};

/// The channel to a server at a URL. Nothing is sent before the first message.
/// Several requests run at once, each on a connection of its own; connections are kept and used again.
/// Modern:  one POST a message, answered by JSON or a stream of events; giving a request up closes its stream.
/// Legacy:  the session's id goes with every request; a GET stream takes what the server sends on its own; a stream that
///          breaks off is taken up again where the server numbers its events; closing the channel ends the session.
/// Ends:    by close(), or when the server has forgotten the session (`closed` says so). A request that cannot be sent, or
///          is refused, ends alone: 401 and 403 say which scope the server asks for.
/// Errors:  invalid_value (the URL, a token that no header can hold; the message repeats neither).
/// Thread:  the executor's one strand.
/// Spec:    2026-07-28 basic/transports/streamable-http; 2025-11-25 basic/transports, Streamable HTTP
SUMUN_EXPORT Result<std::unique_ptr<Transport>> connect_http(boost::asio::any_io_executor executor, HttpClientOptions options);

/// The same as a function that a BlockingClient can be given.
inline std::function<Result<std::unique_ptr<Transport>>(boost::asio::any_io_executor)> http_server(HttpClientOptions options) {
  return [options = std::move(options)](boost::asio::any_io_executor executor) { return connect_http(std::move(executor), options); };
}

}  // namespace v0
}  // namespace sumun
