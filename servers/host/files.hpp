// SPDX-License-Identifier: Apache-2.0
// Whole files: reading one, and replacing one so that a crash leaves the old or the new text and never half of it.
#pragma once
#include <sumun/result.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sumun::host {

inline constexpr std::size_t kMaxSettingsBytes = 64 * 1024 * 1024;  // a settings file: it is edited in memory

/// The file's bytes; nullopt where there is no such file.
/// Errors: io, with the file's name and the reason.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path);

/// Writes `text` in place of what read_file() gave, through a temporary file beside it. Folders that are missing are
/// made, symbolic links are followed, permissions are kept, and the old text is copied to a backup first.
/// Returns: the backup's path; empty where there was no file.
/// Errors:  io (with the name); failed when the file has changed since it was read.
Result<std::filesystem::path> replace_file(const std::filesystem::path& path, const std::optional<std::string>& expected, std::string_view text);

/// The bytes as people write them: "812 B", "3.4 MB".
std::string human_bytes(std::uintmax_t bytes);

}  // namespace sumun::host
