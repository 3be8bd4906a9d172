// SPDX-License-Identifier: Apache-2.0
// The client against servers that answer well, badly, late and not at all.
#include "http/client.hpp"

#include "certificate.hpp"
#include "fake_server.hpp"
#include "../runtime/support.hpp"

#include <boost/asio/ssl/context.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace {

namespace asio = boost::asio;
using namespace sumun::http;
using sumun::ErrorCode;
using sumun::Result;
using sumun::test::FakeServer;
using sumun::test::http_answer;
using sumun::test::Reply;
using sumun::test::run;

HttpRequest get(std::string url) { return HttpRequest{.url = std::move(url)}; }

Result<HttpResponse> fetched(asio::io_context& io, Client& client, HttpRequest request, FetchLimits limits = {}) {
  return run(io, client.fetch(std::move(request), limits));
}

TEST_CASE("a request says what it must and the answer is taken apart") {
  asio::io_context io;
  FakeServer server(io, [](const std::string&) { return Reply{{http_answer("hello", "201 Created", "X-One: 1\r\nx-one: 2\r\n")}}; });
  Client client(io.get_executor());
  const auto answer = fetched(io, client, {"POST", server.url("/a?b=c"), {{"Accept", "text/plain"}}, "body"});
  REQUIRE(answer.has_value());
  CHECK(answer->status == 201);
  CHECK(answer->body == "hello");
  REQUIRE(find_header(answer->headers, "X-ONE"));
  CHECK(*find_header(answer->headers, "X-ONE") == "1");
  CHECK(find_header(answer->headers, "X-Two") == nullptr);
  CHECK(server.requests.at(0) == "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                                     "\r\nAccept: text/plain\r\nUser-Agent: sumun\r\nContent-Length: 4\r\n\r\nbody");
}

TEST_CASE("every way to end a body is understood, cut anywhere") {
  const std::string close = "HTTP/1.1 200 OK\r\n\r\nhello";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: t\r\n\r\n";
  struct {
    const char* name;
    std::string text;
    Reply::After after;
  } const table[] = {
      {"a length", http_answer("hello"), Reply::After::keep},
      {"chunks", chunked, Reply::After::keep},
      {"the end of the connection", close, Reply::After::hang_up},
      {"an interim answer before", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + http_answer("hello"), Reply::After::keep},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    for (std::size_t cut = 0; cut < row.text.size(); cut += 3) {
      asio::io_context io;
      FakeServer server(io, [&](const std::string&) { return Reply{{row.text.substr(0, cut), row.text.substr(cut)}, row.after}; });
      Client client(io.get_executor());
      const auto answer = fetched(io, client, get(server.url()));
      REQUIRE(answer.has_value());
      REQUIRE(answer->body == "hello");
      REQUIRE(find_header(answer->headers, "Trailer") == nullptr);
      REQUIRE(client.idle() == (row.after == Reply::After::keep ? 1 : 0));
    }
  }
}

TEST_CASE("answers without a body end at their headers") {
  struct {
    const char* name;
    const char* method;
    const char* text;
  } const table[] = {
      {"204", "DELETE", "HTTP/1.1 204 No Content\r\n\r\n"},
      {"304", "GET", "HTTP/1.1 304 Not Modified\r\n\r\n"},
      {"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"},
      {"202 with nothing", "POST", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    asio::io_context io;
    FakeServer server(io, [&](const std::string&) { return Reply{{row.text}}; });
    Client client(io.get_executor());
    const auto answer = fetched(io, client, {row.method, server.url(), {}, {}});
    REQUIRE(answer.has_value());
    CHECK(answer->body.empty());
    CHECK(client.idle() == 1);
  }
}

TEST_CASE("what is no answer becomes an error, and the connection is not used again") {
  struct {
    const char* name;
    std::string text;
    ErrorCode code;
  } const table[] = {
      {"nothing", "", ErrorCode::closed},
      {"half a status line", "HTTP/1.", ErrorCode::closed},
      {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", ErrorCode::invalid_value},
      {"half the headers", "HTTP/1.1 200 OK\r\nContent-Le", ErrorCode::closed},
      {"half the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", ErrorCode::closed},
      {"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", ErrorCode::closed},
      {"a chunk of a strange size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhel", ErrorCode::invalid_value},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", ErrorCode::invalid_value},
      {"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab", ErrorCode::invalid_value},
      {"endless headers", "HTTP/1.1 200 OK\r\nX: " + std::string(sumun::kMaxResponseHeaderBytes, 'x') + "\r\n\r\n", ErrorCode::invalid_value},
      {"another protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n", ErrorCode::invalid_value},
      {"interim answers for ever",
       [] {
         std::string many;
         for (int i = 0; i < 20; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
         return many;
       }(),
       ErrorCode::invalid_value},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    asio::io_context io;
    FakeServer server(io, [&](const std::string&) { return Reply{{row.text}, Reply::After::hang_up}; });
    Client client(io.get_executor());
    const auto answer = fetched(io, client, get(server.url("/secret-path")));
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == row.code);
    CHECK(answer.error().message.find("127.0.0.1") + answer.error().message.find("bytes") != 2 * std::string::npos);
    CHECK(answer.error().message.find("secret-path") == std::string::npos);
    CHECK(client.idle() == 0);
  }
}

TEST_CASE("a body over the limit is refused, at the limit it is taken") {
  asio::io_context io;
  FakeServer server(io, [](const std::string&) { return Reply{{http_answer(std::string(1000, 'x'))}}; });
  Client client(io.get_executor());
  FetchLimits limits;
  limits.max_body = 1000;
  CHECK(fetched(io, client, get(server.url()), limits).has_value());
  limits.max_body = 999;
  const auto refused = fetched(io, client, get(server.url()), limits);
  REQUIRE(refused.has_error());
  CHECK(refused.error().message.find("999") != std::string::npos);
}

TEST_CASE("a redirect is an answer like any other") {
  asio::io_context io;
  FakeServer server(io, [](const std::string&) { return Reply{{http_answer("", "302 Found", "Location: http://elsewhere.example/\r\n")}}; });
  Client client(io.get_executor());
  const auto answer = fetched(io, client, get(server.url()));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 302);
  CHECK(server.requests.size() == 1);
}

TEST_CASE("a request that would break its own lines is not sent") {
  struct {
    const char* name;
    HttpRequest request;
  } const table[] = {
      {"a line end in a value", {"GET", "http://127.0.0.1:1/", {{"Authorization", "Bearer secret-word\r\nX-Evil: 1"}}, {}}},
      {"a NUL in a value", {"GET", "http://127.0.0.1:1/", {{"Authorization", std::string("secret-word\0", 12)}}, {}}},
      {"a blank in a name", {"GET", "http://127.0.0.1:1/", {{"X Evil", "1"}}, {}}},
      {"an empty name", {"GET", "http://127.0.0.1:1/", {{"", "1"}}, {}}},
      {"a method of two words", {"GET /x", "http://127.0.0.1:1/", {}, {}}},
      {"no method", {"", "http://127.0.0.1:1/", {}, {}}},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    asio::io_context io;
    Client client(io.get_executor());
    const auto answer = fetched(io, client, row.request);
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == ErrorCode::invalid_value);
    CHECK(answer.error().message.find("secret-word") == std::string::npos);
  }
}

TEST_CASE("nobody listens: the error names the origin alone") {
  asio::io_context io;
  std::uint16_t port = 0;
  {
    asio::ip::tcp::acceptor gone(io, {asio::ip::address_v4::loopback(), 0});
    port = gone.local_endpoint().port();
  }
  Client client(io.get_executor());
  const auto answer = fetched(io, client, get("http://127.0.0.1:" + std::to_string(port) + "/secret-path"));
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == ErrorCode::io);
  CHECK(answer.error().message.starts_with("cannot connect to http://127.0.0.1:" + std::to_string(port) + ": "));
}

TEST_CASE("a server that never answers is given up after the limit") {
  for (const char* part : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}) {
    CAPTURE(std::string(part));
    asio::io_context io;
    FakeServer server(io, [&](const std::string&) { return Reply{{part}, Reply::After::stall}; });
    Client client(io.get_executor());
    FetchLimits limits;
    limits.limit = std::chrono::milliseconds(50);
    const auto answer = fetched(io, client, get(server.url()), limits);
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == ErrorCode::timeout);
    CHECK(client.idle() == 0);
    CHECK(sumun::test::run_until(io, [&] { return server.ended == 1; }));
  }
}

TEST_CASE("connections are used again, by requests to the same origin only") {
  asio::io_context io;
  const auto hello = [](const std::string&) { return Reply{{http_answer("hello")}}; };
  FakeServer one(io, hello);
  FakeServer other(io, hello);
  Client client(io.get_executor());
  for (int i = 0; i < 5; ++i) REQUIRE(fetched(io, client, get(one.url())).has_value());
  CHECK(one.connections == 1);
  CHECK(one.requests.size() == 5);
  REQUIRE(fetched(io, client, get(other.url())).has_value());
  CHECK(other.connections == 1);
  CHECK(client.idle() == 2);
}

TEST_CASE("Connection: close is obeyed") {
  asio::io_context io;
  FakeServer server(io, [](const std::string&) { return Reply{{http_answer("x", "200 OK", "Connection: close\r\n")}}; });
  Client client(io.get_executor());
  for (int i = 0; i < 2; ++i) REQUIRE(fetched(io, client, get(server.url())).has_value());
  CHECK(server.connections == 2);
  CHECK(client.idle() == 0);
}

TEST_CASE("bytes behind an answer are not taken for the next one") {
  asio::io_context io;
  int count = 0;
  FakeServer server(io, [&](const std::string&) {
    const std::string answer = http_answer(std::to_string(++count));
    return Reply{{count == 1 ? answer + http_answer("smuggled") : answer}};
  });
  Client client(io.get_executor());
  CHECK(fetched(io, client, get(server.url()))->body == "1");
  CHECK(fetched(io, client, get(server.url()))->body == "2");
  CHECK(server.connections == 2);
}

TEST_CASE("a kept connection that the server has closed is replaced; what may have happened is not repeated") {
  asio::io_context io;
  // The second request of each connection is answered by hanging up.
  int served = 0;
  FakeServer server(io, [&](const std::string&) {
    if (++served == 2 || served == 5) return Reply{{}, Reply::After::hang_up};
    return Reply{{http_answer("x")}};
  });
  Client client(io.get_executor());
  REQUIRE(fetched(io, client, get(server.url())).has_value());
  REQUIRE(fetched(io, client, get(server.url())).has_value());  // 2 hangs up, 3 answers
  CHECK(served == 3);
  REQUIRE(fetched(io, client, {"POST", server.url(), {}, "x"}).has_value());
  const auto lost = fetched(io, client, {"POST", server.url(), {}, "x"});
  REQUIRE(lost.has_error());
  CHECK(lost.error().code == ErrorCode::closed);
  CHECK(served == 5);
}

TEST_CASE("an answer streams piece by piece, and closing it hangs up") {
  asio::io_context io;
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  FakeServer server(io, [&](const std::string&) { return Reply{{head, "5\r\nfirst\r\n", "6\r\nsecond\r\n"}, Reply::After::stall}; });
  Client client(io.get_executor());
  const auto opened = run(io, client.open(get(server.url())));
  REQUIRE(opened.has_value());
  const auto stream = *opened;
  CHECK(stream->status == 200);
  CHECK(*find_header(stream->headers, "content-type") == "text/event-stream");
  std::string body;
  while (body.size() < 11) {
    const auto piece = run(io, stream->read());
    REQUIRE(piece.has_value());
    REQUIRE(piece->has_value());
    body += **piece;
  }
  CHECK(body == "firstsecond");
  stream->close();
  const auto piece = run(io, stream->read());
  REQUIRE(piece.has_error());
  CHECK(piece.error().code == ErrorCode::closed);
  CHECK(sumun::test::run_until(io, [&] { return server.ended == 1; }));
  CHECK(client.idle() == 0);
}

// ---------------------------------------------------------------- TLS

/// A file that is gone with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    char name[] = "/tmp/sumun_http_XXXXXX";
    const int fd = ::mkstemp(name);
    REQUIRE(fd >= 0);
    ::close(fd);
    path = name;
    std::ofstream(path) << text;
  }
  ~TemporaryFile() { std::remove(path.c_str()); }
  std::string path;
};

asio::ssl::context server_context(const sumun::test::Certificate& with) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain(asio::buffer(with.certificate));
  context.use_private_key(asio::buffer(with.key), asio::ssl::context::pem);
  return context;
}

TEST_CASE("TLS is spoken with whom the authorities vouch for, under the name that was asked for") {
  struct {
    const char* name;
    const char* names;  // in the certificate
    const char* host;   // that is asked for
    long begin;         // when the certificate begins, in seconds from now
    bool known;         // whether its authority is
    const char* why;    // in the error; null = it is trusted
  } const table[] = {
      {"an address", "IP:127.0.0.1", "127.0.0.1", -60, true, nullptr},
      {"a name", "DNS:localhost", "localhost", -60, true, nullptr},
      {"another address", "IP:127.0.0.2", "127.0.0.1", -60, true, "for another host"},
      {"another name", "DNS:example.com", "localhost", -60, true, "for another host"},
      {"a name that ends alike", "DNS:evil-localhost", "localhost", -60, true, "for another host"},
      {"nobody vouches", "IP:127.0.0.1", "127.0.0.1", -60, false, "refused"},
      {"expired", "IP:127.0.0.1", "127.0.0.1", -7200, true, "expired"},
      {"not yet valid", "IP:127.0.0.1", "127.0.0.1", 600, true, "not yet valid"},
  };
  for (const auto& row : table) {
    CAPTURE(std::string(row.name));
    const auto certificate = sumun::test::make_certificate(row.names, row.begin);
    const TemporaryFile authority(certificate.certificate);
    auto context = server_context(certificate);
    asio::io_context io;
    FakeServer server(io, [](const std::string&) { return Reply{{http_answer("hello")}}; }, &context);
    Client client(io.get_executor(), Trust{row.known ? authority.path : "", Trust::Verify::peer});
    const auto answer = fetched(io, client, get(server.url("/", row.host)));
    if (row.why) {
      REQUIRE(answer.has_error());
      CAPTURE(answer.error().message);
      CHECK(answer.error().code == ErrorCode::io);
      CHECK(answer.error().message.find(row.why) != std::string::npos);
      CHECK(server.requests.empty());
      continue;
    }
    REQUIRE(answer.has_value());
    CHECK(answer->body == "hello");
    REQUIRE(fetched(io, client, get(server.url("/", row.host))).has_value());
    CHECK(server.connections == 1);
  }
}

TEST_CASE("TLS without verification believes whoever answers") {
  auto context = server_context(sumun::test::make_certificate("DNS:example.com"));
  asio::io_context io;
  FakeServer server(io, [](const std::string&) { return Reply{{http_answer("hello")}}; }, &context);
  FetchOptions options;
  options.trust.verify = Trust::Verify::nothing;
  const auto answer = run(io, sumun::http::fetch(get(server.url()), options));
  REQUIRE(answer.has_value());
  CHECK(server.requests.at(0).find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("a body that only the end of the connection ends is not complete when TLS is cut off") {
  auto context = server_context(sumun::test::make_certificate("IP:127.0.0.1"));
  asio::io_context io;
  FakeServer server(io, [](const std::string&) { return Reply{{"HTTP/1.1 200 OK\r\n\r\nhalf of it"}, Reply::After::hang_up}; }, &context);
  Client client(io.get_executor(), Trust{"", Trust::Verify::nothing});
  const auto answer = fetched(io, client, get(server.url()));
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == ErrorCode::closed);
}

TEST_CASE("a file of authorities that is none is named") {
  const TemporaryFile empty("no certificate\n");
  for (const std::string& file : {empty.path, std::string("/nonexistent/ca.pem")}) {
    CAPTURE(file);
    asio::io_context io;
    Client client(io.get_executor(), Trust{file, Trust::Verify::peer});
    const auto answer = fetched(io, client, get("https://127.0.0.1:1/"));
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == ErrorCode::io);
    CHECK(answer.error().message.find(file) != std::string::npos);
  }
}

TEST_CASE("plain HTTP where TLS was asked for is no agreement") {
  asio::io_context io;
  FakeServer server(io, [](const std::string&) { return Reply{{http_answer("hello")}}; });
  Client client(io.get_executor());
  FetchLimits limits;
  limits.limit = std::chrono::milliseconds(500);
  const auto answer = fetched(io, client, get("https://127.0.0.1:" + std::to_string(server.port())), limits);
  REQUIRE(answer.has_error());
  CHECK(server.requests.empty());
}

}  // namespace
