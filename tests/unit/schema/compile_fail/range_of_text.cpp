// SPDX-License-Identifier: Apache-2.0
// Bounds of a number on a text.
// EXPECT: minimum, maximum, range and multiple_of are for numbers
#include <sumun/schema.hpp>
struct Input { sumun::Field<std::string, sumun::range<1, 5>> a; };
auto schema = sumun::schema_of<Input>();
