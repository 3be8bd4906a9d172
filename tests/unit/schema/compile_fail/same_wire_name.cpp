// SPDX-License-Identifier: Apache-2.0
// Two members with one name on the wire.
// EXPECT: two members of this struct have the same name on the wire
#include <sumun/schema.hpp>
struct Input { sumun::Field<int, sumun::wire_name<"x">> a; int x; };
auto schema = sumun::schema_of<Input>();
