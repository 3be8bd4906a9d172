// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include "utf8.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace sumun::docsearch {
namespace {

struct Ending {
  std::string_view name;
  DocumentType type;
};

constexpr Ending kEndings[] = {
    {"md", DocumentType::markdown}, {"markdown", DocumentType::markdown}, {"mdx", DocumentType::markdown}, {"mkd", DocumentType::markdown},
    {"txt", DocumentType::text},    {"text", DocumentType::text},     {"rst", DocumentType::text},    {"adoc", DocumentType::text},
    {"org", DocumentType::text},    {"log", DocumentType::text},      {"csv", DocumentType::text},    {"tsv", DocumentType::text},
    {"html", DocumentType::html},   {"htm", DocumentType::html},      {"xhtml", DocumentType::html},  {"jsonl", DocumentType::jsonl},
    {"ndjson", DocumentType::jsonl}};

constexpr std::string_view kCodeEndings[] = {
    "c",    "cc",   "cpp",  "cxx",  "h",    "hh",    "hpp",  "hxx",  "ipp",  "cs",   "java", "kt",    "kts", "scala", "go",  "rs",  "swift", "m",
    "mm",   "py",   "pyi",  "rb",   "pl",   "pm",    "php",  "js",   "mjs",  "cjs",  "jsx",  "ts",    "tsx", "vue",   "sh",  "bash", "zsh",  "ps1",
    "bat",  "sql",  "lua",  "r",    "jl",   "hs",    "ml",   "ex",   "exs",  "erl",  "clj",  "dart",  "zig", "nim",   "f90", "asm", "s",     "json",
    "yaml", "yml",  "toml", "ini",  "cfg",  "conf",  "xml",  "proto", "graphql", "tf", "cmake", "gradle", "mk", "css",  "scss", "less"};

constexpr std::string_view kBinaryEndings[] = {
    "7z",  "a",    "avi",  "bin",  "bmp", "bz2", "class", "db",   "dll", "doc", "docx", "exe",  "flac", "gif", "gz",   "ico",  "iso", "jar",  "jpeg", "jpg",
    "mkv", "mov",  "mp3",  "mp4",  "o",   "odt", "ogg",   "otf",  "pdf", "png", "ppt",  "pptx", "pyc",  "rar", "so",   "sqlite", "tar", "tif", "tiff", "ttf",
    "wasm", "wav", "webm", "webp", "woff", "woff2", "xls", "xlsx", "xz", "zip", "zst"};

std::string ending_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return {};
  std::string ending = path.substr(dot + 1);
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return ending;
}

std::string reason_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM: return "permission denied";
    case ENOENT: return "no such file";
    case ELOOP: return "a link";
    default: return std::generic_category().message(error);
  }
}

std::int64_t nanoseconds(const struct timespec& time) { return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec; }

// Folders that hold what others wrote or what is made again: not what somebody looks for.
bool is_foreign_folder(std::string_view name) { return name == "node_modules" || name == "__pycache__"; }

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

void walk_folder(const std::string& folder, const Walk& walk, int depth) {
  if (depth > kMaxFolderDepth) return walk.skipped(folder, "folders too deep");
  std::vector<std::pair<std::string, unsigned char>> entries;
  {
    const std::unique_ptr<DIR, CloseFolder> open(opendir(folder.c_str()));
    if (!open) return walk.skipped(folder, reason_of(errno));
    while (const dirent* entry = readdir(open.get())) entries.emplace_back(entry->d_name, entry->d_type);
  }
  std::sort(entries.begin(), entries.end());
  for (const auto& [name, listed_type] : entries) {
    if (walk.stopped()) return;
    if (name == "." || name == ".." || (!walk.hidden && name[0] == '.')) continue;
    const std::string path = folder == "/" ? "/" + name : folder + "/" + name;
    unsigned char type = listed_type;
    if (type == DT_UNKNOWN) {
      struct stat status {};
      if (lstat(path.c_str(), &status) != 0) continue;
      type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_LNK;
    }
    if (type == DT_DIR) {
      if (!is_foreign_folder(name)) walk_folder(path, walk, depth + 1);
    } else if (type == DT_REG) {
      walk.found(path);
    }
  }
}

}  // namespace

FileHandle::~FileHandle() {
  if (fd_ >= 0) close(fd_);
}

FileStamp stamp_of(const struct stat& status) {
  return {static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim), static_cast<std::int64_t>(status.st_ino)};
}

Result<FileHandle> open_file(const std::string& path, FileStamp& stamp, Links links) {
  FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (links == Links::refuse ? O_NOFOLLOW : 0)));
  if (file.get() < 0) return fail(ErrorCode::io, reason_of(errno));
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return fail(ErrorCode::io, reason_of(errno));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::io, "not a regular file");
  stamp = stamp_of(status);
  return file;
}

Result<std::string> read_range(const FileHandle& file, std::uint64_t offset, std::size_t size) {
  std::string bytes;
  bytes.resize(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = pread(file.get(), bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorCode::io, reason_of(errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

Result<Digest> hash_file(const FileHandle& file) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  Hasher hasher;
  for (std::uint64_t offset = 0;; offset += kBlock) {
    auto block = read_range(file, offset, kBlock);
    if (!block) return block.error();
    hasher.update(*block);
    if (block->size() < kBlock) return hasher.finish();
  }
}

std::optional<DocumentType> type_by_name(const std::string& path) {
  const std::string ending = ending_of(path);
  for (const Ending& known : kEndings) {
    if (known.name == ending) return known.type;
  }
  if (std::find(std::begin(kCodeEndings), std::end(kCodeEndings), ending) != std::end(kCodeEndings)) return DocumentType::code;
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  if (name == "Makefile" || name == "Dockerfile" || name == "CMakeLists.txt") return DocumentType::code;
  return std::nullopt;
}

bool is_binary_name(const std::string& path) {
  const std::string ending = ending_of(path);
  return std::find(std::begin(kBinaryEndings), std::end(kBinaryEndings), ending) != std::end(kBinaryEndings);
}

std::string why_not_text(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return "UTF-16 text; convert it to UTF-8";
  if (bytes.starts_with("%PDF-")) return "binary file (PDF)";
  if (std::memchr(bytes.data(), 0, bytes.size()) != nullptr) return "binary file";
  std::size_t bad = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t next = first_invalid_utf8(bytes.substr(at));
    if (next == std::string_view::npos) break;
    ++bad;
    at += next + 1;
    if (bad > 16 + bytes.size() / 100) return "not UTF-8 text";
  }
  // A stray byte in a long text is a slip; in a short one the text is of another encoding.
  return bad * 100 > bytes.size() ? "not UTF-8 text" : "";
}

void walk_files(const std::string& root, const Walk& walk) {
  struct stat status {};
  if (stat(root.c_str(), &status) != 0) return walk.skipped(root, reason_of(errno));
  if (S_ISREG(status.st_mode)) return walk.found(root);
  if (!S_ISDIR(status.st_mode)) return walk.skipped(root, "not a regular file");
  walk_folder(root, walk, 0);
}

}  // namespace sumun::docsearch
