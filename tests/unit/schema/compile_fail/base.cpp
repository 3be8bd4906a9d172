// SPDX-License-Identifier: Apache-2.0
// A struct with a base class.
// EXPECT: must have no base class: make the base a member
#include <sumun/schema.hpp>
struct Base { int a; };
struct Input : Base { int b; };
auto schema = sumun::schema_of<Input>();
