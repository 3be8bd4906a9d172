// SPDX-License-Identifier: Apache-2.0
#include "schema/place.hpp"

#include "base/ascii.hpp"
#include "schema/program.hpp"

namespace sumun::schema {

std::string pointer(const Place* place, const Place* top) {
  std::vector<const Place*> chain;
  for (; place && place != top && place->parent; place = place->parent) chain.push_back(place);
  std::string out;
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if (!(*it)->name.empty() || (*it)->index == Place::kNoIndex) out += '/' + pointer_step((*it)->name);
    if ((*it)->index != Place::kNoIndex) out += '/' + std::to_string((*it)->index);
    if ((*it)->second.data()) out += '/' + pointer_step((*it)->second);
  }
  return out;
}

std::string written(const Place& place) {
  if (!place.parent) return {};
  const std::string parent = written(*place.parent);
  const DecodePath above(parent);
  return place.index == Place::kNoIndex ? above.member(place.name).text() : above.item(place.index).text();
}

std::string fragment(std::string_view pointer) {
  constexpr std::string_view kPlain = "-._~!$&'()*+,;=:@/?";
  std::string out;
  for (const char c : pointer) {
    const bool plain = is_alphanumeric(c) || kPlain.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

}  // namespace sumun::schema
