// SPDX-License-Identifier: Apache-2.0
// What people see: data on standard output, words on standard error, and nothing in either that could steer a terminal.
#pragma once
#include <sumun/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace sumun::host {

/// The exit codes of every command.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;      // the work failed
inline constexpr int kWrongUsage = 2;  // the command line is wrong

bool stdout_is_terminal();
/// Somebody can be asked: input and error output are a terminal.
bool is_interactive();

/// Writes data. On a terminal, control characters in it are made visible, because it may come from elsewhere.
void print(std::string_view text);
/// Writes JSON: indented on a terminal, one line elsewhere.
void print_json(const json& value);
/// Whether all data has reached standard output (a full disk, a reader that is gone).
Result<void> flush_output();
/// Writes a line for people to standard error.
void tell(std::string_view line);
/// Says what failed and gives the exit code for it.
int failed(const Error& error);
int wrong_usage(std::string_view what);

/// Control characters other than line ends and tabs as \xHH, so that text from a server cannot move the cursor.
std::string harmless(std::string_view text);
/// Cut to `width` characters (code points), with … where something is missing; line ends become blanks.
std::string one_line(std::string_view text, std::size_t width);

/// A line on standard error that is written over while work goes on; nothing when that is no terminal.
/// Thread: one.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(std::string_view text);
  void clear();

 private:
  bool visible_;           // standard error is a terminal
  bool shown_ = false;     // there is something to clear
  std::chrono::steady_clock::time_point next_{};  // not before: ten times a second is enough
};

}  // namespace sumun::host
