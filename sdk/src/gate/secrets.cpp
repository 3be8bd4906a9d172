// SPDX-License-Identifier: Apache-2.0
#include "gate/secrets.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace sumun::gate {
namespace {

constexpr std::string_view kMarkers[] = {"[redacted: card]", "[redacted: email]", "[redacted: token]", "[redacted: key]", "[redacted: secret]"};
enum Marker : std::size_t { card, email, token, key, secret };

constexpr std::size_t kLongestName = 64;  // that is looked at before ':' and '='
constexpr std::size_t kJudged = 256;      // characters that tell a token from words

bool contains(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_base64(char c) { return is_alphanumeric(c) || contains("+/=._~-", c); }
bool is_base64url(char c) { return is_alphanumeric(c) || c == '_' || c == '-'; }
bool is_token_body(char c) { return is_base64url(c) || c == '.'; }
// Characters beyond ASCII count as letters of addresses and hosts.
bool is_wide(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_local(char c) { return is_alphanumeric(c) || is_wide(c) || contains(".!#$%&'*+/=?^_`{|}~-", c); }

template <class Is>
std::size_t run_of(std::string_view text, std::size_t at, Is is) {
  while (at < text.size() && is(text[at])) ++at;
  return at;
}

// "accessToken", "x-api-key", "APIKey" → access token, x api key, api key
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool open = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_alphanumeric(c) && !is_wide(c)) {
      open = false;
      continue;
    }
    const bool upper = is_letter(c) && lower(c) != c;
    const bool after_lower = i > 0 && is_alphanumeric(name[i - 1]) && lower(name[i - 1]) == name[i - 1];
    const bool before_lower = i + 1 < name.size() && is_letter(name[i + 1]) && lower(name[i + 1]) == name[i + 1];
    if (!open || (upper && (after_lower || before_lower))) words.emplace_back();
    open = true;
    words.back().push_back(lower(c));
  }
  return words;
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) { out_.reserve(text.size()); }

  std::string run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool found = (c == '[' && keep_marker()) || (is_digit(c) && find_card()) || (c == '@' && find_email()) ||
                         (c == '-' && find_key()) || ((c == ':' || c == '=') && (find_login() || find_named())) || find_token();
      if (!found) out_.push_back(text_[at_++]);
    }
    return std::move(out_);
  }

 private:
  bool replace(std::size_t until, Marker marker) {
    out_ += kMarkers[marker];
    at_ = until;
    clean_ = out_.size();
    return true;
  }
  std::string_view rest() const { return text_.substr(at_); }
  // What is written, markers included.
  char before(std::size_t back = 1) const { return out_.size() < back ? ' ' : out_[out_.size() - back]; }
  static bool is_marker(std::string_view text) {
    return std::any_of(std::begin(kMarkers), std::end(kMarkers), [&](std::string_view one) { return text.starts_with(one); });
  }

  // What is redacted stays as it is.
  bool keep_marker() {
    if (!is_marker(rest())) return false;
    const std::size_t end = text_.find(']', at_) + 1;
    out_ += text_.substr(at_, end - at_);
    at_ = end;
    clean_ = out_.size();
    return true;
  }

  // Digits in groups, with one blank or hyphen between two: the longest run of whole groups that is a card.
  bool find_card() {
    if (is_digit(before())) return false;
    if (before() == '.' && is_digit(before(2))) return false;  // decimals
    std::string digits;
    std::optional<std::size_t> end;
    for (std::size_t i = at_; i < text_.size() && digits.size() <= 19; ++i) {
      const bool separator = (text_[i] == ' ' || text_[i] == '-') && i + 1 < text_.size() && is_digit(text_[i + 1]);
      if (separator) continue;
      if (!is_digit(text_[i])) break;
      digits.push_back(text_[i]);
      const bool group_ends = i + 1 == text_.size() || !is_digit(text_[i + 1]);
      if (group_ends && is_card(digits)) end = i + 1;
    }
    return end && replace(*end, card);
  }

  // The part before the @ is written already.
  bool find_email() {
    std::size_t begin = out_.size();
    while (begin > clean_ && is_local(out_[begin - 1])) --begin;
    if (begin == out_.size()) return false;
    std::size_t end = at_ + 1, dot = 0;
    for (; end < text_.size() && (is_alphanumeric(text_[end]) || is_wide(text_[end]) || text_[end] == '-' || text_[end] == '.'); ++end)
      if (text_[end] == '.' && end + 1 < text_.size() && (is_letter(text_[end + 1]) || is_wide(text_[end + 1]))) dot = end;
    while (end > at_ && (text_[end - 1] == '.' || text_[end - 1] == '-')) --end;
    if (dot <= at_ + 1 || end < dot + 3) return false;
    out_.resize(begin);
    return replace(end, email);
  }

  bool find_key() {
    constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----";
    if (!rest().starts_with(kBegin)) return false;
    const std::size_t title_end = text_.find(kDashes, at_ + kBegin.size());
    if (title_end == std::string_view::npos) return false;
    if (text_.substr(at_, title_end - at_).find("PRIVATE KEY") == std::string_view::npos) return false;
    const std::size_t end = text_.find(kEnd, title_end);
    const std::size_t last = end == std::string_view::npos ? end : text_.find(kDashes, end + kEnd.size());
    return replace(last == std::string_view::npos ? text_.size() : last + kDashes.size(), key);
  }

  // scheme://user:password@host
  bool find_login() {
    if (!rest().starts_with("://")) return false;
    const std::size_t begin = at_ + 3;
    if (begin < login_searched_) return false;
    const std::size_t end = run_of(text_, begin, [](char c) { return !contains("/?# \t\r\n\"'<>", c); });
    login_searched_ = end;
    const std::string_view authority = text_.substr(begin, end - begin);
    const std::size_t at = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    if (at == std::string_view::npos || colon >= at || colon + 1 == at) return false;
    out_ += "://" + without_secrets(authority.substr(0, colon)) + ":";
    return replace(begin + at, secret);
  }

  // password=…  "api_key": "…"  Authorization: Basic …
  bool find_named() {
    std::size_t name_end = out_.size();
    while (name_end > clean_ && contains("\"'\\ \t", out_[name_end - 1]) && out_.size() - name_end < 8) --name_end;
    std::size_t name_begin = name_end;
    while (name_begin > clean_ && name_end - name_begin <= kLongestName && (is_alphanumeric(out_[name_begin - 1]) || contains("_.-", out_[name_begin - 1]))) --name_begin;
    const std::string name = out_.substr(name_begin, name_end - name_begin);
    if (!is_secret_name(name) && !is_token_name(name)) return false;
    std::size_t begin = run_of(text_, at_ + 1, [](char c) { return contains(" \t:=>", c); });
    const std::size_t at_quote = run_of(text_, begin, [](char c) { return c == '\\'; });
    const bool quoted = at_quote < text_.size() && contains("\"'", text_[at_quote]);
    if (quoted) begin = at_quote + 1;
    const auto words = words_of(name);
    const bool whole_line = !quoted && !words.empty() && (words.back() == "authorization" || words.back() == "cookie");
    const bool escaped = quoted && text_[begin - 2] == '\\';  // JSON in a text in JSON
    const char quote = quoted ? text_[begin - 1] : '\0';
    std::size_t end = begin;
    if (quoted) {
      while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' && !escaped ? 2 : 1;
      end = std::min(end, text_.size());
      if (escaped && end > begin && text_[end - 1] == '\\') --end;
    } else if (whole_line) {
      end = run_of(text_, begin, [](char c) { return !contains("\r\n", c); });
    } else {
      end = run_of(text_, begin, [](char c) { return !contains(" \t\r\n,;&\"'`)}]<", c); });
    }
    if (end == begin || is_marker(text_.substr(begin))) return false;
    out_ += text_.substr(at_, begin - at_);
    return replace(end, secret);
  }

  bool find_token() {
    if (is_base64url(before()) || !is_letter(text_[at_])) return false;
    struct Prefix {
      std::string_view text;
      std::size_t at_least;  // characters behind it
    };
    static constexpr Prefix kPrefixes[] = {
        {"sk-", 16},   {"sk_live_", 10}, {"sk_test_", 10}, {"rk_live_", 10}, {"rk_test_", 10}, {"whsec_", 16},      {"ghp_", 20},    {"gho_", 20},
        {"ghu_", 20},  {"ghs_", 20},     {"ghr_", 20},     {"github_pat_", 20}, {"glpat-", 16}, {"xoxb-", 10},      {"xoxp-", 10},   {"xoxa-", 10},
        {"xoxr-", 10}, {"xoxs-", 10},    {"xapp-", 10},    {"AKIA", 16},     {"ASIA", 16},     {"AIza", 30},        {"ya29.", 16},   {"npm_", 30},
        {"hf_", 20},   {"SG.", 20},      {"dop_v1_", 20},  {"shpat_", 20},   {"pypi-", 20},    {"sq0csp-", 20},     {"AGE-SECRET-KEY-", 20}};
    for (const auto& prefix : kPrefixes) {
      if (!rest().starts_with(prefix.text)) continue;
      const std::size_t begin = at_ + prefix.text.size();
      const std::string_view body = text_.substr(begin, run_of(text_.substr(0, begin + kJudged), begin, is_token_body) - begin);
      const bool is_random = std::any_of(body.begin(), body.end(), [](char c) { return is_digit(c) || (is_letter(c) && lower(c) != c); });
      if (body.size() >= prefix.at_least && is_random) return replace(run_of(text_, begin, is_token_body), token);
    }
    if (rest().starts_with("eyJ")) {  // {" in base64: a JWT
      const std::size_t end = run_of(text_, at_, is_token_body);
      const std::string_view whole = text_.substr(at_, end - at_);
      if (whole.size() >= 20 && whole.find('.') != std::string_view::npos) return replace(end, token);
    }
    for (const std::string_view scheme : {"bearer ", "dpop "}) {
      if (rest().size() < scheme.size() || !same_word(rest().substr(0, scheme.size()), scheme)) continue;
      const std::size_t begin = run_of(text_, at_ + scheme.size(), is_blank);
      const std::size_t end = run_of(text_, begin, is_base64);
      if (end - begin < 16) continue;
      out_ += text_.substr(at_, begin - at_);
      return replace(end, token);
    }
    return false;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::size_t clean_ = 0;           // of what is written: behind the last marker
  std::size_t login_searched_ = 0;  // up to where an authority was read
};

}  // namespace

std::string without_secrets(std::string_view text) { return Scan(text).run(); }

bool is_secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 20> kWords = {"password", "passwords", "passwd",  "pwd",    "passphrase",    "passcode", "secret",
                                                              "secrets",  "credential", "credentials", "apikey", "authorization", "cookie",   "cvv",
                                                              "cvc",      "cvv2",       "cvc2",        "pin",    "otp",           "mnemonic"};
  static constexpr std::array<std::string_view, 12> kPairs = {"api key",  "access key",  "private key", "secret key",   "signing key",  "encryption key",
                                                              "auth key", "master key",  "pass word",   "pass phrase", "seed phrase", "account key"};
  static constexpr std::array<std::string_view, 9> kEndings = {"password", "passwd", "passphrase", "secret", "apikey", "accesskey", "privatekey", "secretkey", "cookie"};
  if (name.size() > 4 * kLongestName) return false;
  const auto words = words_of(name);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (is_one_of(words[i], kWords)) return true;
    if (i + 1 < words.size() && is_one_of(words[i] + " " + words[i + 1], kPairs)) return true;
    if (std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) { return words[i].ends_with(ending); })) return true;
  }
  return false;
}

bool is_token_name(std::string_view name) {
  if (name.size() > 4 * kLongestName) return false;
  const auto words = words_of(name);
  return !words.empty() && (words.back().ends_with("token") || words.back().ends_with("tokens") || words.back() == "jwt");
}

bool is_card(std::string_view digits) {
  const std::size_t size = digits.size();
  if (size < 13 || size > 19) return false;
  const int two = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int four = two * 100 + (digits[2] - '0') * 10 + (digits[3] - '0');
  const bool issued = digits[0] == '4' ? size == 13 || size == 16 || size == 19                                    // Visa
                      : two == 34 || two == 37 ? size == 15                                                        // American Express
                      : two >= 51 && two <= 55 ? size == 16                                                        // Mastercard
                      : four >= 2221 && four <= 2720 ? size == 16                                                  // Mastercard
                      : two == 30 || two == 36 || two == 38 || two == 39 ? size >= 14                              // Diners Club
                      : two == 35 || two == 62 || two == 64 || two == 65 || two == 60 ? size >= 16                 // JCB, UnionPay, Discover
                      : two == 50 || (two >= 56 && two <= 69);                                                     // Maestro
  if (!issued) return false;
  int sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    int digit = digits[size - 1 - i] - '0';
    if (i % 2 == 1) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
    sum += digit;
  }
  return sum % 10 == 0;
}

}  // namespace sumun::gate
