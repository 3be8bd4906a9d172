// SPDX-License-Identifier: Apache-2.0
// The person at the terminal itself (/dev/tty): not standard input, which may be anybody's pipe. A process without a
// terminal cannot get one here.
#pragma once
#include <sumun/limits.hpp>
#include <sumun/result.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace sumun::host {

/// What was typed and not shown; wiped from memory when it goes.
class Password {
 public:
  Password() = default;
  Password(Password&& other) noexcept;
  Password& operator=(Password&& other) noexcept;
  ~Password();

  /// False = it is too long, and longer ones are not kept.
  bool add(char c);
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  void wipe();
  std::array<char, kMaxPasswordBytes + 1> bytes_{};
  std::size_t size_ = 0;
};

/// Thread: one. A stop signal gives the terminal back as it was before it ends or stops the process.
class Terminal {
 public:
  /// Errors: io: this process has none.
  static Result<Terminal> open();
  Terminal(Terminal&& other) noexcept;
  Terminal& operator=(Terminal&&) = delete;
  ~Terminal();

  /// Shows `text` with everything in it made visible that could steer the terminal.
  void say(std::string_view text);
  /// A line; what was typed before the question is thrown away. Errors: cancelled (the terminal is gone, end of input).
  Result<std::string> ask(std::string_view question);
  /// The same, and nothing of it is shown. Errors: also invalid_value where it is too long.
  Result<Password> ask_password(std::string_view question);

 private:
  explicit Terminal(int descriptor) : descriptor_(descriptor) {}
  template <class Take>
  Result<void> read_line(std::string_view question, bool shown, Take take);
  int descriptor_;
};

}  // namespace sumun::host
