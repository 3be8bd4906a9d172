// SPDX-License-Identifier: Apache-2.0
#include "approval_edit.hpp"

#include "approval_view.hpp"
#include "arguments.hpp"
#include "console.hpp"
#include "files.hpp"
#include "json_input.hpp"
#include "words.hpp"

#include <sumun/schema.hpp>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sumun::host {
namespace {

namespace fs = std::filesystem;

Result<json> held_against_schema(const Approval& approval, json arguments) {
  const auto schema = Schema::compile(approval.input_schema);
  if (!schema) return schema.error();
  const auto violations = schema->validate(arguments, Defaults::fill);
  if (!violations.empty()) return fail(ErrorCode::invalid_value, explain(violations));
  return arguments;
}

/// A file of this user alone, gone when it goes.
class Draft {
 public:
  static Result<Draft> make(const std::string& text) {
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    std::string path = (folder && *folder == '/' ? fs::path(folder) : fs::temp_directory_path()) / "sumun-arguments-XXXXXX.json";
    const int descriptor = ::mkostemps(path.data(), 5, O_CLOEXEC);  // 0600
    if (descriptor < 0) return fail(ErrorCode::io, "cannot make " + path + ": " + std::generic_category().message(errno));
    const auto written = ::write(descriptor, text.data(), text.size());
    ::close(descriptor);
    if (written != static_cast<ssize_t>(text.size())) return fail(ErrorCode::io, "cannot write " + path);
    return Draft(path);
  }
  Draft(Draft&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Draft& operator=(Draft&&) = delete;
  ~Draft() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  explicit Draft(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<std::vector<std::string>> editor() {
  for (const char* name : {"VISUAL", "EDITOR"}) {
    const char* value = std::getenv(name);
    if (!value || !*value) continue;
    auto words = split_words(value);
    if (words && !words->empty()) return words;
  }
  return std::vector<std::string>{"vi"};
}

Result<json> read_draft(const Draft& draft, const Approval& approval) {
  const auto text = read_file(draft.path());
  if (!text) return text.error();
  if (!*text) return fail(ErrorCode::cancelled, "the file was removed; nothing is changed");
  auto value = json_of_text(**text, "arguments");
  if (!value) return value;
  return held_against_schema(approval, *std::move(value));
}

Result<json> edit_in_editor(const Approval& approval, Terminal& terminal) {
  const auto draft = Draft::make(approval.edited.value_or(approval.arguments).dump(2) + "\n");
  if (!draft) return draft.error();
  auto command = editor();
  if (!command) return command.error();
  command->push_back(draft->path());
  while (true) {
    if (auto ran = run_program(*command); !ran) return ran.error();
    auto edited = read_draft(*draft, approval);
    if (edited) return edited;
    terminal.say(visible(edited.error().message, kMaxReasonBytes) + "\n");
    const auto again = terminal.ask("edit it again? [Y/n] ");
    if (!again || (!again->empty() && *again != "y" && *again != "Y")) return fail(ErrorCode::cancelled, "nothing is changed");
  }
}

}  // namespace

Result<json> edit_arguments(const Approval& approval, const std::vector<std::string>& words, Terminal& terminal) {
  if (words.empty()) return edit_in_editor(approval, terminal);
  auto arguments = convert_arguments(words, approval.input_schema, approval.edited.value_or(approval.arguments));
  if (!arguments) return arguments;
  return held_against_schema(approval, *std::move(arguments));
}

Result<void> run_program(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int code = ::posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ);
  if (code != 0) return fail(ErrorCode::io, "cannot start " + words.front() + ": " + std::generic_category().message(code));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail(ErrorCode::io, "cannot wait for " + words.front());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(words.front() + " ended with " + (WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status)) : "signal " + std::to_string(WTERMSIG(status))));
}

}  // namespace sumun::host
