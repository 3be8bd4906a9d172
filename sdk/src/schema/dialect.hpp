// SPDX-License-Identifier: Apache-2.0
// What a dialect knows: one table of the keywords of draft-07, 2019-09 and 2020-12, each with its vocabulary and with where
// subschemas are in it. A custom metaschema chooses among the vocabularies ($vocabulary: 2020-12 core, section 8.1.2).
#pragma once
#include <sumun/schema.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sumun::schema {

enum Vocabulary : std::uint16_t {
  kCore = 1,
  kApplicator = 2,
  kUnevaluated = 4,  // 2019-09 has it in the applicator vocabulary
  kValidation = 8,
  kMetaData = 16,
  kFormatAnnotation = 32,
  kFormatAssertion = 64,
  kContent = 128,
};

/// Where a keyword holds subschemas.
enum class Holds : std::uint8_t { nothing, one, list, one_or_list, map };

struct DialectFacts {
  Dialect draft = Dialect::draft_2020_12;
  std::uint16_t vocabularies = 0;

  bool old() const { return draft == Dialect::draft_07; }  // $ref hides its siblings, $id may be an anchor
  bool knows(std::string_view keyword) const { return holds(keyword).has_value(); }
  /// What the keyword holds; nothing where the dialect does not know it.
  std::optional<Holds> holds(std::string_view keyword) const;
};

DialectFacts standard_dialect(Dialect draft);

/// By the URI in `$schema`.
std::optional<DialectFacts> standard_dialect(std::string_view uri);

/// The dialect that a metaschema of somebody else's describes; `base` is the one that the metaschema itself is written in.
/// Errors: invalid_value: a vocabulary that is required and not known.
Result<DialectFacts> custom_dialect(const json& metaschema, DialectFacts base);

/// "the dialect "…" (draft-04) is not supported: …"
std::string unsupported_dialect(std::string_view uri);

/// The documents that hold the metaschema of this URI and, for 2020-12 and 2019-09, its vocabularies; "" = not one of ours.
std::string_view builtin_document(std::string_view uri);

}  // namespace sumun::schema
