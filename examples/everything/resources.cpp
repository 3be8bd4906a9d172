// SPDX-License-Identifier: Apache-2.0
// Resources: text, bytes, one to subscribe to (touch_watched_resource in tools.cpp changes it), and a template.
#include "everything.hpp"

namespace {

sumun::Resource resource(std::string uri, std::string name, std::string description, std::string mime_type) {
  sumun::Resource definition;
  definition.uri = std::move(uri);
  definition.name = std::move(name);
  definition.description = std::move(description);
  definition.mimeType = std::move(mime_type);
  return definition;
}

sumun::ReadResourceResult picture() {
  sumun::BlobResourceContents contents;
  contents.uri = "test://static-binary";
  contents.mimeType = "image/png";
  contents.blob = std::string(kPng);
  sumun::ReadResourceResult result;
  result.contents.push_back(std::move(contents));
  return result;
}

sumun::ReadResourceResult record(sumun::UriVariables variables, sumun::Call& call) {
  const std::string& id = variables["id"];
  sumun::TextResourceContents contents;
  contents.uri = call.target();
  contents.mimeType = "application/json";
  contents.text = sumun::json{{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}}.dump();
  sumun::ReadResourceResult result;
  result.contents.push_back(std::move(contents));
  return result;
}

}  // namespace

void add_resources(sumun::Server& server) {
  server.resource(resource("test://static-text", "static-text", "A text that never changes", "text/plain"),
                  [] { return std::string("This is the content of the static text resource."); });
  server.resource(resource("test://static-binary", "static-binary", "A picture that never changes", "image/png"), picture);
  server.resource(resource(kWatchedUri, "watched-resource", "A text to subscribe to", "text/plain"),
                  [] { return std::string("Watched resource content"); });

  sumun::ResourceTemplate family;
  family.uriTemplate = "test://template/{id}/data";
  family.name = "template";
  family.description = "A record for each id";
  family.mimeType = "application/json";
  server.resource_template(family, record);
  server.complete_resource("test://template/{id}/data", "id", [](std::string value, std::map<std::string, std::string>) {
    std::vector<std::string> ids;
    for (std::string id : {"1", "12", "123"})
      if (id.starts_with(value)) ids.push_back(id);
    return ids;
  });
}
