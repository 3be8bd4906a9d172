// SPDX-License-Identifier: Apache-2.0
// The server over TLS, asked by our own client; and its certificate exchanged while it runs.
#include "certificate.hpp"
#include "http/client.hpp"
#include "http/connection.hpp"
#include "http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace http = sumun::http;
using sumun::Result;

namespace {

class Echo final : public http::Service {
 public:
  explicit Echo(http::Connection& connection) : connection_(connection) {}
  Next on_request(const http::Request& request) override {
    connection_.respond(200, "text/plain", std::string(request.body));
    return Next::taken;
  }
  void on_gone() override {}
  void on_drain() override {}

 private:
  http::Connection& connection_;
};

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sumun-tls-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }
  std::filesystem::path path;
};

Result<http::HttpResponse> ask(std::uint16_t port, const std::string& ca_file, std::string body) {
  http::HttpRequest request;
  request.method = "POST";
  request.url = "https://127.0.0.1:" + std::to_string(port) + "/";
  request.body = std::move(body);
  http::FetchOptions options;
  options.limit = std::chrono::seconds(10);
  options.max_body = 32 << 20;
  options.trust.ca_file = ca_file;
  boost::asio::io_context io;
  std::optional<Result<http::HttpResponse>> answer;
  boost::asio::co_spawn(io, http::fetch(std::move(request), std::move(options)),
                        [&](std::exception_ptr thrown, Result<http::HttpResponse> response) {
                          if (!thrown) answer.emplace(std::move(response));
                        });
  io.run();
  REQUIRE(answer.has_value());
  return *std::move(answer);
}

}  // namespace

TEST_CASE("requests over TLS, large ones too, and a certificate that changes while the server runs") {
  const Folder folder;
  const auto first = sumun::test::make_certificate("IP:127.0.0.1");
  folder.write("a.pem", first.certificate);
  folder.write("cert.pem", first.certificate);
  folder.write("key.pem", first.key);
  http::ServerOptions options;
  options.threads = 2;
  options.tls = http::TlsFiles{folder.file("cert.pem"), folder.file("key.pem")};
  options.serve = [](http::Connection& connection) { return std::make_unique<Echo>(connection); };
  auto server = http::Server::listen(std::move(options));
  REQUIRE(server.has_value());
  std::thread thread([&] { (*server)->run(); });

  const std::uint16_t port = (*server)->port();
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{3} << 20}) {
    CAPTURE(size);
    const std::string body(size, 'x');
    const auto answer = ask(port, folder.file("a.pem"), body);
    REQUIRE(answer.has_value());
    CHECK(answer->status == 200);
    CHECK((answer->body == body));
  }

  folder.write("key.pem", "nonsense");
  CHECK((*server)->reload().error().message.find("key.pem") != std::string::npos);
  CHECK(ask(port, folder.file("a.pem"), "still").has_value());

  const auto second = sumun::test::make_certificate("IP:127.0.0.1");
  folder.write("b.pem", second.certificate);
  folder.write("cert.pem", second.certificate);
  folder.write("key.pem", second.key);
  REQUIRE((*server)->reload().has_value());
  CHECK(ask(port, folder.file("b.pem"), "new").has_value());
  CHECK(!ask(port, folder.file("a.pem"), "old").has_value());

  (*server)->drain();
  thread.join();
}

TEST_CASE("over TLS too a peer may be slow as long as it takes something") {
  constexpr auto kWriteTime = std::chrono::seconds(1);
  constexpr std::size_t kSize = 15 << 20;  // much more than the system's buffers hold
  const Folder folder;
  const auto identity = sumun::test::make_certificate("IP:127.0.0.1");
  folder.write("cert.pem", identity.certificate);
  folder.write("key.pem", identity.key);
  http::ServerOptions options;
  options.threads = 1;
  options.tls = http::TlsFiles{folder.file("cert.pem"), folder.file("key.pem")};
  options.limits.write_time = kWriteTime;
  options.serve = [](http::Connection& connection) { return std::make_unique<Echo>(connection); };
  auto server = http::Server::listen(std::move(options));
  REQUIRE(server.has_value());
  std::thread thread([&] { (*server)->run(); });

  namespace asio = boost::asio;
  asio::io_context io;
  asio::ssl::context context(asio::ssl::context::tls_client);
  asio::ssl::stream<asio::ip::tcp::socket> peer(io, context);
  peer.next_layer().connect({asio::ip::make_address("127.0.0.1"), (*server)->port()});
  peer.handshake(asio::ssl::stream_base::client);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n";
  asio::write(peer, asio::buffer(head + std::string(kSize, 'x')));
  const auto begin = std::chrono::steady_clock::now();
  std::string chunk(16384, ' ');
  std::size_t got = 0;
  boost::system::error_code failed;
  while (!failed && got < kSize) {
    got += peer.read_some(asio::buffer(chunk), failed);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  CHECK(got >= kSize);
  CHECK(std::chrono::steady_clock::now() - begin > kWriteTime);

  (*server)->drain();
  peer.next_layer().close();
  thread.join();
}

TEST_CASE("a certificate that cannot be used stops the start, and the error names the file") {
  const Folder folder;
  const auto one = sumun::test::make_certificate("IP:127.0.0.1");
  const auto other = sumun::test::make_certificate("IP:127.0.0.1");
  folder.write("cert.pem", one.certificate);
  folder.write("other.pem", other.key);
  folder.write("bad.pem", "nonsense");
  const struct {
    const char* certificate;
    const char* key;
    const char* names;
  } rows[] = {{"missing.pem", "other.pem", "missing.pem"},
              {"bad.pem", "other.pem", "bad.pem"},
              {"cert.pem", "bad.pem", "bad.pem"},
              {"cert.pem", "other.pem", "other.pem"}};
  for (const auto& row : rows) {
    CAPTURE(std::string(row.names));
    http::ServerOptions options;
    options.tls = http::TlsFiles{folder.file(row.certificate), folder.file(row.key)};
    const auto server = http::Server::listen(std::move(options));
    REQUIRE(!server.has_value());
    CHECK(server.error().message.find(row.names) != std::string::npos);
  }
}
