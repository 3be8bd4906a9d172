// SPDX-License-Identifier: Apache-2.0
// A key file appears whole or not at all: it is written beside its place and linked there.
#include "store/key_file.hpp"

#include "base/random.hpp"
#include "store/database.hpp"

#include <sumun/limits.hpp>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace sumun::store {
namespace {

namespace fs = std::filesystem;

struct Key {
  std::string digits;
  std::int64_t since = 0;  // 0 = not known
};

Error io_error(const char* what, const fs::path& path, int code = errno) {
  return fail(ErrorCode::io, std::string("cannot ") + what + " " + path.string() + ": " + std::generic_category().message(code));
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Result<std::vector<Key>> parse(const std::string& text, const std::string& name) {
  std::vector<Key> keys;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Key key;
    if (!(words >> key.digits)) continue;
    bool good = key.digits.size() == 64;
    for (char c : key.digits) good = good && digit(c) >= 0;
    if (!good) return fail(ErrorCode::invalid_value, name + ": a key is 64 hexadecimal digits, a line each");
    words >> key.since;
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return fail(ErrorCode::invalid_value, name + ": there is no key in it");
  return keys;
}

SealKey bytes_of(const Key& key) {
  SealKey bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(digit(key.digits[2 * i]) * 16 + digit(key.digits[2 * i + 1]));
  return bytes;
}

std::shared_ptr<const Sealer> sealer_with(const std::vector<Key>& keys) {
  std::vector<SealKey> bytes;
  for (const Key& key : keys) bytes.push_back(bytes_of(key));
  return std::make_shared<const Sealer>(std::move(bytes));
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Key make_key() {
  SealKey bytes{};
  random_bytes(std::as_writable_bytes(std::span(bytes)));
  Key key{{}, now()};
  for (const auto byte : bytes) {
    key.digits += "0123456789abcdef"[byte >> 4];
    key.digits += "0123456789abcdef"[byte & 15];
  }
  return key;
}

// Written and on disk; the caller puts it into its place.
Result<fs::path> write_beside(const fs::path& file, const std::vector<Key>& keys) {
  std::string text;
  for (const auto& key : keys) text += key.digits + " " + std::to_string(key.since) + "\n";
  const fs::path beside = file.string() + "." + random_id();
  const int handle = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle < 0) return io_error("create", beside);
  const bool written = ::write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(handle) == 0;
  const int reason = errno;
  ::close(handle);
  if (written) return beside;
  ::unlink(beside.c_str());
  return io_error("write", beside, reason);
}

Result<std::string> read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.good() && !in.eof()) return io_error("read", file);
  return text;
}

// Empty = there is no file, and it was not to be made.
Result<std::vector<Key>> keys_in(const fs::path& file, Missing missing, struct ::stat& seen) {
  if (::stat(file.c_str(), &seen) != 0) {
    if (errno != ENOENT) return io_error("read", file);
    if (missing == Missing::leave) return std::vector<Key>();
    if (auto made = make_private_folder(file.parent_path()); !made) return made.error();
    auto beside = write_beside(file, {make_key()});
    if (!beside) return beside.error();
    const bool linked = ::link(beside->c_str(), file.c_str()) == 0 || errno == EEXIST;  // another process may have been first
    const int reason = errno;
    ::unlink(beside->c_str());
    if (!linked) return io_error("create", file, reason);
    if (::stat(file.c_str(), &seen) != 0) return io_error("read", file);
  }
  if ((seen.st_mode & 077) != 0) return fail(ErrorCode::io, file.string() + " can be read by others; make it yours alone (chmod 600), and rotate the keys");
  auto text = read(file);
  if (!text) return text.error();
  return parse(*text, file.string());
}

}  // namespace

Result<std::optional<SealKey>> secret_of(const fs::path& file, Missing missing) {
  struct ::stat seen {};
  auto keys = keys_in(file, missing, seen);
  if (!keys) return keys.error();
  if (keys->empty()) return std::optional<SealKey>();
  return std::optional<SealKey>(bytes_of(keys->front()));
}

Result<void> make_private_folder(const fs::path& folder) {
  if (folder.empty()) return {};
  struct ::stat there {};
  if (::stat(folder.c_str(), &there) == 0) return {};
  if (auto above = make_private_folder(folder.parent_path()); !above) return above;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return io_error("create the folder", folder);
  return {};
}

KeyRing::KeyRing(std::string given, fs::path file) : given_(std::move(given)), file_(std::move(file)) {}

// Called with the mutex held.
Result<void> KeyRing::load() {
  auto keys = keys_in(file_, Missing::make, seen_);
  if (!keys) return keys.error();
  sealer_ = sealer_with(*keys);
  return {};
}

Result<std::shared_ptr<const Sealer>> KeyRing::sealer() {
  std::lock_guard lock(mutex_);
  if (!given_.empty()) {
    if (!sealer_) {
      auto keys = parse(given_, "the keys of requestState");
      if (!keys) return keys.error();
      sealer_ = sealer_with(*keys);
    }
    return sealer_;
  }
  if (file_.empty()) return std::shared_ptr<const Sealer>();
  struct ::stat now_there {};
  const bool same = sealer_ && ::stat(file_.c_str(), &now_there) == 0 && now_there.st_ino == seen_.st_ino && now_there.st_dev == seen_.st_dev &&
                    now_there.st_mtim.tv_sec == seen_.st_mtim.tv_sec && now_there.st_mtim.tv_nsec == seen_.st_mtim.tv_nsec;
  if (!same)
    if (auto loaded = load(); !loaded) return loaded.error();
  return sealer_;
}

Result<void> KeyRing::rotate() {
  if (!given_.empty()) return fail(ErrorCode::unsupported, "the keys were given; put a new one in front of them where they come from");
  if (file_.empty()) return fail(ErrorCode::unsupported, "there is no file of keys");
  if (auto there = sealer(); !there) return there.error();
  const fs::path folder = file_.has_parent_path() ? file_.parent_path() : fs::path(".");
  const int lock = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0) return io_error("open", folder);
  ::flock(lock, LOCK_EX);  // two at once would lose a key; let go of with the descriptor
  const auto put = [&]() -> Result<void> {
    auto text = read(file_);
    if (!text) return text.error();
    auto keys = parse(*text, file_.string());
    if (!keys) return keys.error();
    std::vector<Key> next{make_key()};
    const auto life = std::chrono::duration_cast<std::chrono::seconds>(kRequestStateLife).count();
    // A key is of use until what it sealed last has expired: a life after the next one took over.
    for (auto& key : *keys) {
      if (next.size() > 1 && next.back().since + life < now()) break;
      next.push_back(std::move(key));
    }
    auto beside = write_beside(file_, next);
    if (!beside) return beside.error();
    if (::rename(beside->c_str(), file_.c_str()) != 0) return io_error("replace", file_);
    return {};
  };
  auto done = put();
  ::close(lock);
  return done;
}

}  // namespace sumun::store
