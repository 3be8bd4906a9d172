// SPDX-License-Identifier: Apache-2.0
// Splitting and resolving of URI references.
#include "schema/uri.hpp"

namespace sumun::schema {

namespace {

// Section 5.2.4, on a path that `out` then holds. "." and ".." segments go; a ".." takes the segment before it along.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  const auto drop_last = [&out] {
    const auto slash = out.rfind('/');
    out.erase(slash == std::string::npos ? 0 : slash);
  };
  while (!path.empty()) {
    if (path.starts_with("../")) {
      path.remove_prefix(3);
    } else if (path.starts_with("./") || path.starts_with("/./")) {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.starts_with("/../")) {
      path.remove_prefix(3);
      drop_last();
    } else if (path == "/..") {
      path = "/";
      drop_last();
    } else if (path == "." || path == "..") {
      break;
    } else {
      const auto next = path.find('/', 1);
      out += path.substr(0, next);
      path = next == std::string_view::npos ? std::string_view() : path.substr(next);
    }
  }
  return out;
}

// Section 5.2.3.
std::string merged_path(const UriParts& base, std::string_view path) {
  if (base.authority && base.path.empty()) return "/" + std::string(path);
  const auto slash = base.path.rfind('/');
  return std::string(slash == std::string_view::npos ? std::string_view() : base.path.substr(0, slash + 1)) += path;
}

std::string joined(const UriParts& parts) {
  std::string out;
  if (parts.scheme) (out += *parts.scheme) += ':';
  if (parts.authority) (out += "//") += *parts.authority;
  // What is left after dot segments went must not be taken for an authority.
  if (!parts.authority && parts.path.starts_with("//")) out += "/.";
  out += parts.path;
  if (parts.query) (out += '?') += *parts.query;
  if (parts.fragment) (out += '#') += *parts.fragment;
  return out;
}

}  // namespace

UriParts split_uri(std::string_view reference) {
  UriParts parts;
  parts.fragment = fragment_of(reference);
  std::string_view rest = without_fragment(reference);
  if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
    parts.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (const auto end = rest.find_first_of(":/"); end != std::string_view::npos && end > 0 && rest[end] == ':') {
    parts.scheme = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  if (rest.starts_with("//")) {
    const auto end = rest.find('/', 2);
    parts.authority = rest.substr(2, end == std::string_view::npos ? end : end - 2);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  }
  parts.path = rest;
  return parts;
}

std::string resolve_uri(std::string_view base_text, std::string_view reference_text) {
  const UriParts base = split_uri(base_text);
  UriParts target = split_uri(reference_text);
  if (!target.scheme && !target.authority && target.path.empty()) {
    target.path = base.path;
    if (!target.query) target.query = base.query;
    target.authority = base.authority;
    target.scheme = base.scheme;
    return joined(target);
  }
  std::string path(target.path);
  if (!target.scheme) {
    if (!target.authority) {
      if (!path.starts_with('/')) path = merged_path(base, path);
      target.authority = base.authority;
    }
    target.scheme = base.scheme;
  }
  path = without_dot_segments(path);
  target.path = path;
  return joined(target);
}

std::string_view without_fragment(std::string_view reference) { return reference.substr(0, reference.find('#')); }

std::optional<std::string_view> fragment_of(std::string_view reference) {
  const auto mark = reference.find('#');
  if (mark == std::string_view::npos) return std::nullopt;
  return reference.substr(mark + 1);
}

}  // namespace sumun::schema
