// SPDX-License-Identifier: Apache-2.0
// The keywords, the vocabularies and the dialects of the standard.
#include "schema/dialect.hpp"

#include <algorithm>
#include <array>

namespace sumun::schema {

namespace {

enum Drafts : std::uint8_t { k07 = 1, k2019 = 2, k2020 = 4, kFrom2019 = 6, kUntil2019 = 3, kEvery = 7 };

struct Keyword {
  std::string_view name;
  std::uint16_t vocabulary;
  std::uint8_t drafts;
  Holds holds = Holds::nothing;
};

constexpr Keyword kKeywords[] = {
    {"$anchor", kCore, kFrom2019},
    {"$comment", kCore, kEvery},
    {"$defs", kCore, kFrom2019, Holds::map},
    {"$dynamicAnchor", kCore, k2020},
    {"$dynamicRef", kCore, k2020},
    {"$id", kCore, kEvery},
    {"$recursiveAnchor", kCore, k2019},
    {"$recursiveRef", kCore, k2019},
    {"$ref", kCore, kEvery},
    {"$schema", kCore, kEvery},
    {"$vocabulary", kCore, kFrom2019},
    {"additionalItems", kApplicator, kUntil2019, Holds::one},
    {"additionalProperties", kApplicator, kEvery, Holds::one},
    {"allOf", kApplicator, kEvery, Holds::list},
    {"anyOf", kApplicator, kEvery, Holds::list},
    {"const", kValidation, kEvery},
    {"contains", kApplicator, kEvery, Holds::one},
    {"contentEncoding", kContent, kEvery},
    {"contentMediaType", kContent, kEvery},
    {"contentSchema", kContent, kFrom2019, Holds::one},
    {"default", kMetaData, kEvery},
    {"definitions", kCore, kEvery, Holds::map},         // later dialects reserve it
    {"dependencies", kApplicator, kEvery, Holds::map},  // likewise
    {"dependentRequired", kValidation, kFrom2019},
    {"dependentSchemas", kApplicator, kFrom2019, Holds::map},
    {"else", kApplicator, kEvery, Holds::one},
    {"enum", kValidation, kEvery},
    {"exclusiveMaximum", kValidation, kEvery},
    {"exclusiveMinimum", kValidation, kEvery},
    {"format", kFormatAnnotation | kFormatAssertion, kEvery},
    {"if", kApplicator, kEvery, Holds::one},
    {"items", kApplicator, kEvery, Holds::one_or_list},
    {"maxContains", kValidation, kFrom2019},
    {"maxItems", kValidation, kEvery},
    {"maxLength", kValidation, kEvery},
    {"maxProperties", kValidation, kEvery},
    {"maximum", kValidation, kEvery},
    {"minContains", kValidation, kFrom2019},
    {"minItems", kValidation, kEvery},
    {"minLength", kValidation, kEvery},
    {"minProperties", kValidation, kEvery},
    {"minimum", kValidation, kEvery},
    {"multipleOf", kValidation, kEvery},
    {"not", kApplicator, kEvery, Holds::one},
    {"oneOf", kApplicator, kEvery, Holds::list},
    {"pattern", kValidation, kEvery},
    {"patternProperties", kApplicator, kEvery, Holds::map},
    {"prefixItems", kApplicator, k2020, Holds::list},
    {"properties", kApplicator, kEvery, Holds::map},
    {"propertyNames", kApplicator, kEvery, Holds::one},
    {"required", kValidation, kEvery},
    {"then", kApplicator, kEvery, Holds::one},
    {"type", kValidation, kEvery},
    {"unevaluatedItems", kUnevaluated, kFrom2019, Holds::one},
    {"unevaluatedProperties", kUnevaluated, kFrom2019, Holds::one},
    {"uniqueItems", kValidation, kEvery},
};
static_assert(std::ranges::is_sorted(kKeywords, {}, &Keyword::name));

std::uint8_t bit(Dialect draft) { return draft == Dialect::draft_07 ? k07 : draft == Dialect::draft_2019_09 ? k2019 : k2020; }

struct DialectName {
  std::string_view uri;  // without scheme and empty fragment
  Dialect draft;
};
constexpr DialectName kDialects[] = {{"json-schema.org/draft/2020-12/", Dialect::draft_2020_12},
                                     {"json-schema.org/draft/2019-09/", Dialect::draft_2019_09},
                                     {"json-schema.org/draft-07/", Dialect::draft_07}};

struct VocabularyName {
  std::string_view name;
  std::uint8_t drafts;
  std::uint16_t bits;
};
constexpr VocabularyName kVocabularies[] = {
    {"core", kFrom2019, kCore},
    {"applicator", k2019, kApplicator | kUnevaluated},
    {"applicator", k2020, kApplicator},
    {"unevaluated", k2020, kUnevaluated},
    {"validation", kFrom2019, kValidation},
    {"meta-data", kFrom2019, kMetaData},
    {"format", k2019, kFormatAnnotation},
    {"format-annotation", k2020, kFormatAnnotation},
    {"format-assertion", k2020, kFormatAssertion},
    {"content", kFrom2019, kContent},
};

// The dialect whose URIs begin like this one, and the rest of it: "schema", "vocab/core", "meta/core".
std::optional<std::pair<Dialect, std::string_view>> split(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  const bool secure = uri.starts_with("https://");
  if (!secure && !uri.starts_with("http://")) return std::nullopt;
  uri.remove_prefix(secure ? 8 : 7);
  for (const auto& one : kDialects) {
    if (uri.starts_with(one.uri) && (secure || one.draft == Dialect::draft_07)) return std::pair(one.draft, uri.substr(one.uri.size()));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Holds> DialectFacts::holds(std::string_view keyword) const {
  const auto* const found = std::ranges::lower_bound(kKeywords, keyword, {}, &Keyword::name);
  if (found == std::end(kKeywords) || found->name != keyword) return std::nullopt;
  if ((found->vocabulary & vocabularies) == 0 || (found->drafts & bit(draft)) == 0) return std::nullopt;
  return found->holds;
}

DialectFacts standard_dialect(Dialect draft) {
  return {draft, kCore | kApplicator | kUnevaluated | kValidation | kMetaData | kFormatAnnotation | kContent};
}

std::optional<DialectFacts> standard_dialect(std::string_view uri) {
  const auto parts = split(uri);
  if (!parts || parts->second != "schema") return std::nullopt;
  return standard_dialect(parts->first);
}

Result<DialectFacts> custom_dialect(const json& metaschema, DialectFacts base) {
  const auto list = metaschema.is_object() ? metaschema.find("$vocabulary") : metaschema.end();
  if (!metaschema.is_object() || list == metaschema.end() || !list->is_object() || base.old()) return base;
  DialectFacts out{base.draft, kCore};
  for (const auto& [uri, required] : list->items()) {
    const auto parts = split(uri);
    const VocabularyName* known = nullptr;
    for (const auto& one : kVocabularies) {
      const bool same = parts && parts->second.starts_with("vocab/") && parts->second.substr(6) == one.name && (one.drafts & bit(parts->first)) != 0;
      if (same) known = &one;
    }
    if (known) {
      out.vocabularies |= known->bits;
      if (known->name == "core") out.draft = parts->first;
      if (known->name == "format" && required == true) out.vocabularies |= kFormatAssertion;  // 2019-09 validation, section 7.2
    } else if (required == true) {
      return fail(ErrorCode::invalid_value, "requires the vocabulary \"" + uri + "\", which this validator does not know");
    }
  }
  return out;
}

std::string unsupported_dialect(std::string_view uri) {
  std::string name;
  for (std::string_view draft : {"draft-06", "draft-05", "draft-04", "draft-03"}) {
    if (uri.find("json-schema.org/" + std::string(draft) + "/") != std::string_view::npos) name = " (" + std::string(draft) + ")";
  }
  return "the dialect \"" + std::string(uri) + "\"" + name + " is not supported: this validator reads 2020-12, 2019-09 and draft-07";
}

extern const std::string_view kMetaschema2020, kMetaschema2019, kMetaschema07;  // metaschemas.cpp, from schemas/dialects

std::string_view builtin_document(std::string_view uri) {
  const auto parts = split(uri);
  if (!parts) return {};
  switch (parts->first) {
    case Dialect::draft_2020_12: return kMetaschema2020;
    case Dialect::draft_2019_09: return kMetaschema2019;
    case Dialect::draft_07: return kMetaschema07;
  }
  return {};
}

}  // namespace sumun::schema
