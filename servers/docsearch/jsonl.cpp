// SPDX-License-Identifier: Apache-2.0
#include "jsonl.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <cstring>

namespace sumun::docsearch {
namespace {

constexpr int kMaxDepth = 64;  // of values beside the ones that are read

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class RecordReader {
 public:
  explicit RecordReader(std::string_view line) : line_(line) {}
  Result<void> read(JsonlRecord& record);

 private:
  bool member(JsonlRecord& record);
  bool skip_value(int depth);
  bool skip_word();
  bool string_end(std::size_t& end) const;
  bool string(JsonlString& out);
  bool decode(JsonlString& out) const;
  void blanks() {
    while (at_ < line_.size() && is_space(line_[at_])) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ >= line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

Result<void> RecordReader::read(JsonlRecord& record) {
  const Error bad = fail(ErrorCode::parse_error, "no JSON object");
  if (!take('{')) return bad;
  if (!take('}')) {
    do {
      if (!member(record)) return bad;
    } while (take(','));
    if (!take('}')) return bad;
  }
  blanks();
  if (at_ != line_.size()) return bad;
  return {};
}

bool RecordReader::member(JsonlRecord& record) {
  JsonlString name;
  if (!string(name) || !take(':')) return false;
  blanks();
  const std::string_view key = name.text;
  const bool id = key == "_id" || (key == "id" && !record.id.present);
  JsonlString* target = id ? &record.id : key == "title" ? &record.title : nullptr;
  const bool body = key == "text" || key == "body" || key == "content" || key == "contents";
  if (body && (key == "text" || !record.text.present)) target = &record.text;
  if (target == nullptr) return skip_value(0);
  if (at_ < line_.size() && line_[at_] == '"') {
    target->storage.clear();
    target->source.clear();
    return string(*target);
  }
  const std::size_t begin = at_;
  if (!skip_value(0)) return false;
  if (id) {  // a number is as good a name
    target->text = line_.substr(begin, at_ - begin);
    target->begin = begin;
    target->end = at_;
    target->present = target->text != "null";
  }
  return true;
}

bool RecordReader::skip_word() {
  const std::size_t begin = at_;
  while (at_ < line_.size() && std::strchr(",]}\" \t\r\n:[{", line_[at_]) == nullptr) ++at_;
  return at_ > begin;
}

bool RecordReader::skip_value(int depth) {
  blanks();
  if (at_ >= line_.size() || depth > kMaxDepth) return false;
  const char open = line_[at_];
  if (open == '"') {
    std::size_t end = 0;
    if (!string_end(end)) return false;
    at_ = end + 1;
    return true;
  }
  if (open != '{' && open != '[') return skip_word();
  ++at_;
  const char close = open == '{' ? '}' : ']';
  if (take(close)) return true;
  do {
    if (open == '{') {
      blanks();
      std::size_t end = 0;
      if (at_ >= line_.size() || line_[at_] != '"' || !string_end(end)) return false;
      at_ = end + 1;
      if (!take(':')) return false;
    }
    if (!skip_value(depth + 1)) return false;
  } while (take(','));
  return take(close);
}

// at_ is at the opening quote; end becomes the closing one.
bool RecordReader::string_end(std::size_t& end) const {
  std::size_t at = at_ + 1;
  while (true) {
    const std::size_t quote = line_.find('"', at);
    if (quote == std::string_view::npos) return false;
    std::size_t slashes = 0;
    while (quote - slashes > at_ + 1 && line_[quote - slashes - 1] == '\\') ++slashes;
    if (slashes % 2 == 0) {
      end = quote;
      return true;
    }
    at = quote + 1;
  }
}

bool RecordReader::string(JsonlString& out) {
  blanks();
  std::size_t end = 0;
  if (at_ >= line_.size() || line_[at_] != '"' || !string_end(end)) return false;
  out.begin = at_ + 1;
  out.end = end;
  out.present = true;
  at_ = end + 1;
  const std::string_view raw = line_.substr(out.begin, out.end - out.begin);
  if (raw.find('\\') == std::string_view::npos) {
    out.text = raw;
    if (!raw.empty()) out.source.add(0, raw.size(), out.begin, raw.size());
    return true;
  }
  return decode(out);
}

bool hex4(std::string_view text, std::size_t at, char32_t& value) {
  if (at + 4 > text.size()) return false;
  value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return false;
    value = value << 4 | static_cast<char32_t>(digit);
  }
  return true;
}

bool RecordReader::decode(JsonlString& out) const {
  std::string& text = out.storage;
  text.reserve(out.end - out.begin);
  for (std::size_t at = out.begin; at < out.end;) {
    const std::size_t slash = std::min(line_.find('\\', at), out.end);
    if (slash > at) {
      out.source.add(text.size(), slash - at, at, slash - at);
      text.append(line_.substr(at, slash - at));
      at = slash;
      continue;
    }
    if (at + 1 >= out.end) return false;
    const char c = line_[at + 1];
    constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
    const std::size_t before = text.size();
    std::size_t size = 2;
    if (const std::size_t known = kNames.find(c); known != std::string_view::npos) {
      text.push_back(kValues[known]);
    } else {
      char32_t value = 0, low = 0;
      if (c != 'u' || !hex4(line_, at + 2, value)) return false;
      size = 6;
      if (value >= 0xD800 && value < 0xDC00 && line_.substr(at + 6).starts_with("\\u") && hex4(line_, at + 8, low) && low >= 0xDC00 && low < 0xE000) {
        value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
        size = 12;
      }
      append_utf8(text, value >= 0xD800 && value < 0xE000 ? 0xFFFD : value);
    }
    // Never byte for byte: an escape is one character, however long it is written.
    out.source.add(before, text.size() - before, at, size);
    at += size;
  }
  out.text = text;
  return true;
}

}  // namespace

Result<void> read_record(std::string_view line, JsonlRecord& record) { return RecordReader(line).read(record); }

}  // namespace sumun::docsearch
