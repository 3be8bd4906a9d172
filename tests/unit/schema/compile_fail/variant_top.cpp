// SPDX-License-Identifier: Apache-2.0
// A variant as the whole input.
// EXPECT: a std::variant cannot be the whole input or output
#include <sumun/schema.hpp>
struct A { sumun::Tag<"a"> kind; };
struct B { sumun::Tag<"b"> kind; };
auto schema = sumun::schema_of<std::variant<A, B>>();
