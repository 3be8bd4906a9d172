// SPDX-License-Identifier: Apache-2.0
// What `sumun audit …` takes on the command line.
#include "command_line.hpp"

namespace sumun::host {

void add_audit(CLI::App& app, Action& action) {
  auto* audit = app.add_subcommand("audit", "Read, verify and export the audit log");
  audit->require_subcommand(1);
  auto* show = audit->add_subcommand("show", "Show records, the newest last");
  auto& shown = attach<AuditShowCommand>(*show, action);
  show->add_option("--call", shown.call, "Of this call")->type_name("ID");
  show->add_option("--principal", shown.principal, "Of this caller")->type_name("NAME");
  show->add_option("--tool,--target", shown.target, "Of this tool, prompt or URI")->type_name("NAME");
  show->add_option("--event", shown.event, "Of this kind: call, refused, claim, outcome, …")->type_name("NAME");
  show->add_option("--since", shown.since, "From then on: 2026-11-20, 2026-11-20T17:00:00Z, or 30m, 12h, 7d ago")->type_name("TIME");
  show->add_option("--until", shown.until, "Before then")->type_name("TIME");
  show->add_option("-n,--limit", shown.limit, "The newest N of them (100)")->type_name("N")->check(CLI::Range(1, 1'000'000));
  show->add_flag("-f,--follow", shown.follow, "Go on with new ones as they are written");
  add_store_file(*show, shown.store);
  add_config(*show, shown.config);
  add_json(*show, shown.output);
  show->footer("Examples:\n  sumun audit show --since 2h\n  sumun audit show --tool create_refund --event outcome -n 20\n  sumun audit show -f --json | jq .event");

  auto* verify = audit->add_subcommand("verify", "Check that no record was changed, removed, put in or moved; exit 1 if one was");
  auto& verified = attach<AuditVerifyCommand>(*verify, action);
  verify->add_option("file", verified.file, "An export, \"-\" = standard input (default: the log in the store)")->type_name("FILE");
  verify->add_option("--head", verified.heads, "Signed heads: the file that [audit] heads names, or a server's log; \"-\" = standard input")->type_name("FILE");
  verify->add_option("--key", verified.keys, "Only heads signed with this key count; may be repeated")->type_name("KEY")->allow_extra_args(false);
  verify->add_option("--after", verified.after, "The export before this one: this one must go on where that ends")->type_name("FILE");
  add_store_file(*verify, verified.store);
  add_config(*verify, verified.config);
  add_json(*verify, verified.output);
  verify->footer(
      "Without a head that was kept elsewhere, whoever can write to the store can write the whole log anew.\n\n"
      "Examples:\n  sumun audit verify\n  sumun audit verify --head /var/log/sumun/heads.jsonl\n  sumun audit verify october.jsonl --after september.jsonl");

  auto* exporting = audit->add_subcommand("export", "Write records as JSON Lines that can be verified by themselves");
  auto& exported = attach<AuditExportCommand>(*exporting, action);
  exporting->add_option("--until", exported.until, "Only those before then")->type_name("TIME");
  exporting->add_option("-o,--output", exported.to, "Write to this file, which must not exist (default: standard output)")->type_name("FILE");
  exporting->add_flag("--prune", exported.prune, "Delete what was exported, once it is on disk; the chain goes on from there");
  add_store_file(*exporting, exported.store);
  add_config(*exporting, exported.config);
  add_json(*exporting, exported.output);
  exporting->footer("Examples:\n  sumun audit export | gzip > audit.jsonl.gz\n  sumun audit export --until 2026-10-01 --prune -o september.jsonl");
}

}  // namespace sumun::host
