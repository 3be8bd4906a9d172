// SPDX-License-Identifier: Apache-2.0
// The limits for HTTP on this stack, as Beast's own examples would write them: a server that reads a POST and answers
// `fixed`: with a constant; `json`: with the text of the call, after parsing it and writing the answer with nlohmann.
// No validation, no limits, no dispatch, no headers looked at: what remains is Asio, Beast and JSON.
// usage: bench_beast_http fixed|json THREADS     prints `listening on http://127.0.0.1:PORT/mcp` on standard error
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using json = nlohmann::json;

namespace {

// What a coroutine throws ends the program.
void finished(std::exception_ptr failed) {
  if (failed) std::terminate();
}

using Answer = std::string (*)(const std::string& body);

std::string fixed(const std::string&) {
  return R"({"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"hello, world"}]}})";
}

std::string parsed(const std::string& body) {
  auto request = json::parse(body);
  json text{{"type", "text"}, {"text", std::move(request["params"]["arguments"]["text"])}};
  json result{{"resultType", "complete"}, {"content", json::array({std::move(text)})}};
  json message{{"jsonrpc", "2.0"}, {"id", std::move(request["id"])}, {"result", std::move(result)}};
  return message.dump();
}

asio::awaitable<void> serve(tcp::socket socket, Answer answer) {
  socket.set_option(tcp::no_delay(true));
  boost::beast::tcp_stream stream(std::move(socket));
  boost::beast::flat_buffer buffer;
  for (;;) {
    http::request<http::string_body> request;
    boost::system::error_code failed;
    co_await http::async_read(stream, buffer, request, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return;
    http::response<http::string_body> response(http::status::ok, request.version());
    response.set(http::field::content_type, "application/json");
    response.keep_alive(request.keep_alive());
    response.body() = answer(request.body());
    response.prepare_payload();
    co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, failed));
    if (failed || !response.keep_alive()) co_return;
  }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, Answer answer) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    auto executor = socket.get_executor();
    asio::co_spawn(executor, serve(std::move(socket), answer), finished);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string which = argc > 1 ? argv[1] : "";
  int threads = argc > 2 ? std::atoi(argv[2]) : 0;
  if (threads < 1 || (which != "fixed" && which != "json")) {
    std::fputs("usage: bench_beast_http fixed|json THREADS\n", stderr);
    return 2;
  }
  asio::io_context context(threads);
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::fprintf(stderr, "listening on http://127.0.0.1:%d/mcp\n", acceptor.local_endpoint().port());
  asio::co_spawn(context, listen(acceptor, which == "json" ? parsed : fixed), finished);
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back([&context] { context.run(); });
  context.run();
}
