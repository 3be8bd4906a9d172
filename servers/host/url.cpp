// SPDX-License-Identifier: Apache-2.0
// Schemes and hosts of URLs.
#include "url.hpp"

namespace sumun::host {

bool is_url(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

bool is_readable_by_others(std::string_view url) {
  constexpr std::string_view kPlain = "http://";
  if (!url.starts_with(kPlain)) return false;
  url.remove_prefix(kPlain.size());
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  const std::string_view host = authority.substr(0, authority.find(':', authority.starts_with('[') ? authority.find(']') : 0));
  const bool number = host.find_first_not_of("0123456789.") == host.npos;  // 127.x.example is a name like any other
  return host != "localhost" && host != "[::1]" && !(number && host.starts_with("127."));
}

}  // namespace sumun::host
