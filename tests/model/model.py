#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A model of the gate: three server processes on one store, driven at random and killed at every point, and then the books.

usage: model.py MODEL_HOST [--store sqlite|postgres] [--steps N] [--seed N]
A step is a call, a retry, a retry that does not fit, an answer, a decision, a cancellation, a kill, a stop, a start. `--seed`
repeats the same choices (not the same timing). In any order of these:
  nothing is done twice; nothing is done that was not approved with exactly these arguments, before; what does not fit uses no
  approval up; what was claimed ends executed, failed or unknown; what is unknown, denied, expired or withdrawn is not done;
  what anybody was told is in the books; the audit log is whole and tells of every claim and outcome.
"""
import argparse
import collections
import itertools
import json
import os
import random
import selectors
import signal
import sys
import time

from books import Books
from world import LEASE, LIMIT, Failure, Place, Postgres, cancelled, expect, people, request, serve, text_of

WORLD = 5000  # steps on one store, before an empty one
LOOK = 1000  # steps between two looks into the books
WRITTEN = "SELECT id, number FROM audit_writers ORDER BY id"  # how far the log is
FLIGHT = 8  # requests that one host has at once
POINTS = [f"{what}.{when}" for what in ("claim", "outcome", "step") for when in ("before", "inside", "after")] + [
    f"{what}.{when}" for what in ("open", "effect", "question", "round", "answer") for when in ("before", "after")]
ASKED = ["pay", "pay", "pay", "pay_two", "pay_brief", "slow", "book", "book", "confirm", "confirm"]
APPROVERS = ["carol", "dave", "erin"]
ACTIONS = {"call": 14, "retry": 24, "other_arguments": 4, "other_principal": 4, "approve": 18, "edit": 4, "bad_edit": 1, "deny": 3,
           "decide_own": 2, "remember": 1.5, "revoke": 1, "resolve": 3, "go_on": 20, "older": 3, "doubled": 3, "foreign_state": 4, "cancel": 5, "free": 6, "look": 4,
           "task": 3, "poll": 4, "guard": 3, "kill": 0.8, "stop": 0.5, "restart": 0.5, "kill_people": 0.3}


class Intent:
    """One thing that somebody wants done: the same call, however often it is made."""

    def __init__(self, principal, tool, arguments):
        self.principal, self.tool, self.arguments = principal, tool, arguments
        self.approvals = []  # ids, in the order in which they were learnt
        self.rounds = []  # (requestState, questions) in their order
        self.fresh = False  # the last of them is not answered
        self.tasks = []
        self.open = 0  # requests that are not answered
        self.loose = 0  # requests that may still have an effect and will not be answered: cancelled, their host killed


class Request:
    def __init__(self, kind, intent, host, number):
        self.kind, self.intent, self.host, self.number = kind, intent, host, number
        self.at = time.monotonic()
        self.cancelled = False


class Host:
    def __init__(self, index):
        self.index = index
        self.process = None
        self.principal = ""
        self.fate = ""
        self.wake = None  # when a stopped one goes on
        self.waiting = {}  # requests by their number
        self.silent = {}  # cancelled ones: an answer may still come


class World:
    def __init__(self, program, seed, number, postgres, counts):
        self.random = random.Random(f"{seed}/{number}")
        self.counts = counts
        self.place = Place(program, postgres)
        self.selector = selectors.DefaultSelector()
        self.hosts = [Host(index) for index in range(3)]
        self.history = collections.deque(maxlen=30)
        self.intents = {}  # by what they are
        self.known = {}  # approvals: what was last seen of them, and `intent`
        self.sent = collections.defaultdict(list)  # decisions by approval, as they were sent
        self.acknowledged = {}  # approvals as people were shown them after their decision
        self.told = {}  # effects that callers were told of, by call
        self.revoked = {}  # grants: when the people were told that they are
        self.numbers = 0
        self.step = 0
        self.people = None
        self.asking = collections.OrderedDict()  # what the people have not answered
        self.start_people(fate="")
        for name in APPROVERS + ["alice", "bob"]:
            self.say({"op": "enrol", "id": name, "voter": "" if name == "carol" else "carol"}, None)
        self.pump_until(lambda: not self.asking, "the approvers are enrolled")
        for host in self.hosts:
            self.start(host)

    # -- processes
    def start(self, host):
        bob = host.index == 2 and self.random.random() < 0.7
        host.principal = "bob" if bob else "alice"
        host.fate = f"{self.random.choice(POINTS)}:{self.random.randint(1, 12)}" if self.random.random() < 0.7 else ""
        hold = self.random.choice([0, 0, 20, 300])
        host.process = serve(self.selector, self.place, self.place.folder / f"host-{host.index}.log", host.principal, hold, host.fate)
        host.wake = None
        self.note(f"start host {host.index} as {host.principal}, hold {hold}, fate {host.fate or 'none'}")

    def start_people(self, fate=None):
        if fate is None:
            fate = self.random.choice(["", f"step.{self.random.choice(['before', 'inside', 'after'])}:{self.random.randint(1, 40)}"])
        self.people = people(self.selector, self.place, self.place.folder / "people.log", fate)
        self.people_fate = fate

    def ended(self, host):
        """It is gone: what it was asked stays open for ever."""
        process = host.process
        code = process.reap()
        self.note(f"host {host.index} ended with {code}")
        if code == -signal.SIGKILL and not process.killed:
            expect(host.fate, "a host was killed by nobody")
            self.counts["died at " + host.fate.split(":")[0]] += 1
        else:
            expect(code in (0, -signal.SIGKILL), f"host {host.index} ended with {code}: see {self.place.folder}/host-{host.index}.log")
        for asked in list(host.waiting.values()):
            self.settled(asked)
            if asked.intent:
                asked.intent.loose += 1
        host.waiting.clear()
        host.silent.clear()
        self.start(host)

    def people_ended(self):
        code = self.people.reap()
        if code == -signal.SIGKILL and not self.people.killed:
            expect(self.people_fate, "the approvers were killed by nobody")
            self.counts["people died at " + self.people_fate.split(":")[0]] += 1
        else:
            expect(code in (0, -signal.SIGKILL), "the approvers ended with", code)
        self.asking.clear()
        self.start_people()

    def pump(self, wait=0.0):
        now = time.monotonic()
        for host in self.hosts:
            if host.wake is not None and now >= host.wake:
                host.process.child.send_signal(signal.SIGCONT)
                host.wake = None
                for asked in host.waiting.values():
                    asked.at = now
        for key, _ in self.selector.select(wait):
            process = key.data
            for line in process.lines():
                if process is self.people:
                    self.heard(line)
                else:
                    self.answered(next(host for host in self.hosts if host.process is process), line)
            if process.ended:
                if process is self.people:
                    self.people_ended()
                else:
                    self.ended(next(host for host in self.hosts if host.process is process))

    def pump_until(self, done, what, limit=LIMIT):
        end = time.monotonic() + limit
        while not done():
            expect(time.monotonic() < end, "not within", limit, "s:", what)
            self.pump(0.02)

    def note(self, words):
        self.history.append(f"{self.step}: {words}")

    # -- asking
    def free_host(self, principal):
        """One that has room and acts for the principal; none = None."""
        fit = [host for host in self.hosts if host.principal == principal and host.wake is None and len(host.waiting) < FLIGHT]
        if fit:
            return self.random.choice(fit)
        self.pump(0.01)
        return None

    def ask(self, kind, host, method, params, intent=None, tasks=False):
        self.numbers += 1
        asked = Request(kind, intent, host, self.numbers)
        host.waiting[asked.number] = asked
        if intent:
            intent.open += 1
        self.note(f"{kind} → host {host.index} #{asked.number} {text_of({key: value for key, value in params.items() if key != 'requestState'})}")
        host.process.send(request(asked.number, method, params, tasks))
        return asked

    def call(self, kind, intent, tasks=False, **more):
        host = self.free_host(intent.principal)
        if host is None:
            return None
        return self.ask(kind, host, "tools/call", {"name": intent.tool, "arguments": intent.arguments, **more}, intent, tasks)

    def say(self, words, then):
        self.numbers += 1
        self.asking[self.numbers] = (words, then)
        self.people.send({**words, "number": self.numbers})

    def settled(self, asked):
        if asked.intent and not asked.cancelled:
            asked.intent.open -= 1

    # -- answers
    def answered(self, host, message):
        if "id" not in message:
            return
        asked = host.waiting.pop(message["id"], None) or host.silent.pop(message["id"], None)
        expect(asked, "an answer to nothing:", message)
        self.settled(asked)
        self.note(f"host {host.index} #{asked.number} ({asked.kind}) ← {json.dumps(message.get('result', message.get('error')))[:400]}")
        if asked.kind == "foreign_state":
            expect("error" in message, "a state that does not fit was taken:", message)
        self.take(asked, message)

    def take(self, asked, message):
        if "error" in message:
            self.counts["error: " + message["error"]["message"].split(":")[0][:60]] += 1
            return
        result = message["result"]
        kind = result.get("resultType")
        if asked.kind == "poll":
            status = result["status"]
            self.counts["task " + status] += 1
            if status == "completed":
                self.take_result(asked, result["result"])
        elif kind == "task":
            asked.intent.tasks.append(result["taskId"])
            asked.intent.loose += 1  # it goes on by itself
        elif kind == "input_required":
            if result.get("requestState"):
                asked.intent.fresh = (result["requestState"], result["inputRequests"]) not in asked.intent.rounds
                asked.intent.rounds.append((result["requestState"], result["inputRequests"]))
                self.counts["question"] += 1
        else:
            self.take_result(asked, result)

    def take_result(self, asked, result):
        intent = asked.intent
        texts = [block["text"] for block in result["content"] if block["type"] == "text"]
        about = result.get("_meta", {}).get("dev.sumun/approval")
        if about:
            self.counts["told " + about.get("status", "?")] += 1
            self.learn(about["id"], about.get("status"), intent)
        effects = [json.loads(text[4:]) for text in texts if text.startswith("did ")]
        if asked.kind == "too_much":
            expect(result.get("isError") and not effects, "a call was not denied:", result)
        if asked.kind == "look":
            expect(texts == ["saw " + intent.arguments["to"]], "a read gave", result)
        for effect in effects:
            expect(not result.get("isError"), "an effect in an error:", result)
            expect(effect["tool"] == intent.tool and effect["principal"] == intent.principal, "another's result:", effect)
            before = self.told.setdefault(effect["call"], effect)
            expect(before == effect, "two answers of one call:", before, effect)
            self.counts["done " + intent.tool] += 1

    def learn(self, approval, state, intent):
        seen = self.known.setdefault(approval, {"intent": intent})
        seen["state"] = state
        if intent and approval not in intent.approvals:
            expect(seen["intent"] is intent, "one approval for two:", approval)
            intent.approvals.append(approval)

    def heard(self, line):
        words, then = self.asking.pop(line["number"])
        if "approval" in line:
            self.learn(line["approval"]["id"], line["approval"]["state"], None)
        if words["op"] == "decide":
            decision = words["decision"]
            decision["answer"] = line
            if "approval" in line:
                self.acknowledged[line["approval"]["id"]] = line["approval"]
        self.note(f"people {words['op']} {words['id'][:8]} ← {line.get('error') or line.get('approval', {}).get('state')}")
        if then:
            then(line)

    # -- what happens
    def recent(self, test=lambda intent: True, among=60):
        fit = [intent for intent in itertools.islice(reversed(self.intents.values()), among) if test(intent)]
        return self.random.choice(fit) if fit else None

    def intent(self, principal, tool, arguments):
        """The one that is just this."""
        return self.intents.setdefault((principal, tool, text_of(arguments)), Intent(principal, tool, arguments))

    def new_intent(self):
        principal = self.random.choice([host.principal for host in self.hosts])
        return self.intent(principal, self.random.choice(ASKED), {"to": f"w{self.step}", "amount": self.random.randint(1, 899)})

    def do_call(self):
        self.call("call", self.new_intent())

    def do_task(self):
        intent = self.new_intent()
        if intent.tool != "book":  # its questions would wait in the task
            self.call("task", intent, tasks=True)

    def do_free(self):
        if self.random.random() < 0.2:
            intent = Intent("alice", "pay_free", {"to": "w", "amount": self.random.randint(901, 2000)})
            self.call("too_much", intent)
        else:
            self.call("free", Intent(self.random.choice(["alice", "bob"]), "pay_free", {"to": f"f{self.step}", "amount": self.random.randint(1, 899)}))

    def do_look(self):
        self.call("look", Intent("alice", "look", {"to": f"l{self.step}", "amount": 1}))

    def do_retry(self):
        approved = self.pick_approval("approved") if self.random.random() < 0.5 else None
        intent = self.known[approved]["intent"] if approved else self.recent()
        if intent:
            self.call("retry", intent)

    def do_other_arguments(self):
        of = self.recent(lambda intent: intent.approvals)
        if of:
            self.call("other_arguments", self.intent(of.principal, of.tool, {**of.arguments, "amount": of.arguments["amount"] % 899 + 1}))

    def do_other_principal(self):
        of = self.recent(lambda intent: intent.approvals)
        if of:
            self.call("other_principal", self.intent(other(of.principal), of.tool, of.arguments))

    def pick_approval(self, *states):
        fit = [ident for ident, seen in list(self.known.items())[-150:] if seen["state"] in states and seen["intent"]]
        return self.random.choice(fit) if fit else None

    def decide(self, approval, voter, approve, edited=None, then=None, **more):
        decision = {"voter": voter, "approve": approve, "edited": edited, "answer": None}
        self.sent[approval].append(decision)
        self.counts["edit" if edited else "approve" if approve else "deny"] += 1
        words = {"op": "decide", "id": approval, "voter": voter, "approve": approve, **more}
        if edited:
            words["edited"] = edited
        self.note(f"people decide {approval[:8]} by {voter}: {approve} {edited or ''}")
        self.numbers += 1
        self.asking[self.numbers] = ({**words, "decision": decision}, then)
        self.people.send({**words, "number": self.numbers})

    def do_approve(self):
        approval = self.pick_approval("pending")
        if approval:
            self.decide(approval, self.random.choice(APPROVERS), True)

    def do_edit(self):
        approval = self.pick_approval("pending")
        if approval:
            amount = 950 if self.random.random() < 0.1 else self.random.randint(1, 899)
            self.decide(approval, self.random.choice(APPROVERS), True, {"to": self.known[approval]["intent"].arguments["to"], "amount": amount})

    def do_bad_edit(self):
        approval = self.pick_approval("pending")
        if approval:
            self.decide(approval, "carol", True, {"to": 7, "amount": "much"}, lambda line: expect("error" in line, "an edit that breaks the schema:", line))

    def do_deny(self):
        approval = self.pick_approval("pending", "approved")
        if approval:
            self.decide(approval, self.random.choice(APPROVERS), False)

    def do_decide_own(self):
        fit = [ident for ident, seen in self.known.items() if seen["intent"] and seen["intent"].tool == "pay_two" and seen["state"] == "pending"]
        if fit:
            approval = self.random.choice(fit)
            self.decide(approval, self.known[approval]["intent"].principal, True, None,
                        lambda line: expect("error" in line, "somebody approved what they asked for:", line))

    def do_remember(self):
        """Yes, and the same, or up to an amount, for a while."""
        fit = [ident for ident, seen in self.known.items() if seen["intent"] and seen["intent"].tool == "pay" and seen["state"] == "pending"]
        if fit:
            when = self.random.choice([[], [f"/amount <= {self.random.randint(10, 200)}"]])
            self.decide(self.random.choice(fit), "carol", True, remember=self.random.randint(1, 5), when=when)
            self.counts["remember"] += 1

    def do_revoke(self):
        grants = [row["id"] for row in self.place.rows("SELECT id FROM grants WHERE revoked = 0")]
        if grants:
            grant = self.random.choice(grants)
            self.counts["revoke"] += 1
            self.say({"op": "revoke", "id": grant, "voter": "dave"}, lambda line: "error" in line or self.revoked.setdefault(grant, time.time() * 1000))

    def do_resolve(self):
        approval = self.pick_approval("outcome_unknown")
        if approval:
            self.counts["resolve"] += 1
            self.say({"op": "resolve", "id": approval, "voter": "carol", "executed": self.random.random() < 0.5}, None)

    def responses(self, questions):
        """What the person at the client says, of each question."""
        said = {}
        for key, question in questions.items():
            action = self.random.choices(["accept", "decline", "cancel"], [12, 1, 1])[0]
            said[key] = {"action": action}
            if action == "accept":
                schema = question["params"]["requestedSchema"]
                agrees = self.random.random() < 0.9
                said[key]["content"] = {name: value_for(rule, agrees) for name, rule in schema["properties"].items()}
        return said

    def go_on(self, kind, which):
        tool = self.random.choice(["book", "confirm"])
        fresh = kind != "older" and self.recent(lambda one: one.fresh and one.tool == tool, among=200)
        intent = fresh or self.recent(lambda one: one.rounds)
        if intent is None:
            return None
        intent.fresh = intent.fresh and kind == "older"
        state, questions = which(intent.rounds)
        said = self.responses(questions)
        return self.call(kind, intent, requestState=state, inputResponses=said), intent, state, said

    def do_go_on(self):
        self.go_on("go_on", lambda rounds: rounds[-1])

    def do_older(self):
        self.go_on("older", self.random.choice)

    def do_doubled(self):
        sent = self.go_on("doubled", lambda rounds: rounds[-1])
        if sent and sent[0]:
            self.call("doubled", sent[1], requestState=sent[2], inputResponses=sent[3])

    def do_foreign_state(self):
        intent = self.recent(lambda one: one.rounds)
        if intent is None:
            return
        state, questions = self.random.choice(intent.rounds)
        principal, tool, arguments = self.random.choice([
            (intent.principal, intent.tool, {**intent.arguments, "amount": intent.arguments["amount"] % 899 + 1}),
            (other(intent.principal), intent.tool, intent.arguments), (intent.principal, "pay_free", intent.arguments)])
        self.call("foreign_state", self.intent(principal, tool, arguments), requestState=state, inputResponses=self.responses(questions))

    def do_cancel(self):
        waiting = [asked for host in self.hosts if host.wake is None for asked in host.waiting.values() if asked.intent]
        if not waiting:
            return
        asked = self.random.choice(waiting)
        self.counts["cancel"] += 1
        self.note(f"cancel #{asked.number} of host {asked.host.index}")
        self.settled(asked)
        asked.cancelled = True
        asked.intent.loose += 1
        del asked.host.waiting[asked.number]
        asked.host.silent[asked.number] = asked
        asked.host.process.send(cancelled(asked.number))

    def do_poll(self):
        intent = self.recent(lambda one: one.tasks)
        host = intent and self.free_host(intent.principal)
        if host:
            self.ask("poll", host, "tasks/get", {"taskId": self.random.choice(intent.tasks)}, intent, tasks=True)

    def do_guard(self):
        """Approved, and nobody asks for it but those whom it does not fit: it must stay approved."""
        approval = self.pick_approval("approved")
        if approval is None:
            return
        intent = self.known[approval]["intent"]
        if intent.open or intent.loose or intent.tool == "pay_brief":
            return
        others = [self.intent(intent.principal, intent.tool, {**intent.arguments, "amount": intent.arguments["amount"] % 899 + 1}),
                  self.intent(other(intent.principal), intent.tool, intent.arguments)]
        before = self.shown(approval)
        asked = [self.call("does_not_fit", one) for one in others]
        self.pump_until(lambda: all(one is None or one.number not in one.host.waiting for one in asked), "answers to calls that do not fit")
        after = self.shown(approval)
        if before and after and before["state"] == "approved" and not intent.open and not intent.loose:
            same = all(after.get(what) == before.get(what) for what in ("state", "version", "call", "arguments", "edited", "votes"))
            expect(same, "an approval was used up by a call that does not fit:", before, after)
            self.counts["guarded"] += 1

    def shown(self, approval):
        """As the people see it now; None where they are killed."""
        found = []
        self.say({"op": "get", "id": approval}, found.append)
        self.pump_until(lambda: not self.asking, "the people answer")
        return found[0].get("approval") if found else None

    def do_kill(self):
        host = self.random.choice(self.hosts)
        self.counts["kill"] += 1
        self.note(f"kill host {host.index}")
        host.process.kill()

    def do_stop(self):
        host = self.random.choice(self.hosts)
        if host.wake is None and not host.process.killed and all(one.wake is None for one in self.hosts):
            self.counts["stop"] += 1
            self.note(f"stop host {host.index}")
            host.process.child.send_signal(signal.SIGSTOP)
            host.wake = time.monotonic() + LEASE / 1000 * self.random.uniform(0.5, 2.5)

    def do_restart(self):
        host = self.random.choice(self.hosts)
        if host.wake is None:
            self.counts["restart"] += 1
            self.note(f"restart host {host.index}")
            host.process.child.stdin.close()

    def do_kill_people(self):
        self.people.kill()

    def act(self):
        self.step += 1
        self.pump()
        what = self.random.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        getattr(self, "do_" + what)()
        for host in self.hosts:
            oldest = min((asked.at for asked in host.waiting.values()), default=time.monotonic())
            expect(host.wake is not None or time.monotonic() - oldest < LIMIT, f"host {host.index} does not answer:",
                   [f"#{asked.number} {asked.kind}" for asked in host.waiting.values()])
        while len(self.asking) > 16:
            self.pump(0.01)

    # -- the books
    def quiet(self):
        """Nothing is under way: every claim has come to its end."""
        self.pump_until(lambda: not self.asking and all(host.wake is None and not host.waiting for host in self.hosts), "everything is answered")
        end = time.monotonic() + LIMIT
        while True:
            open_claims = [one for one in Books(self.place).approvals.values() if one["state"] == "claimed" and not one["asked_caller"]]
            if not open_claims:
                break
            expect(time.monotonic() < end, "claimed, and nobody is at it:", text_of(open_claims[0]))
            self.say({"op": "sweep", "id": ""}, None)
            self.pump_until(lambda: not self.asking, "the people answer")
            time.sleep(0.05)

    def in_order(self):
        """The books, checked. A task that was approved may begin while they are read, and they are read again: what is wrong stays wrong."""
        while True:
            self.quiet()
            written = self.place.rows(WRITTEN)
            try:
                books = Books(self.place)
                books.check(self, {host.process.child.pid for host in self.hosts})
                return books
            except Failure:
                if self.place.rows(WRITTEN) == written:
                    raise

    def look(self):
        books = self.in_order()
        for ident, approval in books.approvals.items():
            if ident in self.known:
                self.known[ident]["state"] = approval["state"]
        for intent in self.intents.values():
            intent.loose = len(intent.tasks)
        # Two who were asked something never answer: an hour goes by.
        for approval in self.random.sample(sorted(books.waiting()), min(2, len(books.waiting()))):
            self.place.age(books.approvals[approval])
            self.say({"op": "get", "id": approval}, lambda line: expect(line["approval"]["state"] in ("approved", "expired"), "still claimed after an hour:", line))
            self.counts["an hour without an answer"] += 1
        self.pump_until(lambda: not self.asking, "the people answer")
        self.note("the books are in order")

    def close(self):
        for process in [host.process for host in self.hosts] + [self.people]:
            process.kill()
            process.child.send_signal(signal.SIGCONT)
            process.reap()
        self.selector.close()


def other(principal):
    return "bob" if principal == "alice" else "alice"


def value_for(rule, agree):
    if "enum" in rule:
        return rule["enum"][0 if agree else -1]
    if "oneOf" in rule:
        return rule["oneOf"][0 if agree else -1]["const"]
    return {"boolean": agree, "string": "because", "integer": 1, "number": 1}[rule["type"]]


def run(options, postgres, counts):
    world = None
    try:
        for number in range((options.steps + WORLD - 1) // WORLD):
            counts.pop("effects of this store", None)
            world = World(options.program, options.seed, number, postgres, counts)
            for step in range(min(WORLD, options.steps - number * WORLD)):
                world.act()
                if (step + 1) % LOOK == 0:
                    world.look()
            world.look()
            world.close()
            world.place.close()
            if options.steps > WORLD:
                print(f"{(number + 1) * WORLD} steps, {counts['effects']} effects", flush=True)
    except (Failure, KeyError, TypeError, ValueError) as broken:
        print("\n".join(world.history))
        print(f"FAIL  {options.store}: seed {options.seed}, world {number}, step {world.step}: {type(broken).__name__}: {broken}")
        print(f"the books and the logs: {world.place.dump()}")
        if not isinstance(broken, Failure):
            raise
        return False
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=int(os.environ.get("SUMUN_MODEL_STEPS", WORLD)))
    options = parser.parse_args()
    postgres = Postgres() if options.store == "postgres" else None
    if postgres and postgres.code == 77:
        print("PostgreSQL is not tested: Debian's package postgresql-15 is not installed")
        sys.exit(77)
    counts = collections.Counter()
    begun = time.monotonic()
    try:
        right = run(options, postgres, counts)
    finally:
        if postgres:
            postgres.close()
    for what, count in sorted(counts.items()):
        print(f"{count:8d}  {what}")
    print(f"{options.store}: {options.steps} steps, seed {options.seed}, {time.monotonic() - begun:.0f} s")
    missing = [point for point in POINTS if options.steps >= 20 * WORLD and not counts["died at " + point]]
    if right and missing:
        print("no process died at", ", ".join(missing))
        right = False
    print("1 passed, 0 failed" if right else "0 passed, 1 failed")
    sys.exit(0 if right else 1)


main()
