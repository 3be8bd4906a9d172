// SPDX-License-Identifier: Apache-2.0
// The public Server: hands registrations to the core.
#include <sumun/server.hpp>

#include "base/json_text.hpp"
#include "server/access.hpp"
#include "server/core.hpp"

#include <utility>

namespace sumun {
inline namespace v0 {

using server::Core;

Server::Server(std::string name, std::string version, ServerOptions options)
    : core_(std::make_shared<Core>(std::move(name), std::move(version), std::move(options))) {}
Server::~Server() = default;

const std::string& Server::name() const { return core_->name(); }
const std::string& Server::version() const { return core_->version(); }

Server& Server::add_tool(Tool definition, Handler<CallToolResult> handler, ToolOptions options) {
  server::ToolEntry entry;
  if (!options.title.empty()) definition.title = options.title;
  if (!options.icons.empty()) definition.icons = options.icons;
  if (!options.meta.is_null()) definition._meta = options.meta;
  if (options.output_schema) definition.outputSchema = options.output_schema;
  entry.definition = std::move(definition);
  entry.handler = std::move(handler);
  entry.options = std::move(options);
  core_->add(std::move(entry));
  return *this;
}

Server& Server::add_resource(Resource definition, Handler<ReadResourceResult> handler, ResourceOptions options) {
  server::ResourceEntry entry;
  entry.definition = std::move(definition);
  entry.handler = std::move(handler);
  entry.options = std::move(options);
  core_->add(std::move(entry));
  return *this;
}

Server& Server::add_resource_template(ResourceTemplate definition, Handler<ReadResourceResult> handler, ResourceOptions options) {
  server::TemplateEntry entry;
  entry.definition = std::move(definition);
  entry.handler = std::move(handler);
  entry.options = std::move(options);
  core_->add(std::move(entry));
  return *this;
}

Server& Server::add_prompt(Prompt definition, Handler<GetPromptResult> handler, PromptOptions options) {
  server::PromptEntry entry;
  if (!options.title.empty()) definition.title = options.title;
  if (!options.icons.empty()) definition.icons = options.icons;
  if (!options.meta.is_null()) definition._meta = options.meta;
  entry.definition = std::move(definition);
  entry.handler = std::move(handler);
  entry.options = std::move(options);
  core_->add(std::move(entry));
  return *this;
}

bool Server::remove_tool(std::string_view name) { return core_->remove(server::ListKind::tools, name); }
bool Server::remove_prompt(std::string_view name) { return core_->remove(server::ListKind::prompts, name); }
bool Server::remove_resource(std::string_view uri) { return core_->remove(server::ListKind::resources, uri); }
bool Server::remove_resource_template(std::string_view uri_template) { return core_->remove_template(uri_template); }

void Server::set_policy(Policy policy) { core_->use(std::move(policy)); }

std::optional<Tool> Server::find_tool(std::string_view tool) const {
  const auto entry = core_->registry()->tools.find(tool);
  return entry ? std::optional(entry->definition) : std::nullopt;
}

Result<PolicyReport> Server::explain_policy(const Principal& who, std::string_view target, json arguments) const {
  const auto registry = core_->registry();
  const auto unknown = [&] { return fail(ErrorCode::invalid_value, "there is no " + in_quotes(target)); };
  const auto report_on = [&](PolicyRequest request) {
    request.arguments = &arguments;
    PolicyReport report;
    report.verdict = {Decision::allow};
    report.effects = request.effects;
    report.module = request.module;
    if (registry->policy) {
      report.verdict = registry->policy->decide(request);
      report.readings = registry->policy->explain(request);
    }
    report.arguments = arguments;
    return report;
  };
  const std::size_t colon = std::min(target.find(':'), target.size());
  const std::string_view kind = target.substr(0, colon);
  const std::string_view name = target.substr(std::min(target.size(), colon + 1));
  if (kind == "tool") {
    const auto entry = registry->tools.find(name);
    if (!entry) return unknown();
    const auto violations = entry->input.validate(arguments, Defaults::fill);
    if (!violations.empty()) return fail(ErrorCode::invalid_value, "invalid arguments for " + entry->definition.name + ": " + explain(violations));
    return report_on(server::about(who, *entry));
  }
  if (kind == "prompt") {
    const auto entry = registry->prompts.find(name);
    return entry ? Result<PolicyReport>(report_on(server::about(who, *entry))) : unknown();
  }
  if (kind == "resource") {
    const ResourceOptions* options = server::behind(*registry, name);
    return options ? Result<PolicyReport>(report_on(server::about(who, *options, name))) : unknown();
  }
  return fail(ErrorCode::invalid_value, in_quotes(target) + ": expected tool:NAME, resource:URI or prompt:NAME");
}

void Server::notify_resource_updated(const std::string& uri) { core_->notify_resource_updated(uri); }

Server& Server::complete_prompt(std::string prompt, std::string argument, Completer completer) {
  core_->complete_prompt(prompt, argument, std::move(completer));
  return *this;
}

Server& Server::complete_resource(std::string uri_template, std::string variable, Completer completer) {
  core_->complete_resource(uri_template, variable, std::move(completer));
  return *this;
}

std::vector<PromptArgument> detail::prompt_arguments_of(const std::string& prompt, const json& input_schema,
                                                         const std::vector<std::string>& members) {
  std::vector<PromptArgument> arguments;
  const json needed = input_schema.value("required", json::array());
  const json properties = input_schema.value("properties", json::object());
  for (const std::string& member : members) {
    const json property = properties.value(member, json::object());
    if (property.value("type", json()) != "string")
      throw ErrorException(fail(ErrorCode::invalid_value, "prompt '" + prompt + "': its argument '" + member + "' must be a string"));
    PromptArgument argument;
    argument.name = member;
    if (property.contains("title")) argument.title = property["title"].get<std::string>();
    if (property.contains("description")) argument.description = property["description"].get<std::string>();
    argument.required = std::find(needed.begin(), needed.end(), member) != needed.end();
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

}  // namespace v0
}  // namespace sumun
