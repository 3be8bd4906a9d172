// SPDX-License-Identifier: Apache-2.0
// A struct with a private member.
// EXPECT: must be a plain aggregate: no constructors, no private or protected
#include <sumun/schema.hpp>
#include <sumun/reflect.hpp>
class Input { int a = 0; };
constexpr auto count = sumun::member_count<Input>;
