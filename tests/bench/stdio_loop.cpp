// SPDX-License-Identifier: Apache-2.0
// The limit for stdio on this stack: reads lines, parses each with nlohmann, adds, writes an answer of the shape that
// `calculator` sends. No validation, no dispatch, no error handling: what remains is I/O and JSON.
#include <nlohmann/json.hpp>

#include <string>
#include <unistd.h>
#include <vector>

using json = nlohmann::json;

namespace {

std::string answer(const char* begin, const char* end) {
  auto request = json::parse(begin, end);
  auto& arguments = request["params"]["arguments"];
  int sum = arguments["a"].get<int>() + arguments["b"].get<int>();
  json text{{"type", "text"}, {"text", std::to_string(sum)}};
  json result{{"resultType", "complete"}, {"content", json::array({std::move(text)})}, {"structuredContent", sum}};
  json message{{"jsonrpc", "2.0"}, {"id", std::move(request["id"])}, {"result", std::move(result)}};
  return message.dump();
}

bool write_all(const std::string& out) {
  for (std::size_t done = 0; done < out.size();) {
    auto n = write(STDOUT_FILENO, out.data() + done, out.size() - done);
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

int main() {
  std::string pending;
  std::string out;
  std::vector<char> chunk(1 << 16);
  for (;;) {
    auto n = read(STDIN_FILENO, chunk.data(), chunk.size());
    if (n <= 0) return 0;
    pending.append(chunk.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n', begin)) {
      out += answer(pending.data() + begin, pending.data() + end);
      out += '\n';
      begin = end + 1;
    }
    pending.erase(0, begin);
    if (!write_all(out)) return 1;
    out.clear();
  }
}
