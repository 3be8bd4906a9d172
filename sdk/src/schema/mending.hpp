// SPDX-License-Identifier: Apache-2.0
// Sentences that end with how a value is mended, where that can be told from the value.
#pragma once
#include "schema/program.hpp"

#include <string>

namespace sumun::schema {

/// "expected integer, found string \"5\"; send 5 without quotes". `expected` is of TypeBit.
std::string wrong_type(std::uint8_t expected, const json& value);

/// "the required property \"limit\" is missing; is \"limti\" meant to be it?": of the members that have no rule of their own.
std::string missing_property(const std::string& name, const ObjectRules& rules, const json::object_t& members, Budget& budget);

/// "must not be string": what `not` excludes, named where the schema below it is short enough to be named.
std::string excluded(const Schema::Program& program, NodeId negated, const json& value);

/// "at least 2 items must be string, 1 is": of contains, minContains and maxContains.
std::string too_few_matches(const Schema::Program& program, const ArrayRules& rules, std::uint64_t count);
std::string too_many_matches(const Schema::Program& program, const ArrayRules& rules, std::uint64_t count);

/// Of an item behind the last one that the schema allows.
std::string item_too_many(std::size_t allowed);

}  // namespace sumun::schema
