// SPDX-License-Identifier: Apache-2.0
// Globs of policy rules, and the other readings of a URI that they are held against.
//   **  any characters      *  any characters; in URIs none that is "/"      ?  one character; in URIs not "/"      \x  x itself
// Sets and alternatives do not exist: [ ] { } stand for themselves behind a \ only, so that a rule that means more than it
// says is refused and not silently without effect.
#pragma once
#include "gate/truth.hpp"

#include <sumun/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::gate {

inline constexpr std::size_t kMaxGlobBytes = 1024;     // of one glob
inline constexpr std::size_t kMaxJudgedBytes = 4096;   // of what is matched; of more nothing can be told (time is quadratic)

/// Thread: constant; match from any thread.
class Glob {
 public:
  enum class Kind : std::uint8_t { names, uris };

  /// Errors: invalid_value; the message begins with "column N: ".
  static Result<Glob> compile(std::string_view text, Kind kind);
  /// Of URIs: yes where every reading matches, no where none does in any case of its letters, else unknown.
  Truth match(std::string_view text) const;
  /// Whether some URI of the template can match.
  bool may_match_template(std::string_view uri_template) const;

 private:
  struct Token {
    enum class Kind : std::uint8_t { text, one, star, double_star } kind;
    char character = 0;  // of text: one byte
  };
  static bool meet(const std::vector<Token>& left, const std::vector<Token>& right);
  enum class Case { counts, ignored };
  bool matches(std::string_view text, Case letters) const;

  std::vector<Token> tokens_;
  Kind kind_ = Kind::names;
};

/// What counts as the path of a URI: "docs://a/b" has the path "/b", or, where a program makes nothing of hosts, "a/b".
enum class PathBegin { behind_host, behind_scheme };
/// Whether `plain_uri` may give something else.
bool has_other_reading(std::string_view uri);
/// A URI as whoever opens it may read it: %XX decoded once, "//", "." and ".." resolved, without its fragment.
std::string plain_uri(std::string_view uri, PathBegin path);

}  // namespace sumun::gate
