// SPDX-License-Identifier: Apache-2.0
// Where a token may go without a warning.
#include "url.hpp"

#include <doctest/doctest.h>

using sumun::host::is_readable_by_others;

TEST_CASE("plain HTTP is readable by others, unless it stays on this computer; a host that only looks so does not") {
  const struct {
    const char* url;
    bool want;
  } table[] = {
      {"", false},
      {"https://evil.example/mcp", false},
      {"http://localhost/mcp", false},
      {"http://localhost:8080", false},
      {"http://127.0.0.1:8080/mcp", false},
      {"http://127.9.9.9", false},
      {"http://[::1]:8080/mcp", false},
      {"http://127.evil.example/mcp", true},
      {"http://127.0.0.1.evil.example:80/mcp", true},
      {"http://localhost.evil.example", true},
      {"http://[::1].evil.example", true},
      {"http://[::1", true},
      {"http://127.0.0.1@evil.example/", true},
      {"http://tools.example?x=127.0.0.1", true},
      {"http://10.0.0.1/", true},
      {"http://", true},
  };
  for (const auto& row : table) {
    CAPTURE(row.url);
    CHECK(is_readable_by_others(row.url) == row.want);
  }
}
