// SPDX-License-Identifier: Apache-2.0
// TOML to JSON, JSON against the schema, and what is left to the options of the library.
#include "config.hpp"

#include "console.hpp"
#include "files.hpp"
#include "policy_config.hpp"
#include "toml_reader.hpp"

#include <sumun/schema.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace sumun::host {
namespace {

namespace fs = std::filesystem;

fs::path home() {
  const char* folder = std::getenv("HOME");
  return folder ? fs::path(folder) : fs::path();
}

// "/auth/tokens/0/name" as people write it: auth.tokens[0].name
std::string field_name(std::string_view pointer) {
  std::string name;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    const std::string_view part = pointer.substr(0, end);
    const bool index = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (index) name += "[" + std::string(part) + "]";
    else name += (name.empty() ? "" : ".") + std::string(part);
    pointer.remove_prefix(end);
  }
  return name;
}

// What the schema says of an entry that may hold a secret, on the way of these keywords; null = it holds none.
const json* secret_on_the_way(const json& schema, std::string_view keywords) {
  const json* node = &schema;
  while (!keywords.empty()) {
    keywords.remove_prefix(1);
    const std::size_t end = std::min(keywords.find('/'), keywords.size());
    const std::string part(keywords.substr(0, end));
    keywords.remove_prefix(end);
    if (node->is_object() && node->value("writeOnly", false)) return node;
    if (part == "$ref" && node->contains("$ref")) {
      node = &schema.at(json::json_pointer(node->at("$ref").get_ref<const std::string&>().substr(1)));
    } else if (node->is_object() && node->contains(part)) {
      node = &node->at(part);
    } else if (node->is_array()) {
      node = &node->at(static_cast<std::size_t>(std::stoul(part)));
    } else {
      return nullptr;
    }
  }
  return nullptr;
}

const Schema& compiled_schema() {
  static const Schema schema = Schema::compile(config_schema()).value();
  return schema;
}

std::string expected_secret(const json& node) {
  if (node.contains("$ref")) {
    const std::string pointer = node["$ref"].get<std::string>().substr(1);
    return "expected " + config_schema().at(json::json_pointer(pointer)).value("description", "");
  }
  return "expected " + node.value("description", "");
}

/// Collects what is wrong, with its line.
class Faults {
 public:
  Faults(const fs::path& file, const TomlDocument& document) : file_(file), document_(document) {}

  void add(const std::string& pointer, const std::string& what) {
    const std::size_t line = document_.line_of(pointer);
    const std::string name = field_name(pointer);
    lines_.push_back(file_.string() + ":" + (line > 0 ? std::to_string(line) + ":" : "") + " " + (name.empty() ? "" : name + ": ") + what);
  }
  bool empty() const { return lines_.empty(); }
  Error error() const {
    std::string text;
    for (const auto& line : lines_)
      if (text.find(line) == std::string::npos) text += (text.empty() ? "" : "\n") + line;
    return fail(ErrorCode::invalid_value, std::move(text));
  }

 private:
  const fs::path& file_;
  const TomlDocument& document_;
  std::vector<std::string> lines_;
};

void add_violations(const std::vector<Violation>& violations, Faults& faults) {
  for (const auto& one : violations) {
    const json* secret = secret_on_the_way(config_schema(), one.keyword_location);
    if (one.keyword_location.ends_with("/oneOf") && one.instance_location.starts_with("/auth/tokens/")) {
      faults.add(one.instance_location, "expected either hash or token");
    } else {
      faults.add(one.instance_location, secret ? expected_secret(*secret) : one.message);
    }
  }
}

/// Reads what the schema has found valid; what only the machine knows (files, the environment) is checked here.
class Reader {
 public:
  Reader(const fs::path& file, Faults& faults) : folder_(fs::absolute(file).parent_path()), faults_(faults) {}

  fs::path path(const json& value) const {
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty()) return {};
    if (text.starts_with("~/")) return home() / text.substr(2);
    return (folder_ / text).lexically_normal();
  }

  // The secret itself. Nothing else ever holds it but the option that it is for.
  std::string secret(const json& reference, const std::string& pointer) {
    if (reference.contains("env")) {
      const auto& name = reference["env"].get_ref<const std::string&>();
      const char* value = std::getenv(name.c_str());
      if (!value || !*value) faults_.add(pointer, "the environment variable " + name + " is not set");
      return value ? value : "";
    }
    const fs::path from = path(reference["file"]);
    auto text = read_file(from);
    if (!text || !*text) {
      faults_.add(pointer, text ? "there is no file " + from.string() : text.error().message);
      return {};
    }
    std::string value = **std::move(text);
    while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
    if (value.empty()) faults_.add(pointer, "the file " + from.string() + " is empty");
    return value;
  }

 private:
  fs::path folder_;
  Faults& faults_;
};

std::vector<std::string> words(const json& value) { return value.get<std::vector<std::string>>(); }

std::chrono::milliseconds seconds(const json& value) {
  return std::chrono::milliseconds(std::max<std::int64_t>(1, std::llround(value.get<double>() * 1000)));
}

HttpLimits http_limits(const json& said) {
  HttpLimits limits;
  limits.header_bytes = said["header_bytes"];
  limits.body_bytes = said["body_bytes"];
  limits.connections = said["connections"];
  limits.waiting = said["waiting"];
  limits.buffered_bytes = said["buffered_bytes"];
  limits.streams_of_principal = said["streams_of_principal"];
  limits.sessions = said["sessions"];
  limits.header_time = seconds(said["header_seconds"]);
  limits.body_time = seconds(said["body_seconds"]);
  limits.idle_time = seconds(said["idle_seconds"]);
  limits.write_time = seconds(said["write_seconds"]);
  limits.keep_alive = seconds(said["keep_alive_seconds"]);
  limits.session_idle = seconds(said["session_idle_seconds"]);
  limits.drain_time = seconds(said["drain_seconds"]);
  return limits;
}

HttpOptions http_options(const json& said, const Reader& reader) {
  HttpOptions http;
  http.address = said["address"];
  http.port = said["port"];
  http.path = said["path"];
  http.allowed_hosts = words(said["allowed_hosts"]);
  http.allowed_origins = words(said["allowed_origins"]);
  http.eras = said["eras"] == "both" ? HttpEras::both : HttpEras::modern_only;
  http.exposure = said["exposure"] == "refuse_public" ? HttpExposure::refuse_public : HttpExposure::public_without_authentication;
  http.threads = said["threads"];
  http.workers = said["workers"];
  http.limits = http_limits(said["limits"]);
  if (said.contains("tls"))
    http.tls = TlsOptions{reader.path(said["tls"]["certificate_file"]).string(), reader.path(said["tls"]["key_file"]).string()};
  return http;
}

StaticToken static_token(const json& said, const std::string& pointer, Reader& reader) {
  StaticToken token;
  token.name = said["name"];
  token.groups = words(said["groups"]);
  if (said.contains("scopes")) token.scopes = words(said["scopes"]);
  token.hash = said.contains("hash") ? said["hash"].get<std::string>() : hash_token(reader.secret(said["token"], pointer + "/token"));
  return token;
}

TrustedIssuer trusted_issuer(const json& said) {
  TrustedIssuer issuer;
  issuer.issuer = said["issuer"];
  issuer.jwks_uri = said["jwks_uri"];
  issuer.algorithms.clear();
  for (const auto& name : said["algorithms"])
    issuer.algorithms.push_back(name == "RS256" ? SignatureAlgorithm::RS256 : name == "ES256" ? SignatureAlgorithm::ES256 : SignatureAlgorithm::EdDSA);
  issuer.principal_claim = said["principal_claim"];
  issuer.principal_prefix = said["principal_prefix"];
  issuer.groups_claim = said["groups_claim"];
  issuer.scopes_claim = said["scopes_claim"];
  return issuer;
}

AuthOptions auth_options(const json& said, Reader& reader) {
  AuthOptions auth;
  auth.resource = said["resource"];
  auth.resource_name = said["resource_name"];
  for (std::size_t i = 0; i < said["tokens"].size(); ++i)
    auth.tokens.push_back(static_token(said["tokens"][i], "/auth/tokens/" + std::to_string(i), reader));
  for (const auto& one : said["issuers"]) auth.issuers.push_back(trusted_issuer(one));
  auth.required_scopes = words(said["required_scopes"]);
  auth.scopes_supported = words(said["scopes_supported"]);
  for (const auto& [scope, implied] : said["implied_scopes"].items()) auth.implied_scopes.emplace(scope, words(implied));
  auth.authorization_servers = words(said["authorization_servers"]);
  auth.clock_skew = std::chrono::seconds(said["clock_skew_seconds"].get<int>());
  auth.dpop = said["dpop"] == "off" ? DpopMode::off : said["dpop"] == "required" ? DpopMode::required : DpopMode::allowed;
  auth.ca_file = reader.path(said["ca_file"]).string();
  return auth;
}

// What the schema cannot say of rules: globs, pointers, predicates.
std::optional<Policy> policy_of(const json& said, const fs::path& file, const TomlDocument& document, Faults& faults) {
  auto policy = Policy::compile(policy_options(said, [&](const std::string& pointer) {
    return file.filename().string() + ":" + std::to_string(document.line_of(pointer));
  }));
  if (policy) return *std::move(policy);
  for (const auto& fault : policy.error().data) faults.add(pointer_of(fault), fault["what"].get_ref<const std::string&>());
  return std::nullopt;
}

ApprovalOptions approval_options(const json& said, Faults& faults) {
  ApprovalOptions options;
  options.hold = duration_of(said["hold"].get_ref<const std::string&>());
  options.replay = duration_of(said["replay"].get_ref<const std::string&>());
  options.url = said["url"];
  if (options.hold > kApprovalHold) faults.add("/approvals/hold", "expected " + std::to_string(kApprovalHold.count()) + "s at most: clients give up after a minute");
  if (!options.url.empty() && options.url.find("{id}") == std::string::npos) faults.add("/approvals/url", "expected {id} in it, where the approval's id goes");
  return options;
}

AuditOptions audit_options(const json& said, Faults& faults) {
  AuditOptions options;
  options.enabled = said["enabled"];
  options.reads = said["reads"];
  options.redact = words(said["redact"]);
  options.patterns = words(said["patterns"]);
  options.standard_patterns = said["standard_patterns"];
  options.max_argument_bytes = said["max_argument_bytes"];
  if (said["store_failure"] == "open") options.store_failure = FailMode::open;
  if (auto checked = check_audit_options(options); !checked) {
    const json& place = checked.error().data;
    faults.add("/audit/" + place["field"].get<std::string>() + "/" + std::to_string(place["item"].get<std::size_t>()), place["what"].get_ref<const std::string&>());
  }
  return options;
}

StoreChoice store_choice(const json& said, Reader& reader, Faults& faults) {
  StoreChoice choice;
  if (said["kind"] == "postgres") choice.kind = StoreKind::postgres;
  if (said["kind"] == "memory") choice.kind = StoreKind::memory;
  choice.path = reader.path(said["path"]);
  if (said.contains("url")) choice.url = reader.secret(said["url"], "/store/url");
  if (said.contains("state_keys")) choice.keys = reader.secret(said["state_keys"], "/store/state_keys");
  if (choice.kind == StoreKind::postgres && !said.contains("url")) faults.add("/store", "kind \"postgres\" needs url = {env = \"NAME\"} or {file = \"PATH\"}");
  return choice;
}

LoggingLevel level_named(std::string_view name) {
  const json& names = config_schema()["properties"]["log"]["properties"]["level"]["enum"];
  return static_cast<LoggingLevel>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace

fs::path default_config_path() {
  const char* folder = std::getenv("XDG_CONFIG_HOME");
  const fs::path base = folder && *folder == '/' ? fs::path(folder) : home() / ".config";
  return base / "sumun" / "config.toml";
}

Result<Config> parse_config(std::string_view text, const fs::path& file) {
  TomlDocument document;
  TomlFault syntax;
  if (!read_toml(text, document, syntax))
    return fail(ErrorCode::invalid_value, file.string() + ":" + std::to_string(syntax.line) + ": " + harmless(syntax.what));
  Faults faults(file, document);
  json value = std::move(document.value);
  add_violations(compiled_schema().validate(value, Defaults::fill), faults);
  if (!faults.empty()) return faults.error();

  Reader reader(file, faults);
  Config config;
  config.file = file;
  config.log_level = level_named(value["log"]["level"].get_ref<const std::string&>());
  config.index = reader.path(value["documents"]["index"]);
  config.store = store_choice(value["store"], reader, faults);
  config.store.heads = reader.path(value["audit"]["heads"]);
  config.audit = audit_options(value["audit"], faults);
  config.http = http_options(value["http"], reader);
  config.policy = policy_of(value["policy"], file, document, faults);
  config.approvals = approval_options(value["approvals"], faults);
  if (value.contains("auth")) config.auth = auth_options(value["auth"], reader);
  if (!faults.empty()) return faults.error();
  config.holds = std::move(value);
  return config;
}

Result<Config> load_config(const fs::path& said) {
  const fs::path file = said.empty() ? default_config_path() : said;
  auto text = read_file(file);
  if (!text) return text.error();
  if (!*text && !said.empty()) return fail(ErrorCode::io, "there is no file " + file.string());
  auto config = parse_config(text->value_or(""), file);
  if (config && !*text) config->file.clear();
  return config;
}

}  // namespace sumun::host
