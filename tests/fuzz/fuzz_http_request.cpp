// SPDX-License-Identifier: Apache-2.0
// What an HTTP server reads from others: requests cut anywhere, in memory that moves, must be those of the whole, with the
// same verdict; and the guard of Host and Origin takes what it reads when it is written back.
// Shape: byte 0 = the seed of the piece sizes, byte 1 = bounds, then what a connection received.
#include "http/request_reader.hpp"
#include "transport/http_guard.hpp"

#include <sumun/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using sumun::http::Request;
using sumun::http::RequestBounds;
using sumun::http::RequestReader;

namespace {

void must(bool ok) {
  if (!ok) std::abort();
}

// All that was read, as text: every request, then how it ended.
class Found {
 public:
  void add(const Request& request) {
    put(request.method);
    put(request.target);
    put(request.authority.value_or("none"));
    put(request.body);
    text_ += static_cast<char>('0' + request.minor);
    text_ += request.keep_alive ? 'k' : 'c';
    for (const auto& [name, value] : request.fields) {
      put(name);
      put(value);
    }
    text_ += '\n';
  }
  void end(RequestReader::State state, const RequestReader& reader) {
    text_ += std::to_string(static_cast<int>(state));
    if (state == RequestReader::State::refused) text_ += std::to_string(reader.status()) + std::string(reader.why());
  }
  const std::string& text() const { return text_; }

 private:
  void put(std::string_view part) { text_ += std::to_string(part.size()).append(":").append(part); }
  std::string text_;
};

// Reads all requests that are complete; what is left of `data` belongs to one that is not.
RequestReader::State read_all(RequestReader& reader, std::string_view& data, Found& found) {
  auto state = RequestReader::State::head;
  while (!data.empty()) {
    state = reader.read(data);
    if (state != RequestReader::State::complete) return state;
    must(reader.size() > 0 && reader.size() <= data.size());
    found.add(reader.request());
    data.remove_prefix(reader.size());
    reader.next();
    state = RequestReader::State::head;
  }
  return state;
}

std::string read_whole(std::string_view data, const RequestBounds& bounds) {
  RequestReader reader(bounds);
  Found found;
  found.end(read_all(reader, data, found), reader);
  return found.text();
}

std::string read_pieces(std::string_view data, const RequestBounds& bounds, std::uint32_t seed) {
  RequestReader reader(bounds);
  Found found;
  auto state = RequestReader::State::head;
  std::vector<char> kept;
  while (!data.empty() && state != RequestReader::State::refused) {
    seed = seed * 1664525U + 1013904223U;
    const std::string_view piece = data.substr(0, seed >> 27U);  // 0 to 31 bytes
    data.remove_prefix(piece.size());
    std::vector<char> moved(kept);  // in memory of its own, as long as the bytes
    moved.insert(moved.end(), piece.begin(), piece.end());
    moved.shrink_to_fit();
    std::string_view rest(moved.data(), moved.size());
    state = read_all(reader, rest, found);
    (void)reader.take_expectation();
    kept.assign(rest.begin(), rest.end());
  }
  found.end(state, reader);
  return found.text();
}

std::string written(const sumun::HttpAuthority& authority) {
  return std::string(authority.host) + (authority.port ? ":" + std::to_string(*authority.port) : "");
}

void check_guard(std::optional<std::string_view> host, std::optional<std::string_view> origin) {
  using sumun::HttpGuard;
  static const HttpGuard guard = HttpGuard::make(HttpGuard::Reach::loopback, {"a.example:1", "[::2]"}, {"https://a.example"}).value();
  const auto authority = sumun::parse_authority(host.value_or(""));
  const auto parsed = sumun::parse_origin(origin.value_or(""));
  must(authority || !guard.allows_host(host.value_or("")));
  must(parsed || !guard.allows_origin(origin.value_or("")));
  if (authority) {
    const std::string text = written(*authority);
    must(guard.allows_host(text) == guard.allows_host(*host) && sumun::parse_authority(text)->port == authority->port);
  }
  if (parsed) {
    const std::string text = std::string(parsed->scheme) + "://" + written(parsed->authority);
    must(guard.allows_origin(text) == guard.allows_origin(*origin));
  }
  const auto refusal = guard.refusal(host, origin);
  const bool fine = host && guard.allows_host(*host) && (!origin || guard.allows_origin(*origin));
  must(fine != refusal.has_value());
  if (refusal) must(sumun::parse_json(refusal->body).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const RequestBounds bounds{std::size_t{64} << (data[1] % 4U), std::size_t{1} << (data[1] / 4U % 16U)};
  must(read_whole(text, bounds) == read_pieces(text, bounds, data[0]));
  RequestReader reader(bounds);
  if (reader.read(text) == RequestReader::State::complete) {
    const Request& request = reader.request();
    check_guard(request.authority ? request.authority : request.find("Host"), request.find("Origin"));
  }
  const std::size_t line = text.find('\n');
  check_guard(text.substr(0, line), text.substr(line == std::string_view::npos ? 0 : line + 1));
  return 0;
}
