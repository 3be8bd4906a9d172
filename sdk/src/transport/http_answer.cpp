// SPDX-License-Identifier: Apache-2.0
// Statuses to words, and the little of WWW-Authenticate that a person can use.
#include "transport/http_answer.hpp"

#include "base/ascii.hpp"
#include "base/json_text.hpp"
#include "jsonrpc/message.hpp"

#include <sumun/json.hpp>

#include <algorithm>
#include <variant>

namespace sumun {
inline namespace v0 {
namespace {

constexpr std::size_t kShownBytes = 200;  // of a server's words in an error

json words_of(const std::string& text) {
  json words = json::array();
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

ErrorCode code_of(unsigned status) {
  if (status == 401) return ErrorCode::unauthorized;
  if (status == 403) return ErrorCode::insufficient_scope;
  if (status == 429) return ErrorCode::too_many_requests;
  if (status == 503) return ErrorCode::busy;
  return status >= 400 && status < 500 && status != 407 && status != 408 ? ErrorCode::invalid_value : ErrorCode::failed;
}

std::string sentence(unsigned status, bool sent_token) {
  const std::string number = std::to_string(status);
  switch (status) {
    case 401: return sent_token ? "the server refuses the token (401)" : "the server wants a token (401)";
    case 403: return "the server does not allow this (403)";
    case 404: return "the server has nothing at this path (404)";
    case 405: return "the server takes no MCP messages at this path (405)";
    case 413: return "the message is too long for the server (413)";
    case 429: return "the server takes no more requests for now (429)";
    case 503: return "the server is busy or stopping (503)";
    default: break;
  }
  if (status >= 300 && status < 400) return "the server sends the client elsewhere (" + number + "), which it does not follow";
  return "the server answered with the HTTP status " + number;
}

}  // namespace

BodyKind body_kind(const http::Headers& headers) {
  const std::string* const type = http::find_header(headers, "Content-Type");
  if (!type) return BodyKind::none;
  std::string_view name = std::string_view(*type).substr(0, type->find(';'));
  while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
  if (same_word(name, "application/json")) return BodyKind::message;
  return same_word(name, "text/event-stream") ? BodyKind::events : BodyKind::other;
}

std::string challenge_parameter(std::string_view text, std::string_view name) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_token_char(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && is_token_char(text[at])) ++at;
    const std::string_view word = text.substr(begin, at - begin);
    while (at < text.size() && text[at] == ' ') ++at;
    if (at >= text.size() || text[at] != '=') continue;  // a scheme
    ++at;
    while (at < text.size() && text[at] == ' ') ++at;
    std::string value;
    if (at < text.size() && text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        value += text[at];
      }
      ++at;
    } else {
      while (at < text.size() && is_token_char(text[at])) value += text[at++];
    }
    if (same_word(word, name)) return value;
  }
  return {};
}

Error status_error(unsigned status, const http::Headers& headers, bool sent_token) {
  Error error = fail(code_of(status), sentence(status, sent_token));
  if (status == 401 || status == 403) {
    const std::string* const challenge = http::find_header(headers, "WWW-Authenticate");
    const std::string scope = challenge ? challenge_parameter(*challenge, "scope") : std::string();
    const std::string why = challenge ? challenge_parameter(*challenge, "error_description") : std::string();
    if (!scope.empty()) error.message += "; it asks for the scope " + in_quotes(scope, kShownBytes);
    if (!why.empty()) error.message += "; it says " + in_quotes(why, kShownBytes);
    if (!scope.empty()) error.data = {{"scopes", words_of(scope)}};
  }
  if (status == 429 || status == 503) {
    const std::string* const wait = http::find_header(headers, "Retry-After");
    if (wait) error.message += "; try again after " + in_quotes(*wait, kShownBytes) + (wait->find_first_not_of("0123456789") == std::string::npos ? " seconds" : "");
  }
  return error;
}

bool is_response(std::string_view text) {
  auto value = parse_json(text);
  if (!value || jsonrpc::is_batch(*value)) return false;
  const auto message = jsonrpc::decode(*std::move(value));
  return std::holds_alternative<jsonrpc::Response>(message) || std::holds_alternative<jsonrpc::ErrorResponse>(message);
}

bool is_error_response(std::string_view text) {
  auto value = parse_json(text);
  return value && value->is_object() && std::holds_alternative<jsonrpc::ErrorResponse>(jsonrpc::decode(*std::move(value)));
}

}  // namespace v0
}  // namespace sumun
