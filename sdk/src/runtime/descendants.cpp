// SPDX-License-Identifier: Apache-2.0
// Finds descendants by their parents in /proc, because a child's own children are not ours to wait for.
#include "runtime/descendants.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <csignal>
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sumun {
inline namespace v0 {
namespace {

constexpr std::chrono::milliseconds kLook{5};  // between looks whether they are gone

bool has_children() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

// The parent of a process that is alive; 0 for one that has ended.
pid_t living_parent(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t name_end = text.rfind(')');  // the name may hold anything, also ')'
  if (name_end == std::string::npos || name_end + 4 >= text.size()) return 0;
  const char state = text[name_end + 2];
  return state == 'Z' || state == 'X' ? 0 : static_cast<pid_t>(std::atol(text.c_str() + name_end + 4));
}

std::vector<pid_t> descendants() {
  std::multimap<pid_t, pid_t> children;
  DIR* const folder = opendir("/proc");
  if (folder == nullptr) return {};
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (const pid_t parent = living_parent(name)) children.emplace(parent, static_cast<pid_t>(std::atol(name.c_str())));
  }
  closedir(folder);
  std::vector<pid_t> found;
  std::vector<pid_t> next{getpid()};
  while (!next.empty()) {
    const pid_t parent = next.back();
    next.pop_back();
    const auto [first, last] = children.equal_range(parent);
    for (auto it = first; it != last; ++it) {
      found.push_back(it->second);
      next.push_back(it->second);
    }
  }
  return found;
}

}  // namespace

void end_descendants(std::chrono::milliseconds limit) {
  if (!has_children()) return;
  const std::vector<pid_t> asked = descendants();
  for (const pid_t pid : asked) kill(pid, SIGTERM);
  // What was asked is watched by its own pid: once its parent has ended it is no descendant any more.
  const auto alive = [&] {
    std::vector<pid_t> left;
    for (const pid_t pid : asked)
      if (living_parent(std::to_string(pid)) != 0) left.push_back(pid);
    return left;
  };
  const auto end = std::chrono::steady_clock::now() + limit;
  std::vector<pid_t> left = alive();
  while (!left.empty() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kLook);
    left = alive();
  }
  for (const pid_t pid : left) kill(pid, SIGKILL);
  for (const pid_t pid : descendants()) kill(pid, SIGKILL);  // started while the others were asked
}

}  // namespace v0
}  // namespace sumun
