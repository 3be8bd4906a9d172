// SPDX-License-Identifier: Apache-2.0
// Tools whose calls go on as tasks: the handlers are ordinary ones, only their registration says so.
#include "everything.hpp"

using namespace std::chrono_literals;
using sumun::Call;
using sumun::CallToolResult;
using sumun::Field;
using sumun::Result;
using sumun::TaskStart;
using sumun::TaskSupport;

namespace {

struct Person {
  std::string name;
};

struct Work {
  Field<double, "how long it takes", sumun::range<0, 3600>> seconds;
  Field<std::string, "what to call it", sumun::default_<"work">> label;
};

struct File {
  std::string filename;
};

struct Confirmation {
  bool confirm;
};

Result<CallToolResult> slow_compute(Work work, Call& call) {
  const auto tenth = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(work.seconds.get() / 10));
  for (int done = 0; done < 10; ++done) {
    call.progress(done, 10, work.label.get() + ": " + std::to_string(done) + " of 10");
    if (!pause(call, tenth)) return sumun::fail(sumun::ErrorCode::cancelled, "told to stop");
  }
  return CallToolResult::text(work.label.get() + " is done");
}

Result<CallToolResult> confirm_delete(File file, Call& call) {
  auto answer = call.elicit<Confirmation>("Delete " + file.filename + "?");  // a task waits here; an ordinary call is replayed
  if (!answer) return std::move(answer).error();
  return CallToolResult::text((*answer && (*answer)->confirm ? "deleted " : "kept ") + file.filename);
}

Result<CallToolResult> multi_input(Call& call) {
  auto answers = call.ask(sumun::Form<Person>{"Who are you?", "name"}, sumun::Form<Confirmation>{"Go on?", "confirm"});
  if (!answers) return std::move(answers).error();
  const auto& [person, confirmation] = *answers;
  return CallToolResult::text((person ? person->name : "Nobody") + (confirmation && confirmation->confirm ? " goes on" : " stops"));
}

// What is asked before begin_task comes to the caller in rounds; what follows it goes on without them.
Result<CallToolResult> asks_then_works(Call& call) {
  auto person = call.elicit<Person>("What is your name?", "user_name");
  if (!person) return std::move(person).error();
  auto begun = call.begin_task();
  if (!begun) return std::move(begun).error();
  if (!pause(call, 200ms)) return sumun::fail(sumun::ErrorCode::cancelled, "told to stop");
  return CallToolResult::text("Hello, " + (*person ? (*person)->name : std::string("whoever you are")) + "!");
}

}  // namespace

void add_tasks(sumun::Server& server) {
  server.tool("greet", "Greets at once", [](Person person) { return CallToolResult::text("Hello, " + person.name + "!"); });
  server.tool("slow_compute", "Works for some seconds", slow_compute, {.effects = sumun::reads, .task = TaskSupport::optional});
  server.tool("confirm_delete", "Asks before it deletes", confirm_delete, {.task = TaskSupport::optional});
  server.tool("multi_input", "Asks two things at once", multi_input, {.task = TaskSupport::optional});
  server.tool("test_tool_with_task", "Asks, then goes on as a task", asks_then_works,
              {.task = TaskSupport::required, .task_start = TaskStart::when_told});
  server.tool(
      "failing_job", "Fails after a while",
      [](Call& call) -> Result<CallToolResult> {
        pause(call, 500ms);
        return sumun::fail("this job always fails");
      },
      {.task = TaskSupport::required});
  server.tool(
      "protocol_error_job", "Ends with an error of the protocol",
      []() -> Result<CallToolResult> { return sumun::fail(sumun::ErrorCode::internal_error, "this job breaks the protocol"); },
      {.task = TaskSupport::optional});
}
