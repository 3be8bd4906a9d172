// SPDX-License-Identifier: Apache-2.0
// Which paths a pattern means.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace sumun::docsearch {

/// True if `pattern` means `path`, which is absolute.
///   /data/handbook       this file, or everything below this folder
///   handbook/leave.md    the same anywhere below the root
///   *.md  notes/**/*.md  a glob: * and ? stay inside one folder, ** does not, [a-z] is a set
bool path_matches(std::string_view pattern, std::string_view path);

/// True if the list is empty or any of its patterns matches.
bool any_path_matches(const std::vector<std::string>& patterns, std::string_view path);

}  // namespace sumun::docsearch
