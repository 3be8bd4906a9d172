// SPDX-License-Identifier: Apache-2.0
// A scanner that checks JSON with comments, writes a plain copy for the parser, and remembers where the objects on
// the way to one member stand; and the edits that follow from these places.
#include "json_edit.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace sumun::host {
namespace {

constexpr std::size_t kMaxDepth = 128;  // of a settings file: the scanner's stack
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Member {
  std::string key;
  std::size_t key_begin = 0, value_begin = 0, value_end = 0;
};

struct Object {
  std::size_t open = 0, close = 0;  // the braces
  std::vector<Member> members;
  std::optional<std::size_t> trailing_comma;  // behind the last member

  const Member* find(std::string_view key) const {
    // A repeated key: the last one counts, as for every reader of these files.
    const auto found = std::find_if(members.rbegin(), members.rend(), [&](const Member& m) { return m.key == key; });
    return found == members.rend() ? nullptr : &*found;
  }
};

/// Thread: one. Owner: the function that scans; the text outlives it.
class Scanner {
 public:
  Scanner(std::string_view text, const std::vector<std::string>& path) : text_(text), path_(path), on_path_(path.size() + 1) {}

  std::optional<Error> scan() {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    start_ = at_;
    skip();
    if (!error_ && at_ == text_.size()) {
      empty_ = true;
      return std::nullopt;
    }
    value(0);
    skip();
    if (!error_ && at_ != text_.size()) refuse("nothing more is expected");
    return error_;
  }

  bool empty() const { return empty_; }                // blanks and comments only
  std::size_t start() const { return start_; }         // behind the byte order mark
  const std::string& plain() const { return plain_; }  // the same value without comments and trailing commas
  /// The object that holds path[depth]; none where the value there is no object.
  const std::optional<Object>& on_path(std::size_t depth) const { return on_path_[depth]; }

 private:
  bool more() const { return !error_ && at_ < text_.size(); }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void refuse(std::string_view what) {
    if (error_) return;
    const auto line = std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size())), '\n') + 1;
    error_ = fail(ErrorCode::invalid_value, "line " + std::to_string(line) + ": " + std::string(what));
  }

  void skip() {
    while (more()) {
      if (kBlanks.find(here()) != std::string_view::npos) {
        ++at_;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "/*") {
        const auto end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return refuse("a comment is never closed");
        at_ = end + 2;
      } else {
        return;
      }
    }
  }

  void value(std::size_t depth) {
    if (error_) return;
    if (depth > kMaxDepth) return refuse("nested too deeply");
    const char c = here();
    if (c == '{') return object(depth);
    if (c == '[') return array(depth);
    if (c == '"') {
      plain_ += string();
      return;
    }
    scalar();
  }

  // A string with its quotes, as it stands.
  std::string_view string() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size() || text_[at_] != '"') {
      refuse("a string is never closed");
      return "\"\"";
    }
    ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void scalar() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && std::string_view(" \t\r\n,:]}[{\"/").find(text_[at_]) == std::string_view::npos) ++at_;
    const auto word = text_.substr(begin, at_ - begin);
    if (word.empty()) return refuse("expected a value");
    if (!json::accept(word)) {
      at_ = begin;
      return refuse("\"" + std::string(word) + "\" is no JSON value");
    }
    plain_ += word;
  }

  void array(std::size_t depth) {
    plain_ += '[';
    ++at_;
    for (bool first = true; !error_; first = false) {
      skip();
      if (here() == ']') break;
      if (!first) plain_ += ',';
      value(depth + 1);
      skip();
      if (here() == ',') ++at_;
      else if (here() != ']') refuse("expected a comma or ]");
    }
    plain_ += ']';
    ++at_;
  }

  void object(std::size_t depth) {
    Object seen;
    seen.open = at_++;
    plain_ += '{';
    const bool wanted = depth == trail_ && depth < on_path_.size();
    while (!error_) {
      skip();
      if (here() == '}') break;
      seen.trailing_comma.reset();
      member(depth, wanted, seen);
      skip();
      if (here() == ',') seen.trailing_comma = at_++;
      else if (here() != '}') refuse("expected a comma or }");
    }
    plain_ += '}';
    seen.close = at_++;
    if (wanted && !error_) on_path_[depth] = std::move(seen);
  }

  void member(std::size_t depth, bool wanted, Object& seen) {
    if (here() != '"') return refuse("expected a member's name in double quotes");
    Member member;
    member.key_begin = at_;
    const auto name = string();
    if (error_) return;
    const json key = json::parse(name, nullptr, false);
    if (!key.is_string()) return refuse("a member's name is no valid string");
    member.key = key.get<std::string>();
    skip();
    if (here() != ':') return refuse("expected : behind " + std::string(name));
    ++at_;
    skip();
    if (!seen.members.empty()) plain_ += ',';
    plain_ += name;
    plain_ += ':';
    member.value_begin = at_;
    const bool step = wanted && depth < path_.size() && member.key == path_[depth];
    if (step) {
      ++trail_;
      std::fill(on_path_.begin() + static_cast<std::ptrdiff_t>(trail_), on_path_.end(), std::nullopt);
    }
    value(depth + 1);
    if (step) --trail_;
    member.value_end = at_;
    seen.members.push_back(std::move(member));
  }

  std::string_view text_;
  const std::vector<std::string>& path_;
  std::vector<std::optional<Object>> on_path_;
  std::size_t at_ = 0, start_ = 0;
  std::size_t trail_ = 0;  // how many keys of the path lead to the value at hand
  std::string plain_;
  bool empty_ = false;
  std::optional<Error> error_;
};

Result<json> parse_plain(const Scanner& scanner) {
  if (scanner.empty()) return json::object();
  json value = json::parse(scanner.plain(), nullptr, false);
  if (value.is_discarded()) return fail(ErrorCode::invalid_value, "a string in it is no valid JSON");
  return value;
}

// How this file is written: found once, followed by what is added.
struct Style {
  std::string newline = "\n";
  std::string unit = "  ";  // one step of indentation
};

std::string indentation_at(std::string_view text, std::size_t at) {
  const auto line = text.rfind('\n', at);
  const std::size_t begin = line == std::string_view::npos ? 0 : line + 1;
  const auto end = std::min(text.find_first_not_of(" \t", begin), at);
  return std::string(text.substr(begin, end - begin));
}

bool starts_its_line(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at).find_last_not_of(" \t");
  return before == std::string_view::npos || text[before] == '\n';
}

Style style_of(std::string_view text, const Object& root) {
  Style style;
  if (const auto line = text.find('\n'); line != std::string_view::npos && line > 0 && text[line - 1] == '\r') style.newline = "\r\n";
  if (root.members.empty() || !starts_its_line(text, root.members.front().key_begin)) return style;
  const auto found = indentation_at(text, root.members.front().key_begin);
  if (!found.empty()) style.unit = found.front() == '\t' ? "\t" : found;
  return style;
}

std::string render(const nlohmann::ordered_json& value, const Style& style, const std::string& indentation) {
  const bool tabs = style.unit == "\t";
  const std::string dumped = value.dump(tabs ? 1 : static_cast<int>(style.unit.size()), tabs ? '\t' : ' ');
  std::string text;
  for (const char c : dumped) {
    if (c == '\n') text += style.newline + indentation;
    else text += c;
  }
  return text;
}

std::string quoted_key(std::string_view key) { return json(key).dump(-1, ' ', false, json::error_handler_t::replace); }

// The end of what belongs to this line behind `at`: blanks and comments that end on it.
std::size_t end_of_remarks(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (at < text.size()) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
    } else if (text.substr(at, 2) == "//") {
      at = std::min(text.find('\n', at), text.size());
      if (at > 0 && text[at - 1] == '\r') --at;
      return at;
    } else if (text.substr(at, 2) == "/*") {
      const auto close = text.find("*/", at);
      if (text.substr(at, close - at).find('\n') != std::string_view::npos) return end;
      end = at = close + 2;
    } else {
      return end;
    }
  }
  return end;
}

std::string splice(std::string_view text, std::size_t at, std::size_t end, std::string_view with) {
  std::string result(text.substr(0, at));
  result += with;
  result += text.substr(end);
  return result;
}

std::string insert_into_empty(std::string_view text, const Object& object, const std::string& key, const nlohmann::ordered_json& value,
                              const Style& style) {
  const std::string outer = indentation_at(text, object.open);
  const std::string inner = outer + style.unit;
  std::string member = style.newline + inner + quoted_key(key) + ": " + render(value, style, inner);
  const auto last = text.substr(0, object.close).find_last_not_of(kBlanks) + 1;  // behind the brace or the last comment
  const bool own_line = text.substr(last, object.close - last).find('\n') != std::string_view::npos;
  if (!own_line) member += style.newline + outer;
  return splice(text, last, own_line ? last : object.close, member);
}

std::string insert_member(std::string_view text, const Object& object, const std::string& key, const nlohmann::ordered_json& value,
                          const Style& style) {
  if (object.members.empty()) return insert_into_empty(text, object, key, value, style);
  const Member& last = object.members.back();
  const bool one_line = text.substr(object.open, object.close - object.open).find('\n') == std::string_view::npos;
  if (one_line) {
    const std::string member = quoted_key(key) + ": " + value.dump();
    if (object.trailing_comma) return splice(text, *object.trailing_comma + 1, *object.trailing_comma + 1, " " + member + ",");
    return splice(text, last.value_end, last.value_end, ", " + member);
  }
  const std::string indentation = indentation_at(text, last.key_begin);
  std::string member = style.newline + indentation + quoted_key(key) + ": " + render(value, style, indentation);
  if (object.trailing_comma) {
    const auto at = end_of_remarks(text, *object.trailing_comma + 1);
    return splice(text, at, at, member + ",");
  }
  const auto at = end_of_remarks(text, last.value_end);
  const std::string remarks(text.substr(last.value_end, at - last.value_end));
  return splice(text, last.value_end, at, "," + remarks + member);
}

}  // namespace

Result<json> parse_jsonc(std::string_view text) {
  const std::vector<std::string> nowhere;
  Scanner scanner(text, nowhere);
  if (auto error = scanner.scan()) return std::move(*error);
  return parse_plain(scanner);
}

Result<std::string> set_jsonc_member(std::string_view text, const std::vector<std::string>& path, const nlohmann::ordered_json& value) {
  Scanner scanner(text, path);
  if (auto error = scanner.scan()) return std::move(*error);
  auto parsed = parse_plain(scanner);
  if (!parsed) return parsed.error();

  std::size_t depth = 0;
  const json* at = &*parsed;
  std::string trail;
  while (true) {
    if (!at->is_object()) return fail(ErrorCode::invalid_value, trail.empty() ? "the file holds no JSON object" : "\"" + trail + "\" is no object");
    const auto member = at->find(path[depth]);
    if (member == at->end()) break;
    trail += (trail.empty() ? "" : ".") + path[depth];
    at = &*member;
    if (++depth == path.size()) break;
  }

  const bool exists = depth == path.size();
  if (exists && *at == json(value)) return std::string(text);
  if (scanner.empty()) {
    nlohmann::ordered_json whole = value;
    for (auto key = path.rbegin(); key != path.rend(); ++key) whole = nlohmann::ordered_json::object({{*key, whole}});
    std::string before(text);
    if (before.size() > scanner.start() && before.back() != '\n') before += '\n';
    return before + whole.dump(2) + "\n";
  }
  const Style style = style_of(text, *scanner.on_path(0));
  const Object& object = *scanner.on_path(exists ? depth - 1 : depth);
  if (exists) {
    const Member& member = *object.find(path.back());
    const std::string indentation = indentation_at(text, member.key_begin);
    const bool one_line = text.substr(member.value_begin, member.value_end - member.value_begin).find('\n') == std::string_view::npos;
    return splice(text, member.value_begin, member.value_end, one_line ? value.dump() : render(value, style, indentation));
  }
  nlohmann::ordered_json added = value;
  for (std::size_t i = path.size() - 1; i > depth; --i) added = nlohmann::ordered_json::object({{path[i], added}});
  return insert_member(text, object, path[depth], added, style);
}

}  // namespace sumun::host
