// SPDX-License-Identifier: Apache-2.0
// What a server offers, as an immutable registry that is replaced whole: a request keeps the one it began with.
#pragma once
#include "base/clock.hpp"
#include "base/seal.hpp"
#include "gate/call_store.hpp"
#include "gate/ledger.hpp"
#include "gate/redact.hpp"
#include "protocol/codec.hpp"
#include "server/closing.hpp"
#include "server/tasks.hpp"
#include "protocol/header_mirror.hpp"
#include "server/uri_template.hpp"

#include <sumun/server.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sumun::server {

struct ToolEntry {
  std::uint64_t order = 0;  // of registration; the place in lists
  Tool definition;
  Schema input;
  std::optional<Schema> output;
  protocol::OutputForm output_form = protocol::OutputForm::by_value;
  std::vector<protocol::MirroredParam> mirrored;  // in headers, over HTTP
  Handler<CallToolResult> handler;
  ToolOptions options;

  const std::string& key() const { return definition.name; }
  /// Of the definition and the effects: an approval holds for what was registered. Made when first asked for, once it is registered.
  const std::string& digest() const;

 private:
  struct Digest {
    std::once_flag made;
    std::string hex;
  };
  std::shared_ptr<Digest> digest_ = std::make_shared<Digest>();
};

struct ResourceEntry {
  std::uint64_t order = 0;
  Resource definition;
  Handler<ReadResourceResult> handler;
  ResourceOptions options;

  const std::string& key() const { return definition.uri; }
};

struct TemplateEntry {
  std::uint64_t order = 0;
  ResourceTemplate definition;
  UriTemplate pattern;
  Handler<ReadResourceResult> handler;
  ResourceOptions options;
  std::map<std::string, Completer, std::less<>> completers;

  const std::string& key() const { return definition.uriTemplate; }
};

struct PromptEntry {
  std::uint64_t order = 0;
  Prompt definition;
  Handler<GetPromptResult> handler;
  PromptOptions options;
  std::map<std::string, Completer, std::less<>> completers;

  const std::string& key() const { return definition.name; }
};

/// Entries in the order of their registration, found by key.
template <class Entry>
class Table {
 public:
  using Pointer = std::shared_ptr<const Entry>;

  Pointer find(std::string_view key) const {
    auto it = by_key_.find(key);
    return it == by_key_.end() ? nullptr : it->second;
  }
  const std::vector<Pointer>& list() const { return list_; }
  bool empty() const { return list_.empty(); }

  void add(Pointer entry) {
    by_key_.emplace(entry->key(), entry);
    list_.push_back(std::move(entry));
  }
  bool remove(std::string_view key) {
    auto it = by_key_.find(key);
    if (it == by_key_.end()) return false;
    std::erase(list_, it->second);
    by_key_.erase(it);
    return true;
  }
  void replace(Pointer entry) {
    for (Pointer& place : list_)
      if (place->key() == entry->key()) place = entry;
    by_key_[entry->key()] = std::move(entry);
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::vector<Pointer> list_;
  std::unordered_map<std::string, Pointer, Hash, std::equal_to<>> by_key_;
};

struct Registry {
  Table<ToolEntry> tools;
  Table<ResourceEntry> resources;
  Table<TemplateEntry> templates;
  Table<PromptEntry> prompts;
  std::optional<Policy> policy;  // none = everything is allowed
  bool completions = false;  // true once something completes
  // True once there was one: a client that was told of the capability may go on to list, even when all are gone.
  bool offers_tools = false;
  bool offers_prompts = false;
  bool offers_resources = false;
  bool offers_tasks = false;
  bool asks = false;  // true where the policy may make a call wait for people
};

/// What lists can change.
enum class ListKind { tools, prompts, resources };

/// Told of changes while a connection is open. Thread: any; it must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void list_changed(ListKind kind) = 0;
  virtual void policy_changed(std::shared_ptr<const Registry> /*before*/, std::shared_ptr<const Registry> /*now*/) {}
  virtual void resource_updated(const std::string& uri) = 0;
  virtual void task_changed(std::shared_ptr<const DetailedTask> task) = 0;
};

/// Thread: any, unless stated. Owner: the Server and its connections together.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(std::string name, std::string version, ServerOptions options);

  const std::string& name() const { return info_.name; }
  const std::string& version() const { return info_.version; }
  const Implementation& info() const { return info_; }
  const ServerOptions& options() const { return options_; }
  const protocol::ServerStamp& stamp() const { return stamp_; }
  /// What seals requestState. Errors: io when the store's keys cannot be read.
  Result<std::shared_ptr<const Sealer>> sealer() const;
  const Clock& clock() const { return *clock_; }
  gate::CallStore& calls() { return *calls_; }
  /// Replaces the store; before the first connection.
  void use(std::unique_ptr<gate::CallStore> calls) { calls_ = std::move(calls); }
  void use(std::unique_ptr<Clock> clock) { clock_ = std::move(clock); }
  gate::Ledger& ledger() { return *ledger_; }
  void use(std::shared_ptr<gate::Ledger> ledger);
  /// Whether what passes is written down. Without a store there are approvals all the same, for as long as the process lives.
  bool keeps_log() const { return is_durable_ && options_.audit.enabled; }
  /// What the log may have of arguments and words.
  const gate::Redactor& redactor() const { return redactor_; }
  /// Whether the books could be written just now.
  void store_answered(bool written) { store_fails_.store(!written, std::memory_order_relaxed); }
  /// False from a failure to write the books until they can be written again; asking makes it try.
  bool is_ready();
  /// A step that ends what a call has claimed, and that the store did not take: it is tried again until it does.
  void keep_closing(gate::Step step, const std::string& target) { closing_.keep(ledger_, std::move(step), target); }
  /// Counts the requests of this process that wait for an approval. Returns: how many others do.
  int wait_for(const std::string& approval);
  int stop_waiting(const std::string& approval);
  Tasks& tasks() { return tasks_; }
  /// Waits until the store has what it was given, no longer than `limit`.
  void settle(std::chrono::milliseconds limit) const;

  std::shared_ptr<const Registry> registry() const;
  ServerCapabilities capabilities() const;
  bool offers_tasks(const Registry& registry) const;

  void add(ToolEntry entry);
  void add(ResourceEntry entry);
  void add(TemplateEntry entry);
  void add(PromptEntry entry);
  bool remove(ListKind kind, std::string_view key);
  bool remove_template(std::string_view uri_template);
  /// Of requests that begin later. Each observer finds out what it changes for whom.
  void use(Policy policy);
  void complete_prompt(const std::string& prompt, const std::string& argument, Completer completer);
  void complete_resource(const std::string& uri_template, const std::string& variable, Completer completer);
  void notify_resource_updated(const std::string& uri);
  void notify_task(const std::shared_ptr<const DetailedTask>& task);

  /// Tells it of every change of lists and resources.
  void observe(std::weak_ptr<Observer> observer);
  /// Tells it of one task's changes, until `unobserve_task`.
  void observe_task(const std::string& id, const std::shared_ptr<Observer>& observer);
  void unobserve_task(const std::string& id, const Observer& observer);
  void log(LoggingLevel level, const std::string& line) const;
  /// Says it where everything is allowed for want of a policy; once, before the first connection.
  void tell_without_policy() const;

 private:
  template <class Change>
  void change(ListKind kind, Change&& how);
  std::vector<std::shared_ptr<Observer>> observers();

  const ServerOptions options_;
  const Implementation info_;
  const protocol::ServerStamp stamp_;
  const std::shared_ptr<const Sealer> own_sealer_;  // null = the store's
  const gate::Redactor redactor_;
  std::unique_ptr<Clock> clock_;
  std::shared_ptr<gate::CallStore> calls_;
  std::shared_ptr<gate::Ledger> ledger_;
  bool is_durable_;  // true where the ledger outlives the process
  std::atomic<bool> store_fails_{false};
  std::atomic<bool> trying_{false};  // true while a write shows whether the store works again
  Tasks tasks_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Registry> registry_;         // under mutex; what it points to never changes
  std::vector<std::weak_ptr<Observer>> observers_;   // under mutex
  std::unordered_map<std::string, std::map<const Observer*, std::weak_ptr<Observer>>> task_observers_;  // under mutex; by task id
  std::map<std::string, int> waiting_;               // under mutex; by approval
  std::size_t sweep_at_ = 16;                        // under mutex; so many observers, and those that are gone are dropped
  std::uint64_t last_order_ = 0;                     // under mutex
  Closing closing_;  // last: its thread ends before what it uses
};

}  // namespace sumun::server
