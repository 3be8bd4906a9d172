// SPDX-License-Identifier: Apache-2.0
// Labels of internationalized domain names as IDNA 2008 defines them: RFC 5890 to 5893 and, for A-labels, RFC 3492.
#pragma once
#include <cstddef>
#include <string_view>

namespace sumun::schema {

inline constexpr std::size_t kMaxLabel = 63;  // octets, in its ASCII form

/// What is known of one label.
struct LabelFacts {
  bool valid = false;
  bool right_to_left = false;  // it has such characters, which makes its whole name a "Bidi domain name"
  bool bidi_rule = false;      // RFC 5893, section 2; asked of every label of such a name
  std::size_t ascii_size = 0;
};

/// ASCII letters count as lower case. "xn--…" is decoded, and must be what its decoded form encodes to.
LabelFacts read_label(std::string_view label);

}  // namespace sumun::schema
