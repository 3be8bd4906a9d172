// SPDX-License-Identifier: Apache-2.0
// A desk that pays money back, and asks a person first. The amount is the order's: no argument of a call can change it, so
// there is nothing in the approval that a model could have made up but which order, and why.
#include <sumun/store.hpp>
#include <sumun/sumun.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

struct Order { std::string customer; std::int64_t paid_minor; bool refunded; };
struct Which { std::string order; };
struct Refund { std::string order; std::string reason; };
struct Refundable { std::string order; std::string customer; std::int64_t amount_minor; };

std::mutex desk;  // handlers run on several threads
std::map<std::string, Order> orders{{"A-17", {"Mira", 4200, false}}, {"A-18", {"Jun", 129900, false}}};

sumun::Result<Refundable> show(Which in) {
  std::lock_guard one(desk);
  const auto found = orders.find(in.order);
  if (found == orders.end()) return sumun::fail("there is no order " + in.order);
  return Refundable{in.order, found->second.customer, found->second.refunded ? 0 : found->second.paid_minor};
}

sumun::Result<Refundable> refund(Refund in) {
  std::lock_guard one(desk);
  const auto found = orders.find(in.order);
  if (found == orders.end()) return sumun::fail("there is no order " + in.order);
  if (found->second.refunded) return sumun::fail("order " + in.order + " is refunded already");
  found->second.refunded = true;  // the bank is called here
  return Refundable{in.order, found->second.customer, found->second.paid_minor};
}

int main(int argc, char** argv) {
  sumun::PolicyRule ask;
  ask.effects = sumun::writes | sumun::destroys | sumun::reaches_out;
  ask.decision = sumun::Decision::ask;
  ask.reason = "money leaves the house";

  sumun::ServerOptions options;
  options.policy = sumun::Policy::compile({.rules = {ask}, .otherwise = sumun::Decision::allow}).value();
  options.store = sumun::open_sqlite_store("refund-desk.db");
  options.approvals.how = "run: sumun approvals approve {id} --store refund-desk.db";
  sumun::Server server{"refund-desk", "1.0.0", std::move(options)};
  server.tool("show_refund", "What refunding an order would pay, and to whom", show, {.effects = sumun::reads});
  server.tool("refund_order", "Pays back all that an order cost, to the card that paid it", refund, {.effects = sumun::writes | sumun::reaches_out});
  return sumun::run(server, argc, argv);
}
