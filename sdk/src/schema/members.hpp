// SPDX-License-Identifier: Apache-2.0
// All members of an object, in any order. A std::map is walked by its iterators along one chain of pointers, each of which has
// to be read before the next; from the root downwards both branches of its tree are read at once, in half the time or less.
#pragma once
#include <sumun/json.hpp>

#include <array>
#include <cstddef>

namespace sumun::schema {

/// Whether `visit(name, value)` holds for all of them; stops at the first one for which it does not.
template <class Visit>
[[gnu::always_inline]] inline bool all_members(const json::object_t& members, Visit visit) {
#ifdef __GLIBCXX__
  using Base = const std::_Rb_tree_node_base*;
  using Node = std::_Rb_tree_node<json::object_t::value_type>;
  std::array<Base, 64> left;  // branches that wait: one for each level at most, which is twice the binary logarithm of the size
  std::size_t waiting = 0;
  for (Base node = members.end()._M_node->_M_parent; node;) {
    const auto& [name, value] = *static_cast<const Node*>(node)->_M_valptr();
    if (!visit(name, value)) return false;
    if (node->_M_left) left[waiting++] = node->_M_left;
    node = node->_M_right;
    if (!node && waiting > 0) node = left[--waiting];
  }
#else
  for (const auto& [name, value] : members) {
    if (!visit(name, value)) return false;
  }
#endif
  return true;
}

}  // namespace sumun::schema
