// SPDX-License-Identifier: Apache-2.0
// A struct that contains itself.
// EXPECT: this struct contains itself: a schema without $ref cannot say that
#include <sumun/schema.hpp>
struct Node { int a; std::vector<Node> children; };
auto schema = sumun::schema_of<Node>();
