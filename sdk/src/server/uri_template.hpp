// SPDX-License-Identifier: Apache-2.0
// URI templates (RFC 6570) read backwards: which values of its variables give this URI? And forwards.
//   {name}   what holds no "/", "?" or "#"        {+name}  anything
//   {/name}  "/" and what holds no "/", "?", "#"   {?a,b}   a query with these names, in any order, each optional
#pragma once
#include <sumun/result.hpp>
#include <sumun/server.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sumun::server {

class UriTemplate {
 public:
  /// Errors: invalid_value, naming the place, for an expression that is not one of the above.
  static Result<UriTemplate> parse(std::string_view text);
  /// The variables, percent-decoded; none when the URI does not fit.
  std::optional<UriVariables> match(std::string_view uri) const;
  /// The URI of these values (RFC 6570, section 3.2); none where one is missing that is not a query's.
  std::optional<std::string> expand(const UriVariables& values) const;
  const std::vector<std::string>& variables() const { return names_; }

 private:
  struct Part {
    enum class Kind { literal, simple, reserved, path, query } kind;
    std::string text;                // the literal, or the variable's name
    std::vector<std::string> names;  // of a query
  };
  bool match_from(std::size_t part, std::string_view rest, UriVariables& found, int& budget) const;

  std::vector<Part> parts_;
  std::vector<std::string> names_;
};

}  // namespace sumun::server
