// SPDX-License-Identifier: Apache-2.0
// Registration: every rule that a program can break is checked here, at its start, with the tool's name in the message.
#include "server/core.hpp"

#include "base/canonical.hpp"
#include "base/json_text.hpp"
#include "base/scopes.hpp"
#include "gate/memory_ledger.hpp"
#include "protocol/meta.hpp"
#include "protocol/methods.hpp"

#include <sumun/store.hpp>

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

namespace sumun::server {
namespace {

[[noreturn]] void misuse(const std::string& what) { throw ErrorException(fail(ErrorCode::invalid_value, what)); }

std::optional<std::string> some(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

// Null = the store has the keys.
std::shared_ptr<const Sealer> sealer_of(const ServerOptions& options) {
  const std::string& said = options.state_key;
  if (said.empty() && options.store) return nullptr;
  if (said.empty()) return std::make_shared<Sealer>();
  std::vector<SealKey> keys(said.size() / SealKey().size());
  if (keys.empty() || said.size() % SealKey().size() != 0) misuse("state_key has " + std::to_string(said.size()) + " bytes, expected 32 a key");
  for (std::size_t i = 0; i < keys.size(); ++i) std::copy_n(said.begin() + static_cast<std::ptrdiff_t>(i * keys[i].size()), keys[i].size(), keys[i].begin());
  return std::make_shared<Sealer>(std::move(keys));
}

std::shared_ptr<gate::CallStore> calls_of(const std::shared_ptr<Store>& store) {
  if (store) return {store, &store->calls()};
  return std::make_shared<gate::MemoryCallStore>();
}

std::shared_ptr<gate::TaskStore> tasks_of(const std::shared_ptr<Store>& store) {
  if (store) return {store, &store->tasks()};
  return std::make_shared<gate::MemoryTaskStore>();
}

std::shared_ptr<gate::Ledger> ledger_of(const std::shared_ptr<Store>& store) {
  if (store) return {store, &store->ledger()};
  return std::make_shared<gate::MemoryLedger>();
}

gate::Redactor redactor_of(const AuditOptions& options) {
  auto redactor = gate::Redactor::compile(options);
  if (!redactor) misuse("audit: " + redactor.error().message);
  return *std::move(redactor);
}

// Whether a call may have to wait for people.
bool asks(const std::optional<Policy>& policy) {
  if (!policy || policy->options().mode != PolicyMode::enforce) return false;
  const auto& rules = policy->options().rules;
  return policy->options().otherwise == Decision::ask ||
         std::any_of(rules.begin(), rules.end(), [](const PolicyRule& rule) { return rule.decision == Decision::ask; });
}

// 2026-07-28 server/tools, Tool Names
void check_name(const char* kind, const std::string& name) {
  if (name.empty() || name.size() > 128) misuse(std::string(kind) + " '" + name + "': a name has 1 to 128 characters");
  for (unsigned char c : name) {
    if (!std::isalnum(c) && c != '_' && c != '-' && c != '.')
      misuse(std::string(kind) + " '" + name + "': a name has letters, digits, '_', '-' and '.' only");
  }
}

// 2026-07-28 basic, _meta
void check_meta(const char* kind, const std::string& name, const std::optional<json>& meta) {
  if (!meta) return;
  if (!meta->is_object()) misuse(std::string(kind) + " '" + name + "': _meta must be an object");
  for (const auto& [key, unused] : meta->items())
    if (!protocol::is_valid_meta_key(key)) misuse(std::string(kind) + " '" + name + "': _meta has the ill-formed key '" + key + "'");
}

// 2026-07-28 basic, icons
void check_icons(const char* kind, const std::string& name, const std::optional<std::vector<Icon>>& icons) {
  if (!icons) return;
  for (const Icon& icon : *icons) {
    const bool known = icon.src.starts_with("https://") || icon.src.starts_with("http://") || icon.src.starts_with("data:");
    if (!known) misuse(std::string(kind) + " '" + name + "': the icon '" + icon.src + "' is no https: or data: URI");
  }
}

Implementation info_of(std::string name, std::string version, const ServerOptions& options) {
  if (name.empty()) misuse("a server needs a name");
  if (version.empty()) misuse("server '" + name + "' needs a version");
  Implementation info;
  info.name = std::move(name);
  info.version = std::move(version);
  info.title = some(options.title);
  info.description = some(options.description);
  info.websiteUrl = some(options.website_url);
  if (options.page_size == 0) misuse("server '" + info.name + "': page_size must not be 0");
  if (!options.icons.empty()) info.icons = options.icons;
  check_icons("server", info.name, info.icons);
  return info;
}

template <class R>
void check_handler(const char* kind, const std::string& name, const Handler<R>& handler) {
  const bool there = std::visit([](const auto& function) { return static_cast<bool>(function); }, handler);
  if (!there) misuse(std::string(kind) + " '" + name + "' has no handler");
}

// A coroutine runs on the connection's executor, a quick handler in place: neither can be somewhere else as well.
template <class R>
void check_placement(const char* kind, const std::string& name, const Handler<R>& handler, Placement placement) {
  check_handler(kind, name, handler);
  if (std::holds_alternative<CoroutineHandler<R>>(handler) && placement == Placement::quick)
    misuse(std::string(kind) + " '" + name + "': quick is for plain handlers; a coroutine runs on the connection's executor");
}

void check_task_options(const std::string& name, const ToolOptions& options) {
  if (options.task == TaskSupport::none) return;
  if (options.placement == Placement::quick) misuse("tool '" + name + "': a quick handler ends at once; it cannot be a task");
  if (options.task_ttl.count() <= 0) misuse("tool '" + name + "': its task_ttl is not positive");
  if (options.task_poll_interval.count() <= 0) misuse("tool '" + name + "': its task_poll_interval is not positive");
}

void check_scopes(const char* kind, const std::string& name, const std::vector<std::string>& scopes) {
  for (const std::string& scope : scopes)
    if (!is_scope(scope)) misuse(std::string(kind) + " '" + name + "': " + in_quotes(scope) + " is no scope");
}

// What a client is told of the effects. Hints, never a decision.
ToolAnnotations annotations_of(Effects effects) {
  ToolAnnotations hints;
  const bool undeclared = !has(effects, reads | writes | destroys | reaches_out);
  hints.readOnlyHint = only_reads(effects);
  hints.destructiveHint = undeclared || has(effects, Effects::destroys);
  hints.idempotentHint = has(effects, Effects::idempotent) || only_reads(effects);
  hints.openWorldHint = undeclared || has(effects, Effects::reaches_out);
  return hints;
}

Schema compiled(const std::string& tool, const char* which, const json& document) {
  auto schema = Schema::compile(document, SchemaOptions{});
  if (!schema) misuse("tool '" + tool + "': its " + which + " is not valid: " + schema.error().message);
  return *std::move(schema);
}

std::shared_ptr<const Registry> first_registry(const ServerOptions& options) {
  auto registry = std::make_shared<Registry>();
  registry->policy = options.policy;
  registry->asks = asks(options.policy);
  return registry;
}

}  // namespace

// The definition as it is listed, and what it is said to do.
const std::string& ToolEntry::digest() const {
  std::call_once(digest_->made, [this] {
    digest_->hex = to_hex(stable_digest(json{{"definition", protocol::encode(definition)}, {"effects", static_cast<int>(options.effects)}}));
  });
  return digest_->hex;
}

Core::Core(std::string name, std::string version, ServerOptions options)
    : options_(std::move(options)),
      info_(info_of(std::move(name), std::move(version), options_)),
      stamp_(info_),
      own_sealer_(sealer_of(options_)),
      redactor_(redactor_of(options_.audit)),
      clock_(std::make_unique<SystemClock>()),
      calls_(calls_of(options_.store)),
      ledger_(ledger_of(options_.store)),
      is_durable_(options_.store != nullptr),
      tasks_(*this, tasks_of(options_.store)),
      registry_(first_registry(options_)),
      closing_([this](const std::string& line) { log(LoggingLevel::error, line); }) {}

Result<std::shared_ptr<const Sealer>> Core::sealer() const {
  static const auto process = std::make_shared<const Sealer>();  // for a store without keys of its own
  if (own_sealer_) return own_sealer_;
  auto of_store = options_.store->sealer();
  if (of_store && *of_store == nullptr) return process;
  return of_store;
}

void Core::settle(std::chrono::milliseconds limit) const {
  if (options_.store) options_.store->settle(limit);
}

std::shared_ptr<const Registry> Core::registry() const {
  std::lock_guard lock(mutex_);
  return registry_;
}

// Where people are asked, any call may become a task.
bool Core::offers_tasks(const Registry& registry) const { return registry.offers_tasks || (registry.asks && registry.offers_tools && is_durable_); }

ServerCapabilities Core::capabilities() const {
  const auto now = registry();
  ServerCapabilities offered;
  offered.logging = json::object();
  if (now->offers_tools) offered.tools = ListChangedCapability{true};
  if (now->offers_prompts) offered.prompts = ListChangedCapability{true};
  if (now->offers_resources) offered.resources = ResourcesCapability{true, true};
  if (now->completions) offered.completions = json::object();
  if (offers_tasks(*now)) offered.extensions = protocol::task_capability().extensions;
  return offered;
}

void Core::log(LoggingLevel level, const std::string& line) const {
  if (options_.log) {
    options_.log(level, line);
  } else if (level >= LoggingLevel::notice) {
    std::fprintf(stderr, "%s: %s\n", name().c_str(), line.c_str());
  }
}

void Core::observe(std::weak_ptr<Observer> observer) {
  std::lock_guard lock(mutex_);
  if (observers_.size() >= sweep_at_) {  // now and then, so that ten thousand observers cost ten thousand looks
    std::erase_if(observers_, [](const auto& one) { return one.expired(); });
    sweep_at_ = 2 * observers_.size() + 16;
  }
  observers_.push_back(std::move(observer));
}

std::vector<std::shared_ptr<Observer>> Core::observers() {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Observer>> alive;
  for (const auto& one : observers_)
    if (auto observer = one.lock()) alive.push_back(std::move(observer));
  return alive;
}

template <class Change>
void Core::change(ListKind kind, Change&& how) {
  {
    std::lock_guard lock(mutex_);
    auto next = std::make_shared<Registry>(*registry_);
    how(*next);
    registry_ = std::move(next);
  }
  for (const auto& observer : observers()) observer->list_changed(kind);
}

void Core::add(ToolEntry entry) {
  const std::string name = entry.definition.name;
  check_name("tool", name);
  check_meta("tool", name, entry.definition._meta);
  check_icons("tool", name, entry.definition.icons);
  check_placement("tool", name, entry.handler, entry.options.placement);
  if (entry.options.executor && std::holds_alternative<CoroutineHandler<CallToolResult>>(entry.handler))
    misuse("tool '" + name + "': an executor of its own is for plain handlers; a coroutine runs on the connection's executor");
  if (entry.options.placement == Placement::quick && entry.options.executor)
    misuse("tool '" + name + "': a quick handler runs in place; it cannot have an executor of its own");
  if (entry.options.placement == Placement::quick && entry.options.timeout.count() != 0)
    misuse("tool '" + name + "': a quick handler cannot be stopped; it cannot have a timeout");
  if (entry.options.timeout.count() < 0) misuse("tool '" + name + "': its timeout is negative");
  check_task_options(name, entry.options);
  check_scopes("tool", name, entry.options.scopes);
  entry.input = compiled(name, "input schema", entry.definition.inputSchema);
  const json& input = entry.definition.inputSchema;
  if (!input.is_object() || input.value("type", json()) != "object") misuse("tool '" + name + "': its input schema must have \"type\": \"object\"");
  auto mirrored = protocol::mirrored_params(input);
  if (!mirrored) misuse("tool '" + name + "': input schema: " + mirrored.error().message);
  entry.mirrored = *std::move(mirrored);
  if (entry.definition.outputSchema) {
    entry.output = compiled(name, "output schema", *entry.definition.outputSchema);
    entry.output_form = protocol::output_form(*entry.definition.outputSchema);
  }
  if (entry.options.portable_only) {
    for (const PortabilityNote& note : lint_portability(entry.definition.inputSchema)) {
      if (note.what.starts_with("hint: ")) continue;  // `sumun schema lint` tells those too
      const std::string words = "tool '" + name + "': " + note.client + ": input schema " + note.location + ": " + note.what;
      if (options_.strict_portability) misuse(words);
      log(LoggingLevel::warning, words);
    }
  }
  if (!entry.definition.annotations) entry.definition.annotations = annotations_of(entry.options.effects);
  change(ListKind::tools, [&](Registry& next) {
    if (next.tools.find(name)) misuse("tool '" + name + "' is registered twice");
    entry.order = ++last_order_;
    next.offers_tools = true;
    if (entry.options.task != TaskSupport::none) next.offers_tasks = true;
    next.tools.add(std::make_shared<const ToolEntry>(std::move(entry)));
  });
}

void Core::add(ResourceEntry entry) {
  const std::string uri = entry.definition.uri;
  if (uri.find(':') == std::string::npos) misuse("resource '" + uri + "': expected an absolute URI");
  if (entry.definition.name.empty()) misuse("resource '" + uri + "' needs a name");
  check_meta("resource", uri, entry.definition._meta);
  check_icons("resource", uri, entry.definition.icons);
  check_placement("resource", uri, entry.handler, entry.options.placement);
  check_scopes("resource", uri, entry.options.scopes);
  change(ListKind::resources, [&](Registry& next) {
    if (next.resources.find(uri)) misuse("resource '" + uri + "' is registered twice");
    entry.order = ++last_order_;
    next.offers_resources = true;
    next.resources.add(std::make_shared<const ResourceEntry>(std::move(entry)));
  });
}

void Core::add(TemplateEntry entry) {
  const std::string text = entry.definition.uriTemplate;
  if (entry.definition.name.empty()) misuse("resource template '" + text + "' needs a name");
  check_meta("resource template", text, entry.definition._meta);
  check_icons("resource template", text, entry.definition.icons);
  check_placement("resource template", text, entry.handler, entry.options.placement);
  check_scopes("resource template", text, entry.options.scopes);
  auto pattern = UriTemplate::parse(text);
  if (!pattern) misuse(pattern.error().message);
  entry.pattern = *std::move(pattern);
  change(ListKind::resources, [&](Registry& next) {
    if (next.templates.find(text)) misuse("resource template '" + text + "' is registered twice");
    entry.order = ++last_order_;
    next.offers_resources = true;
    next.templates.add(std::make_shared<const TemplateEntry>(std::move(entry)));
  });
}

void Core::add(PromptEntry entry) {
  const std::string name = entry.definition.name;
  check_name("prompt", name);
  check_meta("prompt", name, entry.definition._meta);
  check_icons("prompt", name, entry.definition.icons);
  check_placement("prompt", name, entry.handler, entry.options.placement);
  check_scopes("prompt", name, entry.options.scopes);
  if (entry.definition.arguments) {
    std::set<std::string> seen;
    for (const PromptArgument& argument : *entry.definition.arguments)
      if (argument.name.empty() || !seen.insert(argument.name).second)
        misuse("prompt '" + name + "': its argument '" + argument.name + "' has no name or stands twice");
  }
  change(ListKind::prompts, [&](Registry& next) {
    if (next.prompts.find(name)) misuse("prompt '" + name + "' is registered twice");
    entry.order = ++last_order_;
    next.offers_prompts = true;
    next.prompts.add(std::make_shared<const PromptEntry>(std::move(entry)));
  });
}

bool Core::remove(ListKind kind, std::string_view key) {
  const auto now = registry();
  const bool there = kind == ListKind::tools     ? now->tools.find(key) != nullptr
                     : kind == ListKind::prompts ? now->prompts.find(key) != nullptr
                                                 : now->resources.find(key) != nullptr;
  if (!there) return false;
  bool removed = false;
  change(kind, [&](Registry& next) {
    removed = kind == ListKind::tools     ? next.tools.remove(key)
              : kind == ListKind::prompts ? next.prompts.remove(key)
                                          : next.resources.remove(key);
  });
  return removed;
}

bool Core::remove_template(std::string_view uri_template) {
  if (!registry()->templates.find(uri_template)) return false;
  bool removed = false;
  change(ListKind::resources, [&](Registry& next) { removed = next.templates.remove(uri_template); });
  return removed;
}

void Core::complete_prompt(const std::string& prompt, const std::string& argument, Completer completer) {
  change(ListKind::prompts, [&](Registry& next) {
    const auto entry = next.prompts.find(prompt);
    if (!entry) misuse("complete_prompt: there is no prompt '" + prompt + "'");
    const auto& arguments = entry->definition.arguments;
    if (!arguments || std::none_of(arguments->begin(), arguments->end(), [&](const PromptArgument& a) { return a.name == argument; }))
      misuse("complete_prompt: prompt '" + prompt + "' has no argument '" + argument + "'");
    auto changed = std::make_shared<PromptEntry>(*entry);
    changed->completers[argument] = std::move(completer);
    next.prompts.replace(std::move(changed));
    next.completions = true;
  });
}

void Core::complete_resource(const std::string& uri_template, const std::string& variable, Completer completer) {
  change(ListKind::resources, [&](Registry& next) {
    const auto entry = next.templates.find(uri_template);
    if (!entry) misuse("complete_resource: there is no resource template '" + uri_template + "'");
    const auto& names = entry->pattern.variables();
    if (std::find(names.begin(), names.end(), variable) == names.end())
      misuse("complete_resource: resource template '" + uri_template + "' has no variable '" + variable + "'");
    auto changed = std::make_shared<TemplateEntry>(*entry);
    changed->completers[variable] = std::move(completer);
    next.templates.replace(std::move(changed));
    next.completions = true;
  });
}

void Core::tell_without_policy() const {
  if (!registry()->policy) log(LoggingLevel::notice, "there is no policy: whoever is connected may use everything that this server offers");
}

void Core::use(Policy policy) {
  std::shared_ptr<const Registry> before, now;
  {
    std::lock_guard lock(mutex_);
    auto next = std::make_shared<Registry>(*registry_);
    next->policy = std::move(policy);
    next->asks = asks(next->policy);
    before = std::exchange(registry_, std::move(next));
    now = registry_;
  }
  for (const auto& observer : observers()) observer->policy_changed(before, now);
}

void Core::observe_task(const std::string& id, const std::shared_ptr<Observer>& observer) {
  std::lock_guard lock(mutex_);
  task_observers_[id].insert_or_assign(observer.get(), observer);
}

void Core::unobserve_task(const std::string& id, const Observer& observer) {
  std::lock_guard lock(mutex_);
  const auto found = task_observers_.find(id);
  if (found == task_observers_.end()) return;
  found->second.erase(&observer);
  if (found->second.empty()) task_observers_.erase(found);
}

void Core::notify_task(const std::shared_ptr<const DetailedTask>& task) {
  std::vector<std::shared_ptr<Observer>> alive;  // let go of without the lock: the last reference may end a session
  {
    std::lock_guard lock(mutex_);
    const auto found = task_observers_.find(task->taskId);
    if (found == task_observers_.end()) return;
    for (const auto& [unused, one] : found->second)
      if (auto observer = one.lock()) alive.push_back(std::move(observer));
  }
  for (const auto& observer : alive) observer->task_changed(task);
}

void Core::notify_resource_updated(const std::string& uri) {
  for (const auto& observer : observers()) observer->resource_updated(uri);
}

}  // namespace sumun::server
