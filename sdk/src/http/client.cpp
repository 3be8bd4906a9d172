// SPDX-License-Identifier: Apache-2.0
// Requests are written by hand, answers are read by Beast's parser fed from our own reads, connections wait in a list.
#include "http/client.hpp"

#include "base/ascii.hpp"
#include "http/wire.hpp"
#include "runtime/within.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <array>
#include <list>

namespace sumun::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast::http;
using boost::system::error_code;
using beast_view = boost::beast::string_view;

constexpr std::size_t kReadBytes = 16 * kKiB;   // one read
constexpr std::size_t kMaxInterim = 8;          // 1xx answers before the real one

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F); });
}

bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

// Status, headers and body as they are parsed.
class Answer final : public beast::basic_parser<false> {
 public:
  Answer() {
    header_limit(kMaxResponseHeaderBytes);
    body_limit(boost::none);
  }
  unsigned status = 0;
  Headers headers;
  std::string body;  // what has come and was not taken yet

 private:
  void on_request_impl(beast::verb, beast_view, beast_view, int, error_code&) override {}
  void on_response_impl(int code, beast_view, int, error_code&) override { status = static_cast<unsigned>(code); }
  void on_field_impl(beast::field, beast_view name, beast_view value, error_code&) override {
    if (!has_headers_) headers.emplace_back(std::string(name), std::string(value));  // trailers say nothing to us
  }
  void on_header_impl(error_code&) override { has_headers_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast_view piece, error_code&) override {
    body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast_view piece, error_code&) override {
    body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_finish_impl(error_code&) override {}

  bool has_headers_ = false;
};

Result<std::string> head_of(const HttpRequest& request, const Url& url) {
  if (!is_token(request.method)) return fail(ErrorCode::invalid_value, "the HTTP method is no token");
  std::string head = request.method + " " + url.target + " HTTP/1.1\r\nHost: " + url.authority() + "\r\n";
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return fail(ErrorCode::invalid_value, "a header's name is no token");
    if (!is_field_value(value)) return fail(ErrorCode::invalid_value, "the header " + name + " holds a character that no header may hold");
    head += name + ": " + value + "\r\n";
  }
  // Some servers turn away whoever does not say what it is.
  if (!find_header(request.headers, "User-Agent")) head += "User-Agent: sumun\r\n";
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return head + "\r\n";
}

Error no_http(const std::string& origin, const error_code& why) {
  return fail(ErrorCode::invalid_value, "the answer of " + origin + " is no HTTP: " + why.message());
}

Error lost(const std::string& origin, const error_code& why) {
  if (why == asio::error::operation_aborted) return fail(ErrorCode::cancelled, "the request to " + origin + " was cancelled");
  return fail(ErrorCode::closed, "the connection to " + origin + " was lost before the answer was complete: " + why.message());
}

}  // namespace

const std::string* find_header(const Headers& headers, std::string_view name) {
  const auto at = std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return same_word(header.first, name); });
  return at == headers.end() ? nullptr : &at->second;
}

/// The connections that wait, and what new ones are made with.
class Client::Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(asio::any_io_executor executor, Trust trust) : executor_(std::move(executor)), trust_(std::move(trust)) {}

  awaitable<Result<std::shared_ptr<ResponseStream>>> open(HttpRequest request);
  awaitable<Result<HttpResponse>> fetch(HttpRequest request, std::size_t max_body);

  void keep(std::string origin, std::unique_ptr<Wire> wire) {
    if (closed_) return;
    idle_.push_back({std::move(origin), std::move(wire), std::chrono::steady_clock::now()});
    if (idle_.size() > kMaxIdleConnections) idle_.pop_front();
  }
  std::unique_ptr<Wire> take(const std::string& origin) {
    const auto oldest = std::chrono::steady_clock::now() - kIdleConnectionLife;
    std::erase_if(idle_, [&](const Idle& one) { return one.since < oldest || !one.wire->is_quiet(); });
    const auto at = std::find_if(idle_.rbegin(), idle_.rend(), [&](const Idle& one) { return one.origin == origin; });
    if (at == idle_.rend()) return nullptr;
    auto wire = std::move(at->wire);
    idle_.erase(std::next(at).base());
    return wire;
  }
  std::size_t idle() const { return idle_.size(); }
  void close() {
    closed_ = true;
    idle_.clear();
  }

 private:
  struct Idle {
    std::string origin;
    std::unique_ptr<Wire> wire;
    std::chrono::steady_clock::time_point since;
  };
  awaitable<Result<std::unique_ptr<Wire>>> connect(const Url& url);

  asio::any_io_executor executor_;
  Trust trust_;
  std::shared_ptr<asio::ssl::context> tls_;  // made with the first https connection
  std::list<Idle> idle_;                     // the oldest first
  bool closed_ = false;                      // the client is gone: nothing is kept any more
};

namespace {

/// One answer on its connection.
class Stream final : public ResponseStream {
 public:
  Stream(std::shared_ptr<Client::Pool> pool, std::string origin, std::unique_ptr<Wire> wire, bool has_no_body)
      : pool_(std::move(pool)), origin_(std::move(origin)), wire_(std::move(wire)), has_no_body_(has_no_body) {
    begin_answer();
  }

  // True when the connection gave not a single byte: it was gone before it was asked.
  bool is_untouched() const { return !touched_; }

  awaitable<Result<void>> read_head() {
    for (std::size_t interim = 0; interim <= kMaxInterim; ++interim) {
      while (!answer_->is_header_done()) {
        auto fed = co_await feed();
        if (!fed) co_return fed.error();
      }
      if (answer_->status >= 200) {
        status = answer_->status;
        headers = std::move(answer_->headers);
        answer_->eager(true);
        co_return Result<void>();
      }
      if (answer_->status == 101) break;
      begin_answer();
    }
    co_return fail(ErrorCode::invalid_value, "the answer of " + origin_ + " has no final status");
  }

  awaitable<Result<std::optional<std::string>>> read() override {
    while (answer_->body.empty() && !answer_->is_done()) {
      if (!wire_) co_return was_closed();
      auto fed = co_await feed();
      if (!fed) {
        wire_.reset();
        if (closed_) co_return was_closed();
        co_return fed.error();
      }
    }
    if (answer_->is_done()) give_back();
    if (answer_->body.empty()) co_return Result<std::optional<std::string>>(std::nullopt);
    std::optional<std::string> piece(std::move(answer_->body));
    answer_->body.clear();
    co_return Result<std::optional<std::string>>(std::move(piece));
  }

  void close() override {
    closed_ = true;
    if (wire_) wire_->close();
  }

 private:
  Error was_closed() const { return fail(ErrorCode::closed, "the connection to " + origin_ + " was closed"); }

  void begin_answer() {
    answer_.emplace();
    answer_->skip(has_no_body_);
  }

  // Parses what was read; reads more where that does not lead on.
  awaitable<Result<void>> feed() {
    if (parsed_ < unparsed_.size()) {
      error_code failure;
      parsed_ += answer_->put(asio::buffer(unparsed_.data() + parsed_, unparsed_.size() - parsed_), failure);
      if (failure && failure != beast::error::need_more) co_return no_http(origin_, failure);
      if (!failure || !answer_->body.empty()) co_return Result<void>();
    }
    unparsed_.erase(0, std::exchange(parsed_, 0));
    const std::size_t kept = unparsed_.size();
    unparsed_.resize(kept + kReadBytes);
    error_code failure;
    const std::span<char> room(unparsed_.data() + kept, kReadBytes);
    const std::size_t size = co_await wire_->read(room, failure);
    unparsed_.resize(kept + size);
    touched_ = touched_ || size > 0;
    if (!failure) co_return Result<void>();
    if (failure == asio::error::eof && touched_ && answer_->is_header_done()) {
      error_code incomplete;
      answer_->put_eof(incomplete);  // fine where the end of the connection is the end of the body
      if (!incomplete) co_return Result<void>();
    }
    co_return lost(origin_, failure);
  }

  void give_back() {
    if (!wire_) return;
    const bool clean = answer_->keep_alive() && parsed_ == unparsed_.size();
    if (clean) pool_->keep(origin_, std::move(wire_));
    wire_.reset();
  }

  std::shared_ptr<Client::Pool> pool_;
  std::string origin_;
  std::unique_ptr<Wire> wire_;  // null once it was given back or lost
  std::optional<Answer> answer_;
  std::string unparsed_;
  std::size_t parsed_ = 0;    // how much of it the parser took
  bool has_no_body_ = false;  // the answer to HEAD
  bool touched_ = false;      // something came
  bool closed_ = false;       // close() was called
};

}  // namespace

awaitable<Result<std::unique_ptr<Wire>>> Client::Pool::connect(const Url& url) {
  const auto self = shared_from_this();
  const bool secure = url.scheme == Url::Scheme::https;
  if (secure && !tls_) {
    auto context = make_tls_context(trust_);
    if (!context) co_return context.error();
    tls_ = *std::move(context);
  }
  auto wire = std::make_unique<Wire>(executor_);
  const auto tls = secure ? tls_ : nullptr;
  auto connected = co_await wire->connect(url, tls, trust_.verify);
  if (!connected) co_return connected.error();
  co_return Result<std::unique_ptr<Wire>>(std::move(wire));
}

awaitable<Result<std::shared_ptr<ResponseStream>>> Client::Pool::open(HttpRequest request) {
  const auto self = shared_from_this();
  const auto url = parse_url(request.url);
  if (!url) co_return url.error();
  const auto head = head_of(request, *url);
  if (!head) co_return head.error();
  const std::string message = *head + request.body;
  const std::string origin = url->origin();
  for (;;) {
    auto wire = take(origin);
    const bool kept = wire != nullptr;
    if (!kept) {
      auto connected = co_await connect(*url);
      if (!connected) co_return connected.error();
      wire = *std::move(connected);
    }
    Wire& channel = *wire;
    const auto stream = std::make_shared<Stream>(self, origin, std::move(wire), request.method == "HEAD");
    const error_code failure = co_await channel.write(message);
    // A server may answer and hang up before it has read all of a large request: what it said counts.
    auto answered = co_await stream->read_head();
    if (answered) co_return Result<std::shared_ptr<ResponseStream>>(stream);
    if (kept && stream->is_untouched() && is_safe(request.method)) continue;
    if (failure && stream->is_untouched()) co_return lost(origin, failure);
    co_return answered.error();
  }
}

awaitable<Result<HttpResponse>> Client::Pool::fetch(HttpRequest request, std::size_t max_body) {
  const auto self = shared_from_this();
  auto opened = co_await open(std::move(request));
  if (!opened) co_return opened.error();
  const auto stream = *std::move(opened);
  HttpResponse response{stream->status, std::move(stream->headers), {}};
  for (;;) {
    auto piece = co_await stream->read();
    if (!piece) co_return piece.error();
    if (!*piece) co_return response;
    if ((*piece)->size() > max_body - response.body.size())
      co_return fail(ErrorCode::invalid_value, "the answer's body is longer than the limit of " + std::to_string(max_body) + " bytes");
    response.body += **piece;
  }
}

Client::Client(asio::any_io_executor executor, Trust trust) : pool_(std::make_shared<Pool>(std::move(executor), std::move(trust))) {}
Client::~Client() { pool_->close(); }
std::size_t Client::idle() const { return pool_->idle(); }

awaitable<Result<HttpResponse>> Client::fetch(HttpRequest request, FetchLimits limits) {
  auto work = pool_->fetch(std::move(request), limits.max_body);
  return within(limits.limit, std::move(work));
}

awaitable<Result<std::shared_ptr<ResponseStream>>> Client::open(HttpRequest request, FetchLimits limits) {
  auto work = pool_->open(std::move(request));
  return within(limits.limit, std::move(work));
}

awaitable<Result<HttpResponse>> fetch(HttpRequest request, FetchOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  Client client(executor, std::move(options.trust));
  const FetchLimits limits = options;
  request.headers.emplace_back("Connection", "close");
  auto response = co_await client.fetch(std::move(request), limits);
  co_return response;
}

}  // namespace sumun::http
