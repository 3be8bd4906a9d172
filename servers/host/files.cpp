// SPDX-License-Identifier: Apache-2.0
// POSIX calls, each checked; the caller's file is touched by one rename() only.
#include "files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

namespace sumun::host {
namespace {

namespace fs = std::filesystem;

Error io_error(std::string_view what, const fs::path& path, int code) {
  return fail(ErrorCode::io, "cannot " + std::string(what) + " " + path.string() + ": " + std::generic_category().message(code));
}

/// Closes its descriptor. Owner: the function that opened it.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// Creates `path`, which must not exist yet, with these permissions and this owner.
std::optional<Error> write_new(const fs::path& path, std::string_view text, const struct stat* like) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, like ? 0600 : 0644));
  if (file.get() < 0) return io_error("create", path, errno);
  int code = 0;
  if (like) {
    if (::fchmod(file.get(), like->st_mode & 07777) != 0) code = errno;
    // Only root may give a file away; for anybody else the owner is right already.
    if (code == 0 && ::geteuid() == 0 && ::fchown(file.get(), like->st_uid, like->st_gid) != 0) code = errno;
  }
  if (code == 0) code = write_all(file.get(), text);
  if (code == 0 && ::fsync(file.get()) != 0) code = errno;
  if (code == 0) return std::nullopt;
  ::unlink(path.c_str());
  return io_error("write", path, code);
}

void sync_folder(const fs::path& folder) {
  const Descriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() >= 0) ::fsync(handle.get());
}

std::string stamp() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return text.data();
}

Result<fs::path> write_backup(const fs::path& path, std::string_view text, const struct stat& like) {
  const std::string base = path.string() + ".backup-" + stamp();
  for (int attempt = 0; attempt < 100; ++attempt) {
    const fs::path backup = attempt == 0 ? base : base + "-" + std::to_string(attempt);
    std::error_code ignored;
    if (fs::exists(backup, ignored)) continue;
    if (auto error = write_new(backup, text, &like)) return std::move(*error);
    return backup;
  }
  return fail(ErrorCode::io, "cannot find a free name for a backup of " + path.string());
}

}  // namespace

Result<std::optional<std::string>> read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return io_error("open", path, errno);
  }
  std::string text;
  std::array<char, 65536> block;
  while (true) {
    const auto count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error("read", path, errno);
    if (count == 0) return std::optional<std::string>(std::move(text));
    text.append(block.data(), static_cast<std::size_t>(count));
    if (text.size() > kMaxSettingsBytes) return io_error("read", path, EFBIG);
  }
}

Result<fs::path> replace_file(const fs::path& path, const std::optional<std::string>& expected, std::string_view text) {
  std::error_code code;
  fs::path target = fs::weakly_canonical(path, code);
  if (code) return io_error("follow", path, code.value());
  fs::create_directories(target.parent_path(), code);
  if (code) return io_error("create the folder", target.parent_path(), code.value());

  struct stat existing{};
  const bool exists = ::stat(target.c_str(), &existing) == 0;
  if (exists && ::access(target.c_str(), W_OK) != 0) return io_error("write", target, errno);
  const auto now = read_file(target);
  if (!now) return now.error();
  if (*now != expected) return fail(target.string() + " was changed by another program just now; run this again");

  fs::path backup;
  if (exists) {
    auto written = write_backup(target, **now, existing);
    if (!written) return written.error();
    backup = std::move(*written);
  }
  const fs::path temporary = target.string() + ".sumun-" + std::to_string(::getpid());
  if (auto error = write_new(temporary, text, exists ? &existing : nullptr)) return std::move(*error);
  if (::rename(temporary.c_str(), target.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return io_error("replace", target, reason);
  }
  sync_folder(target.parent_path());
  return backup;
}

std::string human_bytes(std::uintmax_t bytes) {
  static constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace sumun::host
