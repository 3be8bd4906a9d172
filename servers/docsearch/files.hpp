// SPDX-License-Identifier: Apache-2.0
// Files as an indexer meets them: finding them, telling text from what is none, reading them without trusting them.
#pragma once
#include "docsearch.hpp"
#include "store.hpp"

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>

namespace sumun::docsearch {

inline constexpr std::size_t kMaxRecordBytes = std::size_t{16} << 20;  // a longer line of a JSON Lines file is skipped
inline constexpr int kMaxFolderDepth = 200;

/// An open file descriptor.
class FileHandle {
 public:
  explicit FileHandle(int fd = -1) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileHandle();
  int get() const { return fd_; }

 private:
  int fd_;
};

/// What a file looked like: any difference makes the indexer read it again.
struct FileStamp {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0, changed_ns = 0, inode = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
FileStamp stamp_of(const struct stat& status);

/// Opens a regular file for reading; anything else (a pipe, a device) is an error and never waited for. Paths of the
/// index were real when they were found: a link in the place of such a file is refused.
/// The error's message is the reason alone, without the path.
enum class Links { follow, refuse };
Result<FileHandle> open_file(const std::string& path, FileStamp& stamp, Links links = Links::refuse);

/// Bytes [offset, offset + size) of the file; fewer at its end.
Result<std::string> read_range(const FileHandle& file, std::uint64_t offset, std::size_t size);
Result<Digest> hash_file(const FileHandle& file);

/// By the name's ending; nullopt = unknown, to be told by the content.
std::optional<DocumentType> type_by_name(const std::string& path);
bool is_binary_name(const std::string& path);

/// Why these bytes are no text that can be indexed; empty = they are.
std::string why_not_text(std::string_view bytes);

struct Walk {
  std::function<void(const std::string& path)> found;
  std::function<void(const std::string& path, const std::string& reason)> skipped;
  std::function<bool()> stopped;
  bool hidden = false;
};

/// Visits the regular files below `root` (or root itself) in the order of their names. Links inside are not followed.
void walk_files(const std::string& root, const Walk& walk);

}  // namespace sumun::docsearch
