# SPDX-License-Identifier: Apache-2.0
"""The books of a store, read past the product, and held against the journal of what was done and what anybody was told."""
import collections
import hashlib
import json

from world import expect, text_of

ENDED = {"executed", "failed", "outcome_unknown"}
NOT_DONE = {"denied", "expired", "withdrawn"}
ASKS_NOBODY = {"pay_free"}


class Books:
    def __init__(self, place):
        self.place = place
        self.approvals = {}
        for row in place.rows("SELECT id, binding, principal, tool, state, owner, changed, expires, version, body FROM approvals"):
            approval = json.loads(row.pop("body"))
            for name, value in row.items():  # what is searched by is what is shown
                value = approval["owner"] if name == "owner" and approval["state"] != "claimed" and value == "" else value
                expect(str(approval.setdefault(name, value)) == value, "a column is not its approval's:", name, value, text_of(approval))
            self.approvals[row["id"]] = approval

    def waiting(self):
        """Claims whose call waits for its caller's answer."""
        return {ident for ident, one in self.approvals.items() if one["state"] == "claimed" and one["asked_caller"]}

    def check(self, known, pids=()):
        """Everything that must hold when nothing is under way. `known` has what was sent and told: `sent`, `acknowledged`,
        `told`, `revoked`, `counts`."""
        counts = known.counts
        self.revoked = known.revoked
        self.grants = {row["id"]: {**json.loads(row["body"]), **row} for row in self.place.rows("SELECT id, principal, tool, until, body FROM grants")}
        self.records = [{**row, "number": int(row["number"]), "time": int(row["time"]), "event": json.loads(row["event"])}
                        for row in self.place.rows("SELECT writer, number, time, event, previous, hash FROM audit ORDER BY writer, number")]
        self.effects = self.place.effects()
        self.claims = collections.defaultdict(list)  # by approval
        self.claimed = {}  # by call
        self.outcomes = collections.defaultdict(list)  # by call
        given_back = {record["event"].get("call") for record in self.records if record["event"]["event"] in ("released", "lapsed")}
        for record in self.records:
            event = record["event"]
            if event["event"] == "claim":
                before = self.claimed.get(event["call"])
                expect(before is None or event["call"] in given_back, "two claims of one call:", before, record)
                self.claimed[event["call"]] = record if before is None else max(before, record, key=lambda one: one["time"])
                if event.get("approval"):
                    self.claims[event["approval"]].append(record)
            elif event["event"] == "outcome":
                self.outcomes[event["call"]].append(record)
        self.check_chain()
        self.check_effects(known.sent)
        self.check_approvals(known.acknowledged)
        self.check_told(known.told)
        self.check_balance()
        self.check_hosts(pids)
        counts["effects"] += len(self.effects) - counts.pop("effects of this store", 0)
        counts["effects of this store"] = len(self.effects)
        for state, count in collections.Counter(one["state"] for one in self.approvals.values()).items():
            counts["seen " + state] = max(counts["seen " + state], count)

    def check_chain(self):
        """Every writer's records are whole, and each is bound to the one before it."""
        before = {}
        for record in self.records:
            writer = record["writer"]
            number, previous = before.get(writer, (0, "0" * 64))
            expect(record["number"] == number + 1, "a record is missing before", record)
            expect(record["previous"] == previous, "not bound to the one before it:", record)
            content = {key: record[key] for key in ("writer", "number", "time", "event")}
            expect(record["hash"] == hashlib.sha256((previous + text_of(content)).encode()).hexdigest(), "not its hash:", record)
            before[writer] = (number + 1, record["hash"])
        for row in self.place.rows("SELECT id, number, hash FROM audit_writers"):
            expect(before.get(row["id"]) == (int(row["number"]), row["hash"]), "a writer's last record is another:", row)

    def check_effects(self, sent):
        """Once each, approved with exactly these arguments before, and on record."""
        seen = set()
        done_for = {}
        for effect in self.effects:
            call = effect["call"]
            expect(call not in seen, "done twice:", effect)
            seen.add(call)
            expect(effect["arguments"]["amount"] <= 900, "done against the policy:", effect)
            claim = self.claimed.get(call)
            expect(claim, "done without a claim on record:", effect)
            expect(claim["time"] <= effect["at"] + 1, "claimed after it was done:", claim, effect)
            expect(claim["event"]["principal"] == effect["principal"], "claimed by another:", claim, effect)
            if effect["tool"] in ASKS_NOBODY:
                continue
            if claim["event"].get("grant"):
                self.check_granted(claim, effect)
                continue
            ident = claim["event"].get("approval")
            expect(ident in self.approvals, "done without an approval:", effect, claim)
            expect(ident not in done_for, "one approval, done twice:", done_for.get(ident), effect)
            done_for[ident] = effect
            approval = self.approvals[ident]
            self.check_approved(approval, effect, sent)
            expect(approval["state"] in ENDED or (approval["state"] == "claimed" and approval["call"] == call),
                   "done, and its approval is", approval["state"] + ":", effect, text_of(approval))
            if approval["state"] != "outcome_unknown" or not self.was_resolved(approval):
                expect(approval["call"] == call, "done by a call that does not hold the approval:", effect, text_of(approval))
        self.done_for = done_for

    def check_granted(self, claim, effect):
        """A person has allowed it beforehand, and not taken it back."""
        grant = self.grants.get(claim["event"]["grant"])
        expect(grant, "done by a grant that nobody gave:", claim)
        expect(grant["principal"] == effect["principal"] and grant["tool"] == effect["tool"], "another's grant:", effect, grant)
        expect(claim["time"] <= int(grant["until"]), "done by a grant that was over:", effect, grant)
        expect(claim["time"] <= self.revoked.get(grant["id"], claim["time"]), "done by a grant that was revoked:", effect, grant)
        if grant.get("binding"):
            expect(any(one["binding"] == grant["binding"] and text_of(one["arguments"]) == text_of(effect["arguments"]) for one in self.approvals.values()),
                   "a grant for other arguments:", effect, grant)
        for predicate in grant["when"]:
            expect(effect["arguments"]["amount"] <= int(predicate.split("<=")[1]), "beyond its grant:", effect, grant)

    def check_approved(self, approval, effect, sent):
        expect(approval["principal"] == effect["principal"] and approval["tool"] == effect["tool"], "another's approval:", effect, text_of(approval))
        arguments = approval.get("edited", approval["arguments"])
        expect(text_of(arguments) == text_of(effect["arguments"]), "not what was approved:", effect, text_of(approval))
        votes = approval["votes"]
        expect(votes and all(vote["approves"] for vote in votes), "done, and not approved:", effect, text_of(approval))
        expect(all(vote["at"] <= effect["at"] + 1 for vote in votes), "approved after it was done:", effect, text_of(approval))
        if effect["tool"] == "confirm" and len(votes) == 1 and votes[0]["by"] == effect["principal"]:
            return  # by the person at the client
        expect(len({vote["by"] for vote in votes}) >= approval["terms"]["needed"], "too few have approved:", effect, text_of(approval))
        for vote in votes:
            expect(any(one["voter"] == vote["by"] and one["approve"] for one in sent[approval["id"]]), "a vote that nobody gave:", text_of(approval))
        if "edited" in approval:
            expect(any(one["edited"] and text_of(one["edited"]) == text_of(arguments) for one in sent[approval["id"]]), "an edit that nobody made:", text_of(approval))

    def was_resolved(self, approval):
        return any(record["event"]["event"] == "resolve" and record["event"].get("approval") == approval["id"] for record in self.records)

    def check_approvals(self, acknowledged):
        """What people were told stands; what was refused was never begun; one question for one call."""
        standing = collections.Counter()
        for ident, approval in self.approvals.items():
            state, claims = approval["state"], self.claims[ident]
            if state in NOT_DONE:
                expect(ident not in self.done_for, state, "and done:", text_of(approval))
            if state in ENDED or state == "claimed":
                expect(claims and any(claim["event"]["call"] == approval["call"] for claim in claims), state, "without a claim on record:", text_of(approval))
            if state in ("executed", "failed"):
                ends = {record["event"]["event"] for record in self.records if record["event"].get("approval") == ident}
                expect(ends & {"outcome", "resolve"}, state, "without an outcome on record:", text_of(approval))
            if state in ("pending", "approved", "claimed", "outcome_unknown"):
                standing[approval["binding"]] += 1
                expect(standing[approval["binding"]] == 1, "two open questions about one call:", text_of(approval))
        for ident, shown in acknowledged.items():
            approval = self.approvals.get(ident)
            expect(approval, "a decision is lost:", text_of(shown))
            expect(approval["version"] >= shown["version"], "a decision is undone:", text_of(shown), text_of(approval))
            if shown["state"] == "denied":
                expect(approval["state"] == "denied", "a denial is undone:", text_of(approval))
            if shown["state"] == "approved":
                expect(approval["state"] in ENDED | {"approved", "claimed", "expired"}, "an approval is undone:", text_of(approval))
                expect(approval.get("edited") == shown.get("edited"), "what was approved is another thing now:", text_of(shown), text_of(approval))

    def check_told(self, told):
        """A caller who was told that it is done was told the truth, and it is on record."""
        journal = {effect["call"]: effect for effect in self.effects}
        for call, effect in told.items():
            expect(journal.get(call) == effect, "told, and not done:", effect)
            expect(any(record["event"].get("outcome") == "executed" for record in self.outcomes[call]), "told, and its outcome is not on record:", effect)

    def check_balance(self):
        """Both sides of the books come to the same; the sums are the database's own."""
        count = lambda sql: int(self.place.rows("SELECT count(*) AS n FROM " + sql)[0]["n"])  # noqa: E731
        expect(count("audit") == int(self.place.rows("SELECT coalesce(sum(number - pruned), 0) AS n FROM audit_writers")[0]["n"]), "the log's records do not add up")
        expect(count("approvals WHERE open = 1 AND state NOT IN ('pending', 'approved', 'claimed', 'outcome_unknown')") == 0, "ended, and open")
        expect(count("approvals WHERE open = 0 AND state IN ('pending', 'approved', 'claimed', 'outcome_unknown')") == 0, "open, and ended")
        expect(count("approvals WHERE (owner = '') = (state = 'claimed')") == 0, "a claim without an owner, or the reverse")
        by_event = collections.defaultdict(lambda: collections.defaultdict(list))
        for record in self.records:
            if record["event"].get("approval"):
                by_event[record["event"]["event"]][record["event"]["approval"]].append(record["event"])
        expect(set(by_event["asked"]) == set(self.approvals), "asked, and not kept, or the reverse:", set(by_event["asked"]) ^ set(self.approvals))
        for ident, approval in self.approvals.items():
            said = collections.Counter((event["by"], event["approves"]) for event in by_event["vote"][ident])
            kept = collections.Counter((vote["by"], vote["approves"]) for vote in approval["votes"])
            edits = any("edited" in event for event in by_event["vote"][ident])  # votes before one count no more
            expect(not kept - said and (edits or said == kept), "votes and what the log says of them differ:", said, kept, text_of(approval))
            for state in ("denied", "expired", "withdrawn"):
                expect(len(by_event[state][ident]) == (approval["state"] == state), state, "in one of the books alone:", text_of(approval), by_event[state][ident])
            claims, given_back = len(by_event["claim"][ident]), len(by_event["released"][ident]) + len(by_event["lapsed"][ident])
            expect(claims - given_back == (approval["state"] in ENDED | {"claimed"}), "claims and what was given back do not balance:", text_of(approval))
            ends = {event["outcome"] for event in by_event["outcome"][ident]} | {event["outcome"] for event in by_event["resolve"][ident]}
            expect(approval["state"] not in ENDED or approval["state"] in ends, "its end is not in the log:", text_of(approval), ends)

    def check_hosts(self, pids):
        """What a process that lives has claimed has its outcome; what a dead one left has none or is unknown."""
        live = {row["id"] for row in self.place.rows("SELECT id, place FROM hosts") if int((row["place"].split(":") + ["0"] * 3)[2] or 0) in pids}
        given_back = {record["event"].get("call") for record in self.records if record["event"]["event"] == "released"}
        lapsed = {record["event"]["approval"] for record in self.records if record["event"]["event"] == "lapsed"}
        for call, record in self.claimed.items():
            if record["writer"] in live and call not in self.outcomes and call not in given_back and record["event"].get("approval") not in lapsed:
                approval = self.approvals.get(record["event"].get("approval"))
                expect(approval and approval["state"] == "claimed" and approval["asked_caller"], "claimed, and no outcome on record:", record)
