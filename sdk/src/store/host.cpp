// SPDX-License-Identifier: Apache-2.0
// Reads /proc.
#include "store/host.hpp"

#include <array>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace sumun::store {
namespace {

std::string first_word(const std::string& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

// The machine since it was started, and what its process ids mean here.
std::string own_machine() {
  const std::string boot = first_word("/proc/sys/kernel/random/boot_id");
  std::array<char, 64> name{};
  const auto length = ::readlink("/proc/self/ns/pid", name.data(), name.size());
  if (boot.empty() || length <= 0) return {};
  std::string space(name.data(), static_cast<std::size_t>(length));  // pid:[4026531836]
  return boot + ":" + space.substr(space.find('[')) + ":";
}

// Empty = there is no such process, or it has ended and nobody has taken note of it.
std::string start_of(const std::string& pid) {
  std::ifstream in("/proc/" + pid + "/stat");
  std::string line;
  std::getline(in, line);
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(line.substr(name_end + 1));
  std::string field;
  for (int number = 3; rest >> field; ++number) {
    if (number == 3 && (field == "Z" || field == "X")) return {};
    if (number == 22) return field;
  }
  return {};
}

}  // namespace

std::string own_place() {
  const std::string machine = own_machine();
  const std::string pid = std::to_string(::getpid());
  const std::string start = start_of(pid);
  return machine.empty() || start.empty() ? std::string() : machine + pid + ":" + start;
}

bool is_known_dead(std::string_view place) {
  const std::string machine = own_machine();
  if (machine.empty() || !place.starts_with(machine)) return false;
  const std::string rest(place.substr(machine.size()));
  const auto colon = rest.find(':');
  return colon != std::string::npos && start_of(rest.substr(0, colon)) != rest.substr(colon + 1);
}

}  // namespace sumun::store
