// SPDX-License-Identifier: Apache-2.0
// Tools that ask: forms, the client's model, its directories, several questions in one round, several rounds.
// Each is written once; whether the question is pushed or carried by a result is the caller's revision's affair.
#include "everything.hpp"

using sumun::Call;
using sumun::CallToolResult;
using sumun::Field;
using sumun::Result;

namespace {

struct Message {
  Field<std::string, "the message to show to the user"> message;
};

struct Prompt {
  Field<std::string, "the prompt to send to the model"> prompt;
};

struct Contact {
  Field<std::string, "User's response"> username;
  Field<std::string, "User's email address", sumun::format<"email">> email;
};

enum class Status { active, inactive, pending };

struct Profile {
  Field<std::string, "User name", sumun::default_<"John Doe">> name;
  Field<int, "User age", sumun::default_<30>> age;
  Field<double, "User score", sumun::default_<95.5>> score;
  Field<Status, "User status", sumun::default_<Status::active>> status;
  Field<bool, "Verification status", sumun::default_<true>> verified;
};

struct Name {
  std::string name;
};

struct Colour {
  std::string color;
};

struct Confirmation {
  bool ok;
};

struct Answer {
  std::string answer;
};

struct Value {
  std::string value;
};

std::string_view word(sumun::ElicitAction action) {
  switch (action) {
    case sumun::ElicitAction::accept: return "accept";
    case sumun::ElicitAction::decline: return "decline";
    default: return "cancel";
  }
}

template <class T>
CallToolResult report(std::string_view prefix, const sumun::Elicited<T>& answer) {
  auto content = answer ? sumun::encode(*answer) : sumun::json::object();
  return CallToolResult::text(std::string(prefix) + ": action=" + std::string(word(answer.action)) + ", content=" + content.dump());
}

sumun::CreateMessageRequestParams question_to_model(std::string text, int max_tokens) {
  sumun::SamplingMessage message;
  message.content = sumun::SamplingMessageContentBlock(sumun::text_content(std::move(text)));
  sumun::CreateMessageRequestParams params;
  params.messages.push_back(std::move(message));
  params.maxTokens = max_tokens;
  return params;
}

// The text of the model's answer, where it is one text.
std::string text_of(const sumun::CreateMessageResult& result) {
  const auto* block = std::get_if<sumun::SamplingMessageContentBlock>(&result.content);
  const auto* text = block ? std::get_if<sumun::TextContent>(block) : nullptr;
  return text ? text->text : "(no text)";
}

std::string directories(const sumun::ListRootsResult& result) {
  std::string list;
  for (const auto& root : result.roots) list += (list.empty() ? "" : ", ") + root.uri;
  return list;
}

// A form whose choices have titles, which no C++ type says, is given as a schema.
sumun::json choices_schema() {
  return sumun::json::parse(R"json({
    "type": "object",
    "properties": {
      "untitledSingle": {"type": "string", "description": "Select one option", "enum": ["option1", "option2", "option3"]},
      "titledSingle": {"type": "string", "description": "Select one option with titles", "oneOf": [
        {"const": "value1", "title": "First Option"}, {"const": "value2", "title": "Second Option"},
        {"const": "value3", "title": "Third Option"}]},
      "legacyEnum": {"type": "string", "description": "Select one option (legacy)", "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"]},
      "untitledMulti": {"type": "array", "description": "Select multiple options", "minItems": 1, "maxItems": 3,
        "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
      "titledMulti": {"type": "array", "description": "Select multiple options with titles", "minItems": 1, "maxItems": 3,
        "items": {"anyOf": [{"const": "value1", "title": "First Choice"}, {"const": "value2", "title": "Second Choice"},
          {"const": "value3", "title": "Third Choice"}]}}
    },
    "required": []
  })json");
}

void add_forms(sumun::Server& server) {
  server.tool("test_elicitation", "Asks the user with a form", [](Message in, Call& call) -> Result<CallToolResult> {
    auto answer = call.elicit<Contact>(in.message);
    if (!answer) return std::move(answer).error();
    return report("User response", *answer);
  });
  server.tool("test_elicitation_sep1034_defaults", "Asks with a form that has defaults", [](Call& call) -> Result<CallToolResult> {
    auto answer = call.elicit<Profile>("Please review and update the form fields with defaults");
    if (!answer) return std::move(answer).error();
    return report("Elicitation completed", *answer);
  });
  server.tool("test_elicitation_sep1330_enums", "Asks with a form of choices", [](Call& call) -> Result<CallToolResult> {
    auto answers = call.ask(sumun::SchemaForm{"Please select options from the enum fields", choices_schema()});
    if (!answers) return std::move(answers).error();
    const auto& [answer] = *answers;
    auto content = answer.content.value_or(sumun::json::object());
    return CallToolResult::text("Elicitation completed: action=" + std::string(word(answer.action)) + ", content=" + content.dump());
  });
  server.tool("test_streaming_elicitation", "Reports progress, then asks", [](Call& call) -> Result<CallToolResult> {
    call.progress(50, 100);
    auto answer = call.elicit<Value>("A value, please");
    if (!answer) return std::move(answer).error();
    return report("Streaming complete", *answer);
  });
}

void add_model_questions(sumun::Server& server) {
  server.tool("test_sampling", "Asks the client's model", [](Prompt in, Call& call) -> Result<CallToolResult> {
    auto answer = call.sample(question_to_model(in.prompt, 100));
    if (!answer) return std::move(answer).error();
    return CallToolResult::text("LLM response: " + text_of(*answer));
  });
  server.tool("test_missing_capability", "Needs the client's model", [](Call& call) -> Result<CallToolResult> {
    auto answer = call.sample(question_to_model("Anything", 10));
    if (!answer) return std::move(answer).error();
    return CallToolResult::text(text_of(*answer));
  });
}

// One question a call, under the key that the suite looks for.
void add_one_round_questions(sumun::Server& server) {
  server.tool("test_input_required_result_elicitation", "Asks for a name", [](Call& call) -> Result<CallToolResult> {
    auto name = call.elicit<Name>("What is your name?", "user_name");
    if (!name) return std::move(name).error();
    return CallToolResult::text(*name ? "Hello, " + (*name)->name + "!" : "Hello, whoever you are!");
  });
  server.tool("test_input_required_result_sampling", "Asks the model for a capital", [](Call& call) -> Result<CallToolResult> {
    auto answers = call.ask(sumun::Sample{question_to_model("What is the capital of France?", 100), "capital_question"});
    if (!answers) return std::move(answers).error();
    return CallToolResult::text(text_of(std::get<0>(*answers)));
  });
  server.tool("test_input_required_result_list_roots", "Asks for the directories", [](Call& call) -> Result<CallToolResult> {
    auto answers = call.ask(sumun::Roots{"client_roots"});
    if (!answers) return std::move(answers).error();
    return CallToolResult::text("Roots: " + directories(std::get<0>(*answers)));
  });
  server.tool("test_input_required_result_request_state", "Asks for a confirmation", [](Call& call) -> Result<CallToolResult> {
    auto answer = call.elicit<Confirmation>("Please confirm", "confirm");
    if (!answer) return std::move(answer).error();
    return CallToolResult::text(*answer && (*answer)->ok ? "state-ok: confirmed" : "state-ok: not confirmed");
  });
  server.tool("test_input_required_result_tampered_state", "Asks for a confirmation", [](Call& call) -> Result<CallToolResult> {
    auto answer = call.elicit<Confirmation>("Please confirm", "confirm");
    if (!answer) return std::move(answer).error();
    return CallToolResult::text("integrity-ok: state verified");
  });
}

// Several questions in a round, and several rounds.
void add_long_conversations(sumun::Server& server) {
  server.tool("test_input_required_result_multiple_inputs", "Asks three things at once", [](Call& call) -> Result<CallToolResult> {
    auto answers = call.ask(sumun::Form<Name>{"What is your name?", "user_name"},
                            sumun::Sample{question_to_model("Generate a greeting", 50), "greeting"}, sumun::Roots{"client_roots"});
    if (!answers) return std::move(answers).error();
    const auto& [name, greeting, roots] = *answers;
    return CallToolResult::text(text_of(greeting) + " " + (name ? name->name : "whoever you are") + " in " + directories(roots));
  });
  server.tool("test_input_required_result_multi_round", "Asks twice", [](Call& call) -> Result<CallToolResult> {
    auto name = call.elicit<Name>("Step 1: What is your name?", "step1");
    if (!name) return std::move(name).error();
    auto colour = call.elicit<Colour>("Step 2: What is your favorite color?", "step2");
    if (!colour) return std::move(colour).error();
    return CallToolResult::text((*name ? (*name)->name : "Nobody") + " likes " + (*colour ? (*colour)->color : "no colour"));
  });
  server.tool("ask_twice", "Asks twice, under keys that the server chooses", [](Call& call) -> Result<CallToolResult> {
    auto first = call.elicit<Answer>("First?");
    if (!first) return std::move(first).error();
    auto second = call.elicit<Answer>("Second?");
    if (!second) return std::move(second).error();
    if (!*first || !*second) return CallToolResult::error("both answers are needed");
    return CallToolResult::text((*first)->answer + ", then " + (*second)->answer);
  });
  server.tool("test_input_required_result_capabilities", "Asks what the client can answer", [](Call& call) -> Result<CallToolResult> {
    const auto& can = call.client_capabilities();
    sumun::Form<Value> form{"Elicitation input", "elicit_input"};
    sumun::Sample sample{question_to_model("Sample request", 50), "sample_input"};
    std::string received;
    if (can.can_elicit_form() && can.can_sample()) {
      auto answers = call.ask(form, sample);
      if (!answers) return std::move(answers).error();
      received = "elicit_input,sample_input";
    } else if (can.can_elicit_form()) {
      auto answers = call.ask(form);
      if (!answers) return std::move(answers).error();
      received = "elicit_input";
    } else if (can.can_sample()) {
      auto answers = call.ask(sample);
      if (!answers) return std::move(answers).error();
      received = "sample_input";
    } else {
      return CallToolResult::text("No supported capabilities declared");
    }
    return CallToolResult::text("capabilities-ok: received " + received);
  });
}

}  // namespace

void add_questions(sumun::Server& server) {
  add_forms(server);
  add_model_questions(server);
  add_one_round_questions(server);
  add_long_conversations(server);
}
