// SPDX-License-Identifier: Apache-2.0
// A default of another type.
// EXPECT: does not fit the type of its Field
#include <sumun/schema.hpp>
struct Input { sumun::Field<int, sumun::default_<"ten">> a; };
auto schema = sumun::schema_of<Input>();
