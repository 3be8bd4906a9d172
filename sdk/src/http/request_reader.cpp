// SPDX-License-Identifier: Apache-2.0
// Beast's parser under our rules. It sees the headers only when they are complete, so that all views point into the
// connection's bytes and nothing is copied.
#include "http/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace sumun::http {

namespace asio = boost::asio;
namespace beast = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::size_t kChunkOverhead = 1 * kMiB;  // sizes, extensions and trailers of a chunked body, together

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Fields that decide something: one that comes twice may be read differently by whoever stands before us.
constexpr std::array<std::string_view, 7> kSingle{
    "host", "content-length", "transfer-encoding", "content-type", "origin", "authorization", "expect"};

}  // namespace

class RequestReader::Parser final : public beast::basic_parser<true> {
 public:
  Parser(RequestReader& reader, std::string_view data) : reader_(reader), data_(data) {}

 private:
  void on_request_impl(beast::verb, boost::beast::string_view method, boost::beast::string_view target, int version,
                       error_code&) override {
    if (reader_.chunks_) return;  // read again for the body: the head was taken apart before
    reader_.request_.method = view(method);
    reader_.request_.target = view(target);
    reader_.request_.minor = static_cast<unsigned>(version % 10);
  }
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_field_impl(beast::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code& failed) override {
    if (reader_.chunks_) return;  // a trailer: it must not change what the headers said
    std::vector<Field>& fields = reader_.request_.fields;
    // A folded value was put together elsewhere.
    const bool folded = !value.empty() && (value.data() < data_.data() || value.data() >= data_.data() + data_.size());
    if (folded || fields.size() >= kMaxHttpFields) {
      failed = folded ? beast::error::bad_value : beast::error::header_limit;
      return;
    }
    fields.push_back(Field{view(name), view(value)});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t size, boost::beast::string_view, error_code& failed) override {
    if (size > reader_.bounds_.body_bytes - reader_.body_.size()) failed = beast::error::body_limit;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body, error_code& failed) override {
    if (reader_.body_.size() + body.size() > reader_.bounds_.body_bytes) {
      failed = beast::error::body_limit;
      return 0;
    }
    reader_.body_.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  RequestReader& reader_;
  std::string_view data_;
};

RequestReader::RequestReader(RequestBounds bounds) : bounds_(bounds) {}
RequestReader::~RequestReader() = default;

void RequestReader::next() {
  chunks_.reset();
  body_ = {};
  base_ = nullptr;
  looked_ = head_size_ = length_ = taken_ = size_ = 0;
  chunked_ = expects_ = false;
}

bool RequestReader::take_expectation() { return std::exchange(expects_, false); }

RequestReader::State RequestReader::refuse(int status, std::string_view why) {
  status_ = status;
  why_ = why;
  return State::refused;
}

RequestReader::State RequestReader::read(std::string_view data) {
  if (status_ != 0) return State::refused;
  if (head_size_ == 0) {
    const std::size_t end = data.find(kEnd, looked_);
    if (end == std::string_view::npos || end + kEnd.size() > bounds_.header_bytes) {
      if (data.size() > bounds_.header_bytes) return refuse(431, "the headers are longer than the limit");
      looked_ = data.size() < kEnd.size() ? 0 : data.size() - (kEnd.size() - 1);
      return State::head;
    }
    head_size_ = end + kEnd.size();
  }
  if (base_ != data.data()) {
    const State state = read_head(data.substr(0, head_size_));
    if (state == State::refused) return state;
  }
  if (chunked_) return read_chunks(data);
  if (data.size() - head_size_ < length_) return State::body;
  expects_ = false;
  request_.body = data.substr(head_size_, length_);
  size_ = head_size_ + length_;
  return State::complete;
}

RequestReader::State RequestReader::read_head(std::string_view data) {
  const bool again = base_ != nullptr;
  base_ = data.data();
  request_.fields.clear();
  request_.body = {};
  std::unique_ptr<Parser> chunks = std::move(chunks_);  // while it is there, fields are taken for trailers
  Parser parser(*this, data);
  parser.header_limit(static_cast<std::uint32_t>(bounds_.header_bytes));
  parser.body_limit(boost::none);
  error_code failed;
  parser.put(asio::buffer(data.data(), data.size()), failed);
  if (failed == beast::error::header_limit) return refuse(431, "there are too many headers");
  if (failed == beast::error::bad_version) return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  if (failed == beast::error::need_more && !parser.is_header_done()) return refuse(400, "the headers are malformed");
  if (failed && failed != beast::error::need_more) return refuse(400, "the request is malformed");
  if (!judge_fields()) return State::refused;
  split_target();
  request_.keep_alive = request_.minor >= 1 && parser.keep_alive();
  chunked_ = parser.chunked();
  if (const auto length = parser.content_length(); length && !chunked_) {
    if (*length > bounds_.body_bytes) return refuse(413, "the body is longer than the limit");
    length_ = static_cast<std::size_t>(*length);
  }
  if (!chunked_) return State::body;
  if (!again) {
    chunks_ = std::make_unique<Parser>(*this, data);
    chunks_->header_limit(static_cast<std::uint32_t>(bounds_.header_bytes));
    chunks_->body_limit(boost::none);
    chunks_->put(asio::buffer(data.data(), data.size()), failed);
    chunks_->eager(true);
  } else {
    chunks_ = std::move(chunks);
  }
  return State::body;
}

// Spec: RFC 9112, sections 3.2, 5.2, 6.1 and 6.3; RFC 9110, section 5.3
bool RequestReader::judge_fields() {
  std::array<unsigned, kSingle.size()> seen{};
  for (const Field& field : request_.fields) {
    for (std::size_t i = 0; i < kSingle.size(); ++i) {
      if (field.name.size() != kSingle[i].size() || !same_word(field.name, kSingle[i])) continue;
      if (++seen[i] > 1) {
        refuse(400, "a header that must come once came twice");
        return false;
      }
      if (i == 1 && (field.value.empty() || field.value.find_first_not_of("0123456789") != std::string_view::npos)) {
        refuse(400, "Content-Length is no number");
        return false;
      }
      if (i == 2 && !same_word(field.value, "chunked")) {
        refuse(501, "the only transfer coding is chunked");
        return false;
      }
      if (i == 6) {
        if (!same_word(field.value, "100-continue")) {
          refuse(417, "the only expectation is 100-continue");
          return false;
        }
        expects_ = request_.minor >= 1;
      }
      break;
    }
  }
  if (seen[1] != 0 && seen[2] != 0) {
    refuse(400, "Content-Length and Transfer-Encoding exclude each other");
    return false;
  }
  if (seen[2] != 0 && request_.minor == 0) {
    refuse(400, "HTTP/1.0 has no transfer coding");
    return false;
  }
  if (seen[0] == 0 && request_.minor >= 1) {
    refuse(400, "the header Host is missing");
    return false;
  }
  return true;
}

// A proxy is asked with a whole URL, and so may we be. Spec: RFC 9112, section 3.2.2
void RequestReader::split_target() {
  std::string_view& target = request_.target;
  request_.authority.reset();
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_word(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    request_.authority = target.substr(0, end);
    target = end == target.size() ? "/" : target.substr(end);
    return;
  }
}

RequestReader::State RequestReader::read_chunks(std::string_view data) {
  if (taken_ == 0) taken_ = head_size_;
  error_code failed;
  while (taken_ < data.size() && !chunks_->is_done()) {
    const std::size_t used = chunks_->put(asio::buffer(data.data() + taken_, data.size() - taken_), failed);
    taken_ += used;
    if (failed == beast::error::body_limit) return refuse(413, "the body is longer than the limit");
    if (failed == beast::error::need_more) break;
    if (failed) return refuse(400, "the chunked body is malformed");
    if (used == 0) break;
  }
  if (chunks_->is_done()) {
    expects_ = false;
    request_.body = body_;
    size_ = taken_;
    return State::complete;
  }
  if (data.size() > bounds_.body_bytes + bounds_.header_bytes + kChunkOverhead)
    return refuse(413, "the body is longer than the limit");
  return State::body;
}

}  // namespace sumun::http
