// SPDX-License-Identifier: Apache-2.0
// Prompts: without and with arguments, completed, with a resource and a picture inside, and one that asks first.
#include "everything.hpp"

using sumun::Field;
using sumun::PromptMessage;
using sumun::Result;

namespace {

struct TwoArguments {
  Field<std::string, "First test argument"> arg1;
  Field<std::string, "Second test argument"> arg2;
};

struct OneResource {
  Field<std::string, "URI of the resource to embed", sumun::wire_name<"resourceUri">> resource_uri;
};

struct Context {
  std::string context;
};

PromptMessage from_user(sumun::ContentBlock content) {
  PromptMessage message;
  message.content = std::move(content);
  return message;
}

std::vector<PromptMessage> with_resource(OneResource in) {
  sumun::TextResourceContents contents;
  contents.uri = in.resource_uri;
  contents.mimeType = "text/plain";
  contents.text = "Embedded resource content for testing.";
  sumun::EmbeddedResource embedded;
  embedded.resource = std::move(contents);
  return {from_user(std::move(embedded)), from_user(sumun::text_content("Please process the embedded resource above."))};
}

Result<std::string> asks_first(sumun::Call& call) {
  auto context = call.elicit<Context>("What context should the prompt use?", "user_context");
  if (!context) return std::move(context).error();
  return *context ? "Use this context: " + (*context)->context : std::string("Use no context");
}

}  // namespace

void add_prompts(sumun::Server& server) {
  server.prompt("test_simple_prompt", "A prompt without arguments", [] { return std::string("This is a simple prompt for testing."); });
  server.prompt("test_prompt_with_arguments", "A prompt with required arguments", [](TwoArguments in) {
    return "Prompt with arguments: arg1='" + in.arg1.get() + "', arg2='" + in.arg2.get() + "'";
  });
  server.complete_prompt("test_prompt_with_arguments", "arg1", [](std::string value, std::map<std::string, std::string>) {
    std::vector<std::string> matching;
    for (std::string known : {"paris", "park", "party", "seoul"})
      if (known.starts_with(value)) matching.push_back(known);
    return matching;
  });
  server.prompt("test_prompt_with_embedded_resource", "A prompt that includes a resource", with_resource);
  server.prompt("test_prompt_with_image", "A prompt that includes a picture", [] {
    std::vector<PromptMessage> messages;
    messages.push_back(from_user(sumun::image_content(std::string(kPng), "image/png")));
    messages.push_back(from_user(sumun::text_content("Please analyze the image above.")));
    return messages;
  });
  server.prompt("test_input_required_result_prompt", "A prompt that asks the user first", asks_first);
}
