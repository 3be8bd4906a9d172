// SPDX-License-Identifier: Apache-2.0
// The visible text of an HTML page, its structure, and the bytes of the page behind it.
#pragma once
#include "blocks.hpp"
#include "source_map.hpp"

namespace sumun::docsearch {

struct HtmlText {
  std::string text;  // blocks between newlines; white space folded except inside <pre>
  Blocks blocks;     // over text
  SourceMap source;  // text to page
};

/// Reads any bytes in one pass, in linear time and without recursion; what is no markup is text.
HtmlText read_html(std::string_view page);

}  // namespace sumun::docsearch
