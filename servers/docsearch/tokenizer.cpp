// SPDX-License-Identifier: Apache-2.0
// One pass over the bytes. A word of ASCII letters takes the short way (fold while scanning, one look-up in the word
// cache); everything else is decoded and goes the way of its script.
#include "tokenizer.hpp"

#include "script.hpp"
#include "utf8.hpp"
#include "word_cache.hpp"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

#include <array>
#include <string>
#include <vector>

namespace sumun::docsearch {
namespace {

enum ByteClass : std::uint8_t { kSeparator, kLower, kUpper, kDigit, kHigh };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 'a'; c <= 'z'; ++c) classes[static_cast<std::size_t>(c)] = kLower;
  for (int c = 'A'; c <= 'Z'; ++c) classes[static_cast<std::size_t>(c)] = kUpper;
  for (int c = '0'; c <= '9'; ++c) classes[static_cast<std::size_t>(c)] = kDigit;
  for (std::size_t c = 0x80; c < 256; ++c) classes[c] = kHigh;
  return classes;
}
constexpr auto kClasses = make_classes();

ByteClass class_of(char c) { return static_cast<ByteClass>(kClasses[static_cast<unsigned char>(c)]); }
bool is_word_byte(char c) { return class_of(c) != kSeparator && class_of(c) != kHigh; }
char fold_ascii(char c) { return class_of(c) == kUpper ? static_cast<char>(c | 0x20) : c; }

constexpr std::size_t kMaxParts = 12;  // a longer compound is indexed in parts only
constexpr std::size_t kMaxRunBytes = 4096;  // of a script without spaces, handed to ICU at once

}  // namespace

class Tokenizer::Impl {
 public:
  int run(std::string_view text, void* context, TokenSink sink, Segmentation segmentation);

 private:
  struct Part {
    std::size_t begin, end;
  };

  std::size_t ascii_word(std::size_t begin);
  std::size_t compound(std::size_t begin, std::size_t first_end);
  std::size_t word_end(std::size_t at) const;
  std::size_t letters(std::size_t begin);
  std::size_t hangul(std::size_t begin);
  std::size_t ideographs(std::size_t begin, Script script);
  std::size_t run_end(std::size_t begin, Script script) const;
  bool continues_word(std::size_t at) const;
  bool is_connector(std::size_t at) const;
  void split_camel(Part part, std::vector<Part>& parts) const;
  void emit_folded(std::string_view folded, std::string_view exact, TokenKind kind, bool colocated, std::size_t begin, std::size_t end);
  void emit_ascii(std::size_t begin, std::size_t end, TokenKind kind, bool colocated, std::size_t word_end);
  void emit_whole(const std::vector<Part>& parts);
  void emit_bigrams(std::u16string_view run);
  void emit(std::string_view token, TokenKind kind, bool colocated, bool stop, std::size_t begin, std::size_t end);
  bool fold(std::string_view word);
  void segment(std::u16string_view run, Script script);
  std::string_view narrow(const UChar* at, std::size_t size);

  std::string_view text_;
  void* context_ = nullptr;
  TokenSink sink_ = nullptr;
  int stopped_ = 0;  // what the sink returned
  Segmentation segmentation_ = Segmentation::dictionary;

  WordCache words_;
  std::vector<Part> parts_;
  std::string folded_, plain_, narrow_;
  std::u16string wide_, normal_;
  std::vector<std::uint32_t> offsets_;  // of each unit of wide_, in text_

  struct CloseBreaker {
    void operator()(UBreakIterator* it) const { ubrk_close(it); }
  };
  std::unique_ptr<UBreakIterator, CloseBreaker> breaker_;
};

Tokenizer::Tokenizer() : impl_(std::make_unique<Impl>()) {}
Tokenizer::~Tokenizer() = default;

int Tokenizer::tokenize(std::string_view text, void* context, TokenSink sink, Segmentation segmentation) {
  return impl_->run(text, context, sink, segmentation);
}

int Tokenizer::Impl::run(std::string_view text, void* context, TokenSink sink, Segmentation segmentation) {
  segmentation_ = segmentation;
  text_ = text;
  context_ = context;
  sink_ = sink;
  stopped_ = 0;
  std::size_t at = 0;
  while (at < text_.size() && stopped_ == 0) {
    const ByteClass kind = class_of(text_[at]);
    if (kind == kSeparator) {
      ++at;
    } else if (kind != kHigh) {
      at = ascii_word(at);
    } else {
      const CodePoint point = code_point_at(text_, at);
      switch (point.valid ? script_of(point.value) : Script::none) {
        case Script::none: at += point.bytes; break;
        case Script::letters: at = letters(at); break;
        case Script::hangul: at = hangul(at); break;
        case Script::ideographs: at = ideographs(at, Script::ideographs); break;
        case Script::complex: at = ideographs(at, Script::complex); break;
      }
    }
  }
  return stopped_;
}

// True if a letter or mark outside ASCII goes on at `at`.
bool Tokenizer::Impl::continues_word(std::size_t at) const {
  if (at >= text_.size() || class_of(text_[at]) != kHigh) return false;
  const CodePoint point = code_point_at(text_, at);
  return point.valid && script_of(point.value) == Script::letters;
}

// True if the byte at `at`, after a word byte, ties what follows to it: DEC-0054, a_b, 3.14, 1,000.
bool Tokenizer::Impl::is_connector(std::size_t at) const {
  if (at + 1 >= text_.size() || at == 0 || !is_word_byte(text_[at + 1])) return false;
  const char c = text_[at];
  if (c == '-' || c == '_' || c == '.') return true;
  return c == ',' && class_of(text_[at - 1]) == kDigit && class_of(text_[at + 1]) == kDigit;
}

std::size_t Tokenizer::Impl::word_end(std::size_t at) const {
  while (at < text_.size() && is_word_byte(text_[at])) ++at;
  return at;
}

std::size_t Tokenizer::Impl::ascii_word(std::size_t begin) {
  char buffer[kMaxTokenBytes];
  std::size_t at = begin, size = 0;
  bool camel = false;
  ByteClass before = kSeparator;
  for (; at < text_.size(); ++at) {
    const ByteClass kind = class_of(text_[at]);
    if (kind == kSeparator || kind == kHigh) break;
    camel |= kind == kUpper && before == kLower;          // getUser
    camel |= kind == kLower && before == kUpper && at - begin > 1;  // HTTPServer
    before = kind;
    if (size < kMaxTokenBytes) buffer[size++] = fold_ascii(text_[at]);
  }
  if (at < text_.size()) {
    if (continues_word(at)) return letters(begin);
    if (is_connector(at)) return compound(begin, at);
  }
  if (camel) return compound(begin, at);
  const WordCache::Word word = words_.look_up({buffer, size});
  emit(word.stem, TokenKind::word, false, word.stop_word, begin, at);
  if (!word.exact.empty()) emit(word.exact, TokenKind::exact, true, word.stop_word, begin, at);
  if (at >= text_.size()) return at;
  const std::string_view rest = text_.substr(at);
  if (rest[0] == '\'' && rest.size() > 1 && fold_ascii(rest[1]) == 's' && (rest.size() == 2 || !is_word_byte(rest[2]))) return at + 2;
  if (size <= 2 && (rest.starts_with("++") || rest[0] == '#')) {  // C++, C#
    const std::size_t sign = rest[0] == '+' ? 2 : 1;
    if (rest.size() > sign && is_word_byte(rest[sign])) return at;
    folded_.assign(buffer, size).append(rest.substr(0, sign));
    emit(folded_, TokenKind::whole, true, false, begin, at + sign);
    return at + sign;
  }
  return at;
}

// Words tied by connectors or by their capitals: each part, and the whole beside the first.
std::size_t Tokenizer::Impl::compound(std::size_t begin, std::size_t first_end) {
  parts_.clear();
  std::size_t end = first_end;
  split_camel({begin, end}, parts_);
  while (end < text_.size() && is_connector(end) && parts_.size() < kMaxParts) {
    const std::size_t next = end + 1;
    end = word_end(next);
    split_camel({next, end}, parts_);
  }
  const bool whole = parts_.size() > 1 && parts_.size() <= kMaxParts && !(end < text_.size() && is_connector(end));
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    emit_ascii(parts_[i].begin, parts_[i].end, TokenKind::word, false, parts_[i].end);
    if (i == 0 && whole) emit_whole(parts_);
  }
  return end;
}

// getUserName = get User Name, HTTPServer = HTTP Server; but mRNA, RNAs and iPhone stay as they are.
void Tokenizer::Impl::split_camel(Part part, std::vector<Part>& parts) const {
  const std::size_t first = parts.size();
  std::size_t start = part.begin;
  for (std::size_t i = part.begin + 1; i < part.end; ++i) {
    const bool hump = class_of(text_[i]) == kUpper && class_of(text_[i - 1]) == kLower;
    const bool acronym_ends = class_of(text_[i]) == kUpper && class_of(text_[i - 1]) == kUpper && i + 2 < part.end &&
                              class_of(text_[i + 1]) == kLower && class_of(text_[i + 2]) == kLower;
    if (!hump && !acronym_ends) continue;
    parts.push_back({start, i});
    start = i;
  }
  parts.push_back({start, part.end});
  for (std::size_t i = first; i < parts.size(); ++i) {
    if (parts[i].end - parts[i].begin >= 2) continue;
    parts.resize(first);  // a part of one letter: not a name made of words
    parts.push_back(part);
    return;
  }
}

// Without separators, so that dec-0054, DEC_0054 and dec0054 are one; a point stays: 3.14 is not 314.
void Tokenizer::Impl::emit_whole(const std::vector<Part>& parts) {
  folded_.clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && parts[i].begin > parts[i - 1].end && text_[parts[i].begin - 1] == '.') folded_.push_back('.');
    for (std::size_t at = parts[i].begin; at < parts[i].end; ++at) folded_.push_back(fold_ascii(text_[at]));
    if (folded_.size() > kMaxTokenBytes) return;
  }
  emit_folded(folded_, {}, TokenKind::whole, true, parts.front().begin, parts.back().end);
}

void Tokenizer::Impl::emit_ascii(std::size_t begin, std::size_t end, TokenKind kind, bool colocated, std::size_t source_end) {
  plain_.clear();
  for (std::size_t at = begin; at < end && plain_.size() < kMaxTokenBytes; ++at) plain_.push_back(fold_ascii(text_[at]));
  emit_folded(plain_, {}, kind, colocated, begin, source_end);
}

// `exact` is the folded form with its accents where `folded` lost them.
void Tokenizer::Impl::emit_folded(std::string_view folded, std::string_view exact, TokenKind kind, bool colocated, std::size_t begin,
                                  std::size_t end) {
  const WordCache::Word word = words_.look_up(folded);
  emit(word.stem, kind, colocated, word.stop_word, begin, end);
  if (kind == TokenKind::whole) return;
  if (!exact.empty()) {
    narrow_.assign("=").append(exact);
    emit(narrow_, TokenKind::exact, true, false, begin, end);
  } else if (!word.exact.empty()) {
    emit(word.exact, TokenKind::exact, true, word.stop_word, begin, end);
  }
}

void Tokenizer::Impl::emit(std::string_view token, TokenKind kind, bool colocated, bool stop, std::size_t begin, std::size_t end) {
  if (stopped_ != 0 || token.empty()) return;
  stopped_ = sink_(context_, Token{token, kind, colocated, stop, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
}

std::size_t Tokenizer::Impl::run_end(std::size_t begin, Script script) const {
  std::size_t at = begin;
  while (at < text_.size()) {
    if (class_of(text_[at]) != kHigh) {
      if (script != Script::letters || class_of(text_[at]) == kSeparator) break;
      ++at;
      continue;
    }
    const CodePoint point = code_point_at(text_, at);
    if (!point.valid || script_of(point.value) != script) break;
    at += point.bytes;
    if (script != Script::letters && at - begin >= kMaxRunBytes) break;
  }
  return at;
}

// A word with letters outside ASCII: Unicode compatibility case folding; Latin accents are taken off, kept in the exact form.
std::size_t Tokenizer::Impl::letters(std::size_t begin) {
  const std::size_t end = run_end(begin, Script::letters);
  const std::string_view word = text_.substr(begin, std::min(end - begin, boundary_before(text_.substr(begin), kMaxTokenBytes)));
  if (!fold(word)) return end;
  if (plain_ == folded_) {
    emit_folded(folded_, {}, TokenKind::word, false, begin, end);
  } else {
    emit_folded(plain_, folded_, TokenKind::word, false, begin, end);
  }
  return end;
}

// folded_ = the word folded, plain_ = without Latin accents. False if nothing is left of it.
bool Tokenizer::Impl::fold(std::string_view word) {
  UErrorCode status = U_ZERO_ERROR;
  static const UNormalizer2* const folding = unorm2_getNFKCCasefoldInstance(&status);
  static const UNormalizer2* const decomposing = unorm2_getNFDInstance(&status);
  if (U_FAILURE(status)) return false;
  const auto convert = [&](const UNormalizer2* how, std::u16string_view from, std::u16string& to) {
    to.resize(from.size() * 18 + 8);  // the longest expansion of one code point
    UErrorCode error = U_ZERO_ERROR;
    const int32_t size = unorm2_normalize(how, from.data(), static_cast<int32_t>(from.size()), to.data(), static_cast<int32_t>(to.size()), &error);
    to.resize(U_SUCCESS(error) ? static_cast<std::size_t>(size) : 0);
  };
  wide_.resize(word.size());
  int32_t wide_size = 0;
  u_strFromUTF8(wide_.data(), static_cast<int32_t>(wide_.size()), &wide_size, word.data(), static_cast<int32_t>(word.size()), &status);
  if (U_FAILURE(status)) return false;
  wide_.resize(static_cast<std::size_t>(wide_size));
  convert(folding, wide_, normal_);
  folded_ = narrow(normal_.data(), normal_.size());
  convert(decomposing, normal_, wide_);
  bool latin = false;
  std::size_t kept = 0;
  for (const char16_t unit : wide_) {
    const bool accent = unit >= 0x300 && unit <= 0x36F;
    if (accent && latin) continue;
    if (!accent) latin = unit < 0x250 || (unit >= 0x1E00 && unit < 0x1F00);
    wide_[kept++] = unit;
  }
  if (kept == wide_.size()) {
    plain_ = folded_;
  } else {
    wide_.resize(kept);
    plain_ = narrow(wide_.data(), wide_.size());
  }
  folded_.resize(boundary_before(folded_, kMaxTokenBytes));
  plain_.resize(boundary_before(plain_, kMaxTokenBytes));
  return !plain_.empty();
}

std::string_view Tokenizer::Impl::narrow(const UChar* at, std::size_t size) {
  narrow_.resize(size * 3 + 1);
  int32_t written = 0;
  UErrorCode status = U_ZERO_ERROR;
  u_strToUTF8(narrow_.data(), static_cast<int32_t>(narrow_.size()), &written, at, static_cast<int32_t>(size), &status);
  narrow_.resize(U_SUCCESS(status) ? static_cast<std::size_t>(written) : 0);
  return narrow_;
}

std::size_t Tokenizer::Impl::hangul(std::size_t begin) {
  const std::size_t end = run_end(begin, Script::hangul);
  std::string_view run = text_.substr(begin, end - begin);
  bool composed = true;
  for (std::size_t at = begin; at < end && composed; at += 3) {
    const char32_t c = code_point_at(text_, at).value;
    composed = c >= 0xAC00 && c <= 0xD7A3;
  }
  std::size_t offset = begin;
  if (!composed) {  // conjoining or half-width letters, as some systems write file names
    if (!fold(run)) return end;
    run = folded_;
  }
  std::size_t at = 0;
  std::uint32_t first = run.empty() ? 0 : code_point_at(run, 0).bytes;
  if (first == run.size()) {
    emit(run, TokenKind::character, false, false, begin, end);
    return end;
  }
  while (at + first < run.size() && stopped_ == 0) {
    const std::uint32_t second = code_point_at(run, at + first).bytes;
    const std::size_t from = composed ? offset + at : begin, to = composed ? from + first + second : end;
    emit(run.substr(at, first + second), TokenKind::bigram, false, false, from, to);
    at += first;
    first = second;
  }
  return end;
}

std::size_t Tokenizer::Impl::ideographs(std::size_t begin, Script script) {
  const std::size_t end = run_end(begin, script);
  std::u16string units;  // for ICU
  offsets_.clear();
  bool plain = true;
  for (std::size_t at = begin; at < end;) {
    const CodePoint point = code_point_at(text_, at);
    plain &= point.value < 0xF900 && (point.value < 0x2E80 || point.value >= 0x3000) && (point.value < 0x3200 || point.value >= 0x3400);
    units.push_back(static_cast<char16_t>(point.value));
    offsets_.push_back(static_cast<std::uint32_t>(at));
    at += point.bytes;
  }
  if (!plain) {  // half-width Kana, compatibility forms, rare ideographs: folded as one, all from the whole run
    if (!fold(text_.substr(begin, end - begin))) return end;
    units = normal_;
    offsets_.assign(units.size(), static_cast<std::uint32_t>(begin));
  }
  offsets_.push_back(static_cast<std::uint32_t>(end));
  if (script == Script::ideographs) emit_bigrams(units);
  if (script == Script::complex || segmentation_ == Segmentation::dictionary) segment(units, script);
  return end;
}

void Tokenizer::Impl::emit_bigrams(std::u16string_view run) {
  const auto next = [&](std::size_t at) { return at + (U16_IS_LEAD(run[at]) && at + 1 < run.size() ? 2 : 1); };
  if (run.empty()) return;
  std::size_t at = 0, second = next(0);
  if (second >= run.size()) {
    emit(narrow(run.data(), run.size()), TokenKind::character, false, false, offsets_.front(), offsets_.back());
    return;
  }
  while (second < run.size() && stopped_ == 0) {
    const std::size_t end = next(second);
    emit(narrow(run.data() + at, end - at), TokenKind::bigram, false, false, offsets_[at], offsets_[end]);
    at = second;
    second = end;
  }
}

// The words of ICU's dictionary; a single Kana is a particle and no word.
void Tokenizer::Impl::segment(std::u16string_view run, Script script) {
  UErrorCode status = U_ZERO_ERROR;
  if (!breaker_) breaker_.reset(ubrk_open(UBRK_WORD, "ja", nullptr, 0, &status));
  if (U_FAILURE(status) || run.empty()) return;
  ubrk_setText(breaker_.get(), run.data(), static_cast<int32_t>(run.size()), &status);
  if (U_FAILURE(status)) return;
  auto from = static_cast<std::size_t>(ubrk_first(breaker_.get()));
  for (int32_t to = ubrk_next(breaker_.get()); to != UBRK_DONE && stopped_ == 0; to = ubrk_next(breaker_.get())) {
    const auto end = static_cast<std::size_t>(to);
    const std::u16string_view word = run.substr(from, end - from);
    const bool kana = word.size() == 1 && word[0] < 0x3100;
    if (script == Script::complex || !kana) {
      emit(narrow(word.data(), word.size()), TokenKind::segment, script == Script::ideographs, false, offsets_[from], offsets_[end]);
    }
    from = end;
  }
}

std::uint32_t count_words(std::string_view text) {
  std::uint32_t words = 0, high = 0;
  bool inside = false;
  for (const char c : text) {
    const ByteClass kind = class_of(c);
    const bool word = kind != kSeparator;
    words += word && kind != kHigh && !inside;
    high += kind == kHigh;
    inside = word;
  }
  return words + high / 3;
}

}  // namespace sumun::docsearch
