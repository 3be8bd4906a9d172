// SPDX-License-Identifier: Apache-2.0
// The only file of the program, apart from the serving itself, that writes to the standard streams.
#include "console.hpp"

#include <sumun/json.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace sumun::host {
namespace {

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

void write(std::FILE* stream, std::string_view text) { std::fwrite(text.data(), 1, text.size(), stream); }

}  // namespace

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool is_interactive() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

void print(std::string_view text) {
  if (stdout_is_terminal()) write(stdout, harmless(text));
  else write(stdout, text);
}

void print_json(const json& value) {
  const std::string text = stdout_is_terminal() ? value.dump(2, ' ', false, json::error_handler_t::replace) : dump_json(value);
  write(stdout, text + "\n");
}

Result<void> flush_output() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
  return fail(ErrorCode::io, "cannot write to standard output: " + std::generic_category().message(errno == 0 ? EIO : errno));
}

void tell(std::string_view line) {
  std::fflush(stdout);  // in the order in which it was said, where both go to one place
  write(stderr, harmless(line) + "\n");
}

int failed(const Error& error) {
  tell("sumun: " + error.message);
  return kFailed;
}

int wrong_usage(std::string_view what) {
  tell("sumun: " + std::string(what));
  return kWrongUsage;
}

std::string harmless(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool is_c1 = c == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F: some terminals obey them too
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F || is_c1) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\x%02X", is_c1 ? next : c);
      result += code.data();
      if (is_c1) ++i;
    } else {
      result += static_cast<char>(c);
    }
  }
  return result;
}

std::string one_line(std::string_view text, std::size_t width) {
  std::string result;
  std::size_t characters = 0;
  for (const char c : text) {
    const bool starts_character = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (starts_character && ++characters > width) {
      while (!result.empty() && (static_cast<unsigned char>(result.back()) & 0xC0) == 0x80) result.pop_back();
      if (!result.empty()) result.pop_back();
      return result + "…";
    }
    result += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  return result;
}

ProgressLine::ProgressLine() : visible_(::isatty(STDERR_FILENO) == 1) {}
ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(std::string_view text) {
  if (!visible_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  write(stderr, "\r" + harmless(one_line(text, terminal_width() - 1)) + "\x1b[K");
  shown_ = true;
}

void ProgressLine::clear() {
  if (std::exchange(shown_, false)) write(stderr, "\r\x1b[K");
}

}  // namespace sumun::host
